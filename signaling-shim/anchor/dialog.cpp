#include "signaling-shim/anchor/dialog.h"

#include <algorithm>

namespace avedge::anchor {
namespace {

/// RFC 3264 §6: an answer has no lines that were not offered, and restores none that were not.
bool can_answer(const PartyMedia& answer, const PartyMedia& offer) {
  for (std::size_t i = 0; i < answer.lines.size(); ++i) {
    if (i >= offer.lines.size()) return false;
    if (answer.relays(i) && !offer.relays(i) && !offer.lines[i].waits_for_bundle) return false;
  }
  return true;
}

/// The earlier shown description, if it still fits the repeated one.
Verdict<RewrittenDescription> again(RewrittenDescription shown, const PartyMedia& media) {
  if (!covers(shown.ports, media)) return DropReason::sdp_unsupported;
  return shown;
}

}  // namespace

Dialog::Dialog(std::string tag, CallPorts& ports, PathFactory& factory, WorkerIndex worker,
               Latching latching)
    : tag_{std::move(tag)}, ports_{ports}, paths_{factory, worker, latching} {}

void Dialog::begin(const Transaction& invite, std::optional<Offer> offer) {
  OpenInvite open;
  open.cseq = invite.cseq;
  open.carried_offer = offer.has_value();
  invites_[invite.requester] = std::move(open);
  offers_[invite.requester] = std::move(offer);
}

void Dialog::on_request(Time now, const Transaction& transaction) {
  if (transaction.method == Method::bye) bye_since_ = now;
  if (transaction.method != Method::invite) return;
  auto& open = invites_[transaction.requester];
  if (open && open->cseq == transaction.cseq) return;  // retransmitted
  open = OpenInvite{transaction.cseq, false, false, current_};
}

Verdict<RewrittenDescription> Dialog::on_sdp(Time now, const DialogMessage& message,
                                             PartyMedia media) {
  const Transaction transaction = Transaction::of(message);
  media.keep_targets_of(current_.party[message.sender]);
  switch (role_of(message, transaction)) {
    case Role::offer: return take_offer(now, message.sender, transaction, std::move(media));
    case Role::answer:
      return take_answer(message.sender, transaction, std::move(media), Offer::Answer::final);
    case Role::early:
      return take_answer(message.sender, transaction, std::move(media), Offer::Answer::early);
    case Role::repeat: break;
  }
  return repeat(message.sender, media);
}

Dialog::Role Dialog::role_of(const DialogMessage& message, const Transaction& transaction) const {
  if (message.status != 0) return role_of_response(message, transaction);
  const Side sender = message.sender;
  const auto& theirs = offers_[other(sender)];
  switch (transaction.method) {
    case Method::ack: {
      const Transaction invite{sender, Method::invite, transaction.cseq};
      return has_offer(other(sender), invite) ? Role::answer : Role::repeat;
    }
    case Method::prack: {
      // RFC 3262 §5: the answer, if the reliable response held an offer; otherwise a new offer.
      const bool is_to_offer =
          theirs && theirs->carrier.method == Method::invite && theirs->carrier.requester == sender;
      const bool answers = is_to_offer && (theirs->answer != Offer::Answer::final ||
                                           theirs->answered_by == transaction);
      return answers ? Role::answer : Role::offer;
    }
    default: return Role::offer;
  }
}

Dialog::Role Dialog::role_of_response(const DialogMessage& message,
                                      const Transaction& transaction) const {
  if (has_offer(transaction.requester, transaction)) {
    const bool is_preview = message.status < 200 && !message.reliable;
    return is_preview ? Role::early : Role::answer;
  }
  if (has_offer(message.sender, transaction)) return Role::offer;  // the same one again
  const auto& open = invites_[transaction.requester];
  const bool is_delayed_offer = transaction.method == Method::invite && open &&
                                open->cseq == transaction.cseq && !open->carried_offer;
  return is_delayed_offer ? Role::offer : Role::repeat;
}

bool Dialog::has_offer(Side from, const Transaction& carrier) const {
  return offers_[from] && offers_[from]->carrier == carrier;
}

Verdict<RewrittenDescription> Dialog::take_offer(Time now, Side from, const Transaction& carrier,
                                                 PartyMedia media) {
  const Side to = other(from);
  const bool is_same = has_offer(from, carrier);
  if (is_same && offers_[from]->answer == Offer::Answer::final) {
    return again(offers_[from]->shown, media);
  }
  if (is_stale(from, carrier)) return repeat(from, media);

  auto offer =
      Offer::make(from, carrier, std::move(media),
                  is_same ? offers_[from]->facing : current_.facing, current_.party[to], ports_);
  if (!offer) return offer.reason();
  offer->since = now;
  if (is_same) offer->answer = offers_[from]->answer;
  auto& open = invites_[carrier.requester];
  if (carrier.method == Method::invite && open && carrier.requester == from) {
    open->carried_offer = true;
  }
  offers_[from] = *std::move(offer);
  return offers_[from]->shown;
}

/// RFC 3261 §12.2.2: a request overtaken by a newer one is stale.
bool Dialog::is_stale(Side from, const Transaction& carrier) const {
  return carrier.requester == from && offers_[from] && offers_[from]->carrier.requester == from &&
         carrier.cseq < offers_[from]->carrier.cseq;
}

Verdict<RewrittenDescription> Dialog::take_answer(Side from, const Transaction& carrier,
                                                  PartyMedia media, Offer::Answer kind) {
  const Side to = other(from);
  Offer& offer = *offers_[to];
  const bool is_again = offer.answer == Offer::Answer::final;
  media.convert_streams_of(offer.media);
  // RFC 3261 §13.2.1: a description after a reliable answer is not another answer, especially if
  // the parties have agreed on something newer since.
  const bool is_older = is_again && offer.revision != revision_;
  if (is_older || (is_again && media == current_.party[from])) {
    return again(offer.answer_shown, media);
  }
  if (!can_answer(media, offer.media)) return DropReason::sdp_malformed;

  auto next = answered(offer, from, std::move(media));
  if (!next) return next.reason();
  offer.answer_shown = RewrittenDescription::of(next->facing, from, next->party[from], offer.media);
  if (kind == Offer::Answer::final || is_again) {
    finish_answer(offer, carrier, *next);
  } else {
    offer.answer = Offer::Answer::early;
    offer.facing = next->facing;
  }
  apply(offer.carrier, *std::move(next));
  return offer.answer_shown;
}

/// The agreed state once `from` answers `offer` with `media`.
Verdict<DialogState> Dialog::answered(const Offer& offer, Side from, PartyMedia media) {
  const Side to = other(from);
  // Once an offer has its final answer, the state holds its ports.
  const auto& held = offer.answer == Offer::Answer::final ? current_.facing : offer.facing;
  DialogState next;
  next.facing[from] = ports_.facing(from).with_converters(held[from], media, offer.media);
  auto leases = ports_.facing(to).fit(held[to], media, offer.media.family);
  if (!leases) return leases.reason();
  next.facing[to] = *std::move(leases);
  next.party[to] = offer.media;
  next.party[from] = std::move(media);
  return next;
}

/// Based on the current state, without changing it.
Verdict<RewrittenDescription> Dialog::repeat(Side from, const PartyMedia& media) const {
  return again(RewrittenDescription::of(current_.facing, from, media, current_.party[other(from)]),
               media);
}

void Dialog::finish_answer(Offer& offer, const Transaction& answered_by, DialogState& next) {
  next.free_unused_ports();
  if (offer.answer != Offer::Answer::final) {
    offer.revision = ++revision_;
    offer.answered_by = answered_by;
  }
  offer.answer = Offer::Answer::final;
  offer.facing = {};  // from here on the state holds the ports
}

void Dialog::apply(const Transaction& cause, DialogState next) {
  for (const Side side : {Side::caller, Side::callee}) {
    // RFC 6141 §3.4: a failed re-INVITE also reverts agreements made inside it (UPDATE, PRACK).
    const bool is_inside = cause.method != Method::invite || cause.requester == side;
    if (invites_[side] && is_inside) invites_[side]->has_changed_state = true;
  }
  paths_.sync(next);
  current_ = std::move(next);
}

void Dialog::review_targets(const LocalAddresses& addresses) {
  if (paths_.lead_to(addresses)) paths_.sync(current_);
}

void Dialog::on_final_response(const Transaction& transaction, int status) {
  const bool is_success = status < 300;
  switch (transaction.method) {
    case Method::invite:
      return is_success ? accept_invite(transaction) : roll_back_invite(transaction);
    case Method::bye:
      if (status == 401 || status == 407) bye_since_.reset();  // it will be repeated
      return;
    default:
      if (!is_success) drop_offers_of(transaction);
  }
}

void Dialog::accept_invite(const Transaction& transaction) {
  invites_[transaction.requester].reset();
  auto& offer = offers_[transaction.requester];
  if (!offer || offer->carrier != transaction || offer->answer == Offer::Answer::final) return;
  if (offer->answer == Offer::Answer::none) {
    offer.reset();  // an unanswered offer: the earlier agreement still applies
    return;
  }
  // A 200 without SDP: many gateways treat their unreliable 183 as the answer.
  DialogState next = current_;
  finish_answer(*offer, transaction, next);
  apply(transaction, std::move(next));
}

void Dialog::roll_back_invite(const Transaction& transaction) {
  auto& open = invites_[transaction.requester];
  if (!open || open->cseq != transaction.cseq) return;
  OpenInvite failed = *std::move(open);
  open.reset();
  drop_offers_of(transaction);
  // With glare both INVITEs fail and none has changed anything.
  if (failed.has_changed_state) {
    offers_ = {};
    ++revision_;
    apply(transaction, std::move(failed.before));
  }
}

void Dialog::drop_offers_of(const Transaction& transaction) {
  for (const Side side : {Side::caller, Side::callee}) {
    const bool is_open =
        has_offer(side, transaction) && offers_[side]->answer != Offer::Answer::final;
    if (is_open) offers_[side].reset();
  }
}

MediaTotals Dialog::totals() const {
  return paths_.totals();
}

Time Dialog::last_activity() const {
  return paths_.last_activity();
}

void Dialog::expire_offers(Time now, Duration timeout) {
  for (const Side side : {Side::caller, Side::callee}) {
    auto& offer = offers_[side];
    if (!offer || offer->answer == Offer::Answer::final || now - offer->since < timeout) continue;
    const Transaction carrier = offer->carrier;
    roll_back_invite(carrier);
    drop_offers_of(carrier);
  }
}

}  // namespace avedge::anchor
