// Where paths over UDP are made: by signalling, and for connections whose other party has no TCP.
#pragma once

#include "relay/core/media_path.h"
#include "relay/core/slow_path.h"

namespace avedge::latching {

class UdpPathHandler {
 public:
  virtual ~UdpPathHandler() = default;
  /// Creates or changes a path; changed values let its parties latch again.
  virtual void set_path(Time now, const UdpPath& path, Outcome& outcome) = 0;
  /// Forgets the path and its flows; unknown ids are ignored.
  virtual void remove_path(MediaPathId path, Outcome& outcome) = 0;
};

}  // namespace avedge::latching
