#include "ice/latching/line_payload.h"

#include "relay/core/turn_framing.h"

namespace avedge::latching {
namespace {

bool is_dtls(ConstBytes datagram) {
  return !datagram.empty() && classify(datagram[0]) == PacketKind::dtls;
}

bool has_payload_type(const LinePayload& line, ConstBytes rtp) {
  return line.payload_types.none() || line.payload_types.test(rtp_payload_type_of(rtp));
}

}  // namespace

bool fits(const LinePayload& line, ConstBytes datagram) {
  if (line.has_dtls && is_dtls(datagram)) return true;
  switch (line.kind) {
    case LinePayload::Kind::any: return true;
    case LinePayload::Kind::rtp: return is_rtp(datagram) && has_payload_type(line, datagram);
    case LinePayload::Kind::rtcp: return is_rtcp(datagram);
  }
  return false;
}

}  // namespace avedge::latching
