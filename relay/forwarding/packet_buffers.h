// The buffers that the packets of one wake-up lie in, and the sending of what lies there. Nothing
// is copied to be sent, so a buffer is used again only after what waits has left.
#pragma once

#include <cstring>

#include "relay/egress/frame_egress.h"
#include "relay/sockets/packet_ring.h"
#include "relay/sockets/send_batch.h"

namespace avedge::relay {

/// The worker's thread only.
class PacketBuffers {
 public:
  /// Both outlive this. `egress`: null if everything leaves by sockets.
  PacketBuffers(SendBatch& batch, FrameEgress* egress) : batch_{batch}, egress_{egress} {}

  /// Received datagrams lie here until flush().
  [[nodiscard]] PacketRing& received() { return received_; }

  /// Room for one read from a stream or one decrypted record: at most PacketRing::kPayload bytes.
  /// They stay until flush() if keep_read() follows.
  [[nodiscard]] Bytes room_to_read() {
    make_room(read_);
    return {read_.payload(0), PacketRing::kPayload};
  }
  void keep_read() { read_.keep(1); }

  /// A copy with headroom and tailroom of its own, of one datagram of a GRO burst. Stays until
  /// flush().
  [[nodiscard]] Bytes copy_segment(ConstBytes datagram) { return copy(segments_, datagram); }
  /// A copy of an encrypted datagram of at most PacketRing::kPayload bytes, to be put into the
  /// batch.
  [[nodiscard]] Bytes copy_encrypted(ConstBytes datagram) { return copy(encrypted_, datagram); }

  /// Sends what waits.
  void send() { egress_ != nullptr ? egress_->flush() : batch_.flush(); }
  /// Sends what waits; no buffer is in use any more. Not while received datagrams are still to be
  /// served.
  void flush() {
    send();
    received_.clear();
    read_.clear();
    segments_.clear();
    encrypted_.clear();
  }

 private:
  /// Each ring starts again by itself: the others' packets may still have to be served.
  void make_room(PacketRing& ring) {
    if (ring.free() > 0) return;
    send();
    ring.clear();
  }
  [[nodiscard]] Bytes copy(PacketRing& ring, ConstBytes datagram) {
    make_room(ring);
    const Bytes copied{ring.payload(0), datagram.size()};
    std::memcpy(copied.data(), datagram.data(), datagram.size());
    ring.keep(1);
    return copied;
  }

  SendBatch& batch_;
  FrameEgress* egress_;
  PacketRing received_;
  PacketRing read_;
  PacketRing segments_;
  PacketRing encrypted_;
};

}  // namespace avedge::relay
