#include "signaling-shim/anchor/stream_paths.h"

#include <algorithm>
#include <set>

namespace avedge::anchor {
namespace {

/// The ports of `side` in a line that carries streams: our TCP ports, or our converters.
const ComponentPorts& ports_of(const DialogState& state, Side side, std::size_t line) {
  const MediaLinePorts& lease = state.facing[side][line];
  const bool is_converted = state.party[side].stream_kind(line) == StreamMedia::Kind::converted;
  return is_converted ? *lease.converters : *lease.streams;
}

const MediaPort& port_of(const DialogState& state, Side side, std::size_t line,
                         Component component) {
  const ComponentPorts& ports = ports_of(state, side, line);
  return component == Component::rtp ? ports.rtp : ports.rtcp;
}

bool same_ends(const StreamPath& left, const StreamPath& right) {
  return left.near == right.near && left.far == right.far &&
         left.near_datagrams == right.near_datagrams && left.far_datagrams == right.far_datagrams;
}

SocketId socket_of(const TcpLeg& end, const std::optional<UdpLeg>& datagrams) {
  return datagrams ? datagrams->socket : end.port;
}

bool same_ports(const StreamPath& left, const StreamPath& right) {
  return socket_of(left.near, left.near_datagrams) == socket_of(right.near, right.near_datagrams) &&
         socket_of(left.far, left.far_datagrams) == socket_of(right.far, right.far_datagrams);
}

}  // namespace

StreamPaths::~StreamPaths() {
  for (auto& [key, entry] : entries_) remove(entry);
}

void StreamPaths::sync(const DialogState& state) {
  Wanted paths = wanted(state);
  remove_stale(paths);
  for (auto& [key, desired] : paths) set(key, std::move(desired));
}

bool StreamPaths::lead_to(const LocalAddresses& addresses) const {
  const auto is_here = [&](const Endpoint& place) { return addresses.contain(place.address); };
  const auto leads_here = [&](const TcpLeg& end, const std::optional<UdpLeg>& datagrams) {
    return std::any_of(end.passive.begin(), end.passive.end(), is_here) ||
           (datagrams && is_here(datagrams->signalled));
  };
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
    const StreamPath& path = entry.second.path;
    return entry.second.is_live &&
           (leads_here(path.near, path.near_datagrams) || leads_here(path.far, path.far_datagrams));
  });
}

/// The path of an earlier line with the same port serves this line too.
StreamPaths::Wanted StreamPaths::wanted(const DialogState& state) const {
  Wanted paths;
  std::set<const ComponentPorts*> used;
  for (std::size_t line = 0; line < state.party[Side::caller].lines.size(); ++line) {
    if (!state.carries_streams(line)) continue;
    const ComponentPorts& near = ports_of(state, Side::caller, line);
    const ComponentPorts& far = ports_of(state, Side::callee, line);
    const bool is_first_near = used.insert(&near).second;
    const bool is_first_far = used.insert(&far).second;
    if (!is_first_near || !is_first_far) continue;
    paths.emplace(Key{line, Component::rtp}, desired_path(state, {line, Component::rtp}));
    if (!near.rtcp || !far.rtcp) continue;
    paths.emplace(Key{line, Component::rtcp}, desired_path(state, {line, Component::rtcp}));
  }
  return paths;
}

StreamPaths::DesiredPath StreamPaths::desired_path(const DialogState& state, const Key& key) const {
  const auto& [line, component] = key;
  const LegBuilder parties{factory_, latching_, state, line, component};
  DesiredPath desired{{},
                      port_of(state, Side::caller, line, component),
                      port_of(state, Side::callee, line, component)};
  const auto is_converted = [&, of = line](Side side) {
    return state.party[side].stream_kind(of) == StreamMedia::Kind::converted;
  };
  if (is_converted(Side::caller)) {
    desired.path.near_datagrams = parties.converted_leg(Side::caller, desired.near_port);
  } else {
    desired.path.near = parties.tcp_leg(Side::caller, desired.near_port);
  }
  if (is_converted(Side::callee)) {
    desired.path.far_datagrams = parties.converted_leg(Side::callee, desired.far_port);
  } else {
    desired.path.far = parties.tcp_leg(Side::callee, desired.far_port);
  }
  return desired;
}

void StreamPaths::remove_stale(const Wanted& wanted) {
  for (auto& [key, entry] : entries_) {
    const auto found = wanted.find(key);
    if (found == wanted.end() || !same_ports(found->second.path, entry.path)) remove(entry);
  }
}

void StreamPaths::set(const Key& key, DesiredPath desired) {
  Entry& entry = entries_[key];
  drop_loops(desired);
  if (entry.is_live && same_ends(entry.path, desired.path)) return;
  activate(entry, factory_);
  note_forwarding(entry.path.id, desired);
  desired.path.id = entry.path.id;
  desired.path.counters = entry.path.counters;
  entry.path = std::move(desired.path);
  factory_.control.set_stream_path(worker_, entry.path);
}

/// If two parties accept connections at our ports for each other, we would connect to ourselves
/// endlessly.
void StreamPaths::drop_loops(DesiredPath& desired) const {
  for (TcpLeg* end : {&desired.path.near, &desired.path.far}) {
    std::erase_if(end->passive, [&](const Endpoint& place) {
      return factory_.tcp_loop_detector.would_loop(place, desired.near_port, desired.far_port);
    });
  }
  drop_loop(desired.path.near_datagrams, desired.near_port);
  drop_loop(desired.path.far_datagrams, desired.far_port);
}

void StreamPaths::drop_loop(std::optional<UdpLeg>& party, const MediaPort& port) const {
  if (party && factory_.loop_detector.would_loop(party->signalled, port, port))
    party->signalled = {};
}

void StreamPaths::note_forwarding(MediaPathId path, const DesiredPath& desired) {
  factory_.tcp_loop_detector.remove(path);
  for (const Endpoint& place : desired.path.far.passive) {
    factory_.tcp_loop_detector.add(path, desired.near_port, place);
  }
  for (const Endpoint& place : desired.path.near.passive) {
    factory_.tcp_loop_detector.add(path, desired.far_port, place);
  }
}

void StreamPaths::remove(Entry& entry) {
  if (!deactivate(entry, factory_)) return;
  factory_.tcp_loop_detector.remove(entry.path.id);
  factory_.control.remove_stream_path(worker_, entry.path.id);
}

MediaTotals StreamPaths::totals() const {
  return totals_of(entries_);
}

Time StreamPaths::last_activity() const {
  return last_activity_of(entries_);
}

}  // namespace avedge::anchor
