#include "ice/turn/allocate_request.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::StunView;

/// RFC 8656 §18.7: the protocol number of UDP.
constexpr std::uint8_t kUdp = 17;
/// RFC 8656 §18.6: the R bit of EVEN-PORT.
constexpr std::byte kReserveNext{0x80};

Answer<AllocateRequest> claim_reservation(const StunView& message, AllocateRequest request,
                                          ConstBytes token) {
  if (message.has(AttributeType::even_port) ||
      message.has(AttributeType::requested_address_family) ||
      message.has(AttributeType::additional_address_family) ||
      token.size() != std::tuple_size_v<ReservationToken>) {
    return kBadRequest;
  }
  request.reservation.emplace();
  std::copy(token.begin(), token.end(), request.reservation->begin());
  return request;
}

}  // namespace

Answer<AllocateRequest> read_allocate_request(const StunView& message) {
  AllocateRequest request;
  const auto lifetime = read_lifetime(message);
  if (!lifetime) return lifetime.reason();
  request.lifetime = *lifetime;

  // 3. REQUESTED-TRANSPORT must be there, and be UDP.
  const auto transport_value = message.find(AttributeType::requested_transport);
  if (!transport_value) return kBadRequest;
  const auto transport = stun::read_u8_of_four(*transport_value);
  if (!transport) return kBadRequest;
  if (*transport != kUdp) return kUnsupportedTransport;

  // 4. DONT-FRAGMENT is understood; it binds the forwarder, not the allocation.

  // 5. RESERVATION-TOKEN stands alone.
  if (const auto token = message.find(AttributeType::reservation_token)) {
    return claim_reservation(message, request, *token);
  }

  // 6. and 7. The family; ADDITIONAL-ADDRESS-FAMILY is comprehension-optional, and without it the
  // client gets an IPv4 address.
  const auto family = read_family(message);
  if (!family) return family.reason();
  if (*family && message.has(AttributeType::additional_address_family)) return kBadRequest;
  request.family = family->value_or(AddressFamily::ipv4);

  // 8. EVEN-PORT.
  if (const auto even_port = message.find(AttributeType::even_port)) {
    if (even_port->size() != 1) return kBadRequest;
    request.parity = Parity::even;
    request.reserve_next = ((*even_port)[0] & kReserveNext) != std::byte{0};
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
