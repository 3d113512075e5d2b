// The edge's ports that face one party, by m= line.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "relay/session_control.h"
#include "signaling-shim/anchor/caller_quotas.h"
#include "signaling-shim/anchor/party_media.h"
#include "signaling-shim/sdp/rewrite.h"

namespace avedge::anchor {

/// Ports for the components of one m= line. RTCP has none if it shares that of RTP.
struct ComponentPorts {
  MediaPort rtp;
  MediaPort rtcp;
};

/// The ports that face one party in one m= line. Freed with the last holder: an agreed state, a
/// fallback state, a pending offer, or (for the ports that face a callee) all branches of a forked
/// call. Null if the line does not use them.
struct MediaLinePorts {
  std::shared_ptr<const MediaPortPair> datagrams;
  /// TCP.
  std::shared_ptr<const ComponentPorts> streams;
  /// UDP, for a party without TCP towards one that has it. Each branch has its own.
  std::shared_ptr<const ComponentPorts> converters;
};
/// By m= line. Lines that share a port share the lease.
using PortAssignment = std::vector<MediaLinePorts>;

/// The party's location before it describes one.
struct PartyLocation {
  std::string interface;
  std::optional<AddressFamily> family;
};

class PortAllocator {
 public:
  /// `account`: of the call that uses the ports.
  PortAllocator(SessionControl& control, WorkerIndex worker, PartyLocation party,
                std::shared_ptr<CallAccount> account)
      : control_{control},
        worker_{worker},
        party_{std::move(party)},
        account_{std::move(account)} {}

  [[nodiscard]] const std::optional<AddressFamily>& usual_family() const { return party_.family; }

  /// Ports for the lines of `media`: those of `held` stay, new lines get new ones in the preferred
  /// family (or, where the interface lacks it, in the other), lines that are not relayed keep what
  /// they have until it is agreed that they are gone. On failure nothing is kept; a line over UDP
  /// whose candidates over TCP find no port does without them.
  /// Fails with ports_exhausted, port_share, source_limit or family_unsupported.
  [[nodiscard]] Verdict<PortAssignment> fit(const PortAssignment& held, const PartyMedia& media,
                                            AddressFamily preferred);
  /// `held`, with converters for the lines of this party's own `media` that are converted, for as
  /// many connections as the `offer` has. Lines for which there are no ports go without.
  [[nodiscard]] PortAssignment with_converters(PortAssignment held, const PartyMedia& media,
                                               const PartyMedia& offer);

  /// The edge's address for the party: that of its first port. It appears in o= and the session's
  /// c=, and so stays the same for the whole call.
  [[nodiscard]] const std::optional<IpAddress>& address() const { return address_; }

 private:
  template <class Ports>
  using Lease = std::shared_ptr<const Ports>;
  template <class Leased>
  using LeaseFrom = Verdict<Leased> (SessionControl::*)(WorkerIndex, std::string_view,
                                                        AddressFamily);
  /// The requirements of one lease.
  template <class Leased>
  struct Ask {
    LeaseFrom<Leased> from;
    PortKind kind;
    std::size_t ports;
  };
  /// Ports and their place on the account, which is released after them.
  template <class Leased>
  struct Leasing {
    HeldPorts held;
    Leased leased;
  };

  [[nodiscard]] Verdict<Lease<MediaPortPair>> lease_datagrams(AddressFamily preferred);
  [[nodiscard]] Verdict<Lease<ComponentPorts>> lease_each(const Ask<MediaPort>& ask, bool has_rtcp,
                                                          AddressFamily preferred);
  template <class Leased>
  [[nodiscard]] Verdict<Leasing<Leased>> in_any_family(const Ask<Leased>& ask,
                                                       AddressFamily preferred);
  template <class Leased>
  [[nodiscard]] Verdict<Leasing<Leased>> in_family(const Ask<Leased>& ask, AddressFamily family);

  SessionControl& control_;
  WorkerIndex worker_;
  PartyLocation party_;
  std::shared_ptr<CallAccount> account_;
  std::optional<IpAddress> address_;
};

/// The edge's ports as named in SDP, by m= line: a name holds nothing and may outlive its lease.
using PortNames = std::vector<sdp::SectionPorts>;
[[nodiscard]] PortNames names_of(const PortAssignment& leases);
[[nodiscard]] sdp::EdgePorts names_of(const ComponentPorts& ports);

/// Whether every relayed line of `media` has a port for its m= line.
[[nodiscard]] bool covers(const PortNames& names, const PartyMedia& media);

}  // namespace avedge::anchor
