// The anchor's reports about its calls: a line at start and end, figures for metrics, a list for
// the operator. Signalling thread only, except the counters.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "relay/core/counters.h"
#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/anchor/media_targets.h"

namespace avedge::anchor {

/// Why a call ended.
enum class EndReason : std::uint8_t {
  bye,         // BYE was answered, or never was
  cancelled,   // CANCEL, or a 487 without one
  rejected,    // another final error to the initial INVITE
  unanswered,  // no final response, or no answer to an offer, in time
  idle,        // media fell silent
  expired,     // its session timer was not refreshed
  abandoned,   // the proxy gave up: time-out, no next hop
  shutdown     // the edge stops
};
/// Values in logs and of the metric label `reason`.
inline constexpr std::array<std::string_view, 8> kEndReasonLabels{
    "bye", "cancelled", "rejected", "unanswered", "idle", "expired", "abandoned", "shutdown"};
constexpr std::string_view label(EndReason reason) {
  return kEndReasonLabels[static_cast<std::size_t>(reason)];
}

struct CallInfo {
  SessionId id{};
  std::string call_id;
  std::string caller_interface;
  std::string callee_interface;
  /// Most streams (relayed m= lines) at any time so far.
  std::size_t streams = 0;
};

/// Media forwarded: [0] from the caller to the callee, [1] in the other direction.
struct MediaTotals {
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> bytes{};
  /// How often the original endpoint reclaimed a source of the caller's [0] or the callee's [1].
  std::array<std::uint64_t, 2> reclaims{};

  MediaTotals& operator+=(const MediaTotals& part) {
    for (std::size_t way = 0; way < 2; ++way) {
      packets[way] += part.packets[way];
      bytes[way] += part.bytes[way];
      reclaims[way] += part.reclaims[way];
    }
    return *this;
  }
};

struct CallEnd {
  EndReason reason = EndReason::bye;
  bool was_answered = false;
  Duration duration{};  // since the initial INVITE
  MediaTotals media;
};

/// Why a call was refused.
struct CallRefusal {
  DropReason reason{};
  /// The key of [sip.limits] that was reached, or that reserves the ports; may be empty.
  std::string_view limit;
};

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  /// The initial INVITE has its ports and is forwarded.
  virtual void on_call_started(const CallInfo& call) = 0;
  /// Exactly once for every call that started, before its ports are freed.
  virtual void on_call_ended(const CallInfo& call, const CallEnd& end) = 0;
  /// Media of `party` had moved to another endpoint after silence, then the old endpoint sent again
  /// and reclaimed it: possibly an attempt to take the stream over. `times` since the last such
  /// call, at most one per call and Sessions::expire().
  virtual void on_media_reclaimed(const CallInfo& call, Side party, std::uint64_t times) = 0;
  /// Once for each call: media is not sent where an SDP wants it, as `advice` explains. If the
  /// party `is_refused`, that was its last chance, and so is its SDP.
  virtual void on_target_refused(const CallInfo& call, std::string_view advice,
                                 bool is_refused) = 0;
  /// It would have taken more than its source may have, or more than there is.
  virtual void on_call_refused(const SessionSpec& call, const CallRefusal& refusal) = 0;
};

/// One row of `avedge sessions`.
struct CallSnapshot {
  CallInfo call;
  bool was_answered = false;
  bool is_on_hold = false;
  std::size_t dialogs = 0;  // branches of a forked call that still live
  Duration age{};
  MediaTotals media;
};

/// Written by the signalling thread, read by any.
struct SessionCounters {
  Gauge sessions;
  Gauge paths;
  Counter started;
  Counter answered;
  std::array<Counter, kEndReasonLabels.size()> ended;
  std::array<Counter, kTargetVerdictLabels.size()> targets_refused;  // by TargetVerdict
  /// By standing: calls without an ACK yet.
  std::array<Gauge, kStandingLabels.size()> unanswered;
};

}  // namespace avedge::anchor
