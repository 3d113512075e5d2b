// The receive queue of a socket that many clients or peers share. It is long, so that a burst for
// all of them finds room; but where more comes than can ever be served, a long queue only makes
// everything old, and the worker slow: what it takes has left the caches long ago. So then it is
// made short.
#pragma once

#include <cstdint>

namespace avedge::relay {

/// The worker's thread only. Never outlives the socket.
class AdaptiveReceiveBuffer {
 public:
  /// Of a socket whose queue has room for `bytes`.
  AdaptiveReceiveBuffer(int socket, int bytes) : socket_{socket}, bytes_{bytes} {}

  /// Everything that had arrived was taken.
  void note_empty() { was_drained_ = true; }
  /// A period is over: makes the queue short if it overflowed and was never drained meanwhile, and
  /// long again once it was; without CAP_NET_ADMIN not beyond net.core.rmem_max. Returns how many
  /// datagrams the period cost.
  std::uint32_t adapt();

  [[nodiscard]] bool is_short() const { return is_short_; }

 private:
  void make(bool is_short);

  int socket_;
  int bytes_;
  std::uint32_t overflows_ = 0;  // so far
  bool was_drained_ = false;
  bool is_short_ = false;
};

}  // namespace avedge::relay
