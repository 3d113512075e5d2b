#include "ice/candidate/candidate.h"

#include <gtest/gtest.h>

namespace avedge::candidate {
namespace {

struct Good {
  const char* name;
  const char* value;
  Flavour flavour;
  Carrier carrier;
  std::uint16_t component;
  const char* address;
  const char* port;
  const char* type;
  const char* related_address;
};

class GoodCandidate : public testing::TestWithParam<Good> {};

TEST_P(GoodCandidate, IsReadInItsOwnGrammar) {
  const Good& good = GetParam();
  const auto read = parse(good.value);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->flavour, good.flavour);
  EXPECT_EQ(read->carrier, good.carrier);
  EXPECT_EQ(read->component, good.component);
  EXPECT_EQ(read->address, good.address);
  EXPECT_EQ(read->port, good.port);
  EXPECT_EQ(read->type, good.type);
  EXPECT_EQ(read->related_address, good.related_address);
}

INSTANTIATE_TEST_SUITE_P(
    Grammars, GoodCandidate,
    testing::Values(
        Good{"Rfc8839_5_1_Host", "1 1 UDP 2130706431 192.0.2.16 10668 typ host", Flavour::ice19,
             Carrier::udp, 1, "192.0.2.16", "10668", "host", ""},
        Good{"Rfc8839_5_1_RelatedAddress",
             "6 2 UDP 1694234111 198.51.100.167 6098 typ srflx raddr 192.0.2.16 rport 6097",
             Flavour::ice19, Carrier::udp, 2, "198.51.100.167", "6098", "srflx", "192.0.2.16"},
        Good{"BrowserExtensions",
             "842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr 10.0.0.1 rport 1 "
             "generation 0 ufrag EsAw network-cost 999",
             Flavour::ice19, Carrier::udp, 1, "203.0.113.9", "46154", "srflx", "10.0.0.1"},
        Good{"TcpPassive",
             "4 1 TCP-PASS 174455295 203.0.113.92 54427 typ relay raddr 198.51.100.1 rport 11603",
             Flavour::ice19, Carrier::tcp, 1, "203.0.113.92", "54427", "relay", "198.51.100.1"},
        Good{"TcpActive", "7 1 TCP-ACT 174846975 203.0.113.92 54427 typ relay", Flavour::ice19,
             Carrier::tcp, 1, "203.0.113.92", "54427", "relay", ""},
        Good{"TrailingBlank", "1 1 UDP 2130706431 192.0.2.16 10668 typ host ", Flavour::ice19,
             Carrier::udp, 1, "192.0.2.16", "10668", "host", ""},
        Good{"IpV6", "2 1 UDP 2130705919 2001:db8::3 15206 typ host", Flavour::ice19, Carrier::udp,
             1, "2001:db8::3", "15206", "host", ""},
        Good{"Ice06Udp",
             "Y+hVJGzBEjj4wtencMChvT7yEI8r6nHIPnQXB9Zchyw 2 Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.410 "
             "203.0.113.92 53613",
             Flavour::ice06, Carrier::udp, 2, "203.0.113.92", "53613", "", ""},
        Good{"Ice06Tcp",
             "hxajgyQ3ey1c0Dwrnogo1as2lNIZdsPbHDVH7UJy7mw 1 Uqk/hGPBtIDASJArq1AR2Q TCP 0.110 "
             "203.0.113.92 52196",
             Flavour::ice06, Carrier::tcp, 1, "203.0.113.92", "52196", "", ""}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(Candidate, Rfc6544_4_5_SaysWhichEndOfAConnectionItTakes) {
  for (const auto& [value, role] : {
           std::pair{"1 1 TCP 5 192.0.2.1 9 typ host tcptype active", StreamRole::active},
           std::pair{"1 1 tcp 5 192.0.2.1 5 typ srflx raddr 10.0.0.1 rport 9 tcptype passive",
                     StreamRole::passive},
           std::pair{"1 1 TCP 5 192.0.2.1 5 typ host tcptype so", StreamRole::either},
           std::pair{"1 1 TCP-ACT 5 192.0.2.1 5 typ host", StreamRole::active},
           std::pair{"1 1 TCP-PASS 5 192.0.2.1 5 typ host", StreamRole::passive},
           std::pair{"id 1 pw TCP 0.250 192.0.2.1 5", StreamRole::either},
       }) {
    const auto read = parse(value);
    ASSERT_TRUE(read.ok()) << value;
    EXPECT_EQ(read->carrier, Carrier::tcp) << value;
    EXPECT_EQ(read->stream_role, role) << value;
  }
}

TEST(Candidate, Ice06CarriesItsOwnCredentials) {
  const auto read = parse("theid 1 thepassword UDP 0.830 192.0.2.1 5000");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->foundation, "theid");
  EXPECT_EQ(read->password, "thepassword");
  EXPECT_EQ(read->ip, IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(read->port_number, Port{5000});
}

TEST(Candidate, HostNamesAreReadButNameNoAddress) {
  const auto read = parse("1 1 udp 1 4f2e.local 5000 typ host");
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->ip.has_value());
}

TEST(Candidate, SpansPointIntoTheLine) {
  const std::string line = "1 1 UDP 5 192.0.2.16 10668 typ host";
  const auto read = parse(line);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->address.data(), line.data() + 10);
  EXPECT_EQ(read->port.data(), line.data() + 21);
}

class BadCandidate : public testing::TestWithParam<const char*> {};

TEST_P(BadCandidate, IsMalformed) {
  const auto read = parse(GetParam());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.reason(), DropReason::sdp_malformed);
}

INSTANTIATE_TEST_SUITE_P(
    Values, BadCandidate,
    testing::Values("", " ", "1 1 UDP 5 192.0.2.16 10668", "1 1 UDP 5 192.0.2.16 10668 typ",
                    "1 0 UDP 5 192.0.2.16 10668 typ host", "1 257 UDP 5 192.0.2.16 10668 typ host",
                    "1 x UDP 5 192.0.2.16 10668 typ host", "1 1 UDP high 192.0.2.16 10668 typ host",
                    "1 1 UDP 5 192.0.2.16 65536 typ host", "id 1 pw UDP 0.x 192.0.2.1 5000",
                    "id 1 pw UDP 0.83 192.0.2.1 -1"));

}  // namespace
}  // namespace avedge::candidate
