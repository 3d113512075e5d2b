// A world for a turn::Server: ports, quotas, counters of flows, and a client that speaks to it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ice/stun/attribute_values.h"
#include "ice/stun/integrity.h"
#include "ice/stun/long_term_key.h"
#include "ice/stun/stun_builder.h"
#include "ice/turn/server.h"

namespace avedge::turn::testing {

/// Two relayed addresses behind 1:1 NAT, ports counted upwards, closed by the world below.
class FakePorts final : public RelayPorts {
 public:
  std::optional<DropReason> refuse;
  std::optional<std::pair<AddressFamily, DropReason>> refuse_family;
  std::set<Endpoint> leased;
  std::map<std::uint32_t, Endpoint> sockets;
  std::map<ReservationToken, Endpoint> reserved;
  std::map<Endpoint, SocketId> listeners;

  static IpAddress local(AddressFamily family) {
    return *IpAddress::parse(family == AddressFamily::ipv4 ? "10.9.9.9" : "fd00::9");
  }
  static IpAddress advertised(AddressFamily family) {
    return *IpAddress::parse(family == AddressFamily::ipv4 ? "198.51.100.9" : "2001:db8::9");
  }

  Verdict<RelayPort> lease(AddressFamily family, Parity parity) override {
    if (refuse) return *refuse;
    if (refuse_family && refuse_family->first == family) return refuse_family->second;
    if (parity == Parity::even && next_port_ % 2 != 0) ++next_port_;
    return adopt({local(family), Port{next_port_++}});
  }
  Verdict<Reserving> lease_reserving_next(Time, AddressFamily family) override {
    const auto even = lease(family, Parity::even);
    if (!even) return even.reason();
    ReservationToken token{};
    store_be64(token.data(), 0x5EED000000000000 + next_port_);
    reserved[token] = {local(family), Port{next_port_++}};
    return Reserving{*even, token};
  }
  Verdict<RelayPort> claim(Time, const ReservationToken& token) override {
    const auto found = reserved.find(token);
    if (found == reserved.end()) return DropReason::bad_reservation;
    const Endpoint endpoint = found->second;
    reserved.erase(found);
    return adopt(endpoint);
  }
  std::optional<IpAddress> own_relay_address(const IpAddress& peer) const override {
    for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
      if (peer == local(family) || peer == advertised(family)) return local(family);
    }
    return std::nullopt;
  }
  IpAddress advertised_address(const IpAddress& address) const override {
    const auto own = own_relay_address(address);
    return own ? advertised(own->family()) : address;
  }
  bool is_leased(const Endpoint& endpoint) const override { return leased.contains(endpoint); }
  std::optional<SocketId> udp_listener(const Endpoint& local) const override {
    const auto found = listeners.find(local);
    return found == listeners.end() ? std::nullopt : std::optional{found->second};
  }
  std::unique_ptr<DetachedPort> detach(SocketId socket) override {
    const auto found = sockets.find(static_cast<std::uint32_t>(socket));
    if (found == sockets.end()) return nullptr;
    auto detached = std::make_unique<Detached>(found->second);
    sockets.erase(found);
    return detached;
  }
  Verdict<RelayPort> attach(std::unique_ptr<DetachedPort> port) override {
    const Endpoint& local = static_cast<Detached&>(*port).local;
    if (refuse) return *refuse;
    if (refuse_family && refuse_family->first == local.address.family()) {
      return refuse_family->second;
    }
    return adopt(local);
  }

  void close(SocketId socket) {
    const auto found = sockets.find(static_cast<std::uint32_t>(socket));
    if (found == sockets.end()) return;
    leased.erase(found->second);
    sockets.erase(found);
  }

 private:
  struct Detached final : DetachedPort {
    explicit Detached(const Endpoint& endpoint) : local{endpoint} {}
    Endpoint local;
  };

  RelayPort adopt(const Endpoint& endpoint) {
    const SocketId id{next_socket_++};
    sockets[static_cast<std::uint32_t>(id)] = endpoint;
    leased.insert(endpoint);
    return {id, endpoint, {advertised(endpoint.address.family()), endpoint.port}};
  }

