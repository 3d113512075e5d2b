#include "signaling-shim/anchor/media_paths.h"

#include <algorithm>
#include <set>

namespace avedge::anchor {

MediaPaths::~MediaPaths() {
  for (auto& [key, entry] : entries_) remove(entry);
}

void MediaPaths::sync(const DialogState& state) {
  Wanted ends = wanted(state);
  remove_stale(ends);
  for (auto& [key, desired] : ends) set(key, std::move(desired));
}

bool MediaPaths::lead_to(const LocalAddresses& addresses) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
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
      const LegBuilder parties{factory_, latching_, state, line, component};
      const MediaPort& near = port_of(state, Side::caller, key);
      const MediaPort& far = port_of(state, Side::callee, key);
      ends.emplace(key, DesiredPath{parties.udp_leg(Side::caller, near),
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
  for (auto& [key, entry] : entries_) {
    const auto found = wanted.find(key);
    const bool stays = found != wanted.end() &&
                       found->second.near.socket == entry.path.near.socket &&
                       found->second.far.socket == entry.path.far.socket;
    if (!stays) remove(entry);
  }
}

void MediaPaths::set(const Key& key, DesiredPath desired) {
  Entry& entry = entries_[key];
  for (UdpLeg* end : {&desired.near, &desired.far}) {
    const bool is_circle =
        factory_.loop_detector.would_loop(end->signalled, desired.near_port, desired.far_port);
    if (is_circle) end->signalled = {};
  }
  const auto rtp = rtp_of(key);
  if (entry.is_live && entry.path.near == desired.near && entry.path.far == desired.far &&
      entry.path.rtp == rtp) {
    return;
  }
  activate(entry, factory_);
  entry.path.rtp = rtp;
  note_forwarding(entry.path.id, desired);
  entry.path.near = std::move(desired.near);
  entry.path.far = std::move(desired.far);
  factory_.control.set_path(worker_, entry.path);
}

/// The path that is the RTP of that one; keys are in such an order that it is in force before.
std::optional<MediaPathId> MediaPaths::rtp_of(const Key& key) const {
  const auto& [line, component] = key;
  const auto found = entries_.find({line, Component::rtp});
  const bool is_in_force = found != entries_.end() && found->second.is_live;
  if (component == Component::rtp || !is_in_force) return std::nullopt;
  return found->second.path.id;
}

void MediaPaths::note_forwarding(MediaPathId path, const DesiredPath& desired) {
  factory_.loop_detector.remove(path);
  factory_.loop_detector.add(path, desired.near_port, desired.far.signalled);
  factory_.loop_detector.add(path, desired.far_port, desired.near.signalled);
}

void MediaPaths::remove(Entry& entry) {
  if (!deactivate(entry, factory_)) return;
  factory_.loop_detector.remove(entry.path.id);
  factory_.control.remove_path(worker_, entry.path.id);
}

MediaTotals MediaPaths::totals() const {
  return totals_of(entries_);
}

Time MediaPaths::last_activity() const {
  return last_activity_of(entries_);
}

}  // namespace avedge::anchor
