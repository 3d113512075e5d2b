// Whole calls through the proxy, message by message.
#include <gtest/gtest.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using testing::alice_after;
using testing::bob_after;
using testing::invite;
using testing::kAlice;
using testing::kBob;
using testing::Party;
using testing::Proxy;
using testing::response;
using testing::two_sided;
using testing::values_of;
using testing::view_of;
using namespace std::chrono_literals;

/// Alice's INVITE as Bob got it.
std::string call(Proxy& proxy) {
  const Outbox out = proxy.receive(kAlice, invite());
  EXPECT_EQ(out.size(), 2U);
  return out.back().bytes;
}

/// Bob's 200 as Alice got it.
std::string answer(Proxy& proxy, const std::string& forwarded) {
  const Outbox out = proxy.receive(kBob, response(forwarded, 200, "b1", "v=0 SDP of Bob"));
  EXPECT_EQ(out.size(), 1U);
  return out.front().bytes;
}

TEST(Call, InviteIsAnchoredRecordRoutedAndOtherwiseUntouched) {
  Proxy proxy;
  const Outbox out = proxy.receive(kAlice, invite());
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].to, kAlice);
  EXPECT_EQ(view_of(out[0].bytes).status(), 100);
  EXPECT_EQ(out[1].to, kBob);
  const View view = view_of(out[1].bytes);
  EXPECT_EQ(view.max_forwards(), 69U);
  EXPECT_EQ(view.body(), "v=0 EDGE of Alice");
  EXPECT_EQ(view.content_length()->value, "17");
  ASSERT_EQ(view.vias().size(), 2U);
  EXPECT_EQ(view.via().sent_by.host, "10.0.0.1");
  EXPECT_EQ(view.vias()[1].value,
            "SIP/2.0/UDP 198.51.100.9:5062;branch=z9hG4bKalice1;rport=5062;received=198.51.100.9");
  const auto routes = values_of(view, HeaderId::record_route);
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].substr(0, 39), "<sip:10.0.0.1:5060;transport=udp;lr;ave");
  // The advertised address: Alice cannot reach the other one.
  EXPECT_EQ(routes[1].substr(0, 39), "<sip:203.0.113.1:5060;transport=udp;lr;");
  EXPECT_NE(out[1].bytes.find("\r\nX-Odd :  kept   as it is\r\n"), std::string::npos);
  ASSERT_EQ(proxy.anchor.specs.size(), 1U);
  EXPECT_EQ(proxy.anchor.specs[0].call_id, "call-1@198.51.100.9");
  EXPECT_EQ(proxy.anchor.specs[0].from_tag, "a1");
  EXPECT_EQ(proxy.anchor.specs[0].caller_interface, "external");
  EXPECT_EQ(proxy.anchor.specs[0].callee_interface, "internal");
  EXPECT_EQ(proxy.anchor.seen[0].source, kAlice.remote.address);
}

TEST(Call, ResponsesComeBackWithoutOurVia) {
  Proxy proxy;
  const std::string forwarded = call(proxy);
  EXPECT_TRUE(proxy.receive(kBob, response(forwarded, 100, "")).empty());
  const Outbox ringing = proxy.receive(
      kBob, response(forwarded, 183, "b1", "v=0 SDP early", "Require: 100rel\nRSeq: 1\n"));
  ASSERT_EQ(ringing.size(), 1U);
  EXPECT_EQ(ringing[0].to, kAlice);
  EXPECT_EQ(view_of(ringing[0].bytes).vias().size(), 1U);
  EXPECT_EQ(view_of(ringing[0].bytes).body(), "v=0 EDGE early");
  EXPECT_TRUE(proxy.anchor.seen.back().reliable);
  EXPECT_EQ(proxy.anchor.seen.back().sender, Side::callee);
  EXPECT_EQ(proxy.anchor.seen.back().callee_tag, "b1");
  const std::string ok = answer(proxy, forwarded);
  EXPECT_EQ(view_of(ok).body(), "v=0 EDGE of Bob");
  EXPECT_EQ(proxy.counters.responses(Method::invite, 200), 1U);
  EXPECT_EQ(proxy.counters.requests[0].value(), 1U);
}

