// A stream of datagrams and events into two servers that know each other, some as they are and some
// put right so that they pass authentication: nothing crashes, and when everybody has gone nothing
// is left behind.
//
// The input is a sequence of records: a byte of how, a byte of length, and as many bytes. How:
//   bits 0–1  which of four clients sends it: over UDP, TCP, TLS and DTLS, by different listeners
//   bits 2–4  0: a message as it is; 1–5: the attributes of a signed request, whose method is the
//             first byte's; 6: an event, which is the length's; 7: time passes, in seconds by the
//             length
//   bit 5     to which of the two servers
//   bit 6     protected by SHA-256
#include <cstdint>
#include <cstdlib>

#include "../ice/turn/fakes.h"

namespace {

using namespace avedge;
using namespace avedge::turn;
using namespace avedge::turn::testing;
using Kind = PeerConnectionEvent::Kind;

constexpr stun::Method kMethods[] = {stun::Method::allocate,          stun::Method::refresh,
                                     stun::Method::create_permission, stun::Method::channel_bind,
                                     stun::Method::binding,           stun::Method::connect,
                                     stun::Method::connection_bind};
constexpr Transport kTransports[] = {Transport::udp, Transport::tcp, Transport::tls,
                                     Transport::dtls};
constexpr const char* kPeer = "8.8.8.8:53";

/// Cuts `bytes` into attributes of a request: type, length, value, as far as they go. Every second
/// ticket or connection id is one that was given out.
void add_attributes(stun::StunBuilder& builder, ConstBytes bytes, ConstBytes ticket,
                    std::uint32_t connection) {
  while (bytes.size() >= 3) {
    const auto type = static_cast<stun::AttributeType>(load_be16(bytes.data()));
    const std::size_t length =
        std::min(std::to_integer<std::size_t>(bytes[2]) % 32, bytes.size() - 3);
    const bool is_known = (bytes[2] & std::byte{0x80}) != std::byte{0};
    const ConstBytes value = bytes.subspan(3, length);
    bytes = bytes.subspan(3 + length);
    if (type == stun::AttributeType::message_integrity ||
        type == stun::AttributeType::message_integrity_sha256 ||
        type == stun::AttributeType::fingerprint) {
      continue;  // would cut the list short of the credentials
    }
    // An address of the wire is masked; unmasked ones are likelier to make sense.
    const auto address = stun::read_address(value);
    if (type == stun::AttributeType::xor_peer_address && address) {
      builder.xor_address(type, *address);
    } else if (type == stun::AttributeType::mobility_ticket && is_known) {
      builder.raw(type, ticket);
    } else if (type == stun::AttributeType::connection_id && is_known) {
      builder.u32(type, connection);
    } else {
      builder.raw(type, value);
    }
  }
}

class Fuzz {
 public:
  Fuzz() {
    for (std::uint16_t i = 0; i < 4; ++i) {
      clients_[i] = Client{}.over(kTransports[i], i == 0 ? 1 : 6 + i);
      clients_[i].endpoint.port = Port{static_cast<std::uint16_t>(4000 + i)};
      clients_[i].listener = i;
      clients_[i].realm = i == 3 ? "other.example" : "example.org";
      clients_[i] = worlds_[0].login(clients_[i]);
    }
    for (World& world : worlds_) {
      for (const auto& row : settings().nat_discovery->addresses) {
        for (const auto& spot : row) world.ports.listeners[spot.local] = World::kListener;
      }
    }
  }

  void play(ConstBytes input) {
    while (input.size() >= 2) {
      const auto how = std::to_integer<unsigned>(input[0]);
      const auto length = std::to_integer<std::size_t>(input[1]);
      input = input.subspan(2);
      const unsigned kind = how >> 2 & 7;
      World& world = worlds_[how >> 5 & 1];
      Client client = clients_[how & 3];
      client.with_sha256 = (how & 0x40) != 0;
      if (kind == 7) {
        for (World& each : worlds_) each.advance(std::chrono::seconds{length});
      } else if (kind == 6) {
        happen(world, client, static_cast<unsigned>(length));
      } else {
        const ConstBytes bytes = input.first(std::min(length, input.size()));
        input = input.subspan(bytes.size());
        note(speak(world, client, kind, bytes));
      }
      check_balance();
    }
  }

  void finish() {
    while (!neighbours_.posted.empty()) run_errand();
    for (World& world : worlds_) world.advance(settings().max_lifetime);
    check_balance();
    for (const World& world : worlds_) {
      if (world.counters.allocations.value() != 0 || world.server.next_deadline() != kNever ||
          !world.flows.flows.empty() || !world.peer_connections.connections.empty()) {
        std::abort();
      }
    }
  }

