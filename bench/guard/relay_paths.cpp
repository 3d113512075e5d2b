#include "bench/guard/relay_paths.h"

#include <stdexcept>
#include <thread>

#include "bench/guard/edge_in_process.h"
#include "bench/guard/messages.h"
#include "bench/load/load_socket.h"

namespace avedge::bench::guard {
namespace {

constexpr std::size_t kFlows = 64;  // and datagrams in each round: a listener's receive batch
constexpr std::size_t kRounds = EdgeInProcess::kWarmUp + 10;

/// Where packets come from and go to besides the clients.
LoadSocket party(unsigned host) {
  auto socket = LoadSocket::open({IpAddress::v4(127, 0, 0, std::uint8_t(host)), Port{}});
  if (!socket) throw std::runtime_error{socket.reason().message()};
  return std::move(socket).value();
}

void expect(const Result<void>& done) {
  if (!done) throw std::runtime_error{done.reason().message()};
}

/// Clients with an allocation each, and a channel of it to `peer`.
std::vector<TurnClient> clients_of(const EdgeInProcess& edge, const Endpoint& peer) {
  std::vector<TurnClient> clients;
  for (std::size_t i = 0; i < kFlows; ++i) {
    clients.push_back(edge.new_client());
    expect(clients.back().allocate());
    expect(clients.back().bind_channel(peer, kFirstChannel));
  }
  return clients;
}

std::vector<Endpoint> relayed_of(const std::vector<TurnClient>& clients) {
  std::vector<Endpoint> relayed;
  for (const TurnClient& client : clients) relayed.push_back(client.relayed());
  return relayed;
}

/// One datagram of each client to the listener; `bytes_of(client)` makes it.
template <class BytesOf>
Round round_of(const std::vector<TurnClient>& clients, BytesOf bytes_of) {
  const relay::SocketAddress listener{EdgeInProcess::listener()};
  Round round;
  for (const TurnClient& client : clients) {
    round.push_back({client.descriptor(), listener, bytes_of(client)});
  }
  return round;
}

/// One datagram of `from` to each of these addresses.
Round round_to(const std::vector<Endpoint>& destinations, const LoadSocket& from) {
  Round round;
  for (const Endpoint& to : destinations) {
    round.push_back({from.descriptor.get(), relay::SocketAddress{to}, rtp()});
  }
  return round;
}

Load repeated(const Round& round) {
  return {std::vector<Round>(kRounds, round)};
}

/// Requests are never the same twice, or they would be retransmissions.
template <class BytesOf>
Load fresh(const std::vector<TurnClient>& clients, BytesOf bytes_of) {
  Load load;
  for (std::size_t i = 0; i < kRounds; ++i) load.rounds.push_back(round_of(clients, bytes_of));
  return load;
}

void measure_turn_media(EdgeInProcess& edge) {
  const LoadSocket peer = party(2);
  const LoadSocket its_other_port = party(2);
  const auto clients = clients_of(edge, peer.local);
  const std::vector<Endpoint> relayed = relayed_of(clients);

  edge.measure(
      "channel_data_up",
      repeated(round_of(clients, [](const TurnClient&) { return channel_data(kFirstChannel); })));
  edge.measure("channel_data_down", repeated(round_to(relayed, peer)));
  edge.measure(
      "send_indication_up",
      repeated(round_of(clients, [&](const TurnClient&) { return send_indication(peer.local); })));
  edge.measure("data_indication_down", repeated(round_to(relayed, its_other_port)));
  edge.measure("authenticated_refresh", fresh(clients, &refresh));
}

/// Clients that have a nonce open allocations and give them back.
void measure_allocation(EdgeInProcess& edge) {
  std::vector<TurnClient> clients;
  for (std::size_t i = 0; i < kFlows; ++i) clients.push_back(edge.new_client());
  Load load{{}, 2};
  for (std::size_t i = 0; i < kRounds / 2; ++i) {
    load.rounds.push_back(round_of(clients, &allocate));
    load.rounds.push_back(round_of(clients, &release));
  }
  edge.measure("binding_request", fresh(clients, [](const TurnClient&) { return binding(); }));
  edge.measure("allocate_and_release", load);
}

/// The RTP of as many calls as there are flows, between two parties who stand where they say.
class AnchoredCalls {
 public:
  AnchoredCalls(SessionControl& control, const Endpoint& near_party, const Endpoint& far_party)
      : control_{control}, worker_{control.assign_worker()} {
    for (std::size_t i = 0; i < kFlows; ++i) {
      MediaPath path;
      path.id = MediaPathId{i};
      path.caller = end_of(lease(), near_party);
      path.callee = end_of(lease(), far_party);
      path.counters = std::make_shared<MediaPathCounters>();
      control_.set_path(worker_, path);
    }
  }
  AnchoredCalls(const AnchoredCalls&) = delete;
  AnchoredCalls& operator=(const AnchoredCalls&) = delete;
  ~AnchoredCalls() {
    for (std::size_t i = 0; i < kFlows; ++i) control_.remove_path(worker_, MediaPathId{i});
  }

