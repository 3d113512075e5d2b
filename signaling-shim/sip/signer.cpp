#include "signaling-shim/sip/signer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cassert>

namespace avedge::sip {
namespace {

/// 96 bits: out of reach for a guess over the network, and short enough for a Via.
constexpr std::size_t kSealSize = 12;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void append_field(std::string& input, std::string_view field) {
  std::array<std::byte, 4> length;
  store_be32(length.data(), static_cast<std::uint32_t>(field.size()));
  input += text_of(length);
  input += field;
}

}  // namespace

std::string Signer::hash(std::initializer_list<std::string_view> fields, std::size_t bytes) const {
  return to_base64url(text_of(digest("hash", fields)).substr(0, bytes));
}

std::string Signer::sign(std::string_view payload,
                         std::initializer_list<std::string_view> context) const {
  const Digest mac = digest(payload, context);
  return to_base64url(std::string{payload} += text_of(mac).substr(0, kSealSize));
}

std::optional<std::string> Signer::verify(std::string_view signed_text,
                                          std::initializer_list<std::string_view> context) const {
  auto opened = from_base64url(signed_text);
  if (!opened || opened->size() < kSealSize) return std::nullopt;
  const std::size_t size = opened->size() - kSealSize;
  const Digest mac = digest(std::string_view{*opened}.substr(0, size), context);
  if (CRYPTO_memcmp(opened->data() + size, mac.data(), kSealSize) != 0) return std::nullopt;
  opened->resize(size);
  return opened;
}

Signer::Digest Signer::digest(std::string_view first,
                              std::initializer_list<std::string_view> fields) const {
  std::string input;
  append_field(input, first);
  for (const std::string_view field : fields) append_field(input, field);
  Digest mac{};
  unsigned size = 0;
  [[maybe_unused]] const unsigned char* done =
      HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(input.data()), input.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size);
  assert(done != nullptr && size == mac.size());
  return mac;
}

std::string to_base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 255);
  }
  return bytes;
}

}  // namespace avedge::sip
