// What the proxy refuses, and what becomes of calls that fail.
#include <gtest/gtest.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using testing::alice_after;
using testing::invite;
using testing::kAlice;
using testing::kBob;
using testing::Party;
using testing::Proxy;
using testing::response;
using testing::two_sided;
using testing::values_of;
using testing::view_of;
using testing::wire;
using namespace std::chrono_literals;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  return text.replace(text.find(what), what.size(), with);
}

/// The one response that came out, with its status.
int status_of(const Outbox& out) {
  EXPECT_EQ(out.size(), 1U);
  return out.empty() ? 0 : view_of(out[0].bytes).status();
}

TEST(Refusal, NoRouteIsForbidden) {
  Proxy proxy;
  const Outbox out = proxy.receive(
      kAlice, replaced(invite(), "bob@inside.example SIP", "bob@elsewhere.example SIP"));
  EXPECT_EQ(status_of(out), 403);
  EXPECT_EQ(out[0].to, kAlice);
  EXPECT_EQ(proxy.drops(DropReason::sip_no_route), 1U);
  // Its ACK ends here, and does not need a memory.
  const View refusal = view_of(out[0].bytes);
  std::string ack = replaced(replaced(invite(), "INVITE sip", "ACK sip"), "1 INVITE", "1 ACK");
  ack = replaced(ack, "To: <sip:bob@inside.example>",
                 "To: <sip:bob@inside.example>;tag=" + std::string{refusal.to_tag()});
  EXPECT_TRUE(proxy.receive(kAlice, ack).empty());
}

TEST(Refusal, Rfc3261_16_3_MaxForwardsOf0Ends) {
  Proxy proxy;
  EXPECT_EQ(status_of(proxy.receive(kAlice, replaced(invite(), "Forwards: 70", "Forwards: 0"))),
            483);
  EXPECT_EQ(proxy.drops(DropReason::sip_too_many_hops), 1U);
}

TEST(Refusal, Rfc3261_16_3_ALoopIsDetected) {
  Proxy proxy;
  std::string request = invite();
  const Outbox out = proxy.receive(kAlice, request);
  // The same request comes back from elsewhere outside, with our Via in it.
  const std::string ours{view_of(out[1].bytes).via().value};
  request = replaced(
      request,
      "Via: ", "Via: SIP/2.0/UDP 198.51.100.77;branch=z9hG4bKx\r\nVia: " + ours + "\r\nVia: ");
  const SipFlow other = testing::udp(testing::kExternal, "198.51.100.77:5060");
  EXPECT_EQ(status_of(proxy.receive(other, request)), 482);
}

TEST(Refusal, Rfc3261_20_29_UnknownProxyExtensionsAreNamed) {
  Proxy proxy;
  const Outbox out =
      proxy.receive(kAlice, replaced(invite(), "X-Odd :", "Proxy-Require: foo, bar\r\nX-Odd :"));
  EXPECT_EQ(status_of(out), 420);
  EXPECT_NE(out[0].bytes.find("Unsupported: foo, bar\r\n"), std::string::npos);
  EXPECT_EQ(proxy.drops(DropReason::sip_bad_extension), 1U);
}

TEST(Refusal, MalformedRequestsAreAnsweredWhereThatIsPossible) {
  Proxy proxy;
  EXPECT_EQ(status_of(proxy.receive(kAlice, replaced(invite(), "1 INVITE", "1 BYE"))), 400);
  EXPECT_EQ(
      status_of(proxy.receive(kAlice, replaced(invite(), "Content-Length: ", "Content-Length: 9"))),
      400);
  EXPECT_EQ(status_of(proxy.receive(kAlice, replaced(invite(), "SIP/2.0\r", "SIP/3.0\r"))), 505);
  EXPECT_TRUE(proxy.receive(kAlice, replaced(invite(), "Call-ID: call", "X: ")).empty());
  EXPECT_TRUE(
      proxy.receive(kAlice, replaced(invite(), "Call-ID: call", "Call-ID: a\r\ni: b")).empty());
  EXPECT_TRUE(proxy
                  .receive(kAlice, replaced(replaced(invite(), "INVITE sip", "ACK sip"), "1 INVITE",
                                            "1 BYE"))
                  .empty());
  EXPECT_TRUE(proxy.receive(kAlice, "garbage").empty());
  EXPECT_TRUE(proxy.receive(kAlice, "\r\n\r\n").empty());
  EXPECT_EQ(proxy.drops(DropReason::sip_malformed), 7U);
}

