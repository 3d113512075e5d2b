// The contents of an Allocate request.
#pragma once

#include <chrono>
#include <optional>

#include "ice/allocation/allocation.h"
#include "ice/stun/stun_view.h"
#include "ice/turn/refusal.h"
#include "relay/core/relay_ports.h"

namespace avedge::turn {

struct AllocateRequest {
  Allocation::Kind kind = Allocation::Kind::udp;
  /// Only a wish, as the client wrote it.
  std::optional<std::chrono::seconds> lifetime;
  /// A port reserved earlier; excludes everything below but the ticket.
  std::optional<ReservationToken> reservation;
  AddressFamily family = AddressFamily::ipv4;
  /// IPv6 too (ADDITIONAL-ADDRESS-FAMILY).
  bool both_families = false;
  Parity parity = Parity::any;
  /// EVEN-PORT's R bit: keep the next port for a later allocation.
  bool reserve_next = false;
  /// RFC 8016 §3.1: the client may want to move.
  bool wants_ticket = false;
};

/// Steps 3 to 9 of RFC 8656 §7.2, and RFC 6062 §5.1, as far as the request alone determines them.
[[nodiscard]] Answer<AllocateRequest> read_allocate_request(const stun::StunView& message);

/// LIFETIME (RFC 8656 §18.2); nothing if there is none. Refused if it is malformed.
[[nodiscard]] Answer<std::optional<std::chrono::seconds>> read_lifetime(
    const stun::StunView& message);

/// REQUESTED-ADDRESS-FAMILY (RFC 8656 §18.8); nothing if there is none. Refused if it is malformed
/// or names an unknown family.
[[nodiscard]] Answer<std::optional<AddressFamily>> read_family(const stun::StunView& message);

}  // namespace avedge::turn
