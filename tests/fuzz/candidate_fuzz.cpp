#include <cstdlib>

#include "ice/candidate/edge_candidate.h"
#include "ice/candidate/remote_candidates.h"

namespace candidate = avedge::candidate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)candidate::parse_remote_candidates(text);
  if (const auto read = candidate::parse(text)) {
    const avedge::Endpoint edge{avedge::IpAddress::v4(192, 0, 2, 1), avedge::Port{50000}};
    const std::string line = candidate::edge_candidate(*read, read->component, edge);
    const auto again = candidate::parse(line);
    if (!again || again->flavour != read->flavour || again->ip != edge.address) std::abort();
  }
  return 0;
}
