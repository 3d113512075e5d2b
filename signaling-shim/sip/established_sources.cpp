#include "signaling-shim/sip/established_sources.h"

#include <algorithm>

namespace avedge::sip {
namespace {

/// One host must not evict all others.
constexpr std::ptrdiff_t kMostPorts = 64;

}  // namespace

void EstablishedSources::note(Time now, const Endpoint& source) {
  expire(now);
  if (const auto known = proofs_.find(source); known != proofs_.end()) {
    known->second->expires = now + lifetime_;
    by_age_.splice(by_age_.end(), by_age_, known->second);
    return;
  }
  forget_oldest_port_of(source.address);
  if (proofs_.size() >= most_) forget(by_age_.begin());
  proofs_.emplace(source, by_age_.insert(by_age_.end(), {source, now + lifetime_}));
}

EstablishedSources::Match EstablishedSources::find(Time now, const Endpoint& source) {
  expire(now);
  if (proofs_.contains(source)) return Match::endpoint;
  const auto first = proofs_.lower_bound({source.address, Port{}});
  const bool has_address = first != proofs_.end() && first->first.address == source.address;
  return has_address ? Match::address : Match::none;
}

void EstablishedSources::expire(Time now) {
  while (!by_age_.empty() && by_age_.front().expires <= now) forget(by_age_.begin());
}

/// Makes room when an address has reached its port limit.
void EstablishedSources::forget_oldest_port_of(const IpAddress& address) {
  const auto first = proofs_.lower_bound({address, Port{}});
  const auto last = proofs_.upper_bound({address, Port{0xFFFF}});
  if (std::distance(first, last) < kMostPorts) return;
  const auto oldest = std::min_element(first, last, [](const auto& left, const auto& right) {
    return left.second->expires < right.second->expires;
  });
  forget(oldest->second);
}

void EstablishedSources::forget(ByAge::iterator proof) {
  proofs_.erase(proof->source);
  by_age_.erase(proof);
}

}  // namespace avedge::sip
