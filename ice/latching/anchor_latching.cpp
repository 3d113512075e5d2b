#include "ice/latching/anchor_latching.h"

#include <algorithm>

#include "ice/latching/ice_check.h"

namespace avedge::latching {
namespace {

FlowKey key_of(const Party& party, const Endpoint& source) {
  return {party.socket(), source, kNoChannel};
}

}  // namespace

AnchorLatching::JoinedPath::JoinedPath(const MediaPath& path)
    : id{path.id}, near{path.near}, far{path.far}, counters{path.counters} {}

void AnchorLatching::set_path(Time now, const MediaPath& path, Outcome& outcome) {
  auto& slot = paths_[path.id];
  if (slot == nullptr) {
    slot = std::make_unique<JoinedPath>(path);
  } else {
    // Flows that the new description still wants are made again by join(), counters and all.
    part(*slot, outcome);
    remove_ends(*slot);
    slot->near.update(path.near);
    slot->far.update(path.far);
  }
  add_ends(*slot);
  join(*slot, outcome);
  next_publication_ = std::min(next_publication_, now + kPublishInterval);
  counters_.media_paths.set(static_cast<std::int64_t>(paths_.size()));
}

void AnchorLatching::remove_path(Time, MediaPathId id, Outcome& outcome) {
  const auto found = paths_.find(id);
  if (found == paths_.end()) return;
  part(*found->second, outcome);
  publish(*found->second);
  remove_ends(*found->second);
  paths_.erase(found);
  if (paths_.empty()) next_publication_ = kNever;
  counters_.media_paths.set(static_cast<std::int64_t>(paths_.size()));
}

Verdict<void> AnchorLatching::handle(Time now, const Path& path, ConstBytes datagram,
                                     Outcome& outcome) {
  const auto source = find_source(path, datagram, outcome);
  if (!source) return source.reason();
  return forward(now, *source, datagram, outcome);
}

/// Whose packet this is. In this order: a valid check says it for certain (and may latch anew); a
/// known source; a party that signalled exactly this endpoint; one that signalled its address.
Verdict<AnchorLatching::End> AnchorLatching::find_source(const Path& path, ConstBytes datagram,
                                                         Outcome& outcome) {
  const auto& ends = ends_of(path.socket);
  if (const auto check = read_ice_check(datagram)) {
    for (const End& end : ends) {
      const MediaEnd& signalled = end.party().signalled();
      if (signalled.latching == Latching::strict || !may_be(end.party(), path.remote) ||
          !verifies(*check, signalled.ice)) {
        continue;
      }
      if (!end.party().latch_by_check(path.remote, check->nominates)) {
        return DropReason::too_many_sources;
      }
      join(*end.path, outcome);
      return end;
    }
  }
  for (const End& end : ends) {
    if (!end.party().is_source(path.remote)) continue;
    join(*end.path, outcome);  // the far party may have become known, or another branch left
    return end;
  }
  for (const bool exactly : {true, false}) {
    for (const End& end : ends) {
      Party& party = end.party();
      if (exactly && !party.signalled_exactly(path.remote)) continue;
      if (!may_be(party, path.remote) || !party.may_latch_by_address(path.remote)) continue;
      part_one_way(*end.path, end.side, outcome);  // a new SDP may have left older sources
      party.latch_by_address(path.remote);
      join(*end.path, outcome);
      return end;
    }
  }
  return DropReason::unknown_source;
}

bool AnchorLatching::may_be(const Party& party, const Endpoint& remote) const {
  return party.signalled_exactly(remote) ||
         own_addresses_.allow(remote, party.signalled().signalled_candidates);
}

const std::vector<AnchorLatching::End>& AnchorLatching::ends_of(SocketId socket) const {
  static const std::vector<End> kNone;
  const auto found = ends_.find(socket);
  return found == ends_.end() ? kNone : found->second;
}

Verdict<void> AnchorLatching::forward(Time now, const End& from, ConstBytes datagram,
                                      Outcome& outcome) {
  const Party& to = from.path->opposite(from.side);
  const auto destination = to.destination();
  if (!destination) return DropReason::no_destination;
  outcome.reply(to.socket(), *destination, datagram);
  from.path->past[static_cast<std::size_t>(from.side)] += {1, datagram.size(), now};
  return {};
}

void AnchorLatching::join(JoinedPath& path, Outcome& outcome) {
  join_one_way(path, Side::near, outcome);
  join_one_way(path, Side::far, outcome);
}

/// A flow for every known source of one party, towards the other one.
void AnchorLatching::join_one_way(JoinedPath& path, Side from, Outcome& outcome) {
  const Party& sender = path.party(from);
  const Party& receiver = path.opposite(from);
  const auto destination = receiver.destination();
  if (!destination) return;
  for (const Endpoint& source : sender.sources()) {
    FlowSpec flow;
    flow.key = key_of(sender, source);
    flow.transform = Transform::pass;
    flow.inspect_stun = true;
    flow.direction =
        from == Side::near ? Direction::anchor_near_to_far : Direction::anchor_far_to_near;
    flow.out_socket = receiver.socket();
    flow.destination = *destination;
    outcome.upsert(flow);
  }
}

void AnchorLatching::part(JoinedPath& path, Outcome& outcome) {
  part_one_way(path, Side::near, outcome);
  part_one_way(path, Side::far, outcome);
}

/// Erases the flows from one party and keeps what they counted.
void AnchorLatching::part_one_way(JoinedPath& path, Side from, Outcome& outcome) {
  const Party& sender = path.party(from);
  for (const Endpoint& source : sender.sources()) {
    path.past[static_cast<std::size_t>(from)] += flows_.usage(key_of(sender, source));
    outcome.erase(key_of(sender, source));
  }
}

void AnchorLatching::add_ends(JoinedPath& path) {
  ends_[path.near.socket()].push_back({&path, Side::near});
  ends_[path.far.socket()].push_back({&path, Side::far});
}

void AnchorLatching::remove_ends(JoinedPath& path) {
  for (const SocketId socket : {path.near.socket(), path.far.socket()}) {
    const auto found = ends_.find(socket);
    if (found == ends_.end()) continue;
    std::erase_if(found->second, [&path](const End& end) { return end.path == &path; });
    if (found->second.empty()) ends_.erase(found);
  }
}

void AnchorLatching::expire(Time now, Outcome&) {
  for (const auto& [id, path] : paths_) publish(*path);
  next_publication_ = paths_.empty() ? kNever : now + kPublishInterval;
}

/// Media is counted in the flows, where it costs nothing extra; readers see it a second late.
void AnchorLatching::publish(JoinedPath& path) const {
  if (path.counters == nullptr) return;
  Time last{};
  for (const Side side : {Side::near, Side::far}) {
    const auto index = static_cast<std::size_t>(side);
    FlowUsage usage = path.past[index];
    for (const Endpoint& source : path.party(side).sources()) {
      usage += flows_.usage(key_of(path.party(side), source));
    }
    path.counters->packets[index].set(static_cast<std::int64_t>(usage.packets));
    path.counters->bytes[index].set(static_cast<std::int64_t>(usage.bytes));
    last = std::max(last, usage.last_activity);
  }
  path.counters->last_activity.set(last.time_since_epoch().count());
}

}  // namespace avedge::latching
