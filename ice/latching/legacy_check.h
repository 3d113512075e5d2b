// ICE checks in the STUN of before RFC 5389, as Microsoft's clients send them: [MS-ICE] has no
// magic cookie (RFC 3489 §11), and both [MS-ICE] and [MS-ICE2] pad what MESSAGE-INTEGRITY covers.
#pragma once

#include <optional>
#include <string_view>

#include "relay/core/bytes.h"

namespace avedge::latching {

/// A Binding request that is protected by MESSAGE-INTEGRITY; views into the datagram.
struct LegacyCheck {
  std::string_view username;  // as on the wire, with the NULs that fill its last word
  bool nominates = false;     // USE-CANDIDATE
  ConstBytes covered;         // up to MESSAGE-INTEGRITY
  ConstBytes code;
};

/// Reads the grammar with or without the cookie, and with a FINGERPRINT of any value: some of these
/// clients compute theirs by a table with a misprint. Nothing if the datagram is not such a check.
[[nodiscard]] std::optional<LegacyCheck> read_legacy_check(ConstBytes datagram);

/// HMAC-SHA1 over `covered` with its length field as it is on the wire, filled with zeros up to a
/// multiple of 64 bytes (RFC 3489 §11.2.8).
[[nodiscard]] bool verify_legacy(ConstBytes covered, ConstBytes code, ConstBytes key);

}  // namespace avedge::latching
