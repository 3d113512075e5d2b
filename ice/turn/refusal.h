// All refusals of requests: the client's answer and the counted reason.
#pragma once

#include <string_view>

#include "relay/core/drop_reason.h"
#include "relay/core/expected.h"

namespace avedge::turn {

struct Refusal {
  int code = 0;  // RFC 8489 §14.8, RFC 8656 §19, RFC 6062 §6.3, RFC 8016 §3.4
  std::string_view phrase;
  DropReason reason{};
};

/// A value, or the refusal of the request.
template <class Value>
using Answer = Expected<Value, Refusal>;

inline constexpr Refusal kTryAlternate{300, "Try Alternate", DropReason::redirected};
inline constexpr Refusal kBadRequest{400, "Bad Request", DropReason::stun_bad_request};
/// 401 and 438 go to unauthenticated clients and carry no phrase: a forger can direct each byte at
/// a victim.
inline constexpr Refusal kUnauthenticated{401, "", DropReason::unauthenticated};
inline constexpr Refusal kBadCredentials{401, "", DropReason::bad_credentials};
inline constexpr Refusal kStaleNonce{438, "", DropReason::stale_nonce};
inline constexpr Refusal kForbidden{403, "Forbidden", DropReason::peer_forbidden};
inline constexpr Refusal kMobilityForbidden{405, "Mobility Forbidden",
                                            DropReason::mobility_forbidden};
inline constexpr Refusal kBadTicket{400, "Bad Request", DropReason::mobility_forbidden};
inline constexpr Refusal kUnknownAttribute{420, "Unknown Attribute", DropReason::unknown_attribute};
inline constexpr Refusal kAllocationMismatch{437, "Allocation Mismatch",
                                             DropReason::allocation_mismatch};
inline constexpr Refusal kFamilyNotSupported{440, "Address Family not Supported",
                                             DropReason::family_unsupported};
inline constexpr Refusal kWrongCredentials{441, "Wrong Credentials", DropReason::wrong_user};
inline constexpr Refusal kUnsupportedTransport{442, "Unsupported Transport Protocol",
                                               DropReason::transport_unsupported};
inline constexpr Refusal kPeerFamilyMismatch{443, "Peer Address Family Mismatch",
                                             DropReason::peer_family_mismatch};
inline constexpr Refusal kConnectionExists{446, "Connection Already Exists",
                                           DropReason::connection_exists};
inline constexpr Refusal kConnectionFailed{447, "Connection Timeout or Failure",
                                           DropReason::connection_failed};
inline constexpr Refusal kQuotaReached{486, "Allocation Quota Reached",
                                       DropReason::allocation_quota};
inline constexpr Refusal kServerError{500, "Server Error", DropReason::send_failed};
inline constexpr Refusal kPortsExhausted{508, "Insufficient Capacity", DropReason::ports_exhausted};
inline constexpr Refusal kDescriptorsExhausted{508, "Insufficient Capacity",
                                               DropReason::descriptors_exhausted};
inline constexpr Refusal kBadReservation{508, "Insufficient Capacity", DropReason::bad_reservation};
inline constexpr Refusal kTableFull{508, "Insufficient Capacity", DropReason::table_full};

/// The refusal for an unavailable port or quota.
[[nodiscard]] constexpr Refusal refusal_of(DropReason reason) {
  switch (reason) {
    case DropReason::family_unsupported: return kFamilyNotSupported;
    case DropReason::bad_reservation: return kBadReservation;
    case DropReason::allocation_quota: return kQuotaReached;
    case DropReason::connection_exists: return kConnectionExists;
    case DropReason::table_full: return kTableFull;
    case DropReason::descriptors_exhausted: return kDescriptorsExhausted;
    default: return kPortsExhausted;
  }
}

}  // namespace avedge::turn
