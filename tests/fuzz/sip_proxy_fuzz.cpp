#include <cstdint>
#include <cstdlib>

#include "tests/signaling-shim/sip/fixtures.h"

namespace sip = avedge::sip;
namespace testing = avedge::sip::testing;

/// One message from either side into a proxy with a call in progress. What comes out must be
/// readable again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  testing::Proxy proxy;
  (void)proxy.receive(testing::kAlice, testing::invite());
  const std::string_view message{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto& from = data[0] % 2 == 0 ? testing::kAlice : testing::kBob;
  auto out = proxy.receive(from, message);
  for (int i = 0; i < 3 && !out.empty(); ++i) {
    sip::Outbox next;
    for (const sip::Send& send : out) {
      if (send.bytes.size() <= sip::kMaxMessageSize && message.size() < 30'000 &&
          !sip::HeaderIndex::parse(send.bytes)) {
        std::abort();
      }
      proxy.core.on_undeliverable(proxy.now, send, next);
    }
    out = std::move(next);
  }
  (void)proxy.wait(std::chrono::minutes{5});
  if (proxy.counters.pending_invites.value() != 0) std::abort();
  return 0;
}
