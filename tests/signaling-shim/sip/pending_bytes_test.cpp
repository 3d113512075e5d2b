// What INVITEs may hold while they wait for an answer.
#include <gtest/gtest.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using namespace std::chrono_literals;
using testing::kExternal;
using testing::kInternal;
using testing::Proxy;
using testing::response;
using testing::tcp;
using testing::view_of;

constexpr std::size_t kPadding = 20'000;

/// One of many INVITEs of Alice's, with a long header.
std::string invite(int number, std::size_t padding = kPadding) {
  std::string text = testing::invite("TCP");
  const std::string wanted = "branch=z9hG4bKalice1";
  text.replace(text.find(wanted), wanted.size(), "branch=z9hG4bKalice" + std::to_string(number));
  text.insert(text.find("X-Odd"), "Subject: " + std::string(padding, 'x') + "\r\n");
  return text;
}

bool is_refused(const Outbox& out) {
  return out.size() == 1 && view_of(out[0].bytes).status() == 503;
}

/// How many of ten are let through.
int accepted(Proxy& proxy, const SipFlow& from, int first = 0) {
  int count = 0;
  for (int i = 0; i < 10; ++i) {
    if (!is_refused(proxy.receive(from, invite(first + i)))) ++count;
  }
  return count;
}

TEST(PendingBytes, OneStrangerOnAStreamHoldsOnlySoMuch) {
  Proxy proxy;
  const int count = accepted(proxy, tcp(kExternal, "198.51.100.9:5062", 1));
  EXPECT_GE(count, 3);
  EXPECT_LE(count, 6) << "128 KiB";
  EXPECT_EQ(proxy.drops(DropReason::source_limit), 10U - static_cast<unsigned>(count));
  EXPECT_EQ(proxy.anchor.abandoned.size(), 10U - static_cast<unsigned>(count));
  EXPECT_FALSE(is_refused(proxy.receive(tcp(kExternal, "198.51.100.8:5062", 2), invite(90))));
  EXPECT_TRUE(is_refused(proxy.receive(tcp(kExternal, "198.51.100.9:5063", 3), invite(91))))
      << "another connection of that source";
}

TEST(PendingBytes, AnExemptConnectionIsNotCharged) {
  Proxy proxy;
  const SipFlow next_hop = tcp(kExternal, "198.51.100.7:5062", 1);
  proxy.pending_bytes.exempt(next_hop.connection);
  EXPECT_EQ(accepted(proxy, next_hop), 10);
  EXPECT_EQ(proxy.pending_bytes.total(), 0U);
}

TEST(PendingBytes, StrangersTogetherLeaveRoomForNextHops) {
  Settings settings = testing::two_sided();
  settings.limits.pending_bytes = 200'000;
  settings.limits.bytes_in_flight_per_source = 1'000'000;
  Proxy proxy{settings};
  EXPECT_LT(accepted(proxy, tcp(kExternal, "198.51.100.9:5062", 1)), 10);
  EXPECT_TRUE(is_refused(proxy.receive(tcp(kExternal, "198.51.100.8:5062", 2), invite(90))));
  const SipFlow next_hop = tcp(kExternal, "198.51.100.7:5062", 3);
  proxy.pending_bytes.exempt(next_hop.connection);
  EXPECT_FALSE(is_refused(proxy.receive(next_hop, invite(91))));
}

/// What the edge keeps of one INVITE whose body is `body` bytes long, in multiples of that.
struct Held {
  double calling;
  double ringing;
};

Held held(const std::vector<std::string>& hops) {
  constexpr std::size_t kBody = 20'000;
  Proxy proxy{testing::two_sided(hops)};
  std::string text = testing::invite("TCP");
  text.insert(text.find("Content-Type"), "Content-Length: " + std::to_string(kBody) + "\r\n");
  text.resize(text.find("Content-Length: 16"));
  text += "\r\n" + std::string(kBody - 3, 'x') + "SDP";
  const Outbox out = proxy.receive(tcp(kExternal, "198.51.100.9:5062", 1), text);
  const auto multiple = [&] {
    return static_cast<double>(proxy.pending_bytes.total()) / static_cast<double>(kBody);
  };
  Held result{multiple(), 0};
  const SipFlow bob = out.back().to;
  proxy.receive(bob, response(out.back().bytes, 180, "b1"));
  result.ringing = multiple();
  proxy.receive(bob, response(out.back().bytes, 486, "b1"));
  proxy.wait(1min);
  EXPECT_EQ(proxy.pending_bytes.total(), 0U);
  return result;
}

TEST(PendingBytes, AMessageIsHeldOnceAndOnlyWhileItMayBeNeeded) {
  const Held udp = held({"sip:10.0.0.20:5060"});
  EXPECT_NEAR(udp.calling, 1, 0.3) << "to be sent again";
  EXPECT_NEAR(udp.ringing, 0, 0.3) << "nothing of its body is needed any more";
  const Held tcp = held({"sip:10.0.0.20:5060;transport=tcp"});
  EXPECT_NEAR(tcp.calling, 0, 0.3) << "a stream does not lose it";
  const Held two = held({"sip:10.0.0.20:5060;transport=tcp", "sip:10.0.0.21:5060;transport=tcp"});
  EXPECT_NEAR(two.calling, 1, 0.3) << "the second hop may need it";
  EXPECT_NEAR(two.ringing, 1, 0.3);
}

TEST(PendingBytes, Rfc3261_21_5_7_AMessageThatIsTooLongIsAnswered513) {
  Proxy proxy;
  std::string head = testing::invite("TCP");
  head.resize(head.find("v=0"));
  Outbox out;
  proxy.core.on_too_long(proxy.now, tcp(kExternal, "198.51.100.9:5062", 1), head, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(view_of(out[0].bytes).status(), 513);
  EXPECT_EQ(proxy.drops(DropReason::sip_too_large), 1U);
}

/// The INVITE of a stranger, forwarded, cancelled, failed over: bodies are gone, the rest works.
TEST(PendingBytes, WhatIsKeptIsEnoughForCancelAndAck) {
  Proxy proxy;
  const SipFlow alice = tcp(kExternal, "198.51.100.9:5062", 1);
  const Outbox out = proxy.receive(alice, testing::invite("TCP"));
  const std::string forwarded = out.back().bytes;
  proxy.receive(testing::kBob, response(forwarded, 180, "b1"));
  std::string cancel = testing::wire(
      "CANCEL sip:bob@inside.example SIP/2.0\n"
      "Via: SIP/2.0/TCP 198.51.100.9:5062;branch=z9hG4bKalice1;rport\n"
      "Max-Forwards: 70\n"
      "From: \"Alice\" <sip:alice@outside.example>;tag=a1\n"
      "To: <sip:bob@inside.example>\n"
      "Call-ID: call-1@198.51.100.9\nCSeq: 1 CANCEL\n"
      "Content-Length: 0\n\n");
  const Outbox cancelled = proxy.receive(alice, cancel);
  ASSERT_EQ(cancelled.size(), 2U);
  const View sent = view_of(cancelled[1].bytes);
  EXPECT_EQ(sent.method(), Method::cancel);
  EXPECT_EQ(sent.via().branch(), view_of(forwarded).via().branch());
  const Outbox ended = proxy.receive(testing::kBob, response(forwarded, 487, "b1"));
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(view_of(ended[0].bytes).method(), Method::ack);
  EXPECT_EQ(view_of(ended[0].bytes).via().branch(), view_of(forwarded).via().branch());
  EXPECT_EQ(view_of(ended[1].bytes).status(), 487);
}

}  // namespace
}  // namespace avedge::sip
