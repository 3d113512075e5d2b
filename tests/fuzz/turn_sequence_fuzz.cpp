// What clients with accounts, and some without, can do to a TURN server: requests in any order over
// UDP, TCP, TLS and DTLS, retransmitted, in pieces, with credentials that are right or not quite,
// data both ways, connections to and from peers, and time. A request that is not authenticated
// changes nothing; no flow leads to a forbidden peer, and none from a peer that was not permitted
// within five minutes; limits hold; and when everybody has gone, nothing is left over.
//
// turn_server_fuzz looks at arbitrary attributes, several workers and mobility.
#include "milestone.h"
#include "turn_clients.h"

namespace {

using namespace avedge;
using namespace avedge::turn::testing;
using fuzz::Input;
using fuzz::Milestone;
using fuzz::require;
using fuzz::TurnClient;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;
using EventKind = PeerConnectionEvent::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

Milestone allocated{"an allocation"};
Milestone allocated_ipv6{"an allocation over IPv6"};
Milestone allocated_both{"an allocation of both families"};
Milestone allocated_tcp{"a TCP allocation"};
Milestone reserved{"a reserved port is claimed"};
Milestone over_stream{"an allocation over TCP or TLS, from a message in pieces"};
Milestone over_dtls{"an allocation over DTLS"};
Milestone by_sha256{"an allocation protected by SHA-256"};
Milestone permitted{"a permission"};
Milestone bound{"a channel"};
Milestone refreshed{"a refresh"};
Milestone deleted{"an allocation is deleted"};
Milestone retransmitted{"an Allocate is retransmitted"};
Milestone channel_data_sent{"ChannelData reaches a peer"};
Milestone indication_sent{"a Send indication reaches a peer"};
Milestone data_received{"a peer's data reaches the client"};
Milestone peer_forbidden{"a forbidden peer is refused"};
Milestone quota_reached{"the quota is reached"};
Milestone user_refused{"another user is refused"};
Milestone unauthenticated{"a wrong password is refused"};
Milestone connected{"a Connect succeeds"};
Milestone attempted{"a peer connects"};
Milestone joined{"a connection is bound"};
Milestone stream_broken{"a stream that is not TURN is closed"};
Milestone expired{"an allocation expires"};
Milestone relay_to_relay{"a peer is a relayed address"};

enum class Proof : std::uint8_t { right, other_user, wrong_password, none, wrong_nonce };

/// Allowed ones, in their order; then those that nobody may reach.
constexpr const char* kPeers[] = {"8.8.8.8:53",
                                  "8.8.8.8:54",
                                  "1.1.1.1:1",
                                  "9.9.9.9:9",
                                  "[2600::1]:1",
                                  "4.4.4.4:4",
                                  "5.5.5.5:5",
                                  "198.51.100.9:50001",
                                  "198.51.100.9:22",
                                  "127.0.0.1:22",
                                  "10.1.1.1:1",
                                  "8.8.4.4:3478",
                                  "[::1]:22",
                                  "[::ffff:127.0.0.1]:22",
                                  "[64:ff9b::7f00:1]:22",
                                  "224.0.0.1:1"};
constexpr std::size_t kFirstForbiddenPeer = 9;
constexpr std::uint16_t kChannels[] = {0x4000, 0x4001, 0x4002, 0x4003, 0x4004, 0x4FFF, 0x5000, 0};
// By the kind of Allocate: UDP, TCP, or something unknown.
constexpr std::uint8_t kProtocols[] = {17, 17, 17, 17, 17, 17, 6, 99};
constexpr std::uint32_t kLifetimes[] = {600, 0, 1, 120, 3600, 1'000'000};
constexpr Duration kSteps[] = {seconds{1}, seconds{31}, minutes{4},
                               minutes{5}, minutes{10}, minutes{61}};

Endpoint at(const char* text) {
  return *Endpoint::parse(text);
}

turn::Settings settings() {
  turn::Settings settings = World::default_settings();
  settings.limits.allocations = 5;
  settings.limits.permissions_per_allocation = 4;
  settings.limits.channels_per_allocation = 4;
  settings.limits.connections_per_allocation = 3;
  settings.tcp_relay = true;
  return settings;
}

class Turn {
 public:
  Turn() {
    world_.quota.quota_per_user = 3;
    static constexpr Transport kTransports[] = {Transport::udp, Transport::udp,  Transport::tcp,
                                                Transport::tls, Transport::dtls, Transport::tcp};
    for (std::size_t i = 0; i < std::size(kTransports); ++i) {
      TurnClient& client = clients_.emplace_back();
      client.identity = Client{}.over(kTransports[i], 1);
      if (i == 1) client.identity.endpoint = at("[2001:db8:c::1]:40000");
      client.identity.with_sha256 = i == 1 || i == 3;
      connect(client);
      client.identity = world_.login(client.identity);
    }
  }

