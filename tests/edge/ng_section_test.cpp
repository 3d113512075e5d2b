#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/config.h"

namespace avedge::edge {
namespace {

using testing::HasSubstr;

/// With an interface and a relay range to stand on.
Result<Config> parse(const std::string& ng) {
  return parse_config(R"(realm = "r"
[[interface]]
name = "outside"
addresses = [{ local = "192.0.2.1" }, { local = "2001:db8::1" }]
[[interface]]
name = "inside"
addresses = [{ local = "10.0.0.1" }]
[[relay]]
interface = "outside"
ports = "50000-50100"
[[relay]]
interface = "inside"
ports = "50000-50100"
)" + ng,
                      "edge.toml");
}

std::string problems_of(const std::string& ng) {
  const auto config = parse(ng);
  return config.ok() ? "none" : config.reason().message();
}

TEST(NgSection, LoopbackNeedsNoAllowList) {
  const auto config =
      parse("[[ng.listener]]\nbind = \"127.0.0.1:2223\"\ntransports = [\"udp\", \"tcp\"]");
  ASSERT_TRUE(config.ok()) << config.reason().message();
  ASSERT_EQ(config->ng.listeners.size(), 1U);
  const NgListener& listener = config->ng.listeners[0];
  EXPECT_EQ(listener.transports, (std::vector{NgTransport::udp, NgTransport::tcp}));
  EXPECT_EQ(listener.addresses[0].local, *Endpoint::parse("127.0.0.1:2223"));
  EXPECT_EQ(listener.allow, (std::vector{*Prefix::parse("127.0.0.0/8"), *Prefix::parse("::1")}));
  EXPECT_EQ(config->ng.interface, "outside") << "the first [[relay]]";
}

TEST(NgSection, ByInterfaceItStandsOnEachAddress) {
  const auto config = parse(R"([ng]
interface = "inside"
[[ng.listener]]
bind = "outside:2223"
transports = ["http", "ws"]
allow = ["10.0.0.0/24", "2001:db8::5"]
)");
  ASSERT_TRUE(config.ok()) << config.reason().message();
  EXPECT_EQ(config->ng.listeners[0].addresses.size(), 2U);
  EXPECT_EQ(config->ng.listeners[0].allow.size(), 2U);
  EXPECT_EQ(config->ng.interface, "inside");
}

TEST(NgSection, WhatIsWrongIsNamedWithItsRemedy) {
  const struct {
    const char* name;
    const char* ng;
    const char* problem;
  } kCases[] = {
      {"no allow list", "[[ng.listener]]\nbind = \"inside:2223\"\ntransports = [\"udp\"]",
       "ng.listener.allow: missing; anybody could steer media from there"},
      {"no transports", "[[ng.listener]]\nbind = \"127.0.0.1:2223\"",
       "ng.listener.transports: missing; use some of udp, tcp, http, ws"},
      {"no bind", "[[ng.listener]]\ntransports = [\"udp\"]", "ng.listener.bind: missing"},
      {"tcp with http",
       "[[ng.listener]]\nbind = \"127.0.0.1:2223\"\ntransports = [\"tcp\", \"http\"]",
       "tcp cannot share a port with http and ws"},
      {"twice", "[[ng.listener]]\nbind = \"127.0.0.1:2223\"\ntransports = [\"udp\", \"udp\"]",
       "'udp' stands there twice"},
      {"unknown", "[[ng.listener]]\nbind = \"127.0.0.1:2223\"\ntransports = [\"tls\"]",
       "unknown value 'tls'"},
      {"no prefix",
       "[[ng.listener]]\nbind = \"inside:2223\"\ntransports = [\"udp\"]\nallow = [\"proxy\"]",
       "'proxy' is not a valid prefix"},
      {"taken",
       "[[ng.listener]]\nbind = \"127.0.0.1:2223\"\ntransports = [\"http\"]\n"
       "[[ng.listener]]\nbind = \"127.0.0.1:2223\"\ntransports = [\"tcp\"]",
       "127.0.0.1:2223 over tcp is already taken"},
      {"foreign key", "[ng]\ntimeout = 5", "unknown key 'timeout' in [ng]"},
      {"unknown interface", "[ng]\ninterface = \"beside\"", "no [[interface]] is named 'beside'"},
  };
  for (const auto& [name, ng, problem] : kCases) {
    EXPECT_THAT(problems_of(ng), HasSubstr(problem)) << name;
  }
}

TEST(NgSection, MediaNeedsPorts) {
  const auto config = parse_config(
      "[[ng.listener]]\nbind = \"127.0.0.1:2223\"\ntransports = [\"udp\"]", "edge.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_THAT(config.reason().message(), HasSubstr("add a [[relay]]"));
}

}  // namespace
}  // namespace avedge::edge
