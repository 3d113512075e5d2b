#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;

Client client_at(World& world, int port) {
  Client client;
  client.endpoint.port = Port{static_cast<std::uint16_t>(port)};
  return world.login(client);
}

/// The clients' ports, sorted, slice by slice; `between` is called after the first one.
std::vector<int> ports_of(World& world, std::size_t most, const std::function<void()>& between) {
  std::vector<int> ports;
  for (std::optional<std::size_t> from = 0; from;) {
    const AllocationSlice slice = world.server.snapshot(*from, most);
    EXPECT_LE(slice.allocations.size(), most);
    for (const AllocationSnapshot& one : slice.allocations) {
      ports.push_back(one.five_tuple.client.endpoint.port.number());
    }
    if (*from == 0) between();
    from = slice.next;
  }
  std::sort(ports.begin(), ports.end());
  return ports;
}

TEST(AllocationSnapshot, HoldsWhatAnOperatorWantsToKnow) {
  World world;
  const Client client = world.login();
  EXPECT_TRUE(world.server.snapshot(0, 10).allocations.empty());
  EXPECT_FALSE(world.server.snapshot(0, 10).next);
  const auto answer = world.allocate(client, [](stun::StunBuilder& b) {
    b.u8_of_four(stun::AttributeType::additional_address_family, stun::kWireIpv6);
  });
  ASSERT_EQ(answer.code(), 200);
  const AllocationSlice slice = world.server.snapshot(0, 10);
  ASSERT_EQ(slice.allocations.size(), 1u);
  const AllocationSnapshot& one = slice.allocations[0];
  EXPECT_EQ(one.user, "alice");
  EXPECT_EQ(one.five_tuple.client.endpoint, client.endpoint);
  EXPECT_EQ(one.five_tuple.transport, Transport::udp);
  EXPECT_EQ(one.relayed.address, FakePorts::advertised(AddressFamily::ipv4));
  ASSERT_TRUE(one.relayed_ipv6);
  EXPECT_EQ(one.relayed_ipv6->address, FakePorts::advertised(AddressFamily::ipv6));
  EXPECT_EQ(one.expires, world.now + 600s);
}

TEST(AllocationSnapshot, SlicesTogetherHaveEachAllocationOnce) {
  World world;
  std::vector<int> expected;
  for (int port = 40'000; port < 40'007; ++port) {
    ASSERT_EQ(world.allocate(client_at(world, port)).code(), 200);
    expected.push_back(port);
  }
  for (std::size_t most = 1; most < 9; ++most) {
    EXPECT_EQ(ports_of(world, most, [] {}), expected) << most;
  }
}

TEST(AllocationSnapshot, WhatEndsOrBeginsBetweenSlicesDoesNotHideTheOthers) {
  World world;
  for (int port = 40'000; port < 40'006; ++port) {
    ASSERT_EQ(world.allocate(client_at(world, port)).code(), 200);
  }
  const auto ports = ports_of(world, 2, [&] {
    ASSERT_EQ(world.refresh(client_at(world, 40'000), 0).code(), 200);
    ASSERT_EQ(world.refresh(client_at(world, 40'005), 0).code(), 200);
    ASSERT_EQ(world.allocate(client_at(world, 40'100)).code(), 200);
  });
  for (int port = 40'001; port < 40'005; ++port) {
    EXPECT_EQ(std::count(ports.begin(), ports.end(), port), 1) << port;
  }
}

}  // namespace
}  // namespace avedge::turn
