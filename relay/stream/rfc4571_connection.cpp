#include "relay/stream/rfc4571_connection.h"

#include "relay/stream/media_framing.h"

namespace avedge::relay {

void Rfc4571Connection::send(ConstBytes datagram) {
  if (datagram.size() > kLongestFrame) return count(DropReason::payload_too_long);
  enqueue(frame_length(datagram.size()), datagram, 0);
}

}  // namespace avedge::relay