TEST(Refusal, AFloodFromOneSourceIsCutOff) {
  Settings settings = two_sided();
  settings.limits.request_burst = 3;
  settings.limits.requests_per_second = 1;
  Proxy proxy{settings};
  for (int i = 0; i < 10; ++i) (void)proxy.receive(kAlice, invite());
  EXPECT_EQ(proxy.drops(DropReason::sip_flood), 7U);
  // A configured next hop speaks for many.
  for (int i = 0; i < 10; ++i) (void)proxy.receive(kBob, invite());
  EXPECT_EQ(proxy.drops(DropReason::sip_flood), 7U);
}

class Dialog : public ::testing::Test {
 protected:
  void SetUp() override {
    forwarded_ = proxy_.receive(kAlice, invite())[1].bytes;
    const Outbox out = proxy_.receive(kBob, response(forwarded_, 200, "b1", "SDP"));
    alice_ = alice_after(out.at(0).bytes);
  }
  Proxy proxy_;
  std::string forwarded_;
  Party alice_;
};

TEST_F(Dialog, ForgedRoutesAreForbidden) {
  Party forged = alice_;
  char& last = forged.routes[0][forged.routes[0].size() - 6];
  last = last == 'A' ? 'B' : 'A';
  EXPECT_EQ(status_of(proxy_.receive(kAlice, forged.request("BYE", 2, "x"))), 403);
  Party halved = alice_;
  halved.routes.pop_back();
  EXPECT_EQ(status_of(proxy_.receive(kAlice, halved.request("BYE", 3, "x"))), 403);
  // Bob's side of the dialog, from outside.
  Party swapped = alice_;
  std::swap(swapped.routes[0], swapped.routes[1]);
  EXPECT_EQ(status_of(proxy_.receive(kAlice, swapped.request("BYE", 4, "x"))), 403);
  EXPECT_EQ(proxy_.drops(DropReason::sip_forged_route), 3U);
}

TEST_F(Dialog, ARouteIsWorthlessInAnotherCall) {
  const std::string bye = replaced(alice_.request("BYE", 2, "x"), "call-1@", "call-2@");
  EXPECT_EQ(status_of(proxy_.receive(kAlice, bye)), 403);
}

// A caller whose call was answered must not reach whatever machine it likes inside.
TEST_F(Dialog, DialogRequestsOnlyReachTheNeighbourOrANextHop) {
  Party wandering = alice_;
  wandering.contact = "sip:x@10.0.0.99:22";
  const Outbox out = proxy_.receive(kAlice, wandering.request("BYE", 2, "x"));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].to.remote, kBob.remote);
  EXPECT_EQ(view_of(out[0].bytes).request_uri(), "sip:x@10.0.0.99:22");
}

TEST_F(Dialog, Rfc3261_16_4_AStrictRouterBeforeUsIsUndone) {
  Party strict = alice_;
  strict.contact = alice_.routes[0].substr(1, alice_.routes[0].size() - 2);
  strict.routes = {alice_.routes[1], "<sip:bob@10.0.0.20:5060>"};
  const Outbox out = proxy_.receive(kAlice, strict.request("BYE", 2, "x"));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(view_of(out[0].bytes).request_uri(), "sip:bob@10.0.0.20:5060");
  EXPECT_TRUE(values_of(view_of(out[0].bytes), HeaderId::route).empty());
}

TEST_F(Dialog, Rfc3261_16_6_AStrictRouterBehindUsGetsWhatItExpects) {
  Party strict = alice_;
  strict.routes.push_back("<sip:10.0.0.20:5060>");
  strict.routes.push_back("<sip:10.0.0.30;lr>");
  const Outbox out = proxy_.receive(kAlice, strict.request("BYE", 2, "x"));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(view_of(out[0].bytes).request_uri(), "sip:10.0.0.20:5060");
  EXPECT_EQ(values_of(view_of(out[0].bytes), HeaderId::route),
            (std::vector<std::string>{"<sip:10.0.0.30;lr>", "<sip:bob@10.0.0.20:5060>"}));
}

