#include "signaling-shim/ng/service.h"

#include "signaling-shim/ng/bencode.h"
#include "signaling-shim/ng/json.h"
#include "signaling-shim/ng/report.h"

namespace avedge::ng {
namespace {

std::string joined(const std::vector<std::string_view>& parts) {
  std::string all;
  for (const std::string_view part : parts) {
    if (!all.empty()) all += "; ";
    all += part;
  }
  return all;
}

/// The first of the keys that a request must have and has not.
std::optional<Failure> missing(const Options& request, bool needs_to_tag) {
  if (request.sdp.empty()) return Failure{kNoSdp};
  if (request.call_id.empty()) return Failure{kNoCallId};
  if (request.from_tag.empty()) return Failure{kNoFromTag};
  if (needs_to_tag && request.to_tag.empty()) return Failure{kNoToTag};
  return std::nullopt;
}

Value::Dictionary with_sdp(std::string sdp, const Options& request) {
  Value::Dictionary content{{"sdp", std::move(sdp)}};
  auto warnings = request.warnings;
  if (request.ice == Ice::force && request.sdp.find("a=ice-ufrag:") == std::string_view::npos) {
    warnings.push_back("the description has no ICE, and gets none");
  }
  if (!warnings.empty()) content.emplace_back("warning", joined(warnings));
  return content;
}

}  // namespace

Service::Service(Time now, anchor::Sessions& sessions, const Settings& settings, Counters& counters,
                 UnixClock unix_clock)
    : sessions_{sessions},
      counters_{counters},
      unix_clock_{unix_clock},
      calls_{sessions, settings},
      started_{now} {}

std::optional<std::string> Service::on_message(Time now, std::string_view peer,
                                               std::string_view message) {
  const auto frame = Frame::parse(message);
  if (!frame) {
    counters_.drops.count(DropReason::ng_malformed);
    return std::nullopt;
  }
  if (const std::string* reply = cache_.find(now, peer, frame->cookie)) {
    counters_.repeated.add();
    return *reply;
  }
  std::string reply = Frame::compose(frame->cookie, on_payload(now, frame->payload));
  cache_.insert(now, peer, frame->cookie, reply);
  return reply;
}

std::string Service::on_payload(Time now, std::string_view payload) {
  const Encoding encoding = encoding_of(payload).value_or(Encoding::bencode);
  const auto request = decode(payload);
  if (!request) {
    counters_.count(Command::unknown);
    return encoded(request.reason(), encoding);
  }
  return encoded(carry_out(now, *request), encoding);
}

Outcome<Value> Service::decode(std::string_view payload) {
  const auto failed = [this](std::string_view why) {
    counters_.drops.count(DropReason::ng_malformed);
    return Failure{why};
  };
  if (payload.empty()) return failed(kNoPayload);
  const auto encoding = encoding_of(payload);
  if (!encoding) return failed(kBadFormat);
  const bool is_json = *encoding == Encoding::json;
  auto value = is_json ? json::decode(payload) : bencode::decode(payload);
  if (!value) return failed(is_json ? kBadJson : kBadBencode);
  return *std::move(value);
}

Service::Reply Service::carry_out(Time now, const Value& request) {
  const Value* command = request.find("command");
  if (command == nullptr || command->text() == nullptr) {
    counters_.count(Command::unknown);
    return Failure{kNoCommand};
  }
  const Command named = command_named(*command->text());
  counters_.count(named);
  return run(now, named, Options::read(request));
}

Service::Reply Service::run(Time now, Command command, const Options& request) {
  switch (command) {
    case Command::ping: return {ReplyKind::pong, {}};
    case Command::offer: return offer(now, request);
    case Command::answer: return answer(now, request);
    case Command::remove: return remove(now, request);
    case Command::query: return query(now, request);
    case Command::list: return list(request);
    case Command::statistics: return statistics(now);
    case Command::recording: return Failure{kNoRecording};
    case Command::unknown: break;
  }
  return Failure{kUnknownCommand};
}

Service::Reply Service::offer(Time now, const Options& request) {
  if (const auto failure = missing(request, false)) return *failure;
  auto sdp = calls_.offer(now, unix_clock_(), request);
  if (!sdp) return refused(sdp.reason(), request);
  return {ReplyKind::ok, with_sdp(*std::move(sdp), request)};
}

Service::Reply Service::answer(Time now, const Options& request) {
  if (const auto failure = missing(request, true)) return *failure;
  auto sdp = calls_.answer(now, unix_clock_(), request);
  if (!sdp) return refused(sdp.reason(), request);
  return {ReplyKind::ok, with_sdp(*std::move(sdp), request)};
}

/// A call that is gone already is no error: proxies delete on every final response.
Service::Reply Service::remove(Time now, const Options& request) {
  if (request.call_id.empty()) return Failure{kNoCallId};
  Value::Dictionary content;
  if (const Call* call = calls_.find(request.call_id)) {
    content = report(*call, sessions_, now, unix_clock_());
  }
  const auto removed = calls_.remove(now, request);
  if (removed.ok()) return {ReplyKind::ok, std::move(content)};
  if (request.is_fatal) return removed.reason();
  return {ReplyKind::ok, {{"warning", removed.reason().text}}};
}

Service::Reply Service::query(Time now, const Options& request) {
  if (request.call_id.empty()) return Failure{kNoCallId};
  const Call* call = calls_.find(request.call_id);
  if (call == nullptr) return Failure{kUnknownCall};
  return {ReplyKind::ok, report(*call, sessions_, now, unix_clock_())};
}

Service::Reply Service::list(const Options& request) const {
  Value::List ids;
  for (std::string& id : calls_.ids(request.limit)) ids.emplace_back(std::move(id));
  return {ReplyKind::ok, {{"calls", std::move(ids)}}};
}

/// Sessions of SIP count as well: load is load.
Service::Reply Service::statistics(Time now) {
  const anchor::SessionCounters& counters = sessions_.counters();
  const auto ended = [&](anchor::EndReason reason) {
    return counters.ended[static_cast<std::size_t>(reason)].value();
  };
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(now - started_).count();
  Value::Dictionary current{{"sessionsown", calls_.size()},
                            {"sessionsforeign", 0},
                            {"sessionstotal", counters.sessions.value()},
                            {"mediapaths", counters.paths.value()}};
  Value::Dictionary total{{"uptime", uptime},
                          {"managedsessions", counters.started.value()},
                          {"answeredsessions", counters.answered.value()},
                          {"timeoutsessions", ended(anchor::EndReason::unanswered)},
                          {"silenttimeoutsessions", ended(anchor::EndReason::idle)},
                          {"finalsessions", ended(anchor::EndReason::bye)}};
  return {ReplyKind::ok,
          {{"statistics", Value::Dictionary{{"currentstatistics", std::move(current)},
                                            {"totalstatistics", std::move(total)}}}}};
}

/// Clients of today say that they know "load limit"; older ones match on the text.
Service::Reply Service::refused(const Failure& failure, const Options& request) {
  if (failure.drop) counters_.drops.count(*failure.drop);
  if (failure.drop == DropReason::table_full && request.knows_load_limit) {
    return {ReplyKind::load_limit, {{"message", kOverload}}};
  }
  return failure;
}

std::string Service::encoded(Reply reply, Encoding encoding) {
  counters_.count(reply.kind);
  auto& content = reply.content;
  content.emplace(content.begin(), "result", kReplyLabels[static_cast<std::size_t>(reply.kind)]);
  return encode(Value{std::move(content)}, encoding);
}

}  // namespace avedge::ng
