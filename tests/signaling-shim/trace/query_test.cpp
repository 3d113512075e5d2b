#include "signaling-shim/trace/query.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/trace/fixtures.h"

namespace avedge::trace {
namespace {

using namespace std::chrono_literals;

Entry sample() {
  return testing::entry(
      {testing::kIn, testing::kAlice, "INVITE sip:bob@b.example SIP/2.0", "1 INVITE", "a1", "",
       "c=IN IP4 203.0.113.5\r\na=candidate:1 1 UDP 1 2001:db8::5 9 typ host\r\n"});
}

struct KeyCase {
  const char* name;
  std::vector<std::string> Query::*key;
  std::string value;
  bool matches;
};

class Keys : public ::testing::TestWithParam<KeyCase> {};

TEST_P(Keys, Match) {
  Query query;
  query.*GetParam().key = {GetParam().value};
  EXPECT_EQ(query.matches(sample()), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Search, Keys,
    ::testing::Values(KeyCase{"CallId", &Query::call_ids, "CALL-1", true},
                      KeyCase{"PartOfACallId", &Query::call_ids, "call", false},
                      KeyCase{"UriOfFrom", &Query::uris, "Alice@A.example", true},
                      KeyCase{"UriOfCompactTo", &Query::uris, "+49301234@", true},
                      KeyCase{"RequestUri", &Query::uris, "sip:bob@b", true},
                      KeyCase{"UriInAFieldOfNobody", &Query::uris, "198.51.100.9", false},
                      KeyCase{"IpOfPeer", &Query::ips, "198.51.100.9", true},
                      KeyCase{"IpOfListener", &Query::ips, "192.0.2.1", true},
                      KeyCase{"IpInSdp", &Query::ips, "203.0.113.5", true},
                      KeyCase{"BeginningOfAnIp", &Query::ips, "203.0.113", false},
                      KeyCase{"IpWithADigitMore", &Query::ips, "98.51.100.9", false},
                      KeyCase{"Ipv6", &Query::ips, "2001:DB8::5", true},
                      KeyCase{"BeginningOfAnIpv6", &Query::ips, "2001:db8:", false},
                      KeyCase{"Phone", &Query::phones, "+49 (30) 1234", true},
                      KeyCase{"PhoneWithADigitMore", &Query::phones, "+493012345", false},
                      KeyCase{"PhoneWithADigitLess", &Query::phones, "4930123", false},
                      KeyCase{"PhoneWithoutDigits", &Query::phones, "none", false},
                      KeyCase{"Content", &Query::contents, "TYP HOST", true},
                      KeyCase{"ContentOfAField", &Query::contents, "cseq: 1", true},
                      KeyCase{"OtherContent", &Query::contents, "relay", false}),
    [](const auto& one) { return one.param.name; });

TEST(Query, WithoutKeysMatchesAll) {
  EXPECT_TRUE(Query{}.matches(sample()));
}

TEST(Query, OneKeyIsEnoughUnlessAllAreWanted) {
  Query query;
  query.uris = {"alice"};
  query.ips = {"192.0.2.99"};
  EXPECT_TRUE(query.matches(sample()));
  query.match = Query::Match::all;
  EXPECT_FALSE(query.matches(sample()));
  query.ips = {"203.0.113.5"};
  EXPECT_TRUE(query.matches(sample()));
}

TEST(Query, TimesRestrictWhateverTheKeys) {
  Query query;
  query.uris = {"alice"};
  query.from = sample().time;
  query.to = sample().time;
  EXPECT_TRUE(query.matches(sample()));
  query.from = sample().time + 1us;
  EXPECT_FALSE(query.matches(sample()));
  query.from.reset();
  query.to = sample().time - 1us;
  EXPECT_FALSE(query.matches(sample()));
}

TEST(QueryTime, IsReadInItsForms) {
  const auto day = std::chrono::sys_days{2026y / 11 / 21};
  EXPECT_EQ(parse_query_time("2026-11-21"), day);
  EXPECT_EQ(parse_query_time("2026-11-21T06:30"), day + 6h + 30min);
  EXPECT_EQ(parse_query_time("2026-11-21 06:30:15"), day + 6h + 30min + 15s);
  EXPECT_EQ(parse_query_time("2026-11-21T06:30:15.250"), day + 6h + 30min + 15s + 250ms);
  for (const char* wrong : {"", "2026", "2026-11", "2026-13-01", "2026-02-30", "2026-11-21T06",
                            "2026-11-21T24:00", "2026-11-21T06:60", "2026-11-21T06:30:15.25",
                            "2026-11-21T06:30Z", "sip:alice@a.example", "2026-11-21T-1:30"}) {
    EXPECT_EQ(parse_query_time(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace avedge::trace