  std::uint16_t next_port_ = 50'001;
  std::uint32_t next_socket_ = 100;
};

class FakeLedger final : public AllocationQuota {
 public:
  std::size_t quota_per_user = 1000;
  bool refuse_moves = false;
  std::map<std::string, std::size_t> booked;
  std::map<IpAddress, std::size_t> sources;

  Verdict<void> begin_allocation(std::string_view user, const IpAddress& source) override {
    std::size_t& count = booked[std::string{user}];
    if (count >= quota_per_user) return DropReason::allocation_quota;
    ++count;
    ++sources[source];
    return {};
  }
  void end_allocation(std::string_view user, const IpAddress& source) override {
    --booked[std::string{user}];
    if (--sources[source] == 0) sources.erase(source);
  }
  Verdict<void> move_allocation(const IpAddress& from, const IpAddress& to) override {
    if (refuse_moves) return DropReason::allocation_quota;
    if (--sources[from] == 0) sources.erase(from);
    ++sources[to];
    return {};
  }
  std::size_t allocation_count() const override {
    std::size_t count = 0;
    for (const auto& [user, allocations] : booked) count += allocations;
    return count;
  }
};

/// The forwarder's flows, as the edits leave them; usage is what a test says it is.
class FakeFlows final : public FlowReader {
 public:
  std::map<FlowKey, FlowSpec> flows;
  std::map<FlowKey, FlowUsage> used;

  FlowUsage usage(const FlowKey& key) const override {
    const auto found = used.find(key);
    return found == used.end() ? FlowUsage{} : found->second;
  }
  /// Null if there is none.
  const FlowSpec* find(const FlowKey& key) const {
    const auto found = flows.find(key);
    return found == flows.end() ? nullptr : &found->second;
  }
  void apply(const UpsertFlow& edit) { flows[edit.spec.key] = edit.spec; }
  void apply(const EraseFlow& edit) {
    flows.erase(edit.key);
    used.erase(edit.key);
  }
};

/// Connections to peers that do what a test says; ids count upwards.
class FakePeerConnections final : public PeerConnections {
 public:
  explicit FakePeerConnections(FakePorts& ports) : ports_{ports} {}

  std::optional<DropReason> refuse;
  std::map<std::uint32_t, Endpoint> connections;  // to or from peers, open or being opened
  std::set<Endpoint> elsewhere;                   // relayed addresses of other workers

  Verdict<RelayPort> listen(AddressFamily family) override {
    return ports_.lease(family, Parity::any);
  }
  Verdict<SocketId> connect(Time, SocketId, const Endpoint& peer) override {
    if (refuse) return *refuse;
    return open(peer);
  }
  bool is_leased(const Endpoint& local) const override { return elsewhere.contains(local); }

  SocketId open(const Endpoint& peer) {
    connections[next_] = peer;
    return SocketId{next_++};
  }
  void close(SocketId socket) { connections.erase(static_cast<std::uint32_t>(socket)); }

 private:
  FakePorts& ports_;
  std::uint32_t next_ = 5000;
};

/// What servers post to each other, carried out when a test says so.
class FakeNeighbours final : public OtherWorkers {
 public:
  std::deque<std::pair<std::size_t, std::unique_ptr<WorkerTask>>> posted;
  std::size_t workers = 2;

  std::size_t worker_count() const override { return workers; }
  void post(WorkerIndex worker, std::unique_ptr<WorkerTask> task) override {
    posted.emplace_back(static_cast<std::size_t>(worker), std::move(task));
  }
};

class FakeObserver final : public AllocationObserver {
 public:
  struct Closed {
    std::string user;
    Endpoint relayed;
    CloseReason reason;
    Traffic traffic;
    Duration lifetime;
  };
  std::size_t opened = 0;
  std::vector<Closed> closed;

  void on_opened(const AllocationInfo&) override { ++opened; }
  void on_closed(const AllocationInfo& allocation, CloseReason reason, const Traffic& traffic,
                 Duration lifetime) override {
    closed.push_back({std::string{allocation.user}, allocation.relayed, reason, traffic, lifetime});
  }
  std::vector<Endpoint> refused;  // addresses of this host
  void on_own_address_refused(const AllocationInfo&, const Endpoint& peer) override {
    refused.push_back(peer);
  }
};

