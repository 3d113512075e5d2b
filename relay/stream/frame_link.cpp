#include "relay/stream/frame_link.h"

#include "relay/stream/media_framing.h"

namespace avedge::relay {

void FrameLink::send(ConstBytes datagram) {
  if (datagram.size() > kLongestFrame) return count(DropReason::payload_too_long);
  enqueue(frame_length(datagram.size()), datagram, 0);
}

}  // namespace avedge::relay
