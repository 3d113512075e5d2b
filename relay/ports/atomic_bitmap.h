// A fixed set of numbered items that many threads acquire and release without a lock.
#pragma once

#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace avedge::relay {

/// Bits 0 … size-1; a set bit is taken. Any thread.
class AtomicBitmap {
 public:
  explicit AtomicBitmap(std::size_t size)
      : size_{size}, words_{std::make_unique<std::atomic<std::uint64_t>[]>(word_count())} {
    // The bits behind the last one can never be taken.
    if (size % 64 != 0) words_[size / 64].store(~0ull << size % 64, std::memory_order_relaxed);
  }

  /// Takes one free bit, looking from `start` (any number) upwards and around, among those that
  /// `eligible(bit)` accepts. Nothing if there is none.
  template <class Eligible>
  std::optional<std::size_t> take(std::size_t start, Eligible eligible) {
    return scan(start, 1, ~0ull, eligible);
  }

  /// Takes an even bit and the odd one above it together; returns the even one.
  template <class Eligible>
  std::optional<std::size_t> take_even_pair(std::size_t start, Eligible eligible) {
    return scan(start, 3, 0x5555555555555555, eligible);
  }

  /// Takes one free bit with an even number.
  template <class Eligible>
  std::optional<std::size_t> take_even(std::size_t start, Eligible eligible) {
    return scan(start, 1, 0x5555555555555555, eligible);
  }

  void give_back(std::size_t bit) {
    const std::uint64_t mask = 1ull << bit % 64;
    [[maybe_unused]] const auto before =
        words_[bit / 64].fetch_and(~mask, std::memory_order_release);
    assert((before & mask) != 0 && "given back twice");
  }

  [[nodiscard]] bool is_taken(std::size_t bit) const {
    return bit < size_ && (words_[bit / 64].load(std::memory_order_relaxed) >> bit % 64 & 1) != 0;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Number of bits taken; exact only without concurrent changes.
  [[nodiscard]] std::size_t count_taken() const {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < word_count(); ++i) {
      taken += static_cast<std::size_t>(std::popcount(words_[i].load(std::memory_order_relaxed)));
    }
    return taken - (word_count() * 64 - size_);
  }

 private:
  [[nodiscard]] std::size_t word_count() const { return (size_ + 63) / 64; }

  /// `shape`: the bits to take together, relative to the first. `firsts`: where a first bit may be.
  template <class Eligible>
  std::optional<std::size_t> scan(std::size_t start, std::uint64_t shape, std::uint64_t firsts,
                                  Eligible eligible) {
    if (size_ == 0) return std::nullopt;
    const std::size_t words = word_count();
    const std::size_t first_word = start % size_ / 64;
    const std::uint64_t from_start = ~0ull << start % size_ % 64;
    for (std::size_t i = 0; i <= words; ++i) {
      const std::size_t index = (first_word + i) % words;
      // The word of the start is visited twice: its upper part first, its lower part last.
      std::uint64_t allowed = firsts;
      if (i == 0) allowed &= from_start;
      if (i == words) allowed &= ~from_start;
      if (const auto bit = take_in_word(index, shape, allowed, eligible)) return bit;
    }
    return std::nullopt;
  }

  /// Where in a word `shape` (one bit or a pair) would meet free bits only. A pair's first bit is
  /// even, so it never reaches into the next word.
  static std::uint64_t free_firsts(std::uint64_t taken, std::uint64_t shape) {
    return shape == 1 ? ~taken : ~(taken | taken >> 1);
  }

  template <class Eligible>
  std::optional<std::size_t> take_in_word(std::size_t index, std::uint64_t shape,
                                          std::uint64_t allowed, Eligible eligible) {
    auto& word = words_[index];
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    // Bits that cannot begin a free shape are struck out at once: on a nearly full map a walk over
    // them one by one would be most of the work.
    while ((allowed &= free_firsts(seen, shape)) != 0) {
      const int first = std::countr_zero(allowed);
      const std::uint64_t mask = shape << first;
      const std::size_t bit = index * 64 + static_cast<std::size_t>(first);
      if (!eligible(bit)) {
        allowed &= allowed - 1;
        continue;
      }
      if (word.compare_exchange_weak(seen, seen | mask, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
        return bit;
      }
    }
    return std::nullopt;
  }

  std::size_t size_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

}  // namespace avedge::relay
