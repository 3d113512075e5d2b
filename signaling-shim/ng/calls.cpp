#include "signaling-shim/ng/calls.h"

#include <algorithm>

#include "relay/core/random.h"

namespace avedge::ng {

Calls::Calls(anchor::Sessions& sessions, const Settings& settings)
    : sessions_{sessions}, settings_{settings}, loop_mark_{loop_mark(random_token(16))} {}

Outcome<std::string> Calls::offer(Time now, UnixSeconds unix_now, const Options& request) {
  const auto view = sdp::View::parse(request.sdp);
  if (!view) return Failure{view.reason()};
  if (request.protects_from_loops && has_line(request.sdp, loop_mark_)) {
    return std::string{request.sdp};
  }
  const auto entry = calls_.try_emplace(std::string{request.call_id}, unix_now).first;
  Call& call = entry->second;
  call.last_signal = unix_now;
  const auto target = target_of_offer(now, call, request);
  Outcome<std::string> sdp = Failure{kRewriteFailed};
  if (target.ok()) {
    sdp = send_offer(now, request, *target, *view);
  } else {
    sdp = target.reason();
  }
  if (!sdp) forget_ended(call);
  if (call.is_empty()) calls_.erase(entry);
  return sdp;
}

/// A first offer that was changed before anybody answered it (a proxy that was asked for
/// credentials, a second target) is a new one in the old one's place.
Outcome<LegTarget> Calls::target_of_offer(Time now, Call& call, const Options& request) {
  forget_ended(call);
  if (const auto target = call.find_offer(request)) return *target;
  for (Leg* leg : call.find_deleted(request)) {
    const bool is_same_branch =
        leg->caller_tag() == request.from_tag && leg->via_branch() == request.via_branch;
    const bool is_changed = is_same_branch && !leg->began_with(request.sdp);
    if (request.to_tag.empty() && is_changed && !leg->is_answered()) close(now, *leg);
  }
  forget_ended(call);
  return open_leg(now, call, request);
}

Outcome<LegTarget> Calls::open_leg(Time now, Call& call, const Options& request) {
  if (call.is_full()) return Failure{DropReason::table_full};
  const auto caller_interface = interface_for(request, 0);
  const auto callee_interface = interface_for(request, 1);
  if (!caller_interface) return caller_interface.reason();
  if (!callee_interface) return callee_interface.reason();
  anchor::SessionSpec spec;
  spec.call_id = request.call_id;
  spec.from_tag = request.from_tag;
  spec.branch = "ng " + std::to_string(next_leg_++);
  spec.caller_interface = **caller_interface;
  spec.callee_interface = **callee_interface;
  spec.keeps_forking = true;
  const auto session = sessions_.open(now, spec);
  if (!session) return Failure{session.reason()};
  Leg& leg = call.add(Leg{*session, request});
  return LegTarget{&leg, Side::caller, {}};
}

/// The interface of that name faces the sender of the offer (index 0) or its receiver (1).
Outcome<const std::string*> Calls::interface_for(const Options& request, std::size_t index) const {
  const auto& names = settings_.interfaces;
  if (names.empty()) return Failure{DropReason::ports_exhausted};
  if (request.direction.empty()) return &names.front();
  const std::string& wanted = request.direction[std::min(index, request.direction.size() - 1)];
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found == names.end()) return Failure{kUnknownInterface};
  return &*found;
}

Outcome<std::string> Calls::send_offer(Time now, const Options& request, const LegTarget& target,
                                       const sdp::View& view) {
  Leg& leg = *target.leg;
  auto shown = offered_protocols(protocols_of(view), request.transport_protocol);
  if (!shown) {
    if (!leg.is_answered()) close(now, leg);
    return shown.reason();
  }
  leg.delete_at.reset();
  const auto message =
      target.callee_tag.empty() ? Leg::first_offer() : leg.offer(target.from, target.callee_tag);
  auto sdp = pass(now, leg, message, request);
  if (!sdp) return sdp;
  leg.protocols(target.from) = protocols_of(view);
  return post_processed(*std::move(sdp),
                        {*std::move(shown), request.ice == Ice::remove, request.removes_rtcp_mux,
                         request.protects_from_loops ? loop_mark_ : ""});
}

