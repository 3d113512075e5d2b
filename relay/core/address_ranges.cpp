#include "relay/core/address_ranges.h"

#include <algorithm>
#include <iterator>

#include "relay/core/prefix.h"

namespace avedge {
namespace {

Prefix prefix(std::string_view text) {
  return *Prefix::parse(text);
}

template <std::size_t count>
bool is_within(const Prefix (&ranges)[count], const IpAddress& address) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Prefix& range) { return range.contains(address); });
}

}  // namespace

bool is_private(const IpAddress& address) {
  static const Prefix kRanges[] = {prefix("10.0.0.0/8"), prefix("172.16.0.0/12"),
                                   prefix("192.168.0.0/16"), prefix("100.64.0.0/10"),
                                   prefix("fc00::/7")};
  return is_within(kRanges, address);
}

bool is_link_local(const IpAddress& address) {
  static const Prefix kRanges[] = {prefix("169.254.0.0/16"), prefix("fe80::/10")};
  return is_within(kRanges, address);
}

bool is_not_routed(const IpAddress& address) {
  static const Prefix kRanges[] = {
      prefix("0.0.0.0/8"), prefix("127.0.0.0/8"), prefix("224.0.0.0/4"), prefix("240.0.0.0/4"),
      prefix("::/128"),    prefix("::1/128"),     prefix("ff00::/8")};
  return is_link_local(address) || is_within(kRanges, address);
}

}  // namespace avedge