  /// a CLIENT PROOF AGAIN PIECE KIND LIFETIME: Allocate. KIND: 0 UDP, 1 IPv6, 2 both, 3 even port,
  /// 4 even and the next reserved, 5 the reserved one, 6 TCP, 7 something unknown.
  void allocate(Input& input) {
    const Order order = read_order(input, Method::allocate);
    const std::size_t kind = input.below(8);
    const std::uint32_t lifetime = input.one_of(kLifetimes);
    request(order, [&](StunBuilder& b) {
      b.u8_of_four(AttributeType::requested_transport, kProtocols[kind]);
      if (kind == 1) b.u8_of_four(AttributeType::requested_address_family, stun::kWireIpv6);
      if (kind == 2) b.u8_of_four(AttributeType::additional_address_family, stun::kWireIpv6);
      if (kind == 3) b.raw(AttributeType::even_port, std::array{std::byte{0}});
      if (kind == 4) b.raw(AttributeType::even_port, std::array{std::byte{0x80}});
      if (kind == 5) b.raw(AttributeType::reservation_token, token_);
      if (lifetime != 600) b.u32(AttributeType::lifetime, lifetime);
    });
    if (code_ != 200) return;
    allocated_ipv6.reach_if(kind == 1);
    allocated_both.reach_if(kind == 2);
    reserved.reach_if(kind == 5);
    allocated_tcp.reach_if(kind == 6);
  }

  /// r CLIENT PROOF AGAIN PIECE LIFETIME: Refresh.
  void refresh(Input& input) {
    const Order order = read_order(input, Method::refresh);
    const std::uint32_t lifetime = input.one_of(kLifetimes);
    request(order, [&](StunBuilder& b) { b.u32(AttributeType::lifetime, lifetime); });
    refreshed.reach_if(code_ == 200 && lifetime > 0);
    deleted.reach_if(code_ == 200 && lifetime == 0);
  }

  /// p CLIENT PROOF AGAIN PIECE COUNT PEER…: CreatePermission.
  void permit(Input& input) {
    Order order = read_order(input, Method::create_permission);
    for (std::size_t count = input.below(4); count > 0; --count) {
      order.peers.push_back(at(input.one_of(kPeers)));
    }
    request(order, [&](StunBuilder& b) { add_peers(b, order); });
    permitted.reach_if(code_ == 200);
  }

  /// b CLIENT PROOF AGAIN PIECE CHANNEL PEER: ChannelBind.
  void bind(Input& input) {
    Order order = read_order(input, Method::channel_bind);
    const std::uint16_t channel = input.one_of(kChannels);
    order.peers = {at(input.one_of(kPeers))};
    request(order, [&](StunBuilder& b) {
      b.channel_number(channel);
      add_peers(b, order);
    });
    bound.reach_if(code_ == 200);
    relay_to_relay.reach_if(code_ == 200 && order.peers[0] == at("198.51.100.9:50001"));
  }

