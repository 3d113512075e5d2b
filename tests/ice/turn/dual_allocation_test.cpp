// RFC 8656 §7.2 and §8.2 with two address families, behind 1:1 NAT (the relayed addresses of the
// fakes are advertised by other names).
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;

void both_families(StunBuilder& builder) {
  builder.u8_of_four(AttributeType::additional_address_family, stun::kWireIpv6);
}

std::vector<Endpoint> relayed(const Answered& answer) {
  std::vector<Endpoint> endpoints;
  for (const stun::Attribute attribute : answer.view()) {
    if (attribute.type != AttributeType::xor_relayed_address) continue;
    endpoints.push_back(*stun::read_xor_address(attribute.value, answer.view().transaction()));
  }
  return endpoints;
}

Answered refresh(World& world, const Client& client, std::uint8_t family,
                 std::optional<std::uint32_t> lifetime = {}) {
  return world.ask(client, Method::refresh, [&](StunBuilder& b) {
    b.u8_of_four(AttributeType::requested_address_family, family);
    if (lifetime) b.u32(AttributeType::lifetime, *lifetime);
  });
}

TEST(DualAllocation, Rfc8656_7_2_BothFamiliesByTheirAdvertisedAddresses) {
  World world;
  const auto answer = world.allocate(world.login(), both_families);
  ASSERT_EQ(answer.code(), 200);
  const auto endpoints = relayed(answer);
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].address, FakePorts::advertised(AddressFamily::ipv4));
  EXPECT_EQ(endpoints[1].address, FakePorts::advertised(AddressFamily::ipv6));
  EXPECT_FALSE(answer.view().has(AttributeType::address_error_code));
  EXPECT_EQ(world.quota.booked.at("alice"), 1u) << "one allocation, whatever it has";
}

TEST(DualAllocation, TheOlderNumberOfTheAttributeIsUnderstood) {
  World world;
  const auto answer = world.allocate(world.login(), [](StunBuilder& b) {
    b.u8_of_four(AttributeType::additional_address_family_coturn, stun::kWireIpv6);
  });
  EXPECT_EQ(relayed(answer).size(), 2u);
}

TEST(DualAllocation, Rfc8656_7_2_OneFamilyIsEnoughAndTheOtherOneIsNamed) {
  for (const auto refused : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    for (const auto& [reason, code] : {std::pair{DropReason::family_unsupported, 440u},
                                       std::pair{DropReason::ports_exhausted, 508u}}) {
      World world;
      world.ports.refuse_family = {refused, reason};
      const Client client = world.login();
      const stun::TransactionId transaction = stun::TransactionId::random();
      const Fill fill = [](StunBuilder& b) {
        World::allocate_udp(b);
        both_families(b);
      };
      const auto answer = world.ask(client, Method::allocate, transaction, fill);
      ASSERT_EQ(answer.code(), 200);
      ASSERT_EQ(relayed(answer).size(), 1u);
      EXPECT_NE(relayed(answer)[0].address.family(), refused);
      const auto missing = answer.view().find(AttributeType::address_error_code);
      ASSERT_TRUE(missing);
      EXPECT_EQ(load_be32(missing->data()),
                std::uint32_t{stun::wire_family(refused)} << 24 | code / 100 << 8 | code % 100);
      EXPECT_EQ(world.ask(client, Method::allocate, transaction, fill).bytes, answer.bytes);
    }
  }
}

TEST(DualAllocation, Rfc8656_7_2_NoFamilyAtAllIsARefusal) {
  World world;
  world.ports.refuse = DropReason::ports_exhausted;
  EXPECT_EQ(world.allocate(world.login(), both_families).code(), 508);
  EXPECT_EQ(world.quota.booked.at("alice"), 0u);
}

TEST(DualAllocation, Rfc8656_7_2_WhatDoesNotGoWithIt) {
  const std::pair<const char*, Fill> cases[] = {
      {"IPv4 as the additional one",
       [](StunBuilder& b) {
         b.u8_of_four(AttributeType::additional_address_family, stun::kWireIpv4);
       }},
      {"a family that nobody knows",
       [](StunBuilder& b) { b.u8_of_four(AttributeType::additional_address_family, 9); }},
      {"malformed", [](StunBuilder& b) { b.text(AttributeType::additional_address_family, "x"); }},
      {"REQUESTED-ADDRESS-FAMILY",
       [](StunBuilder& b) {
         both_families(b);
         b.u8_of_four(AttributeType::requested_address_family, stun::kWireIpv4);
       }},
      {"EVEN-PORT with the R bit",
       [](StunBuilder& b) {
         both_families(b);
         b.raw(AttributeType::even_port, std::array{std::byte{0x80}});
       }},
      {"RESERVATION-TOKEN",
       [](StunBuilder& b) {
         both_families(b);
         b.u64(AttributeType::reservation_token, 1);
       }},
  };
  for (const auto& [name, fill] : cases) {
    World world;
    EXPECT_EQ(world.allocate(world.login(), fill).code(), 400) << name;
  }
}

