#include "relay/sockets/listener_lock.h"

#include <gtest/gtest.h>

#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

Endpoint free_loopback_endpoint() {
  const auto socket = open_udp({IpAddress::v4(127, 0, 0, 1), Port{}}, {});
  return local_endpoint(*socket);
}

TEST(ListenerLock, KeepsASecondEdgeOut) {
  const Endpoint listener = free_loopback_endpoint();
  auto first = ListenerLock::take(listener, "");
  ASSERT_TRUE(first);
  const auto open = open_udp(listener, {.sharing = Sharing::per_worker});
  ASSERT_TRUE(open) << "the lock does not hinder its owner";

  const auto second = ListenerLock::take(listener, "");
  ASSERT_FALSE(second);
  EXPECT_NE(second.reason().message().find("another avedge"), std::string::npos);
  EXPECT_NE(second.reason().message().find(listener.to_string()), std::string::npos);
}

TEST(ListenerLock, FindsAProgramThatSharesItsPort) {
  const Endpoint listener = free_loopback_endpoint();
  const auto stranger = open_udp(listener, {.sharing = Sharing::per_worker});
  ASSERT_TRUE(stranger);
  const auto lock = ListenerLock::take(listener, "");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.reason().message().find("another program"), std::string::npos);
}

TEST(ListenerLock, IsFreeAgainAfterItsOwner) {
  const Endpoint listener = free_loopback_endpoint();
  { ASSERT_TRUE(ListenerLock::take(listener, "")); }
  EXPECT_TRUE(ListenerLock::take(listener, ""));
}

TEST(ListenerLock, SaysWhichAddressIsNotOurs) {
  const auto lock = ListenerLock::take({IpAddress::v4(192, 0, 2, 1), Port{3478}}, "");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.reason().message().find("192.0.2.1:3478"), std::string::npos);
}

}  // namespace
}  // namespace avedge::relay
