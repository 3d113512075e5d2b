#include "ice/candidate/ice06_credentials.h"

namespace avedge::candidate {
namespace {

std::optional<unsigned> sextet(char c) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? std::nullopt : std::optional{static_cast<unsigned>(at)};
}

/// RFC 4648 §4, with or without padding; nothing if it is empty or anything else.
std::optional<std::string> decode_base64(std::string_view text) {
  text = text.substr(0, text.find_last_not_of('=') + 1);
  if (text.empty() || text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto six = sextet(c);
    if (!six) return std::nullopt;
    bits = (bits << 6 | *six) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

}  // namespace

std::optional<Ice06Credentials> ice06_credentials(const Candidate& candidate) {
  if (candidate.flavour != Flavour::ice06) return std::nullopt;
  auto id = decode_base64(candidate.foundation);
  auto password = decode_base64(candidate.password);
  if (!id || !password) return std::nullopt;
  return Ice06Credentials{*std::move(id), *std::move(password)};
}

std::string ice06_user(const Ice06Credentials& credentials, std::uint16_t component) {
  return credentials.id + ':' + std::to_string(component);
}

}  // namespace avedge::candidate
