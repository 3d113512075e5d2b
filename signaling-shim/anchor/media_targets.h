// Where media may be sent before its party has latched, and where the edge may connect for it. An
// SDP may contain any address; without these rules its author could make the edge send a call's
// media to any address its host can reach.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/address_rules.h"
#include "relay/core/local_addresses.h"
#include "relay/core/route_lookup.h"
#include "relay/session_control.h"

namespace avedge::anchor {

/// [[media.peer_rule]]
struct TargetRule {
  std::string interface;  // that faces the party; empty: any
  AddressRule rule;
};

/// [[interface]], as far as routes are concerned.
struct MediaInterface {
  struct Address {
    IpAddress local;
    IpAddress advertised;
  };
  std::string name;
  std::string device;  // that its sockets are bound to; empty: to none
  std::vector<Address> addresses;
};

struct TargetSettings {
  /// Evaluated first, in order; the first match wins.
  std::vector<TargetRule> rules;
  std::vector<MediaInterface> interfaces;
  /// The edge's configured addresses, besides those that the kernel knows.
  std::vector<IpAddress> own_addresses;
  /// Everything the edge has bound, for any protocol, under all names; an unspecified address
  /// stands for all. No rule permits it.
  std::vector<Endpoint> own_listeners;
};

/// The party that owns the target.
struct TargetParty {
  IpAddress facing;  // the edge's address, on the interface that faces the party
  /// The source of its SIP, or ng's received-from; unspecified: unknown.
  IpAddress source;
  Transport transport = Transport::udp;
};

enum class TargetVerdict : std::uint8_t {
  admitted,
  denied_by_rule,
  own_address,      // of this host, and no port that is leased to a call or an allocation
  own_listener,     // of the edge itself: no rule permits it
  not_routed,       // link-local, multicast, …
  other_interface,  // the route leaves by another [[interface]]
  private_address   // while the party's signalling comes from a public one
};
/// Values of the metric label `reason`.
inline constexpr std::array<std::string_view, 7> kTargetVerdictLabels{
    "admitted",   "denied_by_rule",  "own_address",    "own_listener",
    "not_routed", "other_interface", "private_address"};
constexpr std::string_view label(TargetVerdict verdict) {
  return kTargetVerdictLabels[static_cast<std::size_t>(verdict)];
}

/// Signalling thread only.
class MediaTargets {
 public:
  /// Both outlive it. Without `routes` no route is queried.
  MediaTargets(TargetSettings settings, const SessionControl& control, RouteLookup* routes);

  [[nodiscard]] TargetVerdict judge(const Endpoint& target, const TargetParty& party) const;
  /// The reason, and the rule that would admit it, for the operator.
  [[nodiscard]] std::string advice(const Endpoint& target, const TargetParty& party,
                                   TargetVerdict verdict) const;

  /// The address of that interface and family that stands for all of them; null if it has none.
  [[nodiscard]] const IpAddress* address_of(std::string_view interface, AddressFamily family) const;
  /// Whether an [[interface]] has it, under either name: a party is never latched there.
  [[nodiscard]] bool is_interface_address(const IpAddress& address) const;

  void use(SharedLocalAddresses addresses);
  void use(std::vector<TargetRule> rules);

 private:
  struct Leg {
    MediaInterface interface;
    std::vector<int> devices;  // that have its addresses, or that it is bound to
    AddressRules rules;
    [[nodiscard]] bool has_device(int device) const;
  };

  [[nodiscard]] const Leg* leg_of(const IpAddress& facing) const;
  [[nodiscard]] bool is_of_this_host(const IpAddress& address) const;
  [[nodiscard]] bool is_own_listener(const Endpoint& target) const;
  [[nodiscard]] bool leaves_elsewhere(const Endpoint& target, const TargetParty& party) const;
  [[nodiscard]] bool is_in_private(const TargetParty& party) const;
  [[nodiscard]] const AddressRules& rules_of(const Leg* leg) const;
  void learn_devices();
  void sort_rules(const std::vector<TargetRule>& rules);

  const SessionControl& control_;
  RouteLookup* routes_;
  std::vector<Leg> legs_;
  AddressRules rules_of_any_;  // for an address that no interface has
  std::vector<IpAddress> own_addresses_;
  std::vector<Endpoint> own_listeners_;
  SharedLocalAddresses local_addresses_ = std::make_shared<const LocalAddresses>();
};

}  // namespace avedge::anchor
