#include "relay/ports/relay_addresses.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "../loopback.h"
#include "relay/ports/reservations.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

const IpAddress kLoopback = private_loopback();

RelayRange loopback_range(std::uint16_t first, std::uint16_t last,
                          IpAddress local = private_loopback()) {
  return {"external", local, IpAddress::v4(203, 0, 113, 7), "", Port{first}, Port{last}};
}

TEST(RelayAddresses, SkipsAPortThatAnotherProgramHolds) {
  const auto stranger = open_udp({kLoopback, Port{21000}}, {});
  ASSERT_TRUE(stranger);
  RelayAddresses addresses{{loopback_range(21000, 21001)}};
  const auto leased = addresses.lease("external", AddressFamily::ipv4, Parity::any);
  ASSERT_TRUE(leased);
  EXPECT_EQ(leased->local.port, Port{21001});
  const auto second = addresses.lease("external", AddressFamily::ipv4, Parity::any);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.reason(), DropReason::ports_exhausted);
}

// Elsewhere the first port of a pair leaked whenever the second could not be bound.
TEST(RelayAddresses, APairWhoseSecondPortIsTakenLeaksNothing) {
  const auto stranger = open_udp({kLoopback, Port{21011}}, {});
  ASSERT_TRUE(stranger);
  RelayAddresses addresses{{loopback_range(21010, 21011)}};
  for (int i = 0; i < 100; ++i) {
    const auto pair = addresses.lease_pair("external", AddressFamily::ipv4);
    ASSERT_FALSE(pair);
    EXPECT_EQ(pair.reason(), DropReason::ports_exhausted);
  }
  EXPECT_EQ(addresses.all()[0]->udp_ports().in_use(), 0u);
}

TEST(RelayAddresses, UsesEveryAddressOfAnInterface) {
  RelayAddresses addresses{
      {loopback_range(21020, 21021), loopback_range(21020, 21021, private_loopback(1))}};
  std::set<Endpoint> leased;
  std::vector<LeasedSocket> sockets;
  for (int i = 0; i < 4; ++i) {
    auto socket = addresses.lease("external", AddressFamily::ipv4, Parity::any);
    ASSERT_TRUE(socket);
    leased.insert(socket->local);
    sockets.push_back(std::move(socket).value());
  }
  EXPECT_EQ(leased.size(), 4u);
  EXPECT_FALSE(addresses.lease("external", AddressFamily::ipv4, Parity::any));
}

/// Leases pairs of ports until there are none; how many of them each address gave.
std::map<IpAddress, std::size_t> pairs_until_exhausted(RelayAddresses& addresses) {
  std::map<IpAddress, std::size_t> pairs;
  std::vector<LeasedPair> held;
  for (;;) {
    auto pair = addresses.lease_pair("external", AddressFamily::ipv4);
    if (!pair) return pairs;
    ++pairs[pair->even.local.address];
    held.push_back(std::move(pair).value());
  }
}

TEST(RelayAddresses, ASecondAddressDoublesTheCallsThatFit) {
  RelayAddresses one{{loopback_range(21100, 21119)}};
  EXPECT_EQ(pairs_until_exhausted(one), (std::map<IpAddress, std::size_t>{{kLoopback, 10}}));
  const IpAddress second = private_loopback(1);
  RelayAddresses two{{loopback_range(21120, 21139), loopback_range(21120, 21139, second)}};
  EXPECT_EQ(pairs_until_exhausted(two),
            (std::map<IpAddress, std::size_t>{{kLoopback, 10}, {second, 10}}));
}

TEST(RelayAddresses, AnAddressMayHaveSeveralRanges) {
  RelayAddresses addresses{{loopback_range(21060, 21060), loopback_range(21070, 21070)}};
  const auto first = addresses.lease("external", AddressFamily::ipv4, Parity::any);
  const auto second = addresses.lease("external", AddressFamily::ipv4, Parity::any);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(addresses.is_leased("external", first->local));
  EXPECT_TRUE(addresses.is_leased("external", second->local));
  EXPECT_FALSE(addresses.is_leased("external", {kLoopback, Port{21080}}));
  EXPECT_FALSE(addresses.is_leased("internal", first->local));
}

