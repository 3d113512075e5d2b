// What does signalling pay to read an INVITE of Lync, and to put the edge into its descriptions?
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "bench/samples/lync_invite.h"
#include "signaling-shim/sdp/rewrite.h"
#include "signaling-shim/sip/view.h"

namespace {

using namespace avedge;

void sip_view(benchmark::State& state) {
  const std::string invite = bench::lync_invite(1);
  for (auto _ : state) {
    auto view = sip::View::parse(invite, sip::Framing::datagram);
    if (!view) std::abort();
    benchmark::DoNotOptimize(view);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(invite.size()));
}
BENCHMARK(sip_view);

void sdp_view(benchmark::State& state) {
  const std::string offer = bench::skype_offer();
  for (auto _ : state) {
    auto view = sdp::View::parse(offer);
    if (!view) std::abort();
    benchmark::DoNotOptimize(view);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(offer.size()));
}
BENCHMARK(sdp_view);

void sdp_view_and_rewrite(benchmark::State& state) {
  const std::string offer = bench::skype_offer();
  const IpAddress edge = IpAddress::v4(203, 0, 113, 1);
  sdp::RewritePlan far;
  far.address = edge;
  far.media = {{sdp::EdgePorts{{edge, Port{50000}}, {edge, Port{50001}}}, {}, {}}};
  for (auto _ : state) {
    const auto view = sdp::View::parse(offer);
    if (!view) std::abort();
    auto text = sdp::rewrite(*view, far);
    benchmark::DoNotOptimize(text);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(offer.size()));
}
BENCHMARK(sdp_view_and_rewrite);

}  // namespace

BENCHMARK_MAIN();
