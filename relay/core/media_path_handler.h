// The slow path of anchored calls: learns where the parties of its paths really are, joins them,
// and decides about their TCP connections. Everything here runs on one worker's thread.
#pragma once

#include "relay/core/media_path.h"
#include "relay/core/slow_path.h"
#include "relay/core/stream_connections.h"

namespace avedge {

class MediaPathHandler : public SlowPathHandler {
 public:
  /// Creates or changes a path; changed values let its parties latch again. Connections stay,
  /// unless their port no longer belongs to the path.
  virtual void set_path(Time now, const MediaPath& path, Outcome& outcome) = 0;
  /// Forgets the path, its flows and its connections; unknown ids are ignored.
  virtual void remove_path(Time now, MediaPathId path, Outcome& outcome) = 0;
  /// A DropReason is counted by the caller.
  [[nodiscard]] virtual Verdict<void> on_stream(Time now, const StreamEvent& event,
                                                Outcome& outcome) = 0;
};

}  // namespace avedge
