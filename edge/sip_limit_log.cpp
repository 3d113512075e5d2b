#include "edge/sip_limit_log.h"

#include <utility>

#include "edge/log.h"

namespace avedge::edge {
namespace {

constexpr std::chrono::minutes kInterval{1};

}  // namespace

void SipLimitLog::on_limit(const sip::LimitEvent& event) {
  const auto line = line_for(std::chrono::steady_clock::now(), event);
  if (!line) return;
  log_warning(line->event, {{"limit", line->limit},
                            {"interface", line->interface},
                            {"source", line->source},
                            {"connections", line->connections}});
}

std::optional<SipLimitLog::Line> SipLimitLog::line_for(Time now, const sip::LimitEvent& event) {
  const bool evicted = event.outcome == sip::LimitEvent::Outcome::evicted;
  const auto limit = static_cast<std::size_t>(event.limit);
  Pending& pending = pending_[limit + (evicted ? sip::kConnectionLimitLabels.size() : 0)];
  ++pending.connections;
  if (pending.written && now - *pending.written < kInterval) return std::nullopt;
  pending.written = now;
  return Line{evicted ? "sip connections evicted" : "sip connections refused",
              std::string{event.interface}, event.source.to_string(),
              "sip.limits." + std::string{sip::kConnectionLimitLabels[limit]},
              std::exchange(pending.connections, 0)};
}

}  // namespace avedge::edge
