// A configuration file comes from a friend, but friends mistype: whatever they write gets an
// answer, and what is accepted refers to nothing that is not there.
#include <cstdlib>

#include "edge/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  // Reading other files by name is not what is tested here, and /dev/stdin would wait.
  for (const std::string_view names_a_file : {"_file", "chain", "key"}) {
    if (text.find(names_a_file) != std::string_view::npos) return 0;
  }
  const auto config = avedge::edge::parse_config(text, "edge.toml");
  if (!config) {
    if (config.reason().message().empty()) std::abort();
    return 0;
  }
  for (const auto& relay : config->relays) {
    if (config->find_interface(relay.interface) == nullptr) std::abort();
  }
  for (const auto& route : config->sip.routes) {
    if (config->find_interface(route.from) == nullptr || route.next_hops.empty()) std::abort();
    if (config->find_interface(route.to) == nullptr) std::abort();
  }
  return 0;
}
