// Reading ICE connectivity checks that pass through an anchor, to learn where a party really is.
#pragma once

#include <optional>
#include <string_view>

#include "ice/latching/legacy_check.h"
#include "ice/stun/stun_view.h"
#include "relay/core/media_path.h"

namespace avedge::latching {

/// A Binding request with a USERNAME (RFC 8445 §7.2.2), not yet verified; views into the datagram.
struct IceCheck {
  std::string_view username;
  bool nominates = false;                 // USE-CANDIDATE
  std::optional<stun::StunView> message;  // if RFC 8489's grammar reads it
  std::optional<LegacyCheck> legacy;      // if the older one does
};

/// Nothing if the datagram is not a well-formed check; it is then an ordinary packet.
[[nodiscard]] std::optional<IceCheck> read_ice_check(ConstBytes datagram);

/// Whether one of `keys` matches the check: its USERNAME names both ufrags, and its
/// MESSAGE-INTEGRITY was made with the receiver's password, in either grammar.
[[nodiscard]] bool verifies(const IceCheck& check, const std::vector<IceCheckKeys>& keys);

/// Whether the datagram is a successful response to a check that one of `keys` explains: it is made
/// with the same password, that of the agent which received the check (RFC 8445 §7.2.2). An agent
/// of ICE-lite shows itself by nothing else.
[[nodiscard]] bool verifies_response(ConstBytes datagram, const std::vector<IceCheckKeys>& keys);

}  // namespace avedge::latching
