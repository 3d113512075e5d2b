// What the SIP proxy asks of media anchoring. The proxy knows messages and routes, the anchor knows
// offers, answers and ports; this is all they say to each other. Signalling thread only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relay/core/clock.h"
#include "relay/core/drop_reason.h"
#include "relay/core/media_path.h"

namespace avedge::anchor {

/// Names a media session in our signed Record-Route and Via parameters. Never 0.
enum class SessionId : std::uint64_t {};

/// Who sent a message: the party that sent the dialog's initial INVITE, or the other one.
enum class Side : std::uint8_t { caller, callee };

/// What becomes of the candidates that a party offers.
enum class CandidateMode : std::uint8_t {
  replace,  // each side sees only the edge
  add       // the edge appears as one more relay; media may also flow past it
};

/// What becomes of media over TCP: candidates over it, and m= lines over it.
enum class StreamMode : std::uint8_t {
  anchored,
  removed  // candidates are taken out, m= lines pass as they are
};

/// How well the address that an INVITE came from is proven, and so what its calls may hold.
enum class Standing : std::uint8_t {
  stranger,     // over UDP, from where nothing was heard yet: anybody may have written that address
  connected,    // over TCP or TLS: the address is the sender's own
  established,  // has sent what only a receiver of our messages can know
  next_hop,     // one of ours, over UDP: the address is known, and so it can be forged
  trusted       // one of ours, over TCP or TLS; a proxy that speaks ng
};
/// As they stand in the metric label `standing`.
inline constexpr std::array<std::string_view, 5> kStandingLabels{
    "stranger", "connected", "established", "next_hop", "trusted"};
constexpr std::string_view label(Standing standing) {
  return kStandingLabels[static_cast<std::size_t>(standing)];
}

/// Whose calls are counted together, and capped.
struct CallSource {
  Standing standing = Standing::trusted;
  /// Port 0: all of the address but those that are named by their port.
  Endpoint endpoint;
};

/// What an initial INVITE says about the session it opens.
struct SessionSpec {
  std::string call_id;
  std::string from_tag;
  /// The branch we forwarded the INVITE with: the same for its retransmissions.
  std::string branch;
  std::string caller_interface;  // [[interface]] names
  std::string callee_interface;
  /// Families that the parties are reached by in SIP: those of their media, until they say so.
  std::optional<AddressFamily> caller_family;
  std::optional<AddressFamily> callee_family;
  Latching latching = Latching::signalled;
  /// Whoever signals cannot tell a provisional answer from a final one: every answer may be either,
  /// and new branches may answer for as long as an offer may wait.
  bool keeps_forking = false;
  CandidateMode candidates = CandidateMode::replace;
  StreamMode streams = StreamMode::anchored;
  CallSource source;
};

/// What the signalling says about the party that sent a description, beyond its session's rules.
struct PartyTerms {
  /// Whose word counts for where the party is.
  enum class Place : std::uint8_t {
    described,            // the description's
    described_or_source,  // media may also come from the address the message came from
    source                // the description's addresses mean nothing, only its ports
  };
  Place place = Place::described;
  std::optional<Latching> latching;  // nothing: the session's
  LatchTiming timing = LatchTiming::immediate;
  Rebinding rebinding = Rebinding::same_stream;
  /// Media for the party goes where it described, wherever its own comes from.
  bool is_asymmetric = false;
  /// Of the ports that the receiver is given; nothing: as the parties' descriptions have it.
  std::optional<AddressFamily> receiver_family;
  /// What the receiver sees in place of the edge's address; nothing: the advertised one.
  std::optional<IpAddress> shown_address;
  friend bool operator==(const PartyTerms&, const PartyTerms&) = default;
};

/// One SIP message of a session, request or response, on its way through the edge.
struct DialogMessage {
  Side sender = Side::caller;
  /// The method of CSeq, upper case as on the wire.
  std::string_view method;
  /// 0 for a request.
  int status = 0;
  std::uint32_t cseq = 0;
  /// The callee's tag: To of what the caller's side sent in the initial direction, From otherwise.
  /// Empty before a dialog exists.
  std::string_view callee_tag;
  /// RFC 3262: this 1xx carries Require: 100rel, so its SDP counts as an offer or answer.
  bool reliable = false;
  /// RFC 4028 §4, of a 2xx: how long the session lives without a refresh.
  std::optional<std::chrono::seconds> session_expires;
  std::string_view content_type;  // empty without a body
  std::string_view body;
  /// Address the message came from, for Latching::sip_source and PartyTerms.
  IpAddress source;
  PartyTerms terms;
};

/// What to send instead of the body that came.
struct BodyRewrite {
  /// Nothing: send the body as it came, byte for byte.
  std::optional<std::string> body;
};

class MediaAnchor {
 public:
  virtual ~MediaAnchor() = default;

  /// The session for an initial INVITE; the same one for the same branch.
  /// Fails with table_full, source_limit or unanswered_limit.
  [[nodiscard]] virtual Verdict<SessionId> open(Time now, const SessionSpec& spec) = 0;

  /// Tracks offer and answer and rewrites the body for the far side. Idempotent: the same message
  /// again gives the same bytes. Final responses and BYE's 200 also end what they end.
  /// Fails with ports_exhausted, port_share, source_limit, sdp_malformed, sdp_unsupported. An
  /// unknown session passes bodies without SDP and fails with sip_unmatched otherwise.
  [[nodiscard]] virtual Verdict<BodyRewrite> on_message(Time now, SessionId session,
                                                        const DialogMessage& message) = 0;

  /// The initial INVITE failed without a response that passed through here (time-out, no next hop).
  virtual void abandon(Time now, SessionId session) = 0;

  /// Ends sessions whose offers were never answered or whose media fell silent.
  virtual void expire(Time now) = 0;
};

}  // namespace avedge::anchor
