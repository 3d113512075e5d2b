#include "ice/latching/udp_latching.h"

#include <algorithm>

#include "ice/latching/ice_check.h"

namespace avedge::latching {

UdpLatching::JoinedPath::JoinedPath(const UdpPath& path)
    : id{path.id}, caller{path.caller}, callee{path.callee}, counters{path.counters} {}

void UdpLatching::set_path(Time now, const UdpPath& path, Outcome& outcome) {
  auto& slot = paths_[path.id];
  if (slot == nullptr) {
    slot = std::make_unique<JoinedPath>(path);
  } else {
    // Flows that the new description still wants are made again by join(), counters and all.
    part(*slot, outcome);
    remove_ends(*slot);
    for (const auto& [party, signalled] :
         {std::pair{&slot->caller, &path.caller}, std::pair{&slot->callee, &path.callee}}) {
      party->update(now, *signalled);
      (void)party->take_gone();  // their flows went with all others
    }
  }
  add_ends(*slot);
  pair_components(*slot, path.rtp);
  join(*slot, outcome);
  next_publication_ = std::min(next_publication_, now + kPublishInterval);
  counters_.media_paths.set(static_cast<std::int64_t>(paths_.size()));
}

void UdpLatching::remove_path(MediaPathId id, Outcome& outcome) {
  const auto found = paths_.find(id);
  if (found == paths_.end()) return;
  part(*found->second, outcome);
  publish(*found->second);
  remove_ends(*found->second);
  unpair_components(*found->second);
  paths_.erase(found);
  if (paths_.empty()) next_publication_ = next_decision_ = kNever;
  counters_.media_paths.set(static_cast<std::int64_t>(paths_.size()));
}

Verdict<void> UdpLatching::handle(Time now, const Path& path, ConstBytes datagram,
                                  Outcome& outcome) {
  const ReceivedPacket received{now, path.remote, datagram, {}};
  const auto source = find_source(received, path.socket, outcome);
  if (!source) return source.reason();
  return forward(received, *source, outcome);
}

/// Finds the packet's party. In this order: a valid check is certain (and may latch again); a known
/// source; one that a party moved away from; a party that signalled exactly this endpoint; one that
/// may be at this address.
Verdict<UdpLatching::End> UdpLatching::find_source(const ReceivedPacket& received, SocketId socket,
                                                   Outcome& outcome) {
  const auto& ends = ends_of(socket);
  const auto checked = find_checked(received, ends, outcome);
  if (!checked) return checked.reason();
  if (*checked != nullptr) return **checked;
  for (const End& end : ends) {
    if (!end.party().is_source(received.remote)) continue;
    join(*end.path, outcome);  // the other party may have become known, or another branch left
    return end;
  }
  auto refusal = DropReason::unknown_source;
  if (const End* end = find_by_address(received, ends, outcome, refusal)) return *end;
  return refusal;
}

/// The party whose check this is, or whose response to one; null if it is neither, or not valid.
Verdict<const UdpLatching::End*> UdpLatching::find_checked(const ReceivedPacket& received,
                                                           const std::vector<End>& ends,
                                                           Outcome& outcome) {
  const auto check = read_ice_check(received.datagram);
  for (const End& end : ends) {
    Party& party = end.party();
    if (party.signalled().latching == Latching::strict || !may_be(party, received.remote)) continue;
    const bool is_valid =
        check ? verifies(*check, party.signalled().ice) : responds_to_check(end, received);
    if (!is_valid) continue;
    const auto before = party.latched();
    if (!party.latch_by_check(received.now, received.remote, check && check->nominates)) {
      return DropReason::too_many_sources;
    }
    note_change(end, before, outcome);
    return &end;
  }
  return nullptr;
}

/// Its sender answers at the place where checks for the party are sent to; replayed elsewhere a
/// response shows nothing.
bool UdpLatching::responds_to_check(const End& end, const ReceivedPacket& received) const {
  const Party& party = end.party();
  return !party.is_source(received.remote) && party.destination() == received.remote &&
         verifies_response(received.datagram, end.path->opposite(end.side).signalled().ice);
}

/// Each rule asks all parties before the next one does: branches of a fork share the socket.
const UdpLatching::End* UdpLatching::find_by_address(const ReceivedPacket& received,
                                                     const std::vector<End>& ends, Outcome& outcome,
                                                     DropReason& refusal) {
  for (const Rule rule : {Rule::reclaim, Rule::exact, Rule::address}) {
    for (const End& end : ends) {
      if (!may_be(end.party(), received.remote)) continue;
      const auto before = end.party().latched();
      const auto admission = apply(rule, received, end);
      if (admission == Party::Admission::unfit) refusal = DropReason::unexpected_payload;
      if (admission == Party::Admission::unfit || admission == Party::Admission::refused) continue;
      note_change(end, before, outcome);
      return &end;
    }
  }
  return nullptr;
}

Party::Admission UdpLatching::apply(Rule rule, const ReceivedPacket& received,
                                    const End& end) const {
  Party& party = end.party();
  switch (rule) {
    case Rule::reclaim: return party.reclaim(received);
    case Rule::exact: return party.latch_exactly(received, end.rtp());
    case Rule::address: break;
  }
  ReceivedPacket with_heard = received;
  with_heard.heard = heard_of(party);
  return party.latch_by_address(with_heard, end.rtp());
}

/// Port 0 and the unspecified address can be forged, but nothing can be sent there.
bool UdpLatching::may_be(const Party& party, const Endpoint& remote) const {
  if (remote.port == Port{} || remote.address.is_unspecified()) return false;
  return party.signalled_exactly(remote) ||
         own_addresses_.allow(remote, party.signalled().signalled_candidates);
}

const std::vector<UdpLatching::End>& UdpLatching::ends_of(SocketId socket) const {
  static const std::vector<End> kNone;
  const auto found = ends_.find(socket);
  return found == ends_.end() ? kNone : found->second;
}

FlowUsage UdpLatching::heard_of(const Party& party) const {
  FlowUsage heard = party.heard();
  if (const auto latched = party.latched()) heard += flows_.usage(party.key_of(*latched));
  return heard;
}

Verdict<void> UdpLatching::forward(const ReceivedPacket& received, const End& from,
                                   Outcome& outcome) {
  FlowUsage packet{1, received.datagram.size(), received.now, {}};
  if (is_rtp(received.datagram)) packet.rtp = rtp_position_of(received.datagram);
  from.party().note_heard(received.remote, packet);
  const Party& to = from.path->opposite(from.side);
  const auto destination = to.destination();
  if (!destination) return DropReason::no_destination;
  outcome.reply(to.socket(), *destination, received.datagram);
  from.path->past[static_cast<std::size_t>(from.side)] += packet;
  return {};
}

/// A party's sources have changed, or could have; `before`: where it was latched.
void UdpLatching::note_change(const End& end, const std::optional<Endpoint>& before,
                              Outcome& outcome) {
  Party& party = end.party();
  erase_gone(end, outcome);
  join(*end.path, outcome);
  next_decision_ = std::min(next_decision_, party.decision_due());
  const auto after = party.latched();
  if (!after || after == before) return;
  counters_.latches[static_cast<std::size_t>(party.kind())].add();
  if (party.kind() == LatchKind::reclaimed && end.path->counters != nullptr) {
    end.path->counters->reclaims[static_cast<std::size_t>(end.side)].add(1);
  }
  if (end.path->rtcp == nullptr) return;
  const End rtcp{end.path->rtcp, end.side};
  if (!rtcp.party().follow(party)) return;
  erase_gone(rtcp, outcome);
  join(*rtcp.path, outcome);
}

void UdpLatching::erase_gone(const End& end, Outcome& outcome) {
  Party& party = end.party();
  if (!party.has_gone()) return;
  for (const Endpoint& source : party.take_gone()) {
    if (party.is_source(source)) continue;
    end.path->past[static_cast<std::size_t>(end.side)] += flows_.usage(party.key_of(source));
    outcome.erase(party.key_of(source));
  }
}

/// Each RTCP has one RTP, which was set before it and may be gone before it.
void UdpLatching::pair_components(JoinedPath& path, const std::optional<MediaPathId>& rtp) {
  if (path.rtp != nullptr && (!rtp || path.rtp->id != *rtp)) unpair_components(path);
  const auto found = rtp ? paths_.find(*rtp) : paths_.end();
  if (found == paths_.end()) return;
  path.rtp = found->second.get();
  path.rtp->rtcp = &path;
}

void UdpLatching::unpair_components(JoinedPath& path) {
  if (path.rtp != nullptr) path.rtp->rtcp = nullptr;
  if (path.rtcp != nullptr) path.rtcp->rtp = nullptr;
  path.rtp = path.rtcp = nullptr;
}

void UdpLatching::join(JoinedPath& path, Outcome& outcome) {
  join_one_way(path, Side::caller, outcome);
  join_one_way(path, Side::callee, outcome);
}

/// A flow for every known source of one party, towards the other one.
void UdpLatching::join_one_way(JoinedPath& path, Side from, Outcome& outcome) {
  const Party& sender = path.party(from);
  const Party& receiver = path.opposite(from);
  const auto destination = receiver.destination();
  if (!destination) return;
  for (const Endpoint& source : sender.sources()) {
    FlowSpec flow;
    flow.key = sender.key_of(source);
    flow.transform = Transform::pass;
    flow.inspect_stun = true;
    flow.direction = from == Side::caller ? Direction::anchor_caller_to_callee
                                          : Direction::anchor_callee_to_caller;
    flow.out_socket = receiver.socket();
    flow.destination = *destination;
    outcome.upsert(flow);
  }
}

void UdpLatching::part(JoinedPath& path, Outcome& outcome) {
  part_one_way(path, Side::caller, outcome);
  part_one_way(path, Side::callee, outcome);
}

/// Erases the flows from one party and keeps what they counted.
void UdpLatching::part_one_way(JoinedPath& path, Side from, Outcome& outcome) {
  Party& sender = path.party(from);
  for (const Endpoint& source : sender.sources()) {
    const FlowUsage usage = flows_.usage(sender.key_of(source));
    path.past[static_cast<std::size_t>(from)] += usage;
    sender.note_heard(source, usage);
    outcome.erase(sender.key_of(source));
  }
}

void UdpLatching::add_ends(JoinedPath& path) {
  ends_[path.caller.socket()].push_back({&path, Side::caller});
  ends_[path.callee.socket()].push_back({&path, Side::callee});
}

void UdpLatching::remove_ends(JoinedPath& path) {
  for (const SocketId socket : {path.caller.socket(), path.callee.socket()}) {
    const auto found = ends_.find(socket);
    if (found == ends_.end()) continue;
    std::erase_if(found->second, [&path](const End& end) { return end.path == &path; });
    if (found->second.empty()) ends_.erase(found);
  }
}

void UdpLatching::expire(Time now, Outcome& outcome) {
  next_decision_ = kNever;
  for (const auto& [id, path] : paths_) decide(now, *path, outcome);
  if (now < next_publication_) return;
  for (const auto& [id, path] : paths_) publish(*path);
  next_publication_ = paths_.empty() ? kNever : now + kPublishInterval;
}

void UdpLatching::decide(Time now, JoinedPath& path, Outcome& outcome) {
  for (const Side side : {Side::caller, Side::callee}) {
    const End end{&path, side};
    Party& party = end.party();
    if (const auto decision = party.due(now, flows_)) {
      const auto before = party.latched();
      party.settle(now, *decision);
      note_change(end, before, outcome);
    }
    next_decision_ = std::min(next_decision_, party.decision_due());
  }
}

/// Media is counted in the flows, where it costs nothing extra; readers see it a second late.
void UdpLatching::publish(JoinedPath& path) const {
  if (path.counters == nullptr) return;
  Time last{};
  for (const Side side : {Side::caller, Side::callee}) {
    const auto index = static_cast<std::size_t>(side);
    FlowUsage usage = path.past[index];
    for (const Endpoint& source : path.party(side).sources()) {
      usage += flows_.usage(path.party(side).key_of(source));
    }
    path.counters->packets[index].set(static_cast<std::int64_t>(usage.packets));
    path.counters->bytes[index].set(static_cast<std::int64_t>(usage.bytes));
    last = std::max(last, usage.last_activity);
  }
  path.counters->last_activity.set(last.time_since_epoch().count());
}

}  // namespace avedge::latching
