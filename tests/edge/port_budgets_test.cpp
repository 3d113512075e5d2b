// Which ports are reserved for TURN, next hops and all others, by configuration.
#include "edge/port_budgets.h"

#include <gtest/gtest.h>

namespace avedge::edge {
namespace {

/// Two interfaces with 10,000 ports each, TURN outside, and a PBX inside that outsiders call.
Config two_sided() {
  Config config;
  for (const char* name : {"external", "internal"}) {
    Interface& interface = config.interfaces.emplace_back();
    interface.name = name;
    const auto network = static_cast<std::uint8_t>(config.interfaces.size());
    const IpAddress address = IpAddress::v4(10, 0, network, 1);
    interface.addresses = {{address, address}};
    config.relays.push_back({name, {Port{50000}, Port{59999}}});
  }
  config.turn.relay_interface = "external";
  config.turn.listeners.emplace_back();
  SipRoute& inward = config.sip.routes.emplace_back();
  inward.from = "external";
  inward.to = "internal";
  return config;
}

Config with_route_outward(Config config) {
  SipRoute& outward = config.sip.routes.emplace_back();
  outward.from = "internal";
  outward.to = "external";
  return config;
}

anchor::PortBudget of(const Config& config, std::string_view interface) {
  for (const anchor::PortBudget& budget : port_budgets(config)) {
    if (budget.interface == interface) return budget;
  }
  return {};
}

TEST(PortBudgets, TurnKeepsAQuarterWhereItRelays) {
  EXPECT_EQ(of(two_sided(), "external").ports, 10'000U);
  EXPECT_EQ(of(two_sided(), "external").for_turn, 2'500U);
  EXPECT_EQ(of(two_sided(), "internal").for_turn, 0U);
}

TEST(PortBudgets, NothingIsKeptForTurnWhereItIsOff) {
  Config config = two_sided();
  config.turn.listeners.clear();
  EXPECT_EQ(of(config, "external").for_turn, 0U);
}

TEST(PortBudgets, NextHopsKeepHalfWhereTheyCanCall) {
  EXPECT_EQ(of(two_sided(), "external").for_next_hops, 0U) << "the PBX is only called";
  const Config both = with_route_outward(two_sided());
  EXPECT_EQ(of(both, "external").for_next_hops, 5'000U);
  EXPECT_EQ(of(both, "internal").for_next_hops, 5'000U);
}

TEST(PortBudgets, ARegistrarCallsByThePathOfItsClients) {
  Config config = two_sided();
  config.sip.routes[0].path = true;
  EXPECT_EQ(of(config, "external").for_next_hops, 5'000U);
  EXPECT_EQ(of(config, "internal").for_next_hops, 5'000U);
}

TEST(PortBudgets, TheKeysComeFirst) {
  Config config = with_route_outward(two_sided());
  config.sip.limits.next_hop_ports = 100;
  config.sip.limits.turn_ports = 0;
  EXPECT_EQ(of(config, "external").for_next_hops, 100U);
  EXPECT_EQ(of(config, "external").for_turn, 0U);
}

TEST(PortBudgets, AFewPortsAreNotDividedUnlessAKeySaysSo) {
  Config config = with_route_outward(two_sided());
  for (RelayRange& relay : config.relays) relay.ports = {Port{50000}, Port{50003}};
  EXPECT_TRUE(port_budgets(config).empty());
  config.sip.limits.next_hop_ports = 2;
  EXPECT_EQ(of(config, "internal").for_next_hops, 2U);
}

TEST(PortBudgets, EachFamilyHasItsOwn) {
  Config config = two_sided();
  const auto v6 = *IpAddress::parse("2001:db8::1");
  config.interfaces[0].addresses.push_back({v6, v6});
  const auto budgets = port_budgets(config);
  ASSERT_EQ(budgets.size(), 3U);
  EXPECT_EQ(budgets[0].ports, 10'000U);
  EXPECT_EQ(budgets[1].family, AddressFamily::ipv6);
  EXPECT_EQ(budgets[1].for_turn, 2'500U);
}

}  // namespace
}  // namespace avedge::edge
