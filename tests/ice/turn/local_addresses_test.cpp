// What a client may do with an address of the edge's host: by every way in, in every form.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace std::chrono_literals;
using testing::Client;
using testing::World;

/// The relayed address is 10.9.9.9, advertised as 198.51.100.9; "9.9.9.9" and its network are other
/// addresses of the host, which only the kernel knows.
class LocalAddressesOfTheHost : public ::testing::Test {
 protected:
  static Settings settings() {
    Settings settings = World::default_settings();
    settings.tcp_relay = true;
    settings.peers.own_listeners = {*Endpoint::parse("9.9.9.9:5060")};
    return settings;
  }
  static PeerRule opens(const char* prefix, std::uint16_t first, std::uint16_t last) {
    return {PeerRule::Action::allow, *Prefix::parse(prefix), PortRange{Port{first}, Port{last}}};
  }
  void use(const PeerRule& rule) {
    Settings fresh = settings();
    fresh.peers.rules = {rule};
    world.reconfigure(fresh);
  }
  void SetUp() override {
    client = world.login();
    ASSERT_EQ(world.allocate(client).code(), 200);
    relay = world.relay();
  }
  void learn() {
    world.set_local_addresses({"127.0.0.0/8", "9.9.9.9/32", "20.20.20.0/26", "10.9.9.9/32",
                               "2a00::9/128", "198.41.0.255/32"});
  }

  World world{settings()};
  Client client;
  SocketId relay{};
};

struct FormCase {
  const char* name;
  const char* address;
};
constexpr FormCase kForms[] = {{"plain", "9.9.9.9"},
                               {"mapped", "::ffff:9.9.9.9"},
                               {"compatible", "::9.9.9.9"},
                               {"translated", "::ffff:0:9.9.9.9"},
                               {"6to4", "2002:909:909::1"},
                               {"Teredo", "2001:0:1:2:3:4:f6f6:f6f6"},
                               {"NAT64", "64:ff9b::9.9.9.9"},
                               {"ISATAP", "2606:4700::5efe:9.9.9.9"},
                               {"a network of the host's", "20.20.20.17"},
                               {"broadcast", "198.41.0.255"},
                               {"IPv6", "2a00::9"}};

std::string at(const char* address, const char* port) {
  const bool is_v6 = std::string_view{address}.find(':') != std::string_view::npos;
  return is_v6 ? "[" + std::string{address} + "]:" + port : std::string{address} + ":" + port;
}

// The matrix of address forms and ways in: permission and channel over UDP, Connect over TCP.
TEST_F(LocalAddressesOfTheHost, AreOutOfReachInEveryFormByEveryWay) {
  learn();
  const auto both = [](stun::StunBuilder& b) {
    b.u8_of_four(stun::AttributeType::additional_address_family, 2);
  };
  Client dual = client;
  dual.endpoint.port = Port{40002};
  dual = world.login(dual);
  ASSERT_EQ(world.allocate(dual, both).code(), 200);
  Client stream = world.login(client.over(Transport::tcp, 77));
  ASSERT_EQ(world
                .ask(stream, stun::Method::allocate,
                     [](stun::StunBuilder& b) {
                       b.u8_of_four(stun::AttributeType::requested_transport, 6);
                     })
                .code(),
            200);
  for (const auto& [name, address] : kForms) {
    EXPECT_EQ(world.permit(dual, {at(address, "0")}).code(), 403) << name;
    EXPECT_EQ(world.bind(dual, 0x4000, at(address, "1234")).code(), 403) << name;
    const auto connect = world.ask(stream, stun::Method::connect, [&](stun::StunBuilder& b) {
      World::add_peer(b, at(address, "22"));
    });
    const bool is_v4 = std::string_view{address}.find(':') == std::string_view::npos;
    EXPECT_EQ(connect.code(), is_v4 ? 403 : 443) << name;  // this one is for IPv4 only
  }
  EXPECT_TRUE(world.peer_connections.connections.empty());
  EXPECT_FALSE(world.observer.refused.empty()) << "the operator hears of it";
  EXPECT_EQ(world.permit(dual, {"9.9.9.8:0", "20.20.20.64:0"}).code(), 200) << "neighbours";
}

TEST_F(LocalAddressesOfTheHost, AnAddressThatIsAddedLaterEndsWhatWasGranted) {
  ASSERT_EQ(world.permit(client, {"9.9.9.9:0", "8.8.8.8:0"}).code(), 200);
  ASSERT_EQ(world.bind(client, 0x4000, "9.9.9.9:53").code(), 200);
  ASSERT_NE(world.flow(SocketId{1}, "192.0.2.50:40000", 0x4000), nullptr);
  learn();
  EXPECT_EQ(world.flow(relay, "9.9.9.9:0"), nullptr) << "the permission, and Send indications";
  EXPECT_EQ(world.flow(relay, "9.9.9.9:53"), nullptr) << "from the peer";
  EXPECT_EQ(world.flow(SocketId{1}, "192.0.2.50:40000", 0x4000), nullptr) << "to the peer";
  EXPECT_NE(world.flow(relay, "8.8.8.8:0"), nullptr);
  EXPECT_EQ(world.permit(client, {"9.9.9.9:0"}).code(), 403);
  world.set_local_addresses({"127.0.0.0/8"});
  EXPECT_EQ(world.permit(client, {"9.9.9.9:0"}).code(), 200) << "taken away again";
}

