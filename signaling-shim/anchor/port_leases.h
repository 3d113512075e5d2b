// The edge's ports that one party talks to, by m= line.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "relay/session_control.h"
#include "signaling-shim/anchor/party_media.h"
#include "signaling-shim/anchor/sources.h"
#include "signaling-shim/sdp/rewrite.h"

namespace avedge::anchor {

/// Freed with its last holder: an agreed state, a state to fall back to, an offer in flight, or
/// (for the ports that face a callee) all branches of a forked call.
using PortLease = std::shared_ptr<const MediaPortPair>;
/// By m= line; null where nothing is relayed. Lines that share a port share the lease.
using PortLeases = std::vector<PortLease>;

/// Where a party is, before it says so itself.
struct PartyPlace {
  std::string interface;
  std::optional<AddressFamily> family;
};

class PortLessor {
 public:
  /// `source`: whose ports they count as; null if nobody's.
  PortLessor(SessionControl& control, WorkerId worker, PartyPlace party,
             std::shared_ptr<SourceUse> source)
      : control_{control}, worker_{worker}, party_{std::move(party)}, source_{std::move(source)} {}

  [[nodiscard]] const std::optional<AddressFamily>& usual_family() const { return party_.family; }

  /// Ports for the lines of `media`: those of `held` stay, new lines get new ones in the preferred
  /// family (or, where the interface lacks it, in the other), lines that are not relayed keep what
  /// they have until it is agreed that they are gone. On failure nothing is kept.
  /// Fails with ports_exhausted, source_limit or family_unsupported.
  [[nodiscard]] Verdict<PortLeases> fit(const PortLeases& held, const PartyMedia& media,
                                        AddressFamily preferred);

  /// What the party knows the edge by: the address of the first port it was ever given. It goes
  /// into o= and the session's c=, and so stays the same for the whole call.
  [[nodiscard]] const std::optional<IpAddress>& address() const { return address_; }

 private:
  [[nodiscard]] Verdict<PortLease> lease(AddressFamily preferred);
  [[nodiscard]] PortLease on_account(MediaPortPair pair) const;

  SessionControl& control_;
  WorkerId worker_;
  PartyPlace party_;
  std::shared_ptr<SourceUse> source_;
  std::optional<IpAddress> address_;
};

/// What SDP calls the edge's ports, by m= line: a name holds nothing and may outlive its lease.
using PortNames = std::vector<std::optional<sdp::EdgePorts>>;
[[nodiscard]] PortNames names_of(const PortLeases& leases);

/// Whether every relayed line of `media` has a port.
[[nodiscard]] bool covers(const PortNames& names, const PartyMedia& media);

}  // namespace avedge::anchor
