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
  for (auto& [key, joint] : ends) set(key, std::move(joint));
}

bool MediaPaths::lead_to(const LocalAddresses& addresses) const {
  return std::any_of(slots_.begin(), slots_.end(), [&](const auto& entry) {
    const MediaPath& path = entry.second.path;
    return entry.second.is_live && (addresses.contain(path.near.signalled.address) ||
                                    addresses.contain(path.far.signalled.address));
  });
}

/// Lines that share a port with an earlier one (rule of the bundle, or of RTP/AVP and RTP/SAVP on
/// one port) are served by that one's path: two paths on one socket could not be told apart.
MediaPaths::Wanted MediaPaths::wanted(const DialogState& state) const {
  Wanted ends;
  std::set<const MediaPortPair*> used;
  for (std::size_t line = 0; line < state.party[Side::caller].lines.size(); ++line) {
    if (!state.carries_datagrams(line)) continue;
    const bool is_first_near = used.insert(state.facing[Side::caller][line].datagrams.get()).second;
    const bool is_first_far = used.insert(state.facing[Side::callee][line].datagrams.get()).second;
    if (!is_first_near || !is_first_far) continue;
    for (const Component component : {Component::rtp, Component::rtcp}) {
      const bool has_rtcp = state.party[Side::caller].lines[line].has_rtcp;
      if (component == Component::rtcp && !has_rtcp) continue;
      const Key key{line, component};
      const PartyEnds parties{factory_, latching_, state, line, component};
      const MediaPort& near = port_of(state, Side::caller, key);
      const MediaPort& far = port_of(state, Side::callee, key);
      ends.emplace(key, Joint{parties.udp_leg(Side::caller, near),
                              parties.udp_leg(Side::callee, far), near, far});
    }
  }
  return ends;
}

const MediaPort& MediaPaths::port_of(const DialogState& state, Side side, const Key& key) {
  const auto& [line, component] = key;
  const MediaPortPair& lease = *state.facing[side][line].datagrams;
  return component == Component::rtp ? lease.rtp : lease.rtcp;
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
  for (UdpLeg* end : {&joint.near, &joint.far}) {
    const bool is_circle =
        factory_.loop_detector.would_loop(end->signalled, joint.near_port, joint.far_port);
    if (is_circle) end->signalled = {};
  }
  const auto rtp = rtp_of(key);
  if (slot.is_live && slot.path.near == joint.near && slot.path.far == joint.far &&
      slot.path.rtp == rtp) {
    return;
  }
  revive(slot, factory_);
  slot.path.rtp = rtp;
  note_forwarding(slot.path.id, joint);
  slot.path.near = std::move(joint.near);
  slot.path.far = std::move(joint.far);
  factory_.control.set_path(worker_, slot.path);
}

/// The path that is the RTP of that one; keys are in such an order that it is in force before.
std::optional<MediaPathId> MediaPaths::rtp_of(const Key& key) const {
  const auto& [line, component] = key;
  const auto found = slots_.find({line, Component::rtp});
  const bool is_in_force = found != slots_.end() && found->second.is_live;
  if (component == Component::rtp || !is_in_force) return std::nullopt;
  return found->second.path.id;
}

void MediaPaths::note_forwarding(MediaPathId path, const Joint& joint) {
  factory_.loop_detector.remove(path);
  factory_.loop_detector.add(path, joint.near_port, joint.far.signalled);
  factory_.loop_detector.add(path, joint.far_port, joint.near.signalled);
}

void MediaPaths::remove(Slot& slot) {
  if (!retire(slot, factory_)) return;
  factory_.loop_detector.remove(slot.path.id);
  factory_.control.remove_path(worker_, slot.path.id);
}

MediaTotals MediaPaths::totals() const {
  return totals_of(slots_);
}

Time MediaPaths::last_activity() const {
  return last_activity_of(slots_);
}

}  // namespace avedge::anchor
