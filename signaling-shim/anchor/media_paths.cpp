#include "signaling-shim/anchor/media_paths.h"

#include <algorithm>
#include <set>

namespace avedge::anchor {
namespace {

Transport transport_of(const Leg& leg) {
  return std::holds_alternative<UdpLeg>(leg) ? Transport::udp : Transport::tcp;
}

SocketId socket_of(const Leg& leg) {
  const auto* udp = std::get_if<UdpLeg>(&leg);
  return udp != nullptr ? udp->socket : std::get<TcpLeg>(leg).port;
}

/// Where the party may be sent to before it has latched, or dialled.
std::vector<Endpoint> targets_of(const Leg& leg) {
  const auto* udp = std::get_if<UdpLeg>(&leg);
  if (udp != nullptr) return {udp->signalled};
  return std::get<TcpLeg>(leg).passive;
}

/// Our ports that face the party: of a line that carries streams those over TCP, or the UDP ports
/// of a party that has no TCP.
const MediaPort& port_of(const DialogState& state, Side side, std::size_t line, bool is_stream,
                         Component component) {
  const MediaLinePorts& ports = state.facing[side][line];
  const bool is_rtp = component == Component::rtp;
  if (!is_stream) return is_rtp ? ports.datagrams->rtp : ports.datagrams->rtcp;
  const bool is_converted = state.party[side].stream_kind(line) == StreamMedia::Kind::converted;
  const ComponentPorts& streams = is_converted ? *ports.converters : *ports.streams;
  return is_rtp ? streams.rtp : streams.rtcp;
}

}  // namespace

MediaPaths::~MediaPaths() {
  for (auto& [key, entry] : entries_) remove(entry);
}

void MediaPaths::sync(const DialogState& state) {
  Wanted paths = wanted(state);
  remove_stale(paths);
  for (auto& [key, desired] : paths) set(key, std::move(desired));
}

bool MediaPaths::lead_to(const LocalAddresses& addresses) const {
  const auto leads_here = [&](const Leg& leg) {
    const auto targets = targets_of(leg);
    return std::any_of(targets.begin(), targets.end(),
                       [&](const Endpoint& target) { return addresses.contain(target.address); });
  };
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
    const MediaPath& path = entry.second.path;
    return entry.second.is_live && (leads_here(path.caller) || leads_here(path.callee));
  });
}

/// Lines that share a port with an earlier one (rule of the bundle, or of RTP/AVP and RTP/SAVP on
/// one port) are served by that one's path: two paths on one socket could not be told apart.
MediaPaths::Wanted MediaPaths::wanted(const DialogState& state) const {
  Wanted paths;
  std::set<const MediaPort*> used;
  for (const Carrier carrier : {Carrier::datagrams, Carrier::streams}) {
    const bool is_stream = carrier == Carrier::streams;
    for (std::size_t line = 0; line < state.party[Side::caller].lines.size(); ++line) {
      if (!(is_stream ? state.carries_streams(line) : state.carries_datagrams(line))) continue;
      const auto port = [&](Side side, Component component) -> const MediaPort& {
        return port_of(state, side, line, is_stream, component);
      };
      const bool is_first_caller = used.insert(&port(Side::caller, Component::rtp)).second;
      const bool is_first_callee = used.insert(&port(Side::callee, Component::rtp)).second;
      if (!is_first_caller || !is_first_callee) continue;
      const Key rtp{line, carrier, Component::rtp};
      paths.emplace(rtp, desired_path(state, rtp));
      const bool has_rtcp =
          is_stream ? port(Side::caller, Component::rtcp) && port(Side::callee, Component::rtcp)
                    : state.party[Side::caller].lines[line].has_rtcp;
      const Key rtcp{line, carrier, Component::rtcp};
      if (has_rtcp) paths.emplace(rtcp, desired_path(state, rtcp));
    }
  }
  return paths;
}

MediaPaths::DesiredPath MediaPaths::desired_path(const DialogState& state, const Key& key) const {
  const LegBuilder legs{factory_, latching_, state, key.line, key.component};
  const bool is_stream = key.carrier == Carrier::streams;
  const auto port = [&](Side side) -> const MediaPort& {
    return port_of(state, side, key.line, is_stream, key.component);
  };
  const auto leg = [&](Side side) -> Leg {
    if (!is_stream) return legs.udp_leg(side, port(side));
    const bool is_converted =
        state.party[side].stream_kind(key.line) == StreamMedia::Kind::converted;
    if (is_converted) return legs.converted_leg(side, port(side));
    return legs.tcp_leg(side, port(side));
  };
  return {leg(Side::caller), leg(Side::callee), port(Side::caller), port(Side::callee)};
}

