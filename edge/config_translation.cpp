#include "edge/config_translation.h"

#include <algorithm>
#include <array>
#include <thread>

#include "edge/port_budgets.h"
#include "ice/latching/party.h"

namespace avedge::edge {
namespace {

/// One entry for every address of every relay range.
std::vector<relay::RelayRange> relay_ranges(const Config& config) {
  std::vector<relay::RelayRange> ranges;
  for (const RelayRange& relay : config.relays) {
    const Interface* interface = config.find_interface(relay.interface);
    if (interface == nullptr) continue;
    for (const InterfaceAddress& address : interface->addresses) {
      ranges.push_back({relay.interface, address.local, address.advertised, interface->device,
                        relay.ports.first, relay.ports.last});
    }
  }
  return ranges;
}

/// Every address the edge listens on or stands on, by both its names: none of them may be a peer.
std::vector<IpAddress> own_addresses(const Config& config) {
  std::vector<IpAddress> own;
  for (const Interface& interface : config.interfaces) {
    for (const InterfaceAddress& address : interface.addresses) {
      own.push_back(address.local);
      own.push_back(address.advertised);
    }
  }
  const auto add_addresses_of = [&own](const Listener& listener) {
    for (const ListenAddress& address : listener.addresses) {
      own.push_back(address.local.address);
      own.push_back(address.advertised.address);
    }
  };
  for (const Listener& listener : config.turn.listeners) add_addresses_of(listener);
  for (const Listener& listener : config.sip.listeners) add_addresses_of(listener);
  for (const NgListener& listener : config.ng.listeners) {
    for (const ListenAddress& address : listener.addresses) own.push_back(address.local.address);
  }
  if (config.metrics_http) own.push_back(config.metrics_http->address);
  return own;
}

/// What the edge binds besides its relay ports, of whatever protocol: no rule opens it to media.
std::vector<Endpoint> own_listeners(const Config& config) {
  std::vector<Endpoint> own;
  const auto add = [&own](const std::vector<ListenAddress>& addresses) {
    for (const ListenAddress& address : addresses) {
      own.push_back(address.local);
      own.push_back(address.advertised);
    }
  };
  for (const Listener& listener : config.turn.listeners) add(listener.addresses);
  for (const Listener& listener : config.sip.listeners) add(listener.addresses);
  for (const NgListener& listener : config.ng.listeners) add(listener.addresses);
  if (config.metrics_http) own.push_back(*config.metrics_http);
  return own;
}

anchor::TargetSettings target_settings(const Config& config) {
  anchor::TargetSettings settings;
  settings.rules = target_rules(config);
  for (const Interface& interface : config.interfaces) {
    anchor::MediaInterface& translated = settings.interfaces.emplace_back();
    translated.name = interface.name;
    translated.device = interface.device;
    for (const InterfaceAddress& address : interface.addresses) {
      translated.addresses.push_back({address.local, address.advertised});
    }
  }
  settings.own_addresses = own_addresses(config);
  settings.own_listeners = own_listeners(config);
  return settings;
}

std::size_t port_count(const std::vector<relay::RelayRange>& ranges) {
  std::size_t ports = 0;
  for (const relay::RelayRange& range : ranges) {
    ports += static_cast<std::size_t>(range.last.number() - range.first.number()) + 1;
  }
  return ports;
}

/// What allocations and calls may ask for within their limits, all on one worker: so a flow table
/// is never full, and a success that was answered is one. Memory follows use, not this number.
std::size_t flows_needed(const Config& config, const std::vector<relay::RelayRange>& ranges) {
  const TurnLimits& limits = config.turn.limits;
  const std::size_t per_allocation =
      2 + limits.permissions_per_allocation + 2 * std::size_t{limits.channels_per_allocation};
  const std::size_t for_calls = port_count(ranges) * latching::Party::kMaxSources;
  return limits.allocations_total * per_allocation + for_calls;
}

bool has(const Listener& listener, Transport transport) {
  const auto& transports = listener.transports;
  return std::find(transports.begin(), transports.end(), transport) != transports.end();
}

AddressRule address_rule(const PeerRule& rule) {
  using Action = AddressRule::Action;
  return {rule.action == RuleAction::allow ? Action::allow : Action::deny, rule.prefix, rule.ports};
}

ng::Transport ng_transport(NgTransport configured) {
  switch (configured) {
    case NgTransport::udp: return ng::Transport::udp;
    case NgTransport::tcp: return ng::Transport::tcp;
    case NgTransport::http: return ng::Transport::http;
    case NgTransport::ws: break;
  }
  return ng::Transport::ws;
}

turn::Authentication authentication(TurnAuthentication wanted) {
  switch (wanted) {
    case TurnAuthentication::md5: return turn::Authentication::md5;
    case TurnAuthentication::sha256: return turn::Authentication::sha256;
    case TurnAuthentication::both: break;
  }
  return turn::Authentication::both;
}

turn::Credentials credentials(const Config& config) {
  const TurnConfig& turn = config.turn;
  turn::Credentials credentials;
  credentials.realm = config.realm;
  credentials.listener_realms = turn.listener_realms;
  for (const auto& [name, password] : turn.users) credentials.users[name].password = password;
  for (const auto& [name, user] : turn.hashed_users) {
    credentials.users[name] = {{}, user.md5_key, user.sha256_key, user.realm};
  }
  credentials.shared_secrets = turn.shared_secrets;
  credentials.authentication = authentication(turn.authentication);
  for (const OAuthKey& key : turn.oauth_keys) {
    using Algorithm = turn::TokenKey::Algorithm;
    const bool is_short = key.algorithm == OAuthKey::Algorithm::a128gcm;
    credentials.token_keys[key.kid] = {is_short ? Algorithm::a128gcm : Algorithm::a256gcm, key.key};
  }
  credentials.server_name = turn.server_name.empty() ? config.realm : turn.server_name;
  return credentials;
}

/// The four listeners, each by both its names.
std::optional<turn::NatDiscovery> nat_discovery(const TurnConfig& config) {
  if (!config.nat_discovery) return std::nullopt;
  const auto& [primary, alternate] = *config.nat_discovery;
  turn::NatDiscovery discovery;
  const std::array both{primary, alternate};
  for (const std::size_t address : {0u, 1u}) {
    for (const std::size_t port : {0u, 1u}) {
      const Endpoint local{both[address].address, both[port].port};
      auto& spot = discovery.addresses[address][port];
      spot = {local, local};
      for (const Listener& listener : config.listeners) {
        for (const ListenAddress& known : listener.addresses) {
          if (known.local == local) spot.advertised = known.advertised;
        }
      }
    }
  }
  return discovery;
}

/// Half-open connections of a /24 may be as many as those of four of its addresses.
relay::ConnectionCaps connection_caps(const TurnLimits& limits) {
  const std::size_t per_source = limits.half_open_per_source;
  return {limits.connections,
          {.total = limits.half_open_total,
           .per_source = per_source,
           .per_prefix = limits.half_open_per_prefix.value_or(4 * per_source)}};
}

}  // namespace

unsigned worker_count(const Config& config) {
  if (config.workers != 0) return config.workers;
  return std::max(1u, std::thread::hardware_concurrency());
}

Result<relay::ListenerSecurity> listener_security(const Config& config, std::size_t index) {
  const Listener& listener = config.turn.listeners[index];
  relay::ListenerSecurity security{.index = static_cast<std::uint16_t>(index)};
  const Certificate* certificate = config.find_certificate(listener.certificate);
  if (certificate == nullptr) return security;
  if (has(listener, Transport::tls)) {
    auto tls = secure::TlsContext::from_pem(certificate->pem, secure::TlsContext::Kind::tls);
    if (!tls) return tls.reason().in("certificate '" + certificate->name + "'");
    security.tls = std::move(tls).value();
  }
  if (has(listener, Transport::dtls)) {
    auto dtls = secure::TlsContext::from_pem(certificate->pem, secure::TlsContext::Kind::dtls);
    if (!dtls) return dtls.reason().in("certificate '" + certificate->name + "'");
    security.dtls = std::move(dtls).value();
  }
  return security;
}

Result<relay::DataPlaneSettings> data_plane_settings(const Config& config) {
  relay::DataPlaneSettings settings;
  settings.workers = worker_count(config);
  settings.ingress = config.ingress;
  settings.egress = config.egress;
  settings.ranges = relay_ranges(config);
  settings.turn_relay_interface = config.turn.relay_interface;
  settings.dscp_ttl = {config.turn.dscp, config.turn.decrement_ttl};
  settings.flows_per_worker = flows_needed(config, settings.ranges);
  const TurnLimits& limits = config.turn.limits;
  settings.connections = connection_caps(limits);
  settings.stream_queue = {limits.stream_queue_bytes, limits.stream_queue_age};
  for (std::size_t i = 0; i < config.turn.listeners.size(); ++i) {
    const Listener& listener = config.turn.listeners[i];
    const auto security = listener_security(config, i);
    if (!security) return security.reason();
    for (const ListenAddress& address : listener.addresses) {
      settings.turn_listeners.push_back({.local = address.local,
                                         .interface = listener.interface,
                                         .device = address.device,
                                         .index = security->index,
                                         .udp = has(listener, Transport::udp),
                                         .tcp = has(listener, Transport::tcp),
                                         .proxy_protocol = listener.proxy_protocol,
                                         .tls = security->tls,
                                         .dtls = security->dtls});
    }
  }
  return settings;
}

relay::AllocationQuotas allocation_quotas(const Config& config) {
  const TurnLimits& limits = config.turn.limits;
  return {limits.allocations_per_user, limits.allocations_per_source, limits.allocations_total};
}

relay::BandwidthLimits bandwidth_limits(const Config& config) {
  const TurnLimits& limits = config.turn.limits;
  return {limits.bandwidth_per_allocation, limits.bandwidth_per_user, limits.bandwidth_total};
}

turn::Settings turn_settings(const Config& config) {
  turn::Settings settings;
  settings.credentials = credentials(config);
  for (const PeerRule& rule : config.turn.peer_rules) {
    settings.peers.rules.push_back(address_rule(rule));
  }
  settings.peers.own_addresses = own_addresses(config);
  settings.peers.own_listeners = own_listeners(config);
  const TurnLimits& limits = config.turn.limits;
  settings.limits.allocations = limits.allocations_total;
  settings.limits.permissions_per_allocation = limits.permissions_per_allocation;
  settings.limits.channels_per_allocation = limits.channels_per_allocation;
  // Each worker answers its share: the kernel spreads a source's ports over all of them.
  settings.limits.answers_per_second =
      std::max(1u, limits.unauthenticated_answers_per_second / worker_count(config));
  settings.limits.answer_burst = 2 * settings.limits.answers_per_second;
  if (config.turn.channel_numbers == ChannelNumbers::rfc5766) {
    settings.last_channel = kLastChannelRfc5766;
  }
  settings.default_lifetime = config.turn.default_lifetime;
  settings.max_lifetime = config.turn.max_lifetime;
  settings.nonce_lifetime = config.turn.nonce_lifetime;
  settings.limits.connections_per_allocation = limits.connections_per_allocation;
  settings.nat_discovery = nat_discovery(config.turn);
  settings.redirect = {config.turn.redirect.servers, config.turn.redirect.domain,
                       config.turn.redirect.above_allocations};
  settings.tcp_relay = config.turn.tcp_relay;
  settings.mobility = config.turn.mobility;
  return settings;
}

std::vector<sip::Listener> sip_listeners(const Config& config) {
  std::vector<sip::Listener> listeners;
  for (const SipListener& listener : config.sip.listeners) {
    std::optional<sip::ListenerTls> tls;
    if (const Certificate* own = config.find_certificate(listener.certificate)) {
      tls = {{own->pem, listener.verify, listener.client_ca, config.sip.next_hop_ca},
             listener.partners};
    }
    for (const ListenAddress& address : listener.addresses) {
      listeners.push_back({listener.interface, address.local, address.advertised,
                           listener.transports, address.device, listener.name, tls,
                           listener.sources});
    }
  }
  return listeners;
}

sip::Settings sip_settings(const Config& config) {
  sip::Settings settings;
  settings.listeners = sip_listeners(config);
  settings.names = config.sip.names;
  settings.next_hop_ca = config.sip.next_hop_ca;
  settings.dns_servers = config.sip.dns_servers;
  settings.health = {config.sip.options_interval, config.sip.options_failures};
  for (const SipRoute& route : config.sip.routes) {
    sip::Route& translated = settings.routes.emplace_back();
    translated.from = route.from;
    if (!route.to.empty()) translated.to = route.to;
    if (!route.domain.empty()) translated.domain = route.domain;
    for (const NextHop& hop : route.next_hops) {
      translated.next_hops.push_back({hop.host, hop.port, hop.transport, hop.weight});
    }
    if (route.federation) {
      sip::NextHop& edge = translated.next_hops.emplace_back();
      edge = {route.domain, {}, Transport::tls};
      edge.lookup = sip::NextHop::Lookup::federation;
    }
    if (route.balance == RouteBalance::by_weight) translated.balance = sip::Balance::by_weight;
    translated.trust = route.trust;
    translated.path = route.path;
    translated.latching = route.latching;
    translated.candidates = route.candidates;
    if (!route.tcp) translated.streams = anchor::StreamMode::removed;
  }
  settings.limits.requests_per_second = config.sip.limits.requests_per_second;
  settings.limits.request_burst = 2.0 * config.sip.limits.requests_per_second;
  settings.limits.connections = config.sip.limits.connections;
  settings.limits.connections_per_source = config.sip.limits.connections_per_source;
  settings.limits.connections_per_second = config.sip.limits.connections_per_second;
  settings.limits.connection_burst = 2.0 * config.sip.limits.connections_per_second;
  settings.limits.evict_after = config.sip.limits.evict_after;
  settings.limits.handshakes = config.sip.limits.handshakes;
  settings.limits.handshakes_per_source = config.sip.limits.handshakes_per_source;
  settings.limits.handshakes_per_second = config.sip.limits.handshakes_per_second;
  settings.limits.message_bytes = config.sip.limits.message_bytes;
  settings.limits.bytes_in_flight_per_source = config.sip.limits.bytes_in_flight_per_source;
  return settings;
}

ng::Settings ng_settings(const Config& config) {
  ng::Settings settings;
  for (const NgListener& listener : config.ng.listeners) {
    std::vector<ng::Transport> transports;
    for (const NgTransport transport : listener.transports) {
      transports.push_back(ng_transport(transport));
    }
    for (const ListenAddress& address : listener.addresses) {
      settings.listeners.push_back({address.local, transports, listener.allow, address.device});
    }
  }
  settings.interfaces.push_back(config.ng.interface);
  for (const RelayRange& relay : config.relays) settings.interfaces.push_back(relay.interface);
  return settings;
}

std::vector<anchor::TargetRule> target_rules(const Config& config) {
  std::vector<anchor::TargetRule> rules;
  for (const MediaPeerRule& rule : config.media.peer_rules) {
    rules.push_back({rule.interface, address_rule(rule.rule)});
  }
  return rules;
}

anchor::Settings anchor_settings(const Config& config) {
  anchor::Settings settings;
  settings.offer_timeout = config.sip.offer_timeout;
  settings.media_idle = config.sip.media_idle_timeout;
  settings.hold_idle = std::max(settings.hold_idle, settings.media_idle);
  settings.targets = target_settings(config);
  // A call requires at least four ports; as many dialogs again may be without media.
  settings.max_sessions = std::max(settings.max_sessions, port_count(relay_ranges(config)) / 2);
  settings.max_sessions_per_source = config.sip.limits.calls_per_source;
  settings.max_ports_per_source = config.sip.limits.ports_per_source;
  const SipLimits& limits = config.sip.limits;
  settings.unanswered = {limits.unanswered_per_source,
                         limits.unanswered_per_network.value_or(10 * limits.unanswered_per_source),
                         limits.unanswered_per_interface};
  settings.port_budgets = port_budgets(config);
  return settings;
}

}  // namespace avedge::edge
