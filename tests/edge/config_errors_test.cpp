// What an operator reads when a configuration is wrong: the exact words, with file and line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/config.h"
#include "temporary_folder.h"

namespace avedge::edge {
namespace {

using testing::HasSubstr;

/// Two interfaces with relay ranges and SIP listeners: 16 lines, so that a case begins at line 17.
constexpr const char* kHouse = R"([[interface]]
name = "external"
addresses = [{ local = "192.0.2.10" }]
[[interface]]
name = "internal"
addresses = [{ local = "10.0.0.10" }]
[[relay]]
interface = "external"
ports = "50000-59999"
[[relay]]
interface = "internal"
ports = "50000-59999"
[sip]
listener = [{ bind = "external:5060", transports = ["udp"] },
            { bind = "internal:5060", transports = ["udp"] }]

)";

struct Case {
  const char* name;
  const char* text;
  const char* problem;
};

std::string problems_of(const std::string& text) {
  const auto config = parse_config(text, "edge.toml");
  return config ? "no problem" : config.reason().message();
}

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}
std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

class WrongFromTheFirstLine : public testing::TestWithParam<Case> {};
TEST_P(WrongFromTheFirstLine, IsExplained) {
  EXPECT_EQ(problems_of(GetParam().text), GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, WrongFromTheFirstLine,
    testing::Values(
        Case{"MisspeltKey", "relm = \"x\"",
             "edge.toml:1: relm: unknown key 'relm' in top level; did you mean 'realm'?"},
        Case{"SwappedLetters", "\n[[relay]]\ninterafce = 1\n[log]\nlevle = \"info\"",
             "edge.toml:2: relay.interface: missing; name an [[interface]]\n"
             "edge.toml:2: relay.ports: missing; use \"FIRST-LAST\" within 1024-65535\n"
             "edge.toml:3: relay.interafce: unknown key 'interafce' in [relay]; did you mean "
             "'interface'?\n"
             "edge.toml:5: log.levle: unknown key 'levle' in [log]; did you mean 'level'?"},
        Case{"ForeignKey", "[log]\nrotation = 7",
             "edge.toml:2: log.rotation: unknown key 'rotation' in [log]; keys here are level, "
             "format"},
        Case{"WrongType", "realm = 7", "edge.toml:1: realm: is an integer; use a string"},
        Case{"TableForString", "[realm]", "edge.toml:1: realm: is a table; use a string"},
        Case{"StringForTable", "log = \"x\"", "edge.toml:1: log: is a string; use a table, [log]"},
        Case{"TableForList", "[interface]",
             "edge.toml:1: interface: is a table; use a list of tables, [[interface]]"},
        Case{"OutOfBounds", "workers = 257",
             "edge.toml:1: workers: 257 is out of bounds; use 0 to 255"},
        Case{"Negative", "workers = -1", "edge.toml:1: workers: -1 is out of bounds; use 0 to 255"},
        Case{"EmptyRealm", "realm = \"\"",
             "edge.toml:1: realm: is not a valid realm; use 1 to 127 printable characters"},
        Case{"UnknownWord", "[log]\nlevel = \"inof\"",
             "edge.toml:2: log.level: unknown value 'inof'; did you mean 'info'?"},
        Case{"UnknownFormat", "[log]\nformat = \"xml\"",
             "edge.toml:2: log.format: unknown value 'xml'; use text, json"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Network, WrongFromTheFirstLine,
    testing::Values(
        Case{"NoName", "[[interface]]\naddresses = [{ local = \"192.0.2.1\" }]",
             "edge.toml:1: interface.name: missing; add one for other keys to refer to"},
        Case{"NameLikeAnAddress",
             "[[interface]]\nname = \"192.0.2.1\"\naddresses = [{ local = \"192.0.2.1\" }]",
             "edge.toml:2: interface.name: '192.0.2.1' is not a valid name; use letters, digits, "
             "'-' and "
             "'_'"},
        Case{"NoAddresses", "[[interface]]\nname = \"a\"",
             "edge.toml:1: interface.addresses: missing; add at least one, as [{ local = "
             "\"192.0.2.10\" }]"},
        Case{"NoAddress", "[[interface]]\nname = \"a\"\naddresses = [{ local = \"192.0.2\" }]",
             "edge.toml:3: interface.addresses.local: '192.0.2' is not a valid IP address; use one "
             "like "
             "192.0.2.10 or 2001:db8::10"},
        Case{"Wildcard", "[[interface]]\nname = \"a\"\naddresses = [{ local = \"::\" }]",
             "edge.toml:3: interface.addresses.local: '::' is a wildcard; name one address"}),
    name_of);

class WrongInAHouse : public testing::TestWithParam<Case> {};
TEST_P(WrongInAHouse, IsExplained) {
  EXPECT_EQ(problems_of(kHouse + std::string{GetParam().text}), GetParam().problem);
}

TEST(ConfigErrors, TheHouseItselfIsInOrder) {
  EXPECT_EQ(problems_of(kHouse), "no problem");
}

INSTANTIATE_TEST_SUITE_P(
    Network, WrongInAHouse,
    testing::Values(
        Case{"NameTwice",
             "[[interface]]\nname = \"internal\"\naddresses = [{ local = \"192.0.2.1\" }]",
             "edge.toml:18: interface.name: 'internal' stands there twice; give each [[interface]] "
             "a name of its own"},
        Case{"AddressTwice", "[[interface]]\nname = \"a\"\naddresses = [{ local = \"10.0.0.10\" }]",
             "edge.toml:19: interface.addresses.local: '10.0.0.10' already belongs to an "
             "interface; name each address once"},
        Case{"OtherFamily",
             "[[interface]]\nname = \"a\"\naddresses = [{ local = \"192.0.2.1\", advertised = "
             "\"2001:db8::1\" }]",
             "edge.toml:19: interface.addresses.advertised: is of another family than local; "
             "translate IPv4 to IPv4 and IPv6 to IPv6"},
        Case{"LongDevice",
             "[[interface]]\nname = \"a\"\naddresses = [{ local = \"192.0.2.1\" }]\ndevice = "
             "\"a-name-too-long-for-linux\"",
             "edge.toml:20: interface.device: 'a-name-too-long-for-linux' is not a valid network "
             "device; "
             "use a name like eth0"},
        Case{"RelayOnUnknownInterface", "[[relay]]\ninterface = \"extrnal\"\nports = \"2000-3000\"",
             "edge.toml:18: relay.interface: no [[interface]] is named 'extrnal'; did you mean "
             "'external'?"},
        Case{"NoRange", "[[relay]]\ninterface = \"external\"\nports = \"2000\"",
             "edge.toml:19: relay.ports: '2000' is not a valid port range; use \"FIRST-LAST\" "
             "within "
             "1024-65535"},
        Case{"RangeTooHigh", "[[relay]]\ninterface = \"external\"\nports = \"60000-65536\"",
             "edge.toml:19: relay.ports: '60000-65536' is not a valid port range; use "
             "\"FIRST-LAST\" "
             "within 1024-65535"},
        Case{"RangeBackwards", "[[relay]]\ninterface = \"external\"\nports = \"3000-2000\"",
             "edge.toml:19: relay.ports: '3000-2000' ends before it begins; use \"FIRST-LAST\" "
             "within 1024-65535"},
        Case{"RangeTooLow", "[[relay]]\ninterface = \"external\"\nports = \"1000-2000\"",
             "edge.toml:19: relay.ports: '1000-2000' begins below 1024; use \"FIRST-LAST\" within "
             "1024-65535"},
        Case{"RangesOverlap", "[[relay]]\ninterface = \"external\"\nports = \"59999-60100\"",
             "edge.toml:19: relay.ports: overlaps another range of 'external'; keep the ranges of "
             "one interface apart"}),
    name_of);

/// TURN with all it needs, up to the head of its listener.
constexpr const char* kTurn = R"([turn]
relay_interface = "external"
[turn.users]
alice = "secret"
[[turn.listener]]
)";

class WrongTurnListener : public testing::TestWithParam<Case> {};
TEST_P(WrongTurnListener, IsExplained) {
  EXPECT_EQ(problems_of("realm = \"r\"\n" + std::string{kHouse} + kTurn + GetParam().text),
            GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Turn, WrongTurnListener,
    testing::Values(
        Case{"NoBind", "transports = [\"udp\"]",
             "edge.toml:22: turn.listener.bind: missing; use \"INTERFACE:PORT\", \"ADDRESS:PORT\" "
             "or \"[IPV6]:PORT\""},
        Case{"NoTransports", "bind = \"external:3478\"",
             "edge.toml:22: turn.listener.transports: missing; use some of udp, tcp, tls, dtls"},
        Case{"EmptyTransports", "bind = \"external:3478\"\ntransports = []",
             "edge.toml:24: turn.listener.transports: names no transport; use some of udp, tcp, "
             "tls, dtls"},
        Case{"UnknownTransport", "bind = \"external:3478\"\ntransports = [\"upd\"]",
             "edge.toml:24: turn.listener.transports: unknown value 'upd'; did you mean 'udp'?"},
        Case{"TransportTwice", "bind = \"external:3478\"\ntransports = [\"udp\", \"udp\"]",
             "edge.toml:24: turn.listener.transports: 'udp' stands there twice; name it once"},
        Case{"CertificateMissing", "bind = \"external:3478\"\ntransports = [\"tcp\", \"tls\"]",
             "edge.toml:22: turn.listener.certificate: missing; tls and dtls need one: name a "
             "[[certificate]]"},
        Case{
            "CertificateForNothing",
            "bind = \"external:3478\"\ntransports = [\"udp\"]\ncertificate = \"edge\"",
            "edge.toml:25: turn.listener.certificate: is of no use without tls or dtls; remove it, "
            "or add one of them to transports"},
        Case{"CertificateOfNobody",
             "bind = \"external:3478\"\ntransports = [\"dtls\"]\ncertificate = \"edge\"",
             "edge.toml:25: turn.listener.certificate: no [[certificate]] is named 'edge'; add "
             "one"},
        Case{
            "ProxyProtocolOverUdp",
            "bind = \"external:3478\"\ntransports = [\"tcp\", \"udp\"]\nproxy_protocol = true",
            "edge.toml:25: turn.listener.proxy_protocol: works over tcp and tls only; give udp and "
            "dtls a listener of their own"},
        Case{"ProxyProtocolIsNoText",
             "bind = \"external:3478\"\ntransports = [\"tcp\"]\nproxy_protocol = \"yes\"",
             "edge.toml:25: turn.listener.proxy_protocol: is a string; use true or false"},
        Case{"UnknownInterface", "bind = \"externl:3478\"\ntransports = [\"udp\"]",
             "edge.toml:23: turn.listener.bind: no [[interface]] is named 'externl'; did you mean "
             "'external'?"},
        Case{
            "PortMissing", "bind = \"external\"\ntransports = [\"udp\"]",
            "edge.toml:23: turn.listener.bind: 'external' is not a valid address to listen on; use "
            "\"INTERFACE:PORT\", \"ADDRESS:PORT\" or \"[IPV6]:PORT\""},
        Case{"PortTooHigh", "bind = \"external:65536\"\ntransports = [\"udp\"]",
             "edge.toml:23: turn.listener.bind: 'external:65536' is not a valid address to listen "
             "on; use "
             "\"INTERFACE:PORT\", \"ADDRESS:PORT\" or \"[IPV6]:PORT\""},
        Case{"Ipv6WithoutBrackets", "bind = \"2001:db8::1\"\ntransports = [\"udp\"]",
             "edge.toml:23: turn.listener.bind: '2001:db8::1' has no port; use "
             "\"INTERFACE:PORT\", \"ADDRESS:PORT\" or \"[IPV6]:PORT\""},
        Case{"Wildcard", "bind = \"0.0.0.0:3478\"\ntransports = [\"udp\"]",
             "edge.toml:23: turn.listener.bind: '0.0.0.0:3478' is a wildcard; name an interface or "
             "one address, so that replies leave from where the request came in"},
        Case{"TakenBySip", "bind = \"192.0.2.10:5060\"\ntransports = [\"udp\"]",
             "edge.toml:15: sip.listener.bind: 192.0.2.10:5060 over udp is already taken by line "
             "23; give one of them another port"},
        Case{"SamePortInAnotherEntry",
             "bind = \"external:3478\"\ntransports = [\"udp\"]\n[[turn.listener]]\nbind = "
             "\"192.0.2.10:3478\"\ntransports = [\"tcp\", \"udp\"]",
             "edge.toml:26: turn.listener.bind: 192.0.2.10:3478 over udp is already taken by line "
             "23; give one of them another port"},
        Case{"TcpInTheRelayRange", "bind = \"external:50001\"\ntransports = [\"tcp\"]",
             "edge.toml:23: turn.listener.bind: port 50001 lies in the relay range of 'external'; "
             "choose a port outside of the range"},
        Case{"InTheRelayRange", "bind = \"external:50001\"\ntransports = [\"udp\"]",
             "edge.toml:23: turn.listener.bind: port 50001 lies in the relay range of 'external'; "
             "choose a port outside of the range"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Turn, WrongInAHouse,
    testing::Values(
        Case{"NothingThatTurnNeeds",
             "[[turn.listener]]\nbind = \"external:3478\"\ntransports = [\"udp\"]",
             "edge.toml:1: realm: missing; add one, as realm = \"example.org\"\n"
             "edge.toml:17: turn.relay_interface: missing; name the [[interface]] of the relayed "
             "addresses\n"
             "edge.toml:17: turn: nobody could log in; add [turn.users] or shared_secret_file"},
        Case{
            "SecretsFileMissing", "[turn]\nshared_secret_file = \"/nonexistent/secrets\"",
            "edge.toml:18: turn.shared_secret_file: '/nonexistent/secrets' cannot be read: No such "
            "file or directory; make it readable for this user, with one secret a line"},
        Case{"UserWithColon", "[turn.users]\n\"1700000000:alice\" = \"x\"",
             "edge.toml:18: turn.users.1700000000:alice: a user name with ':' looks like a "
             "time-limited credential; choose another name"},
        Case{"EmptyPassword", "[turn.users]\nalice = \"\"",
             "edge.toml:18: turn.users.alice: the password is empty; set one, or remove the user"},
        Case{"NumberAsPassword", "[turn.users]\nalice = 1234",
             "edge.toml:18: turn.users.alice: is an integer; use a string"},
        Case{"HashedUserWithoutAKey", "[turn.users]\nalice = { realm = \"r\" }",
             "edge.toml:18: turn.users.alice: has no key; add md5_key or sha256_key, or both"},
        Case{"KeyOfAnotherHash", "[turn.users]\nalice = { sha256_key = \"00ff\" }",
             "edge.toml:18: turn.users.alice.sha256_key: is not a valid SHA-256 key; use the 64 "
             "hexadecimal "
             "digits of SHA-256(user:realm:password)"},
        Case{"KeyThatIsNotHexadecimal",
             "[turn.users]\nalice = { md5_key = \"zz000000000000000000000000000000\" }",
             "edge.toml:18: turn.users.alice.md5_key: is not a valid MD5 key; use the 32 "
             "hexadecimal digits "
             "of MD5(user:realm:password)"},
        Case{"UnknownAuthentication", "[turn]\nauthentication = \"sha1\"",
             "edge.toml:18: turn.authentication: unknown value 'sha1'; use md5, both, sha256"},
        Case{"OAuthWithoutItsParts", "[[turn.oauth]]\nalgorithm = \"A128GCM\"",
             "edge.toml:17: turn.oauth.kid: missing; name the key as clients will\n"
             "edge.toml:17: turn.oauth.key: missing; add the key in base64"},
        Case{
            "OAuthKeyTooShort", "[[turn.oauth]]\nkid = \"a\"\nkey = \"AAAA\"",
            "edge.toml:19: turn.oauth.key: is too short for its algorithm; use 32 bytes in base64"},
        Case{"OAuthKeyThatIsNotBase64", "[[turn.oauth]]\nkid = \"a\"\nkey = \"not base64!\"",
             "edge.toml:19: turn.oauth.key: is not valid base64; use 32 bytes in base64"},
        Case{"OAuthUnknownAlgorithm",
             "[[turn.oauth]]\nkid = \"a\"\nalgorithm = \"A256CBC\"\nkey = \"AAAA\"",
             "edge.toml:19: turn.oauth.algorithm: unknown value 'A256CBC'; use A128GCM, A256GCM"},
        Case{"EmptyServerName", "[turn]\nserver_name = \"\"",
             "edge.toml:18: turn.server_name: is not a valid realm; use 1 to 127 printable "
             "characters"},
        Case{"DiscoveryWithoutItsListeners",
             "[turn.nat_discovery]\nprimary = \"192.0.2.10:3478\"\n"
             "alternate = \"192.0.2.11:3479\"",
             "edge.toml:17: turn.nat_discovery: needs a UDP listener on 192.0.2.10:3478; add it to "
             "a [[turn.listener]]\n"
             "edge.toml:17: turn.nat_discovery: needs a UDP listener on 192.0.2.10:3479; add it to "
             "a [[turn.listener]]\n"
             "edge.toml:17: turn.nat_discovery: needs a UDP listener on 192.0.2.11:3478; add it to "
             "a [[turn.listener]]\n"
             "edge.toml:17: turn.nat_discovery: needs a UDP listener on 192.0.2.11:3479; add it to "
             "a [[turn.listener]]"},
        Case{"DiscoveryWithOneAddress",
             "[turn.nat_discovery]\nprimary = \"192.0.2.10:3478\"\n"
             "alternate = \"192.0.2.10:3479\"",
             "edge.toml:19: turn.nat_discovery.alternate: differs too little from primary; use "
             "another address of the same family, and another port"},
        Case{"DiscoveryWithoutAnAlternate", "[turn.nat_discovery]\nprimary = \"192.0.2.10\"",
             "edge.toml:17: turn.nat_discovery.alternate: missing; use one like "
             "\"192.0.2.10:3478\"\n"
             "edge.toml:18: turn.nat_discovery.primary: '192.0.2.10' is not a valid address and "
             "port; use "
             "\"ADDRESS:PORT\" or \"[IPV6]:PORT\""},
        Case{"RedirectToNowhere", "[turn.redirect]\nabove_allocations = 5",
             "edge.toml:17: turn.redirect.servers: missing; use a list like "
             "[\"192.0.2.20:3478\"]"},
        Case{"RedirectToAName", "[turn.redirect]\nservers = [\"turn.example:3478\"]",
             "edge.toml:18: turn.redirect.servers: 'turn.example:3478' is not a valid address and "
             "port; use "
             "\"ADDRESS:PORT\" or \"[IPV6]:PORT\""},
        Case{"MobilityAsAWord", "[turn]\nmobility = \"yes\"",
             "edge.toml:18: turn.mobility: is a string; use true or false"},
        Case{"UnknownAction", "[[turn.peer_rule]]\naction = \"alow\"\nprefix = \"10.0.0.0/8\"",
             "edge.toml:18: turn.peer_rule.action: unknown value 'alow'; did you mean 'allow'?"},
        Case{
            "HostBits", "[[turn.peer_rule]]\naction = \"allow\"\nprefix = \"10.1.0.0/8\"",
            "edge.toml:19: turn.peer_rule.prefix: '10.1.0.0/8' is not a valid prefix; use one like "
            "10.20.0.0/16 or 2001:db8::/32, with all host bits zero"},
        Case{"PortsOfARuleBackwards",
             "[[turn.peer_rule]]\naction = \"allow\"\nprefix = \"10.1.0.0/16\"\nports = \"9-8\"",
             "edge.toml:20: turn.peer_rule.ports: '9-8' ends before it begins; use "
             "\"FIRST-LAST\" within 1-65535"},
        Case{"OnePortOfARule",
             "[[media.peer_rule]]\naction = \"allow\"\nprefix = \"10.1.0.0/16\"\nports = \"9\"",
             "edge.toml:20: media.peer_rule.ports: '9' is not a valid port range; use "
             "\"FIRST-LAST\" within 1-65535"},
        Case{"MediaRuleWithoutAnything", "[[media.peer_rule]]",
             "edge.toml:17: media.peer_rule.action: missing; use allow or deny\n"
             "edge.toml:17: media.peer_rule.prefix: missing; use one like 10.20.0.0/16"},
        Case{"MediaRuleOfNoInterface",
             "[[media.peer_rule]]\ninterface = \"internl\"\naction = \"deny\"\nprefix = "
             "\"10.1.0.0/16\"",
             "edge.toml:18: media.peer_rule.interface: no [[interface]] is named 'internl'; did "
             "you mean 'internal'?"},
        Case{"UnknownKeyOfAMediaRule",
             "[[media.peer_rule]]\naction = \"deny\"\nprefix = \"10.1.0.0/16\"\nport = \"1-2\"",
             "edge.toml:20: media.peer_rule.port: unknown key 'port' in [media.peer_rule]; did you "
             "mean 'ports'?"},
        Case{"MoreChannelsThanThereAre", "[turn.limits]\nchannels_per_allocation = 4097",
             "edge.toml:18: turn.limits.channels_per_allocation: 4097 is out of bounds; use 1 to "
             "4096"},
        Case{"DscpWord", "[turn]\ndscp = \"presrve\"",
             "edge.toml:18: turn.dscp: unknown value 'presrve'; did you mean 'preserve'?"},
        Case{"DscpNumber", "[turn]\ndscp = 64",
             "edge.toml:18: turn.dscp: 64 is out of bounds; use 0 to 63"},
        Case{"Ttl", "[turn]\nttl = \"keep\"",
             "edge.toml:18: turn.ttl: unknown value 'keep'; use default, decrement"},
        Case{"LifetimesCross", "[turn]\ndefault_lifetime = 4000",
             "edge.toml:18: turn.default_lifetime: is longer than max_lifetime; use at most 3600"},
        Case{"RelayInterfaceWithoutPorts",
             "[[interface]]\nname = \"third\"\naddresses = [{ local = \"192.0.2.3\" }]\n"
             "[turn]\nrelay_interface = \"third\"",
             "edge.toml:21: turn.relay_interface: interface 'third' has no [[relay]] range; add "
             "[[relay]] with interface = \"third\" and ports"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Sip, WrongInAHouse,
    testing::Values(
        Case{"NoFromNoHops", "[[sip.route]]\ndomain = \"a\"",
             "edge.toml:17: sip.route.from: missing; name the [[interface]] calls come by\n"
             "edge.toml:17: sip.route.next_hops: missing; add at least one, as "
             "[\"sip:10.0.0.20:5060\"]"},
        Case{"UnknownLatching",
             "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"sip:10.0.0.20\"]\nlatching = "
             "\"signaled\"",
             "edge.toml:20: sip.route.latching: unknown value 'signaled'; did you mean "
             "'signalled'?"},
        Case{"HopOverWhatNobodyListensOn",
             "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"sip:10.0.0.20;transport=tcp\"]",
             "edge.toml:19: sip.route.next_hops: 'sip:10.0.0.20;transport=tcp' needs tcp, which "
             "interface 'internal' does not listen on; add \"tcp\" to the transports of its "
             "[[sip.listener]]"},
        Case{"MessageBytes", "[sip.limits]\nmessage_bytes = 100",
             "edge.toml:18: sip.limits.message_bytes: 100 is out of bounds; use 2048 to 65536"},
        Case{"NoHandshakes", "[sip.limits]\nhandshakes = 0",
             "edge.toml:18: sip.limits.handshakes: 0 is out of bounds; use 1 to 1000000"},
        Case{"NoUri", "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"10.0.0.20\"]",
             "edge.toml:19: sip.route.next_hops: '10.0.0.20': is not a valid SIP URI; use "
             "\"sip:HOST[:PORT][;transport=udp|tcp|tls][;weight=N]\""},
        Case{"HopWeight", "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"sip:b;weight=x\"]",
             "edge.toml:19: sip.route.next_hops: 'sip:b;weight=x': 'x' is not a valid weight; use "
             "0 to "
             "65535"},
        Case{"FederationWithHops",
             "[[sip.route]]\nfrom = \"external\"\ndomain = \"a.example\"\nfederation = true\n"
             "next_hops = [\"sip:b\"]",
             "edge.toml:21: sip.route.next_hops: contradicts federation = true; remove one of "
             "them"},
        Case{"FederationOfNobody", "[[sip.route]]\nfrom = \"external\"\nfederation = true",
             "edge.toml:17: sip.route.domain: missing; say whose _sipfederationtls._tcp is looked "
             "up"},
        Case{"Balance",
             "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"sip:b\"]\nbalance = \"weights\"",
             "edge.toml:20: sip.route.balance: unknown value 'weights'; did you mean 'weight'?"},
        Case{"NoPortsForOtherCalls", "[sip.limits]\nnext_hop_ports = 9000\nturn_ports = 999",
             "edge.toml:18: sip.limits.next_hop_ports: next_hop_ports and turn_ports keep 9999 of "
             "the 10000 ports of interface 'external'; leave at least 2 for other calls, or widen "
             "its [[relay]] ports"},
        Case{"HopWithUser", "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"sip:a@b\"]",
             "edge.toml:19: sip.route.next_hops: 'sip:a@b': a next hop has no user part; use "
             "\"sip:HOST[:PORT][;transport=udp|tcp|tls][;weight=N]\""},
        Case{"HopPort", "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"sip:b:0\"]",
             "edge.toml:19: sip.route.next_hops: 'sip:b:0': ':0' is not a valid port; use "
             "\"sip:HOST[:PORT][;transport=udp|tcp|tls][;weight=N]\""},
        Case{"HopParameter", "[[sip.route]]\nfrom = \"external\"\nnext_hops = [\"sip:b;ob\"]",
             "edge.toml:19: sip.route.next_hops: 'sip:b;ob': unknown parameter 'ob'; use "
             "\"sip:HOST[:PORT][;transport=udp|tcp|tls][;weight=N]\""},
        Case{"Domain",
             "[[sip.route]]\nfrom = \"external\"\ndomain = \"a..b\"\nnext_hops = [\"sip:b\"]",
             "edge.toml:19: sip.route.domain: 'a..b' is not a valid domain; use one like "
             "partner.example"},
        Case{"ThreeWays",
             "[[interface]]\nname = \"third\"\naddresses = [{ local = \"192.0.2.3\" }]\n"
             "[[sip.route]]\nfrom = \"third\"\nto = \"internal\"\nnext_hops = [\"sip:b\"]",
             "edge.toml:21: sip.route.from: interface 'third' has no [[sip.listener]]; add one "
             "with bind = \"third:5060\"\n"
             "edge.toml:21: sip.route.from: interface 'third' has no [[relay]] range; add "
             "[[relay]] with interface = \"third\" and ports"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Services, WrongInAHouse,
    testing::Values(
        Case{"MetricsWithoutPort", "[metrics]\nhttp = \"127.0.0.1\"",
             "edge.toml:18: metrics.http: '127.0.0.1' is not a valid address and port; use "
             "\"ADDRESS:PORT\" or \"[IPV6]:PORT\""},
        Case{"RelativeSocket", "[admin]\nsocket = \"admin.sock\"",
             "edge.toml:18: admin.socket: 'admin.sock' is not a valid socket path; use an absolute "
             "path of at most 107 bytes"}),
    name_of);

TEST(ConfigErrors, SipListenersTakeNoProxies) {
  EXPECT_THAT(problems_of("[[interface]]\nname = \"a\"\naddresses = [{ local = \"192.0.2.9\" }]\n"
                          "[[sip.listener]]\nbind = \"a:5060\"\ntransports = [\"udp\"]\n"
                          "proxy_protocol = true"),
              HasSubstr("edge.toml:7: sip.listener.proxy_protocol: unknown key 'proxy_protocol'"));
}

TEST(ConfigErrors, TraceGoesSomewhere) {
  EXPECT_EQ(problems_of("[sip]\ntrace = true\n[trace]\nfile = \"\""),
            "edge.toml:4: trace.file: the trace goes nowhere; name a file or a hep_collector");
  EXPECT_EQ(problems_of("[trace]\nhep_collector = \"192.0.2.1\"\nfiles = 0\n"
                        "hep_password = \"" +
                        std::string(256, 'x') + "\""),
            "edge.toml:2: trace.hep_collector: '192.0.2.1' is not a valid address and port; use "
            "\"ADDRESS:PORT\" or \"[IPV6]:PORT\"\n"
            "edge.toml:3: trace.files: 0 is out of bounds; use 1 to 1000\n"
            "edge.toml:4: trace.hep_password: is too long; use at most 255 bytes");
}

TEST(ConfigErrors, SipListenerMustBelongToAnInterface) {
  EXPECT_EQ(problems_of("[[sip.listener]]\nbind = \"192.0.2.9:5060\"\ntransports = [\"udp\"]"),
            "edge.toml:2: sip.listener.bind: the address belongs to no [[interface]]; routes go "
            "from interface to interface: add it to one");
}

TEST(ConfigErrors, WithThreeInterfacesARouteSaysWhereItLeads) {
  const std::string text =
      "[[interface]]\nname = \"third\"\naddresses = [{ local = \"192.0.2.3\" }]\n"
      "[[relay]]\ninterface = \"third\"\nports = \"50000-59999\"\n"
      "[sip]\nlistener = [{ bind = \"external:5060\", transports = [\"udp\"] }, "
      "{ bind = \"internal:5060\", transports = [\"udp\"] }, "
      "{ bind = \"third:5060\", transports = [\"udp\"] }]\n"
      "[[sip.route]]\nfrom = \"third\"\nnext_hops = [\"sip:b\"]\n";
  std::string house = kHouse;
  house.resize(house.find("[sip]"));
  EXPECT_EQ(problems_of(house + text),
            "edge.toml:21: sip.route.to: missing; say which interface requests leave by: use "
            "external, internal");
}

TEST(ConfigErrors, BrokenTomlSaysWhere) {
  EXPECT_THAT(problems_of("realm = \"r\"\nworkers = = 1\n"), HasSubstr("edge.toml:2: toml: "));
  EXPECT_THAT(problems_of("realm = \"\xff\"\n"), HasSubstr("edge.toml:1: toml: "));
  EXPECT_THAT(problems_of("realm = \"a\"\nrealm = \"b\"\n"), HasSubstr("edge.toml:2: toml: "));
}

TEST(ConfigErrors, FileWithoutAListener) {
  const std::string problem =
      "edge.toml:1: listener: no listener is configured, so nothing would be served; add "
      "[[turn.listener]], [turn.nat_discovery], [[sip.listener]] or [[ng.listener]]";
  for (const char* text : {"", "# nothing yet\n", "realm = \"r\"\n[metrics]\nhttp = \"\"\n",
                           "[turn]\n[turn.users]\nalice = \"secret\"\n"}) {
    EXPECT_EQ(problems_of(text), problem) << text;
  }
  EXPECT_EQ(problems_of("[[sip.listener]]\nbind = \"nowhere:5060\"\n").find("no listener is"),
            std::string::npos)
      << "there is one, with a mistake";
}

TEST(ConfigErrors, FilesThatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(load_config(folder.file("none.toml")).reason().message(),
            "'" + folder.file("none.toml") + "' cannot be read: No such file or directory");
  EXPECT_EQ(load_config(folder.file("")).reason().message(),
            "'" + folder.file("") + "' cannot be read: Is a directory");
  folder.write("secrets", "# nothing\n\n");
  const auto config =
      load_config(folder.write("edge.toml", "[turn]\nshared_secret_file = \"secrets\"\n"));
  EXPECT_EQ(config.reason().message(),
            folder.file("edge.toml") + ":2: turn.shared_secret_file: '" + folder.file("secrets") +
                "' holds no secret; make it readable for this user, with one secret a line");
}

}  // namespace
}  // namespace avedge::edge