TEST(Call, DialogRequestsFindTheirWayInBothDirections) {
  Proxy proxy;
  const std::string forwarded = call(proxy);
  const Party alice = alice_after(answer(proxy, forwarded));
  const Party bob = bob_after(forwarded);

  const Outbox ack = proxy.receive(kAlice, alice.request("ACK", 1, "ack1"));
  ASSERT_EQ(ack.size(), 1U);
  EXPECT_EQ(ack[0].to.remote, kBob.remote);
  EXPECT_TRUE(values_of(view_of(ack[0].bytes), HeaderId::route).empty());
  EXPECT_EQ(proxy.anchor.seen.back().method, "ACK");

  const Outbox again = proxy.receive(kBob, bob.request("INVITE", 5, "bob5", "v=0 SDP hold"));
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(view_of(again[0].bytes).status(), 100);
  EXPECT_EQ(again[1].to.remote, kAlice.remote);
  EXPECT_EQ(again[1].to.listener, testing::kExternal);
  EXPECT_EQ(view_of(again[1].bytes).body(), "v=0 EDGE hold");
  EXPECT_EQ(view_of(again[1].bytes).via().sent_by.host, "203.0.113.1");
  EXPECT_EQ(proxy.anchor.seen.back().sender, Side::callee);
  EXPECT_EQ(proxy.anchor.seen.back().callee_tag, "b1");
  const Outbox accepted = proxy.receive(kAlice, response(again[1].bytes, 200, "", "v=0 SDP held"));
  ASSERT_EQ(accepted.size(), 1U);
  EXPECT_EQ(accepted[0].to, kBob);
  EXPECT_EQ(proxy.anchor.seen.back().sender, Side::caller);
  EXPECT_EQ(proxy.anchor.seen.back().callee_tag, "b1");

  const Outbox bye = proxy.receive(kAlice, alice.request("BYE", 2, "bye1"));
  ASSERT_EQ(bye.size(), 1U);
  const Outbox gone = proxy.receive(kBob, response(bye[0].bytes, 200, ""));
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].to, kAlice);
  EXPECT_EQ(proxy.anchor.seen.back().method, "BYE");
  EXPECT_EQ(proxy.anchor.seen.back().status, 200);
  EXPECT_EQ(proxy.anchor.specs.size(), 1U);  // one session through all of it
  EXPECT_EQ(proxy.drops(DropReason::sip_forged_route), 0U);
}

TEST(Call, Rfc3261_9_CancelWaitsForAProvisionalResponseAndEndsIn487) {
  Proxy proxy;
  const std::string forwarded = call(proxy);
  std::string cancel = invite();
  cancel.replace(0, 6, "CANCEL");
  cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
  cancel =
      cancel.substr(0, cancel.find("X-Odd")) + "Reason: SIP;cause=200\r\nContent-Length: 0\r\n\r\n";
  const Outbox first = proxy.receive(kAlice, cancel);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(view_of(first[0].bytes).status(), 200);
  EXPECT_EQ(first[0].to, kAlice);

  const Outbox out = proxy.receive(kBob, response(forwarded, 180, "b1"));
  ASSERT_EQ(out.size(), 2U);
  const View view = view_of(out[0].bytes);
  EXPECT_EQ(view.method(), Method::cancel);
  EXPECT_EQ(view.via().branch(), view_of(forwarded).via().branch());
  EXPECT_EQ(view.vias().size(), 1U);
  EXPECT_NE(out[0].bytes.find("Reason: SIP;cause=200"), std::string::npos);
  EXPECT_TRUE(proxy.receive(kBob, response(out[0].bytes, 200, "b1")).empty());

  const Outbox ended = proxy.receive(kBob, response(forwarded, 487, "b1"));
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(view_of(ended[0].bytes).method(), Method::ack);
  EXPECT_EQ(ended[0].to, kBob);
  EXPECT_EQ(view_of(ended[1].bytes).status(), 487);
  EXPECT_EQ(ended[1].to, kAlice);
  EXPECT_EQ(proxy.anchor.seen.back().status, 487);
}

