#include "signaling-shim/anchor/media_paths.h"

#include <algorithm>
#include <set>

namespace avedge::anchor {

MediaPaths::~MediaPaths() {
  for (auto& [key, slot] : slots_) remove(slot);
}

void MediaPaths::sync(const DialogState& state) {
  Wanted ends = wanted(state);
  remove_stale(ends);
  for (auto& [key, pair] : ends) set(key, std::move(pair.first), std::move(pair.second));
}

/// Lines that share a port with an earlier one (rule of the bundle, or of RTP/AVP and RTP/SAVP on
/// one port) are served by that one's path: two paths on one socket could not be told apart.
MediaPaths::Wanted MediaPaths::wanted(const DialogState& state) const {
  Wanted ends;
  std::set<const MediaPortPair*> used;
  for (std::size_t line = 0; line < state.party[Side::caller].lines.size(); ++line) {
    if (!state.is_open(line)) continue;
    const bool is_first_near = used.insert(state.facing[Side::caller][line].get()).second;
    const bool is_first_far = used.insert(state.facing[Side::callee][line].get()).second;
    if (!is_first_near || !is_first_far) continue;
    for (const Component component : {Component::rtp, Component::rtcp}) {
      const bool has_rtcp = state.party[Side::caller].lines[line].has_rtcp;
      if (component == Component::rtcp && !has_rtcp) continue;
      const Key key{line, component};
      ends[key] = {end_of(state, Side::caller, key), end_of(state, Side::callee, key)};
    }
  }
  return ends;
}

/// Whether what a party wrote into its SDP is a place to send the other party's media to. Not the
/// other family than our interface has; not this machine from inside, unless it stands on loopback
/// itself; not a service of the edge. Such a party can still be latched.
bool MediaPaths::may_send_to(const Endpoint& signalled, const MediaPort& port) const {
  const IpAddress& ours = port.local().address;
  return signalled.address.family() == ours.family() &&
         (!signalled.address.is_loopback() || ours.is_loopback()) &&
         !factory_.own.forbids(signalled);
}

/// Two parties that name each other's port on this edge would make media go round for ever.
bool MediaPaths::is_own_port(const DialogState& state, const Endpoint& signalled) {
  const auto names = [&](const MediaPort& port) {
    return signalled == port.local() || signalled == port.advertised();
  };
  for (const Side side : {Side::caller, Side::callee}) {
    for (const PortLease& lease : state.facing[side]) {
      if (lease && (names(lease->rtp) || names(lease->rtcp))) return true;
    }
  }
  return false;
}

MediaEnd MediaPaths::end_of(const DialogState& state, Side side, const Key& key) const {
  const auto& [line, component] = key;
  const bool is_rtp = component == Component::rtp;
  const MediaLine& mine = state.party[side].lines[line];
  const MediaLine& theirs = state.party[other(side)].lines[line];
  const MediaPortPair& lease = *state.facing[side][line];
  const MediaPort& port = is_rtp ? lease.rtp : lease.rtcp;
  MediaEnd end;
  end.socket = port.socket();
  end.signalled = is_rtp ? mine.rtp : mine.rtcp;
  if (!may_send_to(end.signalled, port) || is_own_port(state, end.signalled)) end.signalled = {};
  end.signalled_addresses = mine.addresses;
  end.sip_source = state.party[side].source;
  end.latching = state.party[side].terms.latching.value_or(latching_);
  if (!mine.ice_ufrag.empty() && !theirs.ice_ufrag.empty() && !theirs.ice_password.empty()) {
    end.ice.push_back({theirs.ice_ufrag, theirs.ice_password, mine.ice_ufrag});
  }
  return end;
}

void MediaPaths::remove_stale(const Wanted& wanted) {
  for (auto& [key, slot] : slots_) {
    const auto found = wanted.find(key);
    const bool stays = found != wanted.end() &&
                       found->second.first.socket == slot.path.near.socket &&
                       found->second.second.socket == slot.path.far.socket;
    if (!stays) remove(slot);
  }
}

void MediaPaths::set(const Key& key, MediaEnd near, MediaEnd far) {
  Slot& slot = slots_[key];
  if (slot.is_live && slot.path.near == near && slot.path.far == far) return;
  if (!slot.is_live) {
    slot.is_live = true;
    slot.path.id = MediaPathId{factory_.next_id++};
    factory_.counters.paths.add(1);
  }
  if (slot.path.counters == nullptr) slot.path.counters = std::make_shared<MediaPathCounters>();
  slot.path.near = std::move(near);
  slot.path.far = std::move(far);
  factory_.control.set_path(worker_, slot.path);
}

void MediaPaths::remove(Slot& slot) {
  if (!slot.is_live) return;
  slot.is_live = false;
  factory_.counters.paths.add(-1);
  factory_.control.remove_path(worker_, slot.path.id);
}

MediaTotals MediaPaths::totals() const {
  MediaTotals totals;
  for (const auto& [key, slot] : slots_) {
    for (std::size_t way = 0; way < 2; ++way) {
      totals.packets[way] += slot.path.counters->packets[way].value();
      totals.bytes[way] += slot.path.counters->bytes[way].value();
    }
  }
  return totals;
}

Time MediaPaths::last_activity() const {
  std::int64_t latest = 0;
  for (const auto& [key, slot] : slots_) {
    latest = std::max(latest, slot.path.counters->last_activity.value());
  }
  return Time{std::chrono::nanoseconds{latest}};
}

}  // namespace avedge::anchor
