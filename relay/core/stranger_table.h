// Which connections of strangers are kept when there are more than there is room for. A stranger is
// a connection that has not shown yet that it belongs here; what shows it is the caller's to say.
// Anybody can open such connections, so a full table must not shut the next one out: the one that
// has been idle for longest makes room, taken from the network that has the most of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge {

struct StrangerCaps {
  std::size_t total = 1024;
  std::size_t per_source = 64;   // IPv4: an address, IPv6: a /64
  std::size_t per_prefix = 256;  // IPv4: a /24, IPv6: a /64
  /// A stranger that has sent a complete request may be evicted only when its last one is at least
  /// this old. One that has sent none may be evicted at any time.
  Duration idle_after{};
};

/// Owns no connection and reads no clock: the caller closes evicted connections. Not thread-safe.
/// Every call is logarithmic; only an eviction among strangers that are all busy scans all
/// prefixes.
class StrangerTable {
 public:
  /// Never used twice.
  using Id = std::uint64_t;
  struct Admission {
    Id id = 0;
    std::optional<Id> evicted;  // out of the table already; the caller closes its connection
  };

  explicit StrangerTable(const StrangerCaps& caps) : caps_{caps} {}

  /// A place for a new connection. A source or a prefix at its limit evicts its own longest idle
  /// stranger; a full table evicts that of the busiest prefix. Nothing when there is none: all are
  /// busy.
  [[nodiscard]] std::optional<Admission> admit(const IpAddress& source, Time now);
  /// Makes room for the caller: evicts the stranger that admit() would evict from a full table.
  [[nodiscard]] std::optional<Id> evict(Time now);
  /// A complete request came on that connection. Unknown ids are ignored, here and below.
  void note_request(Id id, Time now);
  /// It is closed, or is no longer a stranger. False if it was evicted before.
  bool remove(Id id);
  [[nodiscard]] bool contains(Id id) const { return strangers_.count(id) != 0; }
  [[nodiscard]] std::size_t size() const { return strangers_.size(); }

 private:
  using Rank = std::pair<Time, Id>;  // since when it has been idle; the lowest is the longest
  struct Stranger {
    IpAddress source;
    IpAddress prefix;
    Time since;
    bool has_sent_request = false;
    [[nodiscard]] Rank rank(Id id) const { return {since, id}; }
  };
  /// The strangers of one source, or of one prefix.
  struct Group {
    std::set<Rank> silent;  // those that have sent no request yet
    std::set<Rank> spoken;
    [[nodiscard]] std::size_t size() const { return silent.size() + spoken.size(); }
  };
  /// Ahead in the order of eviction: the larger group, then the one with the oldest stranger.
  struct GroupRank {
    std::size_t size = 0;
    Rank oldest;
    IpAddress prefix;
    friend bool operator<(const GroupRank& left, const GroupRank& right) {
      if (left.size != right.size) return left.size > right.size;
      return std::tie(left.oldest, left.prefix) < std::tie(right.oldest, right.prefix);
    }
  };
  using Groups = std::map<IpAddress, Group>;

  [[nodiscard]] std::optional<Id> longest_idle(const Group& group, Time now) const;
  [[nodiscard]] std::optional<Id> longest_idle_of_busiest(Time now) const;
  [[nodiscard]] static GroupRank rank_of(const IpAddress& prefix, const Group& group);
  void insert(Id id, const Stranger& stranger);
  void take_out(Id id, const Stranger& stranger);
  template <class Change>
  void change(const Stranger& stranger, Change change_group);

  const StrangerCaps caps_;
  Id next_id_ = 1;
  std::unordered_map<Id, Stranger> strangers_;
  Groups of_source_;
  Groups of_prefix_;
  std::set<GroupRank> by_size_;  // one for each of of_prefix_
};

}  // namespace avedge
