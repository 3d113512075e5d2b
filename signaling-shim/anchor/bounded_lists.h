// Lists from parties' descriptions: without repetition, and bounded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "relay/core/endpoint.h"

namespace avedge::anchor {

/// Multicast and broadcast are not a party's own address: sending there would amplify attacks.
inline bool is_unicast(const IpAddress& address) {
  const auto first = std::to_integer<unsigned>(address.bytes()[0]);
  return !address.is_unspecified() && (address.is_v4() ? first < 224 : first != 0xff);
}

/// Unless it is present already, or the list is full.
template <class Value>
void add_once(std::vector<Value>& list, const Value& value, std::size_t limit) {
  if (list.size() == limit) return;
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace avedge::anchor