  /// c CLIENT PROOF AGAIN PIECE PEER: Connect (RFC 6062).
  void connect_to_peer(Input& input) {
    Order order = read_order(input, Method::connect);
    order.peers = {at(input.one_of(kPeers))};
    request(order, [&](StunBuilder& b) { add_peers(b, order); });
  }
  /// d CLIENT PROOF AGAIN PIECE: ConnectionBind to the connection that was told of last.
  void bind_connection(Input& input) {
    const Order order = read_order(input, Method::connection_bind);
    request(order, [&](StunBuilder& b) { b.u32(AttributeType::connection_id, connection_id_); });
  }
  /// n CLIENT PROOF AGAIN PIECE: Binding.
  void ask_binding(Input& input) { request(read_order(input, Method::binding), kNothing); }

  /// h CLIENT PIECE CHANNEL LENGTH: ChannelData.
  void send_channel_data(Input& input) {
    TurnClient& client = pick_client(input);
    const std::size_t piece = input.below(64);
    const std::uint16_t channel = input.one_of(kChannels);
    std::vector<std::byte> message(4 + input.below(64));
    write_channel_data_header(message.data(), channel, message.size() - 4);
    send(client, std::move(message), piece);
  }
  /// i CLIENT PIECE PEER LENGTH: a Send indication.
  void send_indication(Input& input) {
    TurnClient& client = pick_client(input);
    const std::size_t piece = input.below(64);
    const Endpoint peer = at(input.one_of(kPeers));
    std::array<std::byte, 256> buffer;
    StunBuilder builder{buffer, Method::send, stun::MessageClass::indication,
                        stun::TransactionId::random()};
    builder.xor_address(AttributeType::xor_peer_address, peer);
    builder.raw(AttributeType::data, std::vector<std::byte>(input.below(64)));
    const ConstBytes bytes = builder.finish();
    send(client, {bytes.begin(), bytes.end()}, piece);
  }
  /// x CLIENT PIECE LENGTH BYTES: whatever the input says.
  void send_anything(Input& input) {
    TurnClient& client = pick_client(input);
    const std::size_t piece = input.below(64);
    const ConstBytes bytes = bytes_of(input.bytes());
    if (client.is_joined) return;
    if (!client.is_stream()) return serve(client, bytes);
    client.stream.write_anything(bytes);
    arrive(client, piece);
  }
  /// f CLIENT: what is still under way arrives.
  void flush(Input& input) { arrive(pick_client(input), 0); }

  /// e RELAY PEER: a peer's datagram for one of the relayed addresses.
  void peer_sends(Input& input) {
    const std::size_t index = input.below(8);
    const Endpoint peer = at(input.one_of(kPeers));
    if (world_.ports.sockets.empty()) return;
    const SocketId relay = relay_at(index);
    const FlowSpec* flow = find_valid({relay, peer, kNoChannel});
    if (flow == nullptr) flow = find_valid({relay, {peer.address, Port{}}, kNoChannel});
    if (flow == nullptr) return;
    require(was_granted_to(flow->destination, peer.address, minutes{5}),
            "data of a peer without a permission reaches the client");
    data_received.reach();
  }
  /// o KIND RELAY PEER: what becomes of a connection with a peer.
  void peer_connection(Input& input) {
    const auto kind = static_cast<EventKind>(input.below(4));
    const std::size_t index = input.below(8);
    const Endpoint peer = at(input.one_of(kPeers));
    auto& open = world_.peer_connections.connections;
    if (world_.ports.sockets.empty()) return;
    const SocketId relay = relay_at(index);
    if (kind == EventKind::accepted) {
      note_event(
          world_.peer_event(kind, world_.peer_connections.open(peer), peer.to_string(), relay));
    } else if (!open.empty()) {
      const auto& [id, remote] =
          *std::next(open.begin(), static_cast<std::ptrdiff_t>(index % open.size()));
      note_event(world_.peer_event(kind, SocketId{id}, std::string{remote.to_string()}, relay));
    }
  }
  /// z CLIENT: its connection ends, and it comes again by another one.
  void hang_up(Input& input) {
    TurnClient& client = pick_client(input);
    if (!client.has_connection()) return;
    world_.hang_up(client.identity);
    connect(client);
  }
  /// t STEP: time passes.
  void wait(Input& input) {
    const std::size_t before = allocations();
    world_.advance(input.one_of(kSteps));
    expired.reach_if(allocations() < before);
  }

