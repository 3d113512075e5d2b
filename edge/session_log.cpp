#include "edge/session_log.h"

#include "edge/log.h"
#include "relay/core/prefix.h"

namespace avedge::edge {
namespace {

double seconds_of(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

constexpr std::chrono::seconds kRefusalInterval{10};

}  // namespace

std::string relayed_text(const Endpoint& relayed, const std::optional<Endpoint>& relayed_ipv6) {
  std::string text = relayed.to_string();
  if (relayed_ipv6) text += ' ' + relayed_ipv6->to_string();
  return text;
}

void AllocationLog::on_opened(const turn::AllocationInfo& allocation) {
  log_event("allocation opened",
            {{"user", allocation.user},
             {"client", allocation.five_tuple.client.endpoint.to_string()},
             {"server", allocation.five_tuple.server.to_string()},
             {"transport", to_string(allocation.five_tuple.transport)},
             {"relayed", relayed_text(allocation.relayed, allocation.relayed_ipv6)}});
}

void AllocationLog::on_closed(const turn::AllocationInfo& allocation, turn::CloseReason reason,
                              const turn::Traffic& traffic, Duration lifetime) {
  log_event("allocation closed",
            {{"user", allocation.user},
             {"client", allocation.five_tuple.client.endpoint.to_string()},
             {"relayed", relayed_text(allocation.relayed, allocation.relayed_ipv6)},
             {"reason", to_string(reason)},
             {"seconds", seconds_of(lifetime)},
             {"packets_to_peers", traffic.up.packets},
             {"bytes_to_peers", traffic.up.bytes},
             {"packets_to_client", traffic.down.packets},
             {"bytes_to_client", traffic.down.bytes}});
}

void AllocationLog::on_own_address_refused(const turn::AllocationInfo& allocation,
                                           const Endpoint& peer) {
  const Duration now = std::chrono::steady_clock::now().time_since_epoch();
  std::int64_t next = next_refusal_.load(std::memory_order_relaxed);
  const std::int64_t later = std::chrono::nanoseconds{now + kBetweenRefusals}.count();
  if (now.count() < next || !next_refusal_.compare_exchange_strong(next, later)) return;
  const auto bits = static_cast<unsigned>(8 * peer.address.bytes().size());
  const std::string rule = "[[turn.peer_rule]] action = \"allow\", prefix = \"" +
                           Prefix::covering(peer.address, bits).to_string() +
                           "\", ports = \"FIRST-LAST\"";
  log_warning("peer refused: an address of this host",
              {{"user", allocation.user},
               {"client", allocation.five_tuple.client.endpoint.to_string()},
               {"peer", peer.to_string()},
               {"opened_by", rule}});
}

void CallLog::on_call_started(const anchor::CallInfo& call) {
  log_event("call started", {{"call_id", call.call_id},
                             {"from", call.caller_interface},
                             {"to", call.callee_interface},
                             {"streams", call.streams}});
}

void CallLog::on_call_ended(const anchor::CallInfo& call, const anchor::CallEnd& end) {
  log_event("call ended", {{"call_id", call.call_id},
                           {"reason", label(end.reason)},
                           {"answered", end.was_answered},
                           {"seconds", seconds_of(end.duration)},
                           {"packets_from_caller", end.media.packets[0]},
                           {"bytes_from_caller", end.media.bytes[0]},
                           {"packets_from_callee", end.media.packets[1]},
                           {"bytes_from_callee", end.media.bytes[1]}});
}

void CallLog::on_media_reclaimed(const anchor::CallInfo& call, Side party, std::uint64_t times) {
  log_warning("media moved to another endpoint and the old one spoke again; it has the media back",
              {{"call_id", call.call_id},
               {"party", party == Side::caller ? "caller" : "callee"},
               {"times", times}});
}

void CallLog::on_target_refused(const anchor::CallInfo& call, std::string_view advice,
                                bool is_refused) {
  log_warning(is_refused ? "call refused for its media address" : "media address not used",
              {{"call_id", call.call_id},
               {"from", call.caller_interface},
               {"to", call.callee_interface},
               {"reason", advice}});
}

void CallLog::on_call_refused(const anchor::SessionSpec& call, const anchor::CallRefusal& refusal) {
  Refused& refused = refused_[{refusal.reason, refusal.limit}];
  ++refused.calls;
  const Time now = std::chrono::steady_clock::now();
  if (now < refused.next_line) return;
  log_warning("calls refused", {{"reason", label(refusal.reason)},
                                {"limit", refusal.limit},
                                {"calls", refused.calls},
                                {"from", call.caller_interface},
                                {"to", call.callee_interface},
                                {"source", call.source.endpoint.address.to_string()},
                                {"standing", label(call.source.standing)},
                                {"call_id", call.call_id}});
  refused = {0, now + kRefusalInterval};
}

}  // namespace avedge::edge
