#include "signaling-shim/anchor/media_targets.h"

#include <algorithm>

#include "relay/core/address_ranges.h"
#include "relay/core/embedded_ipv4.h"

namespace avedge::anchor {
namespace {

bool has_address(const MediaInterface& interface, const IpAddress& address) {
  return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                     [&](const MediaInterface::Address& own) {
                       return own.local == address || own.advertised == address;
                     });
}

/// The written form and the embedded IPv4 address.
template <class Predicate>
bool either_form(const IpAddress& address, Predicate predicate) {
  return predicate(address) || predicate(unwrap_embedded_ipv4(address));
}

std::string_view reason_of(TargetVerdict verdict) {
  switch (verdict) {
    case TargetVerdict::admitted: return "it is admitted";
    case TargetVerdict::denied_by_rule: return "a rule denies it";
    case TargetVerdict::own_address: return "it is an address of this host";
    case TargetVerdict::own_listener: return "the edge itself listens there";
    case TargetVerdict::not_routed: return "it is not the unicast address of a host";
    case TargetVerdict::other_interface: return "its route leaves by another interface";
    case TargetVerdict::private_address: break;
  }
  return "it is a private address, and the signalling comes from another network";
}

}  // namespace

MediaTargets::MediaTargets(TargetSettings settings, const SessionControl& control,
                           RouteLookup* routes)
    : control_{control},
      routes_{routes},
      own_addresses_{std::move(settings.own_addresses)},
      own_listeners_{std::move(settings.own_listeners)} {
  for (MediaInterface& interface : settings.interfaces) {
    for (const MediaInterface::Address& address : interface.addresses) {
      own_addresses_.push_back(address.local);
      own_addresses_.push_back(address.advertised);
    }
    legs_.push_back({std::move(interface), {}, AddressRules{}});
  }
  sort_rules(settings.rules);
  learn_devices();
}

TargetVerdict MediaTargets::judge(const Endpoint& target, const TargetParty& party) const {
  const bool is_here = is_of_this_host(target.address);
  const auto ruled = rules_of(leg_of(party.facing)).ask(target, {.is_of_this_host = is_here});
  if (ruled == AddressRule::Action::deny) return TargetVerdict::denied_by_rule;
  if (control_.is_leased(target, party.transport)) return TargetVerdict::admitted;
  if (is_here && is_own_listener(target)) return TargetVerdict::own_listener;
  if (ruled) return TargetVerdict::admitted;
  if (is_here) return TargetVerdict::own_address;
  if (either_form(target.address, is_not_routed)) return TargetVerdict::not_routed;
  if (leaves_elsewhere(target, party)) return TargetVerdict::other_interface;
  if (either_form(target.address, is_private) && !is_in_private(party)) {
    return TargetVerdict::private_address;
  }
  return TargetVerdict::admitted;
}

std::string MediaTargets::advice(const Endpoint& target, const TargetParty& party,
                                 TargetVerdict verdict) const {
  std::string text{"no media is sent to " + target.to_string() + ": "};
  text += reason_of(verdict);
  if (verdict == TargetVerdict::own_listener) return text;
  text += verdict == TargetVerdict::denied_by_rule ? "; before it, this would admit it: "
                                                   : "; this would admit it: ";
  const auto bits = static_cast<unsigned>(8 * target.address.bytes().size());
  text += "[[media.peer_rule]] ";
  if (const Leg* leg = leg_of(party.facing))
    text += "interface = \"" + leg->interface.name + "\", ";
  text +=
      "action = \"allow\", prefix = \"" + Prefix::covering(target.address, bits).to_string() + "\"";
  if (!is_of_this_host(target.address)) return text;
  const std::string port = std::to_string(target.port.number());
  return text + ", ports = \"" + port + "-" + port + "\"";
}

const IpAddress* MediaTargets::address_of(std::string_view interface, AddressFamily family) const {
  for (const Leg& leg : legs_) {
    if (leg.interface.name != interface) continue;
    for (const MediaInterface::Address& address : leg.interface.addresses) {
      if (address.local.family() == family) return &address.local;
    }
  }
  return nullptr;
}

