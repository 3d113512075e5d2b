// How many connections clients may have open: all of them together, and of those that have shown no
// credentials yet only a few from each source, because anybody can open connections.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "relay/core/endpoint.h"

namespace avedge::relay {

struct ConnectionCaps {
  std::size_t total = 10'000;
  std::size_t half_open = 1024;
  std::size_t half_open_per_source = 64;
};

class ConnectionLimits;

/// One connection's place. Given back when destroyed, the half-open part when settled.
class Admission {
 public:
  Admission() = default;
  Admission(Admission&& other) noexcept { swap(other); }
  Admission& operator=(Admission&& other) noexcept {
    Admission taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~Admission();

  /// The connection has earned its place: it no longer counts as half-open.
  void settle();

 private:
  friend class ConnectionLimits;
  Admission(ConnectionLimits& limits, const IpAddress& source)
      : limits_{&limits}, source_{source} {}
  void swap(Admission& other) noexcept {
    std::swap(limits_, other.limits_);
    std::swap(source_, other.source_);
    std::swap(half_open_, other.half_open_);
  }

  ConnectionLimits* limits_ = nullptr;
  IpAddress source_;  // its prefix
  bool half_open_ = true;
};

/// Any thread; slow path only. Outlives every admission. Its table holds one entry for each source
/// with half-open connections, so it is bounded by their number.
class ConnectionLimits {
 public:
  explicit ConnectionLimits(const ConnectionCaps& caps) : caps_{caps} {}
  ConnectionLimits(const ConnectionLimits&) = delete;
  ConnectionLimits& operator=(const ConnectionLimits&) = delete;

  /// A place for a new, half-open connection of that source; nothing when one of the caps is
  /// reached. IPv6 sources count by their /64, which is one host's to choose from.
  [[nodiscard]] std::optional<Admission> admit(const IpAddress& source);
  [[nodiscard]] std::size_t open() const;
  [[nodiscard]] std::size_t half_open() const;

 private:
  friend class Admission;
  void settle(const IpAddress& source);
  void leave();

  const ConnectionCaps caps_;
  mutable std::mutex mutex_;
  std::size_t open_ = 0;
  std::size_t half_open_ = 0;
  std::map<IpAddress, std::size_t> half_open_of_;
};

}  // namespace avedge::relay
