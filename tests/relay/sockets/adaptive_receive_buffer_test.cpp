#include "relay/sockets/adaptive_receive_buffer.h"

#include <gtest/gtest.h>

#include "relay/sockets/socket_address.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

/// The kernel doubles what it is asked for, and admits no more than net.core.rmem_max unprivileged.
constexpr int kLong = 200 << 10;

class SharedQueueOfASocket : public testing::Test {
 protected:
  /// More than fits.
  void overflow() const {
    const SocketAddress to{local_endpoint(receiver_)};
    const std::string datagram(1000, 'x');
    for (int i = 0; i < 2000; ++i) {
      sendto(sender_.get(), datagram.data(), datagram.size(), 0, &to.any, to.size());
    }
  }

  static FileDescriptor open(int receive_buffer) {
    return *open_udp({IpAddress::v4(127, 0, 0, 1), Port{}}, {.receive_buffer = receive_buffer});
  }

  FileDescriptor receiver_ = open(kLong);
  FileDescriptor sender_ = open(0);
  AdaptiveReceiveBuffer queue_{receiver_.get(), kLong};
};

TEST_F(SharedQueueOfASocket, StaysLongWhileNothingIsLost) {
  EXPECT_EQ(queue_.adapt(), 0u);
  EXPECT_FALSE(queue_.is_short());
}

TEST_F(SharedQueueOfASocket, IsShortWhereMoreComesThanIsTaken) {
  overflow();
  EXPECT_GT(queue_.adapt(), 1000u);
  EXPECT_TRUE(queue_.is_short());
  EXPECT_EQ(queue_.adapt(), 0u) << "each loss counts once";
  EXPECT_TRUE(queue_.is_short()) << "until everything was taken";
}

TEST_F(SharedQueueOfASocket, IsLongAgainOnceItWasDrained) {
  overflow();
  static_cast<void>(queue_.adapt());
  queue_.note_empty();
  EXPECT_EQ(queue_.adapt(), 0u);
  EXPECT_FALSE(queue_.is_short());
}

TEST_F(SharedQueueOfASocket, ABurstThatOverflowsIsNoOverload) {
  queue_.note_empty();
  overflow();
  EXPECT_GT(queue_.adapt(), 1000u);
  EXPECT_FALSE(queue_.is_short());
}

}  // namespace
}  // namespace avedge::relay
