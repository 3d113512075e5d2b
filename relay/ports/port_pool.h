// The relay ports of one address and one transport, leased without a lock (RFC 8656 §7.2 wants
// them unpredictable: every search starts at a number from the CSPRNG).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"
#include "relay/ports/atomic_bitmap.h"

namespace avedge::relay {

/// Where a port is given back when its lease ends. Any thread.
class PortOwner {
 public:
  virtual void give_back(Port port) = 0;

 protected:
  ~PortOwner() = default;
};

/// A port leased exclusively while this lives. Movable to another thread; must not outlive its
/// pool.
class PortLease {
 public:
  PortLease() = default;
  PortLease(PortOwner& pool, Port port) : pool_{&pool}, port_{port} {}
  PortLease(PortLease&& other) noexcept
      : pool_{std::exchange(other.pool_, nullptr)}, port_{other.port_} {}
  PortLease& operator=(PortLease&& other) noexcept {
    PortLease taken{std::move(other)};
    std::swap(pool_, taken.pool_);
    std::swap(port_, taken.port_);
    return *this;
  }
  ~PortLease() {
    if (pool_ != nullptr) pool_->give_back(port_);
  }

  [[nodiscard]] explicit operator bool() const { return pool_ != nullptr; }
  [[nodiscard]] Port port() const { return port_; }

 private:
  PortOwner* pool_ = nullptr;
  Port port_;
};

struct PortLeasePair {
  PortLease even;
  PortLease odd;
};

/// Any thread. A freed port rests before it is leased again, so that the last owner's late packets
/// do not reach the next one; only when nothing else is free is a resting port leased early.
class PortPool final : private PortOwner {
 public:
  using ClockFunction = Time (*)();

  /// Long enough for packets in flight and for the far end to notice the end of a call.
  static constexpr std::chrono::seconds kRest{10};

  /// Ports first … last, both included, first ≤ last.
  PortPool(Port first, Port last, ClockFunction clock = &std::chrono::steady_clock::now);

  [[nodiscard]] std::optional<PortLease> lease_any();
  [[nodiscard]] std::optional<PortLease> lease_even();
  /// An even port and the next higher one (RFC 3550 §11, RFC 8656 §7.2).
  [[nodiscard]] std::optional<PortLeasePair> lease_pair();

  [[nodiscard]] bool is_leased(Port port) const;
  [[nodiscard]] std::size_t in_use() const { return taken_.count_taken() - below_first_; }
  [[nodiscard]] std::size_t size() const { return taken_.size() - below_first_; }

 private:
  /// In seconds_now(): before this moment no port, or pair of them, that is free has rested.
  using NoneRestedBefore = std::atomic<std::uint32_t>;

  template <class Search>
  std::optional<std::size_t> search(NoneRestedBefore& none_before, Search take);
  void give_back(Port port) override;
  [[nodiscard]] Port port_of(std::size_t bit) const;
  [[nodiscard]] std::uint32_t seconds_now() const;

  // Bit 0 is an even port, so that pairs are even bit and odd bit of one word.
  std::uint16_t base_;
  std::size_t below_first_;
  AtomicBitmap taken_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> freed_at_;  // seconds; 0: never leased
  NoneRestedBefore any_{0};
  NoneRestedBefore even_{0};
  NoneRestedBefore pair_{0};
  ClockFunction clock_;
};

}  // namespace avedge::relay
