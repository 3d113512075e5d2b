// What the anchor hears of a message besides its body.
#include "signaling-shim/sip/anchor_adapter.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using testing::invite;
using testing::kAlice;
using testing::kBob;
using testing::Proxy;
using testing::response;
using testing::two_sided;

std::optional<std::chrono::seconds> timer_of(std::string_view header) {
  Proxy proxy;
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
  (void)proxy.receive(kBob, response(forwarded, 200, "b1", "v=0 SDP of Bob", header));
  return proxy.anchor.seen.back().session_expires;
}

TEST(AnchorAdapter, Rfc4028_4_TheSessionTimerReachesTheAnchor) {
  using std::chrono::seconds;
  EXPECT_EQ(timer_of(""), std::nullopt);
  EXPECT_EQ(timer_of("Session-Expires: 1800;refresher=uac\n"), seconds{1800});
  EXPECT_EQ(timer_of("x: 600\n"), seconds{600}) << "compact form";
  EXPECT_EQ(timer_of("Session-Expires: 5\n"), seconds{90}) << "§5: the least there may be";
  EXPECT_EQ(timer_of("Session-Expires: 99999999999\n"), std::nullopt);
  EXPECT_EQ(timer_of("Session-Expires: soon\n"), std::nullopt);
}

TEST(AnchorAdapter, CallsCountForTheirSourceUnlessItIsANextHop) {
  Proxy proxy;
  (void)proxy.receive(kAlice, invite());
  EXPECT_EQ(proxy.anchor.specs.at(0).source.standing, anchor::Standing::stranger);
  EXPECT_EQ(proxy.anchor.specs.at(0).source.endpoint.address, kAlice.remote.address);
  EXPECT_EQ(proxy.anchor.specs.at(0).caller_family, AddressFamily::ipv4);
  // A next hop of the other direction speaks for many.
  const SipFlow trunk = testing::udp(testing::kExternal, "198.51.100.7:5060");
  (void)proxy.receive(trunk, invite());
  EXPECT_EQ(proxy.anchor.specs.at(1).source.standing, anchor::Standing::next_hop);
}

TEST(AnchorAdapter, ASourceWithTooManyCallsIsRefusedWith503) {
  Proxy proxy;
  proxy.anchor.refuse_open = DropReason::source_limit;
  const Outbox out = proxy.receive(kAlice, invite());
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(testing::view_of(out[0].bytes).status(), 503);
  EXPECT_EQ(proxy.drops(DropReason::source_limit), 1U);
}

TEST(AnchorAdapter, TheRouteSaysWhatBecomesOfCandidates) {
  Settings settings = two_sided();
  settings.routes[0].candidates = anchor::CandidateMode::add;
  Proxy proxy{settings};
  (void)proxy.receive(kAlice, invite());
  EXPECT_EQ(proxy.anchor.specs.at(0).candidates, anchor::CandidateMode::add);
}

}  // namespace
}  // namespace avedge::sip