TEST_F(LocalAddressesOfTheHost, AConnectionToAnAddressThatIsAddedLaterEnds) {
  Client stream = world.login(client.over(Transport::tcp, 77));
  ASSERT_EQ(world
                .ask(stream, stun::Method::allocate,
                     [](stun::StunBuilder& b) {
                       b.u8_of_four(stun::AttributeType::requested_transport, 6);
                     })
                .code(),
            200);
  ASSERT_TRUE(world
                  .ask(stream, stun::Method::connect,
                       [](stun::StunBuilder& b) { World::add_peer(b, "9.9.9.9:22"); })
                  .silent());
  ASSERT_EQ(world.peer_connections.connections.size(), 1u);
  learn();
  EXPECT_TRUE(world.peer_connections.connections.empty());
}

TEST_F(LocalAddressesOfTheHost, ARuleWithPortsOpensThemForDatagrams) {
  use(opens("9.9.9.9/32", 5000, 6000));
  learn();
  ASSERT_EQ(world.permit(client, {"9.9.9.9:0"}).code(), 200);
  EXPECT_TRUE(world.flow(relay, "9.9.9.9:0")->judges_port);
  EXPECT_EQ(world.bind(client, 0x4000, "9.9.9.9:5000").code(), 200);
  EXPECT_TRUE(world.flow(SocketId{1}, "192.0.2.50:40000", 0x4000)->judges_port);
  EXPECT_TRUE(world.flow(relay, "9.9.9.9:5000")->judges_port) << "what comes from there, too";
  EXPECT_EQ(world.bind(client, 0x4001, "9.9.9.9:4999").code(), 403);
  EXPECT_EQ(world.bind(client, 0x4001, "9.9.9.9:5060").code(), 403) << "the edge listens there";
  const auto reaches = [&](const char* peer) {
    return world.server.may_reach(*Endpoint::parse(peer));
  };
  EXPECT_TRUE(reaches("9.9.9.9:5000"));
  EXPECT_TRUE(reaches("9.9.9.9:6000"));
  EXPECT_FALSE(reaches("9.9.9.9:6001"));
  EXPECT_FALSE(reaches("9.9.9.9:5060"));
}

TEST_F(LocalAddressesOfTheHost, ARuleWithoutPortsOpensNothing) {
  use({PeerRule::Action::allow, *Prefix::parse("9.9.9.9/32")});
  learn();
  EXPECT_EQ(world.permit(client, {"9.9.9.9:0"}).code(), 403);
}

TEST_F(LocalAddressesOfTheHost, ARuleMayOpenPortsOfTheRelayedAddressByEitherName) {
  for (const char* name : {"10.9.9.9/32", "198.51.100.9/32"}) {
    use(opens(name, 16384, 16999));
    learn();
    EXPECT_EQ(world.bind(client, 0x4000, "198.51.100.9:16384").code(), 200) << name;
    EXPECT_TRUE(world.server.may_reach(*Endpoint::parse("10.9.9.9:16999"))) << name;
    EXPECT_FALSE(world.server.may_reach(*Endpoint::parse("10.9.9.9:17000"))) << name;
    EXPECT_TRUE(world.server.may_reach(*world.ports.leased.begin())) << "leased, as ever";
  }
}

TEST_F(LocalAddressesOfTheHost, APermissionIsJudgedAnewWhenItsAddressIsAddedAndARuleOpensIt) {
  use(opens("9.9.9.9/32", 5000, 6000));
  Settings open = settings();
  open.peers.rules = {opens("9.9.9.9/32", 5000, 6000),
                      {PeerRule::Action::allow, *Prefix::parse("9.9.9.9/32")}};
  world.reconfigure(open);
  ASSERT_EQ(world.permit(client, {"9.9.9.9:0"}).code(), 200);
  EXPECT_FALSE(world.flow(relay, "9.9.9.9:0")->judges_port) << "somebody else's: all of it";
  learn();
  ASSERT_NE(world.flow(relay, "9.9.9.9:0"), nullptr);
  EXPECT_TRUE(world.flow(relay, "9.9.9.9:0")->judges_port);
}

TEST_F(LocalAddressesOfTheHost, APeerOnThisHostConnectsOnlyFromALeasedPort) {
  Client stream = world.login(client.over(Transport::tcp, 77));
  ASSERT_EQ(world
                .ask(stream, stun::Method::allocate,
                     [](stun::StunBuilder& b) {
                       b.u8_of_four(stun::AttributeType::requested_transport, 6);
                     })
                .code(),
            200);
  ASSERT_EQ(world.permit(stream, {"198.51.100.9:0"}).code(), 200);
  const SocketId tcp_relay{std::prev(world.ports.sockets.end())->first};
  using Kind = PeerConnectionEvent::Kind;
  const SocketId local = world.peer_connections.open(*Endpoint::parse("10.9.9.9:40404"));
  EXPECT_TRUE(world.peer_event(Kind::accepted, local, "10.9.9.9:40404", tcp_relay).silent());
  EXPECT_EQ(world.counters.drops.of(DropReason::peer_not_leased), 1u);
  world.peer_connections.elsewhere.insert(*Endpoint::parse("10.9.9.9:50404"));
  const SocketId other = world.peer_connections.open(*Endpoint::parse("10.9.9.9:50404"));
  EXPECT_FALSE(world.peer_event(Kind::accepted, other, "10.9.9.9:50404", tcp_relay).silent());
}

}  // namespace
}  // namespace avedge::turn
