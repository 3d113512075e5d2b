// The agreement of a dialog's two parties: plain values that can be kept, compared and restored.
#pragma once

#include <array>

#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/anchor/port_allocator.h"

namespace avedge::anchor {

/// One value for each party.
template <class Value>
class PerSide {
 public:
  [[nodiscard]] Value& operator[](Side side) { return values_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const Value& operator[](Side side) const {
    return values_[static_cast<std::size_t>(side)];
  }

 private:
  std::array<Value, 2> values_{};
};

struct DialogState {
  PerSide<PartyMedia> party;
  /// The ports that party talks to.
  PerSide<PortAssignment> facing;

  /// Releases the ports of lines that one of the two rejects (port 0), and of transports that a
  /// line no longer uses. TCP ports for a party's current description stay, even if the other one
  /// ignores it: the same offer again shows the same ports.
  void free_unused_ports();
  /// Media of the line flows over UDP according to both m= lines.
  [[nodiscard]] bool carries_datagrams(std::size_t line) const;
  /// It may flow over TCP, at least on one side.
  [[nodiscard]] bool carries_streams(std::size_t line) const;
  /// Both parties want the line and both have ports for it.
  [[nodiscard]] bool is_open(std::size_t line) const {
    return carries_datagrams(line) || carries_streams(line);
  }
  [[nodiscard]] std::size_t open_lines() const;
  /// No stream is sent in both directions.
  [[nodiscard]] bool is_on_hold() const;
};

}  // namespace avedge::anchor
