#include "relay/fan_in/port_index.h"

#include <gtest/gtest.h>

namespace avedge::relay {
namespace {

Endpoint endpoint(const char* text) {
  return *Endpoint::parse(text);
}

RelayRange range(const char* address, std::uint16_t first, std::uint16_t last) {
  return {"external", *IpAddress::parse(address), *IpAddress::parse(address), "", Port{first},
          Port{last}};
}

class PortIndexOfAnEdge : public testing::Test {
 protected:
  PortIndex index_{{range("192.0.2.10", 50000, 50009), range("192.0.2.10", 60000, 65535),
                    range("2001:db8::10", 50000, 50009)}};
};

TEST_F(PortIndexOfAnEdge, FindsWhatWasSetUntilItIsTakenBack) {
  for (const char* local : {"192.0.2.10:50000", "192.0.2.10:50009", "192.0.2.10:60000",
                            "192.0.2.10:65535", "[2001:db8::10]:50000"}) {
    EXPECT_EQ(index_.find(endpoint(local)), kNoSocket) << local;
    index_.set(endpoint(local), SocketId{7});
    EXPECT_EQ(index_.find(endpoint(local)), SocketId{7}) << local;
    index_.set(endpoint(local), kNoSocket);
    EXPECT_EQ(index_.find(endpoint(local)), kNoSocket) << local;
  }
}

TEST_F(PortIndexOfAnEdge, TellsAddressesAndPortsApart) {
  index_.set(endpoint("192.0.2.10:50001"), SocketId{1});
  index_.set(endpoint("192.0.2.10:50002"), SocketId{2});
  index_.set(endpoint("[2001:db8::10]:50001"), SocketId{3});
  EXPECT_EQ(index_.find(endpoint("192.0.2.10:50001")), SocketId{1});
  EXPECT_EQ(index_.find(endpoint("192.0.2.10:50002")), SocketId{2});
  EXPECT_EQ(index_.find(endpoint("[2001:db8::10]:50001")), SocketId{3});
}

TEST_F(PortIndexOfAnEdge, KnowsNothingBeyondItsRanges) {
  for (const char* local :
       {"192.0.2.10:49999", "192.0.2.10:50010", "192.0.2.10:59999", "192.0.2.10:0",
        "192.0.2.11:50000", "[2001:db8::10]:60000", "[::ffff:192.0.2.10]:50000"}) {
    index_.set(endpoint(local), SocketId{7});
    EXPECT_EQ(index_.find(endpoint(local)), kNoSocket) << local;
  }
}

}  // namespace
}  // namespace avedge::relay
