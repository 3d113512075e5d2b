#include "signaling-shim/anchor/dialog_state.h"

namespace avedge::anchor {
namespace {

bool has_lease(const PortLeases& leases, std::size_t line) {
  return line < leases.size() && leases[line] != nullptr;
}

}  // namespace

void DialogState::free_rejected_lines() {
  for (const Side side : {Side::caller, Side::callee}) {
    for (std::size_t i = 0; i < facing[side].size(); ++i) {
      if (!party[Side::caller].relays(i) || !party[Side::callee].relays(i)) facing[side][i] = {};
    }
  }
}

bool DialogState::is_open(std::size_t line) const {
  return party[Side::caller].relays(line) && party[Side::callee].relays(line) &&
         has_lease(facing[Side::caller], line) && has_lease(facing[Side::callee], line);
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
    if (!caller.is_held && !callee.is_held && caller.is_two_way && callee.is_two_way) return false;
  }
  return open_lines() > 0;
}

}  // namespace avedge::anchor
