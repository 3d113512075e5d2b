#include "signaling-shim/anchor/port_shares.h"

#include <cassert>

namespace avedge::anchor {
namespace {

constexpr std::size_t index_of(Standing standing) {
  return static_cast<std::size_t>(standing);
}

std::size_t less(std::size_t whole, std::size_t part) {
  return whole > part ? whole - part : 0;
}

}  // namespace

/// There are as many TCP ports as UDP ports: each relay range serves both.
PortShares::PortShares(const std::vector<PortBudget>& budgets) {
  for (const PortBudget& budget : budgets) {
    for (const PortKind kind : {PortKind::udp, PortKind::tcp}) {
      pools_.emplace(PoolName{budget.interface, budget.family, kind}, Pool{budget, {}});
    }
  }
}

PortShares::Pool* PortShares::find(const PoolName& pool) {
  const auto found = pools_.find(pool);
  return found == pools_.end() ? nullptr : &found->second;
}

bool PortShares::take(const PoolName& name, Standing standing, std::size_t ports) {
  Pool* pool = find(name);
  if (pool == nullptr) return true;
  if (!pool->has_room(standing, ports)) return false;
  pool->held[index_of(standing)] += ports;
  return true;
}

void PortShares::give_back(const PoolName& name, Standing standing, std::size_t ports) {
  Pool* pool = find(name);
  if (pool == nullptr) return;
  assert(pool->held[index_of(standing)] >= ports);
  pool->held[index_of(standing)] -= ports;
}

void PortShares::move(const PoolName& name, Standing from, Standing to, std::size_t ports) {
  give_back(name, from, ports);
  if (Pool* pool = find(name)) pool->held[index_of(to)] += ports;
}

std::size_t PortShares::held(const PoolName& pool, Standing standing) const {
  const auto found = pools_.find(pool);
  return found == pools_.end() ? 0 : found->second.held[index_of(standing)];
}

std::size_t PortShares::Pool::held_from_to(Standing first, Standing last) const {
  std::size_t sum = 0;
  for (std::size_t i = index_of(first); i <= index_of(last); ++i) sum += held[i];
  return sum;
}

bool PortShares::Pool::has_room(Standing standing, std::size_t ports) const {
  const std::size_t for_calls = less(budget.ports, budget.for_turn);
  if (held_from_to(Standing::stranger, Standing::trusted) + ports > for_calls) return false;
  const std::size_t rest = less(for_calls, budget.for_next_hops);
  switch (standing) {
    case Standing::stranger: return held[index_of(standing)] + ports <= rest / 3;
    case Standing::connected:
      return held_from_to(Standing::stranger, standing) + ports <= rest * 2 / 3;
    case Standing::established: return held_from_to(Standing::stranger, standing) + ports <= rest;
    case Standing::next_hop: return held[index_of(standing)] + ports <= budget.for_next_hops;
    case Standing::trusted: break;
  }
  return true;
}

}  // namespace avedge::anchor