using Fill = std::function<void(stun::StunBuilder&)>;
inline const Fill kNothing = [](stun::StunBuilder&) {};

/// Who a request comes from and what it is protected with.
struct Client {
  Endpoint endpoint = *Endpoint::parse("192.0.2.50:40000");
  std::string user = "alice";
  std::string password = "wonder";
  std::string realm = "example.org";
  std::string nonce;  // empty: none was learned yet
  Transport transport = Transport::udp;
  SocketId socket{1};  // of the listener, or of the client's connection
  std::uint16_t listener = 0;
  // RFC 8489: how the request is protected, and what is said about it.
  bool with_sha256 = false;           // MESSAGE-INTEGRITY-SHA256, and the algorithm SHA-256
  std::vector<std::byte> algorithms;  // PASSWORD-ALGORITHMS, repeated if it is not empty
  bool hides_name = false;            // USERHASH
  // RFC 7635.
  std::vector<std::byte> token;
  std::vector<std::byte> mac_key;  // empty: that of the password

  [[nodiscard]] stun::LongTermKey key() const { return stun::long_term_key(user, realm, password); }

  /// The same user, over a connection.
  [[nodiscard]] Client over(Transport stream, std::uint32_t connection) const {
    Client client = *this;
    client.transport = stream;
    client.socket = SocketId{connection};
    return client;
  }
};

/// What came back for one datagram.
struct Answered {
  std::optional<DropReason> reason;
  std::vector<std::byte> bytes;  // of the reply; empty: silence
  SocketId socket = kNoSocket;   // … and how it left
  Endpoint to;

  [[nodiscard]] bool silent() const { return bytes.empty(); }
  /// Only if there is a reply. Lives as long as this object.
  [[nodiscard]] stun::StunView view() const { return *stun::StunView::parse(bytes); }
  /// 200 for success, 0 for silence.
  [[nodiscard]] int code() const {
    if (silent()) return 0;
    if (view().message_class() == stun::MessageClass::success) return 200;
    return stun::read_error_code(*view().find(stun::AttributeType::error_code))->code;
  }
  [[nodiscard]] std::optional<Endpoint> address(stun::AttributeType type) const {
    const auto value = view().find(type);
    if (!value) return std::nullopt;
    return stun::read_xor_address(*value, view().transaction());
  }
  [[nodiscard]] std::uint32_t lifetime() const {
    return *stun::read_u32(*view().find(stun::AttributeType::lifetime));
  }
};

/// A server and everything around it. Time stands still unless a test moves it.
class World {
 public:
  static constexpr SocketId kListener{1};

  /// What the server decided beside flows and answers.
  struct Decision {
    std::map<std::uint32_t, AuthState> auth_state;
    std::vector<JoinConnections> joined;
    std::vector<HandOver> handed_over;
    std::vector<LimitBandwidth> limited;
    std::vector<std::uint32_t> closed;
  };

  explicit World(Settings settings = default_settings(), WorkerIndex index = WorkerIndex{0},
                 FakeNeighbours* with = nullptr, FakeLedger* shared_ledger = nullptr)
      : server_settings{std::move(settings)},
        worker{index},
        other_workers{with},
        quota{shared_ledger != nullptr ? *shared_ledger : own_ledger} {}

  static Settings default_settings() {
    Settings settings;
    settings.credentials.realm = "example.org";
    settings.credentials.users = {{"alice", {"wonder"}}, {"bob", {"builder"}}};
    settings.credentials.shared_secrets = {"new secret", "old secret"};
    settings.peers.own_addresses = {*IpAddress::parse("8.8.4.4")};
    return settings;
  }

  [[nodiscard]] Path path_of(const Client& client) const {
    return {client.socket, server_address, client.endpoint, client.transport, client.listener};
  }

  Answered receive(const Path& path, ConstBytes datagram) {
    Outcome outcome;
    const auto verdict = server.handle(now, path, datagram, outcome);
    Answered answered = carry_out(outcome);
    if (!verdict) answered.reason = verdict.reason();
    return answered;
  }
  Answered receive(const Endpoint& from, ConstBytes datagram) {
    return receive({kListener, server_address, from, Transport::udp}, datagram);
  }
  Answered receive(const Client& client, ConstBytes datagram) {
    return receive(path_of(client), datagram);
  }

