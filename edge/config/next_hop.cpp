#include "edge/config/next_hop.h"

#include <algorithm>

#include "relay/core/text.h"

namespace avedge::edge {
namespace {

constexpr std::string_view kSyntax = "use \"sip:HOST[:PORT][;transport=udp|tcp|tls][;weight=N]\"";

Error wrong(std::string what, std::string_view remedy = kSyntax) {
  return Error{std::move(what) + "; " + std::string{remedy}};
}

Result<void> read_parameter(std::string_view parameter, NextHop& hop) {
  const std::string text = lower_case(parameter);
  if (text == "transport=udp") {
    hop.transport = Transport::udp;
  } else if (text == "transport=tcp") {
    hop.transport = Transport::tcp;
  } else if (text == "transport=tls") {
    hop.transport = Transport::tls;
  } else if (text.starts_with("weight=")) {
    const auto weight = Port::parse(std::string_view{text}.substr(7));
    if (!weight) return wrong("'" + text.substr(7) + "' is not a valid weight", "use 0 to 65535");
    hop.weight = weight->number();
  } else if (text != "lr") {
    return wrong("unknown parameter '" + text + "'");
  }
  return {};
}

Result<void> read_host_and_port(std::string_view text, NextHop& hop) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return wrong("the bracket is not closed");
    hop.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    hop.host = lower_case(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  hop.address = IpAddress::parse(hop.host);
  const bool bracketed = text.starts_with('[');
  if (bracketed ? !hop.address || hop.address->is_v4() : !is_host(hop.host)) {
    return wrong("'" + hop.host + "' is not a valid host");
  }
  if (hop.address && hop.address->is_unspecified())
    return wrong("a wildcard address cannot be a next hop");
  if (port.empty()) return {};
  const auto number = port.starts_with(':') ? Port::parse(port.substr(1)) : std::nullopt;
  if (!number || *number == Port{}) return wrong("'" + std::string{port} + "' is not a valid port");
  hop.port = *number;
  return {};
}

}  // namespace

Result<NextHop> parse_next_hop(std::string_view uri) {
  NextHop hop;
  hop.uri = uri;
  const std::string scheme = lower_case(uri.substr(0, uri.find(':')));
  const bool is_sips = scheme == "sips";
  if ((scheme != "sip" && !is_sips) || scheme.size() == uri.size())
    return wrong("is not a valid SIP URI");

  std::string_view rest = uri.substr(scheme.size() + 1);
  if (rest.find('@') != std::string_view::npos) return wrong("a next hop has no user part");
  const auto semicolon = rest.find(';');
  if (auto read = read_host_and_port(rest.substr(0, semicolon), hop); !read) return read.reason();
  while (semicolon != std::string_view::npos && !rest.empty()) {
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (auto read = read_parameter(rest.substr(0, rest.find(';')), hop); !read) {
      return read.reason();
    }
  }
  if (is_sips) hop.transport = Transport::tls;
  return hop;
}

bool is_host(std::string_view text) {
  if (IpAddress::parse(text)) return true;
  if (text.empty() || text.size() > 253 || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return text::is_letter(c) || text::is_digit(c) || c == '-' || c == '.';
  });
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), text::to_lower);
  return lower;
}

}  // namespace avedge::edge