TEST(DualAllocation, PeersOfBothFamiliesEachThroughTheirAddress) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client, both_families).code(), 200);
  ASSERT_EQ(world.permit(client, {"8.8.8.8:1", "[2a00:1450::1]:1"}).code(), 200);
  ASSERT_EQ(world.bind(client, 0x4000, "8.8.8.8:1").code(), 200);
  ASSERT_EQ(world.bind(client, 0x4001, "[2a00:1450::1]:1").code(), 200);
  const auto* ipv4 = world.flow(World::kListener, "192.0.2.50:40000", 0x4000);
  const auto* ipv6 = world.flow(World::kListener, "192.0.2.50:40000", 0x4001);
  ASSERT_TRUE(ipv4 && ipv6);
  EXPECT_NE(ipv4->out_socket, ipv6->out_socket);
  EXPECT_TRUE(world.flow(ipv4->out_socket, "8.8.8.8:0"));
  EXPECT_TRUE(world.flow(ipv6->out_socket, "[2a00:1450::1]:0"));
  EXPECT_TRUE(world.flow(World::kListener, "192.0.2.50:40000", kSendIndicationIpv4));
  EXPECT_TRUE(world.flow(World::kListener, "192.0.2.50:40000", kSendIndicationIpv6));
}

TEST(DualAllocation, Rfc8656_8_2_LifetimeZeroOfOneFamilyLeavesTheOther) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client, both_families).code(), 200);
  ASSERT_EQ(world.permit(client, {"8.8.8.8:1", "[2a00:1450::1]:1"}).code(), 200);
  ASSERT_EQ(world.bind(client, 0x4001, "[2a00:1450::1]:1").code(), 200);

  EXPECT_EQ(refresh(world, client, stun::kWireIpv6, 0).lifetime(), 0u);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
  EXPECT_EQ(world.flows.flows.size(), 2u) << "Send indications and the permission of IPv4";
  EXPECT_EQ(world.permit(client, {"[2a00:1450::1]:1"}).code(), 443);
  EXPECT_EQ(refresh(world, client, stun::kWireIpv6).code(), 443);
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1"}).code(), 200);
  EXPECT_TRUE(world.observer.closed.empty());

  EXPECT_EQ(refresh(world, client, stun::kWireIpv4, 0).code(), 200);
  EXPECT_TRUE(world.flows.flows.empty());
  EXPECT_EQ(world.observer.closed.size(), 1u);
}

TEST(DualAllocation, Rfc8656_8_2_EachFamilyIsRefreshedForItself) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client, both_families).code(), 200);
  world.advance(5min);
  ASSERT_EQ(refresh(world, client, stun::kWireIpv4, 3000).lifetime(), 3000u);
  world.advance(5min);
  EXPECT_EQ(world.ports.sockets.size(), 1u) << "IPv6 has run out";
  EXPECT_EQ(world.permit(client, {"[2a00:1450::1]:1"}).code(), 443);
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1"}).code(), 200);
  world.advance(45min);
  EXPECT_TRUE(world.ports.sockets.empty());
  EXPECT_TRUE(world.flows.flows.empty());
}

/// A socket id is used again: what the next owner of one that is closed gets is not ours.
TEST(DualAllocation, AFamilyThatIsGoneLeavesItsSocketBehind) {
  const auto ends_by = [](bool expires) {
    World world;
    const Client client = world.login();
    ASSERT_EQ(world.allocate(client, both_families).code(), 200);
    ASSERT_EQ(world.bind(client, 0x4001, "[2a00:1450::1]:1").code(), 200);
    const SocketId ipv6 = world.flow(World::kListener, "192.0.2.50:40000", 0x4001)->out_socket;
    if (expires) {
      world.advance(5min);
      ASSERT_EQ(refresh(world, client, stun::kWireIpv4, 3000).code(), 200);
      world.advance(5min);
    } else {
      ASSERT_EQ(refresh(world, client, stun::kWireIpv6, 0).code(), 200);
    }
    ASSERT_EQ(world.ports.sockets.size(), 1u);
    ASSERT_EQ(world.permit(client, {"8.8.8.8:1"}).code(), 200);
    Outcome outcome;
    world.server.on_icmp(world.now, ipv6, *Endpoint::parse("8.8.8.8:1"), {3, 3, 0}, outcome);
    EXPECT_TRUE(outcome.replies().empty());
    EXPECT_FALSE(world.icmp("8.8.8.8:1", {3, 3, 0}).silent()) << "of the family that is left";
  };
  for (const bool expires : {false, true}) {
    SCOPED_TRACE(expires ? "expired" : "deleted");
    ends_by(expires);
  }
}

TEST(DualAllocation, Rfc8656_8_2_WithoutAFamilyRefreshMeansBoth) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client, both_families).code(), 200);
  ASSERT_EQ(world.refresh(client, 3000).lifetime(), 3000u);
  world.advance(2999s);
  EXPECT_EQ(world.ports.sockets.size(), 2u);
  ASSERT_EQ(world.refresh(client, 0).code(), 200);
  EXPECT_TRUE(world.ports.sockets.empty());
}

}  // namespace
}  // namespace avedge::turn
