// RFC 8656 §11.5: what the network says about packets to peers.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using stun::AttributeType;

class Icmp : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(world_.allocate(client_).code(), 200);
    ASSERT_EQ(world_.permit(client_, {"8.8.8.8:0"}).code(), 200);
  }
  World world_;
  Client client_ = world_.login();
};

TEST_F(Icmp, Rfc8656_11_5_ReachesTheClientAsADataIndication) {
  const auto told = world_.icmp("8.8.8.8:53", {3, 4, 1400});
  ASSERT_FALSE(told.silent());
  EXPECT_EQ(told.view().method(), stun::Method::data);
  EXPECT_EQ(told.view().message_class(), stun::MessageClass::indication);
  EXPECT_EQ(told.address(AttributeType::xor_peer_address), Endpoint::parse("8.8.8.8:53"));
  EXPECT_FALSE(told.view().has(AttributeType::data));
  const auto value = *told.view().find(AttributeType::icmp);
  EXPECT_EQ(load_be64(value.data()), std::uint64_t{3 << 9 | 4} << 32 | 1400);
  EXPECT_EQ(told.socket, World::kListener);
  EXPECT_EQ(told.to, client_.endpoint);
}

TEST_F(Icmp, Rfc8656_11_5_OnlyWithAPermissionForThatPeer) {
  EXPECT_TRUE(world_.icmp("8.8.4.5:53", {3, 1, 0}).silent());
  world_.advance(5min);
  EXPECT_TRUE(world_.icmp("8.8.8.8:53", {3, 1, 0}).silent()) << "it has run out";
}

TEST_F(Icmp, Rfc8656_11_5_OnlyUnreachableTooBigAndTimeExceeded) {
  for (unsigned type = 0; type < 256; ++type) {
    const bool told = !world_.icmp("8.8.8.8:1", {static_cast<std::uint8_t>(type), 0, 0}).silent();
    EXPECT_EQ(told, type == 3 || type == 11) << type;
  }
}

TEST_F(Icmp, OwnRelayedAddressesAreCalledByTheirAdvertisedName) {
  ASSERT_EQ(world_.permit(client_, {"198.51.100.9:0"}).code(), 200);
  const auto told = world_.icmp("10.9.9.9:50123", {3, 3, 0});
  EXPECT_EQ(told.address(AttributeType::xor_peer_address), Endpoint::parse("198.51.100.9:50123"));
}

TEST_F(Icmp, OfASocketThatIsNoRelayIsNothing) {
  Outcome outcome;
  world_.server.on_icmp(world_.now, SocketId{9999}, *Endpoint::parse("8.8.8.8:1"), {3, 3, 0},
                        outcome);
  EXPECT_TRUE(outcome.replies().empty());
}

TEST(IcmpV6, Rfc8656_11_5_HasOtherTypes) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world
                .allocate(client,
                          [](stun::StunBuilder& b) {
                            b.u8_of_four(AttributeType::requested_address_family, stun::kWireIpv6);
                          })
                .code(),
            200);
  ASSERT_EQ(world.permit(client, {"[2a00:1450::1]:0"}).code(), 200);
  for (unsigned type = 0; type < 256; ++type) {
    const bool told =
        !world.icmp("[2a00:1450::1]:1", {static_cast<std::uint8_t>(type), 0, 0}).silent();
    EXPECT_EQ(told, type >= 1 && type <= 3) << type;
  }
}

}  // namespace
}  // namespace avedge::turn
