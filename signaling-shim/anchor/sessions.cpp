#include "signaling-shim/anchor/sessions.h"

#include <algorithm>

#include "relay/core/random.h"
#include "signaling-shim/anchor/sdp_message.h"

namespace avedge::anchor {
namespace {

/// Without a session nothing can be anchored: an offer or answer is refused, and a description of
/// capabilities is shown without addresses.
Verdict<BodyRewrite> pass_unless_offer(const DialogMessage& message) {
  const auto sdp = SdpMessage::read(message);
  if (!sdp) return sdp.reason();
  if (sdp->empty()) return BodyRewrite{};
  if (only_describes(message)) return sdp->show_nowhere();
  return DropReason::sip_unmatched;
}

bool is_want_of_ports(DropReason reason) {
  return reason == DropReason::ports_exhausted || reason == DropReason::port_share ||
         reason == DropReason::source_limit;
}

/// The key of [sip.limits] that limits the call's ports.
std::string_view key_of_ports(const SessionSpec& spec, DropReason reason) {
  if (reason == DropReason::source_limit) return "ports_per_source";
  if (reason == DropReason::ports_exhausted) return {};
  return spec.source.standing == Standing::trusted ? "turn_ports" : "next_hop_ports";
}

}  // namespace

Sessions::Sessions(SessionControl& control, const Settings& settings, CallObserver& observer,
                   RouteLookup* routes)
    : settings_{settings},
      observer_{observer},
      targets_{settings_.targets, control, routes},
      factory_{control, counters_, targets_},
      caller_quotas_{settings_, counters_} {}

Sessions::~Sessions() {
  end_all(last_seen_);
}

Verdict<SessionId> Sessions::open(Time now, const SessionSpec& spec) {
  last_seen_ = now;
  if (const auto known = by_branch_.find(spec.branch); known != by_branch_.end()) {
    // The INVITE of an active call, replayed: it opens nothing, and ends nothing.
    if (sessions_.at(known->second)->is_answered()) return DropReason::sip_unmatched;
    return SessionId{known->second};
  }
  if (refusing_new_ || sessions_.size() >= settings_.max_sessions) return DropReason::table_full;
  auto account = caller_quotas_.admit(spec.source, spec.caller_interface);
  if (!account) return refuse(spec, account.reason());
  // Unpredictable, so that ids of an earlier run, or guessed ones, match no call.
  std::uint64_t id = 0;
  while (id == 0 || sessions_.contains(id)) id = random_u64();
  sessions_.emplace(id, std::make_unique<Session>(now, SessionId{id}, spec, factory_, settings_,
                                                  *std::move(account)));
  by_branch_.emplace(spec.branch, id);
  counters_.sessions.set(static_cast<std::int64_t>(sessions_.size()));
  return SessionId{id};
}

Verdict<BodyRewrite> Sessions::on_message(Time now, SessionId session,
                                          const DialogMessage& message) {
  last_seen_ = now;
  const auto entry = sessions_.find(static_cast<std::uint64_t>(session));
  if (entry == sessions_.end()) return pass_unless_offer(message);
  Session& call = *entry->second;
  const bool was_started = call.is_started();
  auto body = call.on_message(now, message);
  note_start(call, was_started);
  note_refused_target(call);
  if (!body && is_want_of_ports(body.reason())) {
    (void)refuse(call.spec(), {body.reason(), key_of_ports(call.spec(), body.reason())});
  }
  if (const auto& reason = call.over()) end(now, entry, *reason);
  return body;
}

void Sessions::abandon(Time now, SessionId session) {
  last_seen_ = now;
  const auto entry = sessions_.find(static_cast<std::uint64_t>(session));
  if (entry == sessions_.end() || entry->second->is_answered()) return;
  end(now, entry, EndReason::abandoned);
}

const Session* Sessions::find(SessionId session) const {
  const auto entry = sessions_.find(static_cast<std::uint64_t>(session));
  return entry == sessions_.end() ? nullptr : entry->second.get();
}

void Sessions::close(Time now, SessionId session, EndReason reason) {
  last_seen_ = now;
  const auto entry = sessions_.find(static_cast<std::uint64_t>(session));
  if (entry != sessions_.end()) end(now, entry, reason);
}

void Sessions::expire(Time now) {
  last_seen_ = now;
  for (auto entry = sessions_.begin(); entry != sessions_.end();) {
    entry->second->expire(now);
    note_reclaims(*entry->second);
    const auto& reason = entry->second->over();
    entry = reason ? end(now, entry, *reason) : std::next(entry);
  }
}

void Sessions::end_all(Time now) {
  for (auto entry = sessions_.begin(); entry != sessions_.end();) {
    entry = end(now, entry, EndReason::shutdown);
  }
}

/// The only place where calls end; the session's destructor frees paths, then ports.
Sessions::Table::iterator Sessions::end(Time now, Table::iterator entry, EndReason reason) {
  const Session& session = *entry->second;
  if (session.is_started()) {
    counters_.ended[static_cast<std::size_t>(reason)].add();
    observer_.on_call_ended(session.info(), session.end_of_call(now, reason));
  }
  by_branch_.erase(session.branch());
  const auto next = sessions_.erase(entry);
  counters_.sessions.set(static_cast<std::int64_t>(sessions_.size()));
  return next;
}

DropReason Sessions::refuse(const SessionSpec& spec, const CallRefusal& refusal) {
  observer_.on_call_refused(spec, refusal);
  return refusal.reason;
}

void Sessions::note_start(const Session& session, bool was_started) {
  if (was_started || !session.is_started()) return;
  counters_.started.add();
  observer_.on_call_started(session.info());
}

void Sessions::note_reclaims(Session& session) {
  const auto reclaims = session.take_new_reclaims();
  for (const Side party : {Side::caller, Side::callee}) {
    const std::uint64_t times = reclaims[static_cast<std::size_t>(party)];
    if (times > 0) observer_.on_media_reclaimed(session.info(), party, times);
  }
}

void Sessions::note_refused_target(Session& session) {
  const auto& refused = session.refused_target();
  if (!refused) return;
  last_advice_ = refused->advice;
  if (session.advise_once()) {
    observer_.on_target_refused(session.info(), refused->advice, refused->is_unreachable);
  }
}

void Sessions::use_local_addresses(SharedLocalAddresses addresses) {
  targets_.use(addresses);
  for (const auto& [id, session] : sessions_) session->review_targets(*addresses);
}

std::vector<CallSnapshot> Sessions::snapshot(Time now) const {
  return snapshot(now, ids());
}

std::vector<SessionId> Sessions::ids() const {
  std::vector<SessionId> all;
  all.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) all.push_back(SessionId{id});
  return all;
}

std::vector<CallSnapshot> Sessions::snapshot(Time now, std::span<const SessionId> ids) const {
  std::vector<CallSnapshot> list;
  list.reserve(ids.size());
  for (const SessionId id : ids) {
    const auto entry = sessions_.find(static_cast<std::uint64_t>(id));
    if (entry != sessions_.end()) list.push_back(entry->second->snapshot(now));
  }
  return list;
}

}  // namespace avedge::anchor
