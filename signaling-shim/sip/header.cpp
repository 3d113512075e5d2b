#include "signaling-shim/sip/header.h"

#include <array>
#include <utility>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

using Name = std::pair<std::string_view, HeaderId>;

constexpr std::array kNames{
    Name{"Via", HeaderId::via},
    Name{"v", HeaderId::via},
    Name{"From", HeaderId::from},
    Name{"f", HeaderId::from},
    Name{"To", HeaderId::to},
    Name{"t", HeaderId::to},
    Name{"Call-ID", HeaderId::call_id},
    Name{"i", HeaderId::call_id},
    Name{"CSeq", HeaderId::cseq},
    Name{"Max-Forwards", HeaderId::max_forwards},
    Name{"Content-Length", HeaderId::content_length},
    Name{"l", HeaderId::content_length},
    Name{"Content-Type", HeaderId::content_type},
    Name{"c", HeaderId::content_type},
    Name{"Content-Encoding", HeaderId::content_encoding},
    Name{"e", HeaderId::content_encoding},
    Name{"Route", HeaderId::route},
    Name{"Record-Route", HeaderId::record_route},
    Name{"Require", HeaderId::require},
    Name{"Proxy-Require", HeaderId::proxy_require},
    Name{"Session-Expires", HeaderId::session_expires},
    Name{"x", HeaderId::session_expires},
    Name{"Timestamp", HeaderId::timestamp},
    // RFC 3325, RFC 6050, and the earlier draft.
    Name{"P-Asserted-Identity", HeaderId::assertion},
    Name{"P-Preferred-Identity", HeaderId::assertion},
    Name{"P-Asserted-Service", HeaderId::assertion},
    Name{"P-Preferred-Service", HeaderId::assertion},
    Name{"Remote-Party-ID", HeaderId::assertion},
    // RFC 7315: a network's statements about its users.
    Name{"P-Access-Network-Info", HeaderId::assertion},
    Name{"P-Charging-Vector", HeaderId::assertion},
    Name{"P-Charging-Function-Addresses", HeaderId::assertion},
    // Microsoft's edges assert a message's origin with it, and their front ends trust it.
    Name{"ms-edge-proxy-message-trust", HeaderId::assertion},
    Name{"ms-asserted-verification-level", HeaderId::assertion},
};

}  // namespace

HeaderId header_id(std::string_view name) {
  for (const auto& [known, id] : kNames) {
    if (equals_ignoring_case(known, name)) return id;
  }
  return HeaderId::other;
}

bool is_single(HeaderId id) {
  switch (id) {
    case HeaderId::call_id:
    case HeaderId::content_encoding:  // a list by grammar; the edge does not support two
    case HeaderId::content_length:
    case HeaderId::content_type:
    case HeaderId::cseq:
    case HeaderId::from:
    case HeaderId::max_forwards:
    case HeaderId::to: return true;
    default: return false;
  }
}

}  // namespace avedge::sip
