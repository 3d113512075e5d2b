// Clients that come over TCP, TLS or DTLS: their connection is trusted while it carries an
// allocation, and the allocation ends with it.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class OverAConnection : public ::testing::TestWithParam<Transport> {
 protected:
  World world_;
  Client client_ = world_.login(Client{}.over(GetParam(), 7));
};

TEST_P(OverAConnection, AnswersAndFlowsUseItsSocket) {
  const auto answer = world_.allocate(client_);
  EXPECT_EQ(answer.code(), 200);
  EXPECT_EQ(answer.socket, SocketId{7});
  ASSERT_EQ(world_.permit(client_, {"8.8.8.8:1"}).code(), 200);
  EXPECT_TRUE(world_.flow(SocketId{7}, "192.0.2.50:40000", kSendIndicationIpv4));
  EXPECT_EQ(world_.flow(world_.relay(), "8.8.8.8:0")->out_socket, SocketId{7});
}

TEST_P(OverAConnection, AnAllocationMakesAClientOfAStranger) {
  EXPECT_FALSE(world_.decided.auth_state.contains(7));
  ASSERT_EQ(world_.allocate(client_).code(), 200);
  EXPECT_EQ(world_.decided.auth_state.at(7), AuthState::authenticated);
  ASSERT_EQ(world_.refresh(client_, 0).code(), 200);
  EXPECT_EQ(world_.decided.auth_state.at(7), AuthState::unauthenticated);
  ASSERT_EQ(world_.allocate(client_).code(), 200);
  world_.advance(10min);
  EXPECT_EQ(world_.decided.auth_state.at(7), AuthState::unauthenticated);
}

TEST_P(OverAConnection, TheAllocationEndsWithIt) {
  ASSERT_EQ(world_.allocate(client_).code(), 200);
  ASSERT_EQ(world_.bind(client_, 0x4000, "8.8.8.8:1").code(), 200);
  world_.hang_up(client_);
  EXPECT_TRUE(world_.flows.flows.empty());
  EXPECT_TRUE(world_.ports.sockets.empty());
  EXPECT_EQ(world_.quota.booked.at("alice"), 0u);
  ASSERT_EQ(world_.observer.closed.size(), 1u);
  EXPECT_EQ(world_.observer.closed[0].reason, CloseReason::connection_closed);
  EXPECT_EQ(world_.server.next_deadline(), kNever);
}

TEST_P(OverAConnection, AnotherConnectionOfTheSameAddressTouchesNothing) {
  ASSERT_EQ(world_.allocate(client_).code(), 200);
  // Behind a proxy two connections can claim the same client.
  const Client twin = client_.over(GetParam(), 8);
  EXPECT_EQ(world_.refresh(twin, 0).code(), 437);
  EXPECT_EQ(world_.allocate(twin).code(), 437);
  world_.hang_up(twin);
  EXPECT_EQ(world_.ports.sockets.size(), 1u);
}

TEST_P(OverAConnection, EndingWithoutAnAllocationIsNothing) {
  world_.hang_up(client_);
  EXPECT_TRUE(world_.observer.closed.empty());
}

INSTANTIATE_TEST_SUITE_P(Transports, OverAConnection,
                         ::testing::Values(Transport::tcp, Transport::tls, Transport::dtls),
                         [](const auto& test) { return std::string{to_string(test.param)}; });

TEST(OverUdp, TheSameAddressByAnotherTransportIsAnotherClient) {
  World world;
  const Client udp = world.login();
  ASSERT_EQ(world.allocate(udp).code(), 200);
  ASSERT_EQ(world.allocate(udp.over(Transport::tcp, 7)).code(), 200);
  EXPECT_EQ(world.ports.sockets.size(), 2u);
}

}  // namespace
}  // namespace avedge::turn