TEST(RelayAddresses, SaysWhenThereIsNoSuchFamilyOrInterface) {
  RelayAddresses addresses{{loopback_range(21030, 21031)}};
  EXPECT_EQ(addresses.lease("external", AddressFamily::ipv6, Parity::any).reason(),
            DropReason::family_unsupported);
  EXPECT_EQ(addresses.lease("internal", AddressFamily::ipv4, Parity::any).reason(),
            DropReason::family_unsupported);
}

TEST(RelayAddresses, KnowsAnAddressByBothItsNames) {
  RelayAddresses addresses{{loopback_range(21040, 21041)}};
  EXPECT_NE(addresses.find("external", kLoopback), nullptr);
  EXPECT_NE(addresses.find("external", IpAddress::v4(203, 0, 113, 7)), nullptr);
  EXPECT_EQ(addresses.find("external", IpAddress::v4(203, 0, 113, 8)), nullptr);
  EXPECT_EQ(addresses.find("internal", kLoopback), nullptr);
  EXPECT_TRUE(addresses.translates("external"));
}

TEST(RelayAddresses, OfOurOwnOnlyLeasedTcpPortsCanBeReachedUnderEitherName) {
  RelayAddresses addresses{{loopback_range(21060, 21061)}};
  const auto leased = addresses.lease_tcp("external", AddressFamily::ipv4);
  ASSERT_TRUE(leased);
  const Port other{static_cast<std::uint16_t>(leased->local.port.number() ^ 1)};
  const Endpoint elsewhere = *Endpoint::parse("198.51.100.1:21060");
  EXPECT_EQ(addresses.reachable_over_tcp(leased->local), leased->local);
  EXPECT_EQ(addresses.reachable_over_tcp(leased->advertised), leased->local);
  EXPECT_EQ(addresses.reachable_over_tcp({kLoopback, other}), std::nullopt);
  EXPECT_EQ(addresses.reachable_over_tcp({leased->advertised.address, other}), std::nullopt);
  EXPECT_EQ(addresses.reachable_over_tcp(elsewhere), elsewhere);
}

TEST(RelayAddresses, Rfc6062_5_2_ConnectionsLeaveFromThePortThatListens) {
  RelayAddresses addresses{{loopback_range(21062, 21062)}};
  auto leased = addresses.lease_tcp("external", AddressFamily::ipv4);
  ASSERT_TRUE(leased);
  const Endpoint local = leased->local;
  EXPECT_EQ(local_endpoint(addresses.bind_again(local)), local);
  *leased = {};
  EXPECT_FALSE(addresses.bind_again(local).is_open()) << "the port is nobody's any more";
}

class ReservationsTest : public testing::Test {
 protected:
  LeasedSocket bound_socket() {
    return addresses_.lease("external", AddressFamily::ipv4, Parity::any).value();
  }
  std::size_t ports_in_use() const { return addresses_.all()[0]->udp_ports().in_use(); }

  RelayAddresses addresses_{{loopback_range(21050, 21059)}};
  Reservations reservations_;
  Time now_{std::chrono::hours{1}};
};

TEST_F(ReservationsTest, Rfc8656_7_2_ATokenWorksOnce) {
  const auto token = reservations_.hold(now_, bound_socket());
  ASSERT_TRUE(token);
  EXPECT_TRUE(reservations_.claim(now_, *token));
  EXPECT_FALSE(reservations_.claim(now_, *token));
  EXPECT_EQ(ports_in_use(), 0u) << "the claimed socket was destroyed by the test";
}

TEST_F(ReservationsTest, Rfc8656_7_2_AReservationLastsThirtySeconds) {
  const auto token = reservations_.hold(now_, bound_socket());
  reservations_.purge(now_ + std::chrono::seconds{29});
  EXPECT_EQ(ports_in_use(), 1u);
  EXPECT_FALSE(reservations_.claim(now_ + std::chrono::seconds{30}, *token));
  EXPECT_EQ(ports_in_use(), 0u);
}

TEST_F(ReservationsTest, AForeignTokenClaimsNothing) {
  ASSERT_TRUE(reservations_.hold(now_, bound_socket()));
  EXPECT_FALSE(reservations_.claim(now_, ReservationToken{}));
  EXPECT_EQ(ports_in_use(), 1u);
}

}  // namespace
}  // namespace avedge::relay