  void check() {
    reconnect_closed();
    for (const auto& [key, flow] : world_.flows.flows) check_flow(key, flow);
    check_limits();
    require(world_.quota.allocation_count() == allocations(), "the ledger and the server differ");
  }

  void finish() {
    for (TurnClient& client : clients_) {
      if (client.has_connection()) world_.hang_up(client.identity);
    }
    world_.advance(settings().max_lifetime);
    require(allocations() == 0 && world_.quota.allocation_count() == 0,
            "an allocation is left over");
    require(world_.quota.sources.empty(), "a source is left over");
    require(world_.flows.flows.empty(), "a flow is left over");
    require(world_.ports.sockets.empty() && world_.ports.leased.empty(), "a port is left over");
    require(world_.peer_connections.connections.empty(), "a connection to a peer is left over");
    require(world_.server.next_deadline() == kNever, "a deadline is left over");
    require(world_.observer.opened == world_.observer.closed.size(), "an end was not reported");
  }

 private:
  struct Order {
    TurnClient& client;
    Method method;
    Proof proof;
    bool again;
    std::size_t piece;
    std::vector<Endpoint> peers;
  };

  TurnClient& pick_client(Input& input) { return clients_[input.below(clients_.size())]; }
  Order read_order(Input& input, Method method) {
    TurnClient& client = pick_client(input);
    const auto proof = static_cast<Proof>(input.below(5));
    const bool again = input.flag();
    return {client, method, proof, again, input.below(64), {}};
  }
  static void add_peers(StunBuilder& builder, const Order& order) {
    for (const Endpoint& peer : order.peers) {
      builder.xor_address(AttributeType::xor_peer_address, peer);
    }
  }

  /// A socket and a port that no client has had before.
  void connect(TurnClient& client) {
    if (client.has_connection()) client.identity.socket = SocketId{next_socket_++};
    if (client.has_connection()) client.identity.endpoint.port = Port{next_port_++};
    client.stream = {};
    client.is_joined = false;
    client.granted.clear();
  }
  /// The server may close connections, too.
  void reconnect_closed() {
    for (const std::uint32_t socket : std::exchange(world_.decided.closed, {})) {
      for (TurnClient& client : clients_) {
        if (client.has_connection() && client.identity.socket == SocketId{socket}) connect(client);
      }
    }
  }

  static Client with_proof(Client client, Proof proof) {
    switch (proof) {
      case Proof::right: break;
      case Proof::other_user:
        client.user = "bob";
        client.password = "builder";
        break;
      case Proof::wrong_password: client.password = "guess"; break;
      case Proof::none: client.nonce.clear(); break;
      case Proof::wrong_nonce: client.nonce.back() = client.nonce.back() == 'A' ? 'B' : 'A'; break;
    }
    return client;
  }

