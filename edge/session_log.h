// One line in the log for every allocation and every call that begins or ends.
#pragma once

#include <string>

#include "ice/turn/observer.h"
#include "signaling-shim/anchor/call_observer.h"

namespace avedge::edge {

/// The relayed address, or both of a dual allocation.
[[nodiscard]] std::string relayed_text(const turn::AllocationInfo& allocation);

/// Shared by all workers: the log takes lines from any thread and never makes one wait.
class AllocationLog final : public turn::AllocationObserver {
 public:
  void on_opened(const turn::AllocationInfo& allocation) override;
  void on_closed(const turn::AllocationInfo& allocation, turn::CloseReason reason,
                 const turn::Traffic& traffic, Duration lifetime) override;
};

class CallLog final : public anchor::CallObserver {
 public:
  void on_call_started(const anchor::CallInfo& call) override;
  void on_call_ended(const anchor::CallInfo& call, const anchor::CallEnd& end) override;
  void on_media_reclaimed(const anchor::CallInfo& call, anchor::Side party,
                          std::uint64_t times) override;
};

}  // namespace avedge::edge
