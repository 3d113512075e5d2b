#include "signaling-shim/anchor/session.h"

#include <algorithm>

#include "signaling-shim/anchor/bounded_lists.h"
#include "signaling-shim/anchor/sdp_message.h"

namespace avedge::anchor {
namespace {

EndReason reason_of(int status, bool is_cancelled) {
  if (is_cancelled || status == 487) return EndReason::cancelled;
  return status == 408 ? EndReason::unanswered : EndReason::rejected;
}

}  // namespace

Session::Session(Time now, SessionId id, const SessionSpec& spec, PathFactory& factory,
                 const Settings& settings, std::shared_ptr<CallAccount> account)
    : spec_{spec},
      factory_{factory},
      settings_{settings},
      account_{std::move(account)},
      worker_{factory.control.assign_worker()},
      info_{id, spec.call_id, spec.caller_interface, spec.callee_interface, 0},
      ports_{PortAllocator{
                 factory.control, worker_, {spec.caller_interface, spec.caller_family}, account_},
             PortAllocator{
                 factory.control, worker_, {spec.callee_interface, spec.callee_family}, account_}},
      opened_{now},
      last_message_{now},
      last_sdp_{now},
      last_refresh_{now} {}

Verdict<BodyRewrite> Session::on_message(Time now, const DialogMessage& message) {
  last_message_ = now;
  refused_target_.reset();
  before_body(now, message);
  auto body = rewrite_body(now, message);
  if (body.ok() || message.status >= 300) {
    after_body(now, message);
  } else if (is_initial_invite(message) && !is_started_) {
    over_ = EndReason::abandoned;  // refused for want of ports, or of a readable offer
  }
  return body;
}

bool Session::is_initial_invite(const DialogMessage& message) const {
  return message.status == 0 && message.sender == Side::caller && message.method == "INVITE" &&
         message.callee_tag.empty();
}

bool Session::answers_initial_invite(const DialogMessage& message) const {
  return message.status != 0 && initial_invite_ && Transaction::of(message) == *initial_invite_;
}

void Session::before_body(Time now, const DialogMessage& message) {
  const Transaction transaction = Transaction::of(message);
  if (is_initial_invite(message)) {
    initial_invite_ = transaction;
  } else if (message.status == 0) {
    if (transaction.method == Method::ack && message.sender == Side::caller) account_->confirm();
    if (transaction.method == Method::cancel && !answered_) is_cancelled_ = true;
    if (Dialog* dialog = find(message.callee_tag)) dialog->on_request(now, transaction);
  }
}

Verdict<BodyRewrite> Session::rewrite_body(Time now, const DialogMessage& message) {
  const auto sdp = SdpMessage::read(message);
  if (!sdp) return sdp.reason();
  if (sdp->empty()) return BodyRewrite{};
  if (only_describes(message)) return sdp->show_nowhere();
  const auto shown = present(now, message, sdp->media(spec_.streams));
  if (!shown) return shown.reason();
  return sdp->show(*shown, ports_.facing(other(message.sender)).address(), spec_.candidates);
}

Verdict<RewrittenDescription> Session::present(Time now, const DialogMessage& message,
                                               PartyMedia media) {
  last_sdp_ = now;
  if (media.streams() > settings_.max_streams) return DropReason::sdp_unsupported;
  if (const auto checked = check_targets(message, media); !checked) return checked.reason();
  if (is_initial_invite(message)) return present_initial_offer(now, message, std::move(media));
  const auto dialog = find_or_begin(message);
  if (!dialog) return dialog.reason();
  return (*dialog)->on_sdp(now, message, std::move(media));
}

/// A party whose SDP contains no usable address must be latched. If it cannot be, the call would
/// have no media in that direction: its SDP is refused.
Verdict<void> Session::check_targets(const DialogMessage& message, const PartyMedia& media) {
  bool may_be_reached = false;
  for (const MediaLine& line : media.lines) {
    const Transport transport = line.has_datagrams ? Transport::udp : Transport::tcp;
    const Endpoint target =
        line.has_datagrams ? line.rtp : line.streams.endpoint_of(candidate::kRtpComponent);
    if (!line.is_relayed || line.is_held || target.port == Port{}) continue;
    const std::string& interface =
        message.sender == Side::caller ? spec_.caller_interface : spec_.callee_interface;
    const IpAddress* facing = factory_.targets.address_of(interface, target.address.family());
    if (facing == nullptr) return {};
    const TargetParty party{*facing, message.source, transport};
    const TargetVerdict verdict = factory_.targets.judge(target, party);
    may_be_reached =
        may_be_reached || verdict == TargetVerdict::admitted || may_be_latched(message, line);
    if (verdict == TargetVerdict::admitted) continue;
    factory_.counters.targets_refused[static_cast<std::size_t>(verdict)].add();
    if (!refused_target_) {
      refused_target_ = {factory_.targets.advice(target, party, verdict), false};
    }
  }
  if (may_be_reached || !refused_target_) return {};
  refused_target_->is_unreachable = true;
  return DropReason::media_target_refused;
}

/// By ICE, or by its signalling source; but the edge's own addresses are the source of all relayed
/// traffic.
bool Session::may_be_latched(const DialogMessage& message, const MediaLine& line) const {
  const bool has_ice =
      !line.ice_ufrag.empty() || !line.ice06.empty() || !line.streams.ice06.empty();
  if (has_ice) return true;
  const bool counts_source =
      message.terms.latching.value_or(spec_.latching) == Latching::sip_source ||
      message.terms.place != PartyTerms::Place::described;
  return counts_source && is_unicast(message.source) &&
         !factory_.targets.is_interface_address(message.source);
}

void Session::review_targets(const LocalAddresses& addresses) {
  for (const auto& dialog : dialogs_) dialog->review_targets(addresses);
}

Verdict<RewrittenDescription> Session::present_initial_offer(Time now, const DialogMessage& message,
                                                             PartyMedia media) {
  if (!initial_offer_) {
    auto offer =
        Offer::make(Side::caller, Transaction::of(message), std::move(media), {}, {}, ports_);
    if (!offer) return offer.reason();
    offer->since = now;
    initial_offer_ = *std::move(offer);
  } else if (!covers(initial_offer_->shown.ports, media)) {
    return DropReason::sdp_unsupported;  // not the INVITE that we forwarded
  }
  info_.streams = std::max(info_.streams, initial_offer_->media.streams());
  return initial_offer_->shown;
}

void Session::after_body(Time now, const DialogMessage& message) {
  if (is_initial_invite(message)) is_started_ = true;
  if (answers_initial_invite(message)) on_initial_response(now, message);
  note_session_timer(now, message);
  Dialog* dialog = find(message.callee_tag);
  if (dialog == nullptr) return;
  info_.streams = std::max(info_.streams, dialog->state().open_lines());
  if (message.status < 200) return;
  dialog->on_final_response(Transaction::of(message), message.status);
  if (message.method == "BYE" && dialog->bye_since()) end_dialog(*dialog);
}

void Session::on_initial_response(Time now, const DialogMessage& message) {
  if (message.status >= 300) {
    if (!answered_) over_ = reason_of(message.status, is_cancelled_);
    return;
  }
  is_ringing_ = is_ringing_ || message.status > 100;
  // A 1xx without a tag begins no dialog, unless there is SDP in it.
  const bool begins =
      message.status >= 200 || (message.status > 100 && !message.callee_tag.empty());
  if (!begins) return;
  const auto dialog = find_or_begin(message);
  if (dialog.ok() && message.status >= 200) confirm(now, **dialog);
}

/// RFC 4028 §7.2: each 2xx to INVITE or UPDATE restarts the timer, or ends it.
void Session::note_session_timer(Time now, const DialogMessage& message) {
  const Method method = Transaction::of(message).method;
  const bool refreshes = method == Method::invite || method == Method::update;
  if (!refreshes || message.status < 200 || message.status >= 300) return;
  last_refresh_ = now;
  refresh_due_.reset();
  if (message.session_expires) refresh_due_ = now + *message.session_expires;
}

/// The 200 of one branch frees the others.
void Session::confirm(Time now, Dialog& dialog) {
  dialog.confirm();
  if (!answered_) {
    answered_ = now;
    factory_.counters.answered.add();
  }
  for (std::size_t i = dialogs_.size(); i-- > 0;) {
    if (!dialogs_[i]->is_confirmed()) end_dialog(*dialogs_[i]);
  }
}

Dialog* Session::find(std::string_view tag) {
  for (const auto& dialog : dialogs_) {
    if (dialog->tag() == tag) return dialog.get();
  }
  return nullptr;
}

/// Only a response to the initial INVITE can begin a dialog (RFC 3261 §12.1); once a branch has
/// answered, only another answer (both phones picked up) still can.
Verdict<Dialog*> Session::find_or_begin(const DialogMessage& message) {
  if (Dialog* dialog = find(message.callee_tag)) return dialog;
  if (!answers_initial_invite(message) || message.status >= 300 ||
      (answered_ && message.status < 200)) {
    return DropReason::sip_unmatched;
  }
  if (dialogs_.size() == settings_.max_dialogs) return DropReason::table_full;
  auto dialog = std::make_unique<Dialog>(std::string{message.callee_tag}, ports_, factory_, worker_,
                                         spec_.latching);
  dialog->begin(*initial_invite_, initial_offer_);
  if (initial_offer_) initial_offer_->facing[Side::caller] = {};
  dialogs_.push_back(std::move(dialog));
  return dialogs_.back().get();
}

void Session::end_dialog(const Dialog& dialog) {
  ended_dialogs_ += dialog.totals();
  std::erase_if(dialogs_, [&](const auto& entry) { return entry.get() == &dialog; });
  if (answered_ && dialogs_.empty()) over_ = EndReason::bye;
}

void Session::expire(Time now) {
  const Duration window = spec_.keeps_forking ? settings_.offer_timeout : settings_.fork_window;
  if (answered_ && now - *answered_ >= window) initial_offer_.reset();
  expire_dialogs(now);
  if (!over_) expire_idle(now);
}

void Session::expire_dialogs(Time now) {
  for (std::size_t i = dialogs_.size(); i-- > 0;) {
    Dialog& dialog = *dialogs_[i];
    if (answered_) dialog.expire_offers(now, settings_.offer_timeout);
    const auto& bye = dialog.bye_since();
    if (bye && now - *bye >= settings_.bye_timeout) end_dialog(dialog);
  }
}

void Session::expire_idle(Time now) {
  if (is_overdue(now)) {
    over_ = EndReason::expired;
    return;
  }
  if (lacks_ack(now)) {
    over_ = EndReason::unanswered;
    return;
  }
  if (now - last_sign_of_life() < patience()) return;
  over_ = answered_ ? EndReason::idle : EndReason::unanswered;
}

/// RFC 4028 §10. Parties whose media still flows are present, even without a refresh.
bool Session::is_overdue(Time now) const {
  return refresh_due_ && now - *refresh_due_ >= settings_.session_grace &&
         now - last_media() >= settings_.session_grace;
}

bool Session::lacks_ack(Time now) const {
  return account_->awaits_ack() && answered_ && now - *answered_ >= settings_.ack_timeout;
}

Time Session::last_sign_of_life() const {
  if (!answered_ || open_lines() == 0) return std::max(last_media(), last_message_);
  const Time latest = std::max({last_media(), last_sdp_, *answered_});
  // Session refreshes alone do not keep silent media alive, unless the parties agreed on silence.
  return is_on_hold() ? std::max(latest, last_refresh_) : latest;
}

Duration Session::patience() const {
  if (!answered_) {
    return is_ringing_ ? std::max(settings_.offer_timeout, settings_.ringing)
                       : settings_.offer_timeout;
  }
  if (open_lines() == 0) return settings_.without_media;
  return is_on_hold() ? settings_.hold_idle : settings_.media_idle;
}

std::size_t Session::open_lines() const {
  std::size_t lines = 0;
  for (const auto& dialog : dialogs_) lines += dialog->state().open_lines();
  return lines;
}

Time Session::last_media() const {
  Time latest{};
  for (const auto& dialog : dialogs_) latest = std::max(latest, dialog->last_activity());
  return latest;
}

MediaTotals Session::totals() const {
  MediaTotals sum = ended_dialogs_;
  for (const auto& dialog : dialogs_) sum += dialog->totals();
  return sum;
}

std::array<std::uint64_t, 2> Session::take_new_reclaims() {
  const auto before = std::exchange(known_reclaims_, totals().reclaims);
  return {known_reclaims_[0] - before[0], known_reclaims_[1] - before[1]};
}

bool Session::is_on_hold() const {
  return !dialogs_.empty() && std::all_of(dialogs_.begin(), dialogs_.end(), [](const auto& dialog) {
    return dialog->state().is_on_hold();
  });
}

CallEnd Session::end_of_call(Time now, EndReason reason) const {
  return {reason, answered_.has_value(), now - opened_, totals()};
}

CallSnapshot Session::snapshot(Time now) const {
  return {info_, answered_.has_value(), is_on_hold(), dialogs_.size(), now - opened_, totals()};
}

}  // namespace avedge::anchor