  /// Does what the server decided, and returns the last reply.
  Answered carry_out(const Outcome& outcome) {
    Answered answered;
    for (const auto& reply : outcome.replies()) {
      const ConstBytes bytes = outcome.bytes_of(reply);
      answered.bytes.assign(bytes.begin(), bytes.end());
      answered.socket = reply.socket;
      answered.to = reply.to;
    }
    replies += outcome.replies().size();
    for (const FlowEdit& edit : outcome.edits()) {
      std::visit([this](const auto& one) { apply(one); }, edit);
    }
    return answered;
  }

  Answered peer_event(PeerConnectionEvent::Kind kind, SocketId connection, const std::string& peer,
                      SocketId relay_socket = kNoSocket) {
    using Kind = PeerConnectionEvent::Kind;
    if (kind == Kind::failed || kind == Kind::closed) peer_connections.close(connection);
    Outcome outcome;
    server.on_peer_connection(now, {kind, connection, relay_socket, *Endpoint::parse(peer)},
                              outcome);
    return carry_out(outcome);
  }
  Answered icmp(const std::string& peer, const IcmpError& error) {
    Outcome outcome;
    server.on_icmp(now, relay(), *Endpoint::parse(peer), error, outcome);
    return carry_out(outcome);
  }
  void hang_up(const Client& client) {
    Outcome outcome;
    server.on_closed(now, path_of(client), outcome);
    carry_out(outcome);
  }
  Answered run(WorkerTask& task) {
    Outcome outcome;
    server.run(task, now, outcome);
    return carry_out(outcome);
  }
  void reconfigure(const Settings& settings) {
    Outcome outcome;
    server.reconfigure(make_rules(settings), outcome);
    carry_out(outcome);
  }

  /// The kernel's addresses from now on, each as a prefix.
  void set_local_addresses(const std::vector<std::string>& prefixes) {
    std::vector<LocalAddresses::Entry> entries;
    for (const std::string& prefix : prefixes) entries.push_back({*Prefix::parse(prefix), 2});
    Outcome outcome;
    server.set_local_addresses(std::make_shared<const LocalAddresses>(std::move(entries)), outcome);
    carry_out(outcome);
  }

  /// The bytes of a request, signed if the client has a nonce.
  static std::vector<std::byte> build(const Client& client, stun::Method method, const Fill& fill,
                                      const stun::TransactionId& transaction) {
    using stun::AttributeType;
    std::array<std::byte, 4096> buffer;
    stun::StunBuilder builder{buffer, method, stun::MessageClass::request, transaction};
    fill(builder);
    if (!client.nonce.empty()) sign(builder, client);
    const ConstBytes bytes = builder.finish();
    return {bytes.begin(), bytes.end()};
  }

  static void sign(stun::StunBuilder& builder, const Client& client) {
    using stun::AttributeType;
    if (!client.token.empty()) builder.raw(AttributeType::access_token, client.token);
    if (client.hides_name) {
      builder.raw(AttributeType::userhash, stun::user_hash(client.user, client.realm));
    } else {
      builder.text(AttributeType::username, client.user);
    }
    builder.text(AttributeType::realm, client.realm).text(AttributeType::nonce, client.nonce);
    if (!client.algorithms.empty()) {
      builder.raw(AttributeType::password_algorithms, client.algorithms);
    }
    if (!client.with_sha256) {
      if (client.mac_key.empty()) {
        builder.integrity(client.key());
      } else {
        builder.integrity(client.mac_key);
      }
      return;
    }
    builder.u32(AttributeType::password_algorithm, 0x00020000);
    builder.integrity_sha256(
        stun::long_term_key_sha256(client.user, client.realm, client.password));
  }

  Answered ask(const Client& client, stun::Method method, const Fill& fill = kNothing) {
    return ask(client, method, stun::TransactionId::random(), fill);
  }
  Answered ask(const Client& client, stun::Method method, const stun::TransactionId& transaction,
               const Fill& fill = kNothing) {
    return receive(client, build(client, method, fill, transaction));
  }

