#include "signaling-shim/sip/via.h"

#include <algorithm>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

/// "SIP / 2.0 / UDP host": removes the part up to `stop` from `rest`.
std::string_view cut(std::string_view& rest, char stop) {
  const std::size_t at = rest.find(stop);
  if (at == std::string_view::npos) return {};
  const std::string_view part = trim(rest.substr(0, at));
  rest.remove_prefix(at + 1);
  return part;
}

}  // namespace

std::optional<Via> Via::parse(std::string_view value) {
  Via via;
  via.value = value;
  std::string_view rest = value;
  if (!equals_ignoring_case(cut(rest, '/'), "SIP") || cut(rest, '/') != "2.0") return std::nullopt;
  rest = trim(rest);
  const auto blank = std::find_if(rest.begin(), rest.end(), is_lws);
  via.transport = rest.substr(0, static_cast<std::size_t>(blank - rest.begin()));
  if (!is_token(via.transport)) return std::nullopt;
  rest.remove_prefix(via.transport.size());
  const std::size_t semicolon = std::min(rest.find(';'), rest.size());
  const auto sent_by = HostPort::parse(trim(rest.substr(0, semicolon)));
  if (!sent_by) return std::nullopt;
  via.sent_by = *sent_by;
  via.parameters = Parameters{rest.substr(semicolon)};
  return via;
}

}  // namespace avedge::sip
