#include "relay/core/embedded_ipv4.h"

#include <algorithm>
#include <iterator>

#include "relay/core/prefix.h"

namespace avedge {
namespace {

IpAddress ipv4_at(const IpAddress& address, std::size_t offset) {
  return *IpAddress::from_bytes(address.bytes().subspan(offset, 4));
}

/// RFC 4380 §4: the client's address is stored with every bit inverted.
IpAddress teredo_client(const IpAddress& address) {
  std::array<std::byte, 4> octets;
  const ConstBytes hidden = address.bytes().subspan(12, 4);
  std::transform(hidden.begin(), hidden.end(), octets.begin(), [](std::byte b) { return ~b; });
  return IpAddress::v4(octets);
}

/// RFC 5214 §6.1: interface identifier 00-00-5E-FE or 02-00-5E-FE and the address, in any /64.
bool is_isatap(const IpAddress& address) {
  const ConstBytes id = address.bytes().subspan(8, 4);
  return (id[0] & ~std::byte{0x02}) == std::byte{0} && id[1] == std::byte{0} &&
         id[2] == std::byte{0x5E} && id[3] == std::byte{0xFE};
}

Prefix prefix(std::string_view text) {
  return *Prefix::parse(text);
}

}  // namespace

bool embeds_ipv4(const IpAddress& address) {
  static const Prefix kForms[] = {prefix("::ffff:0:0/96"), prefix("::ffff:0:0:0/96"),
                                  prefix("::/96")};
  // :: and ::1 are addresses of IPv6's own within ::/96 (RFC 4291 §2.5.2, §2.5.3).
  if (address.is_v4() || address.is_unspecified() || address.is_loopback()) return false;
  return std::any_of(std::begin(kForms), std::end(kForms),
                     [&](const Prefix& form) { return form.contains(address); });
}

IpAddress unwrap_embedded_ipv4(const IpAddress& address) {
  static const Prefix kSixToFour = prefix("2002::/16");
  static const Prefix kTeredo = prefix("2001::/32");
  static const Prefix kNat64 = prefix("64:ff9b::/96");
  if (address.is_v4()) return address;
  if (embeds_ipv4(address) || kNat64.contains(address)) return ipv4_at(address, 12);
  if (kSixToFour.contains(address)) return ipv4_at(address, 2);
  if (kTeredo.contains(address)) return teredo_client(address);
  if (is_isatap(address)) return ipv4_at(address, 12);
  return address;
}

}  // namespace avedge
