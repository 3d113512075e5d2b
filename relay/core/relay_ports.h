// What TURN must know before it can answer an Allocate: a relayed transport address that is
// already bound. Synchronous and called on the worker's own thread.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"

namespace avedge {

/// A bound UDP socket of this worker, on a port leased from the relay range.
struct RelayPort {
  SocketId socket = kNoSocket;
  Endpoint local;       // what it is bound to
  Endpoint advertised;  // what the world calls it (differs behind 1:1 NAT)
};

/// RFC 8656 §7.2: 8 bytes, unpredictable (from the CSPRNG).
using ReservationToken = std::array<std::byte, 8>;

enum class Parity : std::uint8_t { any, even };

/// RFC 8656 §7.2: a reserved port is held at least 30 seconds.
inline constexpr std::chrono::seconds kReservationLifetime{30};

/// A leased, bound socket in transit between workers. Releases the port if it is dropped.
class DetachedPort {
 public:
  virtual ~DetachedPort() = default;
};

class RelayPorts {
 public:
  struct Reserving {
    RelayPort port;          // the even one, leased
    ReservationToken token;  // names the one above it, held for kReservationLifetime
  };

  virtual ~RelayPorts() = default;

  /// Fails with ports_exhausted, or family_unsupported if the relay interface has no such address.
  [[nodiscard]] virtual Verdict<RelayPort> lease(AddressFamily family, Parity parity) = 0;
  /// EVEN-PORT with the R bit: an even port, and the next higher one reserved. IPv4 by RFC 8656
  /// §7.2.
  [[nodiscard]] virtual Verdict<Reserving> lease_reserving_next(Time now, AddressFamily family) = 0;
  /// Claims a reserved port; the token works once, on any worker. Fails with bad_reservation.
  [[nodiscard]] virtual Verdict<RelayPort> claim(Time now, const ReservationToken& token) = 0;
  /// The local form of one of our own relayed addresses (which the world calls by its advertised
  /// form), whatever its port; nothing if `peer` is not an address of the relay interface.
  [[nodiscard]] virtual std::optional<IpAddress> own_relay_address(const IpAddress& peer) const = 0;
  /// What the world calls `local` if that is one of our relayed addresses; `local` otherwise.
  [[nodiscard]] virtual IpAddress advertised_address(const IpAddress& local) const = 0;
  /// Whether `local` (own_relay_address() and a port) is leased at this moment. Any thread.
  [[nodiscard]] virtual bool is_leased(const Endpoint& local) const = 0;
  // A leased port is given back by Outcome::close(port.socket).

  /// The UDP listener of this worker that is bound to exactly `local`, if there is one (RFC 5780
  /// answers from other addresses than the one that was asked).
  [[nodiscard]] virtual std::optional<SocketId> udp_listener(const Endpoint& local) const = 0;

  /// Takes a leased socket out of this worker, for another one; null if there is none. Its flows
  /// must have been erased. The id is free again.
  [[nodiscard]] virtual std::unique_ptr<DetachedPort> detach(SocketId socket) = 0;
  /// Takes in what another worker detached. Fails with ports_exhausted.
  [[nodiscard]] virtual Verdict<RelayPort> attach(std::unique_ptr<DetachedPort> port) = 0;
};

}  // namespace avedge
