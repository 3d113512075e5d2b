// How many descriptors a configuration can use, and what is said when there are fewer.
#include "edge/descriptors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace avedge::edge {
namespace {

using testing::HasSubstr;

/// Two addresses with 1,000 ports each on one interface, one with 500 on the other.
Config with_ports() {
  Config config;
  const auto address = [](int host) {
    const IpAddress ip = IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(host));
    return InterfaceAddress{ip, ip};
  };
  config.interfaces = {{"external", {address(1), address(2)}, {}}, {"internal", {address(3)}, {}}};
  config.relays = {{"external", {Port{50'000}, Port{50'999}}},
                   {"internal", {Port{50'000}, Port{50'499}}}};
  config.turn.relay_interface = "internal";
  return config;
}

Listener listening(std::vector<Transport> transports) {
  const Endpoint at{IpAddress::v4(192, 0, 2, 1), Port{3478}};
  return {"external", {{at, at, {}}}, std::move(transports), {}};
}

TEST(Descriptors, EachPortIsOne) {
  const Config config = with_ports();
  EXPECT_EQ(descriptors_needed(config, 2) - descriptors_needed(Config{}, 2), 2'500u);
}

TEST(Descriptors, ConnectionsCountWhereThereAreListenersForThem) {
  Config config = with_ports();
  config.turn.listeners = {listening({Transport::udp})};
  const std::size_t without = descriptors_needed(config, 2);
  config.turn.listeners = {listening({Transport::udp, Transport::tls})};
  config.turn.limits.connections = 700;
  EXPECT_EQ(descriptors_needed(config, 2), without + 700);
}

TEST(Descriptors, TcpAllocationsCountTwiceAndOnlyIfTheyAreOn) {
  Config config = with_ports();
  const std::size_t without = descriptors_needed(config, 2);
  config.turn.tcp_relay = true;
  EXPECT_EQ(descriptors_needed(config, 2), without + 2 * 500) << "as many as there are ports";
  config.turn.limits.allocations_total = 20;
  EXPECT_EQ(descriptors_needed(config, 2), without + 2 * 20);
}

TEST(Descriptors, SmallLimitKeepsAQuarter) {
  EXPECT_EQ(descriptors_reserved(200), 50u);
  EXPECT_EQ(descriptors_reserved(1'048'576), 128u);
}

TEST(Descriptors, AdviceNamesTheNumberOnlyIfItIsNeeded) {
  EXPECT_EQ(descriptor_advice(65'536, 65'536), std::nullopt);
  EXPECT_THAT(descriptor_advice(1024, 38'000).value_or(""), HasSubstr("LimitNOFILE=38000"));
}

TEST(Descriptors, LimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace avedge::edge
