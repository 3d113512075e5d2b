// What a client has been granted, as plain values.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ice/allocation/request_id.h"
#include "ice/auth/token_session.h"
#include "relay/core/flow.h"
#include "relay/core/relay_ports.h"

namespace avedge::turn {

/// RFC 8656 §9: a permission lasts 300 seconds.
inline constexpr std::chrono::seconds kPermissionLifetime{300};
/// RFC 8656 §12: a channel binding lasts 10 minutes.
inline constexpr std::chrono::seconds kChannelLifetime{600};

/// A peer as named in flows: relayed addresses of this edge have their local form, as their packets
/// do.
struct Peer {
  Endpoint endpoint;
  /// Only some ports of the address are open (FlowSpec::judges_port).
  bool judges_port = false;
};

/// Payload that went over an allocation.
struct Traffic {
  FlowUsage up;    // client to peers
  FlowUsage down;  // peers to client
};

/// The client's address, and the socket that reaches it.
struct ClientPath {
  FiveTuple five_tuple;
  SocketId socket = kNoSocket;
};

/// A relayed transport address. Each family has its own lifetime (RFC 8656 §8).
struct Relay {
  RelayPort port;
  Time expires{};
  [[nodiscard]] AddressFamily family() const { return port.local.address.family(); }
};

enum class AllocationKind : std::uint8_t { udp, tcp };

/// Of a dual allocation the unavailable family (RFC 8656 §7.2).
struct MissingFamily {
  AddressFamily family{};
  int code = 0;
};

struct Grant {
  AllocationKind kind = AllocationKind::udp;
  std::string user;
  /// Of the request that opened it, to detect its retransmissions.
  RequestId request;
  /// Issued with it, for the port above.
  std::optional<ReservationToken> reserved;
  std::optional<MissingFamily> missing;
  /// If an access token opened it.
  std::unique_ptr<TokenSession> token;
  Time opened{};
};

struct Permission {
  IpAddress peer;
  bool judges_port = false;
  Time expires{};
};
struct Channel {
  Peer peer;
  ChannelField number = kNoChannel;
  Time expires{};
};

/// The complete state of an allocation, as values, for transfer to another worker.
struct AllocationState {
  Grant grant;
  ClientPath client;
  std::array<std::optional<Relay>, 2> relays;  // by family
  std::vector<Permission> permissions;
  std::vector<Channel> channels;
  Traffic past;  // of erased flows

  /// Null if it has no relayed address of that family.
  [[nodiscard]] const Relay* relay(AddressFamily family) const {
    const auto& relay = relays[static_cast<std::size_t>(family)];
    return relay ? &*relay : nullptr;
  }
};

}  // namespace avedge::turn
