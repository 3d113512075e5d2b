#include "signaling-shim/sip/route_table.h"

#include <algorithm>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {

RouteTable::RouteTable(const Settings& settings) : settings_{settings} {
  for (const Route& route : settings.routes) {
    for (const NextHop& hop : route.next_hops) {
      auto& known = addresses_[hop.host];
      if (const auto address = IpAddress::parse(hop.host)) known = {*address};
    }
  }
}

const Route* RouteTable::find(std::string_view interface, std::string_view host) const {
  for (const Route& route : settings_.routes) {
    if (route.from == interface && (!route.domain || iequals(*route.domain, host))) return &route;
  }
  return nullptr;
}

std::vector<Neighbour> RouteTable::candidates(Time now, const Route& route) const {
  std::vector<Neighbour> found;
  const auto interface = settings_.outbound_interface(route);
  if (!interface) return found;
  for (const NextHop& hop : route.next_hops) {
    for (const IpAddress& address : addresses_.find(hop.host)->second) {
      const auto listener = settings_.listener_for(*interface, hop.transport, address.family());
      if (!listener) continue;
      found.push_back({*listener, hop.transport, ConnectionId::none, {address, hop.port}});
    }
  }
  std::stable_partition(found.begin(), found.end(), [&](const Neighbour& hop) {
    const auto penalty = penalties_.find(hop.remote);
    return penalty == penalties_.end() || penalty->second <= now;
  });
  return found;
}

void RouteTable::penalise(Time now, const Neighbour& hop) {
  if (is_next_hop(hop.remote.address)) penalties_[hop.remote] = now + settings_.limits.hop_penalty;
}

std::vector<IpAddress> RouteTable::next_hop_addresses(std::string_view interface,
                                                      std::string_view host) const {
  for (const Route& route : settings_.routes) {
    if (settings_.outbound_interface(route) != interface) continue;
    for (const NextHop& hop : route.next_hops) {
      if (iequals(hop.host, host)) return addresses_.find(hop.host)->second;
    }
  }
  return {};
}

bool RouteTable::is_next_hop(const IpAddress& address) const {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& entry) {
    return std::find(entry.second.begin(), entry.second.end(), address) != entry.second.end();
  });
}

std::vector<std::string> RouteTable::names_of(const Neighbour& neighbour) const {
  std::vector<std::string> names;
  const Listener& listener = settings_.at(neighbour.listener);
  for (const Route& route : settings_.routes) {
    if (settings_.outbound_interface(route) != listener.interface) continue;
    for (const NextHop& hop : route.next_hops) {
      const auto& known = addresses_.find(hop.host)->second;
      const bool is_there =
          hop.port == neighbour.remote.port &&
          std::find(known.begin(), known.end(), neighbour.remote.address) != known.end();
      if (is_there) names.push_back(hop.host);
    }
  }
  if (names.empty() && listener.tls) names = listener.tls->partners;
  return names;
}

std::vector<std::string> RouteTable::names() const {
  std::vector<std::string> names;
  for (const auto& [host, known] : addresses_) {
    if (!IpAddress::parse(host)) names.push_back(host);
  }
  return names;
}

void RouteTable::set_addresses(const std::string& name, std::vector<IpAddress> addresses) {
  const auto found = addresses_.find(name);
  if (found == addresses_.end() || addresses.empty()) return;
  found->second = std::move(addresses);
  for (auto it = penalties_.begin(); it != penalties_.end();) {
    it = is_next_hop(it->first.address) ? std::next(it) : penalties_.erase(it);
  }
}

}  // namespace avedge::sip
