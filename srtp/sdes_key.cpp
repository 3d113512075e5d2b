#include "srtp/sdes_key.h"

#include <string.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "relay/core/base64.h"

namespace avedge::srtp {
namespace {

/// RFC 4568 §6.3.6: a window size hint is at least 64 packets.
constexpr unsigned kMinWindowSize = 64;

template <class Number>
std::optional<Number> number(std::string_view text, std::size_t max_digits) {
  Number value{};
  if (text.size() > max_digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Cuts `text` at the first `separator`: returns what stands before it, leaves what stands behind.
/// Without a separator everything is returned and nothing is left.
std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view head = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), head.size() + 1));
  return head;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// The next word of `text`, which may be separated by several blanks. Empty at the end.
std::string_view take_word(std::string_view& text) {
  const auto* begin = std::find_if_not(text.begin(), text.end(), is_blank);
  const auto* end = std::find_if(begin, text.end(), is_blank);
  const auto start = static_cast<std::size_t>(begin - text.begin());
  const std::string_view word = text.substr(start, static_cast<std::size_t>(end - begin));
  text.remove_prefix(start + word.size());
  return word;
}

/// lifetime = ["2^"] 1*DIGIT, in packets.
std::optional<std::uint64_t> parse_lifetime(std::string_view text) {
  constexpr std::string_view kPowerOfTwo = "2^";
  std::optional<std::uint64_t> packets;
  if (text.starts_with(kPowerOfTwo)) {
    const auto exponent = number<unsigned>(text.substr(kPowerOfTwo.size()), 2);
    if (exponent && *exponent < 64) packets = std::uint64_t{1} << *exponent;
  } else {
    packets = number<std::uint64_t>(text, 18);
  }
  if (!packets || *packets == 0 || *packets > kMaxKeyLifetime) return std::nullopt;
  return packets;
}

/// Adds the decimal digits `text` up in `into`, a big-endian integer. An identifier has up to 128
/// bytes, so no machine word holds it. False if it has other characters or does not fit.
bool decimal_to_big_endian(std::string_view text, Bytes into) {
  std::fill(into.begin(), into.end(), std::byte{0});
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    auto carry = static_cast<unsigned>(c - '0');
    for (auto octet = into.rbegin(); octet != into.rend(); ++octet) {
      carry += std::to_integer<unsigned>(*octet) * 10;
      *octet = static_cast<std::byte>(carry);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  return !text.empty();
}

/// mki = mki-value ":" mki-length: a decimal number and its size in bytes in a packet.
std::optional<Bytes> parse_mki(std::string_view text, Bytes into) {
  // 2^1024 has 309 digits; a longer number is leading zeros or does not fit.
  constexpr std::size_t kMaxDigits = 309;
  const std::string_view value = take_until(text, ':');
  const auto size = number<unsigned>(text, 3);
  if (!size || *size == 0 || *size > into.size() || value.size() > kMaxDigits) return std::nullopt;
  const Bytes mki = into.first(*size);
  if (!decimal_to_big_endian(value, mki)) return std::nullopt;
  return mki;
}

/// Scratch for a decoded key, wiped however the parser is left.
struct SecretBuffer {
  std::array<std::byte, kMaxKeyAndSalt> bytes{};
  ~SecretBuffer() { explicit_bzero(bytes.data(), bytes.size()); }
};

/// RFC 4568 §6.3: what a session parameter asks of us, and whether we can do it.
Verdict<void> check_session_parameter(std::string_view parameter) {
  std::string_view value = parameter;
  const std::string_view name = take_until(value, '=');
  if (parameter.starts_with('-')) return {};
  if (name == "WSH") {
    // Our replay window is larger than any hint that comes from real implementations.
    const auto window = number<unsigned>(value, 9);
    if (!window || *window < kMinWindowSize) return DropReason::sdp_malformed;
    return {};
  }
  return DropReason::sdp_unsupported;
}

}  // namespace

Verdict<SdesKey> SdesKey::parse(std::string_view value) {
  if (value.size() > kMaxSdesLength) return DropReason::sdp_malformed;
  SdesKey key;
  const auto tag = number<std::uint32_t>(take_word(value), 9);
  if (!tag) return DropReason::sdp_malformed;
  key.tag_ = *tag;

  const std::string_view suite_name = take_word(value);
  const std::string_view key_params = take_word(value);
  if (key_params.empty()) return DropReason::sdp_malformed;
  const auto suite = suite_named(suite_name);
  if (!suite) return DropReason::sdp_unsupported;
  key.suite_ = *suite;
  if (const auto added = key.add_keys(key_params); !added) return added.reason();

  for (auto word = take_word(value); !word.empty(); word = take_word(value)) {
    if (const auto accepted = check_session_parameter(word); !accepted) return accepted.reason();
  }
  return key;
}

/// key-params = key-param *(";" key-param)
Verdict<void> SdesKey::add_keys(std::string_view params) {
  if (params.ends_with(';')) return DropReason::sdp_malformed;
  while (!params.empty()) {
    if (keys_.size() == kMaxMasterKeys) return DropReason::sdp_unsupported;
    if (const auto added = add_key(take_until(params, ';')); !added) return added;
  }
  if (!identifiers_agree()) return DropReason::sdp_malformed;
  return {};
}

/// key-param = "inline:" key-salt ["|" lifetime] ["|" mki]
Verdict<void> SdesKey::add_key(std::string_view param) {
  if (param.find(':') == std::string_view::npos) return DropReason::sdp_malformed;
  if (take_until(param, ':') != "inline") return DropReason::sdp_unsupported;
  if (param.ends_with('|')) return DropReason::sdp_malformed;

  SecretBuffer secret;
  const auto key_and_salt =
      decode_base64(take_until(param, '|'), secret.bytes, Base64Form::optional_padding);
  if (!key_and_salt) return DropReason::sdp_malformed;

  // Only an identifier has a colon, which tells it from a lifetime where one of them is missing.
  if (!param.empty() && param.substr(0, param.find('|')).find(':') == std::string_view::npos) {
    const auto lifetime = parse_lifetime(take_until(param, '|'));
    if (!lifetime) return DropReason::sdp_malformed;
    lifetime_ = std::min(lifetime_, *lifetime);
  }
  std::array<std::byte, kMaxMkiSize> mki_buffer{};
  Bytes mki;
  if (!param.empty()) {
    const auto parsed = parse_mki(param, mki_buffer);
    if (!parsed) return DropReason::sdp_malformed;
    mki = *parsed;
  }

  const auto key = MasterKey::from_bytes(suite_, *key_and_salt, mki);
  if (!key) return DropReason::sdp_malformed;
  keys_.push_back(*key);
  return {};
}

/// Packets name their key by its identifier alone, and its length is found from their end.
bool SdesKey::identifiers_agree() const {
  for (std::size_t i = 1; i < keys_.size(); ++i) {
    const ConstBytes mki = keys_[i].mki();
    if (mki.empty() || mki.size() != keys_[0].mki().size()) return false;
    for (std::size_t earlier = 0; earlier < i; ++earlier) {
      if (std::ranges::equal(mki, keys_[earlier].mki())) return false;
    }
  }
  return true;
}

}  // namespace avedge::srtp
