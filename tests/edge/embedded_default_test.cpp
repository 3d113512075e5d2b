#include "edge/embedded_default.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "relay/secure/tls_context.h"

namespace avedge::edge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<IpAddress> addresses(std::initializer_list<const char*> texts) {
  std::vector<IpAddress> parsed;
  for (const char* text : texts) parsed.push_back(*IpAddress::parse(text));
  return parsed;
}

std::vector<std::string> listening(const Config& config) {
  std::vector<std::string> endpoints;
  for (const Listener& listener : config.turn.listeners) {
    for (const ListenAddress& address : listener.addresses) {
      endpoints.push_back(address.local.to_string());
    }
  }
  return endpoints;
}

std::string relay_address(const Config& config) {
  return config.find_interface(config.turn.relay_interface)->addresses.front().local.to_string();
}

TEST(EmbeddedDefault, ListensOnLoopbackAndTheFirstGlobalAddress) {
  const Config config = *embedded_default(addresses(
      {"127.0.0.1", "::1", "fe80::1", "169.254.1.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"}));
  EXPECT_THAT(listening(config),
              ElementsAre("127.0.0.1:3478", "127.0.0.1:5349", "192.0.2.2:3478", "192.0.2.2:5349"));
  EXPECT_EQ(relay_address(config), "192.0.2.2");
}

TEST(EmbeddedDefault, TakesIpv6WhereThereIsNothingElse) {
  const Config config = *embedded_default(addresses({"::1", "fe80::1", "2001:db8::1"}));
  EXPECT_THAT(listening(config), ElementsAre("127.0.0.1:3478", "127.0.0.1:5349",
                                             "[2001:db8::1]:3478", "[2001:db8::1]:5349"));
  EXPECT_EQ(relay_address(config), "2001:db8::1");
}

TEST(EmbeddedDefault, WorksOnAMachineWithoutANetwork) {
  const Config config = *embedded_default({});
  EXPECT_THAT(listening(config), ElementsAre("127.0.0.1:3478", "127.0.0.1:5349"));
  EXPECT_EQ(relay_address(config), "127.0.0.1");
}

TEST(EmbeddedDefault, IsWhatTheContractPromises) {
  const Config config = *embedded_default(addresses({"192.0.2.2"}));
  EXPECT_FALSE(config.realm.empty());
  EXPECT_THAT(config.relays, ElementsAre(RelayRange{"network", {Port{50000}, Port{59999}}}));
  EXPECT_EQ(config.metrics_http->to_string(), "127.0.0.1:9464");
  EXPECT_THAT(config.sip.listeners, IsEmpty());
  EXPECT_THAT(config.turn.peer_rules, IsEmpty()) << "nothing is opened for convenience";
}

TEST(EmbeddedDefault, SpeaksEveryTransport) {
  const Config config = *embedded_default({});
  EXPECT_THAT(config.turn.listeners[0].transports, ElementsAre(Transport::udp, Transport::tcp));
  EXPECT_THAT(config.turn.listeners[1].transports, ElementsAre(Transport::tls, Transport::dtls));
}

TEST(EmbeddedDefault, HasACertificateForItsAddresses) {
  const Config config = *embedded_default(addresses({"192.0.2.2"}));
  const Certificate* certificate = config.find_certificate(config.turn.listeners[1].certificate);
  ASSERT_NE(certificate, nullptr);
  EXPECT_TRUE(secure::TlsContext::from_pem(certificate->pem, secure::TlsContext::Kind::tls));
  const auto chain = secure::read_chain(certificate->pem.chain);
  for (const char* address : {"127.0.0.1", "192.0.2.2"}) {
    EXPECT_EQ(X509_check_ip_asc(chain->front().get(), address, 0), 1) << address;
  }
}

TEST(EmbeddedDefault, DrawsNewCredentialsEachTime) {
  const Config first = *embedded_default({});
  const Config second = *embedded_default({});
  ASSERT_EQ(first.turn.users.size(), 1u);
  EXPECT_GE(first.turn.users.begin()->second.size(), 16u);
  EXPECT_NE(first.turn.users, second.turn.users);
  EXPECT_NE(first.certificates, second.certificates);
}

TEST(EmbeddedDefault, FindsTheAddressesOfThisMachine) {
  for (const IpAddress& address : machine_addresses()) EXPECT_FALSE(address.is_unspecified());
}

}  // namespace
}  // namespace avedge::edge
