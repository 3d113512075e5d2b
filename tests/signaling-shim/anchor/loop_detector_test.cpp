// Parties that name the edge's own ports, and sources that take more than their share.
#include "signaling-shim/anchor/loop_detector.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

/// Two calls, one after the other in each test's hands.
class CrossingsTest : public Call {
 protected:
  void SetUp() override {
    Call::SetUp();
    first_ = id;
    open("z9hG4bK-2");
    second_ = id;
  }
  int offer(SessionId call, const std::string& place, int port) {
    id = call;
    return std::stoi(port_in(invite(audio(place, port))));
  }
  int answer(SessionId call, const std::string& place, int port) {
    id = call;
    return std::stoi(port_in(ok(audio(place, port))));
  }
  std::size_t ends_without_a_place() {
    std::size_t count = 0;
    for (const auto& [path_id, path] : control.paths()) {
      count += path.caller.signalled == Endpoint{} ? 1 : 0;
      count += path.callee.signalled == Endpoint{} ? 1 : 0;
    }
    return count;
  }

  SessionId first_{};
  SessionId second_{};
};

TEST_F(CrossingsTest, ACallMayCrossTheEdgeTwice) {
  // The inner proxy sends the INVITE of the first call out again, as the second.
  const int inner = offer(first_, "192.0.2.16", 5000);
  (void)offer(second_, "10.0.0.10", inner);
  const int outer = answer(second_, "192.0.2.99", 9000);
  (void)answer(first_, "198.51.100.7", outer);
  EXPECT_EQ(ends_without_a_place(), 0U);
}

TEST_F(CrossingsTest, TwoCallsCannotMakeMediaGoRound) {
  // Both parties of each call name the ports of the other call.
  const int first_inside = offer(first_, "192.0.2.16", 5000);
  const int second_inside = offer(second_, "192.0.2.17", 5002);
  const int first_outside = answer(first_, "10.0.0.10", second_inside);
  (void)answer(second_, "10.0.0.10", first_inside);
  EXPECT_EQ(ends_without_a_place(), 0U) << "media still leaves the edge";
  id = second_;
  (void)seen({Side::caller, "INVITE", 0, 2, "b", audio("198.51.100.7", first_outside)});
  (void)ok(audio("10.0.0.10", first_inside), "b", 2);
  EXPECT_EQ(ends_without_a_place(), 2U) << "RTP and RTCP would come back to the first call";
}

TEST_F(CrossingsTest, APartyCannotNameItsOwnPort) {
  const int port = offer(first_, "192.0.2.16", 5000);
  (void)answer(first_, "10.0.0.10", port);
  EXPECT_EQ(control.path(0).callee.signalled, Endpoint{});
}

TEST_F(CrossingsTest, AnchoredPortsAreNobodysCandidates) {
  const int port = offer(first_, "192.0.2.16", 5000);
  (void)answer(first_, "10.0.0.20", 7000);
  id = second_;
  (void)invite(audio(kCaller, 5002));
  (void)ok(audio(kCallee, 7002,
                 "a=candidate:1 1 UDP 5 10.0.0.10 " + std::to_string(port) +
                     " typ relay\r\na=candidate:2 1 UDP 6 10.0.0.10 60000 typ relay\r\n"));
  const auto& candidates = control.path(2).callee.signalled_candidates;
  ASSERT_EQ(candidates.size(), 1U);
  EXPECT_EQ(candidates[0].to_string(), "10.0.0.10:60000") << "a relayed address may stand there";
}

class SourcesTest : public testing::Test {
 protected:
  SourcesTest() {
    settings.max_sessions_per_source = 2;
    settings.max_ports_per_source = 12;
  }
  Verdict<SessionId> open(Sessions& sessions, const char* source) {
    SessionSpec spec;
    spec.branch = std::to_string(++branches_);
    spec.caller_interface = "external";
    spec.callee_interface = "internal";
    if (source != nullptr) {
      spec.source = {Standing::stranger, {*IpAddress::parse(source), Port{}}};
    }
    return sessions.open(now, spec);
  }
  Verdict<BodyRewrite> invite(Sessions& sessions, SessionId session, const std::string& sdp) {
    DialogMessage message;
    message.method = "INVITE";
    message.content_type = "application/sdp";
    message.body = sdp;
    return sessions.on_message(now, session, message);
  }

  Time now{std::chrono::hours{1}};
  FakeSessionControl control;
  RecordingObserver observer;
  Settings settings;
  int branches_ = 0;
};

TEST_F(SourcesTest, ASourceHasABoundedNumberOfCalls) {
  Sessions sessions{control, settings, observer};
  const auto first = open(sessions, "203.0.113.5");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(open(sessions, "203.0.113.5").ok());
  const auto refused = open(sessions, "203.0.113.5");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::source_limit);
  EXPECT_TRUE(open(sessions, "203.0.113.6").ok()) << "others are not concerned";
  EXPECT_TRUE(open(sessions, nullptr).ok()) << "nor are neighbours that speak for many";
  sessions.abandon(now, *first);
  EXPECT_TRUE(open(sessions, "203.0.113.5").ok());
}

TEST_F(SourcesTest, ASourceHasABoundedNumberOfPorts) {
  Sessions sessions{control, settings, observer};
  const auto first = open(sessions, "203.0.113.5");
  const auto second = open(sessions, "203.0.113.5");
  const std::string two = audio(kCaller, 5000, "m=video 5002 RTP/AVP 99\r\n");
  EXPECT_TRUE(invite(sessions, *first, two).ok());  // two pairs on either side
  const auto refused = invite(sessions, *second, two);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::source_limit);
  EXPECT_EQ(control.pairs(), 4U);
  sessions.abandon(now, *first);
  EXPECT_TRUE(invite(sessions, *open(sessions, "203.0.113.5"), two).ok());
}

}  // namespace
}  // namespace avedge::anchor
