// Marks on the wire of loopback, as the kernel puts and reads them.
#include "relay/sockets/ip_header_fields.h"

#include <gtest/gtest.h>

#include "../loopback.h"
#include "../received_datagram.h"
#include "relay/sockets/send_batch.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

constexpr std::uint8_t kExpeditedForwarding = 46 << 2;
constexpr std::uint8_t kCongestionExperienced = 3;

TEST(DscpTtlPolicy, Rfc8656_14_WhatARelayedDatagramKeeps) {
  struct Case {
    const char* name;
    DscpTtlPolicy dscp_ttl;
    IpHeaderFields received;
    std::optional<IpHeaderFields> relayed;
  };
  for (const Case& c : {
           Case{"preserved",
                {},
                {kExpeditedForwarding | 3, 9},
                IpHeaderFields{kExpeditedForwarding | 3, 0}},
           Case{"nothing to preserve", {}, {0, 9}, IpHeaderFields{0, 0}},
           Case{"fixed", {46, false}, {0x23, 9}, IpHeaderFields{kExpeditedForwarding, 0}},
           Case{"one hop less", {{}, true}, {0x23, 64}, IpHeaderFields{0x23, 63}},
           Case{"the last hop", {{}, true}, {0, 1}, std::nullopt},
           Case{"unknown, as over TCP", {{}, true}, {0, 0}, IpHeaderFields{0, 0}},
           Case{"fixed, one hop less", {0, true}, {0x23, 2}, IpHeaderFields{0, 1}},
       }) {
    EXPECT_EQ(c.dscp_ttl.relayed(c.received), c.relayed) << c.name;
  }
}

TEST(DscpTtlPolicy, MarksAreReadOnlyWhereTheyMatter) {
  EXPECT_TRUE((DscpTtlPolicy{}.reads_fields()));
  EXPECT_FALSE((DscpTtlPolicy{0, false}.reads_fields()));
  EXPECT_TRUE((DscpTtlPolicy{0, true}.reads_fields()));
}

class IpMarksOnTheWire : public testing::TestWithParam<IpAddress> {
 protected:
  IpMarksOnTheWire()
      : sender_{*open_udp({GetParam(), Port{}}, {})},
        receiver_{*open_udp({GetParam(), Port{}}, {})} {
    EXPECT_TRUE(apply_dscp_ttl_policy(receiver_.get(), GetParam().family(), {{}, true}));
  }

  void push() { batch_.push(sender_.get(), local_endpoint(receiver_), bytes_of("x")); }

  IpHeaderFields received() const {
    const auto datagram = receive_datagram(receiver_, std::chrono::milliseconds{0});
    EXPECT_TRUE(datagram);
    return datagram ? datagram->ancillary.fields : IpHeaderFields{};
  }

  Drops drops_;
  SendBatch batch_{drops_};
  FileDescriptor sender_;
  FileDescriptor receiver_;
};

TEST_P(IpMarksOnTheWire, EachDatagramHasItsOwn) {
  push();
  push();
  batch_.set_last_header_fields({kExpeditedForwarding | kCongestionExperienced, 7});
  push();
  batch_.set_last_header_fields({kExpeditedForwarding, 0});
  push();
  batch_.flush();
  const std::uint8_t usual = received().hop_limit;
  EXPECT_GT(usual, 7);
  EXPECT_EQ(received(), (IpHeaderFields{kExpeditedForwarding | kCongestionExperienced, 7}));
  EXPECT_EQ(received(), (IpHeaderFields{kExpeditedForwarding, usual}));
  EXPECT_EQ(received(), (IpHeaderFields{0, usual}));
}

TEST_P(IpMarksOnTheWire, SurviveBeingGroupedBySocket) {
  const FileDescriptor other = *open_udp({GetParam(), Port{}}, {});
  push();
  batch_.set_last_header_fields({kExpeditedForwarding, 0});
  batch_.push(other.get(), local_endpoint(receiver_), bytes_of("x"));
  push();
  batch_.flush();
  int marked = 0;
  for (int i = 0; i < 3; ++i) marked += received().traffic_class == kExpeditedForwarding;
  EXPECT_EQ(marked, 1);
}

TEST_P(IpMarksOnTheWire, ASocketMayMarkEverything) {
  ASSERT_TRUE(apply_dscp_ttl_policy(sender_.get(), GetParam().family(), {46, false}));
  push();
  batch_.flush();
  EXPECT_EQ(received().traffic_class, kExpeditedForwarding);
}

TEST_P(IpMarksOnTheWire, UnfragmentedDatagramsHaveThemToo) {
  ASSERT_TRUE(send_unfragmented(sender_, local_endpoint(receiver_), bytes_of("x"),
                                {kExpeditedForwarding, 7}));
  EXPECT_EQ(received(), (IpHeaderFields{kExpeditedForwarding, 7}));
}

INSTANTIATE_TEST_SUITE_P(Families, IpMarksOnTheWire,
                         testing::Values(IpAddress::v4(127, 0, 0, 1), *IpAddress::parse("::1")),
                         [](const auto& family) { return family.param.is_v4() ? "v4" : "v6"; });

}  // namespace
}  // namespace avedge::relay
