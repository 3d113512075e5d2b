// Is a flow found as fast among a hundred thousand as among ten?
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

#include "relay/core/counters.h"
#include "relay/flows/flow_table.h"

namespace {

using namespace avedge;
using relay::Flow;
using relay::FlowTable;

/// Clients of all the Internet with one channel each, as a listener sees them.
std::vector<FlowKey> keys(std::size_t count) {
  std::mt19937 engine{20240607};
  std::vector<FlowKey> keys;
  for (std::size_t i = 0; i < count; ++i) {
    std::array<std::byte, 4> octets;
    store_be32(octets.data(), static_cast<std::uint32_t>(engine()));
    const Port port{static_cast<std::uint16_t>(1024 + engine() % 60000)};
    keys.push_back({SocketId{1}, {IpAddress::v4(octets), port}, 0x4000});
  }
  return keys;
}

struct Filled {
  explicit Filled(std::size_t count) : all{keys(count)}, flows{count, 7} {
    for (const FlowKey& key : all) {
      FlowSpec spec;
      spec.key = key;
      if (!flows.upsert(spec)) std::abort();
    }
    // Packets do not come in the order in which flows were made.
    std::shuffle(all.begin(), all.end(), std::mt19937{1});
  }
  std::vector<FlowKey> all;
  FlowTable flows;
};

/// As a worker meets them: a batch of flows, each of which counts its packet.
void find(benchmark::State& state) {
  Filled filled{static_cast<std::size_t>(state.range(0))};
  std::size_t next = 0;
  for (auto _ : state) {
    Flow* flow = filled.flows.find(filled.all[next]);
    if (flow == nullptr) std::abort();
    ++flow->packets;
    if (++next == filled.all.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find)->Arg(10)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(250'000);

/// The same where memory was asked for a whole batch of them beforehand.
void find_in_batches(benchmark::State& state) {
  Filled filled{static_cast<std::size_t>(state.range(0))};
  const std::size_t batch = static_cast<std::size_t>(state.range(1));
  std::size_t next = 0;
  for (auto _ : state) {
    const auto keys = std::span{filled.all}.subspan(next, batch);
    filled.flows.prefetch(keys);
    for (const FlowKey& key : keys) {
      Flow* flow = filled.flows.find(key);
      if (flow == nullptr) std::abort();
      ++flow->packets;
    }
    next += batch;
    if (next + batch > filled.all.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(find_in_batches)->ArgsProduct({{64, 10'000, 100'000, 250'000}, {4, 16, 64}});

/// The same few flows among many that are silent: what the table costs without the memory.
void find_the_talking_ones(benchmark::State& state) {
  Filled filled{static_cast<std::size_t>(state.range(0))};
  std::size_t next = 0;
  for (auto _ : state) {
    Flow* flow = filled.flows.find(filled.all[next]);
    if (flow == nullptr) std::abort();
    ++flow->packets;
    if (++next == 10) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_the_talking_ones)->Arg(10)->Arg(10'000)->Arg(100'000);

/// A stranger's packet: there is no such flow.
void find_nothing(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Filled filled{count};
  std::vector<FlowKey> strangers = filled.all;
  for (FlowKey& key : strangers) key.channel = 0x4001;
  std::size_t next = 0;
  for (auto _ : state) {
    if (filled.flows.find(strangers[next]) != nullptr) std::abort();
    if (++next == strangers.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_nothing)->Arg(10)->Arg(10'000)->Arg(100'000);

constexpr int kWorkers = 2;
constexpr std::size_t kFlowsOfWorker = 1000;

/// What a worker does to memory for each packet, by several workers side by side. `counters` has
/// one element for each; the CPU time must not grow with their number.
template <class Counters>
void forward_side_by_side(benchmark::State& state, Counters& counters) {
  Filled own{kFlowsOfWorker};
  auto& mine = counters[static_cast<std::size_t>(state.thread_index())];
  std::size_t next = 0;
  for (auto _ : state) {
    Flow* flow = own.flows.find(own.all[next]);
    if (flow == nullptr) std::abort();
    ++flow->packets;
    mine.packets[0].add();
    mine.bytes[0].add(172);
    if (++next == kFlowsOfWorker) next = 0;
  }
}

void counters_of_workers(benchmark::State& state) {
  static std::array<WorkerCounters, kWorkers> counters;
  forward_side_by_side(state, counters);
}
BENCHMARK(counters_of_workers)->ThreadRange(1, kWorkers);

/// For comparison: what counters on one line would cost.
void counters_on_one_line(benchmark::State& state) {
  struct Bare {
    std::array<Counter, 1> packets;
    std::array<Counter, 1> bytes;
  };
  alignas(kCacheLine) static std::array<Bare, kWorkers> counters;
  static_assert(sizeof counters <= kCacheLine);
  forward_side_by_side(state, counters);
}
BENCHMARK(counters_on_one_line)->ThreadRange(1, kWorkers);

}  // namespace

BENCHMARK_MAIN();
