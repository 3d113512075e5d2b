#include "relay/ports/reservations.h"

#include "relay/core/random.h"

namespace avedge::relay {

std::optional<ReservationToken> Reservations::hold(Time now, LeasedSocket socket) {
  const std::scoped_lock lock{mutex_};
  purge_locked(now);
  if (held_.size() >= kCapacity) return std::nullopt;
  ReservationToken token;
  fill_random(token);
  held_.insert_or_assign(token, Held{std::move(socket), now + kReservationLifetime});
  return token;
}

std::optional<LeasedSocket> Reservations::claim(Time now, const ReservationToken& token) {
  const std::scoped_lock lock{mutex_};
  purge_locked(now);
  auto found = held_.extract(token);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped().socket);
}

void Reservations::purge(Time now) {
  const std::scoped_lock lock{mutex_};
  purge_locked(now);
}

void Reservations::purge_locked(Time now) {
  std::erase_if(held_, [now](const auto& entry) { return entry.second.until <= now; });
}

}  // namespace avedge::relay
