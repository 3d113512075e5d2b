#include "signaling-shim/sip/dialog_targets.h"

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

/// The URI's transport, or the known SIP flow's if the URI names none; nothing if the URI names a
/// transport that SIP does not use here.
std::optional<Transport> transport_of(const Uri& uri, const SipFlow& known) {
  if (uri.is_secure()) return Transport::tls;
  const auto name = uri.parameters.value("transport");
  if (!name) return known.transport;
  for (const Transport transport : {Transport::udp, Transport::tcp}) {
    if (equals_ignoring_case(*name, to_string(transport))) return transport;
  }
  return std::nullopt;
}

Port port_of(const Uri& uri, Transport transport) {
  return uri.location.port.value_or(transport == Transport::tls ? kSipsPort : kSipPort);
}

/// Addresses that `uri` may lead to.
std::vector<IpAddress> addresses_of(const Uri& uri, const SipFlow& known,
                                    const std::string& interface, const HopTable& hops) {
  const auto numeric = uri.location.address();
  const std::string name = numeric ? numeric->to_string() : std::string{uri.location.host};
  auto addresses = hops.addresses_of(interface, name);
  if (addresses.empty() && numeric == known.remote.address) addresses.push_back(*numeric);
  return addresses;
}

}  // namespace

std::vector<SipFlow> dialog_targets(const RouteSet& routes, const HopTable& hops,
                                    const Settings& settings) {
  const SipFlow& known = routes.dialog()->target.flow;
  const std::string& interface = settings.at(known.listener).interface;
  const auto uri = Uri::parse(routes.next_uri());
  if (!uri || !uri->is_sip()) return {known};
  const auto transport = transport_of(*uri, known);
  if (!transport) return {known};
  std::vector<SipFlow> targets;
  for (const IpAddress& address : addresses_of(*uri, known, interface, hops)) {
    const auto listener = settings.listener_for(interface, *transport, address.family());
    if (!listener) continue;
    SipFlow& target = targets.emplace_back();
    target = {*listener, *transport, ConnectionId::none, {address, port_of(*uri, *transport)}};
    if (address == known.remote.address && *transport == known.transport) {
      target.listener = known.listener;
      target.connection = known.connection;
    }
  }
  if (targets.empty()) targets.push_back(known);
  return targets;
}

}  // namespace avedge::sip
