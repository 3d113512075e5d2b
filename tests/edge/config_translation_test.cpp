// What grows with the addresses that the operator gives the edge.
#include "edge/config_translation.h"

#include <gtest/gtest.h>

namespace avedge::edge {
namespace {

/// Two interfaces with so many addresses each, and the default ports on all of them.
Config with_addresses(std::uint8_t count) {
  Config config;
  for (const char* name : {"external", "internal"}) {
    Interface interface;
    interface.name = name;
    const auto network = static_cast<std::uint8_t>(config.interfaces.size());
    for (std::uint8_t host = 1; host <= count; ++host) {
      const IpAddress address = IpAddress::v4(10, 0, network, host);
      interface.addresses.push_back({address, address});
    }
    config.interfaces.push_back(interface);
    config.relays.push_back({interface.name, {Port{50000}, Port{59999}}});
  }
  return config;
}

std::size_t relay_ports(const Config& config) {
  std::size_t ports = 0;
  const auto settings = data_plane_settings(config).value();
  for (const relay::RelayRange& range : settings.ranges) {
    ports += relay::PortPool{range.first, range.last}.size();
  }
  return ports;
}

TEST(SettingsOf, EveryAddressBringsAllItsPorts) {
  EXPECT_EQ(relay_ports(with_addresses(1)), 20'000u);
  EXPECT_EQ(relay_ports(with_addresses(2)), 40'000u);
}

TEST(SettingsOf, MorePortsCarryMoreCalls) {
  EXPECT_EQ(anchor_settings(with_addresses(1)).max_sessions, 10'000u);
  EXPECT_EQ(anchor_settings(with_addresses(6)).max_sessions, 60'000u);
}

TEST(SettingsOf, MorePortsMakeRoomForMoreFlows) {
  EXPECT_GT(data_plane_settings(with_addresses(2))->flows_per_worker,
            data_plane_settings(with_addresses(1))->flows_per_worker);
}

}  // namespace
}  // namespace avedge::edge
