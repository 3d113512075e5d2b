// The calls that are signalled by ng: finds what a request speaks of, and has the anchor carry it
// out.
#pragma once

#include <string>
#include <unordered_map>

#include "signaling-shim/anchor/sessions.h"
#include "signaling-shim/ng/call.h"
#include "signaling-shim/ng/settings.h"

namespace avedge::ng {

/// Signalling thread only. As many calls as the anchor admits sessions, each with kMaxLegs at most.
class Calls {
 public:
  /// Both outlive this.
  Calls(anchor::Sessions& sessions, const Settings& settings);

  /// The description for the other party. `unix_now` is the same moment as `now`.
  [[nodiscard]] Outcome<std::string> offer(Time now, UnixSeconds unix_now, const Options& request);
  [[nodiscard]] Outcome<std::string> answer(Time now, UnixSeconds unix_now, const Options& request);
  /// Ends what the request means, at once or after its delay. Fails with kNothingDeleted.
  [[nodiscard]] Outcome<void> remove(Time now, const Options& request);
  /// Null if there is no such call.
  [[nodiscard]] const Call* find(std::string_view call_id);
  /// At most `limit` of them.
  [[nodiscard]] std::vector<std::string> ids(std::size_t limit) const;
  [[nodiscard]] std::size_t size() const { return calls_.size(); }

  /// Carries out delayed deletions, and forgets calls that the anchor has ended (media idle, no
  /// answer). Meant to be called about once a second.
  void expire(Time now);

 private:
  using Table = std::unordered_map<std::string, Call>;

  [[nodiscard]] Outcome<LegTarget> target_of_offer(Time now, Call& call, const Options& request);
  [[nodiscard]] Outcome<LegTarget> open_leg(Time now, Call& call, const Options& request);
  [[nodiscard]] Outcome<std::string> send_offer(Time now, const Options& request,
                                                const LegTarget& target, const sdp::View& view);
  [[nodiscard]] Outcome<std::string> send_answer(Time now, const Options& request,
                                                 const LegTarget& target);
  [[nodiscard]] Outcome<std::string> pass(Time now, Leg& leg, anchor::DialogMessage message,
                                          const Options& request);
  [[nodiscard]] Outcome<const std::string*> interface_for(const Options& request,
                                                          std::size_t index) const;
  void end_dialog(Time now, Leg& leg, std::string_view callee_tag);
  void close(Time now, const Leg& leg);
  void forget_ended(Call& call);

  anchor::Sessions& sessions_;
  const Settings& settings_;
  /// Of this process: another edge's mark is none of our business.
  std::string loop_mark_;
  std::uint64_t next_leg_ = 1;
  Table calls_;
};

}  // namespace avedge::ng
