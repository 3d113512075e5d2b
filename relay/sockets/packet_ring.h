// Buffers for the packets of one wake-up. Each has headroom for the largest header we ever put in
// front (48 bytes of a Data indication) and tailroom for what SRTP adds behind (148 bytes) from
// birth, so that neither framing nor encryption copies a payload.
#pragma once

#include <sys/mman.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <new>

#include "relay/core/bytes.h"

namespace avedge::relay {

class PacketRing {
 public:
  static constexpr std::size_t kHeadroom = 64;
  static constexpr std::size_t kTailroom = 160;
  /// The largest UDP datagram; only the pages that packets really touch become resident.
  static constexpr std::size_t kPayload = 65535;
  static constexpr std::size_t kCapacity = 128;
  /// From one payload to the next. An odd number of cache lines more than whole pages: otherwise
  /// all packets' first lines would share a few cache sets.
  static constexpr std::size_t kStride = 65536 + 320;
  static_assert(kStride >= kHeadroom + kPayload + kTailroom && kStride % 64 == 0);

  PacketRing() {
    void* memory = mmap(nullptr, kCapacity * kStride, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    memory_ = static_cast<std::byte*>(memory);
  }
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;
  ~PacketRing() { munmap(memory_, kCapacity * kStride); }

  [[nodiscard]] std::size_t free() const { return kCapacity - used_; }

  /// Where the `index`-th packet after those in use would be received to.
  [[nodiscard]] std::byte* payload(std::size_t index) {
    assert(used_ + index < kCapacity);
    return memory_ + (used_ + index) * kStride + kHeadroom;
  }

  /// The next `count` buffers stay untouched until clear().
  void keep(std::size_t count) {
    assert(count <= free());
    used_ += count;
  }
  void clear() { used_ = 0; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

}  // namespace avedge::relay
