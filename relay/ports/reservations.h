// Ports that EVEN-PORT reserved and no client has claimed yet (RFC 8656 §7.2). Shared by all
// workers, because the claim arrives on another five-tuple and so perhaps on another worker; a
// bound socket without flows can change its thread freely.
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "relay/core/relay_ports.h"
#include "relay/ports/leased_socket.h"

namespace avedge::relay {

/// Any thread; slow path only.
class Reservations {
 public:
  /// Unclaimed reservations that may exist at one time; more would only serve to drain the pool.
  static constexpr std::size_t kCapacity = 1024;

  /// Holds `socket` for kReservationLifetime. Nothing (and the port is free again) when full.
  [[nodiscard]] std::optional<ReservationToken> hold(Time now, LeasedSocket socket);
  /// Each token works once.
  [[nodiscard]] std::optional<LeasedSocket> claim(Time now, const ReservationToken& token);
  /// Frees reservations that have expired.
  void purge(Time now);

 private:
  struct Held {
    LeasedSocket socket;
    Time until;
  };
  void purge_locked(Time now);

  std::mutex mutex_;
  std::map<ReservationToken, Held> held_;
};

}  // namespace avedge::relay
