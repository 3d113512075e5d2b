// What a right configuration becomes. The text is the contract's example, without what this
// version cannot do yet (SIP over TLS, ng).
#include "edge/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/secure/self_signed.h"
#include "some_listener.h"
#include "temporary_folder.h"

namespace avedge::edge {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

constexpr const char* kContract = R"(
realm = "example.org"
workers = 0                                   # 0 = one per core

[[interface]]
name = "external"
addresses = [{ local = "192.0.2.10", advertised = "203.0.113.7" }, { local = "2001:db8::10" }]
device = "eth0"
[[interface]]
name = "internal"
addresses = [{ local = "10.0.0.10" }]

[[relay]]
interface = "external"
ports = "50000-59999"
[[relay]]
interface = "internal"
ports = "50000-59999"

[turn]
relay_interface = "external"
shared_secret_file = "turn.secrets"
[turn.users]
alice = "secret"
[[turn.listener]]
bind = "external:3478"
transports = ["udp", "tcp"]
[[turn.listener]]
bind = "external:443"
transports = ["tcp", "tls"]
certificate = "edge"
[[turn.peer_rule]]
action = "allow"
prefix = "10.20.0.0/16"

[[certificate]]
name = "edge"
chain = "edge.crt"
key = "edge.key"

[[sip.listener]]
bind = "external:5060"
transports = ["udp", "tcp"]
[[sip.listener]]
bind = "internal:5060"
transports = ["udp", "tcp"]
[[sip.route]]
from = "external"
next_hops = ["sip:10.0.0.20:5060;transport=tcp"]
latching = "signalled"
[[sip.route]]
from = "internal"
domain = "Partner.Example"
next_hops = ["sip:sip.partner.example:5061;transport=tls", "sip:[2001:db8::20]"]

[metrics]
http = "127.0.0.1:9464"
[admin]
socket = "/run/avedge/admin.sock"
)";

Endpoint endpoint(const char* text) {
  return *Endpoint::parse(text);
}

class ContractExample : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("edge.crt", pem_.chain);
    folder_.write("edge.key", pem_.key);
    folder_.write("turn.secrets", "# rotated monthly\nnew secret\r\n\n  old  \n");
    auto read = load_config(folder_.write("edge.toml", kContract));
    ASSERT_TRUE(read) << read.reason().message();
    config_ = *std::move(read);
  }

  const secure::PemPair pem_ = *secure::make_self_signed({"edge.example", {}, {}});
  TemporaryFolder folder_;
  Config config_;
};

TEST_F(ContractExample, Network) {
  EXPECT_EQ(config_.realm, "example.org");
  EXPECT_EQ(config_.workers, 0u);
  ASSERT_EQ(config_.interfaces.size(), 2u);
  const Interface& external = config_.interfaces[0];
  EXPECT_EQ(external.device, "eth0");
  ASSERT_EQ(external.addresses.size(), 2u);
  EXPECT_EQ(external.addresses[0].advertised.to_string(), "203.0.113.7");
  EXPECT_EQ(external.addresses[1].advertised, external.addresses[1].local);
  EXPECT_THAT(config_.relays, ElementsAre(RelayRange{"external", {Port{50000}, Port{59999}}},
                                          RelayRange{"internal", {Port{50000}, Port{59999}}}));
  EXPECT_THAT(config_.warnings, IsEmpty());
}

TEST_F(ContractExample, Turn) {
  const TurnConfig& turn = config_.turn;
  EXPECT_EQ(turn.relay_interface, "external");
  EXPECT_THAT(turn.shared_secrets, ElementsAre("new secret", "old"));
  EXPECT_THAT(turn.users, ElementsAre(Pair("alice", "secret")));
  EXPECT_THAT(turn.peer_rules,
              ElementsAre(PeerRule{RuleAction::allow, *Prefix::parse("10.20.0.0/16")}));
  EXPECT_EQ(turn.default_lifetime, seconds{600});
}

TEST_F(ContractExample, MediaHasNoRuleUnlessOneIsWritten) {
  EXPECT_THAT(config_.media.peer_rules, IsEmpty());
}

