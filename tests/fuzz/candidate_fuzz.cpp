#include <cstdlib>

#include "ice/candidate/edge_candidate.h"
#include "ice/candidate/remote_candidates.h"
#include "ice/candidate/stream_candidate.h"

namespace candidate = avedge::candidate;

namespace {

/// What the edge writes in the place of a candidate over TCP reads as one of that grammar.
void check_stream(const candidate::Candidate& model, const avedge::Endpoint& edge) {
  if (model.carrier != candidate::Carrier::tcp) return;
  const candidate::StreamGrammar grammar = candidate::stream_grammar_of(model);
  const std::string line =
      candidate::stream_candidate({grammar, model.foundation, model.password}, model.stream_role,
                                  model.component, edge, candidate::Standing::alone);
  const auto again = candidate::parse(line);
  if (!again || candidate::stream_grammar_of(*again) != grammar || again->ip != edge.address) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)candidate::parse_remote_candidates(text);
  if (const auto read = candidate::parse(text)) {
    const avedge::Endpoint edge{avedge::IpAddress::v4(192, 0, 2, 1), avedge::Port{50000}};
    const std::string line = candidate::edge_candidate(*read, read->component, edge);
    const auto again = candidate::parse(line);
    if (!again || again->flavour != read->flavour || again->ip != edge.address) std::abort();
    check_stream(*read, edge);
  }
  return 0;
}
