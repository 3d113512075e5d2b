// The operator's SIP settings, as plain values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/endpoint.h"
#include "relay/core/media_path.h"
#include "relay/core/prefix.h"
#include "relay/core/result.h"
#include "relay/secure/mutual_tls.h"
#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/sip/signer.h"
#include "signaling-shim/sip/sip_flow.h"

namespace avedge::sip {

/// The certificate of a TLS listener, and the peers it trusts.
struct ListenerTls {
  secure::MutualTlsSettings context;
  /// A connecting client's certificate must contain one of these names; empty: any certificate that
  /// the context accepts.
  std::vector<std::string> partners;
};

/// One [[sip.listener]] on one address: UDP socket and acceptor share the port.
struct Listener {
  std::string interface;
  /// A specific address; port 0 lets the kernel choose (tests).
  Endpoint local;
  /// The address in Via and Record-Route: `local`, or its public name behind 1:1 NAT. Address
  /// 0.0.0.0 or port 0: as local.
  Endpoint advertised;
  /// Of udp, tcp and tls; not both tcp and tls, which would share the port.
  std::vector<Transport> transports;
  /// Bind to this network device; empty: do not.
  std::string device;
  /// Host name in Via and Record-Route instead of the advertised address; may be empty. Peers
  /// verify our certificate against this name.
  std::string name;
  /// Required if tls is among the transports.
  std::optional<ListenerTls> tls;
  /// Allowed sources, besides our next hops; empty: any source.
  std::vector<Prefix> sources;

  [[nodiscard]] bool offers(Transport transport) const;
  [[nodiscard]] bool admits(const IpAddress& source) const;
  /// "host:port" as others may reach this listener.
  [[nodiscard]] std::string shown() const;
};

/// Where requests of a route go: an address, a host, or a domain resolved through DNS (RFC 3263).
struct NextHop {
  enum class Lookup : std::uint8_t {
    rfc3263,    // NAPTR, SRV, addresses: unless port and transport are given
    federation  // SRV of _sipfederationtls._tcp only, over TLS, as Lync's edges find each other
  };
  std::string host;  // without brackets
  std::optional<Port> port;
  std::optional<Transport> transport;
  /// Its share of a balanced route.
  std::uint16_t weight = 1;
  Lookup lookup = Lookup::rfc3263;

  /// "sip:host[:port][;transport=udp|tcp|tls][;weight=n]"; sips means tls.
  static Result<NextHop> parse(std::string_view uri);
  /// As parse() accepts it, without the weight; marks a federated domain.
  [[nodiscard]] std::string to_string() const;
  /// Whether it is looked up like `other`, whatever the weights.
  [[nodiscard]] bool is_same_place(const NextHop& other) const;
};

/// The order in which a request tries the next hops of its route.
enum class Balance : std::uint8_t { in_order, by_weight };

/// One [[sip.route]]: the first match for a request outside a dialog is used.
struct Route {
  std::string from;
  /// Interface to leave through; by default the only other one that has a SIP listener.
  std::optional<std::string> to;
  /// Matches this host of the Request-URI only.
  std::optional<std::string> domain;
  std::vector<NextHop> next_hops;
  Latching latching = Latching::signalled;
  anchor::CandidateMode candidates = anchor::CandidateMode::replace;
  anchor::StreamMode streams = anchor::StreamMode::anchored;
  Balance balance = Balance::in_order;
  /// Both sides belong to one trust domain (RFC 3325): identity headers pass in either direction
  /// for the whole dialog. Otherwise they are removed.
  bool trust = false;
  /// A REGISTER gets our Path (RFC 3327), so that its registrar can reach the client through us.
  bool path = false;
};

/// OPTIONS to every address of every next hop (RFC 3261 §11).
struct HealthCheck {
  /// Zero: disabled.
  std::chrono::seconds interval{0};
  /// Consecutive checks failed (no answer, or 503) until a hop is down; one answer restores it.
  unsigned failures = 3;
};

struct Limits {
  /// Maximum number of concurrent INVITE transactions, and of bytes they hold together.
  std::size_t pending_invites = 20'000;
  std::size_t pending_bytes = 64 * 1024 * 1024;
  /// Per source address (IPv6: per /64). Configured next hops are exempt.
  double requests_per_second = 100;
  double request_burst = 200;
  std::size_t rate_limited_sources = 65'536;
  /// Responses to an unproven source, beyond the bytes that it sent.
  double answer_bytes_per_second = 256;
  double answer_burst = 4096;
  /// Number of established endpoints, and how long each is kept after its last proof.
  std::size_t established_sources = 65'536;
  std::chrono::hours established_lifetime{24};
  /// The same for new connections: each may cost a handshake.
  double connections_per_second = 50;
  double connection_burst = 100;
  /// Of unproven sources, in equal shares per interface. As many again for next hops and known
  /// ones.
  std::size_t connections = 4'096;
  std::size_t connections_per_source = 256;
  /// An unproven connection without a complete request for this long makes room for a newcomer.
  std::chrono::seconds evict_after{30};
  /// TLS handshakes of unproven sources: in progress, and begun per second.
  std::size_t handshakes = 512;
  std::size_t handshakes_per_source = 64;
  double handshakes_per_second = 300;
  /// Of unproven sources over TCP and TLS: one message, and all bytes of a source in flight.
  std::size_t message_bytes = 32 * 1024;
  std::size_t bytes_in_flight_per_source = 128 * 1024;
  /// Unsent bytes of one connection; it is closed beyond this.
  std::size_t write_queue = 1024 * 1024;
  std::chrono::seconds idle_timeout{600};
  /// A message begun on a connection must be complete within this.
  std::chrono::seconds message_timeout{30};
  /// For a connection and its TLS handshake, each.
  std::chrono::seconds connect_timeout{5};
  /// A next hop that refused a connection is the last choice for this long.
  std::chrono::seconds hop_penalty{30};
  /// Next-hop DNS answers are valid for their TTL, within these bounds.
  std::chrono::seconds shortest_ttl{1};
  std::chrono::seconds longest_ttl{600};
  /// A lookup without a result is repeated after this.
  std::chrono::seconds lookup_retry{10};
};

struct Settings {
  std::vector<Listener> listeners;
  std::vector<Route> routes;
  /// Host names by which a Route header may name the edge, besides the listeners' own.
  std::vector<std::string> names;
  /// PEM of the authorities for next-hop certificates, for interfaces without a TLS listener;
  /// empty: those of the system.
  std::string next_hop_ca;
  HealthCheck health;
  /// Queried for the names of next hops; empty: those of the system.
  std::vector<Endpoint> dns_servers;
  Limits limits;
  /// Signs Via and Record-Route; random if absent. Calls survive a restart only with the same key
  /// and the same order of listeners.
  std::optional<SigningKey> key;

  /// The outbound interface of `route`; nothing if it is ambiguous.
  [[nodiscard]] std::optional<std::string> outbound_interface(const Route& route) const;
  /// The first listener of that interface which supports the transport; nothing if there is none.
  /// TLS does not require its own listener: any serves connections that we open.
  [[nodiscard]] std::optional<ListenerIndex> listener_for(std::string_view interface,
                                                          Transport transport,
                                                          AddressFamily family) const;
  [[nodiscard]] const Listener& at(ListenerIndex index) const {
    return listeners[static_cast<std::size_t>(index)];
  }
  /// Transports available on `interface`, udp before tcp before tls.
  [[nodiscard]] std::vector<Transport> transports_of(std::string_view interface) const;
  /// Reports contradictions to the operator.
  [[nodiscard]] Result<void> check() const;
};

}  // namespace avedge::sip
