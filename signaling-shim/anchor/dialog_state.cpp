#include "signaling-shim/anchor/dialog_state.h"

namespace avedge::anchor {
namespace {

using Kind = StreamMedia::Kind;

MediaLinePorts lease_of(const PortAssignment& leases, std::size_t line) {
  return line < leases.size() ? leases[line] : MediaLinePorts{};
}

}  // namespace

void DialogState::free_unused_ports() {
  for (const Side side : {Side::caller, Side::callee}) {
    for (std::size_t i = 0; i < facing[side].size(); ++i) {
      MediaLinePorts& lease = facing[side][i];
      const bool is_wanted = party[Side::caller].relays(i) && party[Side::callee].relays(i);
      if (!is_wanted) lease = {};
      if (!is_wanted) continue;
      const PartyMedia& mine = party[side];
      const PartyMedia& theirs = party[other(side)];
      if (!mine.lines[i].has_datagrams || !theirs.lines[i].has_datagrams) lease.datagrams = {};
      if (theirs.stream_kind(i) == Kind::none) lease.streams = {};
      const bool is_converted = mine.stream_kind(i) == Kind::converted;
      if (!is_converted || theirs.stream_kind(i) != Kind::own) lease.converters = {};
    }
  }
}

bool DialogState::carries_datagrams(std::size_t line) const {
  for (const Side side : {Side::caller, Side::callee}) {
    const bool is_wanted = party[side].relays(line) && party[side].lines[line].has_datagrams;
    if (!is_wanted || !lease_of(facing[side], line).datagrams) return false;
  }
  return true;
}

bool DialogState::carries_streams(std::size_t line) const {
  bool has_own = false;
  for (const Side side : {Side::caller, Side::callee}) {
    const Kind kind = party[side].stream_kind(line);
    const MediaLinePorts lease = lease_of(facing[side], line);
    const auto& ports = kind == Kind::converted ? lease.converters : lease.streams;
    if (kind == Kind::none || ports == nullptr) return false;
    has_own = has_own || kind == Kind::own;
  }
  return has_own;
}

std::size_t DialogState::open_lines() const {
  std::size_t open = 0;
  for (std::size_t i = 0; i < party[Side::caller].lines.size(); ++i) open += is_open(i) ? 1 : 0;
  return open;
}

bool DialogState::is_on_hold() const {
  for (std::size_t i = 0; i < party[Side::caller].lines.size(); ++i) {
    if (!is_open(i)) continue;
    const MediaLine& caller = party[Side::caller].lines[i];
    const MediaLine& callee = party[Side::callee].lines[i];
    const bool is_two_way =
        caller.sends() && caller.receives() && callee.sends() && callee.receives();
    if (is_two_way) return false;
  }
  return open_lines() > 0;
}

}  // namespace avedge::anchor
