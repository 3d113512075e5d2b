#include "relay/core/address_rules.h"

#include "relay/core/embedded_ipv4.h"

namespace avedge {
namespace {

using Action = AddressRule::Action;

bool matches_address(const AddressRule& rule, const IpAddress& written, const IpAddress& canonical,
                     const AddressRules::Scope& scope) {
  if (rule.action == Action::deny) {
    return rule.prefix.contains(canonical) || rule.prefix.contains(written);
  }
  const bool counts = rule.ports ? scope.counts_allowed_ports : !scope.is_of_this_host;
  return counts && rule.prefix.contains(canonical);
}

}  // namespace

std::optional<Action> AddressRules::ask(const Endpoint& target, const Scope& scope) const {
  const IpAddress canonical = unwrap_embedded_ipv4(target.address);
  for (const AddressRule& rule : rules_) {
    if (!matches_address(rule, target.address, canonical, scope)) continue;
    if (!rule.ports || rule.ports->contains(target.port)) return rule.action;
  }
  return std::nullopt;
}

AddressRules::Answer AddressRules::ask_about(const IpAddress& address, const Scope& scope) const {
  const IpAddress canonical = unwrap_embedded_ipv4(address);
  Answer answer;
  for (const AddressRule& rule : rules_) {
    if (!matches_address(rule, address, canonical, scope)) continue;
    if (!rule.ports) {
      answer.rest = rule.action;
      break;
    }
    (rule.action == Action::allow ? answer.allows_some : answer.denies_some) = true;
  }
  return answer;
}

}  // namespace avedge