  void request(const Order& order, const Fill& fill) {
    code_ = 0;
    if (order.client.is_joined) return;
    const auto transaction = stun::TransactionId::random();
    const Client signer = with_proof(order.client.identity, order.proof);
    const auto bytes = World::build(signer, order.method, fill, transaction);
    const auto flows = world_.flows.flows;
    const auto sockets = world_.ports.sockets;
    asked_ = &order;
    transaction_ = transaction;
    send(order.client, bytes, order.piece);
    asked_ = nullptr;
    const bool is_proven = order.proof == Proof::right || order.proof == Proof::other_user;
    unauthenticated.reach_if(order.proof == Proof::wrong_password && code_ == 401);
    // Under a stream's earlier bytes there may be earlier requests.
    if (!is_proven && !order.client.is_stream()) require_unchanged(flows, sockets);
    if (order.again && code_ == 200) ask_again(order, bytes);
  }
  void require_unchanged(const std::map<FlowKey, FlowSpec>& flows,
                         const std::map<std::uint32_t, Endpoint>& sockets) const {
    const auto same_key = [](const auto& left, const auto& right) {
      return left.first == right.first;
    };
    const auto& now = world_.flows.flows;
    require(std::equal(flows.begin(), flows.end(), now.begin(), now.end(), same_key) &&
                sockets == world_.ports.sockets,
            "a request that was not authenticated changes something");
  }
  /// The answer got lost (RFC 8489 §6.3.1).
  void ask_again(const Order& order, const std::vector<std::byte>& bytes) {
    if (order.client.is_joined) return;
    const auto sockets = world_.ports.sockets;
    send(order.client, bytes, 0);
    require(sockets == world_.ports.sockets, "a retransmission allocates or frees something");
    if (order.method != Method::allocate || order.client.is_stream()) return;
    require(code_ == 200, "a retransmitted Allocate is refused");
    retransmitted.reach();
  }

  void send(TurnClient& client, std::vector<std::byte> message, std::size_t piece) {
    if (client.is_joined) return;
    if (!client.is_stream()) return serve(client, message);
    client.stream.write(message);
    arrive(client, piece);
  }
  /// All bytes but `held_back` of what is under way.
  void arrive(TurnClient& client, std::size_t held_back) {
    const SocketId socket = client.identity.socket;
    const std::size_t under_way = client.stream.under_way();
    was_in_pieces_ = client.stream.has_begun();
    const auto end = client.stream.arrive(
        under_way - std::min(under_way, held_back),
        [&](const std::vector<std::byte>& message) { serve(client, message); },
        [&] { return client.identity.socket == socket && !client.is_joined; },
        [&] { return longest(socket); });
    if (end == fuzz::TurnStream::End::open) return;
    stream_broken.reach();
    world_.hang_up(client.identity);
    connect(client);
  }
  [[nodiscard]] std::size_t longest(SocketId socket) const {
    const auto found = world_.decided.auth_state.find(static_cast<std::uint32_t>(socket));
    const bool is_client =
        found != world_.decided.auth_state.end() && found->second == AuthState::authenticated;
    return is_client ? relay::kLongestClientMessage : relay::kLongestUnauthenticatedMessage;
  }

  /// One message, as a worker would judge it.
  void serve(TurnClient& client, ConstBytes message) {
    if (message.empty()) return;
    const PacketKind kind = classify(message[0]);
    if (kind == PacketKind::channel_data) return forward_channel_data(client, message);
    if (kind != PacketKind::stun) return;
    if (looks_like_send_indication(message)) return forward_indication(client, message);
    const Answered answered = world_.receive(client.identity, message);
    note_answer(client, message, answered);
  }
  void forward_channel_data(const TurnClient& client, ConstBytes message) {
    const auto data = parse_channel_data(message);
    if (!data) return;
    const FlowSpec* flow =
        find_valid({client.identity.socket, client.identity.endpoint, data->channel});
    channel_data_sent.reach_if(flow != nullptr);
  }
  void forward_indication(const TurnClient& client, ConstBytes message) {
    const auto data = parse_send_indication(message);
    if (!data) return;
    const bool is_v4 = data->peer.address.is_v4();
    const FlowSpec* allocation = find_valid({client.identity.socket, client.identity.endpoint,
                                             is_v4 ? kSendIndicationIpv4 : kSendIndicationIpv6});
    if (allocation == nullptr) return;
    const auto own = world_.ports.own_relay_address(data->peer.address);
    const IpAddress peer = own.value_or(data->peer.address);
    const bool is_permitted = find_valid({allocation->out_socket, {peer, Port{}}, kNoChannel});
    indication_sent.reach_if(is_permitted);
  }

