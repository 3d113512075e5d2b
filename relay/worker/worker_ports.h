// A worker's answer to "which relayed address can this client have?": leases a port, binds it and
// puts the socket under the worker's care.
#pragma once

#include <string>

#include "relay/core/relay_ports.h"
#include "relay/ports/relay_addresses.h"
#include "relay/ports/reservations.h"
#include "relay/worker/worker_sockets.h"

namespace avedge::relay {

/// The worker's thread only, except is_leased().
class WorkerPorts final : public RelayPorts {
 public:
  /// All outlive this. `interface`: where relayed addresses are leased.
  WorkerPorts(WorkerSockets& sockets, RelayAddresses& addresses, Reservations& reservations,
              std::string_view interface)
      : sockets_{sockets},
        addresses_{addresses},
        reservations_{reservations},
        interface_{interface} {}

  [[nodiscard]] Verdict<RelayPort> lease(AddressFamily family, Parity parity) override;
  [[nodiscard]] Verdict<Reserving> lease_reserving_next(Time now, AddressFamily family) override;
  [[nodiscard]] Verdict<RelayPort> claim(Time now, const ReservationToken& token) override;
  [[nodiscard]] std::optional<IpAddress> own_relay_address(const IpAddress& peer) const override;
  [[nodiscard]] IpAddress advertised_address(const IpAddress& local) const override;
  [[nodiscard]] bool is_leased(const Endpoint& local) const override;
  [[nodiscard]] std::optional<SocketId> udp_listener(const Endpoint& local) const override;
  [[nodiscard]] std::unique_ptr<DetachedPort> detach(SocketId socket) override;
  [[nodiscard]] Verdict<RelayPort> attach(std::unique_ptr<DetachedPort> port) override;

 private:
  Verdict<RelayPort> adopt(LeasedSocket leased);

  WorkerSockets& sockets_;
  RelayAddresses& addresses_;
  Reservations& reservations_;
  std::string interface_;
};

}  // namespace avedge::relay
