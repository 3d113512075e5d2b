// RFC 5780: the answer leaves from where the client wants it to.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;

Endpoint at(const char* text) {
  return *Endpoint::parse(text);
}

class NatDiscoveryTest : public ::testing::Test {
 protected:
  NatDiscoveryTest() {
    std::uint32_t socket = 1;
    for (const auto& row : world_.server_settings.nat_discovery->addresses) {
      for (const auto& spot : row) world_.ports.listeners[spot.local] = SocketId{socket++};
    }
    world_.server_address = at("10.0.0.1:3478");
  }

  static Settings settings() {
    Settings settings = World::default_settings();
    settings.nat_discovery.emplace();
    settings.nat_discovery->addresses[0][0] = {at("10.0.0.1:3478"), at("198.51.100.1:3478")};
    settings.nat_discovery->addresses[0][1] = {at("10.0.0.1:3479"), at("198.51.100.1:3479")};
    settings.nat_discovery->addresses[1][0] = {at("10.0.0.2:3478"), at("198.51.100.2:3478")};
    settings.nat_discovery->addresses[1][1] = {at("10.0.0.2:3479"), at("198.51.100.2:3479")};
    return settings;
  }

  Answered ask(const Fill& fill = kNothing) { return world_.ask(client_, Method::binding, fill); }
  static std::optional<Endpoint> address(const Answered& answer, AttributeType type) {
    const auto value = answer.view().find(type);
    return value ? stun::read_address(*value) : std::nullopt;
  }
  static Fill change(std::uint32_t flags) {
    return [flags](StunBuilder& b) { b.u32(AttributeType::change_request, flags); };
  }

  World world_{settings()};
  Client client_;
};

TEST_F(NatDiscoveryTest, Rfc5780_6_1_SaysWhereItCameFromAndWhereElseToAsk) {
  const auto answer = ask();
  EXPECT_EQ(answer.code(), 200);
  EXPECT_EQ(answer.address(AttributeType::xor_mapped_address), client_.endpoint);
  EXPECT_EQ(address(answer, AttributeType::mapped_address), client_.endpoint);
  EXPECT_EQ(address(answer, AttributeType::response_origin), at("198.51.100.1:3478"));
  EXPECT_EQ(address(answer, AttributeType::other_address), at("198.51.100.2:3479"));
}

TEST_F(NatDiscoveryTest, Rfc5780_6_1_ChangeRequestChoosesTheOrigin) {
  const std::tuple<std::uint32_t, std::uint32_t, const char*> cases[] = {
      {0, 1, "198.51.100.1:3478"},
      {2, 2, "198.51.100.1:3479"},
      {4, 3, "198.51.100.2:3478"},
      {6, 4, "198.51.100.2:3479"}};
  for (const auto& [flags, socket, origin] : cases) {
    const auto answer = ask(change(flags));
    EXPECT_EQ(answer.socket, SocketId{socket}) << flags;
    EXPECT_EQ(answer.to, client_.endpoint) << flags;
    EXPECT_EQ(address(answer, AttributeType::response_origin), at(origin)) << flags;
    EXPECT_EQ(address(answer, AttributeType::other_address), at("198.51.100.2:3479")) << flags;
  }
}

TEST_F(NatDiscoveryTest, Rfc5780_7_4_TheOtherAddressIsOtherThanTheOneAsked) {
  world_.server_address = at("10.0.0.2:3478");
  EXPECT_EQ(address(ask(), AttributeType::other_address), at("198.51.100.1:3479"));
}

TEST_F(NatDiscoveryTest, Rfc5780_7_5_AnswersGoToTheResponsePort) {
  const auto answer = ask([](StunBuilder& b) { b.u32(AttributeType::response_port, 5555u << 16); });
  EXPECT_EQ(answer.to.port, Port{5555});
  EXPECT_EQ(answer.to.address, client_.endpoint.address);
  EXPECT_EQ(answer.address(AttributeType::xor_mapped_address), client_.endpoint);
}

TEST_F(NatDiscoveryTest, Rfc5780_7_6_PaddingComesBackAndIsNeverMoreThanCameIn) {
  for (const std::size_t size : {4u, 100u, 1500u, 3000u}) {
    const std::vector<std::byte> zeros(size);
    const auto answer = ask([&](StunBuilder& b) { b.raw(AttributeType::padding, zeros); });
    ASSERT_EQ(answer.code(), 200) << size;
    EXPECT_EQ(answer.view().find(AttributeType::padding)->size(),
              std::min(size, std::size_t{1500}));
  }
}

TEST_F(NatDiscoveryTest, WhatMakesNoSenseIsABadRequest) {
  const std::pair<const char*, Fill> cases[] = {
      {"PADDING to another port",
       [](StunBuilder& b) {
         b.u32(AttributeType::response_port, 5555u << 16).u32(AttributeType::padding, 0);
       }},
      {"port 0", [](StunBuilder& b) { b.u32(AttributeType::response_port, 0); }},
      {"short RESPONSE-PORT", [](StunBuilder& b) { b.text(AttributeType::response_port, "x"); }},
      {"short CHANGE-REQUEST", [](StunBuilder& b) { b.text(AttributeType::change_request, "x"); }},
  };
  for (const auto& [name, fill] : cases) EXPECT_EQ(ask(fill).code(), 400) << name;
}

TEST_F(NatDiscoveryTest, AListenerThatIsNotThereIsOurOwnFault) {
  world_.ports.listeners.erase(at("10.0.0.2:3478"));
  EXPECT_EQ(ask(change(4)).code(), 500);
}

TEST_F(NatDiscoveryTest, OtherListenersAndConnectionsOfferNone) {
  world_.server_address = at("10.0.0.3:3478");
  EXPECT_EQ(ask(change(6)).code(), 420);
  EXPECT_EQ(ask().bytes.size(), 32u);
  world_.server_address = at("10.0.0.1:3478");
  client_ = client_.over(Transport::tcp, 9);
  EXPECT_EQ(ask(change(6)).code(), 420);
  EXPECT_EQ(ask().bytes.size(), 32u);
}

TEST_F(NatDiscoveryTest, TheBudgetOfTheSourceCounts) {
  Settings few = settings();
  few.limits.answers_per_second = 1;
  few.limits.answer_burst = 2;
  World world{few};
  world.server_address = at("10.0.0.1:3478");
  world.ports.listeners = world_.ports.listeners;
  int answered = 0;
  for (int i = 0; i < 10; ++i) answered += !world.ask(client_, Method::binding, change(6)).silent();
  EXPECT_EQ(answered, 2);
}

}  // namespace
}  // namespace avedge::turn
