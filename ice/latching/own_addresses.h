// The edge's own relayed addresses, under all names. What comes from there is some relayed address
// of a client, or a call that crosses the edge twice.
#pragma once

#include <algorithm>
#include <vector>

#include "relay/core/endpoint.h"

namespace avedge::latching {

class OwnAddresses {
 public:
  explicit OwnAddresses(std::vector<IpAddress> addresses) : addresses_{std::move(addresses)} {}

  [[nodiscard]] bool contain(const IpAddress& address) const {
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
  }

  /// Whether a party that signalled `candidates` may use `remote`: one of our addresses only if it
  /// signalled that, under either name. Two calls latched onto each other's ports would loop media,
  /// and a check sent through the other is valid.
  [[nodiscard]] bool allow(const Endpoint& remote, const std::vector<Endpoint>& candidates) const {
    if (!contain(remote.address)) return true;
    return std::any_of(candidates.begin(), candidates.end(), [&](const Endpoint& candidate) {
      return candidate.port == remote.port && contain(candidate.address);
    });
  }

 private:
  std::vector<IpAddress> addresses_;
};

}  // namespace avedge::latching
