// What the operator allows and denies by address: [[turn.peer_rule]] and [[media.peer_rule]].
#pragma once

#include <optional>
#include <vector>

#include "relay/core/port_range.h"
#include "relay/core/prefix.h"

namespace avedge {

struct AddressRule {
  enum class Action : std::uint8_t { allow, deny };
  Action action = Action::deny;
  Prefix prefix;
  /// Nothing: every port.
  std::optional<PortRange> ports{};
};

/// Asked in order, the first rule that matches decides. Rules look at what an address carries
/// (unwrap_embedded_ipv4()); a deny rule also at the address as it is written, whereas allowing
/// 64:ff9b::/96 shall not open loopback. Immutable; any thread, and cheap enough for each packet.
class AddressRules {
 public:
  using Action = AddressRule::Action;

  /// What is asked about.
  struct Scope {
    /// An address of this host: a rule for the office network is not meant for our own listeners in
    /// it, so an allow rule counts only with ports.
    bool is_of_this_host = false;
    /// Allow rules with ports count: they are about datagrams.
    bool counts_allowed_ports = true;
  };
  /// What the rules say about an address, whatever the port.
  struct Answer {
    bool allows_some = false;    // rules with ports that come before `rest`
    bool denies_some = false;    // the same
    std::optional<Action> rest;  // about all other ports; nothing if no rule is
  };

  explicit AddressRules(std::vector<AddressRule> rules = {}) : rules_{std::move(rules)} {}

  [[nodiscard]] std::optional<Action> ask(const Endpoint& target, const Scope& scope) const;
  [[nodiscard]] Answer ask_about(const IpAddress& address, const Scope& scope) const;

 private:
  std::vector<AddressRule> rules_;
};

}  // namespace avedge
