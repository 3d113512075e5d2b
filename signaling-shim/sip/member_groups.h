// Members in groups, ordered by age and by group size.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::sip {

/// Everything is logarithmic in the number of members.
class MemberGroups {
 public:
  struct Member {
    Time since;
    std::uint64_t id;
    friend auto operator<=>(const Member&, const Member&) = default;
  };

  void add(const IpAddress& group, const Member& member);
  /// The member must exist.
  void remove(const IpAddress& group, const Member& member);
  [[nodiscard]] bool empty() const { return groups_.empty(); }
  [[nodiscard]] std::size_t size_of(const IpAddress& group) const;
  /// The oldest member of its group; the group is not empty.
  [[nodiscard]] const Member& oldest_of(const IpAddress& group) const {
    return *groups_.at(group).begin();
  }
  /// The group with most members; if several, the one with the oldest member. Not when empty().
  [[nodiscard]] const IpAddress& biggest() const { return ranking_.begin()->group; }

 private:
  using Members = std::set<Member>;
  struct Rank {
    std::size_t size;
    Member oldest;
    IpAddress group;
    bool operator<(const Rank& other) const {
      return size != other.size ? size > other.size : oldest < other.oldest;
    }
  };
  static Rank rank_of(const IpAddress& group, const Members& members) {
    return {members.size(), *members.begin(), group};
  }

  std::map<IpAddress, Members> groups_;
  std::set<Rank> ranking_;
};

}  // namespace avedge::sip
