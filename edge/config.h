// The configuration as plain values: what the operator's file says, checked, with every reference
// resolved and every default filled in. Read once at start and once per reload, then never changed.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/bandwidth.h"
#include "relay/core/egress.h"
#include "relay/core/endpoint.h"
#include "relay/core/ingress.h"
#include "relay/core/media_path.h"
#include "relay/core/port_range.h"
#include "relay/core/prefix.h"
#include "relay/core/result.h"
#include "relay/secure/mutual_tls.h"
#include "relay/secure/pem.h"
#include "signaling-shim/anchor/media_anchor.h"

namespace avedge::edge {

/// One address the edge stands on. `advertised` differs from `local` behind 1:1 NAT only.
struct InterfaceAddress {
  IpAddress local;
  IpAddress advertised;
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// [[interface]]: a network the edge stands on.
struct Interface {
  std::string name;
  std::vector<InterfaceAddress> addresses;
  std::string device;  // empty: sockets are not bound to a device
  friend bool operator==(const Interface&, const Interface&) = default;
};

/// [[relay]]: where media ports are leased. Ranges of one interface do not overlap.
struct RelayRange {
  std::string interface;
  PortRange ports;
  friend bool operator==(const RelayRange&, const RelayRange&) = default;
};

/// One address of a listener, with all that its socket needs.
struct ListenAddress {
  Endpoint local;
  Endpoint advertised;
  std::string device;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// [[certificate]]: what its files held when they were read, so that what was checked is what is
/// used.
struct Certificate {
  std::string name;
  secure::PemPair pem;
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// [[turn.listener]], and what [[sip.listener]] shares with it. `bind` by interface name means each
/// of its addresses.
struct Listener {
  std::string interface;  // empty: an address that belongs to no [[interface]]
  std::vector<ListenAddress> addresses;
  std::vector<Transport> transports;  // udp and dtls share a socket, and so do tcp and tls
  std::string certificate;            // of tls and dtls: a name among Config::certificates
  /// Every connection begins with a PROXY protocol header. Over tcp and tls only.
  bool proxy_protocol = false;
  friend bool operator==(const Listener&, const Listener&) = default;
};

/// The certificates that a TLS listener of SIP requires of clients.
using secure::ClientProof;

/// [[sip.listener]]
struct SipListener : Listener {
  std::string name;  // lower case; empty: Via and Record-Route show the address
  ClientProof verify = ClientProof::none;
  std::string client_ca;              // PEM; empty: the authorities of the system
  std::vector<std::string> partners;  // lower case; empty: any client with a valid certificate
  std::vector<Prefix> sources;        // empty: from anywhere
  friend bool operator==(const SipListener&, const SipListener&) = default;
};

enum class RuleAction : std::uint8_t { allow, deny };

/// [[turn.peer_rule]]: asked in order before the built-in deny list; the first match wins.
struct PeerRule {
  RuleAction action = RuleAction::deny;
  Prefix prefix;
  std::optional<PortRange> ports{};  // nothing: every port, but of this host none
  friend bool operator==(const PeerRule&, const PeerRule&) = default;
};

/// The part of [turn.limits] that a reload changes.
struct ReloadableTurnLimits {
  std::uint32_t permissions_per_allocation = 64;
  std::uint32_t channels_per_allocation = 64;
  std::uint32_t connections_per_allocation = 16;  // of TCP allocations
  friend bool operator==(const ReloadableTurnLimits&, const ReloadableTurnLimits&) = default;
};

/// [turn.limits]: caps that keep one client from using up what belongs to all.
struct TurnLimits : ReloadableTurnLimits {
  std::uint32_t allocations_per_user = 100;
  std::uint32_t allocations_per_source = 1000;  // many clients share one NAT's address
  std::uint32_t allocations_total = 10'000;     // one port each: the size of the default range
  /// Per source prefix: what a spoofed source can make us reflect (401, 438, Binding).
  std::uint32_t unauthenticated_answers_per_second = 1000;
  std::uint32_t connections = 10'000;  // TCP, TLS and DTLS, of all clients together
  /// Accepted, but without an allocation yet: handshakes and unproven connections.
  std::uint32_t half_open_per_source = 64;
  std::optional<std::uint32_t> half_open_per_prefix;  // nothing: four times that
  std::uint32_t half_open_total = 1024;               // on each interface
  /// What waits for a slow TCP or TLS client; beyond either bound the oldest goes.
  std::uint32_t stream_queue_bytes = 256 * 1024;
  std::chrono::milliseconds stream_queue_age{500};
  // What UDP allocations relay, both directions together.
  Bandwidth bandwidth_per_allocation;
  Bandwidth bandwidth_per_user;
  Bandwidth bandwidth_total;
  friend bool operator==(const TurnLimits&, const TurnLimits&) = default;
};

/// Channel numbers that clients may bind. RFC 8656 §12 ends at 0x4FFF; RFC 5766 went up to
/// 0x7FFF, and clients of its time (coturn's turnutils_uclient is one) choose from all of that.
enum class ChannelNumbers : std::uint8_t { rfc8656, rfc5766 };

/// Which password algorithms of RFC 8489 are good.
enum class TurnAuthentication : std::uint8_t { md5, both, sha256 };

/// A user whose password the edge does not know: the hashes of "user:realm:password".
struct HashedUser {
  std::optional<std::array<std::byte, 16>> md5_key;
  std::optional<std::array<std::byte, 32>> sha256_key;
  std::string realm;  // empty: the realm of the file
  friend bool operator==(const HashedUser&, const HashedUser&) = default;
};

/// [[turn.oauth]]: what an authorization server encrypts access tokens with (RFC 7635).
struct OAuthKey {
  enum class Algorithm : std::uint8_t { a128gcm, a256gcm };
  std::string kid;
  Algorithm algorithm = Algorithm::a256gcm;
  std::vector<std::byte> key;  // 16 or 32 bytes
  friend bool operator==(const OAuthKey&, const OAuthKey&) = default;
};

/// [turn.nat_discovery]: two addresses with different IPs and ports; they and their crosses are UDP
/// listeners (RFC 5780).
struct NatDiscoveryConfig {
  Endpoint primary;
  Endpoint alternate;
  friend bool operator==(const NatDiscoveryConfig&, const NatDiscoveryConfig&) = default;
};

/// [turn.redirect]: servers that clients are sent to (ALTERNATE-SERVER).
struct RedirectConfig {
  std::vector<Endpoint> servers;
  std::string domain;  // the name in their certificates; may be empty
  std::optional<std::uint32_t> above_allocations;
  friend bool operator==(const RedirectConfig&, const RedirectConfig&) = default;
};

/// Which credentials the file has a key for, be it to say that there are none: what a reload may
/// take away is only what it says so about.
struct StatedCredentials {
  bool users = false;
  bool shared_secret_file = false;
  bool oauth = false;
  friend bool operator==(const StatedCredentials&, const StatedCredentials&) = default;
};

/// The part of [turn] that a reload changes.
struct ReloadableTurn {
  std::vector<std::string> shared_secrets;  // TURN REST, any of them is valid (rotation)
  std::map<std::string, std::string> users;
  std::map<std::string, HashedUser> hashed_users;
  TurnAuthentication authentication = TurnAuthentication::both;
  std::vector<OAuthKey> oauth_keys;
  StatedCredentials stated;
  std::string server_name;  // that access tokens are made for; empty: the realm
  RedirectConfig redirect;
  bool tcp_relay = false;  // RFC 6062
  bool mobility = false;   // RFC 8016
  std::vector<PeerRule> peer_rules;
  ChannelNumbers channel_numbers = ChannelNumbers::rfc8656;
  /// RFC 8656 §3.2: 10 minutes unless the client asks for something else.
  std::chrono::seconds default_lifetime{600};
  /// RFC 8656 §7.2 recommends at most one hour.
  std::chrono::seconds max_lifetime{3600};
  friend bool operator==(const ReloadableTurn&, const ReloadableTurn&) = default;
};

struct TurnConfig : ReloadableTurn {
  std::string relay_interface;
  std::vector<Listener> listeners;           // empty: TURN is off
  std::vector<std::string> listener_realms;  // of each listener; empty: the realm of the file
  std::optional<NatDiscoveryConfig> nat_discovery;
  TurnLimits limits;
  /// DSCP of everything relayed, 0 to 63; nothing: as it came, ECN included (RFC 8656 §14).
  std::optional<std::uint8_t> dscp;
  /// Whether a relayed datagram has one hop less to go (RFC 8656 §14), or all of them again.
  bool decrement_ttl = false;
  /// RFC 8656 §5: a nonce expires at least once every hour.
  std::chrono::seconds nonce_lifetime{3600};
  friend bool operator==(const TurnConfig&, const TurnConfig&) = default;
};

/// [[media.peer_rule]]: where media may be sent before its party has latched.
struct MediaPeerRule {
  std::string interface;  // that faces the party; empty: any
  PeerRule rule;
  friend bool operator==(const MediaPeerRule&, const MediaPeerRule&) = default;
};

/// A reload changes all of it.
struct MediaConfig {
  std::vector<MediaPeerRule> peer_rules;
  friend bool operator==(const MediaConfig&, const MediaConfig&) = default;
};

/// One entry of `next_hops`: "sip:HOST[:PORT][;transport=udp|tcp|tls][;weight=N]".
struct NextHop {
  std::string uri;                     // as configured
  std::string host;                    // a name, or an address without brackets
  std::optional<IpAddress> address;    // set if `host` is an address
  std::optional<Port> port;            // nothing: what DNS says, or the transport's own
  std::optional<Transport> transport;  // nothing: what DNS says, or udp
  std::uint16_t weight = 1;
  friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// How a route chooses among its next hops.
enum class RouteBalance : std::uint8_t { in_order, by_weight };

/// [[sip.route]]: the first match wins; a request that matches none is refused.
struct SipRoute {
  std::string from;    // interface the request came in by
  std::string to;      // interface it leaves by
  std::string domain;  // of the Request-URI, lower case; empty: any
  std::vector<NextHop> next_hops;
  bool federation = false;  // to where _sipfederationtls._tcp of `domain` leads; no next hops then
  RouteBalance balance = RouteBalance::in_order;
  Latching latching = Latching::signalled;
  anchor::CandidateMode candidates = anchor::CandidateMode::replace;
  bool tcp = true;     // media over TCP is anchored, too
  bool trust = false;  // headers that assert an identity pass
  bool path = false;   // REGISTER gets a Path that leads back through the edge
  friend bool operator==(const SipRoute&, const SipRoute&) = default;
};

/// [sip.limits]
struct SipLimits {
  std::uint32_t requests_per_second = 100;  // of one source address
  // TCP and TLS, unproven; each interface has an equal share. As many again for the others.
  std::uint32_t connections = 4096;
  std::uint32_t connections_per_source = 256;
  std::uint32_t connections_per_second = 50;  // opened by one source address
  std::uint32_t calls_per_source = 1000;      // at a time; next hops are exempt
  std::uint32_t ports_per_source = 4000;      // of those calls, on both sides together
  std::uint32_t unanswered_per_source = 20;   // calls at a time whose caller sent no ACK yet
  std::optional<std::uint32_t> unanswered_per_network;  // of a /24 or /64; nothing: tenfold
  std::uint32_t unanswered_per_interface = 500;
  // Ports of each interface, of UDP and TCP each, that are kept:
  std::optional<std::uint32_t> next_hop_ports;  // for next hops; nothing: half of them
  std::optional<std::uint32_t> turn_ports;      // for TURN; nothing: a quarter of them
  // Of unproven sources over TCP and TLS:
  std::chrono::seconds evict_after{30};      // a connection without a complete request
  std::uint32_t handshakes = 512;            // TLS, in progress at a time
  std::uint32_t handshakes_per_source = 64;  // the same of one source
  std::uint32_t handshakes_per_second = 300;
  std::uint32_t message_bytes = 32'768;
  std::uint32_t bytes_in_flight_per_source = 131'072;
  friend bool operator==(const SipLimits&, const SipLimits&) = default;
};

/// The part of [sip] that a reload changes.
struct ReloadableSip {
  bool trace = false;  // every message goes where [trace] says
  friend bool operator==(const ReloadableSip&, const ReloadableSip&) = default;
};

struct SipConfig : ReloadableSip {
  std::vector<SipListener> listeners;  // empty: SIP is off
  std::vector<SipRoute> routes;
  std::vector<std::string> names;            // of the edge, lower case, besides its listeners'
  std::string next_hop_ca;                   // PEM; empty: the authorities of the system
  std::vector<Endpoint> dns_servers;         // empty: those of the system
  std::chrono::seconds options_interval{0};  // between health checks; 0: none
  std::uint32_t options_failures = 3;
  SipLimits limits;
  /// An unanswered offer holds its ports this long: RFC 3261 §16.6's timer C.
  std::chrono::seconds offer_timeout{180};
  /// A call without a packet in either direction for this long is over.
  std::chrono::seconds media_idle_timeout{300};
  friend bool operator==(const SipConfig&, const SipConfig&) = default;
};

/// [trace]: where traced SIP messages go. A reload changes all of it.
struct TraceConfig {
  std::string file = "/var/log/avedge/sip-trace.log";  // empty: to no file
  std::uint32_t file_size = 64;                        // MiB; then FILE becomes FILE.1
  std::uint32_t files = 8;                             // FILE among them; the oldest goes
  bool mask = true;                                    // passwords, keys and instant messages
  std::optional<Endpoint> hep_collector;               // gets a copy as HEPv3 over UDP
  std::uint32_t hep_capture_id = 2001;
  std::string hep_password;  // empty: the collector asks for none
  friend bool operator==(const TraceConfig&, const TraceConfig&) = default;
};

/// Of the ng control protocol; ws is an upgrade on the port of http.
enum class NgTransport : std::uint8_t { udp, tcp, http, ws };
inline constexpr std::array<std::string_view, 4> kNgTransportWords{"udp", "tcp", "http", "ws"};
constexpr std::string_view to_string(NgTransport transport) {
  return kNgTransportWords[static_cast<std::size_t>(transport)];
}

/// [[ng.listener]]
struct NgListener {
  std::vector<ListenAddress> addresses;
  std::vector<NgTransport> transports;
  std::vector<Prefix> allow;  // sources that may speak here
  friend bool operator==(const NgListener&, const NgListener&) = default;
};

struct NgConfig {
  std::vector<NgListener> listeners;  // empty: ng is off
  std::string interface;              // faces both parties of a call without `direction`
  friend bool operator==(const NgConfig&, const NgConfig&) = default;
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

/// The part of [log] that a reload changes.
struct ReloadableLog {
  LogLevel level = LogLevel::info;
  friend bool operator==(const ReloadableLog&, const ReloadableLog&) = default;
};

struct LogConfig : ReloadableLog {
  LogFormat format = LogFormat::text;
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

/// [metrics] listens here unless the file says otherwise.
inline constexpr std::string_view kDefaultMetricsAddress = "127.0.0.1:9464";
/// [admin] without the right to write here falls back to a folder of the user's own.
inline constexpr std::string_view kDefaultAdminSocket = "/run/avedge/admin.sock";
/// More threads than this only share caches with each other.
inline constexpr std::uint32_t kMaxWorkers = 255;

struct Config {
  std::string realm;
  std::uint32_t workers = 0;  // 0: one per core
  Ingress ingress = Ingress::sockets;
  Egress egress = Egress::sockets;
  std::vector<Interface> interfaces;
  std::vector<RelayRange> relays;
  std::vector<Certificate> certificates;
  TurnConfig turn;
  MediaConfig media;
  SipConfig sip;
  TraceConfig trace;
  NgConfig ng;
  std::optional<Endpoint> metrics_http;  // nothing: switched off by http = ""
  std::string admin_socket;              // empty: the first usable of admin_socket_paths()
  LogConfig log;
  /// What works but should be looked at, each as "FILE:LINE: key: …".
  std::vector<std::string> warnings;

  /// Whether there is a listener that clients can come to.
  [[nodiscard]] bool serves_anything() const;
  /// Nothing if none has that name. Lives as long as this configuration.
  [[nodiscard]] const Interface* find_interface(std::string_view name) const;
  [[nodiscard]] const Certificate* find_certificate(std::string_view name) const;
  friend bool operator==(const Config&, const Config&) = default;
};

/// Reads and checks a configuration file. The error lists *all* problems, one a line, each as
/// "FILE:LINE: key: what is wrong; what would be right". Relative paths inside the file start at
/// the file's own folder.
[[nodiscard]] Result<Config> load_config(const std::string& path);

/// The same for a text in memory; `path` names it in messages and is where relative paths start.
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& path);

}  // namespace avedge::edge
