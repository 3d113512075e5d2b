// All anchored calls of the edge.
#pragma once

#include <span>
#include <unordered_map>

#include "signaling-shim/anchor/session.h"

namespace avedge::anchor {

/// Signalling thread only, except counters(). `control` and `observer` must outlive it; calls still
/// active at its destruction end with EndReason::shutdown.
class Sessions final : public MediaAnchor {
 public:
  /// If `routes` is given, media is not sent through devices of other interfaces. It outlives it.
  Sessions(SessionControl& control, const Settings& settings, CallObserver& observer,
           RouteLookup* routes = nullptr);
  ~Sessions() override;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  [[nodiscard]] Verdict<SessionId> open(Time now, const SessionSpec& spec) override;
  [[nodiscard]] Verdict<BodyRewrite> on_message(Time now, SessionId session,
                                                const DialogMessage& message) override;
  void abandon(Time now, SessionId session) override;
  /// Checks every session; call it about once a second.
  void expire(Time now) override;

  /// Null if the session is over. Valid until the next call that can end one.
  [[nodiscard]] const Session* find(SessionId session) const;
  /// Ends a session whose signalling is not SIP.
  void close(Time now, SessionId session, EndReason reason);

  /// Updates this host's addresses: media is sent to them only where calls and rules permit.
  void use_local_addresses(SharedLocalAddresses addresses);
  /// For later descriptions.
  void use_target_rules(std::vector<TargetRule> rules) { targets_.use(std::move(rules)); }
  /// After on_message() has failed with media_target_refused: the rule that would admit the target.
  [[nodiscard]] const std::string& last_advice() const { return last_advice_; }

  /// From now on open() fails with table_full; existing calls continue.
  void refuse_new() { refusing_new_ = true; }
  /// Ends every call, for a shutdown that knows the time.
  void end_all(Time now);
  /// All active calls, in no particular order.
  [[nodiscard]] std::vector<CallSnapshot> snapshot(Time now) const;
  /// The same in parts, so that no message waits for a long list: the ids, then the snapshots of
  /// some of them. Ids of calls that have ended meanwhile are skipped.
  [[nodiscard]] std::vector<SessionId> ids() const;
  [[nodiscard]] std::vector<CallSnapshot> snapshot(Time now, std::span<const SessionId> ids) const;
  /// Any thread.
  [[nodiscard]] const SessionCounters& counters() const { return counters_; }

 private:
  using Table = std::unordered_map<std::uint64_t, std::unique_ptr<Session>>;

  Table::iterator end(Time now, Table::iterator entry, EndReason reason);
  [[nodiscard]] DropReason refuse(const SessionSpec& spec, const CallRefusal& refusal);
  void note_start(const Session& session, bool was_started);
  void note_reclaims(Session& session);
  void note_refused_target(Session& session);

  Settings settings_;
  CallObserver& observer_;
  SessionCounters counters_;
  MediaTargets targets_;
  PathFactory factory_;
  std::string last_advice_;
  CallerQuotas caller_quotas_;
  bool refusing_new_ = false;
  Time last_seen_{};  // the latest reported time
  std::unordered_map<std::string, std::uint64_t> by_branch_;
  Table sessions_;
};

}  // namespace avedge::anchor