  void note_answer(TurnClient& client, ConstBytes message, const Answered& answered) {
    if (answered.silent()) return;
    const auto sent = stun::StunView::parse(message);
    require(sent.ok(), "an answer to what is not STUN");
    const stun::StunView view = answered.view();
    require(view.transaction() == sent->transaction(), "an answer to another transaction");
    require(answered.to == client.identity.endpoint && answered.socket == client.identity.socket,
            "an answer to somebody else");
    const int code = answered.code();
    if (view.method() == Method::connection_bind && code == 200) join(client);
    if (code == 200) note_grants(client, *sent);
    over_stream.reach_if(code == 200 && view.method() == Method::allocate && was_in_pieces_ &&
                         client.is_stream());
    // A stream's earlier bytes may be an earlier request, which is answered first.
    if (view.transaction() != transaction_) return;
    code_ = code;
    if (asked_ == nullptr || code_ == 0) return;
    note_result(*asked_, view);
  }
  void note_grants(TurnClient& client, const stun::StunView& request) {
    for (const stun::Attribute attribute : request) {
      if (attribute.type != AttributeType::xor_peer_address) continue;
      const auto peer = stun::read_xor_address(attribute.value, request.transaction());
      if (peer) client.granted[local_form(peer->address)] = world_.now;
    }
  }
  void note_result(const Order& order, const stun::StunView& view) {
    peer_forbidden.reach_if(code_ == 403);
    quota_reached.reach_if(code_ == 486);
    user_refused.reach_if(code_ == 441);
    if (code_ != 200 || order.method != view.method()) return;
    require(order.method == Method::binding || order.proof == Proof::right ||
                order.proof == Proof::other_user || order.client.is_stream(),
            "a request is granted without proof");
    if (const auto token = view.find(AttributeType::reservation_token)) {
      token_.assign(token->begin(), token->end());
    }
    if (order.method != Method::allocate) return;
    allocated.reach();
    over_dtls.reach_if(order.client.identity.transport == Transport::dtls);
    by_sha256.reach_if(order.client.identity.with_sha256);
  }
  /// The answer to a Connect, or a ConnectionAttempt, may come at any time.
  void note_event(const Answered& answered) {
    if (answered.silent()) return;
    const auto id = answered.view().find(AttributeType::connection_id);
    if (!id) return;
    connection_id_ = stun::read_u32(*id).value_or(0);
    const bool is_indication = answered.view().message_class() == stun::MessageClass::indication;
    attempted.reach_if(is_indication);
    connected.reach_if(!is_indication);
  }
  void join(TurnClient& client) {
    require(!world_.decided.joined.empty() &&
                world_.decided.joined.back().client == client.identity.socket,
            "a bound connection is joined to nothing");
    client.is_joined = true;
    joined.reach();
  }

  void check_flow(const FlowKey& key, const FlowSpec& flow) const {
    const bool is_relay = world_.ports.sockets.contains(static_cast<std::uint32_t>(key.socket));
    if (!is_relay) {
      require(is_client_at(key.socket, key.remote), "a flow of a client that is not there");
      require(world_.ports.sockets.contains(static_cast<std::uint32_t>(flow.out_socket)),
              "a flow by a port that is not leased");
      if (key.channel != kSendIndicationIpv4 && key.channel != kSendIndicationIpv6) {
        check_peer(flow.destination.address);
        check_looks_at_port(flow.destination.address, flow);
      }
      return;
    }
    require(is_client_at(flow.out_socket, flow.destination),
            "a flow to a client that is not there");
    check_peer(key.remote.address);
    if (key.remote.port == Port{}) check_looks_at_port(key.remote.address, flow);
    require(was_granted_to(flow.destination, key.remote.address, minutes{10}),
            "a flow of a peer that was never permitted");
  }
  /// Of our own addresses a peer may be a leased port only: the forwarder has to ask each time.
  void check_looks_at_port(const IpAddress& peer, const FlowSpec& flow) const {
    require(flow.judges_port || !world_.ports.own_relay_address(peer),
            "a flow to an own address without a look at its port");
  }
  static void check_peer(const IpAddress& peer) {
    for (std::size_t i = kFirstForbiddenPeer; i < std::size(kPeers); ++i) {
      require(peer != at(kPeers[i]).address, "a flow to or from a forbidden peer");
    }
  }
  void check_limits() const {
    std::map<SocketId, std::size_t> permissions;
    std::map<std::pair<SocketId, Endpoint>, std::size_t> channels;
    for (const auto& [key, flow] : world_.flows.flows) {
      if (key.channel >= kFirstChannel) ++channels[{key.socket, key.remote}];
      if (key.channel == kNoChannel && key.remote.port == Port{}) ++permissions[key.socket];
    }
    for (const auto& [relay, count] : permissions) require(count <= 4, "too many permissions");
    for (const auto& [client, count] : channels) require(count <= 4, "too many channels");
    require(allocations() <= 5, "too many allocations");
    for (const auto& [user, count] : world_.quota.booked) require(count <= 3, "over the quota");
  }

