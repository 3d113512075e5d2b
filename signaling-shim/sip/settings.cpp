#include "signaling-shim/sip/settings.h"

#include <algorithm>
#include <tuple>

#include "signaling-shim/sip/text.h"
#include "signaling-shim/sip/uri.h"

namespace avedge::sip {
namespace {

/// ListenerIndex is one byte.
constexpr std::size_t kMaxListeners = 255;

std::optional<Transport> transport_named(std::string_view name) {
  for (const Transport transport : {Transport::udp, Transport::tcp, Transport::tls}) {
    if (equals_ignoring_case(to_string(transport), name)) return transport;
  }
  return std::nullopt;
}

std::string without_brackets(std::string_view host) {
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  return std::string{host};
}

Result<void> check_listener(const Listener& listener) {
  const std::string name = "sip listener " + listener.local.to_string();
  if (listener.local.address.is_unspecified()) {
    return Error{name + ": a specific address is needed, not a wildcard"};
  }
  if (listener.transports.empty()) return Error{name + ": no transport"};
  if (listener.offers(Transport::dtls)) return Error{name + ": dtls carries no SIP"};
  if (listener.offers(Transport::tcp) && listener.offers(Transport::tls)) {
    return Error{name + ": tcp and tls need a port each"};
  }
  if (listener.offers(Transport::tls) != listener.tls.has_value()) {
    return Error{name + ": tls needs a certificate, and nothing else does"};
  }
  return {};
}

/// A name may resolve to addresses of either family.
Result<void> check_next_hop(const Settings& settings, const std::string& interface,
                            const NextHop& hop) {
  const auto address = IpAddress::parse(hop.host);
  for (const AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    if (address && address->family() != family) continue;
    for (const Transport transport : settings.transports_of(interface)) {
      if (hop.transport.value_or(transport) == transport &&
          settings.listener_for(interface, transport, family)) {
        return {};
      }
    }
  }
  return Error{"next hop " + hop.to_string() + ": interface \"" + interface +
               "\" has no sip listener with that transport and address family"};
}

Result<void> check_route(const Settings& settings, const Route& route) {
  const std::string name = "sip route from \"" + route.from + "\"";
  if (route.next_hops.empty()) return Error{name + ": no next hops"};
  const auto interface = settings.outbound_interface(route);
  if (!interface) {
    return Error{name + ": say with `to` which interface it leaves by, there is not exactly one " +
                 "other with a sip listener"};
  }
  for (const NextHop& hop : route.next_hops) {
    if (auto checked = check_next_hop(settings, *interface, hop); !checked) {
      return checked.reason().in(name);
    }
  }
  return {};
}

}  // namespace

bool Listener::offers(Transport transport) const {
  return std::find(transports.begin(), transports.end(), transport) != transports.end();
}

bool Listener::admits(const IpAddress& source) const {
  return sources.empty() || std::any_of(sources.begin(), sources.end(), [&](const Prefix& prefix) {
           return prefix.contains(source);
         });
}

std::string Listener::shown() const {
  return name.empty() ? advertised.to_string()
                      : name + ':' + std::to_string(advertised.port.number());
}

Result<NextHop> NextHop::parse(std::string_view text) {
  const std::string quoted = "\"" + std::string{text} + "\"";
  const auto uri = Uri::parse(text);
  if (!uri || !uri->is_sip() || !uri->user.empty()) {
    return Error{quoted + ": expected sip:host[:port][;transport=udp|tcp|tls][;weight=n]"};
  }
  NextHop hop{without_brackets(uri->location.host), uri->location.port, {}};
  if (const auto name = uri->parameters.value("transport")) {
    hop.transport = transport_named(*name);
    if (!hop.transport) return Error{quoted + ": transport must be udp, tcp or tls"};
  }
  if (uri->is_secure()) hop.transport = Transport::tls;
  const auto weight = parse_number(uri->parameters.value("weight").value_or("1"), 0xffff);
  if (!weight) return Error{quoted + ": weight must be 0 to 65535"};
  hop.weight = static_cast<std::uint16_t>(*weight);
  return hop;
}

std::string NextHop::to_string() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  std::string text = "sip:" + (ipv6 ? "[" + host + "]" : host);
  if (port) text += ':' + std::to_string(port->number());
  if (transport) text += ";transport=" + std::string{avedge::to_string(*transport)};
  return lookup == Lookup::federation ? text + ";federation" : text;
}

bool NextHop::is_same_place(const NextHop& other) const {
  return std::tie(host, port, transport, lookup) ==
         std::tie(other.host, other.port, other.transport, other.lookup);
}

std::vector<Transport> Settings::transports_of(std::string_view interface) const {
  std::vector<Transport> transports;
  for (const Transport transport : {Transport::udp, Transport::tcp, Transport::tls}) {
    if (listener_for(interface, transport, AddressFamily::ipv4) ||
        listener_for(interface, transport, AddressFamily::ipv6)) {
      transports.push_back(transport);
    }
  }
  return transports;
}

std::optional<std::string> Settings::outbound_interface(const Route& route) const {
  if (route.to) return route.to;
  std::optional<std::string> other;
  for (const Listener& listener : listeners) {
    if (listener.interface == route.from) continue;
    if (other && *other != listener.interface) return std::nullopt;
    other = listener.interface;
  }
  return other;
}

std::optional<ListenerIndex> Settings::listener_for(std::string_view interface, Transport transport,
                                                    AddressFamily family) const {
  std::optional<ListenerIndex> substitute;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const Listener& listener = listeners[i];
    if (listener.interface != interface || listener.local.address.family() != family) continue;
    if (listener.offers(transport)) return static_cast<ListenerIndex>(i);
    if (transport == Transport::tls && !substitute) substitute = static_cast<ListenerIndex>(i);
  }
  return substitute;
}

Result<void> Settings::check() const {
  if (listeners.size() > kMaxListeners) return Error{"more than 255 sip listeners"};
  for (const Listener& listener : listeners) {
    if (auto checked = check_listener(listener); !checked) return checked;
  }
  for (const Route& route : routes) {
    if (auto checked = check_route(*this, route); !checked) return checked;
  }
  return {};
}

}  // namespace avedge::sip
