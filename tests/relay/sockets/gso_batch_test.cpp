// Runs as they are found, and as the kernel of this machine cuts and joins them on loopback.
#include "relay/sockets/gso_batch.h"

#include <gtest/gtest.h>
#include <netinet/udp.h>

#include <deque>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "../received_datagram.h"
#include "relay/sockets/send_batch.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

struct Datagram {
  char to;  // a name for the destination
  std::size_t size;
  std::uint8_t mark = 0;
};

/// The sizes of the runs that are found in `datagrams`.
std::vector<std::size_t> runs_of(const std::vector<Datagram>& datagrams) {
  std::array<SocketAddress, 2> places;
  std::vector<std::byte> room(65536);
  std::vector<iovec> vectors(datagrams.size());
  std::vector<HeaderFieldsBuffer> fields(datagrams.size());
  std::vector<mmsghdr> messages(datagrams.size());
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    vectors[i] = {room.data(), datagrams[i].size};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &places[datagrams[i].to == 'a' ? 0 : 1];
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    if (datagrams[i].mark != 0)
      set_header_fields(header, fields[i], AddressFamily::ipv4, {datagrams[i].mark});
  }
  GsoBatch runs;
  const auto joined = runs.join(messages);
  if (joined.data() == messages.data()) return std::vector<std::size_t>(messages.size(), 1);
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < joined.size(); ++i) {
    sizes.push_back(runs.parts(i).size());
    EXPECT_EQ(joined[i].msg_hdr.msg_iovlen, sizes.back());
  }
  return sizes;
}

TEST(GsoBatch, AreOfOneSizeToOnePlace) {
  struct Case {
    const char* name;
    std::vector<Datagram> datagrams;
    std::vector<std::size_t> runs;
  };
  for (const Case& c : {
           Case{"none", {{'a', 10}, {'b', 10}, {'a', 10}}, {1, 1, 1}},
           Case{"alike", {{'a', 10}, {'a', 10}, {'a', 10}}, {3}},
           Case{"the last may be smaller", {{'a', 10}, {'a', 10}, {'a', 9}, {'a', 9}}, {3, 1}},
           Case{"but not larger", {{'a', 10}, {'a', 11}, {'a', 11}}, {1, 2}},
           Case{"two runs", {{'a', 10}, {'a', 10}, {'b', 10}, {'b', 10}}, {2, 2}},
           Case{"empty datagrams", {{'a', 10}, {'a', 0}, {'a', 0}}, {1, 1, 1}},
           Case{"marked alike", {{'a', 10, 4}, {'a', 10, 4}}, {2}},
           Case{"marked differently", {{'a', 10, 4}, {'a', 10, 8}, {'a', 10}}, {1, 1, 1}},
           Case{"more than one message takes", std::vector<Datagram>(100, {'a', 10}), {64, 36}},
           Case{"more bytes than one message takes",
                std::vector<Datagram>(60, {'a', 1200}),
                {54, 6}},
       }) {
    EXPECT_EQ(runs_of(c.datagrams), c.runs) << c.name;
  }
}

class RunsOnTheWire : public testing::TestWithParam<IpAddress> {
 protected:
  RunsOnTheWire()
      : sender_{*open_udp({GetParam(), Port{}}, {})},
        receiver_{*open_udp({GetParam(), Port{}}, {})},
        to_{local_endpoint(receiver_)} {}

  void push(const std::vector<std::size_t>& sizes) {
    for (const std::size_t size : sizes) {
      sent_.emplace_back(size, static_cast<char>(sent_.size()));
      batch_.push(sender_.get(), to_, bytes_of(sent_.back()));
    }
    batch_.flush();
  }

  /// Nothing if nothing is there.
  std::optional<ReceivedDatagram> receive() const {
    return receive_datagram(receiver_, std::chrono::milliseconds{0});
  }
  void expect_each_in_order() const {
    for (const auto& expected : sent_) {
      const auto received = receive();
      ASSERT_TRUE(received);
      EXPECT_EQ(received->bytes, expected);
      EXPECT_EQ(received->ancillary.segment, 0u);
    }
    EXPECT_FALSE(receive());
  }

  Drops drops_;
  SendBatch batch_{drops_};
  std::deque<std::string> sent_;  // the batch points into them
  FileDescriptor sender_;
  FileDescriptor receiver_;
  SocketAddress to_;
};

TEST_P(RunsOnTheWire, ArriveAsTheDatagramsTheyAre) {
  push({1200, 1200, 1200, 1200, 700, 5, 5, 5, 1000});
  expect_each_in_order();
  EXPECT_EQ(drops_.of(DropReason::send_failed), 0u);
}

TEST_P(RunsOnTheWire, ArriveInOnePieceWhereThatIsWanted) {
  enable_gro(receiver_.get());
  push({1200, 1200, 1200, 700});
  const auto run = receive();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->ancillary.segment, 1200u);
  EXPECT_EQ(run->bytes.size(), 3u * 1200 + 700);
  EXPECT_FALSE(receive());
}

/// Linux cuts no runs of datagrams that leave without a checksum.
TEST_P(RunsOnTheWire, LeaveInPartsWhereTheyCannotBeCut) {
  const int on = 1;
  ASSERT_EQ(setsockopt(sender_.get(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  setsockopt(sender_.get(), SOL_UDP, UDP_NO_CHECK6_TX, &on, sizeof on);
  setsockopt(receiver_.get(), SOL_UDP, UDP_NO_CHECK6_RX, &on, sizeof on);
  push({7, 1200, 1200, 1200, 700, 9});
  expect_each_in_order();
  EXPECT_EQ(drops_.of(DropReason::send_failed), 0u);
}

INSTANTIATE_TEST_SUITE_P(Families, RunsOnTheWire,
                         testing::Values(IpAddress::v4(127, 0, 0, 1), *IpAddress::parse("::1")),
                         [](const auto& family) { return family.param.is_v4() ? "v4" : "v6"; });

}  // namespace
}  // namespace avedge::relay