  [[nodiscard]] std::size_t allocations() const {
    return static_cast<std::size_t>(world_.counters.allocations.value());
  }
  [[nodiscard]] SocketId relay_at(std::size_t index) const {
    const auto& sockets = world_.ports.sockets;
    return SocketId{
        std::next(sockets.begin(), static_cast<std::ptrdiff_t>(index % sockets.size()))->first};
  }
  /// Null if there is none that is in force now.
  [[nodiscard]] const FlowSpec* find_valid(const FlowKey& key) const {
    const FlowSpec* flow = world_.flows.find(key);
    return flow != nullptr && world_.now < flow->valid_until ? flow : nullptr;
  }
  [[nodiscard]] IpAddress local_form(const IpAddress& peer) const {
    return world_.ports.own_relay_address(peer).value_or(peer);
  }
  [[nodiscard]] bool is_client_at(SocketId socket, const Endpoint& remote) const {
    return std::any_of(clients_.begin(), clients_.end(), [&](const TurnClient& client) {
      return client.identity.socket == socket && client.identity.endpoint == remote;
    });
  }
  [[nodiscard]] bool was_granted_to(const Endpoint& remote, const IpAddress& peer,
                                    Duration within) const {
    return std::any_of(clients_.begin(), clients_.end(), [&](const TurnClient& client) {
      const auto grant = client.granted.find(peer);
      return client.identity.endpoint == remote && grant != client.granted.end() &&
             world_.now - grant->second < within;
    });
  }

  World world_{settings()};
  std::deque<TurnClient> clients_;
  std::vector<std::byte> token_ = std::vector<std::byte>(8);
  std::uint32_t connection_id_ = 0;
  std::uint32_t next_socket_ = 10'000;
  std::uint16_t next_port_ = 41'000;
  const Order* asked_ = nullptr;  // what is being asked at the moment
  stun::TransactionId transaction_ = stun::TransactionId::random();  // of what was asked last
  int code_ = 0;  // of the last answer to it; 0: none
  bool was_in_pieces_ = false;
};

constexpr fuzz::Operation<Turn> kOperations[] = {{'a', &Turn::allocate},
                                                 {'r', &Turn::refresh},
                                                 {'p', &Turn::permit},
                                                 {'b', &Turn::bind},
                                                 {'c', &Turn::connect_to_peer},
                                                 {'d', &Turn::bind_connection},
                                                 {'n', &Turn::ask_binding},
                                                 {'h', &Turn::send_channel_data},
                                                 {'i', &Turn::send_indication},
                                                 {'x', &Turn::send_anything},
                                                 {'f', &Turn::flush},
                                                 {'e', &Turn::peer_sends},
                                                 {'o', &Turn::peer_connection},
                                                 {'z', &Turn::hang_up},
                                                 {'t', &Turn::wait}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Turn turn;
  Input input{data, size};
  fuzz::play(turn, kOperations, input);
  turn.finish();
  return 0;
}
