#include "relay/core/stranger_table.h"

#include <algorithm>
#include <array>

namespace avedge {
namespace {

IpAddress masked(const IpAddress& address, std::size_t kept_bytes) {
  std::array<std::byte, 16> octets{};
  std::copy_n(address.bytes().begin(), kept_bytes, octets.begin());
  if (!address.is_v4()) return IpAddress::v6(octets);
  return *IpAddress::from_bytes(ConstBytes{octets}.first(4));
}

/// A /64 is one host's to choose addresses from.
IpAddress source_of(const IpAddress& address) {
  return masked(address, address.is_v4() ? 4 : 8);
}
IpAddress prefix_of(const IpAddress& address) {
  return masked(address, address.is_v4() ? 3 : 8);
}

std::size_t size_of(const auto& groups, const IpAddress& key) {
  const auto found = groups.find(key);
  return found == groups.end() ? 0 : found->second.size();
}

}  // namespace

std::optional<StrangerTable::Admission> StrangerTable::admit(const IpAddress& address, Time now) {
  const Stranger stranger{source_of(address), prefix_of(address), now, false};
  Admission admission;
  bool must_evict = true;
  if (size_of(of_source_, stranger.source) >= caps_.per_source) {
    admission.evicted = longest_idle(of_source_[stranger.source], now);
  } else if (size_of(of_prefix_, stranger.prefix) >= caps_.per_prefix) {
    admission.evicted = longest_idle(of_prefix_[stranger.prefix], now);
  } else if (size() >= caps_.total) {
    admission.evicted = longest_idle_of_busiest(now);
  } else {
    must_evict = false;
  }
  if (must_evict && !admission.evicted) return std::nullopt;
  if (admission.evicted) remove(*admission.evicted);
  admission.id = next_id_++;
  insert(admission.id, stranger);
  return admission;
}

std::optional<StrangerTable::Id> StrangerTable::evict(Time now) {
  const auto evicted = longest_idle_of_busiest(now);
  if (evicted) remove(*evicted);
  return evicted;
}

void StrangerTable::note_request(Id id, Time now) {
  const auto found = strangers_.find(id);
  if (found == strangers_.end()) return;
  Stranger fresh = found->second;
  take_out(id, fresh);
  fresh.since = now;
  fresh.has_sent_request = true;
  insert(id, fresh);
}

bool StrangerTable::remove(Id id) {
  const auto found = strangers_.find(id);
  if (found == strangers_.end()) return false;
  const Stranger stranger = found->second;
  take_out(id, stranger);
  return true;
}

std::optional<StrangerTable::Id> StrangerTable::longest_idle(const Group& group, Time now) const {
  std::optional<Rank> longest;
  if (!group.silent.empty()) longest = *group.silent.begin();
  if (!group.spoken.empty()) {
    const Rank& spoken = *group.spoken.begin();
    const bool is_idle = now - spoken.first >= caps_.idle_after;
    if (is_idle && (!longest || spoken < *longest)) longest = spoken;
  }
  return longest ? std::optional{longest->second} : std::nullopt;
}

std::optional<StrangerTable::Id> StrangerTable::longest_idle_of_busiest(Time now) const {
  for (const GroupRank& rank : by_size_) {
    if (const auto found = longest_idle(of_prefix_.at(rank.prefix), now)) return found;
  }
  return std::nullopt;
}

StrangerTable::GroupRank StrangerTable::rank_of(const IpAddress& prefix, const Group& group) {
  Rank oldest{Time::max(), 0};
  if (!group.silent.empty()) oldest = std::min(oldest, *group.silent.begin());
  if (!group.spoken.empty()) oldest = std::min(oldest, *group.spoken.begin());
  return {group.size(), oldest, prefix};
}

void StrangerTable::insert(Id id, const Stranger& stranger) {
  strangers_.emplace(id, stranger);
  change(stranger, [&](Group& group) {
    (stranger.has_sent_request ? group.spoken : group.silent).insert(stranger.rank(id));
  });
}

void StrangerTable::take_out(Id id, const Stranger& stranger) {
  strangers_.erase(id);
  change(stranger, [&](Group& group) {
    (stranger.has_sent_request ? group.spoken : group.silent).erase(stranger.rank(id));
  });
}

/// Both groups of a stranger change, and with them the place of its prefix among the others. A
/// group without strangers is forgotten, so the maps are bounded by the number of strangers.
template <class Change>
void StrangerTable::change(const Stranger& stranger, Change change_group) {
  Group& source = of_source_[stranger.source];
  change_group(source);
  if (source.size() == 0) of_source_.erase(stranger.source);

  Group& prefix = of_prefix_[stranger.prefix];
  by_size_.erase(rank_of(stranger.prefix, prefix));
  change_group(prefix);
  if (prefix.size() == 0) {
    of_prefix_.erase(stranger.prefix);
  } else {
    by_size_.insert(rank_of(stranger.prefix, prefix));
  }
}

}  // namespace avedge
