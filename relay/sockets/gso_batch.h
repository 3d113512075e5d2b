// Runs of datagrams: of one size, one after the other to one place, as a burst of video is. The
// kernel takes a run as one message, and it is cut apart as late as possible, at best by the
// network card (UDP_SEGMENT): one way through the stack instead of one for each datagram. Likewise
// a run that arrives comes in one piece, if the socket wants that (UDP_GRO).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <span>

#include "relay/sockets/ip_header_fields.h"

namespace avedge::relay {

/// Of one message (UDP_MAX_SEGMENTS of Linux before 6.9).
inline constexpr std::size_t kMaxGsoSegments = 64;
/// Bytes of one message: what an IP packet of all segments together could carry.
inline constexpr std::size_t kMaxGsoBytes = 65'000;

/// Whether a datagram of `size` bytes may follow a run of `count` datagrams, the first of `segment`
/// bytes, `bytes` together. Only the last one may be smaller, and none empty.
[[nodiscard]] constexpr bool may_follow(std::size_t size, std::size_t segment, std::size_t count,
                                        std::size_t bytes) {
  return size != 0 && size <= segment && count < kMaxGsoSegments && bytes == count * segment &&
         bytes + size <= kMaxGsoBytes;
}

/// From now on runs arrive in one piece. Where the kernel knows no such thing, they do not.
void enable_gro(int fd);
class GsoBatch {
 public:
  static constexpr std::size_t kCapacity = 128;

  /// One message for each run in `messages`, of one buffer each, at most kCapacity; `messages`
  /// itself if there is no run. Destinations are compared by pointer. Valid until the next join().
  [[nodiscard]] std::span<mmsghdr> join(std::span<mmsghdr> messages);
  /// What the `index`-th message of a join() that found runs was made of.
  [[nodiscard]] std::span<mmsghdr> parts(std::size_t index) const { return parts_[index]; }

 private:
  struct Control {
    alignas(cmsghdr)
        std::array<std::byte, sizeof(HeaderFieldsBuffer) + CMSG_SPACE(sizeof(std::uint16_t))> bytes;
  };

  void put(std::span<mmsghdr> run);
  void describe(std::span<mmsghdr> run, msghdr& whole);

  std::size_t count_ = 0;
  std::size_t vector_count_ = 0;
  std::array<mmsghdr, kCapacity> messages_{};
  std::array<std::span<mmsghdr>, kCapacity> parts_{};
  std::array<iovec, kCapacity> vectors_{};
  std::array<Control, kCapacity> controls_{};
};

}  // namespace avedge::relay
