#include "signaling-shim/anchor/caller_quotas.h"

#include <utility>

namespace avedge::anchor {
namespace {

using Scope = UnansweredGroup::Scope;

IpAddress prefix_of(const IpAddress& address, unsigned v4_length, unsigned v6_length) {
  return Prefix::covering(address, address.is_v4() ? v4_length : v6_length).address();
}

/// An attacker may forge a known next-hop address, so all next hops over UDP count together.
std::vector<UnansweredGroup> groups_of(const CallSource& source, std::string_view interface) {
  const Standing standing = source.standing;
  const UnansweredGroup own{Scope::source, standing, source.endpoint, {}};
  switch (standing) {
    case Standing::stranger:
    case Standing::connected: {
      const Endpoint network{prefix_of(source.endpoint.address, 24, 64), Port{}};
      return {own,
              {Scope::network, standing, network, {}},
              {Scope::interface, standing, {}, std::string{interface}}};
    }
    case Standing::established: return {own};
    case Standing::next_hop: return {{Scope::all, standing, {}, {}}};
    case Standing::trusted: break;
  }
  return {};
}

/// Next hops and proxies carry many callers.
std::optional<CallerNetwork> network_of(const CallSource& source) {
  if (source.standing >= Standing::next_hop) return std::nullopt;
  return CallerNetwork{source.standing != Standing::stranger,
                       prefix_of(source.endpoint.address, 32, 64)};
}

constexpr std::string_view key_of(Scope scope) {
  switch (scope) {
    case Scope::source: return "unanswered_per_source";
    case Scope::network: return "unanswered_per_network";
    case Scope::interface: return "unanswered_per_interface";
    case Scope::all: break;
  }
  return {};
}

/// The last quarter of a shared limit is reserved for sources without an unanswered call: a few
/// busy ones do not block the others of their network.
constexpr std::size_t open_to(bool is_first, Scope scope, std::size_t most) {
  const bool is_shared = scope == Scope::network || scope == Scope::interface;
  return is_shared && !is_first ? most - most / 4 : most;
}

}  // namespace

CallAccount::CallAccount(CallerUses& uses, const CallSource& source,
                         std::vector<UnansweredGroup> groups)
    : uses_{uses}, source_{source}, unanswered_{std::move(groups)} {
  enter();
  for (const UnansweredGroup& group : unanswered_) ++uses_.unanswered[group];
  if (!unanswered_.empty()) show_unanswered(1);
}

CallAccount::~CallAccount() {
  forget_unanswered();
  leave();
}

/// With all its ports.
void CallAccount::enter() {
  const auto network = network_of(source_);
  if (!network) return;
  CallerUses::Use& use = uses_.networks[*network];
  ++use.calls;
  for (const auto& [pool, ports] : ports_) use.ports += ports;
}

void CallAccount::leave() {
  const auto network = network_of(source_);
  if (!network) return;
  const auto use = uses_.networks.find(*network);
  for (const auto& [pool, ports] : ports_) use->second.ports -= ports;
  if (--use->second.calls == 0) uses_.networks.erase(use);
}

void CallAccount::forget_unanswered() {
  if (unanswered_.empty()) return;
  for (const UnansweredGroup& group : std::exchange(unanswered_, {})) {
    const auto count = uses_.unanswered.find(group);
    if (--count->second == 0) uses_.unanswered.erase(count);
  }
  show_unanswered(-1);
}

void CallAccount::confirm() {
  forget_unanswered();
  if (standing() >= Standing::established) return;
  leave();
  for (const auto& [pool, ports] : ports_) {
    uses_.shares.move(pool, standing(), Standing::established, ports);
  }
  source_.standing = Standing::established;
  enter();
}

Verdict<void> CallAccount::take_ports(const PoolName& pool, std::size_t ports) {
  CallerUses::Use* use = network_use();
  if (use != nullptr && use->ports + ports > uses_.settings.max_ports_per_source) {
    return DropReason::source_limit;
  }
  if (!uses_.shares.take(pool, standing(), ports)) return DropReason::port_share;
  if (use != nullptr) use->ports += ports;
  ports_[pool] += ports;
  return {};
}

void CallAccount::give_back_ports(const PoolName& pool, std::size_t ports) {
  if (CallerUses::Use* use = network_use()) use->ports -= ports;
  ports_.at(pool) -= ports;
  uses_.shares.give_back(pool, standing(), ports);
}

/// Null for callers that do not count as one.
CallerUses::Use* CallAccount::network_use() {
  const auto network = network_of(source_);
  return network ? &uses_.networks.at(*network) : nullptr;
}

void CallAccount::show_unanswered(std::int64_t more) {
  uses_.counters.unanswered[static_cast<std::size_t>(standing())].add(more);
}

Verdict<HeldPorts> HeldPorts::take(const std::shared_ptr<CallAccount>& account, PoolName pool,
                                   std::size_t ports) {
  if (const auto taken = account->take_ports(pool, ports); !taken) return taken.reason();
  HeldPorts held;
  held.account_ = account;
  held.pool_ = std::move(pool);
  held.ports_ = ports;
  return held;
}

HeldPorts::~HeldPorts() {
  if (account_ != nullptr) account_->give_back_ports(pool_, ports_);
}

Expected<std::shared_ptr<CallAccount>, CallRefusal> CallerQuotas::admit(
    const CallSource& source, std::string_view interface) {
  const auto network = network_of(source);
  if (network && calls_of(*network) >= uses_.settings.max_sessions_per_source) {
    return CallRefusal{DropReason::source_limit, "calls_per_source"};
  }
  auto groups = groups_of(source, interface);
  const bool is_first = groups.empty() || !uses_.unanswered.contains(groups.front());
  for (const UnansweredGroup& group : groups) {
    const auto count = uses_.unanswered.find(group);
    const std::size_t most = open_to(is_first, group.scope, most_of(group.scope));
    if (count != uses_.unanswered.end() && count->second >= most) {
      return CallRefusal{DropReason::unanswered_limit, key_of(group.scope)};
    }
  }
  return std::make_shared<CallAccount>(uses_, source, std::move(groups));
}

std::size_t CallerQuotas::calls_of(const CallerNetwork& network) const {
  const auto use = uses_.networks.find(network);
  return use == uses_.networks.end() ? 0 : use->second.calls;
}

std::size_t CallerQuotas::most_of(Scope scope) const {
  switch (scope) {
    case Scope::source: return uses_.settings.unanswered.per_source;
    case Scope::network: return uses_.settings.unanswered.per_network;
    case Scope::interface: return uses_.settings.unanswered.per_interface;
    case Scope::all: break;
  }
  // Calls without media hold no ports, but count as calls.
  return uses_.settings.max_sessions / 2;
}

}  // namespace avedge::anchor
