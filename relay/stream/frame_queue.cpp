#include "relay/stream/frame_queue.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace avedge::relay {
namespace {

constexpr std::size_t kFirstAllocation = 4096;

}  // namespace

std::size_t FrameQueue::push(Time now, ConstBytes header, ConstBytes body, std::size_t padding) {
  const std::size_t needed = header.size() + body.size() + padding;
  std::size_t dropped = drop_stale(now);
  if (size() + needed > limits_.bytes)
    dropped += drop_oldest(size() + needed - limits_.bytes, kNever);
  if (size() + needed > limits_.bytes) return dropped + 1;

  make_room(needed);
  append(header);
  append(body);
  std::memset(buffer_.data() + tail_, 0, padding);
  tail_ += padding;
  fields_.push_back({needed, now});
  return dropped;
}

void FrameQueue::append(ConstBytes bytes) {
  if (bytes.empty()) return;
  std::memcpy(buffer_.data() + tail_, bytes.data(), bytes.size());
  tail_ += bytes.size();
}

std::size_t FrameQueue::drop_stale(Time now) {
  if (mark_count() == 0 || fields_[first_mark_].arrived >= now - limits_.age) return 0;
  return drop_oldest(size(), now - limits_.age);
}

void FrameQueue::consume(std::size_t count) {
  assert(count <= size());
  head_ += count;
  pinned_ -= std::min(pinned_, count);
  while (count > 0) {
    Mark& mark = fields_[first_mark_];
    const std::size_t left = std::min(count, mark.size);
    count -= left;
    mark.size -= left;
    if (mark.size == 0) {
      ++first_mark_;
    } else {
      pin(mark.size);  // half a frame on the wire needs its other half
    }
  }
  if (empty()) {
    head_ = tail_ = 0;
    fields_.clear();
    first_mark_ = 0;
  }
}

/// The first mark that touches no pinned byte.
std::size_t FrameQueue::droppable_from() const {
  std::size_t covered = 0;
  std::size_t mark = first_mark_;
  while (mark < fields_.size() && covered < pinned_) covered += fields_[mark++].size;
  return mark;
}

/// Drops frames from the oldest on until `needed` bytes are free, as long as they arrived before
/// that time. What is pinned in front of them moves up: it is at most one TLS record.
std::size_t FrameQueue::drop_oldest(std::size_t needed, Time arrived_before) {
  const std::size_t first = droppable_from();
  std::size_t count = 0;
  std::size_t freed = 0;
  while (first + count < fields_.size() && freed < needed &&
         fields_[first + count].arrived < arrived_before) {
    freed += fields_[first + count].size;
    ++count;
  }
  if (count == 0) return 0;
  std::size_t kept = 0;
  for (std::size_t mark = first_mark_; mark < first; ++mark) kept += fields_[mark].size;
  std::memmove(buffer_.data() + head_ + freed, buffer_.data() + head_, kept);
  head_ += freed;
  forget_marks(first, count);
  return count;
}

void FrameQueue::forget_marks(std::size_t first, std::size_t count) {
  std::move_backward(fields_.begin() + static_cast<std::ptrdiff_t>(first_mark_),
                     fields_.begin() + static_cast<std::ptrdiff_t>(first),
                     fields_.begin() + static_cast<std::ptrdiff_t>(first + count));
  first_mark_ += count;
}

/// The buffer is at least twice as large as what it holds, so that moving everything to its front
/// is rare enough to cost nothing.
void FrameQueue::make_room(std::size_t needed) {
  if (tail_ + needed > buffer_.size()) {
    if ((size() + needed) * 2 > buffer_.size()) {
      std::size_t capacity = std::max(buffer_.size(), kFirstAllocation);
      while (capacity < (size() + needed) * 2) capacity *= 2;
      buffer_.resize(capacity);
    }
    std::memmove(buffer_.data(), buffer_.data() + head_, size());
    tail_ -= head_;
    head_ = 0;
  }
  if (fields_.size() == fields_.capacity() && first_mark_ > fields_.size() / 2) {
    fields_.erase(fields_.begin(), fields_.begin() + static_cast<std::ptrdiff_t>(first_mark_));
    first_mark_ = 0;
  }
}

}  // namespace avedge::relay
