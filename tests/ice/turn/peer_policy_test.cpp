#include "ice/turn/peer_policy.h"

#include <gtest/gtest.h>

namespace avedge::turn {
namespace {

PeerPorts ports_of(const char* text, const PeerSettings& settings = {}) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address) << text;
  const PeerPolicy policy{settings};
  const PeerPlace place = policy.is_own(*address) ? PeerPlace::this_host : PeerPlace::elsewhere;
  return policy.ports_of(*address, place, Transport::udp);
}

bool allows(const char* text, const PeerSettings& settings = {}) {
  return ports_of(text, settings) == PeerPorts::all;
}

PeerRule rule(PeerRule::Action action, const char* prefix) {
  return {action, *Prefix::parse(prefix)};
}
PeerRule rule(PeerRule::Action action, const char* prefix, std::uint16_t first,
              std::uint16_t last) {
  return {action, *Prefix::parse(prefix), PortRange{Port{first}, Port{last}}};
}
constexpr auto kAllow = PeerRule::Action::allow;
constexpr auto kDeny = PeerRule::Action::deny;

TEST(PeerPolicy, DeniesByDefaultWhatIsNotPublic) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.1.1",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "239.1.1.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fc00::1",
                              "fdff::1",
                              "fec0::1",
                              "ff02::1",
                              "2001:db8::1",
                              "2001:2::1",
                              "100::1",
                              "64:ff9b:1::1",
                              "3fff::1"}) {
    EXPECT_FALSE(allows(address)) << address;
  }
}

TEST(PeerPolicy, AllowsWhatIs) {
  for (const char* address :
       {"1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1",
        "172.32.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::1", "2a00::1",
        "2001:4860:4860::8888"}) {
    EXPECT_TRUE(allows(address)) << address;
  }
}

struct Forms {
  const char* ipv4;
  std::vector<const char*> others;
};

TEST(PeerPolicy, EveryFormOfAnAddressGetsTheSameVerdict) {
  const Forms all[] = {
      {"127.0.0.1",
       {"::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1",
        "2002:7f00:1::", "2002:7f00:1:1234::5", "64:ff9b::127.0.0.1", "2001:0:1:2:3:4:80ff:fffe",
        "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:127.0.0.1"}},
      {"10.20.30.40",
       {"::ffff:10.20.30.40", "::10.20.30.40", "::ffff:0:10.20.30.40", "2002:a14:1e28::",
        "64:ff9b::10.20.30.40", "2001:0:1:2:3:4:f5eb:e1d7", "2606:4700::5efe:10.20.30.40"}},
      {"8.8.8.8",
       {"::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8", "2002:808:808::", "64:ff9b::8.8.8.8",
        "2001:0:1:2:3:4:f7f7:f7f7", "2606:4700::5efe:8.8.8.8"}},
  };
  const PeerSettings settings_to_try[] = {
      {},
      {{rule(kAllow, "10.20.0.0/16"), rule(kDeny, "8.8.8.0/24")}, {}, {}},
      {{rule(kAllow, "127.0.0.0/8")}, {*IpAddress::parse("8.8.8.8")}, {}},
  };
  for (const auto& settings : settings_to_try) {
    for (const auto& [ipv4, others] : all) {
      for (const char* other : others) {
        EXPECT_EQ(allows(other, settings), allows(ipv4, settings)) << ipv4 << " as " << other;
      }
    }
  }
}

TEST(PeerPolicy, TheFirstRuleThatMatchesWins) {
  const PeerSettings settings{{rule(kDeny, "10.20.30.0/24"), rule(kAllow, "10.20.0.0/16"),
                               rule(kDeny, "10.20.99.0/24"), rule(kDeny, "8.8.8.8/32")},
                              {},
                              {}};
  EXPECT_FALSE(allows("10.20.30.1", settings));
  EXPECT_TRUE(allows("10.20.31.1", settings));
  EXPECT_TRUE(allows("10.20.99.1", settings));
  EXPECT_FALSE(allows("10.21.0.1", settings));
  EXPECT_FALSE(allows("8.8.8.8", settings));
  EXPECT_TRUE(allows("8.8.8.9", settings));
}

TEST(PeerPolicy, RulesKnowPrefixesThatEndWithinAByte) {
  const PeerSettings settings{{rule(kAllow, "fd00:8000::/17")}, {}, {}};
  EXPECT_TRUE(allows("fd00:8000::1", settings));
  EXPECT_TRUE(allows("fd00:ffff::1", settings));
  EXPECT_FALSE(allows("fd00:7fff::1", settings));
}

TEST(PeerPolicy, AllowingEverythingOfIpv6OpensNoIpv4) {
  const PeerSettings settings{{rule(kAllow, "::/0")}, {}, {}};
  EXPECT_TRUE(allows("fd00::1", settings));
  EXPECT_FALSE(allows("::ffff:127.0.0.1", settings));
  EXPECT_FALSE(allows("64:ff9b::127.0.0.1", settings));
}

TEST(PeerPolicy, DenyRulesHoldForTheWrittenFormToo) {
  EXPECT_FALSE(allows("64:ff9b::8.8.8.8", {{rule(kDeny, "64:ff9b::/96")}, {}, {}}));
}

