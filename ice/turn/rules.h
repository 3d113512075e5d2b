// What the operator decided, in the form in which servers use it.
#pragma once

#include <memory>

#include "ice/turn/credential_verifier.h"
#include "ice/turn/peer_policy.h"
#include "ice/turn/settings.h"

namespace avedge::turn {

/// Immutable, shared by all workers and replaced as a whole: whatever takes time (a hash for every
/// user) was done by whoever made it, on no worker's thread.
struct Rules {
  Rules(const Settings& given, WallClock wall_clock)
      : settings{given}, verifier{given.credentials, std::move(wall_clock)}, peers{given.peers} {}

  Settings settings;
  CredentialVerifier verifier;
  PeerPolicy peers;
};

using SharedRules = std::shared_ptr<const Rules>;

}  // namespace avedge::turn
