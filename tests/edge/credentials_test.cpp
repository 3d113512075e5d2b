#include "edge/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace avedge::edge {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

// Made independently, with
//   printf 1800000000:alice | openssl dgst -sha1 -hmac north -binary | base64
TEST(Credentials, AreWhatEveryTurnServerExpects) {
  const Credentials made = make_credentials("alice", seconds{1'800'000'000}, "north");
  EXPECT_EQ(made.username, "1800000000:alice");
  EXPECT_EQ(made.password, "sIm7pn/teO7y3AyXGeXl/xAQR6Q=");
}

TEST(Credentials, NameEveryWayIn) {
  Config config;
  config.turn.listeners = {
      {"e",
       {{*Endpoint::parse("192.0.2.1:3478"), *Endpoint::parse("203.0.113.7:3478"), ""},
        {*Endpoint::parse("[2001:db8::1]:3478"), *Endpoint::parse("[2001:db8::1]:3478"), ""}},
       {Transport::udp, Transport::tcp}},
      {"e",
       {{*Endpoint::parse("192.0.2.1:443"), *Endpoint::parse("203.0.113.7:443"), ""}},
       {Transport::tls, Transport::dtls}}};
  EXPECT_THAT(
      turn_uris(config),
      ElementsAre("turn:203.0.113.7:3478?transport=udp", "turn:203.0.113.7:3478?transport=tcp",
                  "turn:[2001:db8::1]:3478?transport=udp", "turn:[2001:db8::1]:3478?transport=tcp",
                  "turns:203.0.113.7:443?transport=tcp", "turns:203.0.113.7:443?transport=udp"));
}

TEST(Credentials, MakeAnIceServer) {
  EXPECT_EQ(ice_server({"turn:192.0.2.1:3478?transport=udp"}, {"1:a", "p"}),
            nlohmann::json::parse(R"({"urls": ["turn:192.0.2.1:3478?transport=udp"],
                                      "username": "1:a", "credential": "p"})"));
}

TEST(Duration, ReadsWhatAnOperatorWrites) {
  EXPECT_EQ(*parse_duration("90"), seconds{90});
  EXPECT_EQ(*parse_duration("90s"), seconds{90});
  EXPECT_EQ(*parse_duration("30m"), seconds{1800});
  EXPECT_EQ(*parse_duration("8h"), seconds{28'800});
  EXPECT_EQ(*parse_duration("366d"), seconds{366 * 86'400});
}

TEST(Duration, RefusesTheRest) {
  for (const char* text : {"", "h", "0", "-1h", "8 h", "8H", "8hh", "1.5h", "367d",
                           "9223372036854775807d", "99999999999999999999"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace avedge::edge
