// For data planes under test whose calls have no media over TCP.
#pragma once

#include "relay/core/stream_connections.h"

namespace avedge::relay {

class NoTcpAnchors final : public StreamPathHandler {
 public:
  void set_path(Time, const StreamPath&, Outcome&) override {}
  void remove_path(Time, MediaPathId, Outcome&) override {}
  Verdict<void> on_stream(Time, const StreamEvent&, Outcome&) override {
    return DropReason::unknown_source;
  }
  void expire(Time, Outcome&) override {}
  [[nodiscard]] Time next_deadline() const override { return kNever; }
};

}  // namespace avedge::relay
