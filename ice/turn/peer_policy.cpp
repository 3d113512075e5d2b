#include "ice/turn/peer_policy.h"

#include <algorithm>

#include "relay/core/embedded_ipv4.h"

namespace avedge::turn {
namespace {

/// Addresses that are not public unicast (RFC 6890 and IANA's special-purpose registries). The
/// forms of unwrap_embedded_ipv4() need no entry: their embedded address is checked.
constexpr std::string_view kDenied[] = {
    "0.0.0.0/8",        // this host (RFC 1122)
    "10.0.0.0/8",       // private (RFC 1918)
    "100.64.0.0/10",    // carrier-grade NAT (RFC 6598)
    "127.0.0.0/8",      // loopback
    "169.254.0.0/16",   // link-local, and the clouds' metadata services
    "172.16.0.0/12",    // private (RFC 1918)
    "192.0.0.0/24",     // protocol assignments
    "192.0.2.0/24",     // documentation (RFC 5737)
    "192.88.99.0/24",   // 6to4 relay anycast (RFC 7526)
    "192.168.0.0/16",   // private (RFC 1918)
    "198.18.0.0/15",    // benchmarking (RFC 2544)
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",   // documentation
    "224.0.0.0/4",      // multicast
    "240.0.0.0/4",      // reserved, and the limited broadcast
    "::/128",           // unspecified
    "::1/128",          // loopback
    "64:ff9b:1::/48",   // NAT64 within a network (RFC 8215): only that network knows its layout
    "100::/64",         // discard-only (RFC 6666)
    "2001:2::/48",      // benchmarking (RFC 5180)
    "2001:10::/28",     // ORCHID (RFC 4843)
    "2001:20::/28",     // ORCHIDv2 (RFC 7343)
    "2001:db8::/32",    // documentation (RFC 3849)
    "3fff::/20",        // documentation (RFC 9637)
    "5f00::/16",        // segment routing (RFC 9602)
    "fc00::/7",         // unique local (RFC 4193)
    "fe80::/10",        // link-local
    "fec0::/10",        // site-local (RFC 3879)
    "ff00::/8",         // multicast
};

bool is_denied_range(const IpAddress& address) {
  static const std::vector<Prefix> kPrefixes = [] {
    std::vector<Prefix> prefixes;
    for (const std::string_view text : kDenied) prefixes.push_back(*Prefix::parse(text));
    return prefixes;
  }();
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](const Prefix& prefix) { return prefix.contains(address); });
}

/// The written form counts too: an ISATAP address may carry a public one behind fe80::, and an
/// allowed IPv4 prefix says nothing about the network such an address is in.
bool is_written_badly(const IpAddress& peer) {
  return unwrap_embedded_ipv4(peer) != peer && is_denied_range(peer);
}

/// RFC 6062 uses TCP: rules that allow single ports apply to datagrams.
AddressRules::Scope scope_of(PeerPlace place, Transport transport) {
  return {place != PeerPlace::elsewhere, transport == Transport::udp};
}

}  // namespace

PeerPolicy::PeerPolicy(const PeerSettings& settings)
    : rules_{settings.rules},
      own_addresses_{settings.own_addresses},
      own_listeners_{settings.own_listeners} {
  for (IpAddress& own : own_addresses_) own = unwrap_embedded_ipv4(own);
}

bool PeerPolicy::is_own(const IpAddress& address) const {
  const IpAddress canonical = unwrap_embedded_ipv4(address);
  return std::find(own_addresses_.begin(), own_addresses_.end(), canonical) != own_addresses_.end();
}

PeerPorts PeerPolicy::ports_of(const IpAddress& peer, PeerPlace place, Transport transport) const {
  const auto answer = rules_.ask_about(peer, scope_of(place, transport));
  const bool is_denied = answer.rest == AddressRule::Action::deny;
  if (place == PeerPlace::relayed) {
    return is_denied && !answer.allows_some ? PeerPorts::none : PeerPorts::some;
  }
  if (is_written_badly(peer)) return PeerPorts::none;
  const bool allows_rest =
      answer.rest ? !is_denied
                  : place == PeerPlace::elsewhere && !is_denied_range(unwrap_embedded_ipv4(peer));
  if (allows_rest) return answer.denies_some ? PeerPorts::some : PeerPorts::all;
  return answer.allows_some ? PeerPorts::some : PeerPorts::none;
}

PeerPolicy::Verdict PeerPolicy::judge(const Endpoint& peer, PeerPlace place,
                                      Transport transport) const {
  const auto ruled = rules_.ask(peer, scope_of(place, transport));
  if (ruled == AddressRule::Action::deny) return Verdict::denied;
  // On this host only rules with ports allow anything.
  const bool is_here = place != PeerPlace::elsewhere;
  const bool is_opened = ruled.has_value() && !(is_here && is_own_listener(peer));
  if (place == PeerPlace::relayed) return is_opened ? Verdict::allowed : Verdict::if_leased;
  const bool is_allowed =
      is_here || ruled ? is_opened : !is_denied_range(unwrap_embedded_ipv4(peer.address));
  return is_allowed && !is_written_badly(peer.address) ? Verdict::allowed : Verdict::denied;
}

bool PeerPolicy::is_own_listener(const Endpoint& peer) const {
  const IpAddress canonical = unwrap_embedded_ipv4(peer.address);
  return std::any_of(own_listeners_.begin(), own_listeners_.end(), [&](const Endpoint& listener) {
    return listener.port == peer.port &&
           (listener.address == canonical || listener.address.is_unspecified());
  });
}

}  // namespace avedge::turn
