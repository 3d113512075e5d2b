#include "relay/core/embedded_ipv4.h"

#include <gtest/gtest.h>

namespace avedge {
namespace {

struct FormCase {
  const char* name;
  const char* written;
  const char* canonical;
};

TEST(AddressForms, EachFormYieldsTheAddressItCarries) {
  for (const auto& [name, written, canonical] :
       {FormCase{"IPv4", "192.0.2.33", "192.0.2.33"},
        FormCase{"plain IPv6", "2606:4700::1", "2606:4700::1"}, FormCase{"unspecified", "::", "::"},
        FormCase{"loopback", "::1", "::1"}, FormCase{"mapped", "::ffff:192.0.2.33", "192.0.2.33"},
        FormCase{"compatible", "::192.0.2.33", "192.0.2.33"},
        FormCase{"translated", "::ffff:0:192.0.2.33", "192.0.2.33"},
        FormCase{"6to4", "2002:c000:221::1", "192.0.2.33"},
        FormCase{"Teredo, RFC 4380's example shape", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                 "192.0.2.45"},
        FormCase{"NAT64, RFC 6052 §2.4", "64:ff9b::192.0.2.33", "192.0.2.33"},
        FormCase{"ISATAP", "2606:4700::5efe:192.0.2.33", "192.0.2.33"},
        FormCase{"ISATAP, unique", "2606:4700::200:5efe:192.0.2.33", "192.0.2.33"},
        FormCase{"no Teredo", "2001:1::1", "2001:1::1"},
        FormCase{"no ISATAP", "2606:4700::100:5efe:102:304", "2606:4700::100:5efe:102:304"},
        FormCase{"local NAT64 is not guessed", "64:ff9b:1::192.0.2.33", "64:ff9b:1::192.0.2.33"}}) {
    EXPECT_EQ(unwrap_embedded_ipv4(*IpAddress::parse(written)), *IpAddress::parse(canonical))
        << name;
  }
}

TEST(AddressForms, DisguisesAreWhatNoIpv6NetworkCarries) {
  for (const char* text : {"::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8"}) {
    EXPECT_TRUE(embeds_ipv4(*IpAddress::parse(text))) << text;
  }
  for (const char* text : {"8.8.8.8", "::", "::1", "64:ff9b::8.8.8.8", "2002:808:808::"}) {
    EXPECT_FALSE(embeds_ipv4(*IpAddress::parse(text))) << text;
  }
}

}  // namespace
}  // namespace avedge