Outcome<std::string> Calls::answer(Time now, UnixSeconds unix_now, const Options& request) {
  const auto entry = calls_.find(std::string{request.call_id});
  if (entry == calls_.end()) return Failure{kUnknownCall};
  Call& call = entry->second;
  forget_ended(call);
  if (call.is_empty()) {
    calls_.erase(entry);
    return Failure{kUnknownCall};
  }
  call.last_signal = unix_now;
  const auto target = call.find_answer(request);
  if (!target) return Failure{kNoDialogue};
  return send_answer(now, request, *target);
}

Outcome<std::string> Calls::send_answer(Time now, const Options& request, const LegTarget& target) {
  Leg& leg = *target.leg;
  const Side offerer = other(target.from);
  leg.delete_at.reset();
  auto sdp = pass(now, leg, leg.answer(offerer, target.callee_tag), request);
  if (!sdp) return sdp;
  leg.note_answer(offerer, target.callee_tag);
  return post_processed(*std::move(sdp), {leg.protocols(offerer), request.ice == Ice::remove,
                                          request.removes_rtcp_mux, ""});
}

Outcome<std::string> Calls::pass(Time now, Leg& leg, anchor::DialogMessage message,
                                 const Options& request) {
  message.content_type = "application/sdp";
  message.body = request.sdp;
  message.source = request.received_from.value_or(IpAddress{});
  message.terms = request.terms();
  auto rewrite = sessions_.on_message(now, leg.session(), message);
  if (!rewrite && rewrite.reason() == DropReason::media_target_refused) {
    return Failure{rewrite.reason(), sessions_.last_advice()};
  }
  if (!rewrite) return Failure{rewrite.reason()};
  return rewrite->body ? *std::move(rewrite->body) : std::string{request.sdp};
}

Outcome<void> Calls::remove(Time now, const Options& request) {
  const auto entry = calls_.find(std::string{request.call_id});
  if (entry == calls_.end()) return Failure{kNothingDeleted};
  Call& call = entry->second;
  const auto legs = call.find_deleted(request);
  if (legs.empty()) return Failure{kNothingDeleted};
  for (Leg* leg : legs) {
    if (request.delete_delay.count() > 0) {
      leg->delete_at = now + request.delete_delay;
    } else if (request.matches_to_tag && leg->side_of(request.from_tag, request.to_tag)) {
      const bool is_caller = leg->caller_tag() == request.from_tag;
      end_dialog(now, *leg, is_caller ? request.to_tag : request.from_tag);
    } else {
      close(now, *leg);
    }
  }
  forget_ended(call);
  if (call.is_empty()) calls_.erase(entry);
  return {};
}

/// One branch of several; with the last one the session ends as well.
void Calls::end_dialog(Time now, Leg& leg, std::string_view callee_tag) {
  for (const int status : {0, 200}) {
    anchor::DialogMessage bye;
    bye.sender = status == 0 ? Side::caller : Side::callee;
    bye.method = "BYE";
    bye.status = status;
    bye.callee_tag = callee_tag;
    (void)sessions_.on_message(now, leg.session(), bye);  // without a body nothing can fail
  }
  leg.forget(callee_tag);
}

void Calls::close(Time now, const Leg& leg) {
  sessions_.close(now, leg.session(),
                  leg.is_answered() ? anchor::EndReason::bye : anchor::EndReason::cancelled);
}

void Calls::forget_ended(Call& call) {
  call.remove_if([this](const Leg& leg) { return sessions_.find(leg.session()) == nullptr; });
}

const Call* Calls::find(std::string_view call_id) {
  const auto entry = calls_.find(std::string{call_id});
  if (entry == calls_.end()) return nullptr;
  forget_ended(entry->second);
  return entry->second.is_empty() ? nullptr : &entry->second;
}

std::vector<std::string> Calls::ids(std::size_t limit) const {
  std::vector<std::string> ids;
  for (auto entry = calls_.begin(); entry != calls_.end() && ids.size() < limit; ++entry) {
    ids.push_back(entry->first);
  }
  return ids;
}

void Calls::expire(Time now) {
  for (auto entry = calls_.begin(); entry != calls_.end();) {
    for (const Leg& leg : entry->second.legs()) {
      if (leg.delete_at && *leg.delete_at <= now) close(now, leg);
    }
    forget_ended(entry->second);
    entry = entry->second.is_empty() ? calls_.erase(entry) : std::next(entry);
  }
}

}  // namespace avedge::ng
