// Where media ports are leased: the addresses of every [[relay]] entry with their port pools.
// Leasing here means leasing *and binding*: a port that another program holds is skipped.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/cache_line.h"
#include "relay/core/drop_reason.h"
#include "relay/core/relay_ports.h"
#include "relay/ports/leased_socket.h"
#include "relay/ports/port_pool.h"

namespace avedge::relay {

/// One address of one [[relay]] entry.
struct RelayRange {
  std::string interface;
  IpAddress local;
  IpAddress advertised;
  std::string device;  // bind to this device; empty: none
  Port first;
  Port last;
};

class RelayAddress {
 public:
  explicit RelayAddress(const RelayRange& range)
      : range_{range}, udp_ports_{range.first, range.last}, tcp_ports_{range.first, range.last} {}

  [[nodiscard]] const RelayRange& range() const { return range_; }
  [[nodiscard]] PortPool& udp_ports() { return udp_ports_; }
  [[nodiscard]] const PortPool& udp_ports() const { return udp_ports_; }
  [[nodiscard]] PortPool& tcp_ports() { return tcp_ports_; }
  [[nodiscard]] const PortPool& tcp_ports() const { return tcp_ports_; }

 private:
  RelayRange range_;
  PortPool udp_ports_;
  PortPool tcp_ports_;
};

struct LeasedPair {
  LeasedSocket even;
  LeasedSocket odd;
};

/// Any thread. Lives longer than every socket leased here.
class RelayAddresses {
 public:
  explicit RelayAddresses(const std::vector<RelayRange>& ranges);

  /// A bound socket on a free port of that interface. Several addresses of one family are used in
  /// turn. Fails with family_unsupported, ports_exhausted or
  /// descriptors_exhausted.
  [[nodiscard]] Verdict<LeasedSocket> lease(std::string_view interface, AddressFamily family,
                                            Parity parity);
  /// An even port and the one above it, on the same address.
  [[nodiscard]] Verdict<LeasedPair> lease_pair(std::string_view interface, AddressFamily family);
  /// A TCP port that listens (RFC 6062). Fails like lease().
  [[nodiscard]] Verdict<LeasedSocket> lease_tcp(std::string_view interface, AddressFamily family);
  /// Another TCP socket on a port that lease_tcp() gave, to connect from. Not open on failure.
  [[nodiscard]] FileDescriptor bind_again(const Endpoint& local) const;
  /// Where a connection to `remote` leads: there, or to its local form if it is one of our
  /// addresses under either name. Nothing if that is ours and not leased at this moment.
  [[nodiscard]] std::optional<Endpoint> reachable_over_tcp(const Endpoint& remote) const;

  /// The address that `interface` knows as `address`, be it its local or its advertised form.
  [[nodiscard]] const RelayAddress* find(std::string_view interface,
                                         const IpAddress& address) const;
  /// Whether that port of one of the interface's local addresses is leased at this moment.
  [[nodiscard]] bool is_leased(std::string_view interface, const Endpoint& local) const;
  [[nodiscard]] bool is_tcp_leased(std::string_view interface, const Endpoint& local) const;
  /// The same for any interface, and for either name of the address.
  [[nodiscard]] bool is_leased(const Endpoint& port, Transport transport) const;
  [[nodiscard]] const std::vector<std::unique_ptr<RelayAddress>>& all() const { return addresses_; }
  /// Whether any address of `interface` is advertised by another name.
  [[nodiscard]] bool translates(std::string_view interface) const;

 private:
  template <class Attempt>
  auto try_addresses(std::string_view interface, AddressFamily family, Attempt attempt)
      -> decltype(attempt(std::declval<RelayAddress&>()));

  std::vector<std::unique_ptr<RelayAddress>> addresses_;
  // Every lease writes it, and packets between relayed addresses read what stands above.
  alignas(kCacheLine) std::atomic<std::size_t> turn_{0};
};

}  // namespace avedge::relay
