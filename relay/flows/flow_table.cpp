#include "relay/flows/flow_table.h"

#include <cassert>

namespace avedge::relay {
namespace {

constexpr std::size_t kFirstBucketCount = 256;

Direction direction_of(const FlowSpec& spec) {
  switch (spec.transform) {
    case Transform::strip_channel_header:
    case Transform::unwrap_send_indication: return Direction::client_to_peer;
    case Transform::frame_channel_data:
    case Transform::frame_data_indication: return Direction::peer_to_client;
    case Transform::pass: break;
  }
  return spec.direction;
}

void describe(Flow& flow, const FlowSpec& spec) {
  flow.key = spec.key;
  flow.out_socket = spec.out_socket;
  flow.destination.assign(spec.destination);
  flow.transform = spec.transform;
  flow.direction = direction_of(spec);
  flow.judges_port = spec.judges_port;
  flow.inspect_stun = spec.inspect_stun;
  flow.channel = spec.channel;
  flow.crypto = spec.crypto;
  flow.valid_until = spec.valid_until;
  flow.channel_until = spec.channel_until;
}

}  // namespace

static_assert(sizeof(Flow) <= 2 * kCacheLine, "a flow is at most two cache lines");

FlowTable::FlowTable(std::size_t capacity, std::uint64_t seed)
    : capacity_{capacity}, seed_{seed}, buckets_(kFirstBucketCount) {}

Flow* FlowTable::find(const FlowKey& key) {
  const Bucket& bucket = buckets_[bucket_of(key, hash(key))];
  return bucket.flow == kEmpty ? nullptr : &flow_at(bucket.flow);
}

/// The tag tells whether the first bucket is the one, nearly always; of the others there are few.
void FlowTable::prefetch(std::span<const FlowKey> keys) const {
  assert(keys.size() <= kPrefetched);
  std::array<std::uint64_t, kPrefetched> hashes;
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    hashes[i] = hash(keys[i]);
    __builtin_prefetch(&buckets_[hashes[i] & mask]);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto tag = static_cast<std::uint32_t>(hashes[i] >> 32);
    for (std::size_t at = hashes[i] & mask; buckets_[at].flow != kEmpty; at = (at + 1) & mask) {
      if (buckets_[at].tag != tag) continue;
      const Flow& flow = const_cast<FlowTable*>(this)->flow_at(buckets_[at].flow);
      __builtin_prefetch(&flow);
      __builtin_prefetch(reinterpret_cast<const std::byte*>(&flow) + kCacheLine);
      break;
    }
  }
}

bool FlowTable::upsert(const FlowSpec& spec) {
  const std::uint64_t hashed = hash(spec.key);
  if (const Bucket& bucket = buckets_[bucket_of(spec.key, hashed)]; bucket.flow != kEmpty) {
    describe(flow_at(bucket.flow), spec);
    return true;
  }
  if (size_ == capacity_) return false;
  if ((size_ + 1) * 2 > buckets_.size()) grow();

  Bucket& bucket = buckets_[bucket_of(spec.key, hashed)];
  bucket.tag = static_cast<std::uint32_t>(hashed >> 32);
  bucket.flow = new_flow();
  Flow& flow = flow_at(bucket.flow);
  flow = Flow{};
  describe(flow, spec);
  ++size_;
  return true;
}

void FlowTable::erase(const FlowKey& key) {
  const std::size_t at = bucket_of(key, hash(key));
  if (buckets_[at].flow == kEmpty) return;
  free_.push_back(buckets_[at].flow);
  close_gap(at);
  --size_;
}

std::uint64_t FlowTable::hash(const FlowKey& key) const {
  const std::uint64_t socket_and_channel =
      std::uint64_t{static_cast<std::uint32_t>(key.socket)} << 16 | key.channel;
  return hash_of(key.remote, seed_ ^ socket_and_channel * 0x9e3779b97f4a7c15);
}

/// The bucket that holds `key`, or the empty one where it would go. Linear probing.
std::size_t FlowTable::bucket_of(const FlowKey& key, std::uint64_t hashed) const {
  const std::size_t mask = buckets_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hashed >> 32);
  for (std::size_t at = hashed & mask;; at = (at + 1) & mask) {
    const Bucket& bucket = buckets_[at];
    if (bucket.flow == kEmpty) return at;
    if (bucket.tag == tag && const_cast<FlowTable*>(this)->flow_at(bucket.flow).key == key) {
      return at;
    }
  }
}

Flow& FlowTable::flow_at(std::uint32_t index) {
  return (*slabs_[index / kSlabSize])[index % kSlabSize];
}

std::uint32_t FlowTable::new_flow() {
  if (!free_.empty()) {
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  if (next_flow_ == slabs_.size() * kSlabSize) {
    slabs_.push_back(std::make_unique<Slab>());
  }
  return next_flow_++;
}

void FlowTable::grow() {
  std::vector<Bucket> old(buckets_.size() * 2);
  old.swap(buckets_);
  for (const Bucket& bucket : old) {
    if (bucket.flow == kEmpty) continue;
    const FlowKey& key = flow_at(bucket.flow).key;
    buckets_[bucket_of(key, hash(key))] = bucket;
  }
}

/// Deletes by moving later members of the probe run forward: no tombstones, so that lookups stay
/// as short after a million erasures as on the first day.
void FlowTable::close_gap(std::size_t gap) {
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t at = (gap + 1) & mask; buckets_[at].flow != kEmpty; at = (at + 1) & mask) {
    const std::size_t home = hash(flow_at(buckets_[at].flow).key) & mask;
    // Movable if its home does not lie between the gap (excluded) and where it stands.
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    buckets_[gap] = buckets_[at];
    gap = at;
  }
  buckets_[gap] = Bucket{};
}

}  // namespace avedge::relay
