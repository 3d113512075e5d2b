// Every way in which a request can be refused: what the client is told and what is counted.
#pragma once

#include <string_view>

#include "relay/core/drop_reason.h"
#include "relay/core/expected.h"

namespace avedge::turn {

struct Refusal {
  int code = 0;  // RFC 8489 §14.8, RFC 8656 §19
  std::string_view phrase;
  DropReason reason{};
};

/// A value, or how to refuse the request that asked for it.
template <class Value>
using Answer = Expected<Value, Refusal>;

inline constexpr Refusal kBadRequest{400, "Bad Request", DropReason::stun_bad_request};
/// 401 and 438 go to strangers and carry no phrase: each byte of them can be aimed at somebody.
inline constexpr Refusal kUnauthenticated{401, "", DropReason::unauthenticated};
inline constexpr Refusal kBadCredentials{401, "", DropReason::bad_credentials};
inline constexpr Refusal kStaleNonce{438, "", DropReason::stale_nonce};
inline constexpr Refusal kForbidden{403, "Forbidden", DropReason::peer_forbidden};
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
inline constexpr Refusal kQuotaReached{486, "Allocation Quota Reached",
                                       DropReason::allocation_quota};
inline constexpr Refusal kPortsExhausted{508, "Insufficient Capacity", DropReason::ports_exhausted};
inline constexpr Refusal kBadReservation{508, "Insufficient Capacity", DropReason::bad_reservation};
inline constexpr Refusal kTableFull{508, "Insufficient Capacity", DropReason::table_full};

}  // namespace avedge::turn
