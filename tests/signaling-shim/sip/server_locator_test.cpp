// RFC 3263 against a zone in memory.
#include "signaling-shim/sip/server_locator.h"

#include <gmock/gmock.h>

#include <map>

#include "signaling-shim/sip/dns_ttl.h"
#include "signaling-shim/sip/next_hop_lookups.h"
#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

/// Answers at once.
class Zone : public DnsClient {
 public:
  void naptr(const std::string& name, Done<NaptrRecord> done) override {
    asked.push_back("NAPTR " + name);
    done(answer(naptrs, name));
  }
  void srv(const std::string& name, Done<SrvRecord> done) override {
    asked.push_back("SRV " + name);
    done(answer(srvs, name));
  }
  void addresses(const std::string& name, Done<IpAddress> done) override {
    asked.push_back("A " + name);
    done(answer(hosts, name));
  }

  std::map<std::string, DnsAnswer<NaptrRecord>> naptrs;
  std::map<std::string, DnsAnswer<SrvRecord>> srvs;
  std::map<std::string, DnsAnswer<IpAddress>> hosts;
  std::vector<std::string> asked;

 private:
  template <class Record>
  static DnsAnswer<Record> answer(const std::map<std::string, DnsAnswer<Record>>& zone,
                                  const std::string& name) {
    const auto found = zone.find(name);
    return found == zone.end() ? DnsAnswer<Record>{} : found->second;
  }
};

DnsAnswer<IpAddress> host(const char* address, std::chrono::seconds ttl = 300s) {
  return {{*IpAddress::parse(address)}, ttl, false};
}

class LocationTest : public ::testing::Test {
 protected:
  std::vector<std::string> find(const char* uri,
                                std::vector<Transport> transports = {Transport::udp, Transport::tcp,
                                                                     Transport::tls}) {
    return find(*NextHop::parse(uri), std::move(transports));
  }
  std::vector<std::string> find(const NextHop& hop, std::vector<Transport> transports) {
    std::vector<std::string> found;
    locate(zone_, hop, transports, [&](ServerLocation location) {
      last_ = location;
      for (const Target& target : location.targets) {
        found.push_back(std::string{to_string(target.transport)} + ' ' + target.remote.to_string());
      }
    });
    return found;
  }

  Zone zone_;
  ServerLocation last_;
};

TEST_F(LocationTest, AnAddressIsThere) {
  EXPECT_THAT(find("sip:192.0.2.1"), ElementsAre("udp 192.0.2.1:5060"));
  EXPECT_THAT(find("sips:[2001:db8::1]"), ElementsAre("tls [2001:db8::1]:5061"));
  EXPECT_THAT(zone_.asked, IsEmpty());
}

TEST_F(LocationTest, Rfc3263_4_2_APortLeavesNothingForSrvToSay) {
  zone_.hosts["a.example"] = host("192.0.2.1");
  EXPECT_THAT(find("sip:a.example:5070;transport=tcp"), ElementsAre("tcp 192.0.2.1:5070"));
  EXPECT_THAT(zone_.asked, ElementsAre("A a.example"));
}

TEST_F(LocationTest, Rfc3263_4_1_NaptrChoosesTheTransport) {
  zone_.naptrs["a.example"] = {{{20, 1, "SIP+D2U", "_sip._udp.a.example"},
                                {10, 5, "SIPS+D2T", "_sips._tcp.other.example"},
                                {10, 1, "E2U+sip", "nonsense.example"}},
                               100s,
                               false};
  zone_.srvs["_sips._tcp.other.example"] = {{{1, 1, Port{5071}, "s.example"}}, 50s, false};
  zone_.srvs["_sip._udp.a.example"] = {{{0, 1, Port{5072}, "u.example"}}, 200s, false};
  zone_.hosts["s.example"] = host("192.0.2.1", 70s);
  zone_.hosts["u.example"] = host("192.0.2.2");
  EXPECT_THAT(find("sip:a.example"), ElementsAre("tls 192.0.2.1:5071", "udp 192.0.2.2:5072"));
  EXPECT_EQ(last_.ttl, 50s) << "the shortest of all it rests on";
  EXPECT_THAT(find("sip:a.example", {Transport::udp}), ElementsAre("udp 192.0.2.2:5072"));
}

TEST_F(LocationTest, Rfc3263_4_1_WithoutNaptrEveryTransportIsAskedFor) {
  zone_.srvs["_sip._tcp.a.example"] = {{{0, 1, Port{5070}, "t.example"}}, 50s, false};
  zone_.hosts["t.example"] = host("192.0.2.1");
  EXPECT_THAT(find("sip:a.example"), ElementsAre("tcp 192.0.2.1:5070"));
  EXPECT_THAT(zone_.asked,
              ElementsAre("NAPTR a.example", "SRV _sip._udp.a.example", "SRV _sip._tcp.a.example",
                          "A t.example", "SRV _sips._tcp.a.example"));
}

