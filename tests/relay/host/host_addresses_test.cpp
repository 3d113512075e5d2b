// What the kernel of the machine that runs the tests says about its own addresses. How changes are
// followed is tested in network namespaces (tests/integration/test_host_addresses.py).
#include <gtest/gtest.h>
#include <net/if.h>

#include "relay/host/local_address_watch.h"
#include "relay/host/local_table.h"
#include "relay/host/route_devices.h"

namespace avedge::relay {
namespace {

const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);

TEST(LocalTable, HasLoopbackWithItsNetworkAndItsDevice) {
  const auto addresses = read_local_addresses();
  ASSERT_TRUE(addresses.ok()) << addresses.reason().message();
  EXPECT_TRUE(addresses->contain(kLoopback));
  EXPECT_TRUE(addresses->contain(IpAddress::v4(127, 77, 0, 9))) << "127.0.0.0/8";
  EXPECT_TRUE(addresses->contain(*IpAddress::parse("::ffff:127.0.0.1")));
  EXPECT_FALSE(addresses->contain(IpAddress::v4(192, 0, 2, 77))) << "documentation";
  EXPECT_EQ(addresses->device_of(kLoopback), static_cast<int>(if_nametoindex("lo")));
}

TEST(LocalAddressWatch, KnowsTheAddressesBeforeItIsStarted) {
  const LocalAddressWatch watch;
  EXPECT_FALSE(watch.first_failure().has_value());
  EXPECT_TRUE(watch.first()->contain(kLoopback));
  EXPECT_EQ(watch.known(), static_cast<std::int64_t>(watch.first()->size()));
}

TEST(LocalAddressWatch, MayBeStoppedAtOnce) {
  LocalAddressWatch watch;
  watch.start({[](const SharedLocalAddresses&) {}, [] {}, [](const Error&) {}});
  watch.stop();
}

TEST(RouteDevices, LeadToLoopbackByItsDevice) {
  RouteDevices routes;
  const int lo = routes.device_named("lo");
  EXPECT_EQ(lo, static_cast<int>(if_nametoindex("lo")));
  EXPECT_EQ(routes.device_named("no such device"), 0);
  for (int repeated = 0; repeated < 2; ++repeated) {
    EXPECT_EQ(routes.device_towards(kLoopback, IpAddress::v4(127, 0, 0, 2), 0), lo);
  }
  routes.forget();
  EXPECT_EQ(routes.device_towards(kLoopback, IpAddress::v4(127, 0, 0, 2), 0), lo);
}

}  // namespace
}  // namespace avedge::relay
