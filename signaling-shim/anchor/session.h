// One anchored call: the offer of its initial INVITE, and a dialog for every party that answers it.
#pragma once

#include <span>
#include <utility>

#include "signaling-shim/anchor/call_observer.h"
#include "signaling-shim/anchor/dialog.h"
#include "signaling-shim/anchor/settings.h"

namespace avedge::anchor {

/// Owns the call's ports and paths; destroying it frees them. Signalling thread only.
class Session {
 public:
  /// `account` is charged for its resources.
  Session(Time now, SessionId id, const SessionSpec& spec, PathFactory& factory,
          const Settings& settings, std::shared_ptr<CallAccount> account);

  /// As MediaAnchor::on_message(); afterwards over() may say that this was the last message.
  [[nodiscard]] Verdict<BodyRewrite> on_message(Time now, const DialogMessage& message);
  /// Ends overdue parts; afterwards over() may be set.
  void expire(Time now);

  [[nodiscard]] const std::optional<EndReason>& over() const { return over_; }
  /// The initial INVITE has passed with its ports.
  [[nodiscard]] bool is_started() const { return is_started_; }
  /// A 2xx to the initial INVITE has passed.
  [[nodiscard]] bool is_answered() const { return answered_.has_value(); }
  [[nodiscard]] const CallInfo& info() const { return info_; }
  [[nodiscard]] const std::string& branch() const { return spec_.branch; }
  [[nodiscard]] const SessionSpec& spec() const { return spec_; }
  [[nodiscard]] CallEnd end_of_call(Time now, EndReason reason) const;
  [[nodiscard]] CallSnapshot snapshot(Time now) const;
  /// One for every party that answered and is still active.
  [[nodiscard]] std::span<const std::unique_ptr<Dialog>> dialogs() const { return dialogs_; }
  [[nodiscard]] Time last_message() const { return last_message_; }

  /// MediaTotals::reclaims since the last call.
  [[nodiscard]] std::array<std::uint64_t, 2> take_new_reclaims();
  /// The first target of the last message that was not admitted, for the operator.
  struct RefusedTarget {
    std::string advice;
    bool is_unreachable = false;  // and the party cannot be reached by other means
  };
  [[nodiscard]] const std::optional<RefusedTarget>& refused_target() const {
    return refused_target_;
  }
  /// True the first time.
  [[nodiscard]] bool advise_once() { return !std::exchange(is_advised_, true); }
  /// This host's addresses have changed: media goes only to admitted ones.
  void review_targets(const LocalAddresses& addresses);

 private:
  [[nodiscard]] bool is_initial_invite(const DialogMessage& message) const;
  [[nodiscard]] bool answers_initial_invite(const DialogMessage& message) const;
  void before_body(Time now, const DialogMessage& message);
  [[nodiscard]] Verdict<BodyRewrite> rewrite_body(Time now, const DialogMessage& message);
  [[nodiscard]] Verdict<RewrittenDescription> present(Time now, const DialogMessage& message,
                                                      PartyMedia media);
  [[nodiscard]] Verdict<void> check_targets(const DialogMessage& message, const PartyMedia& media);
  [[nodiscard]] bool may_be_latched(const DialogMessage& message, const MediaLine& line) const;
  [[nodiscard]] Verdict<RewrittenDescription> present_initial_offer(Time now,
                                                                    const DialogMessage& message,
                                                                    PartyMedia media);
  void after_body(Time now, const DialogMessage& message);
  void on_initial_response(Time now, const DialogMessage& message);
  void confirm(Time now, Dialog& dialog);
  void note_session_timer(Time now, const DialogMessage& message);

  [[nodiscard]] Dialog* find(std::string_view tag);
  Verdict<Dialog*> find_or_begin(const DialogMessage& message);
  void end_dialog(const Dialog& dialog);
  void expire_dialogs(Time now);
  void expire_idle(Time now);
  [[nodiscard]] bool is_overdue(Time now) const;
  [[nodiscard]] bool lacks_ack(Time now) const;
  [[nodiscard]] Time last_sign_of_life() const;
  [[nodiscard]] Duration patience() const;
  [[nodiscard]] std::size_t open_lines() const;
  [[nodiscard]] Time last_media() const;
  [[nodiscard]] MediaTotals totals() const;
  [[nodiscard]] bool is_on_hold() const;

  SessionSpec spec_;
  PathFactory& factory_;
  const Settings& settings_;
  std::shared_ptr<CallAccount> account_;
  WorkerIndex worker_;
  CallInfo info_;
  CallPorts ports_;
  Time opened_;
  Time last_message_;
  Time last_sdp_;
  Time last_refresh_;
  std::optional<Time> refresh_due_;  // while a session timer runs
  std::optional<Time> answered_;     // the first 2xx to the initial INVITE
  bool is_started_ = false;
  bool is_ringing_ = false;
  bool is_cancelled_ = false;
  std::optional<EndReason> over_;
  std::optional<RefusedTarget> refused_target_;
  bool is_advised_ = false;  // the operator has been notified of one
  std::optional<Transaction> initial_invite_;
  /// The initial state of every branch, while new ones may arrive. The first branch uses the
  /// caller-facing ports allocated with it, others lease their own.
  std::optional<Offer> initial_offer_;
  MediaTotals ended_dialogs_;
  std::array<std::uint64_t, 2> known_reclaims_{};
  std::vector<std::unique_ptr<Dialog>> dialogs_;
};

}  // namespace avedge::anchor