// Allowing the office network must not open the edge's own SIP listener in it.
TEST(PeerPolicy, OwnAddressesStayForbiddenWithinAnAllowedPrefix) {
  const PeerSettings settings{{rule(kAllow, "10.20.0.0/16")}, {*IpAddress::parse("10.20.0.5")}, {}};
  EXPECT_TRUE(allows("10.20.0.6", settings));
  EXPECT_FALSE(allows("10.20.0.5", settings));
  EXPECT_FALSE(allows("::ffff:10.20.0.5", settings));
}

TEST(PeerPolicy, AnAllowedIpv4PrefixOpensNoDeniedIpv6Network) {
  const PeerSettings settings{{rule(kAllow, "10.20.0.0/16")}, {}, {}};
  EXPECT_FALSE(allows("fd00::5efe:10.20.0.1", settings));  // ISATAP within a ULA network
}

TEST(PeerPolicy, OwnAddressesAreForbiddenButRelayedOnesAreNot) {
  const PeerSettings settings{{rule(kDeny, "10.1.0.0/16")}, {*IpAddress::parse("1.1.1.1")}, {}};
  EXPECT_EQ(ports_of("1.1.1.1", settings), PeerPorts::none);
  EXPECT_EQ(ports_of("64:ff9b::1.1.1.1", settings), PeerPorts::none);
  const PeerPolicy policy{settings};
  const auto relayed = [&](const char* text) {
    return policy.ports_of(*IpAddress::parse(text), PeerPlace::relayed, Transport::udp);
  };
  EXPECT_EQ(relayed("1.1.1.1"), PeerPorts::some);
  EXPECT_EQ(relayed("192.168.7.7"), PeerPorts::some);
  EXPECT_EQ(relayed("10.1.0.1"), PeerPorts::none);
}

// --- rules with ports ----------------------------------------------------------------------------

using Verdict = PeerPolicy::Verdict;

struct PortCase {
  const char* name;
  const char* peer;
  Verdict elsewhere;
  Verdict on_this_host;
  Verdict relayed;
};

/// A media server on the TURN server's own address, which is also that of the edge's listeners.
TEST(PeerPolicy, ARuleWithPortsOpensThosePortsOfThisHostAndNoListener) {
  const PeerPolicy policy{
      {{rule(kAllow, "192.0.2.10/32", 3000, 20000), rule(kAllow, "192.0.2.0/24"),
        rule(kDeny, "192.0.2.11/32")},
       {},
       {*Endpoint::parse("192.0.2.10:3478"), *Endpoint::parse("0.0.0.0:9464")}}};
  for (const auto& [name, text, elsewhere, here, relayed] :
       {PortCase{"opened", "192.0.2.10:16384", Verdict::allowed, Verdict::allowed,
                 Verdict::allowed},
        PortCase{"the last one", "192.0.2.10:20000", Verdict::allowed, Verdict::allowed,
                 Verdict::allowed},
        PortCase{"behind it", "192.0.2.10:20001", Verdict::allowed, Verdict::denied,
                 Verdict::if_leased},
        PortCase{"the edge's TURN listener", "192.0.2.10:3478", Verdict::allowed, Verdict::denied,
                 Verdict::if_leased},
        PortCase{"what is bound to every address", "192.0.2.10:9464", Verdict::allowed,
                 Verdict::denied, Verdict::if_leased},
        PortCase{"in the clothes of IPv6", "[::ffff:192.0.2.10]:16384", Verdict::allowed,
                 Verdict::allowed, Verdict::allowed},
        PortCase{"another address", "192.0.2.12:16384", Verdict::allowed, Verdict::denied,
                 Verdict::if_leased},
        PortCase{"no rule", "198.51.100.1:16384", Verdict::denied, Verdict::denied,
                 Verdict::if_leased}}) {
    const Endpoint peer = *Endpoint::parse(text);
    EXPECT_EQ(policy.judge(peer, PeerPlace::elsewhere, Transport::udp), elsewhere) << name;
    EXPECT_EQ(policy.judge(peer, PeerPlace::this_host, Transport::udp), here) << name;
    EXPECT_EQ(policy.judge(peer, PeerPlace::relayed, Transport::udp), relayed) << name;
    EXPECT_NE(policy.judge(peer, PeerPlace::this_host, Transport::tcp), Verdict::allowed)
        << name << ": rules with ports are about datagrams";
  }
}

TEST(PeerPolicy, PermissionsAreForAddressesOfWhichSomePortsAreOpen) {
  const PeerSettings settings{
      {rule(kAllow, "192.0.2.10/32", 3000, 20000), rule(kAllow, "10.0.0.5/32", 5000, 5999),
       rule(kDeny, "8.8.8.8/32", 53, 53)},
      {*IpAddress::parse("192.0.2.10"), *IpAddress::parse("192.0.2.11")},
      {}};
  EXPECT_EQ(ports_of("192.0.2.10", settings), PeerPorts::some);
  EXPECT_EQ(ports_of("192.0.2.11", settings), PeerPorts::none);
  EXPECT_EQ(ports_of("10.0.0.5", settings), PeerPorts::some);
  EXPECT_EQ(ports_of("10.0.0.6", settings), PeerPorts::none);
  EXPECT_EQ(ports_of("8.8.8.8", settings), PeerPorts::some);
  EXPECT_EQ(ports_of("8.8.8.9", settings), PeerPorts::all);
  const PeerPolicy policy{settings};
  EXPECT_EQ(policy.ports_of(*IpAddress::parse("10.0.0.5"), PeerPlace::elsewhere, Transport::tcp),
            PeerPorts::none)
      << "by TCP";
}

}  // namespace
}  // namespace avedge::turn
