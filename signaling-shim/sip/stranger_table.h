// A bounded set of connections or handshakes of unproven sources. When it is full, a newcomer
// replaces the member most likely to be part of an attack, instead of being refused.
#pragma once

#include <optional>
#include <unordered_map>

#include "signaling-shim/sip/member_groups.h"

namespace avedge::sip {

/// A source is an IPv4 address or an IPv6 /64; a prefix an IPv4 /24 or an IPv6 /64. Signalling
/// thread only.
class StrangerTable {
 public:
  using Id = std::uint64_t;
  struct Limits {
    std::size_t total;
    std::size_t per_source;
    /// A member that has shown no activity for this long is idle.
    Duration idle_after;
  };
  enum class Full : std::uint8_t { nothing, source, table };
  struct Room {
    bool is_granted = false;
    /// This member must be removed first.
    std::optional<Id> evicted;
    /// The limit that requires this, or refuses.
    Full full = Full::nothing;
  };

  explicit StrangerTable(const Limits& limits) : limits_{limits} {}

  /// Whether one more may come from `source`.
  ///
  /// A source at its own limit replaces its own oldest idle member. When the table is full, the
  /// member to go is in the busiest prefix: the oldest one if that is idle; else, if the newcomer's
  /// prefix or source holds less than the busiest, the oldest of the busiest source there. So
  /// those who keep many connections busy do not keep others out either.
  [[nodiscard]] Room room_for(Time now, const IpAddress& source) const;

  /// `id` must be new.
  void add(Time now, Id id, const IpAddress& source);
  /// The member showed activity that connections which only occupy a place do not show.
  void touch(Time now, Id id);
  void remove(Id id);
  [[nodiscard]] std::size_t size() const { return members_.size(); }

 private:
  struct Place {
    IpAddress source;
    IpAddress prefix;
  };
  struct Entry {
    Place place;
    Time active;
  };
  static Place place_of(const IpAddress& address);
  void link(Id id, const Entry& entry);
  void unlink(Id id, const Entry& entry);
  [[nodiscard]] const MemberGroups* sources_in(const IpAddress& prefix) const;
  [[nodiscard]] Room room_in_source(Time now, const Place& newcomer) const;
  [[nodiscard]] Room room_in_table(Time now, const Place& newcomer, std::size_t held) const;
  [[nodiscard]] bool is_idle(Time now, const MemberGroups::Member& member) const {
    return now - member.since >= limits_.idle_after;
  }

  Limits limits_;
  std::unordered_map<Id, Entry> members_;
  MemberGroups prefixes_;
  std::map<IpAddress, MemberGroups> sources_;  // by prefix
};

}  // namespace avedge::sip
