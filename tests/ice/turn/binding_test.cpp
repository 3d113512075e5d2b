#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::MessageClass;
using stun::Method;
using stun::StunBuilder;
using namespace std::chrono_literals;

TEST(Binding, SuccessIs32BytesForIpv4) {
  World world;
  const auto answer = world.ask(Client{}, Method::binding);
  EXPECT_FALSE(answer.reason);
  EXPECT_EQ(answer.bytes.size(), 32u);
  EXPECT_EQ(answer.address(AttributeType::xor_mapped_address), Client{}.endpoint);
  EXPECT_EQ(world.counters.stun_requests.value(), 1u);
}

TEST(Binding, Ipv6ClientsSeeTheirAddress) {
  World world;
  Client client;
  client.endpoint = *Endpoint::parse("[2001:db8::5]:4000");
  const auto answer = world.ask(client, Method::binding);
  EXPECT_EQ(answer.address(AttributeType::xor_mapped_address), client.endpoint);
}

TEST(Binding, FingerprintOnlyIfTheRequestHadOne) {
  World world;
  const auto with = world.ask(Client{}, Method::binding, [](StunBuilder& b) { b.fingerprint(); });
  EXPECT_TRUE(with.view().has_fingerprint());
  EXPECT_FALSE(world.ask(Client{}, Method::binding).view().has_fingerprint());
}

TEST(Binding, Rfc8489_6_3_1_UnknownRequiredAttributesAreListed) {
  World world;
  const auto answer = world.ask(Client{}, Method::binding, [](StunBuilder& b) {
    b.flag(AttributeType{0x0003}).flag(AttributeType{0x7ABC}).flag(AttributeType{0xC000});
  });
  EXPECT_EQ(answer.code(), 420);
  EXPECT_EQ(answer.reason, DropReason::unknown_attribute);
  const auto listed = answer.view().find(AttributeType::unknown_attributes);
  ASSERT_EQ(listed->size(), 4u);
  EXPECT_EQ(load_be32(listed->data()), 0x00037ABCu);
}

TEST(Binding, A420ListsABoundedNumber) {
  World world;
  const auto answer = world.ask(Client{}, Method::binding, [](StunBuilder& b) {
    for (std::uint16_t i = 0; i < stun::kMaxAttributes; ++i) {
      b.flag(AttributeType{static_cast<std::uint16_t>(0x100 + i)});
    }
  });
  EXPECT_EQ(answer.view().find(AttributeType::unknown_attributes)->size(), 32u);
}

TEST(Stun, UnknownMethodsAreBadRequests) {
  World world;
  const auto answer = world.ask(Client{}, Method{0x0AB});
  EXPECT_EQ(answer.code(), 400);
  EXPECT_EQ(answer.reason, DropReason::stun_bad_request);
  EXPECT_EQ(world.ask(Client{}, Method::data).code(), 400);
}

TEST(Stun, NobodyAnswersResponsesAndIndications) {
  World world;
  const auto send = [&](Method method, MessageClass message_class) {
    std::array<std::byte, 64> buffer;
    return world.receive(Client{}.endpoint,
                         StunBuilder{buffer, method, message_class, {}}.finish());
  };
  EXPECT_EQ(send(Method::binding, MessageClass::success).reason, DropReason::stun_unexpected);
  EXPECT_EQ(send(Method::allocate, MessageClass::error).reason, DropReason::stun_unexpected);
  EXPECT_EQ(send(Method::data, MessageClass::indication).reason, DropReason::stun_unexpected);
  EXPECT_FALSE(send(Method::binding, MessageClass::indication).reason);  // a keep-alive
  EXPECT_EQ(world.replies, 0u);
}

TEST(Stun, MalformedMessagesAreMetWithSilence) {
  World world;
  const auto answer = world.receive(Client{}.endpoint, bytes_of("\0\1\0\0 not STUN at all "));
  EXPECT_EQ(answer.reason, DropReason::stun_malformed);
  EXPECT_TRUE(answer.silent());
}

TEST(AnswerBudgetOfTheServer, StrangersAreAnsweredSoOften) {
  Settings settings = World::default_settings();
  settings.limits.answers_per_second = 10;
  settings.limits.answer_burst = 3;
  World world{settings};
  Client client;
  EXPECT_EQ(world.ask(client, Method::binding).code(), 200);
  EXPECT_EQ(world.allocate(client).code(), 401);
  EXPECT_EQ(world.ask(client, Method{0x0AB}).code(), 400);

  client.endpoint.port = Port{7};  // another port of the same prefix is no other source
  for (const auto method : {Method::binding, Method::allocate, Method{0x0AB}}) {
    const auto answer = world.ask(client, method);
    EXPECT_EQ(answer.reason, DropReason::answer_budget);
    EXPECT_TRUE(answer.silent());
  }
  world.now += 100ms;
  EXPECT_EQ(world.ask(client, Method::binding).code(), 200);
  EXPECT_TRUE(world.ask(client, Method::binding).silent());
}

TEST(AnswerBudgetOfTheServer, UsersDoNotNeedIt) {
  Settings settings = World::default_settings();
  settings.limits.answer_burst = 1;
  settings.limits.answers_per_second = 1;
  World world{settings};
  const Client client = world.login();
  EXPECT_TRUE(world.ask(client, Method::binding).silent());
  EXPECT_EQ(world.allocate(client).code(), 200);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(world.refresh(client).code(), 200);
}

}  // namespace
}  // namespace avedge::turn
