// Which socket of a worker holds a leased port: what the sk_lookup program left out.
#pragma once

#include <vector>

#include "relay/core/flow.h"
#include "relay/ports/relay_addresses.h"

namespace avedge::relay {

/// One worker's. A look-up is a comparison for each address of the edge and one read; nothing is
/// allocated after construction.
class PortIndex {
 public:
  explicit PortIndex(const std::vector<RelayRange>& ranges);

  /// A `local` that no range holds is ignored.
  void set(const Endpoint& local, SocketId id);
  /// kNoSocket if that port is not ours.
  [[nodiscard]] SocketId find(const Endpoint& local) const;

 private:
  struct Range {
    IpAddress address;
    std::uint16_t first;
    std::vector<SocketId> sockets;  // from `first` on
  };

  [[nodiscard]] const SocketId* place_of(const Endpoint& local) const;

  std::vector<Range> ranges_;
};

}  // namespace avedge::relay
