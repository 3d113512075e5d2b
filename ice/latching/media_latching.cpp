#include "ice/latching/media_latching.h"

namespace avedge::latching {

/// A path whose legs change between UDP and TCP begins anew.
void MediaLatching::set_path(Time now, const MediaPath& path, Outcome& outcome) {
  if (const auto udp = udp_path_of(path)) {
    tcp_.remove_path(path.id, outcome);
    udp_.set_path(now, *udp, outcome);
  } else {
    if (!tcp_.has(path.id)) udp_.remove_path(path.id, outcome);
    tcp_.set_path(now, path, outcome);
  }
}

/// A path over TCP may have one over UDP behind it, which goes with it.
void MediaLatching::remove_path(Time /*now*/, MediaPathId path, Outcome& outcome) {
  tcp_.remove_path(path, outcome);
  udp_.remove_path(path, outcome);
}

void MediaLatching::expire(Time now, Outcome& outcome) {
  if (now >= udp_.next_deadline()) udp_.expire(now, outcome);
  if (now >= tcp_.next_deadline()) tcp_.expire(now, outcome);
}

}  // namespace avedge::latching
