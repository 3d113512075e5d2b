#include "ice/candidate/edge_candidate.h"

#include <gtest/gtest.h>

namespace avedge::candidate {
namespace {

const Endpoint kEdge{IpAddress::v4(198, 51, 100, 7), Port{50000}};

TEST(EdgeCandidate, Ice19IsAHostWithoutRelatedAddress) {
  const auto model = parse(
      "6 1 udp 1694234111 203.0.113.5 6098 typ srflx raddr 192.0.2.16 rport 6098 generation 0");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(edge_candidate(*model, 1, kEdge), "6 1 udp 2130706431 198.51.100.7 50000 typ host");
}

TEST(EdgeCandidate, Rfc8445_5_1_2_1_ComponentsDifferInTheLowestByte) {
  const auto model = parse("6 1 UDP 5 203.0.113.5 6098 typ host");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(edge_candidate(*model, 2, kEdge), "6 2 UDP 2130706430 198.51.100.7 50000 typ host");
}

TEST(EdgeCandidate, Ice06KeepsIdAndPasswordForTheChecks) {
  const auto model = parse("theid 1 thepassword UDP 0.410 203.0.113.5 6098");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(edge_candidate(*model, 2, kEdge), "theid 2 thepassword UDP 0.830 198.51.100.7 50000");
}

TEST(EdgeCandidate, IsUdpEvenIfTheModelIsNot) {
  const auto model = parse("4 1 TCP-PASS 5 203.0.113.5 6098 typ relay");
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(edge_candidate(*model, 1, kEdge), "4 1 UDP 2130706431 198.51.100.7 50000 typ host");
}

TEST(EdgeCandidate, AnAddedOneIsARelayOfItself) {
  const std::string line = added_candidate("99", 2, *Endpoint::parse("[2001:db8::7]:50001"));
  EXPECT_EQ(line, "99 2 UDP 16777214 2001:db8::7 50001 typ relay raddr 2001:db8::7 rport 50001");
  EXPECT_EQ(parse(line)->type, "relay");
}

TEST(EdgeCandidate, CanBeReadBackInBothFlavours) {
  for (const char* line :
       {"6 1 UDP 5 203.0.113.5 6098 typ host", "id 1 pw UDP 0.4 203.0.113.5 9"}) {
    const auto model = parse(line);
    ASSERT_TRUE(model.ok());
    const std::string text = edge_candidate(*model, 1, kEdge);
    const auto read = parse(text);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->flavour, model->flavour);
    EXPECT_EQ(read->ip, kEdge.address);
    EXPECT_EQ(read->port_number, kEdge.port);
  }
}

}  // namespace
}  // namespace avedge::candidate
