#include "edge/sip_limit_log.h"

#include <gtest/gtest.h>

namespace avedge::edge {
namespace {

using namespace std::chrono_literals;
using Outcome = sip::LimitEvent::Outcome;

sip::LimitEvent event(sip::ConnectionLimit limit, Outcome outcome) {
  return {limit, "external", *IpAddress::parse("192.0.2.7"), outcome};
}

TEST(SipLimitLog, SaysWhichLimitDidWhatToWhom) {
  SipLimitLog log;
  const auto line = log.line_for(
      Time{} + 1h, event(sip::ConnectionLimit::handshakes_per_source, Outcome::refused));
  ASSERT_TRUE(line);
  EXPECT_EQ(line->event, "sip connections refused");
  EXPECT_EQ(line->limit, "sip.limits.handshakes_per_source");
  EXPECT_EQ(line->interface, "external");
  EXPECT_EQ(line->source, "192.0.2.7");
  EXPECT_EQ(line->connections, 1U);
}

TEST(SipLimitLog, WritesOneLineAMinuteForEachLimitAndOutcome) {
  SipLimitLog log;
  const auto evicted = event(sip::ConnectionLimit::connections, Outcome::evicted);
  const Time start = Time{} + 1h;
  EXPECT_TRUE(log.line_for(start, evicted));
  EXPECT_TRUE(log.line_for(start, event(sip::ConnectionLimit::connections, Outcome::refused)));
  EXPECT_TRUE(log.line_for(start, event(sip::ConnectionLimit::handshakes, Outcome::evicted)));
  for (int i = 0; i < 59; ++i) EXPECT_FALSE(log.line_for(start + 1s * i, evicted));
  const auto next = log.line_for(start + 60s, evicted);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->connections, 60U);
}

}  // namespace
}  // namespace avedge::edge
