// An endpoint about to take a latch over: the packets it must first send in a row.
#pragma once

#include <cstdint>

#include "relay/core/endpoint.h"

namespace avedge::latching {

/// Tracks one endpoint at a time: another one restarts the count.
class Challenge {
 public:
  /// One packet is easily forged, and a late one of an old place easily misread.
  static constexpr unsigned kPacketsInARow = 3;

  /// A packet from `remote` with that RTP source (0: not RTP). `heard`: packets of the latched
  /// source so far; one more of them breaks the row. True once the row is complete.
  [[nodiscard]] bool advance(const Endpoint& remote, std::uint32_t ssrc, std::uint64_t heard) {
    if (packets_ == 0 || remote != remote_ || ssrc != ssrc_ || heard != heard_) packets_ = 0;
    remote_ = remote;
    ssrc_ = ssrc;
    heard_ = heard;
    return ++packets_ >= kPacketsInARow;
  }
  void reset() { packets_ = 0; }

 private:
  Endpoint remote_;
  std::uint32_t ssrc_ = 0;
  std::uint64_t heard_ = 0;
  unsigned packets_ = 0;
};

}  // namespace avedge::latching
