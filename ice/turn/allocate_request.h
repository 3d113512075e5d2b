// What an Allocate request asks for.
#pragma once

#include <chrono>
#include <optional>

#include "ice/stun/stun_view.h"
#include "ice/turn/refusal.h"
#include "relay/core/relay_ports.h"

namespace avedge::turn {

struct AllocateRequest {
  /// Not more than a wish, as the client wrote it.
  std::optional<std::chrono::seconds> lifetime;
  /// A port reserved earlier; excludes everything below.
  std::optional<ReservationToken> reservation;
  AddressFamily family = AddressFamily::ipv4;
  Parity parity = Parity::any;
  /// EVEN-PORT's R bit: keep the next port for a later allocation.
  bool reserve_next = false;
};

/// Steps 3 to 8 of RFC 8656 §7.2, as far as the request alone can tell.
[[nodiscard]] Answer<AllocateRequest> read_allocate_request(const stun::StunView& message);

/// LIFETIME (RFC 8656 §18.2); nothing if there is none. Refused if it is malformed.
[[nodiscard]] Answer<std::optional<std::chrono::seconds>> read_lifetime(
    const stun::StunView& message);

/// REQUESTED-ADDRESS-FAMILY (RFC 8656 §18.8); nothing if there is none. Refused if it is malformed
/// or names a family that nobody knows.
[[nodiscard]] Answer<std::optional<AddressFamily>> read_family(const stun::StunView& message);

}  // namespace avedge::turn