bool MediaTargets::is_interface_address(const IpAddress& address) const {
  return std::any_of(legs_.begin(), legs_.end(),
                     [&](const Leg& leg) { return has_address(leg.interface, address); });
}

void MediaTargets::use(SharedLocalAddresses addresses) {
  local_addresses_ = std::move(addresses);
  learn_devices();
}

void MediaTargets::use(std::vector<TargetRule> rules) {
  sort_rules(rules);
}

const MediaTargets::Leg* MediaTargets::leg_of(const IpAddress& facing) const {
  const auto found = std::find_if(legs_.begin(), legs_.end(), [&](const Leg& leg) {
    return has_address(leg.interface, facing);
  });
  return found == legs_.end() ? nullptr : &*found;
}

bool MediaTargets::is_of_this_host(const IpAddress& address) const {
  return local_addresses_->contain(address) || either_form(address, [&](const IpAddress& form) {
           return form.is_loopback() || std::find(own_addresses_.begin(), own_addresses_.end(),
                                                  form) != own_addresses_.end();
         });
}

bool MediaTargets::is_own_listener(const Endpoint& target) const {
  return either_form(target.address, [&](const IpAddress& form) {
    return std::any_of(own_listeners_.begin(), own_listeners_.end(), [&](const Endpoint& own) {
      return own.port == target.port && (own.address == form || own.address.is_unspecified());
    });
  });
}

/// Devices of other interfaces lead to networks that the party must not reach. Any other device, a
/// VPN's or a bridge to containers, may be a route to the party's own network.
bool MediaTargets::leaves_elsewhere(const Endpoint& target, const TargetParty& party) const {
  const Leg* leg = leg_of(party.facing);
  if (routes_ == nullptr || leg == nullptr) return false;
  const bool is_bound = !leg->interface.device.empty() && !leg->devices.empty();
  const int out =
      routes_->device_towards(party.facing, target.address, is_bound ? leg->devices.front() : 0);
  if (out == 0 || leg->has_device(out)) return false;
  return std::any_of(legs_.begin(), legs_.end(),
                     [out](const Leg& other) { return other.has_device(out); });
}

/// If a party's source is unknown, the edge's name in its network decides.
bool MediaTargets::is_in_private(const TargetParty& party) const {
  if (!party.source.is_unspecified()) return either_form(party.source, is_private);
  const Leg* leg = leg_of(party.facing);
  return leg != nullptr &&
         std::all_of(leg->interface.addresses.begin(), leg->interface.addresses.end(),
                     [&](const MediaInterface::Address& address) {
                       return address.local != party.facing || is_private(address.advertised);
                     });
}

const AddressRules& MediaTargets::rules_of(const Leg* leg) const {
  return leg == nullptr ? rules_of_any_ : leg->rules;
}

void MediaTargets::learn_devices() {
  for (Leg& leg : legs_) {
    leg.devices.clear();
    if (!leg.interface.device.empty()) {
      if (routes_ != nullptr) leg.devices = {routes_->device_named(leg.interface.device)};
      continue;
    }
    for (const MediaInterface::Address& address : leg.interface.addresses) {
      leg.devices.push_back(local_addresses_->device_of(address.local));
    }
  }
}

bool MediaTargets::Leg::has_device(int device) const {
  return std::find(devices.begin(), devices.end(), device) != devices.end();
}

void MediaTargets::sort_rules(const std::vector<TargetRule>& rules) {
  const auto rules_for = [&](std::string_view interface) {
    std::vector<AddressRule> chosen;
    for (const TargetRule& rule : rules) {
      if (rule.interface.empty() || rule.interface == interface) chosen.push_back(rule.rule);
    }
    return AddressRules{std::move(chosen)};
  };
  rules_of_any_ = rules_for("");
  for (Leg& leg : legs_) leg.rules = rules_for(leg.interface.name);
}

}  // namespace avedge::anchor