TEST_F(ContractExample, BindByInterfaceMeansEachOfItsAddresses) {
  ASSERT_EQ(config_.turn.listeners.size(), 2u);
  const Listener& listener = config_.turn.listeners[0];
  EXPECT_EQ(listener.interface, "external");
  EXPECT_THAT(listener.transports, ElementsAre(Transport::udp, Transport::tcp));
  EXPECT_THAT(
      listener.addresses,
      ElementsAre(
          ListenAddress{endpoint("192.0.2.10:3478"), endpoint("203.0.113.7:3478"), "eth0"},
          ListenAddress{endpoint("[2001:db8::10]:3478"), endpoint("[2001:db8::10]:3478"), "eth0"}));
}

TEST_F(ContractExample, Certificates) {
  EXPECT_THAT(config_.certificates, ElementsAre(Certificate{"edge", pem_}));
  EXPECT_EQ(config_.turn.listeners[0].certificate, "");
  EXPECT_EQ(config_.turn.listeners[1].certificate, "edge");
  EXPECT_FALSE(config_.turn.listeners[1].proxy_protocol);
}

TEST_F(ContractExample, SipRoutes) {
  ASSERT_EQ(config_.sip.listeners.size(), 2u);
  ASSERT_EQ(config_.sip.routes.size(), 2u);
  const SipRoute& inward = config_.sip.routes[0];
  EXPECT_EQ(inward.from, "external");
  EXPECT_EQ(inward.to, "internal");
  EXPECT_EQ(inward.domain, "");
  EXPECT_EQ(inward.latching, Latching::signalled);
  ASSERT_EQ(inward.next_hops.size(), 1u);
  EXPECT_EQ(inward.next_hops[0].address, IpAddress::v4(10, 0, 0, 20));
  EXPECT_EQ(inward.next_hops[0].transport, Transport::tcp);

  const SipRoute& outward = config_.sip.routes[1];
  EXPECT_EQ(outward.domain, "partner.example");
  ASSERT_EQ(outward.next_hops.size(), 2u);
  EXPECT_EQ(outward.next_hops[0].host, "sip.partner.example");
  EXPECT_EQ(outward.next_hops[0].address, std::nullopt);
  EXPECT_EQ(outward.next_hops[0].port, Port{5061});
  EXPECT_EQ(outward.next_hops[1].host, "2001:db8::20");
  EXPECT_EQ(outward.next_hops[0].transport, Transport::tls);
  EXPECT_EQ(outward.next_hops[1].port, std::nullopt);
  EXPECT_EQ(outward.next_hops[1].transport, std::nullopt);
}

TEST_F(ContractExample, Services) {
  EXPECT_EQ(config_.metrics_http, endpoint("127.0.0.1:9464"));
  EXPECT_EQ(config_.admin_socket, "/run/avedge/admin.sock");
  EXPECT_EQ(config_.log, LogConfig{});
}

TEST_F(ContractExample, TheSameFileGivesTheSameConfiguration) {
  EXPECT_EQ(*load_config(folder_.file("edge.toml")), config_);
}

TEST_F(ContractExample, WarnsOfSecretsThatEverybodyCanRead) {
  std::filesystem::permissions(folder_.file("turn.secrets"), std::filesystem::perms{0644});
  const auto config = load_config(folder_.file("edge.toml"));
  ASSERT_TRUE(config);
  ASSERT_EQ(config->warnings.size(), 1u);
  EXPECT_THAT(config->warnings[0],
              StartsWith(folder_.file("edge.toml") + ":22: turn.shared_secret_file: '"));
  EXPECT_THAT(config->warnings[0], HasSubstr("can be read by every user"));
}

TEST_F(ContractExample, WarnsOfAKeyThatEverybodyCanRead) {
  std::filesystem::permissions(folder_.file("edge.key"), std::filesystem::perms{0644});
  EXPECT_THAT(
      load_config(folder_.file("edge.toml"))->warnings,
      ElementsAre(folder_.file("edge.toml") + ":39: certificate.key: '" + folder_.file("edge.key") +
                  "' can be read by every user of this machine; chmod 640 '" +
                  folder_.file("edge.key") + "'"));
}

TEST_F(ContractExample, WarnsOfACertificateThatHasExpired) {
  const auto expired =
      secure::make_self_signed({"edge.example", {}, {}}, std::chrono::seconds{-60});
  folder_.write("edge.crt", expired->chain);
  folder_.write("edge.key", expired->key);
  EXPECT_THAT(
      load_config(folder_.file("edge.toml"))->warnings,
      ElementsAre(AllOf(StartsWith(folder_.file("edge.toml") + ":38: certificate.chain: '" +
                                   folder_.file("edge.crt") + "': the certificate expired on 20"),
                        EndsWith("; renew it"))));
}

