// One line in the log for every allocation and every call that begins or ends.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "ice/turn/observer.h"
#include "signaling-shim/anchor/call_observer.h"

namespace avedge::edge {

/// The relayed address, or both of a dual allocation.
[[nodiscard]] std::string relayed_text(const Endpoint& relayed,
                                       const std::optional<Endpoint>& relayed_ipv6);

/// Shared by all workers: the log accepts lines from any thread and never makes one wait.
class AllocationLog final : public turn::AllocationObserver {
 public:
  void on_opened(const turn::AllocationInfo& allocation) override;
  void on_closed(const turn::AllocationInfo& allocation, turn::CloseReason reason,
                 const turn::Traffic& traffic, Duration lifetime) override;
  /// At most one line in kBetweenRefusals, for all sources together.
  void on_own_address_refused(const turn::AllocationInfo& allocation,
                              const Endpoint& peer) override;

 private:
  static constexpr std::chrono::seconds kBetweenRefusals{10};

  std::atomic<std::int64_t> next_refusal_{0};  // monotonic nanoseconds
};

class CallLog final : public anchor::CallObserver {
 public:
  void on_call_started(const anchor::CallInfo& call) override;
  void on_call_ended(const anchor::CallInfo& call, const anchor::CallEnd& end) override;
  void on_media_reclaimed(const anchor::CallInfo& call, Side party, std::uint64_t times) override;
  void on_target_refused(const anchor::CallInfo& call, std::string_view advice,
                         bool is_refused) override;
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