TEST_F(LocationTest, Rfc3263_4_2_WithoutSrvTheHostItself) {
  zone_.hosts["a.example"] = host("192.0.2.1");
  EXPECT_THAT(find("sip:a.example"), ElementsAre("udp 192.0.2.1:5060"));
  EXPECT_THAT(find("sip:a.example;transport=tls"), ElementsAre("tls 192.0.2.1:5061"));
}

TEST_F(LocationTest, Rfc2782_PrioritiesAreTriedInOrder) {
  zone_.srvs["_sip._udp.a.example"] = {
      {{20, 1, Port{5072}, "b.example"}, {10, 1, Port{5071}, "a1.example"}}, 50s, false};
  zone_.hosts["a1.example"] = host("192.0.2.1");
  zone_.hosts["b.example"] = host("192.0.2.2");
  EXPECT_THAT(find("sip:a.example;transport=udp"),
              ElementsAre("udp 192.0.2.1:5071", "udp 192.0.2.2:5072"));
}

TEST_F(LocationTest, Rfc2782_ATargetOfADotIsNoService) {
  zone_.srvs["_sip._udp.a.example"] = {{{0, 0, Port{0}, "."}}, 50s, false};
  zone_.hosts["a.example"] = host("192.0.2.1");
  EXPECT_THAT(find("sip:a.example;transport=udp"), IsEmpty());
}

TEST_F(LocationTest, AFederatedDomainIsFoundByItsOwnService) {
  NextHop hop{"partner.example", {}, Transport::tls};
  hop.lookup = NextHop::Lookup::federation;
  zone_.hosts["partner.example"] = host("192.0.2.9");
  EXPECT_THAT(find(hop, {Transport::tls}), IsEmpty()) << "the host is its web server";
  zone_.srvs["_sipfederationtls._tcp.partner.example"] = {
      {{0, 0, Port{5061}, "sip.partner.example"}}, 50s, false};
  zone_.hosts["sip.partner.example"] = host("192.0.2.1");
  EXPECT_THAT(find(hop, {Transport::tls}), ElementsAre("tls 192.0.2.1:5061"));
  EXPECT_EQ(last_.targets[0].name, "sip.partner.example");
}

TEST_F(LocationTest, RecordsWithoutEndAreCut) {
  DnsAnswer<SrvRecord> many{{}, 50s, false};
  for (std::uint16_t i = 0; i < 1000; ++i) many.records.push_back({0, 1, Port{i}, "a1.example"});
  zone_.srvs["_sip._udp.a.example"] = many;
  DnsAnswer<IpAddress> addresses{{}, 50s, false};
  for (std::uint8_t i = 0; i < 200; ++i) addresses.records.push_back(IpAddress::v4(192, 0, 2, i));
  zone_.hosts["a1.example"] = addresses;
  EXPECT_EQ(find("sip:a.example;transport=udp").size(), 32U);
}

TEST(NextHopLookups, ExpiredNamesAreAskedAgainAndOldAnswersSurviveSilence) {
  testing::Proxy proxy{testing::two_sided({"sip:p.example:5060"})};
  Zone zone;
  zone.hosts["p.example"] = host("10.0.0.33", 20s);
  NextHopLookups lookups{proxy.settings, proxy.core.hops(), zone};
  Time now{1h};
  lookups.tick(now);
  lookups.tick(now + 19s);
  EXPECT_EQ(zone.asked.size(), 1U);
  zone.hosts["p.example"] = {{}, 0s, true};
  lookups.tick(now + 20s);
  EXPECT_EQ(zone.asked.size(), 2U);
  const auto& targets = proxy.core.hops().all()[0].targets;
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].remote, *Endpoint::parse("10.0.0.33:5060"));
  zone.hosts["p.example"] = host("10.0.0.34", 0s);
  lookups.tick(now + 30s);
  EXPECT_EQ(targets[0].remote, *Endpoint::parse("10.0.0.34:5060"));
  lookups.tick(now + 31s);
  EXPECT_EQ(zone.asked.size(), 4U) << "not more often than once a second, whatever the TTL";
}

TEST(DnsTtl, IsTheShortestOfTheAnswers) {
  const std::string header{"\x12\x34\x81\x80\0\1\0\2\0\0\0\0", 12};
  const std::string question{"\1a\0\0\1\0\1", 7};
  const auto record = [](char ttl) {
    return std::string{"\xc0\x0c\0\1\0\1\0\0\0", 9} + ttl + std::string{"\0\4\xc0\0\2\1", 6};
  };
  const std::string message = header + question + record(60) + record(5);
  EXPECT_EQ(shortest_ttl(bytes_of(message)), 5s);
  for (std::size_t size = 0; size < message.size(); ++size) {
    (void)shortest_ttl(bytes_of(std::string_view{message}.substr(0, size)));
  }
  EXPECT_EQ(shortest_ttl(bytes_of(message.substr(0, 20))), 0s);
}

}  // namespace
}  // namespace avedge::sip
