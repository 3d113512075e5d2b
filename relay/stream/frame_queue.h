// What waits to leave over a client's TCP or TLS connection. Media that is late is useless, and a
// client that reads slowly must cost neither memory nor anybody else's time: so the queue is
// bounded by bytes and by age, and the oldest whole frames make room for new ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "relay/core/bytes.h"
#include "relay/core/clock.h"

namespace avedge::relay {

struct FrameQueueLimits {
  std::size_t bytes = 256 * 1024;
  Duration age = std::chrono::milliseconds{500};
};

/// One thread. Allocates only while it grows towards its limit.
class FrameQueue {
 public:
  explicit FrameQueue(const FrameQueueLimits& limits) : limits_{limits} {}

  /// Appends a frame (`header` and `body`, one behind the other) and `padding` zeros, and makes
  /// room for it. Returns how many frames were dropped for that: old ones, or this one if it is
  /// larger than what may be freed.
  std::size_t push(Time now, ConstBytes header, ConstBytes body, std::size_t padding);
  /// Drops what is older than the limit. Returns how many frames that were.
  std::size_t drop_stale(Time now);

  [[nodiscard]] bool empty() const { return head_ == tail_; }
  [[nodiscard]] std::size_t size() const { return tail_ - head_; }
  /// Everything that waits, in order. Valid until the next call that is not const.
  [[nodiscard]] ConstBytes bytes() const { return {buffer_.data() + head_, size()}; }
  /// The oldest frame, or what has not left of it, with its padding. Not when empty(); valid as
  /// bytes() is.
  [[nodiscard]] ConstBytes first_frame() const { return bytes().first(fields_[first_mark_].size); }
  /// The first `count` bytes have left. The rest of a frame that has begun to leave stays.
  void consume(std::size_t count);
  /// The first `count` bytes have been shown to somebody who insists on seeing them again (TLS): no
  /// frame that they touch is dropped.
  void pin(std::size_t count) { pinned_ = std::max(pinned_, count); }

 private:
  struct Mark {
    std::size_t size;
    Time arrived;
  };

  [[nodiscard]] std::size_t mark_count() const { return fields_.size() - first_mark_; }
  [[nodiscard]] std::size_t droppable_from() const;
  std::size_t drop_oldest(std::size_t needed, Time arrived_before);
  void make_room(std::size_t needed);
  void append(ConstBytes bytes);
  void forget_marks(std::size_t first, std::size_t count);

  FrameQueueLimits limits_;
  std::vector<std::byte> buffer_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::vector<Mark> fields_;  // of the frames in [head_, tail_); the first may have left in part
  std::size_t first_mark_ = 0;
  std::size_t pinned_ = 0;  // bytes behind head_ that must stay
};

}  // namespace avedge::relay
