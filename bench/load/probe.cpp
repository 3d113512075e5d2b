#include "bench/load/probe.h"

#include <algorithm>

namespace avedge::bench {

void Probe::write(Bytes payload) const {
  ByteWriter writer{payload};
  writer.u32(kMagic);
  writer.u32(static_cast<std::uint32_t>(leg));
  writer.u32(flow);
  writer.u32(sequence);
  writer.u64(static_cast<std::uint64_t>(sent.time_since_epoch().count()));
}

std::optional<Probe> Probe::read(ConstBytes payload) {
  if (payload.size() < kSize || load_be32(payload.data()) != kMagic) return std::nullopt;
  const std::uint32_t leg = load_be32(payload.data() + 4);
  if (leg >= kLegCount) return std::nullopt;
  Probe probe;
  probe.leg = static_cast<Leg>(leg);
  probe.flow = load_be32(payload.data() + 8);
  probe.sequence = load_be32(payload.data() + 12);
  probe.sent =
      Clock::time_point{Clock::duration{static_cast<Clock::rep>(load_be64(payload.data() + 16))}};
  return probe;
}

void LatencyHistogram::add(Clock::duration latency) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
  ++counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)))];
  ++total_;
}

std::chrono::microseconds LatencyHistogram::percentile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
  std::uint64_t below = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    below += counts_[i];
    last = i;
    if (below >= wanted && below > 0) break;
  }
  return std::chrono::microseconds{total_ == 0 ? 0 : upper_bound_of(last)};
}

/// Below kSteps one bucket per microsecond; above, kSteps buckets per power of two.
std::size_t LatencyHistogram::bucket_of(std::uint64_t microseconds) {
  if (microseconds < kSteps) return static_cast<std::size_t>(microseconds);
  const auto shift =
      static_cast<std::size_t>(std::bit_width(microseconds) - std::bit_width(kSteps));
  const std::size_t step = static_cast<std::size_t>(microseconds >> shift) - kSteps;
  const std::size_t bucket = (shift + 1) * kSteps + step;
  return std::min(bucket, kSteps * 32 - 1);
}

std::uint64_t LatencyHistogram::upper_bound_of(std::size_t bucket) {
  if (bucket < kSteps) return bucket;
  const std::size_t shift = bucket / kSteps - 1;
  return ((kSteps + bucket % kSteps + 1) << shift) - 1;
}

void Tally::add(const Probe& probe, Clock::time_point now) {
  if (probe.sequence < per_flow_) {
    auto seen = seen_[probe.flow * per_flow_ + probe.sequence];
    if (seen) return duplicates.add();
    seen = true;
  }
  received.add();
  latency.add(now - probe.sent);
}

}  // namespace avedge::bench