void MediaPaths::remove_stale(const Wanted& wanted) {
  for (auto& [key, entry] : entries_) {
    const auto found = wanted.find(key);
    const bool stays = found != wanted.end() &&
                       socket_of(found->second.caller) == socket_of(entry.path.caller) &&
                       socket_of(found->second.callee) == socket_of(entry.path.callee);
    if (!stays) remove(entry);
  }
}

void MediaPaths::set(const Key& key, DesiredPath desired) {
  Entry& entry = entries_[key];
  drop_loops(desired);
  const auto rtp = rtp_of(key);
  if (entry.is_live && entry.path.caller == desired.caller && entry.path.callee == desired.callee &&
      entry.path.rtp == rtp) {
    return;
  }
  activate(entry);
  entry.path.rtp = rtp;
  note_forwarding(entry.path.id, desired);
  entry.path.caller = std::move(desired.caller);
  entry.path.callee = std::move(desired.callee);
  factory_.control.set_path(worker_, entry.path);
}

/// If two parties receive at our ports for each other, media would return to us endlessly.
void MediaPaths::drop_loops(DesiredPath& desired) const {
  const FacingPort caller{transport_of(desired.caller), desired.caller_port};
  const FacingPort callee{transport_of(desired.callee), desired.callee_port};
  const auto would_loop = [&](Transport transport, const Endpoint& target) {
    return factory_.loop_detector.would_loop({transport, target}, caller, callee);
  };
  for (Leg* leg : {&desired.caller, &desired.callee}) {
    if (auto* udp = std::get_if<UdpLeg>(leg)) {
      if (would_loop(Transport::udp, udp->signalled)) udp->signalled = {};
    } else {
      std::erase_if(std::get<TcpLeg>(*leg).passive,
                    [&](const Endpoint& target) { return would_loop(Transport::tcp, target); });
    }
  }
}

/// The path that is the RTP of that one; keys are in such an order that it is in force before.
std::optional<MediaPathId> MediaPaths::rtp_of(const Key& key) const {
  if (key.carrier != Carrier::datagrams || key.component == Component::rtp) return std::nullopt;
  const auto found = entries_.find({key.line, key.carrier, Component::rtp});
  if (found == entries_.end() || !found->second.is_live) return std::nullopt;
  return found->second.path.id;
}

void MediaPaths::note_forwarding(MediaPathId path, const DesiredPath& desired) {
  const auto note = [&](const Leg& from, const MediaPort& port, const Leg& to) {
    for (const Endpoint& target : targets_of(to)) {
      factory_.loop_detector.add(path, {transport_of(from), port}, {transport_of(to), target});
    }
  };
  factory_.loop_detector.remove(path);
  note(desired.caller, desired.caller_port, desired.callee);
  note(desired.callee, desired.callee_port, desired.caller);
}

/// With a new id each time that it was inactive.
void MediaPaths::activate(Entry& entry) {
  if (!entry.is_live) {
    entry.is_live = true;
    entry.path.id = MediaPathId{factory_.next_id++};
    factory_.counters.paths.add(1);
  }
  if (entry.path.counters == nullptr) entry.path.counters = std::make_shared<MediaPathCounters>();
}

void MediaPaths::remove(Entry& entry) {
  if (!entry.is_live) return;
  entry.is_live = false;
  factory_.counters.paths.add(-1);
  factory_.loop_detector.remove(entry.path.id);
  factory_.control.remove_path(worker_, entry.path.id);
}

MediaTotals MediaPaths::totals() const {
  MediaTotals totals;
  for (const auto& [key, entry] : entries_) {
    for (std::size_t side = 0; side < 2; ++side) {
      totals.packets[side] += entry.path.counters->packets[side].value();
      totals.bytes[side] += entry.path.counters->bytes[side].value();
      totals.reclaims[side] += entry.path.counters->reclaims[side].value();
    }
  }
  return totals;
}

Time MediaPaths::last_activity() const {
  std::int64_t latest = 0;
  for (const auto& [key, entry] : entries_) {
    latest = std::max(latest, entry.path.counters->last_activity.value());
  }
  return Time{std::chrono::nanoseconds{latest}};
}

}  // namespace avedge::anchor
