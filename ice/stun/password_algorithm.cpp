#include "ice/stun/password_algorithm.h"

namespace avedge::stun {
namespace {

/// Number and length of the parameters; MD5 and SHA-256 have none (RFC 8489 §18.5.1).
constexpr std::size_t kEntrySize = 4;

}  // namespace

std::optional<PasswordAlgorithm> read_password_algorithm(ConstBytes value) {
  if (value.size() != kEntrySize || load_be16(&value[2]) != 0) return std::nullopt;
  switch (const auto algorithm = static_cast<PasswordAlgorithm>(load_be16(&value[0]))) {
    case PasswordAlgorithm::md5:
    case PasswordAlgorithm::sha256: return algorithm;
  }
  return std::nullopt;
}

std::vector<std::byte> password_algorithms(std::span<const PasswordAlgorithm> algorithms) {
  std::vector<std::byte> value(algorithms.size() * kEntrySize);
  ByteWriter writer{value};
  for (const PasswordAlgorithm algorithm : algorithms) {
    writer.u16(static_cast<std::uint16_t>(algorithm));
    writer.u16(0);
  }
  return value;
}

}  // namespace avedge::stun
