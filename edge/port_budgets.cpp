#include "edge/port_budgets.h"

#include <algorithm>

namespace avedge::edge {
namespace {

/// Shares of fewer ports than this would be too small for a call; only explicit ones are kept.
constexpr std::size_t kFewestDivided = 64;

std::size_t ports_of(const RelayRange& relay) {
  return static_cast<std::size_t>(relay.ports.last.number() - relay.ports.first.number()) + 1;
}

/// Next hops are reached by `to`. They call by the routes that begin there, and, where clients
/// register with them through the edge, by the Path of those.
bool calls_of_next_hops_pass(const Config& config, std::string_view interface) {
  const auto& routes = config.sip.routes;
  return std::any_of(routes.begin(), routes.end(), [&](const SipRoute& inward) {
    const auto is_way_of_theirs = [&](const SipRoute& way) {
      return way.from == inward.to && (interface == way.from || interface == way.to);
    };
    const bool by_path = inward.path && (interface == inward.from || interface == inward.to);
    return by_path || std::any_of(routes.begin(), routes.end(), is_way_of_theirs);
  });
}

anchor::PortBudget& budget_of(std::vector<anchor::PortBudget>& budgets,
                              const std::string& interface, AddressFamily family) {
  for (anchor::PortBudget& budget : budgets) {
    if (budget.interface == interface && budget.family == family) return budget;
  }
  return budgets.emplace_back(anchor::PortBudget{interface, family});
}

void keep_shares(const Config& config, anchor::PortBudget& budget) {
  const SipLimits& limits = config.sip.limits;
  const std::size_t divided = budget.ports < kFewestDivided ? 0 : budget.ports;
  const bool relays =
      !config.turn.listeners.empty() && config.turn.relay_interface == budget.interface;
  if (relays) budget.for_turn = limits.turn_ports.value_or(divided / 4);
  if (calls_of_next_hops_pass(config, budget.interface)) {
    budget.for_next_hops = limits.next_hop_ports.value_or(divided / 2);
  }
}

}  // namespace

std::vector<anchor::PortBudget> port_budgets(const Config& config) {
  std::vector<anchor::PortBudget> budgets;
  for (const RelayRange& relay : config.relays) {
    const Interface* interface = config.find_interface(relay.interface);
    if (interface == nullptr) continue;
    for (const InterfaceAddress& address : interface->addresses) {
      budget_of(budgets, relay.interface, address.local.family()).ports += ports_of(relay);
    }
  }
  for (anchor::PortBudget& budget : budgets) keep_shares(config, budget);
  const auto is_small = [](const anchor::PortBudget& budget) {
    return budget.ports < kFewestDivided && budget.for_turn + budget.for_next_hops == 0;
  };
  budgets.erase(std::remove_if(budgets.begin(), budgets.end(), is_small), budgets.end());
  return budgets;
}

}  // namespace avedge::edge
