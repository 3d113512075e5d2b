#include "signaling-shim/sip/next_hop_lookups.h"

#include <algorithm>

namespace avedge::sip {

NextHopLookups::NextHopLookups(const Settings& settings, HopTable& hops, DnsClient& dns)
    : settings_{settings}, hops_{hops}, dns_{dns} {
  for (std::size_t i = 0; i < hops.all().size(); ++i) {
    if (!IpAddress::parse(hops.all()[i].config.host)) lookups_.push_back({i});
  }
}

void NextHopLookups::tick(Time now) {
  for (std::size_t i = 0; i < lookups_.size(); ++i) {
    if (!lookups_[i].running && lookups_[i].due <= now) begin(now, i);
  }
}

void NextHopLookups::begin(Time now, std::size_t index) {
  lookups_[index].running = true;
  const Hop& hop = hops_.all()[lookups_[index].hop];
  locate(dns_, hop.config, settings_.transports_of(hop.interface),
         [this, now, index](ServerLocation found) { finish(now, index, std::move(found)); });
}

/// `now` is when the query was sent: an answer ages in transit.
void NextHopLookups::finish(Time now, std::size_t index, ServerLocation found) {
  Lookup& lookup = lookups_[index];
  lookup.running = false;
  const Limits& limits = settings_.limits;
  const bool complete = !found.targets.empty() && !found.failed;
  lookup.due = now + (complete ? std::clamp(found.ttl, limits.shortest_ttl, limits.longest_ttl)
                               : limits.lookup_retry);
  // A partial answer is better than none, but worse than the complete previous one.
  if (complete || hops_.all()[lookup.hop].targets.empty()) {
    hops_.set_targets(lookup.hop, std::move(found.targets));
  }
}

}  // namespace avedge::sip
