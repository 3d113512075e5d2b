#include "relay/core/address_rules.h"

#include <gtest/gtest.h>

namespace avedge {
namespace {

using Action = AddressRule::Action;
constexpr auto kAllow = Action::allow;
constexpr auto kDeny = Action::deny;

AddressRule rule(Action action, const char* prefix) {
  return {action, *Prefix::parse(prefix)};
}
AddressRule rule(Action action, const char* prefix, std::uint16_t first, std::uint16_t last) {
  return {action, *Prefix::parse(prefix), PortRange{Port{first}, Port{last}}};
}

struct RuleCase {
  const char* name;
  const char* target;
  std::optional<Action> elsewhere;
  std::optional<Action> on_this_host;
  std::optional<Action> by_tcp;
};

TEST(AddressRules, TheFirstRuleThatMatchesDecides) {
  const AddressRules rules{{rule(kDeny, "10.0.0.5/32", 22, 22), rule(kAllow, "10.0.0.5/32", 20, 30),
                            rule(kDeny, "10.0.0.5/32", 25, 25), rule(kAllow, "10.0.0.0/24"),
                            rule(kDeny, "64:ff9b::/96")}};
  for (const auto& [name, target, elsewhere, here, tcp] :
       {RuleCase{"denied before it is allowed", "10.0.0.5:22", kDeny, kDeny, kDeny},
        RuleCase{"the first port", "10.0.0.5:20", kAllow, kAllow, kAllow},
        RuleCase{"allowed before it is denied", "10.0.0.5:25", kAllow, kAllow, kDeny},
        RuleCase{"the last port", "10.0.0.5:30", kAllow, kAllow, kAllow},
        RuleCase{"another port: the rule without any", "10.0.0.5:31", kAllow, {}, kAllow},
        RuleCase{"another address", "10.0.0.6:22", kAllow, {}, kAllow},
        RuleCase{"in the clothes of IPv6", "[::ffff:10.0.0.5]:22", kDeny, kDeny, kDeny},
        RuleCase{"deny sees the written form, too", "[64:ff9b::8.8.8.8]:1", kDeny, kDeny, kDeny},
        RuleCase{"no rule", "8.8.8.8:1", {}, {}, {}}}) {
    const Endpoint endpoint = *Endpoint::parse(target);
    EXPECT_EQ(rules.ask(endpoint, {}), elsewhere) << name;
    EXPECT_EQ(rules.ask(endpoint, {.is_of_this_host = true}), here) << name << ", on this host";
    EXPECT_EQ(rules.ask(endpoint, {.counts_allowed_ports = false}), tcp) << name << ", by TCP";
  }
}

TEST(AddressRules, WhateverThePortTheyTellWhatSomePortsGet) {
  const AddressRules rules{{rule(kAllow, "10.0.0.5/32", 20, 30), rule(kDeny, "10.0.0.6/32", 22, 22),
                            rule(kAllow, "10.0.0.0/24"), rule(kDeny, "10.0.0.7/32", 1, 2)}};
  const auto about = [&](const char* text, bool is_here) {
    return rules.ask_about(*IpAddress::parse(text), {.is_of_this_host = is_here});
  };
  EXPECT_TRUE(about("10.0.0.5", false).allows_some);
  EXPECT_EQ(about("10.0.0.5", false).rest, kAllow);
  EXPECT_TRUE(about("10.0.0.5", true).allows_some);
  EXPECT_EQ(about("10.0.0.5", true).rest, std::nullopt);
  EXPECT_TRUE(about("10.0.0.6", false).denies_some);
  EXPECT_FALSE(about("10.0.0.6", false).allows_some);
  EXPECT_FALSE(about("10.0.0.7", false).denies_some) << "behind the rule about all ports";
  EXPECT_EQ(about("8.8.8.8", false).rest, std::nullopt);
}

}  // namespace
}  // namespace avedge
