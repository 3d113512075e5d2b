#include "signaling-shim/sip/signer.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <cassert>

#include "relay/core/base64.h"

namespace avedge::sip {
namespace {

/// 96 bits: cannot be guessed over the network, and short enough for a Via.
constexpr std::size_t kMacSize = 12;

void append_field(std::string& input, std::string_view field) {
  std::array<std::byte, 4> length;
  store_be32(length.data(), static_cast<std::uint32_t>(field.size()));
  input += text_of(length);
  input += field;
}

}  // namespace

std::string Signer::hash(std::initializer_list<std::string_view> fields, std::size_t bytes) const {
  return encode_base64(ConstBytes{digest("hash", fields)}.first(bytes), Base64Form::url);
}

std::string Signer::sign(std::string_view payload,
                         std::initializer_list<std::string_view> context) const {
  const Digest mac = digest(payload, context);
  const std::string both = std::string{payload} += text_of(mac).substr(0, kMacSize);
  return encode_base64(bytes_of(both), Base64Form::url);
}

std::optional<std::string> Signer::verify(std::string_view signed_text,
                                          std::initializer_list<std::string_view> context) const {
  auto opened = decode_base64(signed_text, Base64Form::url);
  if (!opened || opened->size() < kMacSize) return std::nullopt;
  const std::size_t size = opened->size() - kMacSize;
  const Digest mac = digest(std::string_view{*opened}.substr(0, size), context);
  if (CRYPTO_memcmp(opened->data() + size, mac.data(), kMacSize) != 0) return std::nullopt;
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

}  // namespace avedge::sip
