#include "signaling-shim/sip/hang_up.h"

#include "signaling-shim/sip/message_writer.h"
#include "signaling-shim/sip/route_set.h"
#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

constexpr std::size_t kBranchBytes = 15;

/// §12.2.1.1: the remote target. Without a Contact, where the INVITE went.
std::string target_of(const View& answer, const View& invite) {
  for (const HeaderLine& header : answer.header_index().headers()) {
    if (!equals_ignoring_case(header.name, "contact") && !equals_ignoring_case(header.name, "m"))
      continue;
    const auto contact = NameAddr::parse(header.value);
    if (contact && contact->uri.find_first_of(" \t\r\n") == std::string_view::npos) {
      return std::string{contact->uri};
    }
  }
  return std::string{invite.request_uri()};
}

/// §12.1.2: the proxies between us and the callee precede our own Record-Route, the last first.
std::string routes_of(const View& answer, const Settings& settings) {
  std::string routes;
  for (const ListItem& item : list_items(answer.header_index(), HeaderId::record_route)) {
    const auto address = NameAddr::parse(item.value);
    const auto uri = address ? Uri::parse(address->uri) : std::nullopt;
    if (!uri || names_us(*uri, settings)) break;
    routes.insert(0, "Route: " + std::string{item.value} + "\r\n");
  }
  return routes;
}

}  // namespace

HangUp write_hang_up(const View& answer, const View& invite, const SipFlow& callee,
                     const Settings& settings, const Signer& signer) {
  const HeaderIndex& header_index = answer.header_index();
  const std::string target = target_of(answer, invite);
  const std::string dialog = routes_of(answer, settings) +
                             std::string{header_index.find(HeaderId::from)->line} +
                             std::string{header_index.find(HeaderId::to)->line} +
                             std::string{header_index.find(HeaderId::call_id)->line};
  const auto branch = [&](std::string_view method) {
    return "z9hG4bK" +
           signer.hash({"hang up", method, answer.call_id(), answer.from_tag(), answer.to_tag()},
                       kBranchBytes);
  };
  const auto request = [&](const std::string& method, std::uint32_t cseq) {
    return method + ' ' + target + " SIP/2.0\r\nVia: " + own_via(callee, branch(method), settings) +
           "\r\nMax-Forwards: 70\r\n" + dialog + "CSeq: " + std::to_string(cseq) + ' ' + method +
           "\r\nContent-Length: 0\r\n\r\n";
  };
  return {request("ACK", answer.cseq()), request("BYE", answer.cseq() + 1), branch("BYE")};
}

}  // namespace avedge::sip