  /// Our ports, on the side of the first (1: of the second) party.
  [[nodiscard]] std::vector<Endpoint> ports(std::size_t side) const {
    std::vector<Endpoint> ports;
    for (std::size_t i = side; i < leased_.size(); i += 2) ports.push_back(leased_[i].rtp.local());
    return ports;
  }

 private:
  const MediaPort& lease() {
    auto ports = control_.lease_pair(worker_, "external", AddressFamily::ipv4);
    if (!ports) throw std::runtime_error{"no ports left for a call"};
    leased_.push_back(std::move(ports).value());
    return leased_.back().rtp;
  }
  static UdpLeg end_of(const MediaPort& port, const Endpoint& party) {
    UdpLeg end;
    end.socket = port.socket();
    end.signalled = party;
    end.latching = Latching::strict;
    return end;
  }

  SessionControl& control_;
  WorkerIndex worker_;
  std::vector<MediaPortPair> leased_;
};

void measure_anchors(EdgeInProcess& edge) {
  const LoadSocket near_party = party(2);
  const LoadSocket far_party = party(3);
  const AnchoredCalls calls{edge.session_control(), near_party.local, far_party.local};
  const Round to_far = round_to(calls.ports(0), near_party);
  const Round to_near = round_to(calls.ports(1), far_party);
  edge.serve(to_far);  // the first packet of a party latches it, on the slow path
  edge.serve(to_near);
  edge.measure("anchored_rtp_near_to_far", repeated(to_far));
  edge.measure("anchored_rtp_far_to_near", repeated(to_near));
}

/// Until the resolver has found the way, everything leaves by sockets.
void wait_for_frames(EdgeInProcess& edge, const Round& round) {
  constexpr int kAttempts = 1000;
  for (int i = 0; i < kAttempts; ++i) {
    edge.serve(round);
    if (edge.counters().frames_sent.value() > 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  throw std::runtime_error{"nothing leaves as frames"};
}

}  // namespace

void measure_socket_paths() {
  EdgeInProcess edge{Ways{}, EdgeInProcess::listener().address};
  measure_turn_media(edge);
  measure_allocation(edge);
  measure_anchors(edge);
}

void measure_fan_in_paths() {
  EdgeInProcess edge{Ways{.in = Ingress::fan_in}, EdgeInProcess::listener().address};
  const LoadSocket peer = party(2);
  const auto clients = clients_of(edge, peer.local);
  edge.measure("channel_data_down_by_fan_in", repeated(round_to(relayed_of(clients), peer)));
  if (edge.counters().fanned_in.value() == 0) throw std::runtime_error{"nothing came by fan-in"};
}

void measure_frame_paths(const FrameRoute& route) {
  EdgeInProcess edge{Ways{.out = Egress::frames}, route.own};
  const auto clients = clients_of(edge, {route.neighbour, Port{9}});
  const Round round =
      round_of(clients, [](const TurnClient&) { return channel_data(kFirstChannel); });
  wait_for_frames(edge, round);
  edge.measure("channel_data_up_as_frames", repeated(round));
}

void measure_flow_lookup() {
  constexpr std::uint16_t kCount = 10'000;
  relay::FlowTable flows{kCount, 7};
  std::vector<FlowKey> keys;
  for (std::uint16_t i = 0; i < kCount; ++i) {
    FlowSpec spec;
    spec.key = {SocketId{1}, {IpAddress::v4(192, 0, 2, 1), Port{i}}, kFirstChannel};
    if (!flows.upsert(spec)) throw std::runtime_error{"the flow table is full"};
    keys.push_back(spec.key);
  }
  begin_counting();
  for (const FlowKey& key : keys) ++flows.find(key)->packets;
  end_counting("flow_lookup", keys.size());
}

}  // namespace avedge::bench::guard
