#include "signaling-shim/sip/hop_table.h"

#include <algorithm>
#include <cassert>

#include "signaling-shim/sip/text.h"
#include "signaling-shim/sip/uri.h"

namespace avedge::sip {
namespace {

bool is_within(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() + 1 && host[host.size() - domain.size() - 1] == '.' &&
         equals_ignoring_case(host.substr(host.size() - domain.size()), domain);
}

}  // namespace

HopTable::HopTable(const Settings& settings, Counters& counters)
    : settings_{settings}, counters_{counters} {
  for (const Route& route : settings.routes) {
    const auto interface = settings.outbound_interface(route);
    for (const NextHop& hop : route.next_hops) {
      if (interface) add(*interface, hop);
    }
  }
}

void HopTable::add(const std::string& interface, const NextHop& hop) {
  const bool known = std::any_of(hops_.begin(), hops_.end(), [&](const Hop& other) {
    return other.interface == interface && other.config.is_same_place(hop);
  });
  if (known) return;
  Counters::NextHopState& state = counters_.next_hops.emplace_back();
  state.interface = interface;
  state.uri = hop.to_string();
  hops_.push_back({hop, interface, {}, &state.up});
  if (const auto address = IpAddress::parse(hop.host)) {
    const Transport transport = hop.transport.value_or(settings_.transports_of(interface).front());
    const Port standard = transport == Transport::tls ? kSipsPort : kSipPort;
    set_targets(hops_.size() - 1,
                {{transport, {*address, hop.port.value_or(standard)}, 0, 0, hop.host}});
  }
}

std::size_t HopTable::index_of(std::string_view interface, const NextHop& hop) const {
  const auto found = std::find_if(hops_.begin(), hops_.end(), [&](const Hop& other) {
    return other.interface == interface && other.config.is_same_place(hop);
  });
  assert(found != hops_.end());
  return static_cast<std::size_t>(found - hops_.begin());
}

void HopTable::set_targets(std::size_t hop, std::vector<Target> targets) {
  if (targets.empty()) return;
  hops_[hop].targets = std::move(targets);
  forget_strangers();
  show(hops_[hop]);
}

std::optional<SipFlow> HopTable::flow_to(const Hop& hop, const Target& target) const {
  const auto listener =
      settings_.listener_for(hop.interface, target.transport, target.remote.address.family());
  if (!listener) return std::nullopt;
  return SipFlow{*listener, target.transport, ConnectionId::none, target.remote};
}

void HopTable::penalise(Time now, const SipFlow& flow) {
  if (!is_known(way_of(flow))) return;
  states_[way_of(flow)].penalised_until = now + settings_.limits.hop_penalty;
}

bool HopTable::is_penalised(Time now, const SipFlow& flow) const {
  const auto found = states_.find(way_of(flow));
  return found != states_.end() && found->second.penalised_until > now;
}

void HopTable::set_down(const SipFlow& flow, bool down) {
  const Way way = way_of(flow);
  if (!is_known(way)) return;
  State& state = states_[way];
  state.down = down;
  if (!down) state.penalised_until = {};
  for (const Hop& hop : hops_) show(hop);
}

bool HopTable::is_down(const SipFlow& flow) const {
  const auto found = states_.find(way_of(flow));
  return found != states_.end() && found->second.down;
}

std::vector<IpAddress> HopTable::addresses_of(std::string_view interface,
                                              std::string_view host) const {
  std::vector<IpAddress> addresses;
  for (const Hop& hop : hops_) {
    if (hop.interface != interface) continue;
    for (const Target& target : hop.targets) {
      const IpAddress& address = target.remote.address;
      const bool known = std::find(addresses.begin(), addresses.end(), address) != addresses.end();
      const bool is_named =
          equals_ignoring_case(hop.config.host, host) || equals_ignoring_case(target.name, host);
      if (is_named && !known) addresses.push_back(address);
    }
  }
  return addresses;
}

bool HopTable::has(std::string_view interface, const IpAddress& address) const {
  return std::any_of(hops_.begin(), hops_.end(), [&](const Hop& hop) {
    return hop.interface == interface &&
           std::any_of(hop.targets.begin(), hop.targets.end(),
                       [&](const Target& target) { return target.remote.address == address; });
  });
}

std::vector<std::string> HopTable::names_of(const SipFlow& flow) const {
  std::vector<std::string> names;
  for (const Hop& hop : hops_) {
    for (const Target& target : hop.targets) {
      if (flow_to(hop, target) !=
          SipFlow{flow.listener, flow.transport, ConnectionId::none, flow.remote}) {
        continue;
      }
      names.push_back(hop.config.host);
      if (hop.config.lookup == NextHop::Lookup::federation &&
          is_within(target.name, hop.config.host)) {
        names.push_back(target.name);
      }
    }
  }
  const auto& tls = settings_.at(flow.listener).tls;
  if (names.empty() && tls) names = tls->partners;
  return names;
}

bool HopTable::is_known(const Way& way) const {
  for (const Hop& hop : hops_) {
    for (const Target& target : hop.targets) {
      const auto flow = flow_to(hop, target);
      if (flow && way_of(*flow) == way) return true;
    }
  }
  return false;
}

void HopTable::show(const Hop& hop) const {
  const bool up = std::any_of(hop.targets.begin(), hop.targets.end(), [&](const Target& target) {
    const auto flow = flow_to(hop, target);
    return flow && !is_down(*flow);
  });
  hop.up->set(up ? 1 : 0);
}

/// Addresses that DNS no longer lists must not be kept for ever.
void HopTable::forget_strangers() {
  for (auto it = states_.begin(); it != states_.end();) {
    it = is_known(it->first) ? std::next(it) : states_.erase(it);
  }
}

}  // namespace avedge::sip