TEST_F(Dialog, RoutesOfOtherProxiesArePassedOn) {
  Party routed = alice_;
  routed.routes = {alice_.routes[0] + ", " + alice_.routes[1] + " , <sip:10.0.0.20:5070;lr>"};
  const Outbox out = proxy_.receive(kAlice, routed.request("BYE", 2, "x"));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].to.remote, *Endpoint::parse("10.0.0.20:5070"));
  EXPECT_EQ(values_of(view_of(out[0].bytes), HeaderId::route),
            std::vector<std::string>{"<sip:10.0.0.20:5070;lr>"});
}

TEST_F(Dialog, ResponsesWithoutOurGenuineViaAreDropped) {
  const std::string bye = proxy_.receive(kAlice, alice_.request("BYE", 2, "x")).at(0).bytes;
  const std::string ok = response(bye, 200, "");
  EXPECT_TRUE(proxy_.receive(kBob, replaced(ok, "avedge=", "avedge=AA")).empty());
  EXPECT_TRUE(proxy_.receive(kBob, replaced(ok, "branch=z9hG4bK", "branch=z9hG4bJ")).empty());
  EXPECT_TRUE(proxy_.receive(kBob, replaced(ok, "Call-ID: call", "Call-ID: c")).empty());
  EXPECT_TRUE(proxy_.receive(kAlice, ok).empty());  // genuine, but on the wrong side
  EXPECT_EQ(proxy_.drops(DropReason::sip_unmatched), 4U);
  EXPECT_EQ(proxy_.receive(kBob, ok).size(), 1U);
}

TEST(Unanchored, RequestsAreRefused) {
  const std::pair<DropReason, int> cases[] = {{DropReason::ports_exhausted, 503},
                                              {DropReason::sdp_unsupported, 488},
                                              {DropReason::sdp_malformed, 400}};
  for (const auto& [reason, status] : cases) {
    Proxy proxy;
    proxy.anchor.refuse_body = reason;
    EXPECT_EQ(status_of(proxy.receive(kAlice, invite())), status);
    EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
    EXPECT_EQ(proxy.drops(reason), 1U);
    EXPECT_EQ(proxy.counters.pending_invites.value(), 0);
    EXPECT_EQ(proxy.core.next_deadline(), kNever);
  }
}

TEST(Unanchored, NoRoomForASessionIs503) {
  Proxy proxy;
  proxy.anchor.refuse_open = DropReason::table_full;
  EXPECT_EQ(status_of(proxy.receive(kAlice, invite())), 503);
}

TEST(Unanchored, AnEncodedBodyIsNotLetThrough) {
  Proxy proxy;
  EXPECT_EQ(status_of(proxy.receive(
                kAlice, replaced(invite(), "X-Odd :", "Content-Encoding: gzip\r\nX-Odd :"))),
            488);
}

TEST(Unanchored, AResponseGoesOnWithoutItsBody) {
  Proxy proxy;
  const std::string forwarded = proxy.receive(kAlice, invite())[1].bytes;
  proxy.anchor.refuse_body = DropReason::sdp_malformed;
  const Outbox out = proxy.receive(kBob, response(forwarded, 200, "b1", "leak 10.0.0.20"));
  EXPECT_EQ(status_of(out), 200);
  EXPECT_EQ(out[0].bytes.find("leak"), std::string::npos);
  EXPECT_EQ(out[0].bytes.find("Content-Type"), std::string::npos);
  EXPECT_EQ(view_of(out[0].bytes).content_length()->value, "0");
}

TEST(FailOver, AnUnreachableNextHopIsFollowedByTheNext) {
  Proxy proxy{two_sided({"sip:10.0.0.21;transport=tcp", "sip:10.0.0.22;transport=tcp"})};
  const Outbox first = proxy.receive(kAlice, invite());
  EXPECT_EQ(first[1].to.remote.address, *IpAddress::parse("10.0.0.21"));
  Outbox out;
  proxy.core.on_undeliverable(proxy.now, first[1], out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].to.remote.address, *IpAddress::parse("10.0.0.22"));
  EXPECT_EQ(view_of(out[0].bytes).body(), "v=0 EDGE of Alice");
  EXPECT_NE(view_of(out[0].bytes).via().branch(), view_of(first[1].bytes).via().branch());
  // The second one rings; a late word of the first is not Alice's concern.
  EXPECT_EQ(proxy
                .receive(testing::tcp(testing::kInternal, "10.0.0.22:5060", 2),
                         response(out[0].bytes, 180, "b"))
                .size(),
            1U);
  EXPECT_TRUE(proxy
                  .receive(testing::tcp(testing::kInternal, "10.0.0.21:5060", 1),
                           response(first[1].bytes, 180, "c"))
                  .empty());
  // For a while the first is asked last.
  const Outbox next = proxy.receive(kAlice, replaced(invite(), "alice1", "alice2"));
  EXPECT_EQ(next[1].to.remote.address, *IpAddress::parse("10.0.0.22"));
}

