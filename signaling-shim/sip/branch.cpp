#include "signaling-shim/sip/branch.h"

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

constexpr std::string_view kCookie = "z9hG4bK";
constexpr std::size_t kKeyBytes = 15;
constexpr std::size_t kLoopBytes = 9;
constexpr std::size_t kKeySize = kCookie.size() + kKeyBytes * 4 / 3;
constexpr std::size_t kLoopSize = kLoopBytes * 4 / 3;
constexpr std::uint32_t kMaxAttempt = 99;

/// §17.2.3: branch and sent-by, or for an RFC 2543 sender the whole Via and the Request-URI.
std::string transaction_of(const View& request) {
  const Via& via = request.via();
  const std::string_view branch = via.branch();
  if (branch.substr(0, kCookie.size()) != kCookie) {
    return std::string{via.value} + ' ' + std::string{request.request_uri()};
  }
  const Port port = via.sent_by.port.value_or(Port{});
  return std::string{branch} + ' ' + std::string{via.sent_by.host} + ' ' +
         std::to_string(port.number());
}

}  // namespace

Branch Branch::of(const View& request, const SipFlow& from, std::string_view interface,
                  const Signer& signer) {
  const std::string cseq = std::to_string(request.cseq());
  const std::string source = from.remote.address.to_string();
  std::string routes;
  for (const ListItem& route : list_items(request.header_index(), HeaderId::route)) {
    routes += route.value;
    routes += ',';
  }
  Branch branch;
  branch.key =
      std::string{kCookie} + signer.hash({"branch", transaction_of(request), request.call_id(),
                                          request.from_tag(), cseq, source, interface},
                                         kKeyBytes);
  branch.loop = signer.hash({"loop", request.request_uri(), request.call_id(), request.from_tag(),
                             cseq, routes, interface},
                            kLoopBytes);
  return branch;
}

std::optional<Branch> Branch::parse(std::string_view text) {
  constexpr std::size_t kFixed = kKeySize + 1 + kLoopSize + 1;
  if (text.size() <= kFixed || text[kKeySize] != '.' || text[kFixed - 1] != '.') {
    return std::nullopt;
  }
  const auto attempt = parse_number(text.substr(kFixed), kMaxAttempt);
  if (!attempt) return std::nullopt;
  return Branch{std::string{text.substr(0, kKeySize)},
                std::string{text.substr(kKeySize + 1, kLoopSize)}, *attempt};
}

std::string Branch::to_string() const {
  return key + '.' + loop + '.' + std::to_string(attempt);
}

bool has_looped(const View& request, const Branch& branch) {
  for (const ListItem& item : request.vias()) {
    const auto via = Via::parse(item.value);
    const auto earlier = via ? Branch::parse(via->branch()) : std::nullopt;
    if (earlier && earlier->loop == branch.loop) return true;
  }
  return false;
}

}  // namespace avedge::sip
