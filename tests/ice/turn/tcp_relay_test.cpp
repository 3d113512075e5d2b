// RFC 6062: TCP allocations.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using Kind = PeerConnectionEvent::Kind;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;

constexpr const char* kPeer = "8.8.8.8:80";
constexpr SocketId kFirstConnection{5000};

void allocate_tcp(StunBuilder& builder) {
  builder.u8_of_four(AttributeType::requested_transport, 6);
}

std::uint32_t connection_id(const Answered& answer) {
  return *stun::read_u32(*answer.view().find(AttributeType::connection_id));
}

class TcpRelay : public ::testing::Test {
 protected:
  static Settings settings() {
    Settings settings = World::default_settings();
    settings.tcp_relay = true;
    settings.limits.connections_per_allocation = 3;
    return settings;
  }

  void allocate_and_permit() {
    ASSERT_EQ(world_.ask(client_, Method::allocate, allocate_tcp).code(), 200);
    ASSERT_EQ(world_.permit(client_, {kPeer}).code(), 200);
  }
  Answered connect(const std::string& peer = kPeer) {
    return world_.ask(client_, Method::connect, [&](StunBuilder& b) { World::add_peer(b, peer); });
  }
  /// A new connection of the same user that binds to `id`.
  Answered bind_data(std::uint32_t id, std::uint32_t socket = 20, const Client& base = {}) {
    Client data = base.over(Transport::tcp, socket);
    data.endpoint.port = Port{static_cast<std::uint16_t>(50'000 + socket)};
    data = world_.login(data);
    return world_.ask(data, Method::connection_bind,
                      [&](StunBuilder& b) { b.u32(AttributeType::connection_id, id); });
  }
  /// The id of a connection to `kPeer` that waits for the client.
  std::uint32_t connected() {
    EXPECT_TRUE(connect().silent());
    return connection_id(world_.peer_event(Kind::connected, kFirstConnection, kPeer));
  }

  FakeNeighbours other_workers_;
  World world_{settings(), WorkerIndex{1}, &other_workers_};
  Client client_ = world_.login(Client{}.over(Transport::tcp, 7));
};

TEST_F(TcpRelay, Rfc6062_5_1_OnlyOverTcpAndTlsAndOnlyIfSwitchedOn) {
  const std::pair<Transport, int> cases[] = {
      {Transport::udp, 400}, {Transport::dtls, 400}, {Transport::tcp, 200}, {Transport::tls, 200}};
  for (const auto& [transport, code] : cases) {
    const Client client = world_.login(Client{}.over(transport, 7));
    EXPECT_EQ(world_.ask(client, Method::allocate, allocate_tcp).code(), code)
        << to_string(transport);
  }
  World off;
  const Client client = off.login(Client{}.over(Transport::tcp, 7));
  EXPECT_EQ(off.ask(client, Method::allocate, allocate_tcp).code(), 442);
}

TEST_F(TcpRelay, Rfc6062_5_1_WhatIsForDatagramsIsABadRequest) {
  const std::pair<const char*, Fill> cases[] = {
      {"EVEN-PORT",
       [](StunBuilder& b) { b.raw(AttributeType::even_port, std::array{std::byte{0}}); }},
      {"DONT-FRAGMENT", [](StunBuilder& b) { b.flag(AttributeType::dont_fragment); }},
      {"RESERVATION-TOKEN", [](StunBuilder& b) { b.u64(AttributeType::reservation_token, 1); }},
  };
  for (const auto& [name, fill] : cases) {
    const auto answer = world_.ask(client_, Method::allocate, [&, &more = fill](StunBuilder& b) {
      allocate_tcp(b);
      more(b);
    });
    EXPECT_EQ(answer.code(), 400) << name;
  }
  allocate_and_permit();
  EXPECT_EQ(world_.bind(client_, 0x4000, kPeer).code(), 400) << "ChannelBind";
}

TEST_F(TcpRelay, ItHasNoFlows) {
  allocate_and_permit();
  EXPECT_TRUE(world_.flows.flows.empty());
}

TEST_F(TcpRelay, Rfc6062_5_2_ConnectIsAnsweredWhenThePeerHasTakenIt) {
  allocate_and_permit();
  const auto pending = connect();
  EXPECT_TRUE(pending.silent());
  EXPECT_FALSE(pending.reason);
  const auto answer = world_.peer_event(Kind::connected, kFirstConnection, kPeer);
  EXPECT_EQ(answer.code(), 200);
  EXPECT_EQ(answer.view().method(), Method::connect);
  EXPECT_EQ(answer.socket, SocketId{7});
  EXPECT_TRUE(stun::verify_integrity(answer.view(), client_.key()));
  EXPECT_EQ(connection_id(answer) >> 24, 1u) << "the worker";
}

TEST_F(TcpRelay, Rfc6062_5_2_ConnectFails447WhenThePeerDoesNotTakeIt) {
  allocate_and_permit();
  ASSERT_TRUE(connect().silent());
  EXPECT_EQ(world_.peer_event(Kind::failed, kFirstConnection, kPeer).code(), 447);
  EXPECT_EQ(world_.counters.drops.of(DropReason::connection_failed), 1u);
  EXPECT_TRUE(connect().silent()) << "and may be tried again";
}

TEST_F(TcpRelay, Rfc6062_5_2_ConnectFails446WhileThereIsAConnection) {
  allocate_and_permit();
  ASSERT_TRUE(connect().silent());
  EXPECT_EQ(connect().code(), 446) << "being opened";
  const auto id = connection_id(world_.peer_event(Kind::connected, kFirstConnection, kPeer));
  EXPECT_EQ(connect().code(), 446) << "waiting";
  ASSERT_EQ(bind_data(id).code(), 200);
  EXPECT_EQ(connect().code(), 446) << "joined";
  world_.peer_event(Kind::closed, kFirstConnection, kPeer);
  EXPECT_TRUE(connect().silent());
}

TEST_F(TcpRelay, ARetransmittedConnectIsNoSecondOne) {
  allocate_and_permit();
  const auto transaction = stun::TransactionId::random();
  const Fill fill = [](StunBuilder& b) { World::add_peer(b, kPeer); };
  ASSERT_TRUE(world_.ask(client_, Method::connect, transaction, fill).silent());
  EXPECT_TRUE(world_.ask(client_, Method::connect, transaction, fill).silent());
  const auto answer = world_.peer_event(Kind::connected, kFirstConnection, kPeer);
  EXPECT_EQ(world_.ask(client_, Method::connect, transaction, fill).bytes, answer.bytes);
  EXPECT_EQ(world_.peer_connections.connections.size(), 1u);
}

TEST_F(TcpRelay, Rfc6062_5_2_WhatConnectIsRefusedFor) {
  EXPECT_EQ(connect().code(), 437) << "no allocation";
  allocate_and_permit();
  EXPECT_EQ(world_.ask(client_, Method::connect).code(), 400) << "no peer";
  EXPECT_EQ(connect("8.8.8.8:0").code(), 400) << "no port";
  EXPECT_EQ(connect("127.0.0.1:80").code(), 403) << "the policy";
  EXPECT_EQ(connect("[2a00:1450::1]:80").code(), 443) << "the family";
  world_.peer_connections.refuse = DropReason::ports_exhausted;
  EXPECT_EQ(connect().code(), 508);
  Client bob = client_;
  bob.user = "bob";
  bob.password = "builder";
  EXPECT_EQ(
      world_.ask(bob, Method::connect, [](StunBuilder& b) { World::add_peer(b, kPeer); }).code(),
      441);
}

TEST_F(TcpRelay, Rfc6062_5_2_ConnectNeedsNoPermission) {
  allocate_and_permit();
  EXPECT_TRUE(connect("8.8.9.9:80").silent());
  EXPECT_EQ(world_.peer_connections.connections.size(), 1u);
}

TEST_F(TcpRelay, AUdpAllocationHasNoConnections) {
  ASSERT_EQ(world_.allocate(client_).code(), 200);
  ASSERT_EQ(world_.permit(client_, {kPeer}).code(), 200);
  EXPECT_EQ(connect().code(), 437);
}

TEST_F(TcpRelay, OnOurOwnAddressesOnlyRelayedOnesAreReached) {
  allocate_and_permit();
  ASSERT_EQ(world_.permit(client_, {"198.51.100.9:0"}).code(), 200);
  EXPECT_EQ(connect("198.51.100.9:22").code(), 403);
  world_.peer_connections.elsewhere.insert(*Endpoint::parse("10.9.9.9:50500"));
  EXPECT_TRUE(connect("198.51.100.9:50500").silent());
  EXPECT_EQ(world_.peer_connections.connections.begin()->second, Endpoint::parse("10.9.9.9:50500"));
}

TEST_F(TcpRelay, ConnectionsOfOneAllocationAreCapped) {
  allocate_and_permit();
  for (const char* peer : {"8.8.8.8:1", "8.8.8.8:2", "8.8.8.8:3"}) {
    EXPECT_TRUE(connect(peer).silent());
  }
  EXPECT_EQ(connect("8.8.8.8:4").code(), 508);
  const SocketId late = world_.peer_connections.open(*Endpoint::parse(kPeer));
  EXPECT_TRUE(world_.peer_event(Kind::accepted, late, kPeer, world_.relay()).silent());
  EXPECT_EQ(world_.peer_connections.connections.size(), 3u);
}

// --- ConnectionBind ------------------------------------------------------------------------------

TEST_F(TcpRelay, Rfc6062_5_4_ConnectionBindJoinsBothConnections) {
  allocate_and_permit();
  EXPECT_EQ(bind_data(connected()).code(), 200);
  ASSERT_EQ(world_.decided.joined.size(), 1u);
  EXPECT_EQ(world_.decided.joined[0].client, SocketId{20});
  EXPECT_EQ(world_.decided.joined[0].peer, kFirstConnection);
  EXPECT_EQ(world_.decided.auth_state.at(20), AuthState::authenticated);
  world_.advance(31s);
  EXPECT_EQ(world_.peer_connections.connections.size(), 1u) << "it waits for nobody any more";
}

TEST_F(TcpRelay, Rfc6062_5_4_WhatConnectionBindIsRefusedFor) {
  allocate_and_permit();
  const auto id = connected();
  EXPECT_EQ(bind_data(id ^ 1).code(), 400) << "unknown";
  Client bob;
  bob.user = "bob";
  bob.password = "builder";
  EXPECT_EQ(bind_data(id, 21, bob).code(), 441) << "another user";
  Client udp;
  udp.endpoint.port = Port{42'000};
  udp = world_.login(udp);
  const Fill fill = [&](StunBuilder& b) { b.u32(AttributeType::connection_id, id); };
  EXPECT_EQ(world_.ask(udp, Method::connection_bind, fill).code(), 400) << "over UDP";
  EXPECT_EQ(world_.ask(client_, Method::connection_bind, fill).code(), 400) << "control";
  EXPECT_EQ(world_.ask(udp, Method::connection_bind).code(), 400) << "no id";
  EXPECT_EQ(bind_data(id, 22).code(), 200);
  EXPECT_EQ(bind_data(id, 23).code(), 400) << "bound already";
}

TEST_F(TcpRelay, ConnectionBindIsHandedToTheWorkerOfItsId) {
  allocate_and_permit();
  EXPECT_TRUE(bind_data(0x00'123456).silent());
  // Once for the request without credentials (login), and once for the one with them.
  ASSERT_FALSE(world_.decided.handed_over.empty());
  EXPECT_EQ(world_.decided.handed_over.back().connection, SocketId{20});
  EXPECT_EQ(world_.decided.handed_over.back().worker, WorkerIndex{0});
  world_.decided.handed_over.clear();
  EXPECT_EQ(bind_data(0x02'123456).code(), 400) << "there is no such worker";
  EXPECT_TRUE(world_.decided.handed_over.empty());
}

TEST_F(TcpRelay, Rfc6062_5_2_UnboundConnectionsDieAfterThirtySeconds) {
  allocate_and_permit();
  const auto id = connected();
  world_.advance(29s);
  EXPECT_EQ(world_.peer_connections.connections.size(), 1u);
  world_.advance(1s);
  EXPECT_TRUE(world_.peer_connections.connections.empty());
  EXPECT_EQ(bind_data(id).code(), 400);
}

// --- peers that come -----------------------------------------------------------------------------

TEST_F(TcpRelay, Rfc6062_5_3_APeerWithPermissionIsAnnounced) {
  allocate_and_permit();
  const SocketId socket = world_.peer_connections.open(*Endpoint::parse("8.8.8.8:5555"));
  const auto told = world_.peer_event(Kind::accepted, socket, "8.8.8.8:5555", world_.relay());
  ASSERT_FALSE(told.silent());
  EXPECT_EQ(told.view().method(), Method::connection_attempt);
  EXPECT_EQ(told.view().message_class(), stun::MessageClass::indication);
  EXPECT_EQ(told.address(AttributeType::xor_peer_address), Endpoint::parse("8.8.8.8:5555"));
  EXPECT_EQ(told.socket, SocketId{7});
  EXPECT_EQ(bind_data(connection_id(told)).code(), 200);
  EXPECT_EQ(world_.decided.joined.back().peer, socket);
}

TEST_F(TcpRelay, Rfc6062_5_3_APeerWithoutPermissionIsSentAway) {
  allocate_and_permit();
  const SocketId socket = world_.peer_connections.open(*Endpoint::parse("8.8.9.9:5555"));
  EXPECT_TRUE(world_.peer_event(Kind::accepted, socket, "8.8.9.9:5555", world_.relay()).silent());
  EXPECT_TRUE(world_.peer_connections.connections.empty());
  EXPECT_EQ(world_.counters.drops.of(DropReason::no_permission), 1u);
}

TEST_F(TcpRelay, APeerThatTheRulesHaveForbiddenSinceIsSentAway) {
  allocate_and_permit();
  Settings stricter = settings();
  stricter.peers.rules.push_back({PeerRule::Action::deny, *Prefix::parse("8.8.8.0/24")});
  world_.reconfigure(stricter);
  const SocketId socket = world_.peer_connections.open(*Endpoint::parse(kPeer));
  EXPECT_TRUE(world_.peer_event(Kind::accepted, socket, kPeer, world_.relay()).silent());
  EXPECT_EQ(world_.counters.drops.of(DropReason::no_permission), 1u) << "the rule took it back";
}

// --- the end -------------------------------------------------------------------------------------

TEST_F(TcpRelay, ItsConnectionsEndWithTheAllocation) {
  const std::pair<const char*, std::function<void()>> ends[] = {
      {"deleted", [&] { world_.refresh(client_, 0); }},
      {"expired", [&] { world_.advance(10min); }},
      {"hung up", [&] { world_.hang_up(client_); }}};
  for (const auto& [name, end] : ends) {
    allocate_and_permit();
    for (const char* peer : {"8.8.8.8:1", "8.8.8.8:2"}) ASSERT_TRUE(connect(peer).silent());
    end();
    EXPECT_TRUE(world_.peer_connections.connections.empty()) << name;
    EXPECT_TRUE(world_.ports.sockets.empty()) << name;
    EXPECT_EQ(world_.server.next_deadline(), kNever) << name;
  }
}

TEST_F(TcpRelay, WhatIsHeardOfAConnectionAfterwardsIsIgnored) {
  allocate_and_permit();
  ASSERT_TRUE(connect().silent());
  world_.refresh(client_, 0);
  for (const auto kind : {Kind::connected, Kind::failed, Kind::closed}) {
    EXPECT_TRUE(world_.peer_event(kind, kFirstConnection, kPeer).silent());
  }
}

}  // namespace
}  // namespace avedge::turn
