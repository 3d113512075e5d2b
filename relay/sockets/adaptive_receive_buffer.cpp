#include "relay/sockets/adaptive_receive_buffer.h"

#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

/// Bytes: some hundreds of datagrams, a few milliseconds of what a worker serves.
constexpr int kShort = 256 << 10;

}  // namespace

std::uint32_t AdaptiveReceiveBuffer::adapt() {
  const std::uint32_t overflows = queue_overflows(socket_);
  const std::uint32_t lost = overflows - overflows_;
  overflows_ = overflows;
  if (was_drained_) {
    make(false);
  } else if (lost > 0) {
    make(true);
  }
  was_drained_ = false;
  return lost;
}

void AdaptiveReceiveBuffer::make(bool is_short) {
  if (is_short == is_short_) return;
  set_receive_buffer(socket_, is_short ? kShort : bytes_);
  is_short_ = is_short;
}

}  // namespace avedge::relay