TEST(Config, EveryOptionalKeyIsRead) {
  const auto config = parse_config(R"(
realm = "r"
workers = 3
[[interface]]
name = "only"
addresses = [{ local = "192.0.2.1" }]
[[relay]]
interface = "only"
ports = "1025-1080"
[turn]
relay_interface = "only"
default_lifetime = 700
max_lifetime = 800
channel_numbers = "rfc5766"
dscp = 46
ttl = "decrement"
nonce_lifetime = 60
[turn.users]
bob = "b"
[turn.limits]
allocations_per_user = 1
allocations_per_source = 2
allocations_total = 3
permissions_per_allocation = 4
channels_per_allocation = 5
unauthenticated_answers_per_second = 6
connections = 7
half_open_per_source = 8
half_open_per_prefix = 88
half_open_total = 9
stream_queue_bytes = 70000
stream_queue_age = 11
connections_per_allocation = 15
bandwidth_per_allocation = 12
bandwidth_per_user = 13
bandwidth_total = 14
[[turn.listener]]
bind = "127.0.0.1:3478"
transports = ["udp"]
[[turn.listener]]
bind = "127.0.0.1:3478"
transports = ["tcp"]
proxy_protocol = true
[sip]
offer_timeout = 10
media_idle_timeout = 20
trace = true
[trace]
file = "trace/sip.log"
file_size = 16
files = 17
mask = false
hep_collector = "192.0.2.60:9060"
hep_capture_id = 18
hep_password = "let me in"
[sip.limits]
requests_per_second = 7
connections = 8
connections_per_source = 9
connections_per_second = 10
calls_per_source = 11
ports_per_source = 12
unanswered_per_source = 13
unanswered_per_network = 14
unanswered_per_interface = 15
next_hop_ports = 16
turn_ports = 17
evict_after = 18
handshakes = 19
handshakes_per_source = 20
handshakes_per_second = 21
message_bytes = 2048
bytes_in_flight_per_source = 65536
[[sip.listener]]
bind = "192.0.2.1:5060"
transports = ["udp"]
[[sip.route]]
from = "only"
to = "only"
latching = "sip-source"
candidates = "add"
tcp = false
next_hops = ["sip:192.0.2.20"]
[metrics]
http = ""
[log]
level = "debug"
format = "json"
)",
                                   "edge.toml");
  ASSERT_TRUE(config) << config.reason().message();
  EXPECT_EQ(config->workers, 3u);
  EXPECT_EQ(config->turn.limits, (TurnLimits{{4, 5, 15},
                                             1,
                                             2,
                                             3,
                                             6,
                                             7,
                                             8,
                                             88,
                                             9,
                                             70'000,
                                             std::chrono::milliseconds{11},
                                             {12},
                                             {13},
                                             {14}}));
  EXPECT_EQ(config->turn.default_lifetime, seconds{700});
  EXPECT_EQ(config->turn.max_lifetime, seconds{800});
  EXPECT_EQ(config->turn.channel_numbers, ChannelNumbers::rfc5766);
  EXPECT_EQ(config->turn.dscp, 46);
  EXPECT_TRUE(config->turn.decrement_ttl);
  EXPECT_EQ(config->turn.nonce_lifetime, seconds{60});
  EXPECT_EQ(config->turn.listeners[0].interface, "") << "an address of no [[interface]]";
  EXPECT_FALSE(config->turn.listeners[0].proxy_protocol);
  EXPECT_TRUE(config->turn.listeners[1].proxy_protocol);
  EXPECT_EQ(config->sip.offer_timeout, seconds{10});
  EXPECT_EQ(config->sip.media_idle_timeout, seconds{20});
  EXPECT_EQ(config->sip.limits, (SipLimits{7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, seconds{18}, 19,
                                           20, 21, 2048, 65'536}));
  EXPECT_TRUE(config->sip.trace);
  EXPECT_EQ(config->trace, (TraceConfig{"trace/sip.log", 16, 17, false,
                                        Endpoint::parse("192.0.2.60:9060"), 18, "let me in"}));
  EXPECT_EQ(config->sip.listeners[0].interface, "only") << "found by its address";
  EXPECT_EQ(config->sip.routes[0].latching, Latching::sip_source);
  EXPECT_EQ(config->sip.routes[0].candidates, anchor::CandidateMode::add);
  EXPECT_FALSE(config->sip.routes[0].tcp);
  EXPECT_EQ(config->metrics_http, std::nullopt);
  EXPECT_EQ(config->log, (LogConfig{LogLevel::debug, LogFormat::json}));
}

TEST(Config, TraceIsOffUnlessAskedFor) {
  const auto config = parse_config(with_listener("[sip]\ntrace = true"), "/etc/avedge/edge.toml");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->sip.trace);
  EXPECT_EQ(config->trace.file, "/var/log/avedge/sip-trace.log");
  EXPECT_TRUE(config->trace.mask);
  EXPECT_EQ(config->trace.hep_collector, std::nullopt);
  EXPECT_THAT(config->warnings, IsEmpty());
  EXPECT_FALSE(parse_config(with_listener("[sip]\n"), "edge.toml")->sip.trace);
}

TEST(Config, TraceFileIsRelativeToTheConfiguration) {
  constexpr const char* kText = "[sip]\ntrace = true\n[trace]\nfile = \"sip.log\"";
  EXPECT_EQ(parse_config(with_listener(kText), "/etc/avedge/edge.toml")->trace.file,
            "/etc/avedge/sip.log");
}

TEST(Config, TraceWarnsOfWhatIsProbablyNotMeant) {
  EXPECT_THAT(parse_config(with_listener("[trace]\nfiles = 2"), "e.toml")->warnings,
              ElementsAre("e.toml:1: trace: nothing is traced; add trace = true to [sip]"));
  EXPECT_THAT(
      parse_config(with_listener("[sip]\ntrace = true\n[trace]\nmask = false"), "e.toml")->warnings,
      ElementsAre("e.toml:4: trace.mask: passwords, keys and instant messages are traced; "
                  "remove it when you have seen what you were looking for"));
}

TEST(Config, PeerRulesMayNamePortsAndMediaRulesAnInterface) {
  const auto config = parse_config(with_listener(R"(
[[interface]]
name = "internal"
addresses = [{ local = "10.0.0.10", advertised = "192.0.2.7" }]
[[turn.peer_rule]]
action = "allow"
prefix = "10.0.0.10/32"
ports = "16384-32768"
[[media.peer_rule]]
interface = "internal"
action = "deny"
prefix = "10.0.0.0/24"
[[media.peer_rule]]
action = "allow"
prefix = "192.0.2.7/32"
)"),
                                   "edge.toml");
  ASSERT_TRUE(config.ok()) << config.reason().message();
  EXPECT_THAT(config->turn.peer_rules,
              ElementsAre(PeerRule{RuleAction::allow, *Prefix::parse("10.0.0.10/32"),
                                   PortRange{Port{16384}, Port{32768}}}));
  EXPECT_THAT(
      config->media.peer_rules,
      ElementsAre(MediaPeerRule{"internal", {RuleAction::deny, *Prefix::parse("10.0.0.0/24")}},
                  MediaPeerRule{"", {RuleAction::allow, *Prefix::parse("192.0.2.7/32")}}));
  EXPECT_THAT(config->warnings,
              ElementsAre("edge.toml:15: media.peer_rule.prefix: '192.0.2.7' is an address of this "
                          "host, of which a rule without ports opens nothing; add ports = "
                          "\"FIRST-LAST\", those of the program that media is for"));
}

TEST(Config, DscpIsPreservedUnlessItIsANumber) {
  EXPECT_EQ(
      parse_config(with_listener("[turn]\ndscp = \"preserve\"\nttl = \"default\""), "edge.toml")
          ->turn,
      TurnConfig{});
}

TEST(Config, WhoMayLogInToTurnAndWhatItOffers) {
  const auto config = parse_config(R"(
realm = "r"
[[interface]]
name = "only"
addresses = [{ local = "192.0.2.1", advertised = "203.0.113.1" }, { local = "192.0.2.2" }]
[[relay]]
interface = "only"
ports = "50000-50100"
[turn]
relay_interface = "only"
authentication = "sha256"
server_name = "turn.example"
tcp_relay = true
mobility = true
[turn.users]
alice = "secret"
bob = { md5_key = "00112233445566778899aabbccddeeFF", realm = "other" }
[turn.limits]
connections_per_allocation = 3
[[turn.oauth]]
kid = "long"
key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEK"
[[turn.oauth]]
kid = "short"
key = "MTIzNDU2Nzg5MDEyMzQ1Ng=="
algorithm = "A128GCM"
[[turn.listener]]
bind = "only:3478"
transports = ["udp"]
realm = "other"
[[turn.listener]]
bind = "only:3479"
transports = ["udp"]
[turn.nat_discovery]
primary = "192.0.2.1:3478"
alternate = "192.0.2.2:3479"
[turn.redirect]
servers = ["192.0.2.20:3478", "[2001:db8::20]:3478"]
domain = "turn2.example"
above_allocations = 0
)",
                                   "edge.toml");
  ASSERT_TRUE(config) << config.reason().message();
  const TurnConfig& turn = config->turn;
  EXPECT_THAT(turn.users, ElementsAre(Pair("alice", "secret")));
  ASSERT_EQ(turn.hashed_users.size(), 1u);
  const HashedUser& bob = turn.hashed_users.at("bob");
  ASSERT_TRUE(bob.md5_key);
  EXPECT_EQ((*bob.md5_key)[15], std::byte{0xff});
  EXPECT_EQ(bob.sha256_key, std::nullopt);
  EXPECT_EQ(bob.realm, "other");
  EXPECT_EQ(turn.authentication, TurnAuthentication::sha256);
  EXPECT_EQ(turn.server_name, "turn.example");
  ASSERT_EQ(turn.oauth_keys.size(), 2u);
  EXPECT_EQ(turn.oauth_keys[0].key.size(), 32u) << "what is longer is cut";
  EXPECT_EQ(turn.oauth_keys[1].algorithm, OAuthKey::Algorithm::a128gcm);
  EXPECT_EQ(turn.oauth_keys[1].key.size(), 16u);
  ASSERT_EQ(config->warnings.size(), 1u);
  EXPECT_THAT(config->warnings[0], HasSubstr("longer than its algorithm takes"));
  EXPECT_THAT(turn.listener_realms, ElementsAre("other", ""));
  EXPECT_EQ(turn.nat_discovery,
            (NatDiscoveryConfig{endpoint("192.0.2.1:3478"), endpoint("192.0.2.2:3479")}));
  EXPECT_THAT(turn.redirect.servers,
              ElementsAre(endpoint("192.0.2.20:3478"), endpoint("[2001:db8::20]:3478")));
  EXPECT_EQ(turn.redirect.domain, "turn2.example");
  EXPECT_EQ(turn.redirect.above_allocations, 0u);
  EXPECT_TRUE(turn.tcp_relay);
  EXPECT_TRUE(turn.mobility);
  EXPECT_EQ(turn.limits.connections_per_allocation, 3u);
}

TEST(Config, WhatIsNotMentionedIsOff) {
  const auto config = parse_config(with_listener(""), "edge.toml");
  ASSERT_TRUE(config) << config.reason().message();
  EXPECT_THAT(config->turn.listeners, IsEmpty());
  EXPECT_THAT(config->ng.listeners, IsEmpty());
  EXPECT_EQ(config->metrics_http, endpoint("127.0.0.1:9464"));
  EXPECT_EQ(config->turn.limits.half_open_per_prefix, std::nullopt);
}

TEST(Config, FileSaysWhichCredentialsItHas) {
  const auto stated = [](const std::string& turn) {
    const auto config = parse_config(with_listener("[turn]\n" + turn), "edge.toml");
    EXPECT_TRUE(config) << config.reason().message();
    return config->turn.stated;
  };
  EXPECT_EQ(stated(""), StatedCredentials{});
  EXPECT_EQ(stated("[turn.users]\n"), (StatedCredentials{.users = true}));
  EXPECT_EQ(stated("shared_secret_file = \"\"\n"), (StatedCredentials{.shared_secret_file = true}));
  EXPECT_EQ(stated("oauth = []\n"), (StatedCredentials{.oauth = true}));
}

}  // namespace
}  // namespace avedge::edge
