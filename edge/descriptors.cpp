#include "edge/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace avedge::edge {
namespace {

/// The process's own: log, epolls, mailboxes, timers, sockets of the kernel's (netlink).
constexpr std::size_t kOwn = 64;
constexpr std::size_t kReserve = 128;

/// Ports of a range are leased on each address of its interface.
std::size_t relay_ports(const Config& config, std::string_view only_interface = {}) {
  std::size_t ports = 0;
  for (const RelayRange& relay : config.relays) {
    if (!only_interface.empty() && relay.interface != only_interface) continue;
    const Interface* interface = config.find_interface(relay.interface);
    if (interface == nullptr) continue;
    const std::size_t in_range =
        std::size_t{relay.ports.last.number()} - relay.ports.first.number() + 1;
    ports += in_range * interface->addresses.size();
  }
  return ports;
}

/// A listening port and one connection for each TCP allocation.
std::size_t tcp_allocations(const Config& config) {
  if (!config.turn.tcp_relay) return 0;
  const std::size_t ports = relay_ports(config, config.turn.relay_interface);
  return 2 * std::min<std::size_t>(config.turn.limits.allocations_total, ports);
}

bool has_streams(const Listener& listener) {
  return std::any_of(listener.transports.begin(), listener.transports.end(),
                     [](Transport transport) {
                       return transport == Transport::tcp || transport == Transport::tls;
                     });
}

template <class Listeners>
bool any_has_streams(const Listeners& listeners) {
  return std::any_of(listeners.begin(), listeners.end(),
                     [](const auto& listener) { return has_streams(listener); });
}

std::size_t connections(const Config& config) {
  std::size_t count = 0;
  if (any_has_streams(config.turn.listeners)) count += config.turn.limits.connections;
  // As many again are there for next hops.
  if (any_has_streams(config.sip.listeners))
    count += 2 * std::size_t{config.sip.limits.connections};
  return count;
}

std::size_t listeners(const Config& config, std::size_t workers) {
  std::size_t count = 0;
  for (const Listener& listener : config.turn.listeners) {
    count += listener.addresses.size() * (workers + 2);  // UDP for each, TCP, a lock
  }
  for (const Listener& listener : config.sip.listeners) count += 2 * listener.addresses.size();
  for (const NgListener& listener : config.ng.listeners) count += 2 * listener.addresses.size();
  return count;
}

}  // namespace

std::size_t descriptors_needed(const Config& config, std::size_t workers) {
  return relay_ports(config) + tcp_allocations(config) + connections(config) +
         listeners(config, workers) + kOwn + kReserve;
}

std::size_t descriptors_reserved(std::size_t limit) {
  return std::min(kReserve, limit / 4);
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::optional<std::string> descriptor_advice(std::size_t limit, std::size_t needed) {
  if (limit >= needed) return std::nullopt;
  const std::string wanted = std::to_string(needed);
  return "set LimitNOFILE=" + wanted + " in the service unit (docker: --ulimit nofile=" + wanted +
         "; shell: ulimit -Hn " + wanted + "), or configure fewer ports and connections";
}

}  // namespace avedge::edge
