// What the kernel of this machine says about datagrams.
#include "relay/ancillary.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "relay/socket_address.h"
#include "relay/udp_socket.h"

namespace avedge::relay {
namespace {

class AncillaryOf : public testing::TestWithParam<IpAddress> {};

TEST_P(AncillaryOf, ADatagramSaysWhereItWasSentTo) {
  const FileDescriptor receiver = *open_udp({GetParam(), Port{}}, {});
  const FileDescriptor sender = *open_udp({GetParam(), Port{}}, {});
  ASSERT_TRUE(tell_destinations(receiver.get(), GetParam().family()));
  ASSERT_TRUE(apply_marking(receiver.get(), GetParam().family(), {.decrements_hop_limit = true}));
  const Endpoint local = local_endpoint(receiver);
  const SocketAddress address{local};
  ASSERT_EQ(sendto(sender.get(), "x", 1, 0, &address.any, address.size()), 1);

  std::array<char, 8> bytes;
  iovec vector{bytes.data(), bytes.size()};
  AncillaryBuffer control;
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  pollfd waiting{receiver.get(), POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 10'000), 1);
  ASSERT_EQ(recvmsg(receiver.get(), &message, 0), 1);
  EXPECT_EQ(message.msg_flags & MSG_CTRUNC, 0) << "with everything else that is asked for";
  const Ancillary ancillary = read_ancillary(message);
  EXPECT_EQ(ancillary.destination, local);
  EXPECT_EQ(ancillary.segment, 0u);
  EXPECT_NE(ancillary.marks.hop_limit, 0);
}

TEST_P(AncillaryOf, AMessageThatSaysNothing) {
  msghdr message{};
  const Ancillary ancillary = read_ancillary(message);
  EXPECT_EQ(ancillary.destination, Endpoint{});
  EXPECT_EQ(ancillary.segment, 0u);
  EXPECT_EQ(ancillary.marks, IpMarks{});
}

INSTANTIATE_TEST_SUITE_P(Families, AncillaryOf,
                         testing::Values(*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")),
                         [](const auto& family) { return family.param.is_v4() ? "v4" : "v6"; });

}  // namespace
}  // namespace avedge::relay
