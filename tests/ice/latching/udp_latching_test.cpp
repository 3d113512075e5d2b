#include "ice/latching/udp_latching.h"

#include <gtest/gtest.h>

#include <map>

#include "latched_call.h"
#include "made_checks.h"

namespace avedge::latching {
namespace {

using std::chrono::seconds;

constexpr SocketId kCallerSocket{1};
constexpr SocketId kCalleeSocket{2};
class UdpLatchingTest : public testing::Test {
 protected:
  UdpLatchingTest() {
    path_.id = MediaPathId{1};
    path_.caller.socket = kCallerSocket;
    path_.caller.signalled = at("198.51.100.1:4000");
    path_.caller.signalled_addresses = {at("198.51.100.1").address, at("198.51.100.9").address};
    path_.callee.socket = kCalleeSocket;
    path_.callee.signalled = at("10.0.0.20:6000");
    path_.counters = std::make_shared<MediaPathCounters>();
  }

  void set_path() { call_.set(path_); }
  std::optional<Endpoint> send(SocketId socket, const char* from, ConstBytes bytes) {
    return call_.send(socket, at(from), bytes);
  }
  std::optional<Endpoint> send_rtp(SocketId socket, const char* from) {
    return send(socket, from, rtp_packet(1, next_++));
  }
  [[nodiscard]] const FlowSpec* flow(SocketId socket, const char* from) const {
    return call_.flows.find(socket, at(from));
  }

