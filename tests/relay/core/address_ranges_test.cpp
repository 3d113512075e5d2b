#include "relay/core/address_ranges.h"

#include <gtest/gtest.h>

namespace avedge {
namespace {

struct RangeCase {
  const char* address;
  bool is_private;
  bool is_link_local;
  bool is_not_routed;
};

TEST(AddressRanges, EveryRangeHasItsMeaningUpToItsEnds) {
  for (const auto& [text, is_private_one, is_link_local_one, is_not_routed_one] :
       {RangeCase{"9.255.255.255", false, false, false},
        RangeCase{"10.0.0.0", true, false, false},
        RangeCase{"10.255.255.255", true, false, false},
        RangeCase{"11.0.0.0", false, false, false},
        RangeCase{"100.63.255.255", false, false, false},
        RangeCase{"100.64.0.0", true, false, false},
        RangeCase{"100.127.255.255", true, false, false},
        RangeCase{"172.16.0.1", true, false, false},
        RangeCase{"172.32.0.0", false, false, false},
        RangeCase{"192.168.1.1", true, false, false},
        RangeCase{"203.0.113.1", false, false, false},  // documentation
        RangeCase{"0.0.0.0", false, false, true},
        RangeCase{"0.1.2.3", false, false, true},
        RangeCase{"127.8.8.8", false, false, true},
        RangeCase{"169.254.1.1", false, true, true},
        RangeCase{"224.0.0.1", false, false, true},
        RangeCase{"255.255.255.255", false, false, true},
        RangeCase{"::", false, false, true},
        RangeCase{"::1", false, false, true},
        RangeCase{"fd00::1", true, false, false},
        RangeCase{"fe80::1", false, true, true},
        RangeCase{"ff02::1", false, false, true},
        RangeCase{"2001:db8::1", false, false, false}}) {
    const IpAddress address = *IpAddress::parse(text);
    EXPECT_EQ(is_private(address), is_private_one) << text;
    EXPECT_EQ(is_link_local(address), is_link_local_one) << text;
    EXPECT_EQ(is_not_routed(address), is_not_routed_one) << text;
  }
}

}  // namespace
}  // namespace avedge
