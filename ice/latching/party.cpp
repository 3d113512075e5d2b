#include "ice/latching/party.h"

#include <algorithm>

#include "ice/latching/line_payload.h"

namespace avedge::latching {
namespace {

std::uint32_t source_of(ConstBytes datagram) {
  return is_rtp(datagram) ? rtp_position_of(datagram).ssrc : 0;
}

/// Whether `datagram` goes on with the stream that was last at `last`.
bool continues(const RtpPosition& last, ConstBytes datagram) {
  if (!last.is_known() || !is_rtp(datagram)) return false;
  const RtpPosition here = rtp_position_of(datagram);
  return here.ssrc == last.ssrc &&
         sequence_distance(here.sequence, last.sequence) <= Party::kMaxSequenceGap;
}

}  // namespace

std::optional<Endpoint> Party::latched() const {
  return latch_ ? std::optional{latch_->at} : std::nullopt;
}

std::optional<Endpoint> Party::destination() const {
  if (latch_ && !signalled_.is_asymmetric) return latch_->at;
  const Endpoint& said = signalled_.signalled;
  if (said.port == Port{} || said.address.is_unspecified()) return std::nullopt;
  return said;
}

bool Party::is_source(const Endpoint& remote) const {
  return std::find(sources_.begin(), sources_.end(), remote) != sources_.end();
}

bool Party::latch_by_check(Time now, const Endpoint& remote, bool nominates) {
  if (!is_checked()) {
    latch(now, remote, LatchKind::check);
  } else if (!is_source(remote)) {
    if (sources_.size() >= kMaxSources) return false;
    sources_.push_back(remote);
  }
  if (nominates || !nominated_) latch_->at = remote;
  nominated_ = nominated_ || nominates;
  return true;
}

Party::Admission Party::latch_exactly(const ReceivedPacket& received, const Party* rtp) {
  const Endpoint& remote = received.remote;
  if (!signalled_exactly(remote) || !admits_exact(remote.address, rtp)) return Admission::refused;
  latch(received.now, remote, LatchKind::exact);
  return Admission::latched;
}

bool Party::admits_exact(const IpAddress& address, const Party* rtp) const {
  if (signalled_.latching == Latching::strict) return true;
  if (!learns_by_address() || !is_admitted(address)) return false;
  const bool rtp_was_learned = rtp != nullptr && rtp->latch_ && !rtp->is_where_signalled();
  return !rtp_was_learned || rtp->latch_->at.address == address;
}

Party::Admission Party::reclaim(const ReceivedPacket& received) {
  if (moved_from_ != received.remote) return Admission::refused;
  if (!fits(signalled_.payload, received.datagram)) return Admission::unfit;
  latch(received.now, received.remote, LatchKind::reclaimed);
  return Admission::latched;
}

Party::Admission Party::latch_by_address(const ReceivedPacket& received, const Party* rtp) {
  if (!learns_by_address() || !is_admitted(received.remote.address)) return Admission::refused;
  if (!fits(signalled_.payload, received.datagram)) return Admission::unfit;
  if (rtp != nullptr) return latch_rtcp(received, *rtp);
  if (!latch_) return first(received);
  if (!signalled_.may_send) return Admission::refused;
  return holds(received) ? move(received) : take_over(received);
}

bool Party::learns_by_address() const {
  return signalled_.latching != Latching::strict && !signalled_.uses_ice && !is_checked();
}

bool Party::is_admitted(const IpAddress& address) const {
  if (signalled_.latching == Latching::sip_source) return address == signalled_.sip_source;
  const auto& known = signalled_.signalled_addresses;
  return address == signalled_.signalled.address ||
         std::find(known.begin(), known.end(), address) != known.end();
}

bool Party::is_where_signalled() const {
  return latch_->kind == LatchKind::check || signalled_exactly(latch_->at);
}

Party::Admission Party::first(const ReceivedPacket& received) {
  if (signalled_.timing == LatchTiming::immediate) {
    latch(received.now, received.remote, LatchKind::address);
    return Admission::latched;
  }
  if (sources_.size() >= kMaxSources) return Admission::refused;
  sources_.push_back(received.remote);
  if (!waiting_since_) waiting_since_ = received.now;
  return Admission::waiting;
}

bool Party::holds(const ReceivedPacket& received) const {
  if (!latch_->is_provisional) return true;
  return received.now - latch_->since >= kProvisional &&
         received.heard.packets >= latch_->packets_before + kConfirmingPackets;
}

/// What an SDP of before has left behind goes at once. Between two ports of an admitted address the
/// one that goes on sending wins: one forged packet is not enough to stay.
Party::Admission Party::take_over(const ReceivedPacket& received) {
  const bool is_left_behind = !is_admitted(latch_->at.address);
  const auto ssrc = source_of(received.datagram);
  if (!is_left_behind && !challenge_.advance(received.remote, ssrc, received.heard.packets)) {
    return Admission::refused;
  }
  latch(received.now, received.remote, LatchKind::address);
  return Admission::latched;
}

Party::Admission Party::move(const ReceivedPacket& received) {
  const Time last = std::max(received.heard.last_activity, latch_->since);
  if (signalled_.rebinding == Rebinding::refused || received.now - last < kSilence) {
    return Admission::refused;
  }
  const bool is_known = signalled_.rebinding == Rebinding::any_stream
                            ? is_rtp(received.datagram)
                            : continues(received.heard.rtp, received.datagram);
  if (!is_known) return Admission::refused;
  const auto ssrc = source_of(received.datagram);
  if (!challenge_.advance(received.remote, ssrc, received.heard.packets)) return Admission::refused;
  const Endpoint old = latch_->at;
  latch(received.now, received.remote, LatchKind::moved);
  moved_from_ = old;
  return Admission::latched;
}

/// RTCP has no sequence numbers to go by, so it learns once for every place where RTP is found.
Party::Admission Party::latch_rtcp(const ReceivedPacket& received, const Party& rtp) {
  const auto at = rtp.latched();
  if (!at || at->address != received.remote.address) return Admission::refused;
  if (latch_ && (latch_->rtp_was == at || signalled_exactly(latch_->at))) return Admission::refused;
  latch(received.now, received.remote, LatchKind::address);
  latch_->rtp_was = at;
  return Admission::latched;
}

bool Party::follow(const Party& rtp) {
  if (!latch_ || is_checked() || !rtp.latch_) return false;
  if (latch_->at.address == rtp.latch_->at.address) return false;
  if (signalled_exactly(latch_->at) && rtp.is_where_signalled()) return false;
  unlatch();
  return true;
}

std::optional<Party::Decision> Party::due(Time now, const FlowReader& flows) const {
  if (latch_ && is_left_) {
    const Time heard = flows.usage(key_of(latch_->at)).last_activity;
    const Time last = std::max({heard, heard_.last_activity, latch_->since});
    if (now - last >= kSilence) return Decision{};
  }
  if (now >= decision_due()) return Decision{best_source(flows)};
  return std::nullopt;
}

void Party::settle(Time now, const Decision& decision) {
  if (!decision) return unlatch();
  const Endpoint chosen = *decision;
  latch(now, chosen, LatchKind::address);
  latch_->is_provisional = false;
}

Time Party::decision_due() const {
  return waiting_since_ ? *waiting_since_ + kProvisional : kNever;
}

/// With LatchTiming::heuristic the signalled address counts for more than the SIP source's;
/// otherwise, and among equals the one that sent last.
Endpoint Party::best_source(const FlowReader& flows) const {
  const auto last = [&](const Endpoint& source) {
    return flows.usage(key_of(source)).last_activity;
  };
  Endpoint best = sources_.front();
  for (const Endpoint& source : sources_) {
    if (is_preferred(source) < is_preferred(best)) continue;
    const bool is_better = is_preferred(source) > is_preferred(best) || last(source) >= last(best);
    if (is_better) best = source;
  }
  return best;
}

bool Party::is_preferred(const Endpoint& source) const {
  return signalled_.timing == LatchTiming::heuristic &&
         source.address == signalled_.signalled.address;
}

void Party::note_heard(const Endpoint& source, const FlowUsage& usage) {
  if (latch_ && latch_->at == source) heard_ += usage;
}

void Party::update(Time now, const UdpLeg& signalled) {
  if (signalled == signalled_) return;
  const bool starts_over = signalled.socket != signalled_.socket;
  const bool restarted = signalled.ice != signalled_.ice;
  const bool moves =
      signalled.signalled != Endpoint{} && signalled.signalled != signalled_.signalled;
  signalled_ = signalled;
  nominated_ = false;
  moved_from_.reset();
  challenge_.reset();
  if (starts_over || !latch_ || (moves && !signalled_.may_send)) return unlatch();
  if (restarted)
    sources_ = {latch_->at};  // RFC 8445 §9: what older checks have shown means nothing
  if (moves && latch_->kind == LatchKind::exact) {
    latch_.reset();  // its packets are still its own until the new place speaks
    return;
  }
  if (is_checked() && !signalled_.uses_ice && signalled_.ice.empty()) {
    latch_->kind = LatchKind::address;
  }
  is_left_ = (is_left_ || moves) && !signalled_exactly(latch_->at);
  latch_->is_provisional = !signalled_exactly(latch_->at);
  latch_->since = now;
  latch_->packets_before = heard_.packets;
}

void Party::latch(Time now, const Endpoint& at, LatchKind kind) {
  unlatch();
  latch_ = Latch{at, kind, now, kind == LatchKind::address};
  sources_ = {at};
}

void Party::unlatch() {
  latch_.reset();
  gone_.insert(gone_.end(), sources_.begin(), sources_.end());
  sources_.clear();
  heard_ = {};
  challenge_.reset();
  moved_from_.reset();
  waiting_since_.reset();
  nominated_ = false;
  is_left_ = false;
}

}  // namespace avedge::latching
