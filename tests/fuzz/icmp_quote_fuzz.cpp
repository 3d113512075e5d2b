// Any bytes as ICMP and as ICMPv6 errors: what is read from them is read from within them, and what
// is found says its ports as they stand there.
#include <cstdlib>
#include <vector>

#include "relay/fan_in/icmp_quote.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avedge;
  // Of exactly that size, so that reading beyond it is noticed.
  const std::vector<std::uint8_t> copy(data, data + size);
  const ConstBytes bytes = std::as_bytes(std::span{copy});
  if (const auto quoted = relay::read_icmp(bytes)) {
    if (!quoted->local.address.is_v4() || !quoted->peer.address.is_v4()) abort();
    if (quoted->error.data > 0xffff) abort();
  }
  if (const auto quoted = relay::read_icmpv6(bytes)) {
    if (quoted->local.address.is_v4() || quoted->peer.address.is_v4()) abort();
    const bool is_fragment = bytes[8 + 6] == std::byte{44};
    const std::size_t ports = 8 + 40 + (is_fragment ? 8 : 0);
    if (quoted->local.port.number() != load_be16(&bytes[ports])) abort();
    if (quoted->peer.port.number() != load_be16(&bytes[ports + 2])) abort();
  }
  return 0;
}
