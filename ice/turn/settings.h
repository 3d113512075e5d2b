// The operator's TURN settings. Plain values; one set serves every worker.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ice/auth/credentials.h"
#include "ice/auth/nonce.h"
#include "relay/core/address_rules.h"
#include "relay/core/turn_framing.h"

namespace avedge::turn {

using PeerRule = AddressRule;

struct PeerSettings {
  /// Evaluated in order before the built-in deny list; the first match wins.
  std::vector<PeerRule> rules;
  /// All configured addresses of the edge, local and advertised, besides those that the kernel
  /// knows (LocalAddresses). No peer may have one, except as a relayed address of this edge, or at
  /// a port that a rule opens.
  std::vector<IpAddress> own_addresses;
  /// Everything the edge itself has bound, for any protocol, under all names; 0.0.0.0 and :: stand
  /// for every address. No rule permits it.
  std::vector<Endpoint> own_listeners;
};

/// Caps of one worker.
struct Limits {
  std::size_t allocations = 10'000;
  std::size_t permissions_per_allocation = 64;
  std::size_t channels_per_allocation = 64;
  /// Of TCP allocations (RFC 6062): to and from peers, whatever their state.
  std::size_t connections_per_allocation = 16;
  /// Answers to requests without credentials, for each source prefix (/24 or /48).
  std::uint32_t answers_per_second = 1000;
  std::uint32_t answer_burst = 2000;
};

/// RFC 5780 §3: two addresses with two ports each, all four of them UDP listeners.
struct NatDiscovery {
  struct AlternateAddress {
    Endpoint local;
    Endpoint advertised;
  };
  /// By address, then by port: the primary one and the alternate one of each.
  std::array<std::array<AlternateAddress, 2>, 2> addresses;
};

/// Redirect targets for clients (RFC 8489 §10).
struct Redirect {
  std::vector<Endpoint> servers;
  /// The name in the certificates of those servers, for TLS and DTLS clients; may be empty.
  std::string domain;
  /// Redirect new clients above this many allocations on the whole edge. Nothing: only in a drain.
  std::optional<std::size_t> above_allocations;
};

struct Settings {
  Credentials credentials;
  PeerSettings peers;
  Limits limits;
  /// The highest allowed channel number: RFC 8656's, or kLastChannelRfc5766 for older clients.
  ChannelField last_channel = kLastChannel;
  /// RFC 8656 §3.2: an allocation's lifetime unless the client requests more.
  std::chrono::seconds default_lifetime{600};
  /// RFC 8656 §7.2 recommends at most one hour.
  std::chrono::seconds max_lifetime{3600};
  /// RFC 8656 §5: nonces expire at least once every hour.
  std::chrono::seconds nonce_lifetime{3600};
  /// Shared by the workers, so that a client that returns on another one keeps its nonce.
  NonceKey nonce_key = random_nonce_key();
  std::optional<NatDiscovery> nat_discovery;
  Redirect redirect;
  bool tcp_relay = false;  // RFC 6062
  bool mobility = false;   // RFC 8016
};

}  // namespace avedge::turn
