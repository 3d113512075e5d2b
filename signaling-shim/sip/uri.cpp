#include "signaling-shim/sip/uri.h"

#include <algorithm>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  if (host.front() == '[') {
    return host.back() == ']' && IpAddress::parse(host.substr(1, host.size() - 2)).has_value();
  }
  return std::all_of(host.begin(), host.end(), [](char c) {
    // Host names have no underscore, but the names of many Windows machines do.
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_';
  });
}

/// The position of the colon before the port; npos without a port.
std::size_t port_colon(std::string_view text) {
  const std::size_t bracket = text.find(']');
  return text.find(':', bracket == std::string_view::npos ? 0 : bracket);
}

}  // namespace

std::optional<Parameters::Found> Parameters::find(std::string_view name) const {
  std::size_t at = find_outside_quotes(text_, ';');
  while (at != std::string_view::npos) {
    const std::size_t next = find_outside_quotes(text_, ';', at + 1);
    const std::string_view item = text_.substr(
        at + 1, next == std::string_view::npos ? std::string_view::npos : next - at - 1);
    const std::size_t equals = item.find('=');
    const std::string_view found = trim(item.substr(0, equals));
    if (equals_ignoring_case(found, name)) {
      const bool valued = equals != std::string_view::npos;
      return Found{found, valued ? trim(item.substr(equals + 1)) : std::string_view{}};
    }
    at = next;
  }
  return std::nullopt;
}

std::optional<std::string_view> Parameters::value(std::string_view name) const {
  const auto found = find(name);
  if (!found || found->value.empty()) return std::nullopt;
  return found->value;
}

std::optional<HostPort> HostPort::parse(std::string_view text) {
  const std::size_t colon = port_colon(text);
  HostPort parsed;
  parsed.host = trim(text.substr(0, colon));
  if (!is_host(parsed.host)) return std::nullopt;
  if (colon != std::string_view::npos) {
    const auto number = parse_number(trim(text.substr(colon + 1)), 65535);
    if (!number || *number == 0) return std::nullopt;
    parsed.port = Port{static_cast<std::uint16_t>(*number)};
  }
  return parsed;
}

std::optional<IpAddress> HostPort::address() const {
  if (host.size() > 2 && host.front() == '[')
    return IpAddress::parse(host.substr(1, host.size() - 2));
  return IpAddress::parse(host);
}

std::optional<Uri> Uri::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_token(text.substr(0, colon))) return std::nullopt;
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return is_lws(c) || c == '<' || c == '>' || c == '"'; })) {
    return std::nullopt;
  }
  Uri uri;
  uri.scheme = text.substr(0, colon);
  if (!equals_ignoring_case(uri.scheme, "sip") && !equals_ignoring_case(uri.scheme, "sips"))
    return uri;
  std::string_view rest = text.substr(colon + 1);
  // A user part may hold ';' and '?', so the '@' comes first; a second one is ambiguous.
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    if (rest.find('@', at + 1) != std::string_view::npos) return std::nullopt;
    uri.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
  }
  rest = rest.substr(0, rest.find('?'));
  const std::size_t semicolon = std::min(rest.find(';'), rest.size());
  const auto location = HostPort::parse(rest.substr(0, semicolon));
  if (!location) return std::nullopt;
  uri.location = *location;
  uri.parameters = Parameters{rest.substr(semicolon)};
  return uri;
}

bool Uri::is_secure() const {
  return equals_ignoring_case(scheme, "sips") ||
         equals_ignoring_case(parameters.value("transport").value_or(""), "tls");
}

std::optional<NameAddr> NameAddr::parse(std::string_view value) {
  NameAddr parsed;
  std::size_t open = 0;
  if (!value.empty() && value.front() == '"') {
    // A '<' inside the display name is not a bracket.
    open = 1;
    while (open < value.size() && value[open] != '"') open += value[open] == '\\' ? 2 : 1;
    if (open >= value.size()) return std::nullopt;
  }
  open = value.find('<', open);
  if (open != std::string_view::npos) {
    const std::size_t close = value.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    parsed.uri = trim(value.substr(open + 1, close - open - 1));
    const std::string_view tail = trim(value.substr(close + 1));
    if (!tail.empty() && tail.front() != ';') return std::nullopt;
    parsed.parameters = Parameters{tail};
  } else {
    const std::size_t semicolon = std::min(value.find(';'), value.size());
    parsed.uri = trim(value.substr(0, semicolon));
    parsed.parameters = Parameters{value.substr(semicolon)};
  }
  if (!Uri::parse(parsed.uri)) return std::nullopt;
  return parsed;
}

}  // namespace avedge::sip