 private:
  static const Settings& settings() {
    static const Settings kSettings = [] {
      Settings settings = World::default_settings();
      settings.credentials.listener_realms = {"", "", "", "other.example"};
      settings.credentials.token_keys["kid"] = {TokenKey::Algorithm::a128gcm,
                                                std::vector<std::byte>(16)};
      settings.credentials.server_name = "turn.example";
      settings.limits.permissions_per_allocation = 4;
      settings.limits.channels_per_allocation = 4;
      settings.limits.connections_per_allocation = 3;
      settings.limits.allocations = 3;
      settings.tcp_relay = true;
      settings.mobility = true;
      settings.redirect.servers = {*Endpoint::parse("203.0.113.20:3478")};
      settings.redirect.above_allocations = 5;
      settings.nat_discovery.emplace();
      const char* const addresses[2][2] = {{"198.51.100.1:3478", "198.51.100.1:3479"},
                                           {"198.51.100.2:3478", "198.51.100.2:3479"}};
      for (const std::size_t i : {0u, 1u}) {
        for (const std::size_t j : {0u, 1u}) {
          const Endpoint endpoint = *Endpoint::parse(addresses[i][j]);
          settings.nat_discovery->addresses[i][j] = {endpoint, endpoint};
        }
      }
      return settings;
    }();
    return kSettings;
  }

  Answered speak(World& world, const Client& client, unsigned kind, ConstBytes bytes) {
    if (kind == 0) return world.receive(client, bytes);
    const std::size_t method = bytes.empty() ? 0 : std::to_integer<std::size_t>(bytes[0]);
    const ConstBytes attributes = bytes.empty() ? bytes : bytes.subspan(1);
    return world.ask(client, kMethods[method % std::size(kMethods)],
                     [&](stun::StunBuilder& builder) {
                       add_attributes(builder, attributes, ticket_, connection_);
                     });
  }

  /// Remembers what a client would.
  void note(const Answered& answered) {
    if (answered.silent()) return;
    const auto view = answered.view();
    if (const auto ticket = view.find(stun::AttributeType::mobility_ticket)) {
      ticket_.assign(ticket->begin(), ticket->end());
    }
    if (const auto id = view.find(stun::AttributeType::connection_id)) {
      connection_ = stun::read_u32(*id).value_or(0);
    }
  }

  void happen(World& world, const Client& client, unsigned which) {
    const auto& open = world.peer_connections.connections;
    const SocketId known = open.empty() ? kNoSocket : SocketId{open.begin()->first};
    const SocketId relay = world.ports.sockets.empty() ? kNoSocket : world.relay();
    switch (which % 8) {
      case 0: return world.hang_up(client);
      case 1: return note(world.peer_event(Kind::connected, known, kPeer, relay));
      case 2: return note(world.peer_event(Kind::failed, known, kPeer, relay));
      case 3: return note(world.peer_event(Kind::closed, known, kPeer, relay));
      case 4:
        return note(world.peer_event(
            Kind::accepted, world.peer_connections.open(*Endpoint::parse(kPeer)), kPeer, relay));
      case 5:
        if (relay != kNoSocket) {
          world.icmp(kPeer, {static_cast<std::uint8_t>(which >> 3), 0, which});
        }
        return;
      case 6:
        if (which == 0xFE) world.server.drain();
        return;
      default:
        if (!neighbours_.posted.empty()) run_errand();
    }
  }

  void run_errand() {
    auto [worker, task] = std::move(neighbours_.posted.front());
    neighbours_.posted.pop_front();
    note(worlds_[worker].run(*task));
  }

  void check_balance() const {
    std::size_t allocations = 0;
    std::size_t sockets = 0;
    for (const World& world : worlds_) {
      allocations += static_cast<std::size_t>(world.counters.allocations.value());
      sockets += world.ports.sockets.size();
      if (world.counters.allocations.value() == 0 && !world.flows.flows.empty()) std::abort();
    }
    // One on its way between two workers is in neither.
    const std::size_t booked = quota_.allocation_count();
    if (booked < allocations || booked > allocations + neighbours_.posted.size()) std::abort();
    if (sockets < allocations || sockets > 2 * allocations) std::abort();
  }

  FakeNeighbours neighbours_;
  FakeLedger quota_;
  World worlds_[2] = {World{settings(), WorkerIndex{0}, &neighbours_, &quota_},
                      World{settings(), WorkerIndex{1}, &neighbours_, &quota_}};
  Client clients_[4];
  std::vector<std::byte> ticket_ = std::vector<std::byte>(16);
  std::uint32_t connection_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Fuzz fuzz;
  fuzz.play(std::as_bytes(std::span{data, size}));
  fuzz.finish();
  return 0;
}
