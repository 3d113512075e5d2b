#include "ice/turn/binding.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"
#include "ice/turn/known_attributes.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::StunBuilder;
using stun::StunView;

/// RFC 5780 §7.2: the flags of CHANGE-REQUEST.
constexpr std::uint32_t kChangeAddress = 0x04;
constexpr std::uint32_t kChangePort = 0x02;
/// RFC 5780 §7.6 requires an answer as long as the path's MTU, rounded up to four bytes.
constexpr std::size_t kMostPadding = 1500;
constexpr std::array<std::byte, kMostPadding> kZeros{};

/// One of the four addresses, as indices of NatDiscovery::addresses.
struct Place {
  std::size_t address = 0;
  std::size_t port = 0;
};

std::optional<Place> place_of(const ServerState& server, const Path& path) {
  const auto& discovery = server.settings().nat_discovery;
  if (!discovery || path.transport != Transport::udp) return std::nullopt;
  for (const std::size_t address : {0u, 1u}) {
    for (const std::size_t port : {0u, 1u}) {
      if (discovery->addresses[address][port].local == path.local) return Place{address, port};
    }
  }
  return std::nullopt;
}

/// Client options of RFC 5780.
struct Wishes {
  bool change_address = false;
  bool change_port = false;
  std::optional<Port> response_port;
  /// Bytes of PADDING in the answer.
  std::size_t padding = 0;
};

Answer<Wishes> read_wishes(const StunView& message) {
  Wishes wishes;
  if (const auto value = message.find(AttributeType::change_request)) {
    const auto flags = stun::read_u32(*value);
    if (!flags) return kBadRequest;
    wishes.change_address = (*flags & kChangeAddress) != 0;
    wishes.change_port = (*flags & kChangePort) != 0;
  }
  if (const auto value = message.find(AttributeType::response_port)) {
    const auto port = stun::read_u32(*value);
    if (!port || *port >> 16 == 0) return kBadRequest;
    wishes.response_port = Port{static_cast<std::uint16_t>(*port >> 16)};
  }
  if (const auto value = message.find(AttributeType::padding)) {
    // §7.5: never both, or a third port could be made to receive large packets.
    if (wishes.response_port) return kBadRequest;
    // Never more than received: a host that forges the source gains nothing.
    wishes.padding = std::min(value->size(), kMostPadding) / 4 * 4;
  }
  return wishes;
}

/// RFC 5780 §6.1: the answer leaves from the address that the client chose, and names it.
Verdict<void> discover(const ServerState& server, const Request& request, const Place& place,
                       Responder& responder) {
  const auto wishes = read_wishes(request.message);
  if (!wishes) return responder.refuse(wishes.reason());
  const auto& addresses = server.settings().nat_discovery->addresses;
  const auto& origin = addresses[place.address ^ std::size_t{wishes->change_address}]
                                [place.port ^ std::size_t{wishes->change_port}];
  const auto socket = server.dependencies.ports.udp_listener(origin.local);
  if (!socket) return responder.refuse(kServerError);

  const IpAddress& client = request.path.remote.address;
  responder.redirect(*socket, {client, wishes->response_port.value_or(request.path.remote.port)});
  StunBuilder response = responder.success();
  // Also unencoded: a client that compares them detects address rewriting on the path (§4.6).
  response.xor_address(AttributeType::xor_mapped_address, request.path.remote)
      .address(AttributeType::mapped_address, request.path.remote)
      .address(AttributeType::response_origin, origin.advertised)
      .address(AttributeType::other_address,
               addresses[place.address ^ 1u][place.port ^ 1u].advertised);
  if (wishes->padding != 0) {
    response.raw(AttributeType::padding, ConstBytes{kZeros}.first(wishes->padding));
  }
  responder.send(response);
  return {};
}

}  // namespace

Verdict<void> on_binding(const ServerState& server, const Request& request, Responder& responder) {
  const auto place = place_of(server, request.path);
  const auto unknown = unknown_attributes(request.message, place.has_value());
  if (!unknown.empty()) return responder.refuse_unknown(unknown);
  if (place) return discover(server, request, *place, responder);
  StunBuilder response = responder.success();
  response.xor_address(AttributeType::xor_mapped_address, request.path.remote);
  responder.send(response);
  return {};
}

}  // namespace avedge::turn
