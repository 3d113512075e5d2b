#include "signaling-shim/sip/stranger_table.h"

#include "relay/core/prefix.h"
#include "signaling-shim/sip/rate_limiter.h"

namespace avedge::sip {

StrangerTable::Place StrangerTable::place_of(const IpAddress& address) {
  constexpr unsigned kV4Prefix = 24;
  const IpAddress source = network_of(address);
  return {source, source.is_v4() ? Prefix::covering(source, kV4Prefix).address() : source};
}

StrangerTable::Room StrangerTable::room_for(Time now, const IpAddress& source) const {
  const Place newcomer = place_of(source);
  const MemberGroups* sources = sources_in(newcomer.prefix);
  const std::size_t held = sources == nullptr ? 0 : sources->size_of(newcomer.source);
  if (held >= limits_.per_source) return room_in_source(now, newcomer);
  if (members_.size() < limits_.total) return {.is_granted = true};
  return room_in_table(now, newcomer, held);
}

StrangerTable::Room StrangerTable::room_in_source(Time now, const Place& newcomer) const {
  const MemberGroups* sources = sources_in(newcomer.prefix);
  if (sources == nullptr || sources->size_of(newcomer.source) == 0) return {.full = Full::source};
  const MemberGroups::Member& oldest = sources->oldest_of(newcomer.source);
  if (!is_idle(now, oldest)) return {.full = Full::source};
  return {true, oldest.id, Full::source};
}

StrangerTable::Room StrangerTable::room_in_table(Time now, const Place& newcomer,
                                                 std::size_t held) const {
  if (prefixes_.empty()) return {.full = Full::table};
  const IpAddress& prefix = prefixes_.biggest();
  const MemberGroups::Member& oldest = prefixes_.oldest_of(prefix);
  if (is_idle(now, oldest)) return {true, oldest.id, Full::table};
  const MemberGroups& sources = *sources_in(prefix);
  const IpAddress& source = sources.biggest();
  const bool holds_less = prefixes_.size_of(newcomer.prefix) < prefixes_.size_of(prefix) ||
                          held < sources.size_of(source);
  if (!holds_less) return {.full = Full::table};
  return {true, sources.oldest_of(source).id, Full::table};
}

void StrangerTable::add(Time now, Id id, const IpAddress& source) {
  const Entry entry{place_of(source), now};
  members_.emplace(id, entry);
  link(id, entry);
}

void StrangerTable::touch(Time now, Id id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  unlink(id, found->second);
  found->second.active = now;
  link(id, found->second);
}

void StrangerTable::remove(Id id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  unlink(id, found->second);
  members_.erase(found);
}

void StrangerTable::link(Id id, const Entry& entry) {
  const MemberGroups::Member member{entry.active, id};
  prefixes_.add(entry.place.prefix, member);
  sources_[entry.place.prefix].add(entry.place.source, member);
}

void StrangerTable::unlink(Id id, const Entry& entry) {
  const MemberGroups::Member member{entry.active, id};
  prefixes_.remove(entry.place.prefix, member);
  const auto sources = sources_.find(entry.place.prefix);
  sources->second.remove(entry.place.source, member);
  if (sources->second.empty()) sources_.erase(sources);
}

const MemberGroups* StrangerTable::sources_in(const IpAddress& prefix) const {
  const auto found = sources_.find(prefix);
  return found == sources_.end() ? nullptr : &found->second;
}

}  // namespace avedge::sip
