// Who is served while others take all they can get. docs/sip-floods.md prints the matrix of this
// file.
#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

constexpr std::size_t kForgedInvites = 5000;
constexpr std::size_t kPorts = 10'000;
constexpr std::size_t kForTurn = 2500;
constexpr std::size_t kForNextHops = 5000;
constexpr std::size_t kForStrangers = (kPorts - kForTurn - kForNextHops) / 3;

/// Where an INVITE comes from.
CallSource source(Standing standing, unsigned host, std::uint16_t port = 0) {
  const auto octet = [host](unsigned shift) { return static_cast<std::uint8_t>(host >> shift); };
  return {standing, {IpAddress::v4(octet(24), octet(16), octet(8), octet(0)), Port{port}}};
}
constexpr unsigned kNet = 0xCB007100;  // 203.0.113.0

/// Calls that nobody answers, from ever new sources.
struct Flood {
  const char* name;
  Standing standing;
  unsigned hosts;     // so many addresses ...
  unsigned distance;  // ... so far apart
};
constexpr Flood kOneStranger{"one forged source", Standing::stranger, 1, 1};
constexpr Flood kOneNetwork{"a forged /24", Standing::stranger, 250, 1};
constexpr Flood kEverywhere{"forged sources everywhere", Standing::stranger, 5000, 4099};
constexpr Flood kNextHop{"a forged next hop", Standing::next_hop, 1, 1};
constexpr Flood kConnections{"connections from everywhere", Standing::connected, 5000, 4099};
constexpr Flood kEstablished{"one established source", Standing::established, 1, 1};

class Exhaustion : public testing::Test {
 protected:
  Exhaustion() {
    control.capacity = 2 * kPorts;
    settings.port_budgets = {
        {"external", AddressFamily::ipv4, kPorts, kForTurn, kForNextHops},
        {"internal", AddressFamily::ipv4, kPorts, 0, kForNextHops},
    };
  }

  /// The reason for which a call is refused; nothing if it was served.
  std::optional<DropReason> call(const CallSource& from, const std::string& more = "") {
    SessionSpec spec;
    spec.branch = std::to_string(++branches_);
    spec.caller_interface = "external";
    spec.callee_interface = "internal";
    spec.source = from;
    const auto opened = sessions().open(now, spec);
    if (!opened) return opened.reason();
    DialogMessage invite;
    invite.method = "INVITE";
    invite.content_type = "application/sdp";
    const std::string sdp = audio(kCaller, 5000, more);
    invite.body = sdp;
    const auto passed = sessions().on_message(now, *opened, invite);
    if (!passed) return passed.reason();
    last_ = *opened;
    return std::nullopt;
  }
  void pass(Side sender, std::string_view method, int status, const std::string& sdp = "") {
    DialogMessage message;
    message.sender = sender;
    message.method = method;
    message.status = status;
    message.cseq = 0;
    message.callee_tag = "b";
    if (!sdp.empty()) message.content_type = "application/sdp";
    message.body = sdp;
    ASSERT_TRUE(sessions().on_message(now, last_, message).ok());
  }
  void flood(const Flood& by) {
    for (std::size_t i = 0; i < kForgedInvites; ++i) {
      const auto host = static_cast<unsigned>(i % by.hosts) * by.distance;
      (void)call(source(by.standing, kNet + host));
    }
  }
  /// Each call has as many inside.
  [[nodiscard]] std::size_t external_ports() const { return control.pairs(); }
  Sessions& sessions() {
    if (!sessions_) sessions_.emplace(control, settings, observer);
    return *sessions_;
  }

  Time now{std::chrono::hours{1}};
  FakeSessionControl control;
  RecordingObserver observer;
  Settings settings;
  SessionId last_{};  // of those that were served

 private:
  unsigned branches_ = 0;
  std::optional<Sessions> sessions_;
};

/// Who else calls, from an address that has nothing to do with the flood.
struct Row {
  Flood flood;
  bool stranger;
  bool connected;
  bool established;
  bool next_hop;
  bool trusted;
};
constexpr Row kMatrix[] = {
    {kOneStranger, true, true, true, true, true},  {kOneNetwork, true, true, true, true, true},
    {kEverywhere, false, true, true, true, true},  {kNextHop, true, true, true, false, true},
    {kConnections, true, false, true, true, true}, {kEstablished, true, true, true, true, true},
};

class ExhaustionMatrix : public Exhaustion, public testing::WithParamInterface<Row> {};

TEST_P(ExhaustionMatrix, WhoIsServed) {
  const Row& row = GetParam();
  flood(row.flood);
  const unsigned elsewhere = 0xC6336407;  // 198.51.100.7
  const auto expect = [&](Standing standing, bool served) {
    const auto refused = call(source(standing, elsewhere));
    EXPECT_EQ(!refused.has_value(), served)
        << row.flood.name << ": " << label(standing) << ' ' << (refused ? label(*refused) : "");
  };
  expect(Standing::stranger, row.stranger);
  expect(Standing::connected, row.connected);
  expect(Standing::established, row.established);
  expect(Standing::next_hop, row.next_hop);
  expect(Standing::trusted, row.trusted);
  EXPECT_LE(external_ports(), kPorts - kForTurn) << "TURN keeps its share";
}

INSTANTIATE_TEST_SUITE_P(Floods, ExhaustionMatrix, testing::ValuesIn(kMatrix),
                         [](const auto& row) { return "Row" + std::to_string(row.index); });

