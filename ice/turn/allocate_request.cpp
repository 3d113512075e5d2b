#include "ice/turn/allocate_request.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::StunView;

/// RFC 8656 §18.7 and RFC 6062 §5.1: protocol numbers.
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kTcp = 6;
/// RFC 8656 §18.6: the R bit of EVEN-PORT.
constexpr std::byte kReserveNext{0x80};

Answer<Allocation::Kind> read_transport(const StunView& message) {
  const auto value = message.find(AttributeType::requested_transport);
  const auto transport = value ? stun::read_u8_of_four(*value) : std::nullopt;
  if (!transport) return kBadRequest;
  switch (*transport) {
    case kUdp: return Allocation::Kind::udp;
    case kTcp: return Allocation::Kind::tcp;
    default: return kUnsupportedTransport;
  }
}

/// RFC 6062 §5.1: attributes that apply to datagrams only.
bool asks_for_datagrams(const StunView& message) {
  return message.has(AttributeType::even_port) || message.has(AttributeType::dont_fragment) ||
         message.has(AttributeType::reservation_token);
}

/// ADDITIONAL-ADDRESS-FAMILY, by either number.
std::optional<ConstBytes> find_additional_family(const StunView& message) {
  const auto found = message.find(AttributeType::additional_address_family);
  return found ? found : message.find(AttributeType::additional_address_family_coturn);
}

Answer<AllocateRequest> claim_reservation(const StunView& message, AllocateRequest request,
                                          ConstBytes token) {
  if (message.has(AttributeType::even_port) ||
      message.has(AttributeType::requested_address_family) || find_additional_family(message) ||
      token.size() != std::tuple_size_v<ReservationToken>) {
    return kBadRequest;
  }
  request.reservation.emplace();
  std::copy(token.begin(), token.end(), request.reservation->begin());
  return request;
}

/// Which families, and whether both. RFC 8656 §18.11: the additional one can only be IPv6.
Answer<AllocateRequest> read_families(const StunView& message, AllocateRequest request) {
  const auto family = read_family(message);
  if (!family) return family.reason();
  request.family = family->value_or(AddressFamily::ipv4);
  if (const auto additional = find_additional_family(message)) {
    if (*family || stun::read_u8_of_four(*additional) != stun::kWireIpv6) return kBadRequest;
    request.both_families = true;
  }
  return request;
}

}  // namespace

Answer<AllocateRequest> read_allocate_request(const StunView& message) {
  AllocateRequest request;
  const auto lifetime = read_lifetime(message);
  if (!lifetime) return lifetime.reason();
  request.lifetime = *lifetime;
  if (const auto ticket = message.find(AttributeType::mobility_ticket)) {
    if (!ticket->empty()) return kBadRequest;
    request.wants_ticket = true;
  }

  // 3. REQUESTED-TRANSPORT must be present and known.
  const auto kind = read_transport(message);
  if (!kind) return kind.reason();
  request.kind = *kind;
  if (*kind == Allocation::Kind::tcp && asks_for_datagrams(message)) return kBadRequest;

  // 4. DONT-FRAGMENT is understood; it binds the forwarder, not the allocation.

  // 5. RESERVATION-TOKEN stands alone.
  if (const auto token = message.find(AttributeType::reservation_token)) {
    return claim_reservation(message, request, *token);
  }

  // 6. to 8. The families; the default is IPv4.
  const auto with_families = read_families(message, request);
  if (!with_families) return with_families.reason();
  request = *with_families;

  // 9. EVEN-PORT; a port above can be reserved in one family only.
  if (const auto even_port = message.find(AttributeType::even_port)) {
    if (even_port->size() != 1) return kBadRequest;
    request.parity = Parity::even;
    request.reserve_next = ((*even_port)[0] & kReserveNext) != std::byte{0};
    if (request.reserve_next && request.both_families) return kBadRequest;
  }
  return request;
}

Answer<std::optional<std::chrono::seconds>> read_lifetime(const StunView& message) {
  const auto value = message.find(AttributeType::lifetime);
  if (!value) return std::optional<std::chrono::seconds>{};
  const auto lifetime = stun::read_u32(*value);
  if (!lifetime) return kBadRequest;
  return std::optional{std::chrono::seconds{*lifetime}};
}

Answer<std::optional<AddressFamily>> read_family(const StunView& message) {
  const auto value = message.find(AttributeType::requested_address_family);
  if (!value) return std::optional<AddressFamily>{};
  const auto family = stun::read_u8_of_four(*value);
  if (!family) return kBadRequest;
  switch (*family) {
    case stun::kWireIpv4: return std::optional{AddressFamily::ipv4};
    case stun::kWireIpv6: return std::optional{AddressFamily::ipv6};
    default: return kFamilyNotSupported;
  }
}

}  // namespace avedge::turn
