// Counters with one writer: the thread that owns them adds with a plain load and store, any thread
// reads. They are summed at scrape time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "relay/core/cache_line.h"
#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"
#include "relay/core/latch_kind.h"

namespace avedge {

/// Only ever grows. One writing thread, any number of readers.
class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. One writing thread, any number of readers.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) { set(value() + amount); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

struct Drops {
  std::array<Counter, kDropReasonCount> by_reason;
  void count(DropReason reason) { by_reason[static_cast<std::size_t>(reason)].add(); }
  [[nodiscard]] std::uint64_t of(DropReason reason) const {
    return by_reason[static_cast<std::size_t>(reason)].value();
  }
};

/// Everything one worker counts. Written by its thread only.
struct alignas(kCacheLine) WorkerCounters {
  std::array<Counter, kDirectionLabels.size()> packets;
  std::array<Counter, kDirectionLabels.size()> bytes;
  Drops drops;
  Counter allocations_opened;
  Gauge allocations;
  Gauge flows;
  Gauge sockets;
  Gauge media_paths;
  Gauge stream_paths;
  std::array<Counter, kLatchKindLabels.size()> latches;
  Counter stun_requests;
  Counter frames_sent;      // of the datagrams that left, how many as frames of our own
  Counter queue_overflows;  // datagrams that found a queue full which many share
  Counter fanned_in;        // of the datagrams that arrived, how many by fan-in
};

}  // namespace avedge
