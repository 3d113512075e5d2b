// The small parts: keys and tokens, limits, retransmission, settings.
#include <gtest/gtest.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using testing::two_sided;
using namespace std::chrono_literals;

TEST(Signer, FieldsDoNotRunTogether) {
  const Signer signer{SigningKey{}};
  EXPECT_NE(signer.hash({"ab", "c"}, 12), signer.hash({"a", "bc"}, 12));
  EXPECT_EQ(signer.hash({"ab", "c"}, 12), signer.hash({"ab", "c"}, 12));
}

TEST(SignedTokens, VerifyOnlyWhereTheyWereSigned) {
  const Signer signer{SigningKey{std::byte{1}}};
  const Signer stranger{SigningKey{std::byte{2}}};
  const SignedTokens tokens{signer};
  const ViaToken via{
      {ListenerIndex{1}, Transport::tcp, ConnectionId{77}, *Endpoint::parse("[2001:db8::9]:5070")},
      ListenerIndex{2},
      anchor::SessionId{9},
      Side::callee};
  const std::string signed_text = tokens.sign(via, "branch", "call");
  const auto opened = tokens.verify_via(signed_text, "branch", "call");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->upstream, via.upstream);
  EXPECT_EQ(opened->downstream, via.downstream);
  EXPECT_EQ(opened->session, via.session);
  EXPECT_EQ(opened->sender, via.sender);
  EXPECT_FALSE(tokens.verify_via(signed_text, "other", "call"));
  EXPECT_FALSE(tokens.verify_via(signed_text, "branch", "other"));
  EXPECT_FALSE(tokens.verify_record_route(signed_text, "call"));
  EXPECT_FALSE(SignedTokens{stranger}.verify_via(signed_text, "branch", "call"));
  EXPECT_FALSE(tokens.verify_via("", "branch", "call"));
}

// Every single changed character is noticed.
TEST(SignedTokens, NoCharacterCanBeChanged) {
  const Signer signer{SigningKey{std::byte{1}}};
  const SignedTokens tokens{signer};
  const std::string signed_text =
      tokens.sign(RecordRouteToken{testing::kAlice, anchor::SessionId{1}, Side::caller}, "call");
  ASSERT_TRUE(tokens.verify_record_route(signed_text, "call"));
  for (std::size_t i = 0; i < signed_text.size(); ++i) {
    std::string forged = signed_text;
    forged[i] = forged[i] == 'A' ? 'Q' : 'A';
    EXPECT_FALSE(tokens.verify_record_route(forged, "call")) << i;
  }
}

TEST(RateLimiter, FillsUpWithTime) {
  RateLimiter limiter{10, 2, 100};
  const IpAddress source = IpAddress::v4(192, 0, 2, 1);
  Time now{1h};
  EXPECT_TRUE(limiter.admit(now, source));
  EXPECT_TRUE(limiter.admit(now, source));
  EXPECT_FALSE(limiter.admit(now, source));
  EXPECT_TRUE(limiter.admit(now, IpAddress::v4(192, 0, 2, 2)));
  EXPECT_TRUE(limiter.admit(now + 100ms, source));
  EXPECT_FALSE(limiter.admit(now + 100ms, source));
}

TEST(RateLimiter, CountsIpv6ByNetwork) {
  RateLimiter limiter{1, 1, 100};
  EXPECT_TRUE(limiter.admit(Time{1h}, *IpAddress::parse("2001:db8::1")));
  EXPECT_FALSE(limiter.admit(Time{1h}, *IpAddress::parse("2001:db8::2")));
  EXPECT_TRUE(limiter.admit(Time{1h}, *IpAddress::parse("2001:db8:0:1::1")));
}

TEST(RateLimiter, StaysBounded) {
  RateLimiter limiter{1, 1, 2};
  Time now{1h};
  EXPECT_TRUE(limiter.admit(now, IpAddress::v4(1, 1, 1, 1)));
  EXPECT_TRUE(limiter.admit(now, IpAddress::v4(1, 1, 1, 2)));
  EXPECT_TRUE(limiter.admit(now, IpAddress::v4(1, 1, 1, 3)));   // the shared bucket's token
  EXPECT_FALSE(limiter.admit(now, IpAddress::v4(1, 1, 1, 4)));  // which was its last
  EXPECT_TRUE(limiter.admit(now + 2s, IpAddress::v4(1, 1, 1, 5)));
}

