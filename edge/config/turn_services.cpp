#include "edge/config/turn_services.h"

#include <algorithm>

namespace avedge::edge {
namespace {

constexpr std::int64_t kMostAllocations = 1'000'000;
/// RFC 1035 §2.3.4.
constexpr std::size_t kLongestDomain = 253;

std::optional<Endpoint> read_endpoint(const Located<std::string>& text, Problems& problems) {
  const auto endpoint = Endpoint::parse(text.value);
  if (endpoint && endpoint->port != Port{}) return endpoint;
  problems.refuse(text.place, "'" + text.value + "' is not a valid address and port",
                  "use \"ADDRESS:PORT\" or \"[IPV6]:PORT\"");
  return std::nullopt;
}

std::optional<Endpoint> read_required_endpoint(Section& section, std::string_view key,
                                               Problems& problems) {
  if (!section.has(key)) section.refuse_missing(key, "use one like \"192.0.2.10:3478\"");
  const auto text = section.text(key);
  return text ? read_endpoint(*text, problems) : std::nullopt;
}

bool is_udp_listener(const Config& config, const Endpoint& endpoint) {
  return std::any_of(
      config.turn.listeners.begin(), config.turn.listeners.end(), [&](const Listener& listener) {
        const auto& transports = listener.transports;
        return std::find(transports.begin(), transports.end(), Transport::udp) !=
                   transports.end() &&
               std::any_of(listener.addresses.begin(), listener.addresses.end(),
                           [&](const ListenAddress& address) { return address.local == endpoint; });
      });
}

/// RFC 5780 §6: answers come from each of two addresses and each of two ports.
void read_nat_discovery(Section& section, Config& config, Problems& problems) {
  const auto primary = read_required_endpoint(section, "primary", problems);
  const auto alternate = read_required_endpoint(section, "alternate", problems);
  section.refuse_unknown();
  if (!primary || !alternate) return;
  const Place place = section.place_of("alternate");
  if (primary->address.family() != alternate->address.family() ||
      primary->address == alternate->address || primary->port == alternate->port) {
    problems.refuse(place, "differs too little from primary",
                    "use another address of the same family, and another port");
    return;
  }
  for (const Endpoint& needed : {*primary, Endpoint{primary->address, alternate->port},
                                 Endpoint{alternate->address, primary->port}, *alternate}) {
    if (is_udp_listener(config, needed)) continue;
    problems.refuse(section.place(), "needs a UDP listener on " + needed.to_string(),
                    "add it to a [[turn.listener]]");
  }
  config.turn.nat_discovery = NatDiscoveryConfig{*primary, *alternate};
}

void read_redirect(Section& section, Config& config, Problems& problems) {
  RedirectConfig& redirect = config.turn.redirect;
  for (const auto& server : section.texts("servers")) {
    if (const auto endpoint = read_endpoint(server, problems))
      redirect.servers.push_back(*endpoint);
  }
  if (!section.has("servers")) {
    section.refuse_missing("servers", "use a list like [\"192.0.2.20:3478\"]");
  }
  if (const auto domain = section.text("domain")) {
    redirect.domain = domain->value;
    if (domain->value.empty() || domain->value.size() > kLongestDomain) {
      problems.refuse(domain->place, "is not a valid name",
                      "use the one in the servers' certificates");
    }
  }
  if (const auto above = section.integer("above_allocations", 0, kMostAllocations)) {
    redirect.above_allocations = static_cast<std::uint32_t>(above->value);
  }
  section.refuse_unknown();
}

}  // namespace

void read_turn_services(Section& turn, Config& config, Problems& problems) {
  if (auto section = turn.section("nat_discovery")) read_nat_discovery(*section, config, problems);
  if (auto section = turn.section("redirect")) read_redirect(*section, config, problems);
  turn.read("tcp_relay", config.turn.tcp_relay);
  turn.read("mobility", config.turn.mobility);
}

}  // namespace avedge::edge
