#include "relay/core/local_addresses.h"

#include <algorithm>

#include "relay/core/embedded_ipv4.h"

namespace avedge {
namespace {

using Entry = LocalAddresses::Entry;

bool is_before(const Entry& left, const Entry& right) {
  if (left.prefix.address() != right.prefix.address()) {
    return left.prefix.address() < right.prefix.address();
  }
  if (left.prefix.length() != right.prefix.length()) {
    return left.prefix.length() < right.prefix.length();
  }
  return left.device < right.device;
}

bool is_one_address(const Entry& entry) {
  return entry.prefix.length() == 8 * entry.prefix.address().bytes().size();
}

}  // namespace

LocalAddresses::LocalAddresses(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(), is_before);
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  for (const Entry& entry : entries) (is_one_address(entry) ? hosts_ : networks_).push_back(entry);
}

bool LocalAddresses::contain(const IpAddress& address) const {
  return contain_exactly(address) || contain_exactly(unwrap_embedded_ipv4(address));
}

int LocalAddresses::device_of(const IpAddress& address) const {
  int device = 0;
  for (auto entry = first_host(address); is_at(entry, address); ++entry) {
    device = std::max(device, entry->device);
  }
  return device;
}

std::vector<Entry>::const_iterator LocalAddresses::first_host(const IpAddress& address) const {
  return std::lower_bound(
      hosts_.begin(), hosts_.end(), address,
      [](const Entry& entry, const IpAddress& wanted) { return entry.prefix.address() < wanted; });
}

bool LocalAddresses::is_at(std::vector<Entry>::const_iterator entry,
                           const IpAddress& address) const {
  return entry != hosts_.end() && entry->prefix.address() == address;
}

bool LocalAddresses::contain_exactly(const IpAddress& address) const {
  return is_at(first_host(address), address) ||
         std::any_of(networks_.begin(), networks_.end(),
                     [&](const Entry& entry) { return entry.prefix.contains(address); });
}

}  // namespace avedge