  UdpPath path_;
  LatchedCall call_;
  std::uint16_t next_ = 1;
};

TEST_F(UdpLatchingTest, TheFirstPacketFromTheSignalledAddressLatchesItsPort) {
  set_path();
  EXPECT_EQ(send_rtp(kCallerSocket, "198.51.100.1:4711"), at("10.0.0.20:6000"));
  ASSERT_NE(flow(kCallerSocket, "198.51.100.1:4711"), nullptr);
  EXPECT_EQ(send_rtp(kCalleeSocket, "10.0.0.20:6000"), at("198.51.100.1:4711"))
      << "the far party's packets follow the latch";
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.20:6000")->destination, at("198.51.100.1:4711"));
}

// RTP bleed (CVE-2017-14099, CVE-2025-53399): whoever sends first must not get the stream.
TEST_F(UdpLatchingTest, AStrangerNeverLatches) {
  set_path();
  EXPECT_FALSE(send_rtp(kCallerSocket, "203.0.113.66:4000"));
  EXPECT_EQ(call_.refusal, DropReason::unknown_source);
  EXPECT_TRUE(call_.flows.flows.empty());
}

TEST_F(UdpLatchingTest, TheSourceIsLockedAfterTheFirstMatch) {
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.1:4712"));
  EXPECT_EQ(call_.refusal, DropReason::unknown_source);
}

TEST_F(UdpLatchingTest, ANewSdpAllowsOneNewLatch) {
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  path_.caller.signalled_addresses.push_back(at("198.51.100.77").address);
  set_path();
  EXPECT_NE(flow(kCallerSocket, "198.51.100.1:4711"), nullptr) << "running media is not cut";
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.77:9"));
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.77:9"));
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.77:9")) << "three in a row";
  EXPECT_EQ(flow(kCallerSocket, "198.51.100.1:4711"), nullptr);
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.9:9"));
}

TEST_F(UdpLatchingTest, AnAddressThatTheNewSdpLeftBehindYieldsAtOnce) {
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.9:4711"));
  path_.caller.signalled_addresses = {at("198.51.100.77").address};
  set_path();
  EXPECT_TRUE(send_rtp(kCallerSocket, "198.51.100.77:9"));
  EXPECT_EQ(flow(kCallerSocket, "198.51.100.9:4711"), nullptr);
}

TEST_F(UdpLatchingTest, TheSameSdpAgainChangesNothing) {
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  set_path();
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.9:4000"));
  EXPECT_NE(flow(kCallerSocket, "198.51.100.1:4711"), nullptr);
}

/// RFC 3264 §8.3.1. What was learned from a NAT stays instead; see the matrix.
TEST_F(UdpLatchingTest, ANewTransportAddressMovesTheTargetOfAnExactLatchAtOnce) {
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4000"));
  ASSERT_TRUE(send_rtp(kCalleeSocket, "10.0.0.20:6000"));
  path_.caller.signalled = at("198.51.100.9:8000");
  set_path();
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.20:6000")->destination, at("198.51.100.9:8000"));
  EXPECT_NE(flow(kCallerSocket, "198.51.100.1:4000"), nullptr) << "still heard";
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.9:8000"));
  EXPECT_EQ(flow(kCallerSocket, "198.51.100.1:4000"), nullptr);
}

TEST_F(UdpLatchingTest, APartyThatMayNotSendIsSentToWhereTheNewSdpSays) {
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  path_.caller.signalled = at("198.51.100.9:8000");
  path_.caller.may_send = false;
  set_path();
  EXPECT_EQ(send_rtp(kCalleeSocket, "10.0.0.20:6000"), at("198.51.100.9:8000"));
}

TEST_F(UdpLatchingTest, StrictAdmitsOnlyTheSignalledEndpoint) {
  path_.caller.latching = Latching::strict;
  set_path();
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  EXPECT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4000"));
}

TEST_F(UdpLatchingTest, SipSourceAdmitsOnlyWhereTheSipCameFrom) {
  path_.caller.latching = Latching::sip_source;
  path_.caller.sip_source = at("203.0.113.5").address;
  set_path();
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.1:4000"));
  EXPECT_TRUE(send_rtp(kCallerSocket, "203.0.113.5:12345"));
}

TEST_F(UdpLatchingTest, AsymmetricAdmitsTheAddressAndSendsWhereItWasSignalled) {
  path_.caller.is_asymmetric = true;
  set_path();
  EXPECT_FALSE(send_rtp(kCallerSocket, "203.0.113.5:4711"));
  EXPECT_EQ(send_rtp(kCallerSocket, "198.51.100.1:4711"), at("10.0.0.20:6000"));
  EXPECT_NE(flow(kCallerSocket, "198.51.100.1:4711"), nullptr);
  EXPECT_EQ(send_rtp(kCalleeSocket, "10.0.0.20:6000"), at("198.51.100.1:4000"));
}

TEST_F(UdpLatchingTest, TheEdgesOwnPortsAreAdmittedOnlyExactlyAsSignalled) {
  path_.caller.signalled = at("192.0.2.10:50100");
  path_.caller.signalled_addresses = {at("192.0.2.10").address};
  path_.caller.ice = {{"far", "far-password", "near"}};
  set_path();
  EXPECT_EQ(send_rtp(kCallerSocket, "192.0.2.10:50200"), std::nullopt);
  EXPECT_EQ(send(kCallerSocket, "192.0.2.10:50200", make_check("far:near", "far-password")),
            std::nullopt)
      << "a valid check by way of another call";
  EXPECT_TRUE(send_rtp(kCallerSocket, "192.0.2.10:50100"));
  path_.caller.signalled_candidates = {at("192.0.2.10:50200")};  // a relayed address of ours
  set_path();
  EXPECT_TRUE(send(kCallerSocket, "192.0.2.10:50200", make_check("far:near", "far-password")));
}

TEST_F(UdpLatchingTest, WhatCannotBeAnsweredNeverLatches) {
  path_.caller.signalled = {};
  path_.caller.ice = {{"far", "far-password", "near"}};
  set_path();
  for (const char* from : {"198.51.100.1:0", "0.0.0.0:4000", "0.0.0.0:0"}) {
    EXPECT_FALSE(send_rtp(kCallerSocket, from)) << from;
    EXPECT_FALSE(send(kCallerSocket, from, make_check("far:near", "far-password"))) << from;
  }
}

TEST_F(UdpLatchingTest, WithoutADestinationPacketsAreCountedNotGuessed) {
  path_.callee.signalled = {};
  set_path();
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.1:4000"));
  EXPECT_EQ(call_.refusal, DropReason::no_destination);
  path_.callee.signalled = at("10.0.0.20:6000");
  set_path();
  EXPECT_EQ(flow(kCallerSocket, "198.51.100.1:4000")->destination, at("10.0.0.20:6000"));
}

class IceLatchingTest : public UdpLatchingTest {
 protected:
  IceLatchingTest() {
    path_.caller.ice = {{"calleeufrag", "calleepassword", "callerufrag"}};
    path_.callee.ice = {{"callerufrag", "callerpassword", "calleeufrag"}};
    set_path();
  }
  const std::string caller_name_ = "calleeufrag:callerufrag";
};

TEST_F(IceLatchingTest, AValidCheckLatchesFromAnAddressNobodySignalled) {
  EXPECT_EQ(send(kCallerSocket, "203.0.113.50:999", make_check(caller_name_, "calleepassword")),
            at("10.0.0.20:6000"));
  EXPECT_NE(flow(kCallerSocket, "203.0.113.50:999"), nullptr);
}

TEST_F(IceLatchingTest, AForgedCheckDoesNot) {
  for (const auto& [name, key] :
       std::map<std::string, std::string>{{caller_name_, "guess"},
                                          {"callerufrag:calleeufrag", "calleepassword"},
                                          {"calleeufrag:", "calleepassword"},
                                          {"calleeufrag:callerufragx", "calleepassword"},
                                          {"", "calleepassword"}}) {
    EXPECT_FALSE(send(kCallerSocket, "203.0.113.50:999", make_check(name, key))) << name;
    EXPECT_EQ(call_.refusal, DropReason::unknown_source);
  }
}

TEST_F(IceLatchingTest, ANewerCheckMovesTheDestinationAndTheOlderSourceIsStillHeard) {
  ASSERT_TRUE(send_rtp(kCalleeSocket, "10.0.0.20:6000"));
  ASSERT_TRUE(send(kCallerSocket, "203.0.113.50:1", make_check(caller_name_, "calleepassword")));
  ASSERT_TRUE(send(kCallerSocket, "203.0.113.50:2", make_check(caller_name_, "calleepassword")));
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.20:6000")->destination, at("203.0.113.50:2"));
  EXPECT_NE(flow(kCallerSocket, "203.0.113.50:1"), nullptr);
}

TEST_F(IceLatchingTest, Rfc8445_8_1_1_ANominatedSourceStaysTheDestination) {
  ASSERT_TRUE(send_rtp(kCalleeSocket, "10.0.0.20:6000"));
  ASSERT_TRUE(
      send(kCallerSocket, "203.0.113.50:1", make_check(caller_name_, "calleepassword", true)));
  ASSERT_TRUE(send(kCallerSocket, "203.0.113.50:2", make_check(caller_name_, "calleepassword")));
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.20:6000")->destination, at("203.0.113.50:1"));
  ASSERT_TRUE(
      send(kCallerSocket, "203.0.113.50:2", make_check(caller_name_, "calleepassword", true)));
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.20:6000")->destination, at("203.0.113.50:2"));
}

TEST_F(IceLatchingTest, SourcesOfOnePartyAreBounded) {
  for (std::size_t i = 0; i < Party::kMaxSources; ++i) {
    const std::string from = "203.0.113.50:" + std::to_string(1000 + i);
    ASSERT_TRUE(send(kCallerSocket, from.c_str(), make_check(caller_name_, "calleepassword")));
  }
  EXPECT_FALSE(
      send(kCallerSocket, "203.0.113.50:9999", make_check(caller_name_, "calleepassword")));
  EXPECT_EQ(call_.refusal, DropReason::too_many_sources);
}

TEST_F(IceLatchingTest, StrictIgnoresChecks) {
  path_.caller.latching = Latching::strict;
  set_path();
  EXPECT_FALSE(send(kCallerSocket, "203.0.113.50:999", make_check(caller_name_, "calleepassword")));
}

TEST_F(IceLatchingTest, Rfc8445_9_ARestartForgetsOlderSources) {
  for (std::size_t i = 0; i < Party::kMaxSources; ++i) {
    const std::string from = "203.0.113.50:" + std::to_string(1000 + i);
    ASSERT_TRUE(send(kCallerSocket, from.c_str(), make_check(caller_name_, "calleepassword")));
  }
  path_.caller.ice = {{"newufrag", "newpassword", "callerufrag"}};
  set_path();
  EXPECT_EQ(flow(kCallerSocket, "203.0.113.50:1000"), nullptr);
  EXPECT_NE(flow(kCallerSocket, "203.0.113.50:1007"), nullptr) << "the running media goes on";
  EXPECT_TRUE(
      send(kCallerSocket, "203.0.113.60:1", make_check("newufrag:callerufrag", "newpassword")));
}

/// The offer behind the checks names what the far agent sees of its sender: our own port, where
/// nothing may be sent.
/// The offer behind the checks names what the far agent sees of its sender: our own port, where
/// nothing may be sent.
TEST_F(IceLatchingTest, Rfc5245_9_1_2_2_AnSdpWithoutAPlaceToSendToMovesNothing) {
  ASSERT_TRUE(send(kCallerSocket, "203.0.113.50:1000", make_check(caller_name_, "calleepassword")));
  path_.caller.signalled = {};
  set_path();
  EXPECT_EQ(send_rtp(kCalleeSocket, "10.0.0.20:6000"), at("203.0.113.50:1000"))
      << "before the caller has sent anything";
  EXPECT_NE(flow(kCallerSocket, "203.0.113.50:1000"), nullptr);
}

TEST_F(IceLatchingTest, TheLastCheckedPairStaysUntilItFallsSilent) {
  ASSERT_TRUE(send(kCallerSocket, "203.0.113.50:1000", make_check(caller_name_, "calleepassword")));
  path_.caller.signalled = at("198.51.100.9:8000");
  set_path();
  EXPECT_EQ(send_rtp(kCalleeSocket, "10.0.0.20:6000"), at("203.0.113.50:1000"));
  call_.wait(seconds{3});
  EXPECT_EQ(send_rtp(kCalleeSocket, "10.0.0.20:6000"), at("198.51.100.9:8000"));
}

// All branches of a fork share the callee-facing socket; each has its own caller-facing one.
TEST_F(IceLatchingTest, BranchesOfAForkAreToldApartByEndpointAndByUfrag) {
  UdpPath second = path_;
  second.id = MediaPathId{2};
  second.caller.socket = SocketId{7};
  second.callee.signalled = at("10.0.0.30:7000");
  second.callee.ice = {{"callerufrag", "callerpassword", "otherufrag"}};
  call_.set(second);

  send_rtp(kCalleeSocket, "10.0.0.20:6000");
  send_rtp(kCalleeSocket, "10.0.0.30:7000");
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.20:6000")->out_socket, kCallerSocket);
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.30:7000")->out_socket, SocketId{7});

  send(kCalleeSocket, "10.0.0.99:1", make_check("callerufrag:otherufrag", "callerpassword"));
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.99:1")->out_socket, SocketId{7});

  call_.remove(path_.id);
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.20:6000"), nullptr);
  EXPECT_NE(flow(kCalleeSocket, "10.0.0.99:1"), nullptr);
  EXPECT_EQ(flow(kCalleeSocket, "10.0.0.30:7000"), nullptr) << "latched before the check";
}

TEST_F(UdpLatchingTest, PublishesWhatFlowsCountedAcrossReLatches) {
  set_path();
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  path_.caller.signalled = at("198.51.100.9:8000");
  set_path();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.9:8000"));
  const Time last = call_.now += seconds{7};
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.9:8000"));
  EXPECT_LE(call_.latching.next_deadline(), last);
  call_.wait(seconds{1});
  EXPECT_EQ(path_.counters->packets[0].value(), 17);
  EXPECT_EQ(path_.counters->bytes[0].value(), 17 * 172);
  EXPECT_EQ(path_.counters->packets[1].value(), 0);
  EXPECT_EQ(Time{Duration{path_.counters->last_activity.value()}}, last);
}

TEST_F(UdpLatchingTest, LatchesAndReclaimsAreCounted) {
  path_.caller.payload.kind = LinePayload::Kind::rtp;
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4000"));
  call_.wait(seconds{2});
  for (int i = 0; i < 3; ++i) (void)send_rtp(kCallerSocket, "198.51.100.1:4711");
  EXPECT_EQ(call_.latches(LatchKind::moved), 1U);
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4000"));
  EXPECT_EQ(call_.latches(LatchKind::exact), 1U);
  EXPECT_EQ(call_.latches(LatchKind::reclaimed), 1U);
  EXPECT_EQ(path_.counters->reclaims[0].value(), 1);
  EXPECT_EQ(path_.counters->reclaims[1].value(), 0);
}

TEST_F(UdpLatchingTest, ARemovedPathLeavesNothingToDecide) {
  path_.caller.timing = LatchTiming::delayed;
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  call_.remove(path_.id);
  EXPECT_EQ(call_.latching.next_deadline(), kNever);
}

TEST_F(UdpLatchingTest, ARemovedPathLeavesNothing) {
  set_path();
  ASSERT_TRUE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
  ASSERT_TRUE(send_rtp(kCalleeSocket, "10.0.0.20:6000"));
  call_.remove(path_.id);
  EXPECT_TRUE(call_.flows.flows.empty());
  EXPECT_EQ(call_.latching.next_deadline(), kNever);
  EXPECT_FALSE(send_rtp(kCallerSocket, "198.51.100.1:4711"));
}

}  // namespace
}  // namespace avedge::latching
