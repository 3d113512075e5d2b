#include "ice/latching/party.h"

#include <algorithm>

namespace avedge::latching {

std::optional<Endpoint> Party::destination() const {
  if (latched_) return latched_;
  const Endpoint& said = signalled_.signalled;
  if (said.port == Port{} || said.address.is_unspecified()) return std::nullopt;
  return said;
}

bool Party::is_source(const Endpoint& remote) const {
  return std::find(sources_.begin(), sources_.end(), remote) != sources_.end();
}

bool Party::may_latch_by_address(const Endpoint& remote) const {
  if (locked_) return false;
  switch (signalled_.latching) {
    case Latching::strict: return signalled_exactly(remote);
    case Latching::signalled:
    case Latching::asymmetric: return is_signalled_address(remote.address);
    case Latching::sip_source: return remote.address == signalled_.sip_source;
  }
  return false;
}

void Party::latch_by_address(const Endpoint& remote) {
  sources_ = {remote};
  if (signalled_.latching != Latching::asymmetric) latched_ = remote;
  locked_ = true;
}

bool Party::latch_by_check(const Endpoint& remote, bool nominates) {
  if (!is_source(remote)) {
    if (sources_.size() >= kMaxSources) return false;
    sources_.push_back(remote);
  }
  locked_ = true;
  if (nominates || !nominated_) latched_ = remote;
  nominated_ = nominated_ || nominates;
  return true;
}

void Party::update(const MediaEnd& signalled) {
  if (signalled == signalled_) return;
  const bool says_where = signalled.signalled != Endpoint{};
  const bool elsewhere = signalled.socket != signalled_.socket ||
                         (says_where && signalled.signalled != signalled_.signalled);
  const bool restarted = signalled.ice != signalled_.ice;
  signalled_ = signalled;
  locked_ = false;
  nominated_ = false;
  if (elsewhere) latched_.reset();
  // RFC 8445 §9: after a restart the sources that older checks have shown mean nothing.
  if (elsewhere || restarted) sources_.clear();
  if (restarted && latched_) sources_ = {*latched_};
}

bool Party::is_signalled_address(const IpAddress& address) const {
  const auto& known = signalled_.signalled_addresses;
  return address == signalled_.signalled.address ||
         std::find(known.begin(), known.end(), address) != known.end();
}

}  // namespace avedge::latching
