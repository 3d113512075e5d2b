#include "edge/config/sip_section.h"

#include <algorithm>

#include "edge/config/call_limits.h"
#include "edge/config/choice.h"
#include "edge/config/network.h"
#include "edge/config/next_hop.h"
#include "edge/config/sip_listener.h"

namespace avedge::edge {
namespace {

using anchor::CandidateMode;

/// Fail-over tries hops one after the other while the caller waits.
constexpr std::size_t kMostNextHops = 16;
constexpr std::int64_t kMostOfAnything = 1'000'000;
constexpr std::int64_t kMostBytesInFlight = 16'777'216;

bool listens_on(const Config& config, std::string_view interface) {
  return std::any_of(config.sip.listeners.begin(), config.sip.listeners.end(),
                     [&](const Listener& listener) { return listener.interface == interface; });
}

bool speaks(const Config& config, std::string_view interface, Transport transport) {
  return std::any_of(
      config.sip.listeners.begin(), config.sip.listeners.end(), [&](const Listener& listener) {
        return listener.interface == interface &&
               std::find(listener.transports.begin(), listener.transports.end(), transport) !=
                   listener.transports.end();
      });
}

bool has_relay(const Config& config, std::string_view interface) {
  return std::any_of(config.relays.begin(), config.relays.end(),
                     [&](const RelayRange& relay) { return relay.interface == interface; });
}

/// A transport that the interface does not listen on has no port to be answered at. TLS answers on
/// the connection that we open.
void check_transport(const Located<std::string>& uri, const NextHop& hop, const SipRoute& route,
                     const Config& config, Problems& problems) {
  if (!hop.transport || hop.transport == Transport::tls || route.to.empty() ||
      !listens_on(config, route.to) || speaks(config, route.to, *hop.transport)) {
    return;
  }
  const std::string word{to_string(*hop.transport)};
  problems.refuse(uri.place,
                  "'" + uri.value + "' needs " + word + ", which interface '" + route.to +
                      "' does not listen on",
                  "add \"" + word + "\" to the transports of its [[sip.listener]]");
}

/// The name of an interface that calls can pass: it has a SIP listener and ports for media.
std::string usable_interface(const Located<std::string>& name, const Config& config,
                             Problems& problems) {
  const Interface* interface = refer_to_interface(name, config, problems);
  if (interface == nullptr) return {};
  if (!listens_on(config, interface->name)) {
    problems.refuse(name.place, "interface '" + name.value + "' has no [[sip.listener]]",
                    "add one with bind = \"" + name.value + ":5060\"");
  }
  if (!has_relay(config, interface->name)) {
    problems.refuse(name.place, "interface '" + name.value + "' has no [[relay]] range",
                    "add [[relay]] with interface = \"" + name.value + "\" and ports");
  }
  return interface->name;
}

/// Where a route leads that does not say `to`: the other interface, if there is just one.
std::string other_interface(const Section& route, std::string_view from, const Config& config,
                            Problems& problems) {
  std::vector<std::string> others;
  for (const Interface& interface : config.interfaces) {
    if (interface.name != from && listens_on(config, interface.name)) {
      others.push_back(interface.name);
    }
  }
  if (others.empty()) return std::string{from};  // one interface: in and out by the same one
  if (others.size() > 1) {
    problems.refuse({route.place().line, route.place().key + ".to"}, "missing",
                    "say which interface requests leave by: " + suggestion("", others));
    return {};
  }
  const Located<std::string> only{others.front(), route.place()};
  return usable_interface(only, config, problems);
}

void read_next_hops(Section& section, SipRoute& route, const Config& config, Problems& problems) {
  const auto uris = section.texts("next_hops");
  if (route.federation) {
    if (!section.has("next_hops")) return;
    problems.refuse(section.place_of("next_hops"), "contradicts federation = true",
                    "remove one of them");
  } else if (!section.has("next_hops")) {
    section.refuse_missing("next_hops", "add at least one, as [\"sip:10.0.0.20:5060\"]");
  } else if (uris.empty() || uris.size() > kMostNextHops) {
    problems.refuse(section.place_of("next_hops"), "has no or too many entries",
                    "use 1 to " + std::to_string(kMostNextHops));
  }
  for (const Located<std::string>& uri : uris) {
    auto hop = parse_next_hop(uri.value);
    if (!hop) {
      const std::string& message = hop.reason().message();
      const auto split = message.find("; ");
      problems.refuse(uri.place, "'" + uri.value + "': " + message.substr(0, split),
                      message.substr(split + 2));
      continue;
    }
    check_transport(uri, *hop, route, config, problems);
    route.next_hops.push_back(std::move(*hop));
  }
}

void read_domain(Section& section, SipRoute& route, Problems& problems) {
  const auto domain = section.text("domain");
  if (!domain) return;
  route.domain = lower_case(domain->value);
  if (!is_host(domain->value)) {
    problems.refuse(domain->place, "'" + domain->value + "' is not a valid domain",
                    "use one like partner.example");
  }
}

SipRoute read_route(Section& section, const Config& config, Problems& problems) {
  constexpr std::array<Choice<Latching>, 3> kLatchings{{{"strict", Latching::strict},
                                                        {"signalled", Latching::signalled},
                                                        {"sip-source", Latching::sip_source}}};
  constexpr std::array<Choice<CandidateMode>, 2> kModes{
      {{"replace", CandidateMode::replace}, {"add", CandidateMode::add}}};
  constexpr std::array<Choice<RouteBalance>, 2> kBalances{
      {{"order", RouteBalance::in_order}, {"weight", RouteBalance::by_weight}}};
  SipRoute route;
  const auto from = section.text("from");
  const auto to = section.text("to");
  if (!section.has("from")) section.refuse_missing("from", "name the [[interface]] calls come by");
  if (from) route.from = usable_interface(*from, config, problems);
  if (to) {
    route.to = usable_interface(*to, config, problems);
  } else if (!route.from.empty()) {
    route.to = other_interface(section, route.from, config, problems);
  }
  read_domain(section, route, problems);
  section.read("federation", route.federation);
  if (route.federation && route.domain.empty()) {
    section.refuse_missing("domain", "say whose _sipfederationtls._tcp is looked up");
  }
  read_next_hops(section, route, config, problems);
  if (const auto word = section.text("balance")) {
    route.balance = choose<RouteBalance>(*word, kBalances, problems).value_or(route.balance);
  }
  section.read("trust", route.trust);
  section.read("path", route.path);
  if (const auto word = section.text("latching")) {
    route.latching = choose<Latching>(*word, kLatchings, problems).value_or(route.latching);
  }
  if (const auto word = section.text("candidates")) {
    route.candidates = choose<CandidateMode>(*word, kModes, problems).value_or(route.candidates);
  }
  section.read("tcp", route.tcp);
  section.refuse_unknown();
  return route;
}

void read_limits(Section& section, Config& config, Problems& problems) {
  SipLimits& limits = config.sip.limits;
  section.read("requests_per_second", limits.requests_per_second, 1, kMostOfAnything);
  section.read("connections", limits.connections, 1, kMostOfAnything);
  section.read("connections_per_source", limits.connections_per_source, 1, kMostOfAnything);
  section.read("connections_per_second", limits.connections_per_second, 1, kMostOfAnything);
  read_call_limits(section, config, problems);
  section.read("evict_after", limits.evict_after, 1, 3600);
  section.read("handshakes", limits.handshakes, 1, kMostOfAnything);
  section.read("handshakes_per_source", limits.handshakes_per_source, 1, kMostOfAnything);
  section.read("handshakes_per_second", limits.handshakes_per_second, 1, kMostOfAnything);
  section.read("message_bytes", limits.message_bytes, 2048, 65'536);
  section.read("bytes_in_flight_per_source", limits.bytes_in_flight_per_source, 65'536,
               kMostBytesInFlight);
  section.refuse_unknown();
}

void read_names(Section& sip, Config& config, Problems& problems) {
  for (const Located<std::string>& name : sip.texts("names")) {
    config.sip.names.push_back(lower_case(name.value));
    if (!is_host(name.value)) {
      problems.refuse(name.place, "'" + name.value + "' is not a valid host name",
                      "use one like example.org");
    }
  }
}

void read_dns_servers(Section& sip, Config& config, Problems& problems) {
  constexpr Port kDnsPort{53};
  for (const Located<std::string>& text : sip.texts("dns_servers")) {
    const auto address = IpAddress::parse(text.value);
    const auto server = address ? Endpoint{*address, kDnsPort} : Endpoint::parse(text.value);
    if (server && server->port != Port{}) {
      config.sip.dns_servers.push_back(*server);
    } else {
      problems.refuse(text.place, "'" + text.value + "' is not a valid server address",
                      "use ADDRESS, ADDRESS:PORT or [IPV6]:PORT");
    }
  }
}

}  // namespace

void read_sip(Section& top, const std::string& folder, Listeners& listeners, Config& config,
              Problems& problems) {
  auto sip = top.section("sip");
  if (!sip) return;
  for (Section& section : sip->sections("listener")) {
    read_sip_listener(section, folder, listeners, config, problems);
  }
  for (Section& section : sip->sections("route")) {
    config.sip.routes.push_back(read_route(section, config, problems));
  }
  if (auto limits = sip->section("limits")) read_limits(*limits, config, problems);
  read_names(*sip, config, problems);
  config.sip.next_hop_ca = read_authorities(*sip, "next_hop_ca", folder, problems);
  read_dns_servers(*sip, config, problems);
  sip->read("options_interval", config.sip.options_interval, 0, 3600);
  sip->read("options_failures", config.sip.options_failures, 1, 100);
  sip->read("offer_timeout", config.sip.offer_timeout, 10, 3600);
  sip->read("media_idle_timeout", config.sip.media_idle_timeout, 10, 86'400);
  sip->read("trace", config.sip.trace);
  sip->refuse_unknown();
}

}  // namespace avedge::edge