TEST(FailOver, WithoutAnyNextHopTheCallerGets503) {
  Proxy proxy{two_sided({"sip:10.0.0.21;transport=tcp"})};
  const Outbox first = proxy.receive(kAlice, invite());
  Outbox out;
  proxy.core.on_undeliverable(proxy.now, first[1], out);
  EXPECT_EQ(status_of(out), 503);
  EXPECT_EQ(out[0].to, kAlice);
  EXPECT_EQ(view_of(out[0].bytes).vias().size(), 1U);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
  EXPECT_TRUE(proxy.wait(40s).empty()) << "no timer G: anybody may have written Alice's address";
}

TEST(FailOver, OtherRequestsThatCannotBeDeliveredAreAnswered503) {
  Proxy proxy{two_sided({"sip:10.0.0.21;transport=tcp"})};
  std::string request =
      replaced(replaced(invite(), "INVITE sip", "MESSAGE sip"), "1 INVITE", "1 MESSAGE");
  const Outbox first = proxy.receive(kAlice, request);
  Outbox out;
  proxy.core.on_undeliverable(proxy.now, first.at(0), out);
  EXPECT_EQ(status_of(out), 503);
  EXPECT_EQ(out[0].to, kAlice);
}

TEST(FailOver, A503OfOneNextHopIsNotTheCallers) {
  Proxy proxy{two_sided({"sip:10.0.0.20", "sip:10.0.0.22"})};
  const std::string first = proxy.receive(kAlice, invite())[1].bytes;
  const Outbox out = proxy.receive(kBob, response(first, 503, "b1"));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(view_of(out[0].bytes).method(), Method::ack);
  EXPECT_EQ(out[1].to.remote.address, *IpAddress::parse("10.0.0.22"));
}

TEST(TimeOut, Rfc3261_17_1_1_2_TimerBEndsASilentCallWith408) {
  Proxy proxy;
  (void)proxy.receive(kAlice, invite());
  const Outbox out = proxy.wait(32s);
  EXPECT_EQ(view_of(out.back().bytes).status(), 408);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
  (void)proxy.wait(40s);
  EXPECT_EQ(proxy.counters.pending_invites.value(), 0);
  EXPECT_EQ(proxy.core.next_deadline(), kNever);
}

TEST(TimeOut, Rfc3261_16_8_TimerCCancelsWhatRingsForever) {
  Proxy proxy;
  const std::string forwarded = proxy.receive(kAlice, invite())[1].bytes;
  (void)proxy.receive(kBob, response(forwarded, 180, "b1"));
  EXPECT_TRUE(proxy.wait(2min).empty());
  (void)proxy.receive(kBob, response(forwarded, 180, "b1"));  // starts it again
  EXPECT_TRUE(proxy.wait(179s).empty());
  const Outbox out = proxy.wait(1s);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(view_of(out[0].bytes).method(), Method::cancel);
  EXPECT_EQ(view_of(out[1].bytes).status(), 408);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
}

TEST(Limits, TransactionsAreBounded) {
  Settings settings = two_sided();
  settings.limits.pending_invites = 1;
  Proxy proxy{settings};
  EXPECT_EQ(proxy.receive(kAlice, invite()).size(), 2U);
  EXPECT_EQ(status_of(proxy.receive(kAlice, replaced(invite(), "alice1", "alice2"))), 503);
  EXPECT_EQ(proxy.drops(DropReason::table_full), 1U);
}

