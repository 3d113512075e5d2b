#include "edge/port_range_check.h"

#include <bitset>
#include <fstream>
#include <sstream>

namespace avedge::edge {
namespace {

using PortSet = std::bitset<65'536>;

/// "8080,9000-9010"
PortSet parse_reserved(std::string_view text) {
  PortSet ports;
  std::istringstream entries{std::string{text}};
  for (std::string entry; std::getline(entries, entry, ',');) {
    const auto dash = entry.find('-');
    unsigned first = 0;
    if (!(std::istringstream{entry} >> first)) continue;
    unsigned last = first;
    if (dash != std::string::npos) std::istringstream{entry.substr(dash + 1)} >> last;
    for (unsigned port = first; port <= last && port < ports.size(); ++port) ports.set(port);
  }
  return ports;
}

bool is_at_risk(const RelayRange& relay, std::string_view local_port_range,
                const PortSet& reserved) {
  unsigned lowest = 0;
  unsigned highest = 0;
  std::istringstream{std::string{local_port_range}} >> lowest >> highest;
  for (unsigned port = relay.ports.first.number(); port <= relay.ports.last.number(); ++port) {
    if (port >= lowest && port <= highest && !reserved.test(port)) return true;
  }
  return false;
}

std::string first_line(const char* path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::optional<std::string> reserving_command(std::span<const RelayRange> relays,
                                             std::string_view local_port_range,
                                             std::string_view reserved_ports) {
  const PortSet reserved = parse_reserved(reserved_ports);
  std::string list{reserved_ports};
  bool at_risk = false;
  for (const RelayRange& relay : relays) {
    if (!is_at_risk(relay, local_port_range, reserved)) continue;
    const std::string range = std::to_string(relay.ports.first.number()) + "-" +
                              std::to_string(relay.ports.last.number());
    if (("," + list + ",").find("," + range + ",") == std::string::npos) {
      list += (list.empty() ? "" : ",") + range;
    }
    at_risk = true;
  }
  if (!at_risk) return std::nullopt;
  return "sysctl -w net.ipv4.ip_local_reserved_ports=" + list;
}

std::optional<std::string> reserving_command(std::span<const RelayRange> relays) {
  const std::string range = first_line("/proc/sys/net/ipv4/ip_local_port_range");
  if (range.empty()) return std::nullopt;
  return reserving_command(relays, range, first_line("/proc/sys/net/ipv4/ip_local_reserved_ports"));
}

}  // namespace avedge::edge
