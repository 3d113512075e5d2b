// Datagrams of several sockets, pushed in any order: each socket's leave in the order they came.
#include "relay/sockets/send_batch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <vector>

#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

FileDescriptor open_socket() {
  return *open_udp({IpAddress::v4(127, 0, 0, 1), Port{}}, {});
}

/// A socket, and where it sends to.
class Sender {
 public:
  explicit Sender(FileDescriptor socket)
      : socket_{std::move(socket)}, receiver_{open_socket()}, to_{local_endpoint(receiver_)} {}

  void push(SendBatch& batch) {
    ASSERT_LT(pushed_, texts_.size());
    texts_[pushed_] = static_cast<std::byte>(pushed_);
    // Of growing sizes, so that no run is made of them.
    batch.push(socket_.get(), to_, ConstBytes{texts_}.first(pushed_ + 1));
    ++pushed_;
  }

  /// Whether everything that was pushed has arrived, in that order, and nothing else.
  [[nodiscard]] bool arrived() const {
    std::array<std::byte, 512> received;
    for (std::size_t size = 1; size <= pushed_; ++size) {
      pollfd waiting{receiver_.get(), POLLIN, 0};
      if (poll(&waiting, 1, 10'000) != 1) return false;
      if (recv(receiver_.get(), received.data(), received.size(), 0) != ssize_t(size)) return false;
    }
    return recv(receiver_.get(), received.data(), received.size(), MSG_DONTWAIT) < 0;
  }

 private:
  FileDescriptor socket_;
  FileDescriptor receiver_;
  SocketAddress to_;
  std::array<std::byte, SendBatch::kCapacity> texts_{};
  std::size_t pushed_ = 0;
};

class SendBatchOfSockets : public testing::Test {
 protected:
  /// `turns` names senders in the order in which they push.
  void push(const std::vector<std::size_t>& turns) {
    for (const std::size_t turn : turns) senders_[turn].push(batch_);
    batch_.flush();
    EXPECT_TRUE(batch_.empty());
    for (const Sender& sender : senders_) EXPECT_TRUE(sender.arrived());
    EXPECT_EQ(drops_.of(DropReason::send_failed), 0u);
  }

  Drops drops_;
  SendBatch batch_{drops_};
  std::vector<Sender> senders_;
};

TEST_F(SendBatchOfSockets, OneOfEach) {
  for (int i = 0; i < 3; ++i) senders_.emplace_back(open_socket());
  push({0, 1, 2});
}

TEST_F(SendBatchOfSockets, ManyOfOne) {
  senders_.emplace_back(open_socket());
  push(std::vector<std::size_t>(SendBatch::kCapacity, 0));
}

TEST_F(SendBatchOfSockets, InBlocks) {
  for (int i = 0; i < 3; ++i) senders_.emplace_back(open_socket());
  push({0, 0, 0, 1, 1, 2, 0, 0});
}

TEST_F(SendBatchOfSockets, Interleaved) {
  for (int i = 0; i < 5; ++i) senders_.emplace_back(open_socket());
  std::vector<std::size_t> turns;
  for (std::size_t i = 0; i < SendBatch::kCapacity; ++i) turns.push_back(i * 7 % 5);
  push(turns);
}

TEST_F(SendBatchOfSockets, WhoseDescriptorsAreAliasesOfOneSlot) {
  FileDescriptor first = open_socket();
  FileDescriptor alias{fcntl(open_socket().get(), F_DUPFD_CLOEXEC, first.get() + 256)};
  ASSERT_EQ(alias.get(), first.get() + 256) << "somebody else has the descriptor";
  senders_.emplace_back(std::move(first));
  senders_.emplace_back(std::move(alias));
  push({0, 0, 1, 0, 1, 1, 0, 0, 0, 1});
}

TEST_F(SendBatchOfSockets, AgainAfterAFlush) {
  for (int i = 0; i < 2; ++i) senders_.emplace_back(open_socket());
  for (const std::size_t turn : {0, 1, 0}) senders_[turn].push(batch_);
  batch_.flush();
  push({1, 0, 1});
}

}  // namespace
}  // namespace avedge::relay