TEST(Call, Rfc3261_17_1_1_3_AFailureIsAcknowledgedHopByHop) {
  Proxy proxy;
  const std::string forwarded = call(proxy);
  const Outbox busy = proxy.receive(kBob, response(forwarded, 486, "b1"));
  ASSERT_EQ(busy.size(), 2U);
  const View ack = view_of(busy[0].bytes);
  EXPECT_EQ(ack.to_tag(), "b1");
  EXPECT_EQ(ack.cseq(), 1U);
  EXPECT_EQ(ack.via().value, view_of(forwarded).via().value);
  // Bob has not heard our ACK: he gets another one, Alice hears nothing new from him.
  EXPECT_EQ(proxy.receive(kBob, response(forwarded, 486, "b1")).size(), 1U);
  // Timer G towards Alice, who is on UDP, until her ACK, which ends here.
  const Outbox repeated = proxy.wait(600ms);
  ASSERT_EQ(repeated.size(), 1U);
  EXPECT_EQ(repeated[0].bytes, busy[1].bytes);
  std::string ack_of_alice = invite();
  ack_of_alice.replace(0, 6, "ACK");
  ack_of_alice.replace(ack_of_alice.find("1 INVITE"), 8, "1 ACK");
  EXPECT_TRUE(proxy.receive(kAlice, ack_of_alice).empty());
  EXPECT_TRUE(proxy.wait(40s).empty());
  EXPECT_EQ(proxy.counters.pending_invites.value(), 0);
}

TEST(Call, RetransmissionsAreByteIdentical) {
  Proxy proxy;
  const std::string forwarded = call(proxy);
  // From Alice: she gets our 100 again. From us to Bob: timer A.
  const Outbox again = proxy.receive(kAlice, invite());
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(view_of(again[0].bytes).status(), 100);
  const Outbox repeated = proxy.wait(1600ms);
  ASSERT_EQ(repeated.size(), 2U);
  EXPECT_EQ(repeated[0].bytes, forwarded);
  EXPECT_EQ(repeated[1].bytes, forwarded);
  // Bob's 200, until Alice's ACK arrives there.
  const std::string ok = answer(proxy, forwarded);
  EXPECT_EQ(answer(proxy, forwarded), ok);
  EXPECT_TRUE(proxy.wait(31s).empty());
  const Party alice = alice_after(ok);
  const std::string bye = alice.request("BYE", 2, "bye1");
  const Outbox first = proxy.receive(kAlice, bye);
  const Outbox second = proxy.receive(kAlice, bye);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].bytes, second[0].bytes);
}

TEST(Call, CrossesFromTcpToUdpReliably) {
  Proxy proxy;
  const SipFlow alice = testing::tcp(testing::kExternal, "198.51.100.9:40001", 5);
  const Outbox out = proxy.receive(alice, invite("TCP"));
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].to.connection, alice.connection);
  EXPECT_EQ(out[0].to.remote.port, Port{5062});  // should the connection be gone
  EXPECT_EQ(proxy.wait(500ms).size(), 1U);       // Alice would not repeat it herself
  const Outbox ok = proxy.receive(kBob, response(out[1].bytes, 200, "b1", "SDP"));
  Party party = alice_after(ok[0].bytes);
  EXPECT_NE(party.routes[0].find("transport=tcp"), std::string::npos);
  const Outbox bye = proxy.receive(alice, party.request("BYE", 2, "bye1"));
  ASSERT_EQ(bye.size(), 1U);
  const Outbox repeated = proxy.wait(500ms);  // timer E
  ASSERT_EQ(repeated.size(), 1U);
  EXPECT_EQ(repeated[0].bytes, bye[0].bytes);
  EXPECT_EQ(proxy.receive(kBob, response(bye[0].bytes, 200, "")).size(), 1U);
  EXPECT_TRUE(proxy.wait(20s).empty());
  // Towards Alice: on her connection.
  const Outbox info = proxy.receive(kBob, bob_after(out[1].bytes).request("INFO", 9, "info"));
  ASSERT_EQ(info.size(), 1U);
  EXPECT_EQ(info[0].to.connection, alice.connection);
}

