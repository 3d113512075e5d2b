// [[sip.listener]] with TLS, as read and as refused.
#include "edge/config/sip_listener.h"

#include <gmock/gmock.h>

#include "relay/secure/self_signed.h"
#include "temporary_folder.h"

namespace avedge::edge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SipListenerTest : public testing::Test {
 protected:
  SipListenerTest() {
    folder_.write("edge.crt", pem_.chain);
    folder_.write("edge.key", pem_.key);
    folder_.write("partners.pem", pem_.chain);
  }
  Result<Config> read(const std::string& listener) {
    return load_config(folder_.write("edge.toml", R"([[interface]]
name = "external"
addresses = [{ local = "192.0.2.10" }]
[[certificate]]
name = "edge"
chain = "edge.crt"
key = "edge.key"
[sip]
names = ["Example.org"]
next_hop_ca = "partners.pem"
dns_servers = ["192.0.2.53", "[2001:db8::53]:5353"]
options_interval = 20
[sip.limits]
connections_per_source = 7
[[sip.listener]]
bind = "external:5061"
)" + listener));
  }
  std::string problem(const std::string& listener) {
    const auto config = read(listener);
    return config ? "no problem" : config.reason().message();
  }

  const secure::PemPair pem_ = *secure::make_self_signed({"edge.example", {}, {}});
  TemporaryFolder folder_;
};

TEST_F(SipListenerTest, ReadsMutualTls) {
  const auto config = read(R"(transports = ["tls"]
certificate = "edge"
name = "SIP.example.org"
verify = "required"
client_ca = "partners.pem"
partners = ["sip.Partner.example"]
sources = ["198.51.100.0/24", "2001:db8::/32"]
)");
  ASSERT_TRUE(config.ok()) << config.reason().message();
  ASSERT_EQ(config->sip.listeners.size(), 1u);
  const SipListener& listener = config->sip.listeners[0];
  EXPECT_THAT(listener.transports, ElementsAre(Transport::tls));
  EXPECT_EQ(listener.name, "sip.example.org");
  EXPECT_EQ(listener.certificate, "edge");
  EXPECT_EQ(listener.verify, ClientProof::certificate);
  EXPECT_EQ(listener.client_ca, pem_.chain);
  EXPECT_THAT(listener.partners, ElementsAre("sip.partner.example"));
  EXPECT_THAT(config->sip.names, ElementsAre("example.org"));
  EXPECT_EQ(config->sip.next_hop_ca, pem_.chain);
  EXPECT_THAT(listener.sources,
              ElementsAre(*Prefix::parse("198.51.100.0/24"), *Prefix::parse("2001:db8::/32")));
  EXPECT_THAT(config->sip.dns_servers, ElementsAre(*Endpoint::parse("192.0.2.53:53"),
                                                   *Endpoint::parse("[2001:db8::53]:5353")));
  EXPECT_EQ(config->sip.options_interval, std::chrono::seconds{20});
  EXPECT_EQ(config->sip.limits.connections_per_source, 7u);
}

TEST_F(SipListenerTest, RefusesALockThatNobodyLooksAt) {
  EXPECT_THAT(problem("transports = [\"tls\"]\ncertificate = \"edge\"\npartners = [\"a.example\"]"),
              HasSubstr("sip.listener.partners: is of no use without verify = \"required\""));
  EXPECT_THAT(problem("transports = [\"tcp\"]\nverify = \"required\""),
              HasSubstr("sip.listener.verify: is of no use without tls"));
}

TEST_F(SipListenerTest, RefusesTcpAndTlsOnOnePort) {
  EXPECT_THAT(problem("transports = [\"tcp\", \"tls\"]\ncertificate = \"edge\""),
              HasSubstr("sip.listener.transports: tcp and tls cannot share a port"));
}

TEST_F(SipListenerTest, RefusesSourcesThatAreNone) {
  EXPECT_THAT(problem("transports = [\"udp\"]\nsources = [\"10.0.0.1/8\"]"),
              HasSubstr("sip.listener.sources: '10.0.0.1/8' is not a valid prefix"));
  EXPECT_THAT(problem("transports = [\"udp\"]\nsources = []"),
              HasSubstr("sip.listener.sources: names nobody"));
}

TEST_F(SipListenerTest, RefusesWrongNamesAndFiles) {
  EXPECT_THAT(problem("transports = [\"udp\"]\nname = \"a b\""),
              HasSubstr("sip.listener.name: 'a b' is not a valid host name"));
  EXPECT_THAT(problem("transports = [\"tls\"]\ncertificate = \"edge\"\nverify = \"required\"\n"
                      "client_ca = \"none.pem\""),
              HasSubstr("none.pem' cannot be read"));
  EXPECT_THAT(problem("transports = [\"tls\"]"), HasSubstr("sip.listener.certificate: missing"));
}

}  // namespace
}  // namespace avedge::edge
