// The media anchoring interface of the SIP proxy. The proxy knows messages and routes, the anchor
// knows offers, answers and ports; they share nothing else. Signalling thread only.
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
#include "relay/core/side.h"

namespace avedge::anchor {

/// Identifies a media session in our signed Record-Route and Via parameters. Never 0.
enum class SessionId : std::uint64_t {};

/// How the edge treats a party's candidates.
enum class CandidateMode : std::uint8_t {
  replace,  // each side sees only the edge
  add       // the edge appears as one more relay; media may also flow past it
};

/// How the edge treats media over TCP: candidates over it, and m= lines over it.
enum class StreamMode : std::uint8_t {
  anchored,
  removed  // candidates are removed, m= lines pass unchanged
};

/// How well an INVITE's source address is proven, and so the limits of its calls.
enum class Standing : std::uint8_t {
  stranger,     // over UDP, nothing received before: the address may be forged
  connected,    // over TCP or TLS: the address is the sender's own
  established,  // has sent a value that only a receiver of our messages can know
  next_hop,     // one of ours, over UDP: the address is known, and so it can be forged
  trusted       // one of ours, over TCP or TLS; a proxy that speaks ng
};
/// Values of the metric label `standing`.
inline constexpr std::array<std::string_view, 5> kStandingLabels{
    "stranger", "connected", "established", "next_hop", "trusted"};
constexpr std::string_view label(Standing standing) {
  return kStandingLabels[static_cast<std::size_t>(standing)];
}

/// The source whose calls are counted and limited together.
struct CallSource {
  Standing standing = Standing::trusted;
  /// Port 0: the whole address except endpoints named by their port.
  Endpoint endpoint;
};

/// Properties of a session from its initial INVITE.
struct SessionSpec {
  std::string call_id;
  std::string from_tag;
  /// The branch we forwarded the INVITE with: the same for its retransmissions.
  std::string branch;
  std::string caller_interface;  // [[interface]] names
  std::string callee_interface;
  /// Families of the parties' SIP addresses: those of their media, until they describe it.
  std::optional<AddressFamily> caller_family;
  std::optional<AddressFamily> callee_family;
  Latching latching = Latching::signalled;
  /// The signalling cannot distinguish provisional and final answers: every answer may be either,
  /// and new branches may answer for as long as an offer may wait.
  bool keeps_forking = false;
  CandidateMode candidates = CandidateMode::replace;
  StreamMode streams = StreamMode::anchored;
  CallSource source;
};

/// The signalling's terms for the sender of a description, beyond its session's rules.
struct PartyTerms {
  /// The source of a party's address.
  enum class Place : std::uint8_t {
    described,            // the description's
    described_or_source,  // media may also come from the address the message came from
    source                // the description's addresses are ignored, only its ports are used
  };
  Place place = Place::described;
  std::optional<Latching> latching;  // nothing: the session's
  LatchTiming timing = LatchTiming::immediate;
  Rebinding rebinding = Rebinding::same_stream;
  /// The party's media is sent to its described address, whatever its own source.
  bool is_asymmetric = false;
  /// Of the receiver's ports; nothing: as in the parties' descriptions.
  std::optional<AddressFamily> receiver_family;
  /// Shown to the receiver instead of the edge's address; nothing: the advertised one.
  std::optional<IpAddress> shown_address;
  friend bool operator==(const PartyTerms&, const PartyTerms&) = default;
};

/// One SIP message of a session, request or response, passing through the edge.
struct DialogMessage {
  Side sender = Side::caller;
  /// The method of CSeq, upper case as on the wire.
  std::string_view method;
  /// 0 for a request.
  int status = 0;
  std::uint32_t cseq = 0;
  /// The callee's tag: To in messages of the caller's side in the initial direction, From
  /// otherwise. Empty before a dialog exists.
  std::string_view callee_tag;
  /// RFC 3262: this 1xx carries Require: 100rel, so its SDP counts as an offer or answer.
  bool reliable = false;
  /// RFC 4028 §4, of a 2xx: the session's lifetime without a refresh.
  std::optional<std::chrono::seconds> session_expires;
  std::string_view content_type;  // empty without a body
  std::string_view body;
  /// Source address of the message, for Latching::sip_source and PartyTerms.
  IpAddress source;
  PartyTerms terms;
};

/// The replacement of the received body.
struct BodyRewrite {
  /// Nothing: send the body unchanged.
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
