#include "ice/turn/peer_policy.h"

#include <algorithm>

#include "relay/core/address_forms.h"

namespace avedge::turn {
namespace {

/// What is no public unicast address (RFC 6890 and IANA's special-purpose registries). The forms of
/// canonical_form() need no entry: they are judged as what they carry.
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

}  // namespace

PeerPolicy::PeerPolicy(const PeerSettings& settings) : settings_{settings} {
  for (IpAddress& own : settings_.own_addresses) own = canonical_form(own);
}

bool PeerPolicy::allows(const IpAddress& peer) const {
  const IpAddress canonical = canonical_form(peer);
  // Before any rule: whoever allows the office network does not mean our own SIP listener there.
  const auto& own = settings_.own_addresses;
  if (std::find(own.begin(), own.end(), canonical) != own.end()) return false;
  // The written form counts too: an ISATAP address may carry a public one behind fe80::, and an
  // allowed IPv4 prefix says nothing about the network such an address is in.
  const bool is_written_badly = canonical != peer && is_denied_range(peer);
  if (const auto ruled = ask_rules(peer)) return *ruled && !is_written_badly;
  return !is_denied_range(canonical) && !is_written_badly;
}

bool PeerPolicy::allows_own_relay(const IpAddress& peer) const {
  return ask_rules(peer).value_or(true);
}

/// The first rule that matches. Rules look at the canonical form; a deny rule also at the written
/// one, whereas allowing 64:ff9b::/96 shall not open loopback.
std::optional<bool> PeerPolicy::ask_rules(const IpAddress& peer) const {
  const IpAddress canonical = canonical_form(peer);
  for (const PeerRule& rule : settings_.rules) {
    const bool denies = rule.action == PeerRule::Action::deny;
    if (rule.prefix.contains(canonical) || (denies && rule.prefix.contains(peer))) return !denies;
  }
  return std::nullopt;
}

}  // namespace avedge::turn
