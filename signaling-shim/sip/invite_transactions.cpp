#include "signaling-shim/sip/invite_transactions.h"

#include <algorithm>

#include "signaling-shim/sip/hang_up.h"

namespace avedge::sip {
namespace {

constexpr int kServiceUnavailable = 503;
/// Maximum number of remembered branches of a forked call whose answers were rejected.
constexpr std::size_t kMostHungUp = 16;

std::string invite_timer(const Branch& branch) {
  return branch.key + "/invite";
}
std::string cancel_timer(const Branch& branch) {
  return branch.key + "/cancel";
}
std::string final_timer(const Branch& branch) {
  return branch.key + "/final";
}

/// The INVITE's source address may be forged.
bool is_unproven(const ForwardContext& context) {
  return context.standing == anchor::Standing::stranger;
}

/// Our own messages were valid when we wrote them.
View parsed(std::string_view own) {
  auto view = View::parse(own, Framing::datagram);
  assert(view.ok());
  return std::move(*view);
}

}  // namespace

Verdict<void> InviteTransactions::begin(Time now, const View& invite, const RouteSet& routes,
                                        ForwardContext context, std::vector<SipFlow> candidates,
                                        Outbox& out) {
  if (auto room = check_room(invite, context); !room) return room;
  const std::string key = context.branch.key;
  Entry entry;
  entry.opens = routes.dialog() ? Opens::nothing : Opens::session;
  entry.context = std::move(context);
  entry.candidates = std::move(candidates);
  entry.credit = invite.text().size();
  const bool is_new = entry.context.standing < anchor::Standing::established;
  if (is_new && entry.opens == Opens::session) entry.give_up = now + kTransactionTimeout;
  Outbox first;
  if (auto sent = attempt(now, entry, invite, routes, first); !sent) return sent;
  if (entry.candidates.size() > 1) hold(entry, entry.original, std::string{invite.text()});
  auto trying =
      forwarder_.own_response(invite.header_index(), Method::invite, entry.context.from, 100);
  if (trying) answer(now, entry, std::move(*trying), Origin::edge, out);
  out.insert(out.end(), first.begin(), first.end());
  entries_.emplace(key, std::move(entry));
  forwarder_.counters().pending_invites.set(static_cast<std::int64_t>(entries_.size()));
  return {};
}

Verdict<void> InviteTransactions::check_room(const View& invite,
                                             const ForwardContext& context) const {
  const Limits& limits = forwarder_.settings().limits;
  const std::size_t bytes = invite.text().size();
  if (!pending_bytes_.has_room(context.charged, bytes)) return DropReason::source_limit;
  const bool has_room =
      entries_.size() < limits.pending_invites && held_bytes_ + bytes <= limits.pending_bytes;
  if (!has_room) return DropReason::table_full;
  return {};
}

/// Sends the INVITE to the next candidate and starts timers A and B.
Verdict<void> InviteTransactions::attempt(Time now, Entry& entry, const View& invite,
                                          const RouteSet& routes, Outbox& out) {
  ForwardContext& context = entry.context;
  context.downstream = entry.candidates[context.branch.attempt];
  auto send = forwarder_.request(now, invite, routes, context);
  if (!send) return send.reason();
  // With our headers it may exceed what we, and perhaps the next hop, can read again.
  const auto again = View::parse(send->bytes, Framing::datagram);
  if (!again) return again.reason();
  hold(entry, entry.forwarded, write_transaction_headers(*again));
  if (context.downstream.transport == Transport::udp) {
    count_held(entry, entry.repeated, send->bytes.size());
    entry.repeated = send->bytes.size();
  }
  entry.state = State::calling;
  set_deadline(now, entry, kTransactionTimeout);
  retransmitter_.start(now, invite_timer(context.branch), *send, Retransmitter::Pace::doubling);
  out.push_back(std::move(*send));
  return {};
}

bool InviteTransactions::handle_in_transaction(Time now, const View& request, const Branch& branch,
                                               const SipFlow& from, Outbox& out) {
  const auto found = entries_.find(branch.key);
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  switch (request.method()) {
    case Method::invite:
      // The answer to a retransmission is our last response; its sender retransmits a 2xx.
      entry.credit += request.text().size();
      if (entry.state != State::accepted && admits(now, entry, entry.last_response)) {
        out.push_back(entry.last_response);
      }
      return true;
    case Method::ack:
      // §17.2.1: the ACK to a failure ends here. The ACK to a 2xx passes, even if its sender has
      // not given it its own branch.
      if (entry.state != State::completed) return false;
      retransmitter_.stop(final_timer(branch));
      return true;
    case Method::cancel: on_cancel(now, entry, request, from, out); return true;
    default: return false;
  }
}

bool InviteTransactions::on_response(Time now, const View& response, const Branch& branch,
                                     const ViaToken& token, const SipFlow& from, Outbox& out) {
  const auto found = entries_.find(branch.key);
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  const int status = response.status();
  if (response.method() == Method::cancel) {
    // Its sender has received our 200 (§16.10).
    if (status >= 200) retransmitter_.stop(cancel_timer(branch));
    return true;
  }
  const bool current = branch.attempt == entry.context.branch.attempt;
  if (current) stop_repeating(entry);
  if (status >= 200 && status < 300) {
    on_success(now, entry, response, token, from, out);
  } else if (current && status < 200) {
    on_provisional(now, entry, response, token, from, out);
  } else if (current) {
    on_failure(now, entry, response, token, from, out);
  }
  return true;
}

/// §16.7 step 5: every 2xx goes upstream, whatever happened before.
void InviteTransactions::on_success(Time now, Entry& entry, const View& response,
                                    const ViaToken& token, const SipFlow& from, Outbox& out) {
  const auto& ended = entry.hung_up;
  if (std::find(ended.begin(), ended.end(), response.to_tag()) != ended.end()) {
    return hang_up(now, entry, response, out);
  }
  auto passed = forwarder_.anchored_response(now, response, token, from.remote.address);
  const bool wants_ports = !passed && status_for(passed.reason()) == kServiceUnavailable;
  if (wants_ports && entry.opens == Opens::session) return hang_up(now, entry, response, out);
  const bool is_first = entry.state != State::accepted;
  if (entry.state != State::completed) entry.state = State::accepted;
  hold(entry, entry.original, {});
  deadlines_.set(entry.context.branch.key, now + kTransactionTimeout);
  Send send = passed ? *std::move(passed) : forwarder_.response_without_body(response, token);
  if (is_first || admits(now, entry, send)) out.push_back(std::move(send));
}

/// No ports are available for this answer: refuses the caller and hangs up the callee. A repeated
/// answer gets its ACK again.
void InviteTransactions::hang_up(Time now, Entry& entry, const View& answer, Outbox& out) {
  const SipFlow callee = entry.context.downstream;
  HangUp end = write_hang_up(answer, parsed(entry.forwarded), callee, forwarder_.settings(),
                             forwarder_.signer());
  out.push_back({callee, std::move(end.ack)});
  const auto& ended = entry.hung_up;
  if (std::find(ended.begin(), ended.end(), answer.to_tag()) != ended.end()) return;
  if (ended.size() < kMostHungUp) entry.hung_up.emplace_back(answer.to_tag());
  Send bye{callee, std::move(end.bye)};
  retransmitter_.start(now, end.bye_branch, bye, Retransmitter::Pace::capped);
  out.push_back(std::move(bye));
  const bool waits = entry.state == State::calling || entry.state == State::proceeding;
  if (waits) refuse(now, entry, kServiceUnavailable, out);
}

bool InviteTransactions::on_bye_response(const View& response) {
  return response.method() == Method::bye && response.status() >= 200 &&
         retransmitter_.stop(std::string{response.via().branch()});
}

void InviteTransactions::on_provisional(Time now, Entry& entry, const View& response,
                                        const ViaToken& token, const SipFlow& from, Outbox& out) {
  if (entry.state == State::accepted || entry.state == State::completed) return;
  entry.state = State::proceeding;
  if (response.status() > 100) entry.give_up = kNever;  // as for timer C, §16.7 step 2
  if (!entry.held_cancel.empty()) {
    send_cancel(now, entry, std::exchange(entry.held_cancel, {}), out);
  } else if (!entry.cancelled) {
    set_deadline(now, entry, kTimerC);
  }
  // §16.7 step 5: 100 is hop by hop, and ours was sent long before.
  if (response.status() == 100) return;
  answer(now, entry, forwarder_.response(now, response, token, from.remote.address), Origin::callee,
         out);
}

void InviteTransactions::on_failure(Time now, Entry& entry, const View& response,
                                    const ViaToken& token, const SipFlow& from, Outbox& out) {
  send_ack(entry, response, out);
  if (entry.state == State::accepted || entry.state == State::completed) return;
  if (response.status() == kServiceUnavailable && !entry.cancelled) {
    // §16.7 step 6: a server that cannot work now is not a reason to refuse the call.
    routes_.hops().penalise(now, entry.context.downstream);
    if (try_next(now, entry, out)) return;
  }
  complete(now, entry, forwarder_.response(now, response, token, from.remote.address),
           Origin::callee, out);
}

void InviteTransactions::on_cancel(Time now, Entry& entry, const View& cancel, const SipFlow& from,
                                   Outbox& out) {
  auto ok = forwarder_.own_response(cancel.header_index(), Method::cancel, from, 200);
  entry.credit += cancel.text().size();
  if (ok && admits(now, entry, *ok)) out.push_back(std::move(*ok));
  const bool pending = entry.state == State::calling || entry.state == State::proceeding;
  if (!pending || entry.cancelled) return;
  entry.cancelled = true;
  const ForwardContext& context = entry.context;
  (void)forwarder_.media().pass(now, cancel, {context.session, context.sender},
                                from.remote.address);
  std::string bytes = write_cancel(parsed(entry.forwarded), &cancel);
  // §9.1: not before the next hop has confirmed the INVITE.
  if (entry.state == State::proceeding) {
    send_cancel(now, entry, std::move(bytes), out);
  } else {
    entry.held_cancel = std::move(bytes);
  }
}

void InviteTransactions::send_cancel(Time now, Entry& entry, std::string bytes, Outbox& out) {
  Send send{entry.context.downstream, std::move(bytes)};
  retransmitter_.start(now, cancel_timer(entry.context.branch), send, Retransmitter::Pace::capped);
  out.push_back(std::move(send));
  // §9.1: a hop that does not answer within 64*T1 never will.
  set_deadline(now, entry, kTransactionTimeout);
}

void InviteTransactions::send_ack(const Entry& entry, const View& response, Outbox& out) {
  out.push_back({entry.context.downstream, write_ack(parsed(entry.forwarded), response)});
}

void InviteTransactions::on_undeliverable(Time now, const Branch& branch, Outbox& out) {
  const auto found = entries_.find(branch.key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (entry.state != State::calling || branch.attempt != entry.context.branch.attempt) return;
  routes_.hops().penalise(now, entry.context.downstream);
  if (entry.cancelled) {
    fail(now, entry, 487, out);
  } else if (!try_next(now, entry, out)) {
    fail(now, entry, kServiceUnavailable, out);
  }
}

void InviteTransactions::on_timer(Time now, Outbox& out) {
  while (const auto key = deadlines_.pop_due(now)) on_due(now, entries_.at(*key), out);
}

void InviteTransactions::on_due(Time now, Entry& entry, Outbox& out) {
  switch (entry.state) {
    case State::calling:  // timer B
      if (!entry.cancelled) routes_.hops().penalise(now, entry.context.downstream);
      if (!entry.cancelled && try_next(now, entry, out)) return;
      fail(now, entry, entry.cancelled ? 487 : 408, out);
      return;
    case State::proceeding: {
      const bool cancelled = entry.cancelled;
      if (!cancelled) {  // timer C, §16.8
        send_cancel(now, entry, write_cancel(parsed(entry.forwarded), nullptr), out);
      }
      fail(now, entry, cancelled ? 487 : 408, out);
      return;
    }
    case State::accepted:
    case State::completed: forget(std::string{entry.context.branch.key}); return;
  }
}

void InviteTransactions::set_deadline(Time now, Entry& entry, Duration wait) {
  deadlines_.set(entry.context.branch.key, std::min(now + wait, entry.give_up));
}

bool InviteTransactions::try_next(Time now, Entry& entry, Outbox& out) {
  if (now >= entry.give_up) return false;
  if (entry.original.empty()) return false;  // that was the last candidate
  const View invite = parsed(entry.original);
  auto routes = RouteSet::read(invite, forwarder_.tokens(), forwarder_.settings(),
                               entry.context.from.listener);
  if (!routes) return false;
  stop_repeating(entry);
  while (entry.context.branch.attempt + 1 < entry.candidates.size()) {
    ++entry.context.branch.attempt;
    if (!attempt(now, entry, invite, *routes, out)) continue;
    const bool is_last = entry.context.branch.attempt + 1 == entry.candidates.size();
    if (is_last) hold(entry, entry.original, {});
    return true;
  }
  return false;
}

/// The next hop did not answer.
void InviteTransactions::fail(Time now, Entry& entry, int status, Outbox& out) {
  if (status != 487) forwarder_.counters().drops.count(DropReason::sip_unreachable);
  refuse(now, entry, status, out);
}

/// Sends our own failure upstream.
void InviteTransactions::refuse(Time now, Entry& entry, int status, Outbox& out) {
  const ForwardContext& context = entry.context;
  if (entry.opens == Opens::session) {
    forwarder_.media().abandon(now, context.session);
  } else {
    forwarder_.media().notify_local_final(now, parsed(entry.forwarded),
                                          {context.session, context.sender}, status);
  }
  auto send =
      forwarder_.own_response_to_forwarded(parsed(entry.forwarded), context.upstream, status);
  if (!send) return forget(std::string{context.branch.key});
  complete(now, entry, std::move(*send), Origin::edge, out);
}

/// An unproven source gets our own refusal once (§8.2.7), and the callee's again as long as its
/// budget lasts.
void InviteTransactions::complete(Time now, Entry& entry, Send final_response, Origin origin,
                                  Outbox& out) {
  const Branch& branch = entry.context.branch;
  const bool unproven = is_unproven(entry.context);
  entry.state = State::completed;
  hold(entry, entry.original, {});
  entry.held_cancel.clear();
  stop_repeating(entry);
  if (!unproven || origin == Origin::callee) {
    retransmitter_.start(now, final_timer(branch), final_response, Retransmitter::Pace::capped,
                         unproven ? &answers_ : nullptr);
  }
  deadlines_.set(branch.key, now + kTransactionTimeout);
  answer(now, entry, std::move(final_response), origin, out);
}

/// Sends a response upstream, and again whenever the INVITE is repeated.
void InviteTransactions::answer(Time now, Entry& entry, Send response, Origin origin, Outbox& out) {
  hold(entry, entry.last_response.bytes, response.bytes);
  entry.last_response.to = response.to;
  if (origin == Origin::callee || admits(now, entry, response)) out.push_back(std::move(response));
}

bool InviteTransactions::admits(Time now, Entry& entry, const Send& response) {
  return !is_unproven(entry.context) || answers_.admit(now, response, entry.credit);
}

void InviteTransactions::forget(const std::string& key) {
  const auto found = entries_.find(key);
  deadlines_.erase(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  stop_repeating(entry);
  for (std::string* held : {&entry.original, &entry.forwarded, &entry.last_response.bytes}) {
    hold(entry, *held, {});
  }
  entries_.erase(found);
  forwarder_.counters().pending_invites.set(static_cast<std::int64_t>(entries_.size()));
}

/// The INVITE has been answered, or was sent to another candidate.
void InviteTransactions::stop_repeating(Entry& entry) {
  retransmitter_.stop(invite_timer(entry.context.branch));
  count_held(entry, std::exchange(entry.repeated, 0), 0);
}

/// Replaces the data that an entry keeps.
void InviteTransactions::hold(const Entry& entry, std::string& field, std::string value) {
  count_held(entry, field.size(), value.size());
  field = std::move(value);
}

/// Within Limits::pending_bytes, charged to the INVITE's source.
void InviteTransactions::count_held(const Entry& entry, std::size_t before, std::size_t after) {
  held_bytes_ = held_bytes_ - before + after;
  pending_bytes_.change(entry.context.charged, before, after);
}

}  // namespace avedge::sip