  /// Takes the nonce from a first 401.
  Client login(Client client = {}) {
    client.nonce.clear();
    const auto challenge = ask(client, stun::Method::allocate, allocate_udp);
    client.nonce = text_of(*challenge.view().find(stun::AttributeType::nonce));
    const auto offered = challenge.view().find(stun::AttributeType::password_algorithms);
    if (client.with_sha256 && offered) client.algorithms.assign(offered->begin(), offered->end());
    return client;
  }

  Answered allocate(const Client& client, const Fill& more = kNothing) {
    return ask(client, stun::Method::allocate, [&](stun::StunBuilder& b) {
      allocate_udp(b);
      more(b);
    });
  }
  Answered permit(const Client& client, const std::vector<std::string>& peers) {
    return ask(client, stun::Method::create_permission, [&](stun::StunBuilder& b) {
      for (const auto& peer : peers) add_peer(b, peer);
    });
  }
  Answered bind(const Client& client, std::uint16_t channel, const std::string& peer) {
    return ask(client, stun::Method::channel_bind, [&](stun::StunBuilder& b) {
      b.channel_number(channel);
      add_peer(b, peer);
    });
  }
  Answered refresh(const Client& client, std::optional<std::uint32_t> lifetime = {}) {
    return ask(client, stun::Method::refresh, [&](stun::StunBuilder& b) {
      if (lifetime) b.u32(stun::AttributeType::lifetime, *lifetime);
    });
  }

  void advance(Duration by) {
    now += by;
    Outcome outcome;
    server.expire(now, outcome);
    carry_out(outcome);
  }

  static void allocate_udp(stun::StunBuilder& builder) {
    builder.u8_of_four(stun::AttributeType::requested_transport, 17);
  }
  static void add_peer(stun::StunBuilder& builder, const std::string& peer) {
    builder.xor_address(stun::AttributeType::xor_peer_address, *Endpoint::parse(peer));
  }

  /// The only relay socket there is.
  [[nodiscard]] SocketId relay() const { return SocketId{ports.sockets.begin()->first}; }
  [[nodiscard]] const FlowSpec* flow(SocketId socket, const std::string& remote,
                                     ChannelField channel = kNoChannel) const {
    return flows.find({socket, *Endpoint::parse(remote), channel});
  }

  Settings server_settings;
  WorkerIndex worker{};
  FakeNeighbours* other_workers = nullptr;
  Time now{std::chrono::hours{5}};
  UnixSeconds wall_clock{1'800'000'000};
  Endpoint server_address = *Endpoint::parse("198.51.100.1:3478");
  FakePorts ports;
  FakePeerConnections peer_connections{ports};
  FakeLedger own_ledger;
  FakeLedger& quota;
  FakeFlows flows;
  WorkerCounters counters;
  FakeObserver observer;
  Decision decided;
  std::size_t replies = 0;
  Server server{
      make_rules(server_settings),
      {ports, quota, flows, counters, observer, &peer_connections, other_workers, worker}};

 private:
  SharedRules make_rules(const Settings& settings) {
    return std::make_shared<const Rules>(settings, [this] { return wall_clock; });
  }

  void apply(const UpsertFlow& edit) { flows.apply(edit); }
  void apply(const EraseFlow& edit) { flows.apply(edit); }
  void apply(const CloseSocket& edit) {
    decided.closed.push_back(static_cast<std::uint32_t>(edit.socket));
    ports.close(edit.socket);
    peer_connections.close(edit.socket);
  }
  void apply(const SetAuthState& edit) {
    decided.auth_state[static_cast<std::uint32_t>(edit.connection)] = edit.auth_state;
  }
  void apply(const JoinConnections& edit) { decided.joined.push_back(edit); }
  void apply(const HandOver& edit) { decided.handed_over.push_back(edit); }
  void apply(const LimitBandwidth& edit) { decided.limited.push_back(edit); }
  void apply(const SetCrypto& /*edit*/) {}  // TURN encrypts nothing
};

}  // namespace avedge::turn::testing
