#include "ice/candidate/ice06_credentials.h"

#include "relay/core/base64.h"

namespace avedge::candidate {
namespace {

/// Of one part; nothing if it is empty.
std::optional<std::string> decode(std::string_view text) {
  auto bytes = decode_base64(text, Base64Form::lenient);
  return bytes && !bytes->empty() ? bytes : std::nullopt;
}

}  // namespace

std::optional<Ice06Credentials> ice06_credentials(const Candidate& candidate) {
  if (candidate.flavour != Flavour::ice06) return std::nullopt;
  auto id = decode(candidate.foundation);
  auto password = decode(candidate.password);
  if (!id || !password) return std::nullopt;
  return Ice06Credentials{*std::move(id), *std::move(password)};
}

std::string ice06_user(const Ice06Credentials& credentials, std::uint16_t component) {
  return credentials.id + ':' + std::to_string(component);
}

}  // namespace avedge::candidate
