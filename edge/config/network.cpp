#include "edge/config/network.h"

#include <net/if.h>

#include <algorithm>

#include "edge/config/choice.h"
#include "edge/config/port_range.h"

namespace avedge::edge {
namespace {

/// Below it live services that need a privilege to bind: nobody expects media there.
constexpr std::uint16_t kLowestRelayPort = 1024;
constexpr std::string_view kRangeSyntax = "use \"FIRST-LAST\" within 1024-65535";

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

std::optional<IpAddress> read_address(const Located<std::string>& text, Problems& problems) {
  const auto address = IpAddress::parse(text.value);
  if (!address) {
    problems.refuse(text.place, "'" + text.value + "' is not a valid IP address",
                    "use one like 192.0.2.10 or 2001:db8::10");
  } else if (address->is_unspecified()) {
    problems.refuse(text.place, "'" + text.value + "' is a wildcard", "name one address");
    return std::nullopt;
  }
  return address;
}

void refuse_taken_address(const Located<std::string>& text, const IpAddress& local,
                          const Config& config, const Interface& reading, Problems& problems) {
  const auto has_it = [&](const Interface& interface) {
    return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                       [&](const InterfaceAddress& address) { return address.local == local; });
  };
  const bool taken =
      has_it(reading) || std::any_of(config.interfaces.begin(), config.interfaces.end(), has_it);
  if (taken) {
    problems.refuse(text.place, "'" + text.value + "' already belongs to an interface",
                    "name each address once");
  }
}

void read_interface_address(Section& entry, const Config& config, Interface& interface,
                            Problems& problems) {
  const auto local_text = entry.text("local");
  const auto advertised_text = entry.text("advertised");
  if (!entry.has("local")) entry.refuse_missing("local", "add the address that sockets bind to");
  entry.refuse_unknown();

  const auto local = local_text ? read_address(*local_text, problems) : std::nullopt;
  const auto advertised = advertised_text ? read_address(*advertised_text, problems) : local;
  if (!local || !advertised) return;
  if (local->family() != advertised->family()) {
    problems.refuse(advertised_text->place, "is of another family than local",
                    "translate IPv4 to IPv4 and IPv6 to IPv6");
    return;
  }
  refuse_taken_address(*local_text, *local, config, interface, problems);
  interface.addresses.push_back({*local, *advertised});
}

std::string read_interface_name(Section& section, const Config& config, Problems& problems) {
  const auto name = section.text("name");
  if (!section.has("name")) section.refuse_missing("name", "add one for other keys to refer to");
  if (!name) return {};
  if (!is_name(name->value)) {
    problems.refuse(name->place, "'" + name->value + "' is not a valid name",
                    "use letters, digits, '-' and '_'");
  } else if (config.find_interface(name->value) != nullptr) {
    problems.refuse(name->place, "'" + name->value + "' stands there twice",
                    "give each [[interface]] a name of its own");
  }
  return name->value;
}

std::optional<PortRange> read_range(const Located<std::string>& text, Problems& problems) {
  const auto range = read_port_range(text, kRangeSyntax, problems);
  if (range && range->first.number() < kLowestRelayPort) {
    problems.refuse(text.place, "'" + text.value + "' begins below 1024", kRangeSyntax);
    return std::nullopt;
  }
  return range;
}

void add_relay(const RelayRange& relay, const Place& place, Config& config, Problems& problems) {
  for (const RelayRange& other : config.relays) {
    if (other.interface != relay.interface) continue;
    if (other.ports.first <= relay.ports.last && relay.ports.first <= other.ports.last) {
      problems.refuse(place, "overlaps another range of '" + relay.interface + "'",
                      "keep the ranges of one interface apart");
      return;
    }
  }
  config.relays.push_back(relay);
}

}  // namespace

void read_interfaces(Section& top, Config& config, Problems& problems) {
  for (Section& section : top.sections("interface")) {
    Interface interface;
    interface.name = read_interface_name(section, config, problems);
    auto entries = section.sections("addresses");
    for (Section& entry : entries) read_interface_address(entry, config, interface, problems);
    if (entries.empty()) {
      section.refuse_missing("addresses", "add at least one, as [{ local = \"192.0.2.10\" }]");
    }
    if (const auto device = section.text("device")) {
      interface.device = device->value;
      if (device->value.empty() || device->value.size() >= IFNAMSIZ) {
        problems.refuse(device->place, "'" + device->value + "' is not a valid network device",
                        "use a name like eth0");
      }
    }
    section.refuse_unknown();
    config.interfaces.push_back(std::move(interface));
  }
}

void read_relays(Section& top, Config& config, Problems& problems) {
  for (Section& section : top.sections("relay")) {
    const auto name = section.text("interface");
    const auto ports = section.text("ports");
    if (!section.has("interface")) section.refuse_missing("interface", "name an [[interface]]");
    if (!section.has("ports")) section.refuse_missing("ports", kRangeSyntax);
    section.refuse_unknown();

    const Interface* interface = name ? refer_to_interface(*name, config, problems) : nullptr;
    const auto range = ports ? read_range(*ports, problems) : std::nullopt;
    if (interface != nullptr && range) {
      add_relay({interface->name, *range}, ports->place, config, problems);
    }
  }
}

const Interface* refer_to_interface(const Located<std::string>& name, const Config& config,
                                    Problems& problems) {
  const Interface* interface = config.find_interface(name.value);
  if (interface != nullptr) return interface;
  std::vector<std::string> names;
  for (const Interface& known : config.interfaces) names.push_back(known.name);
  problems.refuse(name.place, "no [[interface]] is named '" + name.value + "'",
                  names.empty() ? "add one" : suggestion(name.value, names));
  return nullptr;
}

}  // namespace avedge::edge
