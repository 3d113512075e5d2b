// Which buffers may be used again while others still hold packets.
#include "relay/forwarding/packet_buffers.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace avedge::relay {
namespace {

class PacketBuffersTest : public testing::Test {
 protected:
  static std::string text(ConstBytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static ConstBytes bytes(const std::string& text) { return std::as_bytes(std::span{text}); }

  /// A datagram that has been received, and is still to be served.
  Bytes receive(const std::string& datagram) {
    std::byte* const place = buffers_.received().payload(0);
    std::memcpy(place, datagram.data(), datagram.size());
    buffers_.received().keep(1);
    return {place, datagram.size()};
  }
  void read(const std::string& record) {
    const Bytes room = buffers_.room_to_read();
    std::memcpy(room.data(), record.data(), record.size());
    buffers_.keep_read();
  }

  Drops drops_;
  SendBatch batch_{drops_};
  PacketBuffers buffers_{batch_, nullptr};
};

/// A batch of datagrams lies there while the records of the first of them are decrypted: however
/// many those are, they never lie over the next datagram, which is another client's.
TEST_F(PacketBuffersTest, ManyRecordsLeaveReceivedDatagramsAlone) {
  std::vector<Bytes> received;
  for (int i = 0; i < 64; ++i) received.push_back(receive("datagram " + std::to_string(i)));
  for (int i = 0; i < 500; ++i) read("a record of another client");
  for (int i = 0; i < 64; ++i) EXPECT_EQ(text(received[i]), "datagram " + std::to_string(i));
}

TEST_F(PacketBuffersTest, ManySegmentsLeaveReceivedAndReadBytesAlone) {
  const Bytes datagram = receive("received");
  const Bytes record = buffers_.room_to_read();
  read("read");
  for (int i = 0; i < 500; ++i) {
    static_cast<void>(buffers_.copy_segment(bytes("segment")));
    static_cast<void>(buffers_.copy_encrypted(bytes("encrypted")));
  }
  EXPECT_EQ(text(datagram), "received");
  EXPECT_EQ(text(record.first(4)), "read");
}

TEST_F(PacketBuffersTest, ASegmentHasRoomInFrontOfItAndBehindIt) {
  const Bytes first = buffers_.copy_segment(bytes("first"));
  const Bytes second = buffers_.copy_segment(bytes("second"));
  std::memset(second.data() - PacketRing::kHeadroom, 'h', PacketRing::kHeadroom);
  std::memset(first.data() + first.size(), 't', PacketRing::kTailroom);
  EXPECT_EQ(text(first), "first");
  EXPECT_EQ(text(second), "second");
}

/// What waits in the batch points into the buffers: it leaves before they are used again.
TEST_F(PacketBuffersTest, SendsWhatWaitsBeforeABufferIsUsedAgain) {
  for (std::size_t i = 0; i < PacketRing::kCapacity; ++i) {
    const Bytes copy = buffers_.copy_encrypted(bytes("waits"));
    if (batch_.full()) batch_.flush();
    batch_.push(-1, {IpAddress::v4(127, 0, 0, 1), Port{9}}, copy);
  }
  EXPECT_FALSE(batch_.empty());
  static_cast<void>(buffers_.copy_encrypted(bytes("next")));
  EXPECT_TRUE(batch_.empty());
}

}  // namespace
}  // namespace avedge::relay
