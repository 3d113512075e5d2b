#include "signaling-shim/ng/settings.h"

#include <algorithm>

namespace avedge::ng {

bool Listener::offers(Transport transport) const {
  return std::find(transports.begin(), transports.end(), transport) != transports.end();
}

bool Listener::allows(const IpAddress& source) const {
  return std::any_of(allow.begin(), allow.end(),
                     [&](const Prefix& prefix) { return prefix.contains(source); });
}

}  // namespace avedge::ng
