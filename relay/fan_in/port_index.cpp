#include "relay/fan_in/port_index.h"

namespace avedge::relay {

PortIndex::PortIndex(const std::vector<RelayRange>& ranges) {
  for (const RelayRange& range : ranges) {
    const std::size_t count = range.last.number() - range.first.number() + 1u;
    ranges_.push_back({range.local, range.first.number(), std::vector<SocketId>(count, kNoSocket)});
  }
}

void PortIndex::set(const Endpoint& local, SocketId id) {
  if (const SocketId* place = place_of(local)) *const_cast<SocketId*>(place) = id;
}

SocketId PortIndex::find(const Endpoint& local) const {
  const SocketId* place = place_of(local);
  return place == nullptr ? kNoSocket : *place;
}

/// An address may stand in several entries, one for each of its port ranges.
const SocketId* PortIndex::place_of(const Endpoint& local) const {
  for (const Range& range : ranges_) {
    // Ports below the first wrap around to beyond the last.
    const std::size_t at = static_cast<std::uint16_t>(local.port.number() - range.first);
    if (at < range.sockets.size() && range.address == local.address) return &range.sockets[at];
  }
  return nullptr;
}

}  // namespace avedge::relay
