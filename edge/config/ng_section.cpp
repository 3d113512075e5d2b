#include "edge/config/ng_section.h"

#include <algorithm>

#include "edge/config/choice.h"
#include "edge/config/network.h"

namespace avedge::edge {
namespace {

constexpr std::array<Choice<NgTransport>, 4> kTransports{{{"udp", NgTransport::udp},
                                                          {"tcp", NgTransport::tcp},
                                                          {"http", NgTransport::http},
                                                          {"ws", NgTransport::ws}}};

bool has(const NgListener& listener, NgTransport transport) {
  const auto& transports = listener.transports;
  return std::find(transports.begin(), transports.end(), transport) != transports.end();
}

void read_transports(Section& section, NgListener& listener, Problems& problems) {
  const auto words = section.texts("transports");
  for (const Located<std::string>& word : words) {
    const auto transport = choose<NgTransport>(word, kTransports, problems);
    if (!transport) continue;
    if (has(listener, *transport)) {
      problems.refuse(word.place, "'" + word.value + "' stands there twice", "name it once");
    }
    listener.transports.push_back(*transport);
  }
  if (!section.has("transports") || words.empty()) {
    section.refuse_missing("transports", "use some of udp, tcp, http, ws");
  }
  const bool has_http = has(listener, NgTransport::http) || has(listener, NgTransport::ws);
  if (has_http && has(listener, NgTransport::tcp)) {
    problems.refuse(section.place_of("transports"), "tcp cannot share a port with http and ws",
                    "give them listeners of their own");
  }
}

void read_allow(Section& section, NgListener& listener, Problems& problems) {
  for (const Located<std::string>& text : section.texts("allow")) {
    if (const auto prefix = Prefix::parse(text.value)) {
      listener.allow.push_back(*prefix);
    } else {
      problems.refuse(text.place, "'" + text.value + "' is not a valid prefix",
                      "use one like 10.20.0.0/16 or 2001:db8::/32, with all host bits zero");
    }
  }
}

/// The protocol has no passwords: whoever reaches it may have media sent anywhere.
void require_allow(Section& section, NgListener& listener, Problems& problems) {
  const bool is_local =
      std::all_of(listener.addresses.begin(), listener.addresses.end(),
                  [](const ListenAddress& address) { return address.local.address.is_loopback(); });
  if (is_local) {
    listener.allow = {*Prefix::parse("127.0.0.0/8"), *Prefix::parse("::1")};
    return;
  }
  problems.refuse({section.place().line, section.place().key + ".allow"}, "missing",
                  "anybody could steer media from there: list the prefixes of your proxies");
}

void read_listener(Section& section, Listeners& listeners, Config& config, Problems& problems) {
  NgListener listener;
  read_transports(section, listener, problems);
  read_allow(section, listener, problems);
  const bool has_udp = has(listener, NgTransport::udp);
  const bool has_tcp = listener.transports.size() > (has_udp ? 1U : 0U);
  auto addresses = listeners.read_bind(section, {has_udp, has_tcp});
  section.refuse_unknown();
  if (!addresses) return;
  listener.addresses = std::move(*addresses);
  if (!section.has("allow")) require_allow(section, listener, problems);
  config.ng.listeners.push_back(std::move(listener));
}

bool has_relay(const Config& config, std::string_view interface) {
  return std::any_of(config.relays.begin(), config.relays.end(),
                     [&](const RelayRange& relay) { return relay.interface == interface; });
}

void read_interface(Section& ng, Config& config, Problems& problems) {
  const auto name = ng.text("interface");
  if (!name) return;
  const Interface* interface = refer_to_interface(*name, config, problems);
  if (interface == nullptr) return;
  config.ng.interface = interface->name;
  if (!has_relay(config, interface->name)) {
    problems.refuse(name->place, "interface '" + name->value + "' has no [[relay]] range",
                    "add [[relay]] with interface = \"" + name->value + "\" and ports");
  }
}

}  // namespace

void read_ng(Section& top, Listeners& listeners, Config& config, Problems& problems) {
  auto ng = top.section("ng");
  if (!ng) return;
  if (!config.relays.empty()) config.ng.interface = config.relays.front().interface;
  for (Section& section : ng->sections("listener")) {
    read_listener(section, listeners, config, problems);
  }
  read_interface(*ng, config, problems);
  ng->refuse_unknown();
  if (config.relays.empty() && !config.ng.listeners.empty()) {
    problems.refuse(ng->place(), "calls need ports for their media",
                    "add a [[relay]] with an interface and ports");
  }
}

}  // namespace avedge::edge
