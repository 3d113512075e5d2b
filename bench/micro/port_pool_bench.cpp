// What does a relay port cost, with how many threads, in an empty and in a nearly full pool?
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "relay/ports/port_pool.h"

namespace {

using avedge::Port;
using avedge::Time;
using avedge::relay::PortLease;
using avedge::relay::PortPool;

constexpr Port kFirst{50000};
constexpr Port kLast{59999};

/// Freed ports have always rested: leases are rare against the size of the pool.
Time clock_far_ahead() {
  thread_local Time now{};
  return now += 2 * PortPool::kRest;
}

/// No freed port has rested yet: the worst case, every port leased and freed within kRest.
Time clock_standing_still() {
  return Time{std::chrono::hours{1}};
}

/// The pool all threads of one benchmark share, and the leases that fill it.
std::unique_ptr<PortPool> pool;
std::vector<PortLease> held;

void set_up(const benchmark::State& state) {
  const auto percent = static_cast<std::size_t>(state.range(0));
  pool = std::make_unique<PortPool>(kFirst, kLast,
                                    state.range(1) != 0 ? clock_far_ahead : clock_standing_still);
  std::vector<PortLease> all;
  while (auto lease = pool->lease_any()) all.push_back(std::move(*lease));
  // Freed in the random order they were leased in, so that what stays is spread over the range.
  all.resize(all.size() * percent / 100);
  held = std::move(all);
}

void tear_down(const benchmark::State&) {
  held.clear();
  pool.reset();
}

void lease_and_free(benchmark::State& state) {
  for (auto _ : state) {
    auto lease = pool->lease_any();
    if (!lease) state.SkipWithError("the pool is exhausted");
    benchmark::DoNotOptimize(lease);
  }
  state.SetItemsProcessed(state.iterations());
}

void lease_and_free_pair(benchmark::State& state) {
  std::int64_t missed = 0;  // free ports may be left without a free even pair
  for (auto _ : state) {
    auto pair = pool->lease_pair();
    if (!pair) ++missed;
    benchmark::DoNotOptimize(pair);
  }
  state.SetItemsProcessed(state.iterations() - missed);
}

void in_all_situations(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"use", "rested"})->ArgsProduct({{1, 99}, {1, 0}});
  benchmark->ThreadRange(1, 8)->UseRealTime()->Setup(set_up)->Teardown(tear_down);
}

BENCHMARK(lease_and_free)->Apply(in_all_situations);
BENCHMARK(lease_and_free_pair)->Apply(in_all_situations);

}  // namespace

BENCHMARK_MAIN();