TEST(Call, OtherRequestsPassByTheTableWithoutASession) {
  Proxy proxy;
  for (const char* method : {"OPTIONS", "REGISTER", "MESSAGE", "SUBSCRIBE", "WHATEVER"}) {
    std::string request = invite();
    request.replace(0, 6, method);
    request.replace(request.find("1 INVITE") + 2, 6, method);
    const Outbox out = proxy.receive(kAlice, request);
    ASSERT_EQ(out.size(), 1U) << method;
    // Whatever describes a session is the anchor's to judge, even where there is none.
    EXPECT_EQ(view_of(out[0].bytes).body(), "v=0 EDGE of Alice");
    EXPECT_EQ(proxy.anchor.seen.back().session, kNoSession);
    const bool routed = !values_of(view_of(out[0].bytes), HeaderId::record_route).empty();
    EXPECT_EQ(routed, std::string_view{method} == "SUBSCRIBE");
  }
  EXPECT_TRUE(proxy.anchor.specs.empty());
  EXPECT_EQ(proxy.counters.requests.back().value(), 1U);
}

TEST(Call, ASessionThatAnotherMethodDescribesIsAnchoredToo) {
  Proxy proxy;
  const Party alice = alice_after(answer(proxy, call(proxy)));
  const Outbox options = proxy.receive(kAlice, alice.request("OPTIONS", 2, "options"));
  ASSERT_EQ(options.size(), 1U);
  const Outbox ok = proxy.receive(kBob, response(options[0].bytes, 200, "", "SDP of Bob"));
  ASSERT_EQ(ok.size(), 1U);
  EXPECT_EQ(view_of(ok[0].bytes).body(), "EDGE of Bob");
}

// Wrong by §17.1.1.3, and seen in the field.
TEST(Call, AnAckThatReusesItsInvitesBranchPasses) {
  Proxy proxy;
  const Party alice = alice_after(answer(proxy, call(proxy)));
  EXPECT_EQ(proxy.receive(kAlice, alice.request("ACK", 1, "alice1")).size(), 1U);
}

TEST(Call, RoutesThatNameTheEdgeAreTakenOut) {
  Settings settings = two_sided();
  settings.names = {"edge.example"};
  Proxy proxy{settings};
  std::string request = invite();
  request.insert(request.find("From:"),
                 "Route: <sip:EDGE.example;lr>,<sip:203.0.113.1;lr>, <sip:10.0.0.20;lr>\r\n");
  const Outbox out = proxy.receive(kAlice, request);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[1].to, kBob);  // by the table, whatever the caller would like
  EXPECT_EQ(values_of(view_of(out[1].bytes), HeaderId::route),
            std::vector<std::string>{"<sip:10.0.0.20;lr>"});
}

// The next hop would follow such a Route on our word.
TEST(Call, ARoutePastTheNextHopIsRefused) {
  Proxy proxy;
  std::string request = invite();
  request.insert(request.find("From:"), "Route: <sip:10.0.0.99;lr>\r\n");
  const Outbox out = proxy.receive(kAlice, request);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(view_of(out[0].bytes).status(), 403);
  EXPECT_EQ(proxy.counters.drops.of(DropReason::sip_no_route), 1U);
}

TEST(Call, AnInviteInADialogWithoutMediaIsRefused) {
  Proxy proxy;
  std::string subscribe = invite();
  subscribe.replace(0, 6, "SUBSCRIBE");
  subscribe.replace(subscribe.find("1 INVITE") + 2, 6, "SUBSCRIBE");
  const Outbox out = proxy.receive(kAlice, subscribe);
  ASSERT_EQ(out.size(), 1U);
  const Outbox ok = proxy.receive(kBob, response(out[0].bytes, 200, "b1"));
  ASSERT_EQ(ok.size(), 1U);
  const Outbox refused =
      proxy.receive(kAlice, alice_after(ok[0].bytes).request("INVITE", 2, "again", "SDP"));
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(view_of(refused[0].bytes).status(), 481);
}

TEST(Call, ForkedRingingKeepsEveryBranchApart) {
  Proxy proxy;
  const std::string forwarded = call(proxy);
  for (const char* tag : {"b1", "b2"}) {
    const Outbox out = proxy.receive(kBob, response(forwarded, 183, tag, "SDP"));
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(proxy.anchor.seen.back().callee_tag, tag);
  }
}

}  // namespace
}  // namespace avedge::sip
