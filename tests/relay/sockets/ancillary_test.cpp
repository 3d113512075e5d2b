// What the kernel of this machine says about datagrams.
#include "relay/sockets/ancillary.h"

#include <gtest/gtest.h>

#include "../received_datagram.h"
#include "relay/sockets/socket_address.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

class AncillaryOf : public testing::TestWithParam<IpAddress> {};

TEST_P(AncillaryOf, ADatagramSaysWhereItWasSentTo) {
  const FileDescriptor receiver = *open_udp({GetParam(), Port{}}, {});
  const FileDescriptor sender = *open_udp({GetParam(), Port{}}, {});
  ASSERT_TRUE(tell_destinations(receiver.get(), GetParam().family()));
  ASSERT_TRUE(
      apply_dscp_ttl_policy(receiver.get(), GetParam().family(), {.decrements_hop_limit = true}));
  const Endpoint local = local_endpoint(receiver);
  const SocketAddress address{local};
  ASSERT_EQ(sendto(sender.get(), "x", 1, 0, &address.any, address.size()), 1);

  const auto received = receive_datagram(receiver, std::chrono::seconds{10});
  ASSERT_TRUE(received);
  EXPECT_EQ(received->from, local_endpoint(sender));
  EXPECT_EQ(received->ancillary.destination, local);
  EXPECT_EQ(received->ancillary.segment, 0u);
  EXPECT_NE(received->ancillary.fields.hop_limit, 0);
}

TEST_P(AncillaryOf, AMessageThatSaysNothing) {
  msghdr message{};
  const Ancillary ancillary = read_ancillary(message);
  EXPECT_EQ(ancillary.destination, Endpoint{});
  EXPECT_EQ(ancillary.segment, 0u);
  EXPECT_EQ(ancillary.fields, IpHeaderFields{});
}

INSTANTIATE_TEST_SUITE_P(Families, AncillaryOf,
                         testing::Values(*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")),
                         [](const auto& family) { return family.param.is_v4() ? "v4" : "v6"; });

}  // namespace
}  // namespace avedge::relay
