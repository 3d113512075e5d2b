// Shares of an interface's ports: the least proven sources reach a limit first, and the ports
// beyond it are reserved for the others.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/anchor/settings.h"

namespace avedge::anchor {

enum class PortKind : std::uint8_t { udp, tcp };

/// The ports that one lease is taken from.
struct PoolName {
  std::string interface;
  AddressFamily family = AddressFamily::ipv4;
  PortKind kind = PortKind::udp;
  friend auto operator<=>(const PoolName&, const PoolName&) = default;
};

/// Of a pool with N ports, of which T are kept for TURN and H for next hops, R = N - T - H remain:
///
///   stranger                             at most R/3
///   stranger + connected                 at most 2R/3
///   stranger + connected + established   at most R
///   next_hop                             at most H
///   all of them and trusted              at most N - T
///
/// Signalling thread only.
class PortShares {
 public:
  explicit PortShares(const std::vector<PortBudget>& budgets);

  /// False: the remaining ports are reserved for others. Pools without a budget have no limit.
  [[nodiscard]] bool take(const PoolName& pool, Standing standing, std::size_t ports);
  void give_back(const PoolName& pool, Standing standing, std::size_t ports);
  /// Ports already held count as those of `to`, whatever its limit.
  void move(const PoolName& pool, Standing from, Standing to, std::size_t ports);

  [[nodiscard]] std::size_t held(const PoolName& pool, Standing standing) const;

 private:
  struct Pool {
    PortBudget budget;
    std::array<std::size_t, kStandingLabels.size()> held{};

    [[nodiscard]] std::size_t held_from_to(Standing first, Standing last) const;
    [[nodiscard]] bool has_room(Standing standing, std::size_t ports) const;
  };
  [[nodiscard]] Pool* find(const PoolName& pool);

  std::map<PoolName, Pool> pools_;
};

}  // namespace avedge::anchor
