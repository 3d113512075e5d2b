// The flows of one worker. Lookup is one hash, one bucket and one comparison of every key field;
// nothing is allocated after the table has reached its working size.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "relay/core/cache_line.h"
#include "relay/core/flow.h"
#include "relay/core/slow_path.h"
#include "relay/sockets/socket_address.h"

namespace avedge::relay {

/// A route out of this host for our own frames (relay/egress).
using RouteId = std::uint32_t;
inline constexpr RouteId kNoRoute = 0xffffffff;

/// A flow as the forwarding loop reads it: at most two cache lines.
struct alignas(kCacheLine) Flow {
  FlowKey key;
  SocketId out_socket;
  SocketAddress destination;
  Transform transform;
  Direction direction;
  bool judges_port;
  bool inspect_stun;
  ChannelField channel;
  std::uint16_t rtp_sequence;  // of the last RTP packet of an anchored flow, and …
  std::uint32_t rtp_ssrc;      // … its source; both 0 if there was none
  Time valid_until;
  Time channel_until;
  std::uint64_t packets;
  std::uint64_t bytes;
  Time last_activity;
  CryptoId crypto;           // of Transform::pass
  RouteId route = kNoRoute;  // the worker's to set; stays when the flow is changed

  [[nodiscard]] bool admits(Time now) const { return now < valid_until; }
  [[nodiscard]] FlowUsage usage() const {
    return {packets, bytes, last_activity, {rtp_ssrc, rtp_sequence}};
  }
};

class FlowTable final : public FlowReader {
 public:
  /// At most `capacity` flows; `seed` from the CSPRNG, so that an attacker cannot target one
  /// bucket.
  FlowTable(std::size_t capacity, std::uint64_t seed);

  /// Null if there is none. Valid until the flow is erased.
  [[nodiscard]] Flow* find(const FlowKey& key);
  [[nodiscard]] const Flow* find(const FlowKey& key) const {
    return const_cast<FlowTable*>(this)->find(key);
  }

  /// Asks memory for what find() of these keys will read, for all of them at once: among many flows
  /// the wait for memory is most of what a look-up costs. At most kPrefetched of them.
  void prefetch(std::span<const FlowKey> keys) const;
  static constexpr std::size_t kPrefetched = 64;
  /// Whether that pays: a processor's own cache holds fewer.
  [[nodiscard]] bool outgrows_caches() const { return size_ > kCachedFlows; }

  /// Creates or changes a flow (counters stay). False if the table is full.
  [[nodiscard]] bool upsert(const FlowSpec& spec);
  void erase(const FlowKey& key);

  [[nodiscard]] std::size_t size() const { return size_; }

  // FlowReader
  [[nodiscard]] FlowUsage usage(const FlowKey& key) const override {
    const Flow* flow = find(key);
    return flow == nullptr ? FlowUsage{} : flow->usage();
  }

 private:
  // The tag spares a visit to the flow itself for nearly every bucket that is not ours.
  struct Bucket {
    std::uint32_t tag = 0;
    std::uint32_t flow = kEmpty;
  };
  static constexpr std::uint32_t kEmpty = 0xffffffff;
  static constexpr std::size_t kSlabSize = 256;
  /// Flows and buckets of half a mebibyte.
  static constexpr std::size_t kCachedFlows = 4096;
  using Slab = std::array<Flow, kSlabSize>;

  [[nodiscard]] std::uint64_t hash(const FlowKey& key) const;
  [[nodiscard]] std::size_t bucket_of(const FlowKey& key, std::uint64_t hash) const;
  [[nodiscard]] Flow& flow_at(std::uint32_t index);
  [[nodiscard]] std::uint32_t new_flow();
  void grow();
  void close_gap(std::size_t gap);

  std::size_t capacity_;
  std::uint64_t seed_;
  std::size_t size_ = 0;
  std::vector<Bucket> buckets_;  // a power of two, at most half full
  std::vector<std::unique_ptr<Slab>> slabs_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_flow_ = 0;
};

}  // namespace avedge::relay
