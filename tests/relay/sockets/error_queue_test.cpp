// What a closed port answers on loopback is a real ICMP error.
#include "relay/sockets/error_queue.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "../loopback.h"
#include "relay/sockets/send_batch.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

class ErrorQueue : public testing::TestWithParam<IpAddress> {
 protected:
  ErrorQueue()
      : socket_{*open_udp({GetParam(), Port{}}, {})}, open_{*open_udp({GetParam(), Port{}}, {})} {
    // Bound once, so that nobody else's: the kernel hands out ports in no order.
    closed_ = local_endpoint(*open_udp({GetParam(), Port{}}, {}));
  }

  void send(const Endpoint& to) const {
    const SocketAddress address{to};
    ASSERT_EQ(sendto(socket_.get(), "x", 1, 0, &address.any, address.size()), 1);
  }
  /// Loopback delivers the error before the send returns; where it does not, this waits.
  [[nodiscard]] bool has_error() const {
    pollfd waiting{socket_.get(), 0, 0};
    return poll(&waiting, 1, 10'000) == 1 && (waiting.revents & POLLERR) != 0;
  }
  [[nodiscard]] int received() const {
    int count = 0;
    char byte = 0;
    while (recv(open_.get(), &byte, 1, MSG_DONTWAIT) == 1) ++count;
    return count;
  }

  FileDescriptor socket_;
  FileDescriptor open_;  // a peer that is there
  Endpoint closed_;
};

TEST_P(ErrorQueue, SaysWhichPeerIsGone) {
  ASSERT_TRUE(keep_icmp_errors(socket_.get(), GetParam().family()));
  EXPECT_FALSE(take_icmp_error(socket_.get()));
  send(closed_);
  ASSERT_TRUE(has_error());
  const auto undelivered = take_icmp_error(socket_.get());
  ASSERT_TRUE(undelivered);
  EXPECT_EQ(undelivered->peer, closed_);
  // Port unreachable, RFC 792 and RFC 4443 §3.1.
  EXPECT_EQ(undelivered->error.type, GetParam().is_v4() ? 3 : 1);
  EXPECT_EQ(undelivered->error.code, GetParam().is_v4() ? 3 : 4);
  EXPECT_EQ(undelivered->error.data, 0u);
  EXPECT_FALSE(take_icmp_error(socket_.get()));
}

TEST_P(ErrorQueue, APeerThatIsGoneCostsOthersNothing) {
  ASSERT_TRUE(keep_icmp_errors(socket_.get(), GetParam().family()));
  Drops drops;
  SendBatch batch{drops};
  const Endpoint open = local_endpoint(open_);
  for (int round = 0; round < 3; ++round) {
    batch.push(socket_.get(), open, bytes_of("x"));
    batch.push(socket_.get(), closed_, bytes_of("x"));
    batch.flush();
    ASSERT_TRUE(has_error());
  }
  batch.push(socket_.get(), open, bytes_of("x"));
  batch.flush();
  EXPECT_EQ(received(), 4);
  EXPECT_EQ(drops.of(DropReason::send_failed), 0u);
}

TEST_P(ErrorQueue, NorDoesItCostOneThatIsSentUnfragmented) {
  ASSERT_TRUE(keep_icmp_errors(socket_.get(), GetParam().family()));
  send(closed_);
  ASSERT_TRUE(has_error());
  EXPECT_TRUE(send_unfragmented(socket_, local_endpoint(open_), bytes_of("x"), {}));
  EXPECT_EQ(received(), 1);
}

TEST_P(ErrorQueue, WhatReallyCannotBeSentIsDropped) {
  Drops drops;
  SendBatch batch{drops};
  const std::string too_long(65'535, 'x');
  const Endpoint open = local_endpoint(open_);
  batch.push(socket_.get(), open, bytes_of(too_long));
  batch.push(socket_.get(), open, bytes_of("x"));
  batch.flush();
  EXPECT_EQ(drops.of(DropReason::send_failed), 1u);
  EXPECT_EQ(received(), 1);
}

INSTANTIATE_TEST_SUITE_P(Families, ErrorQueue,
                         testing::Values(IpAddress::v4(127, 0, 0, 1), *IpAddress::parse("::1")),
                         [](const auto& family) { return family.param.is_v4() ? "v4" : "v6"; });

}  // namespace
}  // namespace avedge::relay