std::vector<int> send_times(Retransmitter::Pace pace) {
  Retransmitter retransmitter{1000};
  const Time begin{1h};
  retransmitter.start(begin, "x", {testing::kBob, "message"}, pace);
  std::vector<int> times;
  while (retransmitter.next_deadline() != kNever) {
    const Time due = retransmitter.next_deadline();
    Outbox out;
    retransmitter.on_timer(due, out);
    for (const Send& send : out) {
      EXPECT_EQ(send.bytes, "message");
      times.push_back(static_cast<int>((due - begin) / 1ms));
    }
  }
  return times;
}

TEST(Retransmitter, Rfc3261_17_1_1_2_TimerADoubles) {
  EXPECT_EQ(send_times(Retransmitter::Pace::doubling),
            (std::vector<int>{500, 1500, 3500, 7500, 15500, 31500}));
}

TEST(Retransmitter, Rfc3261_17_1_2_2_TimerELevelsOff) {
  EXPECT_EQ(send_times(Retransmitter::Pace::capped),
            (std::vector<int>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
}

TEST(Retransmitter, StopsAndStaysWithinItsBytes) {
  Retransmitter retransmitter{10};
  retransmitter.start(Time{1h}, "x", {testing::kBob, "12345678"}, Retransmitter::Pace::capped);
  retransmitter.start(Time{1h}, "y", {testing::kBob, "12345678"}, Retransmitter::Pace::capped);
  retransmitter.stop("x");
  EXPECT_EQ(retransmitter.next_deadline(), kNever);
  retransmitter.start(Time{1h}, "y", {testing::kBob, "12345678"}, Retransmitter::Pace::capped);
  EXPECT_NE(retransmitter.next_deadline(), kNever);
}

TEST(NextHop, IsReadFromItsUri) {
  EXPECT_EQ(NextHop::parse("sip:10.0.0.20")->to_string(), "sip:10.0.0.20");
  EXPECT_EQ(NextHop::parse("sip:[2001:db8::1]:99;transport=TCP")->to_string(),
            "sip:[2001:db8::1]:99;transport=tcp");
  EXPECT_EQ(NextHop::parse("sips:p.example;weight=7")->to_string(), "sip:p.example;transport=tls");
  EXPECT_EQ(NextHop::parse("sip:p.example;weight=7")->weight, 7);
  for (const char* text : {"", "10.0.0.20", "sip:a@b", "sip:b;transport=sctp", "tel:+1"}) {
    EXPECT_FALSE(NextHop::parse(text).ok()) << text;
  }
}

TEST(Settings, AreCheckedInWords) {
  EXPECT_TRUE(two_sided().check().ok());
  Settings wildcard = two_sided();
  wildcard.listeners[0].local.address = IpAddress{};
  EXPECT_EQ(wildcard.check().reason().message(),
            "sip listener 0.0.0.0:5060: a specific address is needed, not a wildcard");
  Settings no_tcp = two_sided({"sip:10.0.0.20;transport=tcp"});
  no_tcp.listeners[1].transports = {Transport::udp};
  EXPECT_EQ(no_tcp.check().reason().message(),
            "sip route from \"external\": next hop sip:10.0.0.20;transport=tcp: interface "
            "\"internal\" has no sip listener with that transport and address family");
  Settings unclear = two_sided();
  unclear.listeners.push_back(unclear.listeners[0]);
  unclear.listeners.back().interface = "third";
  EXPECT_FALSE(unclear.check().ok());
  for (Route& route : unclear.routes) route.to = route.from == "internal" ? "external" : "internal";
  EXPECT_TRUE(unclear.check().ok());
}

TEST(CompletedVia, Rfc3581_4_ReceivedAndRportTellTheSource) {
  const Endpoint source = *Endpoint::parse("198.51.100.9:40000");
  const std::pair<const char*, const char*> cases[] = {
      {"SIP/2.0/UDP 198.51.100.9;branch=z", "SIP/2.0/UDP 198.51.100.9;branch=z"},
      {"SIP/2.0/UDP host.example;branch=z",
       "SIP/2.0/UDP host.example;branch=z;received=198.51.100.9"},
      {"SIP/2.0/UDP 198.51.100.9;rport;branch=z",
       "SIP/2.0/UDP 198.51.100.9;rport=40000;branch=z;received=198.51.100.9"},
      {"SIP/2.0/UDP 10.1.1.1;received=203.0.113.66;rport=1;branch=z",
       "SIP/2.0/UDP 10.1.1.1;received=198.51.100.9;rport=40000;branch=z"},
  };
  for (const auto& [sent, expected] : cases) {
    EXPECT_EQ(completed_via(*Via::parse(sent), source), expected);
  }
}

}  // namespace
}  // namespace avedge::sip