TEST_F(Exhaustion, EachLimitHasItsReasonAndItsKey) {
  settings.port_budgets.clear();
  settings.unanswered = {2, 5, 8};
  const auto expect = [this](unsigned host, std::optional<DropReason> reason,
                             std::string_view limit) {
    EXPECT_EQ(call(source(Standing::stranger, kNet + host)), reason) << host;
    if (reason) {
      EXPECT_EQ(observer.refused.back().limit, limit);
    }
  };
  for (const unsigned host : {1, 1}) expect(host, std::nullopt, "");
  expect(1, DropReason::unanswered_limit, "unanswered_per_source");
  for (const unsigned host : {2, 3, 4}) expect(host, std::nullopt, "");
  expect(5, DropReason::unanswered_limit, "unanswered_per_network");
  for (const unsigned host : {256, 512, 768}) expect(host, std::nullopt, "");
  expect(1024, DropReason::unanswered_limit, "unanswered_per_interface");
}

TEST_F(Exhaustion, AFewBusySourcesDoNotShutTheirNetworkOut) {
  for (unsigned i = 0; i < kForgedInvites; ++i) {
    (void)call(source(Standing::stranger, kNet + i % 25));
  }
  EXPECT_EQ(external_ports(), 2 * 150U);
  EXPECT_EQ(call(source(Standing::stranger, kNet + 77)), std::nullopt);
}

TEST_F(Exhaustion, ANetworkOfIpv6IsASlash64) {
  settings.unanswered = {2, 3, 500};
  const auto from = [](const char* address) {
    return CallSource{Standing::stranger, {*IpAddress::parse(address), Port{}}};
  };
  for (const char* address : {"2001:db8::1", "2001:db8::2", "2001:db8::3"}) {
    EXPECT_EQ(call(from(address)), std::nullopt);
  }
  EXPECT_EQ(call(from("2001:db8::4")), DropReason::unanswered_limit);
  EXPECT_EQ(call(from("2001:db8:0:1::1")), std::nullopt);
}

TEST_F(Exhaustion, WhatIsForgedInItsNetworkIsNotOnTheAccountOfAProvenCaller) {
  settings.max_sessions_per_source = 3;
  settings.max_ports_per_source = 100;
  const IpAddress forged = *IpAddress::parse("2001:db8::bad");
  const IpAddress proven = *IpAddress::parse("2001:db8::1");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(call({Standing::stranger, {forged, Port{}}}), std::nullopt);
  }
  EXPECT_EQ(call({Standing::stranger, {forged, Port{}}}), DropReason::source_limit);
  EXPECT_EQ(call({Standing::established, {proven, Port{5060}}}), std::nullopt);
}

TEST_F(Exhaustion, PortsOfTheShareNotOnlyCallsAreBounded) {
  std::string lines;
  for (int port = 5002; port < 5032; port += 2) {
    lines += "m=audio " + std::to_string(port) + " RTP/AVP 0\r\n";
  }
  for (unsigned host = 0; host < 100; ++host) {
    (void)call(source(Standing::stranger, kNet + 4099 * host), lines);
  }
  EXPECT_EQ(observer.refused.back().reason, DropReason::port_share);
  EXPECT_EQ(observer.refused.back().limit, "next_hop_ports");
  EXPECT_LE(external_ports(), kForStrangers);
  EXPECT_EQ(call(source(Standing::established, kNet), lines), std::nullopt);
}

TEST_F(Exhaustion, ACallCountsUntilItsAck) {
  settings.unanswered.per_source = 1;
  const CallSource alice = source(Standing::stranger, kNet);
  EXPECT_EQ(call(alice), std::nullopt);
  pass(Side::callee, "INVITE", 200, audio(kCallee, 7000));
  EXPECT_EQ(call(alice), DropReason::unanswered_limit) << "answered, but not by whom it came from";
  pass(Side::caller, "ACK", 0);
  EXPECT_EQ(sessions().counters().unanswered[0].value(), 0);
  EXPECT_EQ(call(alice), std::nullopt);
}

TEST_F(Exhaustion, PortsOfAnsweredCallsAreNoLongerThoseOfStrangers) {
  for (unsigned host = 0; host < kForStrangers / 2; ++host) {
    EXPECT_EQ(call(source(Standing::stranger, kNet + 4099 * host)), std::nullopt) << host;
  }
  EXPECT_EQ(call(source(Standing::stranger, kNet + 7)), DropReason::port_share);
  pass(Side::callee, "INVITE", 200, audio(kCallee, 7000));
  pass(Side::caller, "ACK", 0);
  EXPECT_EQ(call(source(Standing::stranger, kNet + 7)), std::nullopt);
}

TEST_F(Exhaustion, ProvenPortsHaveAnAccountOfTheirOwn) {
  for (unsigned i = 0; i < 30; ++i) (void)call(source(Standing::established, kNet));
  EXPECT_EQ(call(source(Standing::established, kNet)), DropReason::unanswered_limit)
      << "a forger that only knows the address";
  EXPECT_EQ(call(source(Standing::established, kNet, 5062)), std::nullopt);
}

TEST_F(Exhaustion, Rfc3261_13_3_1_4_AnAnswerWithoutAnAckEndsAfter64T1) {
  EXPECT_EQ(call(source(Standing::stranger, kNet)), std::nullopt);
  pass(Side::callee, "INVITE", 200, audio(kCallee, 7000));
  sessions().expire(now + std::chrono::seconds{31});
  EXPECT_EQ(observer.ended.size(), 0U);
  sessions().expire(now + std::chrono::seconds{32});
  ASSERT_EQ(observer.ended.size(), 1U);
  EXPECT_EQ(observer.ended[0].second.reason, EndReason::unanswered);
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(Exhaustion, WhatIsGivenBackIsThereForTheNext) {
  flood(kEverywhere);
  EXPECT_NE(call(source(Standing::stranger, kNet + 77)), std::nullopt);
  sessions().end_all(now);
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(call(source(Standing::stranger, kNet + 77)), std::nullopt);
}

}  // namespace
}  // namespace avedge::anchor
