#include "signaling-shim/sip/route_table.h"

#include <algorithm>
#include <functional>
#include <random>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

using Lots = std::minstd_rand;

/// RFC 2782: repeatedly draws one of [begin, end), each with a chance proportional to its weight;
/// those of weight 0 come last unless there is nothing else.
template <class Iterator, class WeightOf>
void order_by_weight(Iterator begin, Iterator end, WeightOf weight_of, Lots& lots) {
  for (; begin != end; ++begin) {
    std::uint64_t sum = 0;
    for (auto at = begin; at != end; ++at) sum += weight_of(*at);
    if (sum == 0) return std::shuffle(begin, end, lots);
    std::uint64_t drawn = std::uniform_int_distribution<std::uint64_t>{1, sum}(lots);
    auto chosen = begin;
    while (drawn > weight_of(*chosen)) drawn -= weight_of(*chosen++);
    std::rotate(begin, chosen, std::next(chosen));
  }
}

/// Targets are sorted by rank.
std::vector<Target> ordered(std::vector<Target> targets, Lots& lots) {
  for (auto begin = targets.begin(); begin != targets.end();) {
    const auto end = std::find_if(begin, targets.end(), [rank = begin->rank](const Target& target) {
      return target.rank != rank;
    });
    order_by_weight(
        begin, end, [](const Target& target) { return target.weight; }, lots);
    begin = end;
  }
  return targets;
}

}  // namespace

RouteTable::RouteTable(const Settings& settings, Counters& counters)
    : settings_{settings}, hops_{settings, counters} {
  for (const Route& route : settings.routes) {
    std::vector<Choice>& choices = choices_.emplace_back();
    const auto interface = settings.outbound_interface(route);
    for (const NextHop& hop : route.next_hops) {
      if (interface) choices.push_back({hops_.index_of(*interface, hop), hop.weight});
    }
  }
}

const Route* RouteTable::find(std::string_view interface, std::string_view host) const {
  for (const Route& route : settings_.routes) {
    if (route.from == interface && (!route.domain || equals_ignoring_case(*route.domain, host)))
      return &route;
  }
  return nullptr;
}

const Route* RouteTable::registering(std::string_view interface) const {
  for (const Route& route : settings_.routes) {
    if (route.from == interface && route.path) return &route;
  }
  return nullptr;
}

std::vector<SipFlow> RouteTable::candidates(Time now, const Route& route,
                                            std::string_view transaction) const {
  Lots lots{static_cast<Lots::result_type>(std::hash<std::string_view>{}(transaction))};
  auto choices = choices_[static_cast<std::size_t>(&route - settings_.routes.data())];
  if (route.balance == Balance::by_weight) {
    const auto weight_of = [](const Choice& choice) { return choice.weight; };
    order_by_weight(choices.begin(), choices.end(), weight_of, lots);
  }
  std::vector<SipFlow> found;
  for (const Choice& choice : choices) {
    const Hop& hop = hops_.all()[choice.hop];
    for (const Target& target : ordered(hop.targets, lots)) {
      const auto flow = hops_.flow_to(hop, target);
      if (flow && !hops_.is_down(*flow)) found.push_back(*flow);
    }
  }
  std::stable_partition(found.begin(), found.end(),
                        [&](const SipFlow& hop) { return !hops_.is_penalised(now, hop); });
  return found;
}

}  // namespace avedge::sip
