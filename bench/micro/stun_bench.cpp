// What does the slow path pay for one authenticated request?
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "ice/stun/integrity.h"
#include "ice/stun/long_term_key.h"
#include "ice/stun/stun_builder.h"
#include "ice/stun/stun_view.h"

namespace {

using namespace avedge;
using namespace avedge::stun;

const LongTermKey kKey = long_term_key("alice", "example.org", "secret");
const Endpoint kClient{IpAddress::v4(192, 0, 2, 1), Port{40000}};
using Buffer = std::array<std::byte, 512>;

/// An Allocate as clients send it the second time, with all that long-term credentials ask for.
ConstBytes allocate_request(Buffer& buffer) {
  return StunBuilder{buffer, Method::allocate, MessageClass::request, TransactionId::random()}
      .u8_of_four(AttributeType::requested_transport, 17)
      .u32(AttributeType::lifetime, 600)
      .text(AttributeType::username, "alice")
      .text(AttributeType::realm, "example.org")
      .text(AttributeType::nonce, "0123456789abcdef0123456789abcdef")
      .integrity(kKey)
      .fingerprint()
      .finish();
}

void parse(benchmark::State& state) {
  Buffer buffer;
  const ConstBytes request = allocate_request(buffer);
  for (auto _ : state) {
    auto view = StunView::parse(request);
    benchmark::DoNotOptimize(view);
  }
}
BENCHMARK(parse);

void parse_and_verify_integrity(benchmark::State& state) {
  Buffer buffer;
  const ConstBytes request = allocate_request(buffer);
  for (auto _ : state) {
    const auto view = StunView::parse(request);
    if (!view || !verify_integrity(*view, kKey)) std::abort();
  }
}
BENCHMARK(parse_and_verify_integrity);

void derive_long_term_key(benchmark::State& state) {
  for (auto _ : state) {
    auto key = long_term_key("alice", "example.org", "secret");
    benchmark::DoNotOptimize(key);
  }
}
BENCHMARK(derive_long_term_key);

void build_sealed_response(benchmark::State& state) {
  Buffer buffer;
  const TransactionId transaction = TransactionId::random();
  for (auto _ : state) {
    auto response = StunBuilder{buffer, Method::allocate, MessageClass::success, transaction}
                        .xor_address(AttributeType::xor_relayed_address, kClient)
                        .xor_address(AttributeType::xor_mapped_address, kClient)
                        .u32(AttributeType::lifetime, 600)
                        .integrity(kKey)
                        .fingerprint()
                        .finish();
    benchmark::DoNotOptimize(response);
  }
}
BENCHMARK(build_sealed_response);

}  // namespace

BENCHMARK_MAIN();
