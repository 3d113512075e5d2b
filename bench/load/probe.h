// What the generator writes into every payload, and the book it keeps about what arrives.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "relay/core/bytes.h"
#include "relay/core/counters.h"

namespace avedge::bench {

using Clock = std::chrono::steady_clock;

/// Which way a probe goes: client to peer, peer to client, or there and back.
enum class Leg : std::uint8_t { up, down, echo };
inline constexpr std::size_t kLegCount = 3;
inline constexpr std::array<std::string_view, kLegCount> kLegNames{"up", "down", "echo"};

/// The first bytes of a payload; the rest is filling.
struct Probe {
  static constexpr std::size_t kSize = 24;
  static constexpr std::uint32_t kMagic = 0x41564c44;  // "AVLD"

  Leg leg = Leg::up;
  std::uint32_t flow = 0;
  std::uint32_t sequence = 0;
  Clock::time_point sent;

  /// `payload` has at least kSize bytes.
  void write(Bytes payload) const;
  static std::optional<Probe> read(ConstBytes payload);
};

/// Counts durations in buckets whose width is 1/32 of their value, from 1 µs to over an hour.
class LatencyHistogram {
 public:
  void add(Clock::duration latency);
  /// The bucket's upper bound below which `share` (0 to 1) of the durations lie.
  [[nodiscard]] std::chrono::microseconds percentile(double share) const;

 private:
  static constexpr std::size_t kSteps = 32;
  static std::size_t bucket_of(std::uint64_t microseconds);
  static std::uint64_t upper_bound_of(std::size_t bucket);

  std::array<std::uint64_t, kSteps * 32> counts_{};
  std::uint64_t total_ = 0;
};

/// What arrived of one leg. Written by the receiving thread; counters may be read by others.
class Tally {
 public:
  /// Sequence numbers 0 … per_flow-1 of each flow are known apart; later ones only counted.
  Tally(std::size_t flows, std::size_t per_flow) : per_flow_{per_flow}, seen_(flows * per_flow) {}

  void add(const Probe& probe, Clock::time_point now);

  Counter received;    // each probe once
  Counter duplicates;  // again
  LatencyHistogram latency;

 private:
  std::size_t per_flow_;
  std::vector<bool> seen_;
};

}  // namespace avedge::bench
