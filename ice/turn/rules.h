// The operator's rules, in the form that servers use.
#pragma once

#include <memory>

#include "ice/auth/credential_verifier.h"
#include "ice/turn/peer_policy.h"
#include "ice/turn/settings.h"

namespace avedge::turn {

/// Immutable, shared by all workers and replaced as a whole: the creator did the slow work (a hash
/// for every user), not on a worker's thread.
struct Rules {
  Rules(const Settings& given, WallClock wall_clock)
      : settings{given}, verifier{given.credentials, std::move(wall_clock)}, peers{given.peers} {}

  Settings settings;
  CredentialVerifier verifier;
  PeerPolicy peers;
};

using SharedRules = std::shared_ptr<const Rules>;

}  // namespace avedge::turn
