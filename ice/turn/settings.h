// What the operator decides about TURN. Plain values; one set serves every worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ice/turn/nonce.h"
#include "relay/core/prefix.h"
#include "relay/core/turn_framing.h"

namespace avedge::turn {

/// Who may use the relay (RFC 8489 §9.2). Texts are UTF-8 in the form of OpaqueString (RFC 8265).
struct Credentials {
  std::string realm;
  std::map<std::string, std::string> users;  // name → password
  /// Time-limited credentials: USERNAME is "expiry:name", expiry in Unix seconds, and the password
  /// is base64(HMAC-SHA1(secret, USERNAME)). Any of the secrets is good, for rotation.
  std::vector<std::string> shared_secrets;
};

struct PeerRule {
  enum class Action : std::uint8_t { allow, deny };
  Action action = Action::deny;
  Prefix prefix;
};

struct PeerSettings {
  /// Asked in order before the built-in deny list; the first match wins.
  std::vector<PeerRule> rules;
  /// Every address the edge itself listens on, local and advertised. No peer may have one, except
  /// as a relayed address of this edge.
  std::vector<IpAddress> own_addresses;
};

/// Caps of one worker.
struct Limits {
  std::size_t allocations = 10'000;
  std::size_t permissions_per_allocation = 64;
  std::size_t channels_per_allocation = 64;
  /// Answers to requests without credentials, for each source prefix (/24 or /48).
  std::uint32_t answers_per_second = 1000;
  std::uint32_t answer_burst = 2000;
};

struct Settings {
  Credentials credentials;
  PeerSettings peers;
  Limits limits;
  /// The highest channel number that may be bound: RFC 8656's, or kLastChannelRfc5766 for clients
  /// that are older than it.
  ChannelField last_channel = kLastChannel;
  /// RFC 8656 §3.2: what an allocation lives unless the client asks for more.
  std::chrono::seconds default_lifetime{600};
  /// RFC 8656 §7.2 recommends at most one hour.
  std::chrono::seconds max_lifetime{3600};
  /// RFC 8656 §5: nonces expire at least once every hour.
  std::chrono::seconds nonce_lifetime{3600};
  /// Shared by the workers, so that a client that comes back on another one keeps its nonce.
  NonceKey nonce_key = random_nonce_key();
};

}  // namespace avedge::turn
