// One line in the log for every allocation and every call that begins or ends.
#pragma once

#include <map>
#include <string>
#include <utility>

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
  /// At most once in ten seconds for each limit, with how many there were: they come in floods.
  void on_call_refused(const anchor::SessionSpec& call,
                       const anchor::CallRefusal& refusal) override;

 private:
  struct Refused {
    std::uint64_t calls = 0;  // since the last line
    Time next_line{};
  };
  std::map<std::pair<DropReason, std::string_view>, Refused> refused_;
};

}  // namespace avedge::edge
