#include "signaling-shim/sip/health_checks.h"

#include "signaling-shim/sip/message_writer.h"

namespace avedge::sip {
namespace {

constexpr std::size_t kBranchBytes = 15;
constexpr int kServiceUnavailable = 503;

}  // namespace

Time HealthChecks::next_deadline() const {
  const bool off = settings_.health.interval == std::chrono::seconds{0} || hops_.all().empty();
  return off ? kNever : next_;
}

void HealthChecks::on_timer(Time now, Outbox& out) {
  if (now < next_deadline()) return;
  next_ = now + settings_.health.interval;
  for (const auto& [branch, hop] : std::exchange(asked_, {})) judge(hop, false);
  ++round_;
  std::map<SipFlow, unsigned> current;
  for (const Hop& hop : hops_.all()) {
    for (const Target& target : hop.targets) {
      const auto flow = hops_.flow_to(hop, target);
      if (!flow || !current.emplace(*flow, failures_[*flow]).second) continue;
      ask(*flow, hop.config.host, out);
    }
  }
  failures_ = std::move(current);  // without those that DNS no longer lists
}

void HealthChecks::ask(const SipFlow& hop, const std::string& host, Outbox& out) {
  const std::string name =
      signer_.hash({"health", hop.remote.to_string(), to_string(hop.transport),
                    std::to_string(round_), settings_.at(hop.listener).interface},
                   kBranchBytes);
  const std::string branch = "z9hG4bK" + name;
  asked_.emplace(branch, hop);
  out.push_back({hop, write_options({hop, branch, name, host}, settings_)});
}

bool HealthChecks::on_response(const View& response) {
  const auto asked = asked_.find(std::string{response.via().branch()});
  if (asked == asked_.end()) return false;
  if (response.status() < 200) return true;
  const SipFlow hop = asked->second;
  asked_.erase(asked);
  judge(hop, response.status() != kServiceUnavailable);
  return true;
}

bool HealthChecks::on_undeliverable(const View& request) {
  const auto asked = asked_.find(std::string{request.via().branch()});
  if (asked == asked_.end()) return false;
  const SipFlow hop = asked->second;
  asked_.erase(asked);
  judge(hop, false);
  return true;
}

void HealthChecks::judge(const SipFlow& hop, bool works) {
  unsigned& failures = failures_[hop];
  failures = works ? 0 : failures + 1;
  if (works || failures >= settings_.health.failures) hops_.set_down(hop, !works);
}

}  // namespace avedge::sip
