#include <cstdint>
#include <span>

#include "signaling-shim/sip/dns_ttl.h"

/// Whatever a name server sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)avedge::sip::shortest_ttl(std::as_bytes(std::span{data, size}));
  return 0;
}
