// INVITEs from addresses that nothing proves: what they may cost, and when an address is proven.
#include <gmock/gmock.h>

#include "signaling-shim/sip/established_sources.h"
#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;
using anchor::Standing;
using testing::alice_after;
using ::testing::HasSubstr;
using testing::invite;
using testing::kAlice;
using testing::kBob;
using testing::kExternal;
using testing::kInternal;
using ::testing::Not;
using testing::Proxy;
using testing::response;
using testing::tcp;
using testing::two_sided;
using testing::udp;
using testing::view_of;

/// Messages to `who` that begin so.
std::size_t count(const Outbox& out, const SipFlow& who, std::string_view start) {
  return static_cast<std::size_t>(std::count_if(out.begin(), out.end(), [&](const Send& send) {
    return send.to.remote == who.remote && send.bytes.starts_with(start);
  }));
}

std::string with(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// Alice's nth call.
std::string nth_invite(int n) {
  return with(with(invite(), "alice1", "alice" + std::to_string(n)), "call-1@",
              "call-" + std::to_string(n) + "@");
}

/// What Alice's ACK to a refusal of ours looks like.
std::string ack_of(std::string_view refusal) {
  const View view = view_of(refusal);
  return testing::with_body(
      "ACK sip:bob@inside.example SIP/2.0\nVia: " + std::string{view.via().value} +
          "\nMax-Forwards: 70\nFrom: \"Alice\" "
          "<sip:alice@outside.example>;tag=a1\nTo: <sip:bob@inside.example>"
          ";tag=" +
          std::string{view.to_tag()} + "\nCall-ID: " + std::string{view.call_id()} +
          "\nCSeq: 1 ACK\n",
      "");
}

class ForgedSources : public ::testing::Test {
 protected:
  Standing standing_of(const SipFlow& from) {
    (void)proxy.receive(from, nth_invite(++calls_));
    return proxy.anchor.specs.back().source.standing;
  }
  /// The refusal of a call to where no route leads.
  std::string refusal(const SipFlow& from) {
    const std::string wrong = with(nth_invite(++calls_), "inside.example", "nowhere.example");
    return proxy.receive(from, wrong).at(0).bytes;
  }
  /// Alice's call, answered by Bob, as she has got it.
  std::string answered(const SipFlow& from = kAlice) {
    const std::string forwarded = proxy.receive(from, invite()).back().bytes;
    return proxy.receive(kBob, response(forwarded, 200, "b1", "SDP")).at(0).bytes;
  }

  Proxy proxy;
  int calls_ = 100;
};

const SipFlow kMallory = udp(kExternal, "198.51.100.66:5060");
const SipFlow kAliceElsewhere = udp(kExternal, "198.51.100.9:40000");

TEST_F(ForgedSources, WhatIsKnownOfASource) {
  EXPECT_EQ(standing_of(kAlice), Standing::stranger);
  EXPECT_EQ(standing_of(tcp(kExternal, "198.51.100.9:5062", 7)), Standing::connected);
  EXPECT_EQ(standing_of(udp(kExternal, "198.51.100.7:5060")), Standing::next_hop);
  EXPECT_EQ(standing_of(udp(kExternal, "198.51.100.7:9999")), Standing::next_hop);
  EXPECT_EQ(standing_of(tcp(kExternal, "198.51.100.7:9999", 8)), Standing::trusted);
  EXPECT_EQ(standing_of(udp(kExternal, "10.0.0.20:5060")), Standing::stranger)
      << "Bob is a next hop inside only";
}

TEST_F(ForgedSources, AnAckToARefusalOfOursProvesItsSender) {
  (void)proxy.receive(kAlice, ack_of(refusal(kAlice)));
  EXPECT_EQ(standing_of(kAlice), Standing::established);
  EXPECT_EQ(proxy.anchor.specs.back().source.endpoint, kAlice.remote);
  EXPECT_EQ(standing_of(kAliceElsewhere), Standing::established);
  EXPECT_EQ(proxy.anchor.specs.back().source.endpoint.port, Port{}) << "not by its port";
  EXPECT_EQ(standing_of(kMallory), Standing::stranger);
  EXPECT_EQ(proxy.counters.established_sources.value(), 1);
}

TEST_F(ForgedSources, ATagThatAnotherAddressWasGivenProvesNothing) {
  const std::string ack = ack_of(refusal(kMallory));
  (void)proxy.receive(kAlice, ack);
  EXPECT_EQ(standing_of(kAlice), Standing::stranger);
}

TEST_F(ForgedSources, AnAckToATimeOutProvesItsSender) {
  (void)proxy.receive(kAlice, invite());
  const Outbox out = proxy.wait(33s);
  const auto refused = std::find_if(out.begin(), out.end(), [](const Send& send) {
    return send.bytes.starts_with("SIP/2.0 408");
  });
  ASSERT_NE(refused, out.end());
  (void)proxy.receive(kAlice, ack_of(refused->bytes));
  EXPECT_EQ(standing_of(kAlice), Standing::established);
}

TEST_F(ForgedSources, AckAndByeInADialogProveTheirSender) {
  for (const char* method : {"ACK", "BYE"}) {
    Proxy fresh;
    const std::string forwarded = fresh.receive(kAlice, invite()).back().bytes;
    const std::string ok = fresh.receive(kBob, response(forwarded, 200, "b1", "SDP")).at(0).bytes;
    (void)fresh.receive(kAlice, alice_after(ok).request("INFO", 2, "i"));
    (void)fresh.receive(kAlice, nth_invite(2));
    EXPECT_EQ(fresh.anchor.specs.back().source.standing, Standing::stranger);
    (void)fresh.receive(kAlice, alice_after(ok).request(method, 3, "m"));
    (void)fresh.receive(kAlice, nth_invite(3));
    EXPECT_EQ(fresh.anchor.specs.back().source.standing, Standing::established) << method;
  }
}

TEST_F(ForgedSources, ARouteOfMallorysCallProvesNothingAboutAlice) {
  const std::string ok = answered(kMallory);
  (void)proxy.receive(kAlice, alice_after(ok).request("ACK", 1, "m"));
  EXPECT_EQ(standing_of(kAlice), Standing::stranger);
}

TEST_F(ForgedSources, OverTcpTheAddressIsProvenWhateverThePort) {
  const SipFlow first = tcp(kExternal, "198.51.100.9:40001", 7);
  (void)proxy.receive(first, ack_of(refusal(first)));
  EXPECT_EQ(standing_of(tcp(kExternal, "198.51.100.9:40002", 8)), Standing::established);
  EXPECT_EQ(standing_of(kAlice), Standing::stranger) << "datagrams may be forged still";
}

TEST_F(ForgedSources, AProofExpires) {
  (void)proxy.receive(kAlice, ack_of(refusal(kAlice)));
  proxy.now += 23h;
  EXPECT_EQ(standing_of(kAlice), Standing::established);
  proxy.now += 2h;
  EXPECT_EQ(standing_of(kAlice), Standing::stranger);
}

TEST(EstablishedSources, AreBoundedAndTheOldestGoes) {
  EstablishedSources sources{3, 1h};
  const Time now{1h};
  const auto endpoint = [](std::uint8_t host) {
    return Endpoint{IpAddress::v4(198, 51, 100, host), Port{5060}};
  };
  for (const int host : {1, 2, 3}) sources.note(now, endpoint(static_cast<std::uint8_t>(host)));
  sources.note(now, endpoint(1));  // heard of again
  sources.note(now, endpoint(4));
  EXPECT_EQ(sources.size(), 3U);
  EXPECT_EQ(sources.find(now, endpoint(1)), EstablishedSources::Match::endpoint);
  EXPECT_EQ(sources.find(now, endpoint(2)), EstablishedSources::Match::none);
}

TEST(EstablishedSources, OneHostDoesNotPushTheOthersOut) {
  EstablishedSources sources{1000, 1h};
  const Time now{1h};
  const IpAddress host = IpAddress::v4(198, 51, 100, 1);
  const Endpoint other{IpAddress::v4(198, 51, 100, 2), Port{5060}};
  sources.note(now, other);
  for (std::uint16_t port = 1; port <= 5000; ++port) sources.note(now, {host, Port{port}});
  EXPECT_EQ(sources.size(), 65U);
  EXPECT_EQ(sources.find(now, other), EstablishedSources::Match::endpoint);
  EXPECT_EQ(sources.find(now, {host, Port{5000}}), EstablishedSources::Match::endpoint);
  EXPECT_EQ(sources.find(now, {host, Port{1}}), EstablishedSources::Match::address);
}

TEST_F(ForgedSources, Rfc3261_8_2_7_ARefusalOfOursIsNotRepeated) {
  (void)proxy.receive(kAlice, invite());
  const Outbox out = proxy.wait(100s);
  EXPECT_EQ(count(out, kAlice, "SIP/2.0 408"), 1U) << "no timer G";
}

TEST_F(ForgedSources, Rfc3261_17_2_1_AProvenSourceGetsItAgain) {
  (void)proxy.receive(kAlice, ack_of(refusal(kAlice)));
  (void)proxy.receive(kAlice, invite());
  EXPECT_EQ(count(proxy.wait(100s), kAlice, "SIP/2.0 408"), 11U);
}

TEST_F(ForgedSources, OneResponseForEachRequestReceived) {
  (void)proxy.receive(kAlice, invite());
  (void)proxy.wait(33s);
  const Outbox again = proxy.receive(kAlice, invite());
  ASSERT_EQ(again.size(), 1U);
  EXPECT_THAT(again[0].bytes, HasSubstr("SIP/2.0 408"));
}

/// What a source gets that sends 1000 requests, against what it sent.
void expect_no_more_than_was_sent(Proxy& proxy, const std::string& request) {
  std::size_t sent = 0;
  std::size_t got = 0;
  for (int i = 0; i < 1000; ++i) {
    if (i % 100 == 0) proxy.now += 1s;  // not to meet requests_per_second
    const std::string one = with(request, "call-1@", "call-" + std::to_string(i) + "@");
    sent += one.size();
    for (const Send& send : proxy.receive(kAlice, one)) got += send.bytes.size();
  }
  const Limits limits;
  EXPECT_LE(got, sent + static_cast<std::size_t>(limits.answer_burst +
                                                 11 * limits.answer_bytes_per_second));
  EXPECT_GT(got, 0U);
}

TEST_F(ForgedSources, RefusalsAreNoLongerThanTheRequest) {
  const std::string nowhere = with(invite(), "inside.example", "x.y");
  expect_no_more_than_was_sent(proxy, nowhere);
  EXPECT_EQ(proxy.drops(DropReason::sip_answer_budget), 0U) << "each is shorter than its request";
}

TEST_F(ForgedSources, WhatIsLongerIsPaidFromABudget) {
  const std::string least = testing::wire(
      "INVITE sip:a SIP/2.0\nv:SIP/2.0/UDP 1.2.3.4;branch=z9hG4bK1\nf:<sip:a>;tag=1\nt:<sip:a>\n"
      "i:call-1@x\nCSeq:1 INVITE\n\n");
  expect_no_more_than_was_sent(proxy, least);
  EXPECT_GT(proxy.drops(DropReason::sip_answer_budget), 500U);
}

TEST_F(ForgedSources, AShortRetransmissionFetchesNoLongResponse) {
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
  const std::string body(3000, 'x');
  (void)proxy.receive(kBob, response(forwarded, 183, "b1", "v=0 SDP " + body));
  std::size_t got = 0;
  for (int i = 0; i < 100; ++i) {
    for (const Send& send : proxy.receive(kAlice, invite())) got += send.bytes.size();
  }
  EXPECT_LE(got, 101 * invite().size() + 4096);
}

TEST_F(ForgedSources, TheCalleesRefusalIsRepeatedWithinTheBudget) {
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
  const std::string busy =
      response(forwarded, 486, "b1", {}, "Warning: " + std::string(1500, 'w') + "\n");
  EXPECT_EQ(proxy.receive(kBob, busy).size(), 2U) << "ACK, and on to Alice";
  const Outbox out = proxy.wait(100s);
  EXPECT_GE(count(out, kAlice, "SIP/2.0 486"), 2U) << "one may get lost";
  EXPECT_LE(count(out, kAlice, "SIP/2.0 486"), 6U);
  EXPECT_GT(proxy.drops(DropReason::sip_answer_budget), 0U);
}

TEST_F(ForgedSources, A200IsRepeatedWithinTheBudgetUntilTheAck) {
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
  const std::string ok = response(forwarded, 200, "b1", "SDP " + std::string(1500, 'x'));
  std::size_t passed = 0;
  for (int i = 0; i < 11; ++i) {
    passed += count(proxy.receive(kBob, ok), kAlice, "SIP/2.0 200");
    (void)proxy.wait(2s);
  }
  EXPECT_GE(passed, 3U);
  EXPECT_LE(passed, 7U);
}

// ---- ports come back -----------------------------------------------------------------------

TEST_F(ForgedSources, UnansweredCallsEndAfter32Seconds) {
  for (int i = 0; i < 20; ++i) (void)proxy.receive(kAlice, nth_invite(i));
  (void)proxy.wait(31s);
  EXPECT_TRUE(proxy.anchor.abandoned.empty());
  (void)proxy.wait(2s);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 20U);
}

