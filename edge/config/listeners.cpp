#include "edge/config/listeners.h"

#include <algorithm>

#include "edge/config/choice.h"

namespace avedge::edge {
namespace {

constexpr std::string_view kBindSyntax =
    "use \"INTERFACE:PORT\", \"ADDRESS:PORT\" or \"[IPV6]:PORT\"";

constexpr std::array<Choice<Transport>, 4> kTransportWords{{{"udp", Transport::udp},
                                                            {"tcp", Transport::tcp},
                                                            {"tls", Transport::tls},
                                                            {"dtls", Transport::dtls}}};

std::string words_of(std::span<const Transport> transports) {
  std::string words;
  for (const Transport transport : transports) {
    words += (words.empty() ? "" : ", ") + std::string{to_string(transport)};
  }
  return words;
}

/// TLS runs over TCP and DTLS over UDP: they share the port's socket.
Transport socket_kind(Transport transport) {
  return transport == Transport::udp || transport == Transport::dtls ? Transport::udp
                                                                     : Transport::tcp;
}

}  // namespace

std::optional<Listener> Listeners::read(Section& section, std::span<const Transport> supported) {
  const auto bind = section.text("bind");
  if (!section.has("bind")) section.refuse_missing("bind", kBindSyntax);
  Listener listener;
  listener.transports = transports(section, supported);
  section.refuse_unsupported("certificate");
  section.refuse_unknown();

  if (!bind) return std::nullopt;
  auto target = resolve(*bind);
  if (!target) return std::nullopt;
  listener.interface = std::move(target->interface);
  listener.addresses = std::move(target->addresses);
  for (const ListenAddress& address : listener.addresses) {
    for (const Transport transport : listener.transports) {
      claim(address.local, transport, bind->place);
    }
  }
  return listener;
}

std::optional<Endpoint> Listeners::read_service(const Located<std::string>& bind) {
  const auto endpoint = Endpoint::parse(bind.value);
  if (!endpoint || endpoint->port == Port{}) {
    problems_.refuse(bind.place, "'" + bind.value + "' is no address and port",
                     "use \"ADDRESS:PORT\" or \"[IPV6]:PORT\"");
    return std::nullopt;
  }
  claim(*endpoint, Transport::tcp, bind.place);
  return endpoint;
}

std::optional<Listeners::Target> Listeners::resolve(const Located<std::string>& bind) {
  if (const auto endpoint = Endpoint::parse(bind.value)) return resolve_address(bind, *endpoint);
  return resolve_interface(bind);
}

std::optional<Listeners::Target> Listeners::resolve_address(const Located<std::string>& bind,
                                                            const Endpoint& endpoint) {
  if (endpoint.port == Port{}) {
    problems_.refuse(bind.place, "'" + bind.value + "' has no port", kBindSyntax);
    return std::nullopt;
  }
  if (endpoint.address.is_unspecified()) {
    problems_.refuse(bind.place, "'" + bind.value + "' is a wildcard",
                     "name an interface or one address, so that replies leave from where the "
                     "request came in");
    return std::nullopt;
  }
  for (const Interface& interface : config_.interfaces) {
    for (const InterfaceAddress& address : interface.addresses) {
      if (address.local != endpoint.address) continue;
      return Target{interface.name,
                    {{endpoint, {address.advertised, endpoint.port}, interface.device}}};
    }
  }
  return Target{{}, {{endpoint, endpoint, {}}}};
}

std::optional<Listeners::Target> Listeners::resolve_interface(const Located<std::string>& bind) {
  const auto colon = bind.value.rfind(':');
  const auto port = colon == std::string::npos
                        ? std::nullopt
                        : Port::parse(std::string_view{bind.value}.substr(colon + 1));
  if (!port || *port == Port{} || bind.value.find(':') != colon) {
    problems_.refuse(bind.place, "'" + bind.value + "' is no place to listen on", kBindSyntax);
    return std::nullopt;
  }
  const std::string name = bind.value.substr(0, colon);
  const Interface* interface = config_.find_interface(name);
  if (interface == nullptr) {
    std::vector<std::string> names;
    for (const Interface& known : config_.interfaces) names.push_back(known.name);
    problems_.refuse(bind.place, "no [[interface]] is named '" + name + "'",
                     names.empty() ? "add one, or bind to an address" : suggestion(name, names));
    return std::nullopt;
  }
  Target target{interface->name, {}};
  for (const InterfaceAddress& address : interface->addresses) {
    target.addresses.push_back(
        {{address.local, *port}, {address.advertised, *port}, interface->device});
  }
  return target;
}

std::vector<Transport> Listeners::transports(Section& section,
                                             std::span<const Transport> supported) {
  std::vector<Transport> chosen;
  if (!section.has("transports")) {
    section.refuse_missing("transports", "use some of " + words_of(supported));
  }
  const auto words = section.texts("transports");
  if (section.has("transports") && words.empty()) {
    problems_.refuse(section.place_of("transports"), "names no transport",
                     "use some of " + words_of(supported));
  }
  for (const Located<std::string>& word : words) {
    const auto transport = choose<Transport>(word, kTransportWords, problems_);
    if (!transport) continue;
    if (std::find(supported.begin(), supported.end(), *transport) == supported.end()) {
      problems_.refuse(word.place, "'" + word.value + "' is not supported by this version",
                       "use " + words_of(supported));
    } else if (std::find(chosen.begin(), chosen.end(), *transport) != chosen.end()) {
      problems_.refuse(word.place, "'" + word.value + "' stands there twice", "name it once");
    } else {
      chosen.push_back(*transport);
    }
  }
  return chosen;
}

void Listeners::claim(const Endpoint& endpoint, Transport transport, const Place& place) {
  const Transport kind = socket_kind(transport);
  const auto [claimed, fresh] = claimed_.try_emplace({endpoint, kind}, place.line);
  if (!fresh) {
    problems_.refuse(place,
                     endpoint.to_string() + " over " + std::string{to_string(kind)} +
                         " is already taken by line " + std::to_string(claimed->second),
                     "give one of them another port");
  }
  if (const RelayRange* relay = relay_over(endpoint); relay != nullptr && kind == Transport::udp) {
    problems_.refuse(place,
                     "port " + std::to_string(endpoint.port.number()) +
                         " lies in the relay range of '" + relay->interface + "'",
                     "choose a port outside of the range");
  }
}

const RelayRange* Listeners::relay_over(const Endpoint& endpoint) const {
  for (const RelayRange& relay : config_.relays) {
    if (!relay.ports.contains(endpoint.port)) continue;
    const Interface* interface = config_.find_interface(relay.interface);
    for (const InterfaceAddress& address : interface->addresses) {
      if (address.local == endpoint.address) return &relay;
    }
  }
  return nullptr;
}

}  // namespace avedge::edge
