#include "relay/ports/port_pool.h"

#include <algorithm>

#include "relay/core/random.h"

namespace avedge::relay {

PortPool::PortPool(Port first, Port last, ClockFunction clock)
    : base_{static_cast<std::uint16_t>(first.number() & ~1u)},
      below_first_{static_cast<std::size_t>(first.number() & 1u)},
      taken_{static_cast<std::size_t>(last.number() - base_) + 1},
      freed_at_{std::make_unique<std::atomic<std::uint32_t>[]>(taken_.size())},
      clock_{clock} {
  // An odd first port leaves the even port below it outside the range: marked taken for good.
  if (below_first_ != 0) {
    taken_.take(0, [](std::size_t bit) { return bit == 0; });
  }
}

std::optional<PortLease> PortPool::lease_any() {
  const auto bit = search(
      any_, [this](std::size_t start, auto eligible) { return taken_.take(start, eligible); });
  if (!bit) return std::nullopt;
  return PortLease{*this, port_of(*bit)};
}

std::optional<PortLease> PortPool::lease_even() {
  const auto bit = search(even_, [this](std::size_t start, auto eligible) {
    return taken_.take_even(start, eligible);
  });
  if (!bit) return std::nullopt;
  return PortLease{*this, port_of(*bit)};
}

std::optional<PortLeasePair> PortPool::lease_pair() {
  const auto bit = search(pair_, [this](std::size_t start, auto eligible) {
    return taken_.take_even_pair(
        start, [&](std::size_t even) { return eligible(even) && eligible(even + 1); });
  });
  if (!bit) return std::nullopt;
  return PortLeasePair{PortLease{*this, port_of(*bit)}, PortLease{*this, port_of(*bit + 1)}};
}

bool PortPool::is_leased(Port port) const {
  return port.number() >= base_ + below_first_ && taken_.is_taken(port.number() - base_);
}

/// First among ports that have rested, then among all. While every free port rests, as under a
/// flood of short allocations, one search in vain tells how long all others would be.
template <class Search>
std::optional<std::size_t> PortPool::search(NoneRestedBefore& none_before, Search take) {
  const std::uint64_t start = random_u64();
  const std::uint32_t now = seconds_now();
  if (now >= none_before.load(std::memory_order_relaxed)) {
    std::uint32_t oldest = now;
    const auto is_rested = [&](std::size_t bit) {
      const std::uint32_t freed = freed_at_[bit].load(std::memory_order_relaxed);
      if (freed == 0 || now - freed >= kRest.count()) return true;
      oldest = std::min(oldest, freed);
      return false;
    };
    if (const auto bit = take(start, is_rested)) return bit;
    none_before.store(oldest + static_cast<std::uint32_t>(kRest.count()),
                      std::memory_order_relaxed);
  }
  return take(start, [](std::size_t) { return true; });
}

void PortPool::give_back(Port port) {
  const std::size_t bit = port.number() - base_;
  freed_at_[bit].store(seconds_now(), std::memory_order_relaxed);
  taken_.give_back(bit);
}

Port PortPool::port_of(std::size_t bit) const {
  return Port{static_cast<std::uint16_t>(base_ + bit)};
}

std::uint32_t PortPool::seconds_now() const {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(clock_().time_since_epoch());
  // 0 means "never leased"; a machine in its first second of uptime loses nothing by the 1.
  return static_cast<std::uint32_t>(since.count()) | (since.count() == 0 ? 1u : 0u);
}

}  // namespace avedge::relay
