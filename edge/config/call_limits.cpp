#include "edge/config/call_limits.h"

namespace avedge::edge {
namespace {

constexpr std::int64_t kMostOfAnything = 1'000'000;
constexpr std::int64_t kMostPorts = 65'535;

std::optional<std::uint32_t> read_optional(Section& limits, std::string_view key,
                                           std::int64_t least, std::int64_t most) {
  const auto number = limits.integer(key, least, most);
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(number->value);
}

/// Ports of `interface`, on each of its addresses.
std::uint32_t ports_of(const Config& config, std::string_view interface) {
  std::uint32_t ports = 0;
  for (const RelayRange& relay : config.relays) {
    if (relay.interface != interface) continue;
    ports += static_cast<std::uint32_t>(relay.ports.last.number() - relay.ports.first.number()) + 1;
  }
  return ports;
}

/// What is kept must leave something for all other calls.
void check_kept_ports(Section& limits, const Config& config, Problems& problems) {
  const SipLimits& wanted = config.sip.limits;
  const std::uint32_t kept = wanted.next_hop_ports.value_or(0) + wanted.turn_ports.value_or(0);
  const char* key = wanted.next_hop_ports ? "next_hop_ports" : "turn_ports";
  for (const RelayRange& relay : config.relays) {
    const std::uint32_t ports = ports_of(config, relay.interface);
    if (kept == 0 || kept + 2 <= ports) continue;
    return problems.refuse(limits.place_of(key),
                           "next_hop_ports and turn_ports keep " + std::to_string(kept) +
                               " of the " + std::to_string(ports) + " ports of interface '" +
                               relay.interface + "'",
                           "leave at least 2 for other calls, or widen its [[relay]] ports");
  }
}

}  // namespace

void read_call_limits(Section& limits, Config& config, Problems& problems) {
  SipLimits& wanted = config.sip.limits;
  limits.read("calls_per_source", wanted.calls_per_source, 1, kMostOfAnything);
  limits.read("ports_per_source", wanted.ports_per_source, 4, kMostOfAnything);
  limits.read("unanswered_per_source", wanted.unanswered_per_source, 1, kMostOfAnything);
  wanted.unanswered_per_network =
      read_optional(limits, "unanswered_per_network", 1, kMostOfAnything);
  limits.read("unanswered_per_interface", wanted.unanswered_per_interface, 1, kMostOfAnything);
  wanted.next_hop_ports = read_optional(limits, "next_hop_ports", 0, kMostPorts);
  wanted.turn_ports = read_optional(limits, "turn_ports", 0, kMostPorts);
  check_kept_ports(limits, config, problems);
}

}  // namespace avedge::edge
