#include "signaling-shim/anchor/settings.h"

#include <algorithm>

namespace avedge::anchor {

bool OwnPlaces::forbids(const Endpoint& target) const {
  const bool is_own =
      std::find(addresses.begin(), addresses.end(), target.address) != addresses.end();
  return is_own && std::none_of(media.begin(), media.end(), [&](const MediaPorts& ports) {
           return target.address == ports.address && target.port >= ports.first &&
                  target.port <= ports.last;
         });
}

}  // namespace avedge::anchor
