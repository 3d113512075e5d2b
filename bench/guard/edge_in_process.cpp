#include "bench/guard/edge_in_process.h"

#include <future>
#include <numeric>
#include <stdexcept>

#include "ice/latching/media_latching.h"

namespace avedge::bench::guard {
namespace {

const std::string kUser = "guard";
const std::string kPassword = "secret";

turn::SharedRules make_rules() {
  turn::Settings settings;
  settings.credentials.realm = "example.org";
  settings.credentials.users[kUser].password = kPassword;
  // The peers stand where no peer stands elsewhere; and nobody is to run out of answers.
  for (const char* prefix : {"127.0.0.0/8", "198.18.0.0/15"}) {
    settings.peers.rules.push_back({turn::PeerRule::Action::allow, *Prefix::parse(prefix)});
  }
  settings.limits.answers_per_second = settings.limits.answer_burst = 1'000'000;
  return std::make_shared<const turn::Rules>(settings, [] { return UnixSeconds{}; });
}

relay::DataPlaneSettings make_settings(const Ways& ways, const IpAddress& relayed) {
  relay::DataPlaneSettings settings;
  settings.ingress = ways.in;
  settings.egress = ways.out;
  settings.turn_relay_interface = "external";
  settings.ranges = {{"external", relayed, relayed, "", Port{50000}, Port{59999}}};
  relay::ClientListener listener;
  listener.local = EdgeInProcess::listener();
  settings.turn_listeners = {listener};
  return settings;
}

/// Sends a round in one wake-up of the worker and lets it be served in the next one, from an order
/// that the worker carries out: so each wake-up finds the same, however the threads are scheduled.
class Rounds {
 public:
  Rounds(const std::vector<Round>& rounds, std::size_t first_counted)
      : rounds_{rounds}, first_counted_{first_counted} {}

  /// Returns when all have been served.
  void run(relay::Worker& worker) {
    auto served = served_.get_future();
    worker.post([this](relay::Worker& own) { step(own); });
    served.wait();
  }

 private:
  void step(relay::Worker& worker) {
    if (is_arriving_) {
      is_arriving_ = false;
    } else if (next_ < rounds_.size()) {
      if (next_ == first_counted_) begin_counting();
      send_uncounted(rounds_[next_++]);
      is_arriving_ = true;
    } else {
      auto served = std::move(served_);  // whoever waits may destroy us at once
      return served.set_value();
    }
    worker.post([this](relay::Worker& own) { step(own); });
  }

  const std::vector<Round>& rounds_;
  std::size_t first_counted_;
  std::size_t next_ = 0;
  bool is_arriving_ = false;
  std::promise<void> served_;
};

std::uint64_t handled(const WorkerCounters& counters) {
  std::uint64_t count = counters.stun_requests.value();
  for (const Counter& direction : counters.packets) count += direction.value();
  return count;
}

std::size_t datagrams(std::span<const Round> rounds) {
  return std::accumulate(rounds.begin(), rounds.end(), std::size_t{0},
                         [](std::size_t sum, const Round& round) { return sum + round.size(); });
}

}  // namespace

EdgeInProcess::EdgeInProcess(const Ways& ways, const IpAddress& relayed) {
  const auto rules = make_rules();
  auto plane = relay::DataPlane::open(
      make_settings(ways, relayed),
      [&](const relay::HandlerContext& context) { return make_handlers(context, rules, relayed); });
  if (!plane) throw std::runtime_error{plane.reason().message()};
  plane_ = std::move(plane).value();
  plane_->start();
}

relay::Handlers EdgeInProcess::make_handlers(const relay::HandlerContext& context,
                                             const turn::SharedRules& rules,
                                             const IpAddress& relayed) {
  const std::vector own{relayed};
  auto server = std::make_unique<turn::Server>(
      rules, turn::ServerDependencies{context.ports, quota_, context.flows, context.counters, *this,
                                      &context.peers, nullptr, context.worker});
  return {std::move(server), std::make_unique<latching::MediaLatching>(
                                 context.flows, context.parties, context.counters, own)};
}

Endpoint EdgeInProcess::listener() {
  return {IpAddress::v4(127, 0, 0, 1), Port{3478}};
}

TurnClient EdgeInProcess::new_client() const {
  auto link = open_link(LinkKind::udp, {listener().address, Port{}}, listener());
  if (!link) throw std::runtime_error{link.reason().message()};
  TurnClient client{std::move(link).value(), {kUser, kPassword, {}, {}}};
  // Refused for want of an allocation; but the challenge before that has brought the nonce.
  static_cast<void>(client.create_permission(listener()));
  if (client.account().nonce.empty()) throw std::runtime_error{"the listener does not answer"};
  return client;
}

void EdgeInProcess::measure(const char* path, const Load& load) {
  serve({});  // what still waits is not this load's
  const std::uint64_t before = handled(counters());
  Rounds{load.rounds, kWarmUp}.run(plane_->worker(WorkerIndex{0}));
  const auto counted = std::span{load.rounds}.subspan(kWarmUp);
  end_counting(path, datagrams(counted) / load.datagrams_per_operation);
  if (handled(counters()) - before != datagrams(load.rounds)) {
    throw std::runtime_error{std::string{path} + ": the worker did not handle every datagram"};
  }
}

void EdgeInProcess::serve(const Round& round) {
  const std::vector<Round> rounds{round};
  Rounds{rounds, rounds.size()}.run(plane_->worker(WorkerIndex{0}));
}

}  // namespace avedge::bench::guard
