// The targets of media from the edge's own ports. A party may name one of them: a call that crosses
// the edge twice does. But two calls whose parties name each other's ports would loop media for
// ever.
#pragma once

#include <map>
#include <vector>

#include "relay/session_control.h"

namespace avedge::anchor {

/// Signalling thread only.
class LoopDetector {
 public:
  /// Routes examined before a loop is assumed: more than a forked call has.
  static constexpr std::size_t kMaxReached = 64;

  /// Media received at `port` is sent to `onward`, until the path is removed.
  void add(MediaPathId path, const MediaPort& port, const Endpoint& onward);
  void remove(MediaPathId path);

  [[nodiscard]] bool is_anchored(const Endpoint& port) const { return forwardings_.contains(port); }
  /// Whether media for `target` would return to `near` or `far`, the ports that it is sent between.
  [[nodiscard]] bool would_loop(const Endpoint& target, const MediaPort& near,
                                const MediaPort& far) const;

 private:
  struct Forwarding {
    MediaPathId path;
    Endpoint onward;
  };
  void add(MediaPathId path, const Endpoint& name, const Endpoint& onward);

  std::map<Endpoint, std::vector<Forwarding>> forwardings_;  // by the port's names
  std::map<MediaPathId, std::vector<Endpoint>> names_;       // what add() used
};

}  // namespace avedge::anchor
