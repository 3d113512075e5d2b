// Repeats messages over UDP until they are answered: RFC 3261's timers A, E and G.
#pragma once

#include <string>
#include <unordered_map>

#include "signaling-shim/sip/deadlines.h"
#include "signaling-shim/sip/response_byte_limiter.h"
#include "signaling-shim/sip/sip_flow.h"

namespace avedge::sip {

/// §17.1.1.1: estimate of the round-trip time, first retransmission interval.
inline constexpr std::chrono::milliseconds kT1{500};
/// §17.1.2.2: longest interval between retransmissions of anything but an INVITE.
inline constexpr std::chrono::seconds kT2{4};
/// 64 * T1: timers B, D, F, H; after this long a transaction has timed out.
inline constexpr std::chrono::seconds kTransactionTimeout{32};

class Retransmitter {
 public:
  enum class Pace : std::uint8_t {
    doubling,  // timer A: an INVITE
    capped     // timers E and G: everything else levels off at T2
  };

  /// `max_bytes`: beyond it new messages are sent only once, as any datagram may get lost.
  explicit Retransmitter(std::size_t max_bytes) : max_bytes_{max_bytes} {}

  /// `send` has just left; repeats it until stop(name) or kTransactionTimeout. Does nothing for a
  /// stream. `budget`: bytes available for repetitions to an unproven receiver; null if unlimited.
  void start(Time now, const std::string& name, const Send& send, Pace pace,
             ResponseByteLimiter* budget = nullptr);
  /// False: there is nothing of that name.
  bool stop(const std::string& name);
  void on_timer(Time now, Outbox& out);
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }

 private:
  struct Entry {
    Send send;
    Pace pace;
    Duration interval;
    Time give_up;
    ResponseByteLimiter* budget;
  };

  std::size_t max_bytes_;
  std::size_t held_bytes_ = 0;
  std::unordered_map<std::string, Entry> entries_;
  Deadlines deadlines_;
};

}  // namespace avedge::sip