TEST_F(ForgedSources, A100IsNoSignThatAnybodyRings) {
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
  (void)proxy.wait(20s);
  (void)proxy.receive(kBob, response(forwarded, 100, ""));
  const Outbox out = proxy.wait(13s);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
  EXPECT_GE(count(out, kBob, "CANCEL"), 1U);
  EXPECT_EQ(count(out, kAlice, "SIP/2.0 408"), 1U);
}

TEST_F(ForgedSources, WhoRingsMayRingOn) {
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
  (void)proxy.receive(kBob, response(forwarded, 180, "b1"));
  (void)proxy.wait(170s);
  EXPECT_TRUE(proxy.anchor.abandoned.empty());
  EXPECT_EQ(proxy.receive(kBob, response(forwarded, 200, "b1", "SDP")).size(), 1U);
}

TEST_F(ForgedSources, ALateCancelGainsNoTime) {
  const std::string forwarded = proxy.receive(kAlice, invite()).back().bytes;
  (void)proxy.receive(kBob, response(forwarded, 100, ""));
  (void)proxy.wait(30s);
  (void)proxy.receive(kAlice,
                      with(with(invite(), "INVITE sip", "CANCEL sip"), "1 INVITE", "1 CANCEL"));
  (void)proxy.wait(3s);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
}

TEST(ForgedSourcesTwoHops, ASecondNextHopGainsNoTime) {
  Proxy proxy{two_sided({"sip:10.0.0.20:5060", "sip:10.0.0.21:5060"})};
  (void)proxy.receive(kAlice, invite());
  (void)proxy.wait(33s);
  EXPECT_EQ(proxy.anchor.abandoned.size(), 1U);
}

TEST(ForgedSourcesTwoHops, AProvenCallerTriesBoth) {
  Proxy proxy{two_sided({"sip:10.0.0.20:5060", "sip:10.0.0.21:5060"})};
  const std::string wrong = with(nth_invite(9), "inside.example", "nowhere.example");
  (void)proxy.receive(kAlice, ack_of(proxy.receive(kAlice, wrong).at(0).bytes));
  (void)proxy.receive(kAlice, invite());
  const Outbox out = proxy.wait(33s);
  EXPECT_TRUE(proxy.anchor.abandoned.empty());
  EXPECT_GE(count(out, udp(kInternal, "10.0.0.21:5060"), "INVITE"), 1U);
}

}  // namespace
}  // namespace avedge::sip
