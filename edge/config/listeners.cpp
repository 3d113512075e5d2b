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

bool listens_on(const Listener& listener, std::initializer_list<Transport> any_of_these) {
  return std::find_first_of(listener.transports.begin(), listener.transports.end(),
                            any_of_these.begin(), any_of_these.end()) != listener.transports.end();
}

}  // namespace

std::optional<Listener> Listeners::read(Section& section, const SupportedListener& supported) {
  const auto bind = section.text("bind");
  if (!section.has("bind")) section.refuse_missing("bind", kBindSyntax);
  Listener listener;
  listener.transports = transports(section, supported.transports);
  if (supported.certificate) {
    read_certificate(section, listener);
  } else {
    section.refuse_unsupported("certificate");
  }
  if (supported.proxy_protocol) read_proxy_protocol(section, listener);
  section.refuse_unknown();

  if (!bind) return std::nullopt;
  auto target = resolve(*bind);
  if (!target) return std::nullopt;
  listener.interface = std::move(target->interface);
  listener.addresses = std::move(target->addresses);
  claim_all(listener, bind->place);
  return listener;
}

std::optional<std::vector<ListenAddress>> Listeners::read_bind(Section& section, Sockets sockets) {
  const auto bind = section.text("bind");
  if (!section.has("bind")) section.refuse_missing("bind", kBindSyntax);
  if (!bind) return std::nullopt;
  auto target = resolve(*bind);
  if (!target) return std::nullopt;
  for (const ListenAddress& address : target->addresses) {
    if (sockets.udp) token(address.local, Transport::udp, bind->place);
    if (sockets.tcp) token(address.local, Transport::tcp, bind->place);
  }
  return std::move(target->addresses);
}

std::optional<Endpoint> Listeners::read_service(const Located<std::string>& bind) {
  const auto endpoint = Endpoint::parse(bind.value);
  if (!endpoint || endpoint->port == Port{}) {
    problems_.refuse(bind.place, "'" + bind.value + "' is not a valid address and port",
                     "use \"ADDRESS:PORT\" or \"[IPV6]:PORT\"");
    return std::nullopt;
  }
  token(*endpoint, Transport::tcp, bind.place);
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
    problems_.refuse(bind.place, "'" + bind.value + "' is not a valid address to listen on",
                     kBindSyntax);
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

void Listeners::read_certificate(Section& section, Listener& listener) {
  const auto name = section.text("certificate");
  const bool is_needed = listens_on(listener, {Transport::tls, Transport::dtls});
  if (is_needed && !section.has("certificate")) {
    section.refuse_missing("certificate", "tls and dtls need one: name a [[certificate]]");
  }
  if (!name) return;
  if (!is_needed) {
    problems_.refuse(name->place, "is of no use without tls or dtls",
                     "remove it, or add one of them to transports");
    return;
  }
  listener.certificate = name->value;
  if (config_.find_certificate(name->value) != nullptr) return;
  std::vector<std::string> names;
  for (const Certificate& known : config_.certificates) names.push_back(known.name);
  problems_.refuse(name->place, "no [[certificate]] is named '" + name->value + "'",
                   names.empty() ? "add one" : suggestion(name->value, names));
}

/// A header stands at the beginning of a connection. Datagrams have no beginning, and a client that
/// comes to the same entry by UDP would come without the proxy: so they are kept apart.
void Listeners::read_proxy_protocol(Section& section, Listener& listener) {
  const auto on = section.boolean("proxy_protocol");
  if (!on) return;
  listener.proxy_protocol = on->value;
  if (on->value && listens_on(listener, {Transport::udp, Transport::dtls})) {
    problems_.refuse(on->place, "works over tcp and tls only",
                     "give udp and dtls a listener of their own");
  }
}

/// Transports of one entry that are told apart by their first bytes share a socket; those of two
/// entries would not know whose client comes.
void Listeners::claim_all(const Listener& listener, const Place& place) {
  for (const Transport kind : {Transport::udp, Transport::tcp}) {
    const bool is_wanted =
        std::any_of(listener.transports.begin(), listener.transports.end(),
                    [kind](Transport transport) { return socket_kind(transport) == kind; });
    if (!is_wanted) continue;
    for (const ListenAddress& address : listener.addresses) token(address.local, kind, place);
  }
}

void Listeners::token(const Endpoint& endpoint, Transport kind, const Place& place) {
  const auto [claimed, fresh] = claimed_.try_emplace({endpoint, kind}, place.line);
  if (!fresh) {
    problems_.refuse(place,
                     endpoint.to_string() + " over " + std::string{to_string(kind)} +
                         " is already taken by line " + std::to_string(claimed->second),
                     "give one of them another port");
  }
  if (const RelayRange* relay = relay_over(endpoint); relay != nullptr) {
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
