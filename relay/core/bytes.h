// Reading and writing network byte order, one byte at a time: a misaligned 16-bit load kills some
// processors, and a length taken from the wire must never be trusted twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace avedge {

/// Read-only bytes, not owned.
using ConstBytes = std::span<const std::byte>;
/// Writable bytes, not owned.
using Bytes = std::span<std::byte>;

inline ConstBytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view text_of(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::uint16_t load_be16(const std::byte* from) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(from[0]) << 8 |
                                    std::to_integer<unsigned>(from[1]));
}

inline std::uint32_t load_be32(const std::byte* from) {
  return std::uint32_t{load_be16(from)} << 16 | load_be16(from + 2);
}

inline std::uint64_t load_be64(const std::byte* from) {
  return std::uint64_t{load_be32(from)} << 32 | load_be32(from + 4);
}

inline void store_be16(std::byte* to, std::uint16_t value) {
  to[0] = static_cast<std::byte>(value >> 8);
  to[1] = static_cast<std::byte>(value);
}

inline void store_be32(std::byte* to, std::uint32_t value) {
  store_be16(to, static_cast<std::uint16_t>(value >> 16));
  store_be16(to + 2, static_cast<std::uint16_t>(value));
}

inline void store_be64(std::byte* to, std::uint64_t value) {
  store_be32(to, static_cast<std::uint32_t>(value >> 32));
  store_be32(to + 4, static_cast<std::uint32_t>(value));
}

/// Appends to a fixed buffer; a write that does not fit sets `overflowed()` and writes nothing,
/// so that a builder checks once, at its end.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes buffer) : buffer_{buffer} {}

  void u8(std::uint8_t value) {
    if (std::byte* to = claim(1)) *to = static_cast<std::byte>(value);
  }
  void u16(std::uint16_t value) {
    if (std::byte* to = claim(2)) store_be16(to, value);
  }
  void u32(std::uint32_t value) {
    if (std::byte* to = claim(4)) store_be32(to, value);
  }
  void u64(std::uint64_t value) {
    if (std::byte* to = claim(8)) store_be64(to, value);
  }
  void bytes(ConstBytes value) {
    if (value.empty()) return;
    if (std::byte* to = claim(value.size())) std::memcpy(to, value.data(), value.size());
  }
  void zeros(std::size_t count) {
    if (count == 0) return;
    if (std::byte* to = claim(count)) std::memset(to, 0, count);
  }

  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] Bytes written() const { return buffer_.first(used_); }

 private:
  std::byte* claim(std::size_t count) {
    if (overflowed_ || count > buffer_.size() - used_) {
      overflowed_ = true;
      return nullptr;
    }
    std::byte* at = buffer_.data() + used_;
    used_ += count;
    return at;
  }

  Bytes buffer_;
  std::size_t used_ = 0;
  bool overflowed_ = false;
};

}  // namespace avedge
