#include "signaling-shim/anchor/media_paths.h"

#include <algorithm>
#include <set>

namespace avedge::anchor {

namespace {

/// What explains the checks that `mine` sends to `theirs`, in the flavours that both wrote.
std::vector<IceCheckKeys> check_keys(const MediaLine& mine, const MediaLine& theirs,
                                     std::uint16_t component) {
  std::vector<IceCheckKeys> keys;
  if (!mine.ice_ufrag.empty() && !theirs.ice_ufrag.empty() && !theirs.ice_password.empty()) {
    keys.push_back({theirs.ice_ufrag, theirs.ice_password, mine.ice_ufrag});
  }
  for (const candidate::Ice06Credentials& receiver : theirs.ice06) {
    for (const candidate::Ice06Credentials& sender : mine.ice06) {
      keys.push_back(
          {ice06_user(receiver, component), receiver.password, ice06_user(sender, component)});
    }
  }
  return keys;
}

}  // namespace

MediaPaths::~MediaPaths() {
  for (auto& [key, slot] : slots_) remove(slot);
}

void MediaPaths::sync(const DialogState& state) {
  Wanted ends = wanted(state);
  remove_stale(ends);
  for (auto& [key, joint] : ends) set(key, std::move(joint));
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
      ends.emplace(key,
                   Joint{end_of(state, Side::caller, key), end_of(state, Side::callee, key),
                         port_of(state, Side::caller, key), port_of(state, Side::callee, key)});
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

const MediaPort& MediaPaths::port_of(const DialogState& state, Side side, const Key& key) {
  const auto& [line, component] = key;
  const MediaPortPair& lease = *state.facing[side][line];
  return component == Component::rtp ? lease.rtp : lease.rtcp;
}

MediaEnd MediaPaths::end_of(const DialogState& state, Side side, const Key& key) const {
  const auto& [line, component] = key;
  const bool is_rtp = component == Component::rtp;
  const MediaLine& mine = state.party[side].lines[line];
  const MediaLine& theirs = state.party[other(side)].lines[line];
  const MediaPort& port = port_of(state, side, key);
  MediaEnd end;
  end.socket = port.socket();
  end.signalled = is_rtp ? mine.rtp : mine.rtcp;
  if (!may_send_to(end.signalled, port)) end.signalled = {};
  end.signalled_addresses = mine.addresses;
  for (const Endpoint& candidate : mine.candidates) {
    if (!factory_.crossings.is_anchored(candidate)) end.signalled_candidates.push_back(candidate);
  }
  end.sip_source = state.party[side].source;
  end.latching = state.party[side].terms.latching.value_or(latching_);
  end.ice = check_keys(mine, theirs, is_rtp ? candidate::kRtpComponent : candidate::kRtcpComponent);
  return end;
}

void MediaPaths::remove_stale(const Wanted& wanted) {
  for (auto& [key, slot] : slots_) {
    const auto found = wanted.find(key);
    const bool stays = found != wanted.end() &&
                       found->second.near.socket == slot.path.near.socket &&
                       found->second.far.socket == slot.path.far.socket;
    if (!stays) remove(slot);
  }
}

void MediaPaths::set(const Key& key, Joint joint) {
  Slot& slot = slots_[key];
  for (MediaEnd* end : {&joint.near, &joint.far}) {
    const bool is_circle =
        factory_.crossings.come_back(end->signalled, joint.near_port, joint.far_port);
    if (is_circle) end->signalled = {};
  }
  if (slot.is_live && slot.path.near == joint.near && slot.path.far == joint.far) return;
  if (!slot.is_live) {
    slot.is_live = true;
    slot.path.id = MediaPathId{factory_.next_id++};
    factory_.counters.paths.add(1);
  }
  if (slot.path.counters == nullptr) slot.path.counters = std::make_shared<MediaPathCounters>();
  note_crossings(slot.path.id, joint);
  slot.path.near = std::move(joint.near);
  slot.path.far = std::move(joint.far);
  factory_.control.set_path(worker_, slot.path);
}

void MediaPaths::note_crossings(MediaPathId path, const Joint& joint) {
  factory_.crossings.remove(path);
  factory_.crossings.add(path, joint.near_port, joint.far.signalled);
  factory_.crossings.add(path, joint.far_port, joint.near.signalled);
}

void MediaPaths::remove(Slot& slot) {
  if (!slot.is_live) return;
  slot.is_live = false;
  factory_.counters.paths.add(-1);
  factory_.crossings.remove(slot.path.id);
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
