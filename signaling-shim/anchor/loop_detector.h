// The targets of media from the edge's own ports. A party may name one of them: a call that crosses
// the edge twice does. But two calls whose parties name each other's ports would loop media for
// ever.
#pragma once

#include <map>
#include <vector>

#include "relay/session_control.h"

namespace avedge::anchor {

/// A port of ours, and the transport that media comes to it by.
struct FacingPort {
  Transport transport = Transport::udp;
  const MediaPort& port;
};
/// Where media goes.
struct MediaPlace {
  Transport transport = Transport::udp;
  Endpoint at;
  friend auto operator<=>(const MediaPlace&, const MediaPlace&) = default;
};

/// Signalling thread only.
class LoopDetector {
 public:
  /// Routes examined before a loop is assumed: more than a forked call has.
  static constexpr std::size_t kMaxReached = 64;

  /// Media received at `port` is sent to `onward`, until the path is removed.
  void add(MediaPathId path, const FacingPort& port, const MediaPlace& onward);
  void remove(MediaPathId path);

  [[nodiscard]] bool is_anchored(const MediaPlace& port) const {
    return forwardings_.contains(port);
  }
  /// Whether media for `target` would return to one of the two ports that it is sent between.
  [[nodiscard]] bool would_loop(const MediaPlace& target, const FacingPort& one,
                                const FacingPort& other) const;

 private:
  struct Forwarding {
    MediaPathId path;
    MediaPlace onward;
  };
  void add(MediaPathId path, const MediaPlace& name, const MediaPlace& onward);

  std::map<MediaPlace, std::vector<Forwarding>> forwardings_;  // by the port's names
  std::map<MediaPathId, std::vector<MediaPlace>> names_;       // what add() used
};

}  // namespace avedge::anchor
