// What a request asks for. The same wish may come as a key of its own, folded into `flags` or in
// the one string of `rtpp-flags`, spelled with blanks, hyphens or underscores, in upper or lower
// case.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/ng/value.h"

namespace avedge::ng {

enum class Ice : std::uint8_t {
  pass,    // checks go end to end, with the edge's candidates in place of the party's
  remove,  // the receiver sees no ICE at all
  force    // as pass; a description without ICE stays without, and the reply warns
};

/// Views into the request, which must outlive it.
struct Options {
  std::string_view sdp;
  std::string_view call_id;
  std::string_view from_tag;
  std::string_view to_tag;
  std::string_view via_branch;

  /// Interfaces that face the sender of the description and its receiver; at most two.
  std::vector<std::string> direction;
  /// Where the proxy had the description from.
  std::optional<IpAddress> received_from;
  /// Of the ports the receiver gets.
  std::optional<AddressFamily> address_family;
  /// Shown to the receiver in place of the edge's address.
  std::optional<IpAddress> media_address;
  std::string transport_protocol;
  Ice ice = Ice::pass;
  bool trusts_only_source = false;  // SIP-source-address
  bool is_asymmetric = false;
  LatchTiming timing = LatchTiming::immediate;  // endpoint-learning
  bool learns_nothing = false;                  // endpoint-learning=off
  bool has_strict_source = false;
  bool has_media_handover = false;
  bool removes_rtcp_mux = false;  // rtcp-mux=demux, rtcp-mux=reject
  bool protects_from_loops = false;
  bool knows_load_limit = false;  // supports: load limit

  // Of `delete`.
  bool matches_to_tag = false;
  bool is_fatal = false;
  std::chrono::seconds delete_delay{};

  // Of `list`.
  std::size_t limit = 32;

  /// What was asked for and cannot be had, in the words of the reply's `warning`.
  std::vector<std::string_view> warnings;

  /// Unknown keys and flags are ignored, as every client expects.
  [[nodiscard]] static Options read(const Value& request);

  [[nodiscard]] anchor::PartyTerms terms() const;

 private:
  [[nodiscard]] Rebinding rebinding() const;
};

}  // namespace avedge::ng
