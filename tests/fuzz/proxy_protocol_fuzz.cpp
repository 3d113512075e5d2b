// Any bytes at the start of a connection: an answer comes at the latest with the longest header,
// and it does not depend on how the bytes were cut.
#include <cstdlib>

#include "relay/stream/proxy_protocol.h"

namespace {

using namespace avedge;

void check_header(const relay::ProxyHeader& header, ConstBytes received) {
  if (header.size > received.size() || header.size > relay::kLongestProxyHeader) std::abort();
  if (header.source.has_value() != header.destination.has_value()) std::abort();
  if (header.source && header.source->port == Port{}) std::abort();
  const auto exact = relay::parse_proxy_header(received.first(header.size));
  if (!exact || !exact->has_value() || (*exact)->source != header.source) std::abort();
  const auto one_less = relay::parse_proxy_header(received.first(header.size - 1));
  if (!one_less || one_less->has_value()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ConstBytes received = std::as_bytes(std::span{data, size});
  const auto parsed = relay::parse_proxy_header(received);
  if (!parsed) return 0;
  if (parsed->has_value()) {
    check_header(**parsed, received);
  } else if (size >= relay::kLongestProxyHeader) {
    std::abort();
  }
  return 0;
}
