// What the operator decided about SIP, as plain values.
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

/// What a listener with TLS shows, and whom it believes.
struct ListenerTls {
  secure::MutualTlsSettings context;
  /// One of these names must be in the certificate of whoever connects; empty: any certificate that
  /// the context accepts.
  std::vector<std::string> partners;
};

/// One [[sip.listener]] on one address: UDP socket and acceptor share the port.
struct Listener {
  std::string interface;
  /// A specific address; port 0 lets the kernel choose (tests).
  Endpoint local;
  /// What Via and Record-Route show: `local`, or its public name behind 1:1 NAT.
  /// Address 0.0.0.0 or port 0: as local.
  Endpoint advertised;
  /// Of udp, tcp and tls; not tcp and tls, which would have to share the port.
  std::vector<Transport> transports;
  /// Bind to this network device; empty: do not.
  std::string device;
  /// Host name that Via and Record-Route show instead of the advertised address; may be empty.
  /// Those who check our certificate find in it the name they connect to.
  std::string name;
  /// Where tls is among the transports.
  std::optional<ListenerTls> tls;
  /// Who may send here at all, besides our next hops; empty: everybody.
  std::vector<Prefix> sources;

  [[nodiscard]] bool offers(Transport transport) const;
  [[nodiscard]] bool admits(const IpAddress& source) const;
  /// "host:port" as others may reach this listener.
  [[nodiscard]] std::string shown() const;
};

/// Where requests of a route go: an address, a host, or a domain of which DNS says more (RFC 3263).
struct NextHop {
  enum class Lookup : std::uint8_t {
    rfc3263,    // NAPTR, SRV, addresses: as far as port and transport are left open
    federation  // SRV of _sipfederationtls._tcp only, over TLS: how Lync's edges find each other
  };
  std::string host;  // without brackets
  std::optional<Port> port;
  std::optional<Transport> transport;
  /// Its share of a balanced route.
  std::uint16_t weight = 1;
  Lookup lookup = Lookup::rfc3263;

  /// "sip:host[:port][;transport=udp|tcp|tls][;weight=n]"; sips means tls.
  static Result<NextHop> parse(std::string_view uri);
  /// As parse() takes it, without the weight; a federated domain says so.
  [[nodiscard]] std::string to_string() const;
  /// Whether it is looked up like `other`, whatever the weights.
  [[nodiscard]] bool is_same_place(const NextHop& other) const;
};

/// In which order a request tries the next hops of its route.
enum class Balance : std::uint8_t { in_order, by_weight };

/// One [[sip.route]]: the first that matches a request outside a dialog is taken.
struct Route {
  std::string from;
  /// Interface to leave by; by default the only other one that has a SIP listener.
  std::optional<std::string> to;
  /// Matches this host of the Request-URI only.
  std::optional<std::string> domain;
  std::vector<NextHop> next_hops;
  Latching latching = Latching::signalled;
  anchor::CandidateMode candidates = anchor::CandidateMode::replace;
  anchor::StreamMode streams = anchor::StreamMode::anchored;
  Balance balance = Balance::in_order;
  /// Both sides belong to one trust domain (RFC 3325): what says who somebody is passes, in either
  /// direction and for the whole dialog. Else it is taken out.
  bool trust = false;
  /// A REGISTER gets our Path (RFC 3327), so that its registrar can reach the client through us.
  bool path = false;
};

/// OPTIONS to every address of every next hop (RFC 3261 §11).
struct HealthCheck {
  /// Zero: none.
  std::chrono::seconds interval{0};
  /// So many in a row without an answer, or answered 503, and it is down; one answer, and it is up.
  unsigned failures = 3;
};

struct Limits {
  /// INVITE transactions at a time, and the bytes they may hold together.
  std::size_t pending_invites = 20'000;
  std::size_t pending_bytes = 64 * 1024 * 1024;
  /// Per source address (IPv6: per /64). Configured next hops are exempt.
  double requests_per_second = 100;
  double request_burst = 200;
  std::size_t rate_limited_sources = 65'536;
  /// Responses to a source that nothing proves, beyond the bytes that it sent.
  double answer_bytes_per_second = 256;
  double answer_burst = 4096;
  /// Endpoints that are known to be where they say, and for how long after their last proof.
  std::size_t established_sources = 65'536;
  std::chrono::hours established_lifetime{24};
  /// The same for connections that are opened: each may cost a handshake.
  double connections_per_second = 50;
  double connection_burst = 100;
  /// Of strangers; each interface has an equal share. As many again for next hops and known ones.
  std::size_t connections = 4'096;
  std::size_t connections_per_source = 256;
  /// A stranger without a complete request for this long makes room for a newcomer.
  std::chrono::seconds evict_after{30};
  /// TLS handshakes of strangers: under way at a time, and begun in a second.
  std::size_t handshakes = 512;
  std::size_t handshakes_per_source = 64;
  double handshakes_per_second = 300;
  /// Of strangers over TCP and TLS: one message, and all that a source has in flight.
  std::size_t message_bytes = 32 * 1024;
  std::size_t bytes_in_flight_per_source = 128 * 1024;
  /// Unsent bytes of one connection; beyond it is closed.
  std::size_t write_queue = 1024 * 1024;
  std::chrono::seconds idle_timeout{600};
  /// A message begun on a connection must be complete within this.
  std::chrono::seconds message_timeout{30};
  /// For a connection and its TLS handshake, each.
  std::chrono::seconds connect_timeout{5};
  /// A next hop that refused a connection is the last choice for this long.
  std::chrono::seconds hop_penalty{30};
  /// What DNS says of next hops holds as long as it says, within these bounds.
  std::chrono::seconds shortest_ttl{1};
  std::chrono::seconds longest_ttl{600};
  /// A lookup that found nothing is tried again after this.
  std::chrono::seconds lookup_retry{10};
};

struct Settings {
  std::vector<Listener> listeners;
  std::vector<Route> routes;
  /// Host names by which a Route header may name the edge, besides the listeners' own.
  std::vector<std::string> names;
  /// PEM of the authorities that sign the certificates of next hops, for interfaces without a TLS
  /// listener; empty: those of the system.
  std::string next_hop_ca;
  HealthCheck health;
  /// Asked for the names of next hops; empty: those of the system.
  std::vector<Endpoint> dns_servers;
  Limits limits;
  /// Seals Via and Record-Route; random if absent. Calls survive a restart only under the same key
  /// and the same order of listeners.
  std::optional<SigningKey> key;

  /// The interface that requests of `route` leave by; nothing if the choice is not clear.
  [[nodiscard]] std::optional<std::string> outbound_interface(const Route& route) const;
  /// The first listener of that interface which can send so; nothing if there is none. TLS needs no
  /// listener of its own: any will do for connections that we open.
  [[nodiscard]] std::optional<ListenerIndex> listener_for(std::string_view interface,
                                                          Transport transport,
                                                          AddressFamily family) const;
  [[nodiscard]] const Listener& at(ListenerIndex index) const {
    return listeners[static_cast<std::size_t>(index)];
  }
  /// What a request can leave `interface` by, udp before tcp before tls.
  [[nodiscard]] std::vector<Transport> transports_of(std::string_view interface) const;
  /// Contradictions, in words for the operator.
  [[nodiscard]] Result<void> check() const;
};

}  // namespace avedge::sip
