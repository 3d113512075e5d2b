// A stream of datagrams into one server, some as they are and some put right so that they pass
// authentication: nothing crashes, and when everybody has gone nothing is left behind.
//
// The input is a sequence of records: a byte of how, a byte of length, and as many bytes. How:
//   bits 0–1  which of four clients sends it
//   bits 2–4  0: as it is; 1–5: as the attributes of a signed request (Allocate, Refresh,
//             CreatePermission, ChannelBind, Binding); 6, 7: time passes, in seconds by the length
#include <cstdint>
#include <cstdlib>

#include "../ice/turn/fakes.h"

namespace {

using namespace avedge;
using namespace avedge::turn;
using namespace avedge::turn::testing;

constexpr stun::Method kMethods[] = {stun::Method::allocate, stun::Method::refresh,
                                     stun::Method::create_permission, stun::Method::channel_bind,
                                     stun::Method::binding};

/// Cuts `bytes` into attributes of a request: type, length, value, as far as they go.
void add_attributes(stun::StunBuilder& builder, ConstBytes bytes) {
  while (bytes.size() >= 3) {
    const auto type = static_cast<stun::AttributeType>(load_be16(bytes.data()));
    const std::size_t length =
        std::min(std::to_integer<std::size_t>(bytes[2]) % 32, bytes.size() - 3);
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
    } else {
      builder.raw(type, value);
    }
  }
}

void check_balance(const World& world) {
  const auto allocations = static_cast<std::size_t>(world.counters.allocations.value());
  std::size_t booked = 0;
  for (const auto& [user, count] : world.ledger.booked) booked += count;
  if (booked != allocations || world.ports.sockets.size() != allocations) std::abort();
  if ((allocations == 0) != world.flows.flows.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Settings settings = World::default_settings();
  settings.limits.permissions_per_allocation = 4;
  settings.limits.channels_per_allocation = 4;
  settings.limits.allocations = 3;
  World world{settings};
  Client clients[4];
  for (std::uint16_t i = 0; i < 4; ++i) {
    clients[i].endpoint.port = Port{static_cast<std::uint16_t>(4000 + i)};
    clients[i] = world.login(clients[i]);
  }

  ConstBytes input = std::as_bytes(std::span{data, size});
  while (input.size() >= 2) {
    const auto how = std::to_integer<unsigned>(input[0]);
    const auto length = std::to_integer<std::size_t>(input[1]);
    input = input.subspan(2);
    const Client& client = clients[how & 3];
    const unsigned kind = how >> 2 & 7;
    if (kind >= 6) {
      world.advance(std::chrono::seconds{length});
    } else {
      const ConstBytes bytes = input.first(std::min(length, input.size()));
      input = input.subspan(bytes.size());
      if (kind == 0) {
        world.receive(client.endpoint, bytes);
      } else {
        world.ask(client, kMethods[kind - 1],
                  [&](stun::StunBuilder& builder) { add_attributes(builder, bytes); });
      }
    }
    check_balance(world);
  }

  world.advance(settings.max_lifetime);
  check_balance(world);
  if (world.counters.allocations.value() != 0 || world.server.next_deadline() != kNever) {
    std::abort();
  }
  return 0;
}