TEST(Names, ANextHopWithoutAddressIs503UntilItIsKnown) {
  Proxy proxy{two_sided({"sip:proxy.inside.example"})};
  EXPECT_EQ(status_of(proxy.receive(kAlice, invite())), 503);
  ASSERT_EQ(proxy.core.hops().all()[0].config.host, "proxy.inside.example");
  EXPECT_EQ(proxy.counters.next_hops[0].up.value(), 0);
  proxy.core.hops().set_targets(
      0, {{Transport::udp, *Endpoint::parse("10.0.0.33:5060"), 0, 0, "proxy.inside.example"}});
  EXPECT_EQ(proxy.counters.next_hops[0].up.value(), 1);
  EXPECT_EQ(proxy.receive(kAlice, invite()).at(1).to.remote, *Endpoint::parse("10.0.0.33:5060"));
}

// A message just within the limit must not become one that we cannot read ourselves.
TEST(Limits, AnInviteThatOutgrowsTheLimitIsRefused) {
  Proxy proxy;
  std::string huge = invite();
  huge = replaced(
      huge, "X-Odd :", "X: " + std::string(kMaxMessageSize - huge.size() - 5, 'y') + "\r\nX-Odd :");
  ASSERT_EQ(huge.size(), kMaxMessageSize);
  EXPECT_EQ(status_of(proxy.receive(kAlice, huge)), 513);
}

/// A call whose answer finds no ports: its offer comes with the 200, or another branch was first.
class AnswerWithoutPorts : public ::testing::Test {
 protected:
  Outbox answer(std::string_view tag) {
    proxy.anchor.refuse_body = DropReason::ports_exhausted;
    return proxy.receive(kBob, answer_of(tag));
  }
  [[nodiscard]] std::string answer_of(std::string_view tag) const {
    return replaced(
        response(forwarded, 200, tag, "SDP", "Contact: <sip:bob@10.0.0.77:5070>\n"),
        "Record-Route: ", "Record-Route: <sip:10.0.0.31;lr>, <sip:10.0.0.30;lr>\r\nRecord-Route: ");
  }

  Proxy proxy;
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
};

TEST_F(AnswerWithoutPorts, TheCallerGets503AndTheCalleeAckAndBye) {
  const Outbox out = answer("b1");
  ASSERT_EQ(out.size(), 3U);
  const View ack = view_of(out[0].bytes);
  EXPECT_EQ(out[0].to.remote, kBob.remote);
  EXPECT_EQ(ack.method_name(), "ACK");
  EXPECT_EQ(ack.request_uri(), "sip:bob@10.0.0.77:5070");
  EXPECT_EQ(ack.cseq(), 1U);
  EXPECT_EQ(ack.to_tag(), "b1");
  EXPECT_EQ(values_of(ack, HeaderId::route),
            (std::vector<std::string>{"<sip:10.0.0.30;lr>", "<sip:10.0.0.31;lr>"}));
  const View bye = view_of(out[1].bytes);
  EXPECT_EQ(bye.method_name(), "BYE");
  EXPECT_EQ(bye.cseq(), 2U);
  EXPECT_NE(bye.via().branch(), ack.via().branch());
  EXPECT_EQ(view_of(out[2].bytes).status(), 503);
  EXPECT_EQ(out[2].to.remote, kAlice.remote);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
}

TEST_F(AnswerWithoutPorts, ARepeatedAnswerGetsItsAckAgain) {
  (void)answer("b1");
  proxy.anchor.refuse_body.reset();
  const Outbox again = proxy.receive(kBob, answer_of("b1"));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(view_of(again[0].bytes).method_name(), "ACK");
}

TEST_F(AnswerWithoutPorts, TheByeIsRepeatedUntilItIsAnswered) {
  const std::string bye = answer("b1").at(1).bytes;
  EXPECT_EQ(proxy.wait(std::chrono::milliseconds{600}).at(0).bytes, bye);
  EXPECT_TRUE(proxy.receive(kBob, response(bye, 200, "")).empty());
  EXPECT_EQ(proxy.drops(DropReason::sip_unmatched), 0U);
  for (const Send& send : proxy.wait(std::chrono::seconds{40})) EXPECT_NE(send.bytes, bye);
}

TEST_F(AnswerWithoutPorts, AnotherBranchThatAnsweredFirstGoesOn) {
  EXPECT_EQ(proxy.receive(kBob, answer_of("b1")).size(), 1U);
  const Outbox out = answer("b2");
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(view_of(out[0].bytes).method_name(), "ACK");
  EXPECT_EQ(view_of(out[1].bytes).method_name(), "BYE");
  EXPECT_TRUE(proxy.anchor.abandoned.empty());
}

}  // namespace
}  // namespace avedge::sip
