// All anchored calls of the edge.
#pragma once

#include <unordered_map>

#include "signaling-shim/anchor/session.h"

namespace avedge::anchor {

/// Signalling thread only, except counters(). `control` and `observer` must outlive it; what is
/// still up when it is destroyed ends with EndReason::shutdown.
class Sessions final : public MediaAnchor {
 public:
  Sessions(SessionControl& control, const Settings& settings, CallObserver& observer);
  ~Sessions() override;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  [[nodiscard]] Verdict<SessionId> open(Time now, const SessionSpec& spec) override;
  [[nodiscard]] Verdict<BodyRewrite> on_message(Time now, SessionId session,
                                                const DialogMessage& message) override;
  void abandon(Time now, SessionId session) override;
  /// Looks at every session; meant to be called about once a second.
  void expire(Time now) override;

  /// Null if the session is over. Valid until the next call that can end one.
  [[nodiscard]] const Session* find(SessionId session) const;
  /// Ends a session for signalling that says so by other means than SIP messages.
  void close(Time now, SessionId session, EndReason reason);

  /// From now on open() fails with table_full; the calls there are go on.
  void refuse_new() { refusing_new_ = true; }
  /// Ends every call, for a shutdown that knows the time.
  void end_all(Time now);
  /// Every call that is up, in no particular order.
  [[nodiscard]] std::vector<CallSnapshot> snapshot(Time now) const;
  /// Any thread.
  [[nodiscard]] const SessionCounters& counters() const { return counters_; }

 private:
  using Table = std::unordered_map<std::uint64_t, std::unique_ptr<Session>>;

  Table::iterator end(Time now, Table::iterator entry, EndReason reason);
  [[nodiscard]] DropReason refuse(const SessionSpec& spec, const CallRefusal& refusal);
  void note_start(const Session& session, bool was_started);

  Settings settings_;
  CallObserver& observer_;
  SessionCounters counters_;
  PathFactory factory_;
  Callers callers_;
  bool refusing_new_ = false;
  Time last_seen_{};  // the latest time anybody told us
  std::unordered_map<std::string, std::uint64_t> by_branch_;
  Table sessions_;
};

}  // namespace avedge::anchor
