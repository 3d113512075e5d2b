#include "relay/ports/relay_addresses.h"

#include <algorithm>

#include "relay/core/descriptor_reserve.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

/// Ports in a row that may be held by other programs before the range counts as exhausted. A port
/// that could not be bound rests like any freed one, so the next attempts meet others.
constexpr int kBindAttempts = 64;

/// Binds `lease`'s port. The socket has no descriptor if another socket holds the port, or if there
/// is no descriptor left: then the next port would fail as well.
LeasedSocket bind_lease(const RelayRange& range, PortLease lease) {
  LeasedSocket socket;
  socket.local = {range.local, lease.port()};
  socket.advertised = {range.advertised, lease.port()};
  auto fd = open_udp(socket.local, {.device = range.device});
  if (!fd) return socket;
  socket.fd = std::move(fd).value();
  socket.lease = std::move(lease);
  return socket;
}

Verdict<LeasedSocket> lease_one(RelayAddress& address, Parity parity) {
  for (int i = 0; i < kBindAttempts; ++i) {
    auto lease =
        parity == Parity::even ? address.udp_ports().lease_even() : address.udp_ports().lease_any();
    if (!lease) break;
    LeasedSocket socket = bind_lease(address.range(), std::move(*lease));
    if (socket.fd.is_open()) return socket;
    if (are_descriptors_exhausted()) return DropReason::descriptors_exhausted;
  }
  return DropReason::ports_exhausted;
}

Verdict<LeasedPair> lease_two(RelayAddress& address) {
  for (int i = 0; i < kBindAttempts; ++i) {
    auto leases = address.udp_ports().lease_pair();
    if (!leases) break;
    LeasedPair pair{bind_lease(address.range(), std::move(leases->even)),
                    bind_lease(address.range(), std::move(leases->odd))};
    if (pair.even.fd.is_open() && pair.odd.fd.is_open()) return pair;
    if (are_descriptors_exhausted()) return DropReason::descriptors_exhausted;
  }
  return DropReason::ports_exhausted;
}

/// Binds and listens on `lease`'s port, as bind_lease() does for UDP.
LeasedSocket listen_on_lease(const RelayRange& range, PortLease lease) {
  LeasedSocket socket;
  socket.local = {range.local, lease.port()};
  socket.advertised = {range.advertised, lease.port()};
  auto fd = listen_relayed_tcp(socket.local, range.device);
  if (!fd) return socket;
  socket.fd = std::move(fd).value();
  socket.lease = std::move(lease);
  return socket;
}

Verdict<LeasedSocket> lease_one_tcp(RelayAddress& address) {
  for (int i = 0; i < kBindAttempts; ++i) {
    auto lease = address.tcp_ports().lease_any();
    if (!lease) break;
    LeasedSocket socket = listen_on_lease(address.range(), std::move(*lease));
    if (socket.fd.is_open()) return socket;
    if (are_descriptors_exhausted()) return DropReason::descriptors_exhausted;
  }
  return DropReason::ports_exhausted;
}

}  // namespace

RelayAddresses::RelayAddresses(const std::vector<RelayRange>& ranges) {
  for (const RelayRange& range : ranges) {
    addresses_.push_back(std::make_unique<RelayAddress>(range));
  }
}

Verdict<LeasedSocket> RelayAddresses::lease(std::string_view interface, AddressFamily family,
                                            Parity parity) {
  return try_addresses(interface, family,
                       [parity](RelayAddress& address) { return lease_one(address, parity); });
}

Verdict<LeasedPair> RelayAddresses::lease_pair(std::string_view interface, AddressFamily family) {
  return try_addresses(interface, family, &lease_two);
}

Verdict<LeasedSocket> RelayAddresses::lease_tcp(std::string_view interface, AddressFamily family) {
  return try_addresses(interface, family, &lease_one_tcp);
}

FileDescriptor RelayAddresses::bind_again(const Endpoint& local) const {
  for (const auto& address : addresses_) {
    const RelayRange& range = address->range();
    if (range.local != local.address || !address->tcp_ports().is_leased(local.port)) continue;
    auto fd = bind_relayed_tcp(local, range.device);
    return fd ? std::move(fd).value() : FileDescriptor{};
  }
  return {};
}

std::optional<Endpoint> RelayAddresses::reachable_over_tcp(const Endpoint& remote) const {
  bool is_ours = false;
  for (const auto& address : addresses_) {
    const RelayRange& range = address->range();
    if (range.local != remote.address && range.advertised != remote.address) continue;
    if (address->tcp_ports().is_leased(remote.port)) return Endpoint{range.local, remote.port};
    is_ours = true;
  }
  if (is_ours) return std::nullopt;
  return remote;
}

const RelayAddress* RelayAddresses::find(std::string_view interface,
                                         const IpAddress& address) const {
  for (const auto& candidate : addresses_) {
    const RelayRange& range = candidate->range();
    if (range.interface != interface) continue;
    if (range.local == address || range.advertised == address) return candidate.get();
  }
  return nullptr;
}

/// An address may stand in several entries, one for each of its port ranges.
bool RelayAddresses::is_leased(std::string_view interface, const Endpoint& local) const {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& address) {
    const RelayRange& range = address->range();
    return range.interface == interface && range.local == local.address &&
           address->udp_ports().is_leased(local.port);
  });
}

bool RelayAddresses::is_tcp_leased(std::string_view interface, const Endpoint& local) const {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& address) {
    const RelayRange& range = address->range();
    return range.interface == interface && range.local == local.address &&
           address->tcp_ports().is_leased(local.port);
  });
}

bool RelayAddresses::is_leased(const Endpoint& port, Transport transport) const {
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& address) {
    const RelayRange& range = address->range();
    const PortPool& pool =
        transport == Transport::udp ? address->udp_ports() : address->tcp_ports();
    return (range.local == port.address || range.advertised == port.address) &&
           pool.is_leased(port.port);
  });
}

bool RelayAddresses::translates(std::string_view interface) const {
  for (const auto& address : addresses_) {
    const RelayRange& range = address->range();
    if (range.interface == interface && range.local != range.advertised) return true;
  }
  return false;
}

/// Every address of that interface and family once, beginning with the one whose turn it is.
template <class Attempt>
auto RelayAddresses::try_addresses(std::string_view interface, AddressFamily family,
                                   Attempt attempt)
    -> decltype(attempt(std::declval<RelayAddress&>())) {
  DropReason reason = DropReason::family_unsupported;
  const std::size_t start = turn_.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    RelayAddress& address = *addresses_[(start + i) % addresses_.size()];
    if (address.range().interface != interface) continue;
    if (address.range().local.family() != family) continue;
    auto leased = attempt(address);
    if (leased) return leased;
    reason = leased.reason();
  }
  return reason;
}

}  // namespace avedge::relay
