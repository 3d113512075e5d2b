#include "ice/latching/tcp_latching.h"

#include "ice/latching/tcp_admission.h"

namespace avedge::latching {
namespace {

DeadlineQueue::Index index_of(SocketId id) {
  return static_cast<DeadlineQueue::Index>(id);
}

bool says_the_same(const MediaPath& one, const MediaPath& other) {
  return one.caller == other.caller && one.callee == other.callee;
}

/// kNoSocket if the party has no TCP.
SocketId port_of(const Leg& leg) {
  const auto* tcp = std::get_if<TcpLeg>(&leg);
  return tcp == nullptr ? kNoSocket : tcp->port;
}

}  // namespace

// --- paths ---------------------------------------------------------------------------------------

void TcpLatching::set_path(Time now, const MediaPath& path, Outcome& outcome) {
  auto& slot = paths_[path.id];
  if (slot == nullptr) slot = std::make_unique<Component>();
  if (says_the_same(slot->signalled, path)) return;
  const MediaPath before = std::exchange(slot->signalled, path);
  for (const auto& [side, port] : {std::pair{Side::caller, port_of(before.caller)},
                                   std::pair{Side::callee, port_of(before.callee)}}) {
    const End end{slot.get(), side};
    const SocketId port_now = port_of(slot->leg(side));
    if (port_now == port) continue;
    enter(port_now, end);
    leave(port, end, outcome);
  }
  if (slot->framed != kNoSocket) keep_frames(now, *slot, outcome);
  serve_waiting(now, *slot, outcome);
  next_publication_ = std::min(next_publication_, now + kPublishInterval);
  counters_.stream_paths.set(static_cast<std::int64_t>(paths_.size()));
}

void TcpLatching::remove_path(MediaPathId id, Outcome& outcome) {
  const auto found = paths_.find(id);
  if (found == paths_.end()) return;
  Component& path = *found->second;
  leave(port_of(path.signalled.caller), {&path, Side::caller}, outcome);
  leave(port_of(path.signalled.callee), {&path, Side::callee}, outcome);
  publish(path);
  paths_.erase(found);
  if (paths_.empty()) next_publication_ = kNever;
  counters_.stream_paths.set(static_cast<std::int64_t>(paths_.size()));
}

void TcpLatching::enter(SocketId port, const End& end) {
  if (port == kNoSocket) return;
  PortState& known = ports_[port];
  if (known.ends.empty()) worker_.set_accepting(port, true);
  known.ends.push_back(end);
}

/// Ends this party's connections on that port; with its last party also the unproven ones.
void TcpLatching::leave(SocketId port, const End& end, Outcome& outcome) {
  const auto known = ports_.find(port);
  if (known == ports_.end()) return;
  while (true) {
    const auto& all = end.path->connections;
    const auto stray = std::find_if(all.begin(), all.end(), [&](SocketId id) {
      const Connection& connection = connections_.at(id);
      return connection.end == end && connection.port == port;
    });
    if (stray == all.end()) break;
    close(connections_.at(*stray), outcome);
  }
  std::erase(known->second.ends, end);
  if (!known->second.ends.empty()) return;
  for (const SocketId id : std::vector{known->second.unproven}) {
    close(connections_.at(id), outcome);
  }
  worker_.set_accepting(port, false);
  ports_.erase(known);
}

// --- who comes -----------------------------------------------------------------------------------

Verdict<void> TcpLatching::on_stream(Time now, const StreamEvent& event, Outcome& outcome) {
  switch (event.kind) {
    case StreamEvent::Kind::accepted: return on_accepted(now, event, outcome);
    case StreamEvent::Kind::spoke: return on_first_frame(now, event, outcome);
    case StreamEvent::Kind::connected: on_connected(event, outcome); return {};
    case StreamEvent::Kind::ended: return on_ended(now, event, outcome);
  }
  return {};
}

/// One party's address is enough if it can be no other's. Any other connection requires a check.
Verdict<void> TcpLatching::on_accepted(Time now, const StreamEvent& event, Outcome& outcome) {
  const auto found = ports_.find(event.port);
  if (found == ports_.end()) {
    outcome.close(event.connection);
    return DropReason::unknown_source;
  }
  PortState& port = found->second;
  Connection& connection = connections_[event.connection];
  connection = {event.connection, event.port, event.remote, now};
  port.unproven.push_back(connection.id);

  const auto is_from = [&](const End& end) {
    return may_be(end, event.remote) && may_connect_from(end.party(), event.remote.address);
  };
  const auto by_address = std::count_if(port.ends.begin(), port.ends.end(), is_from);
  if (by_address == 1) {
    const End& end = *std::find_if(port.ends.begin(), port.ends.end(), is_from);
    if (!must_prove_itself(end)) return admit(now, connection, end, outcome);
  }
  const bool may_be_shown = std::any_of(port.ends.begin(), port.ends.end(), [&](const End& end) {
    return may_be(end, event.remote) && may_prove_itself(end.party());
  });
  if (by_address == 0 && !may_be_shown) {
    return refuse(connection, DropReason::unknown_source, outcome);
  }
  if (port.unproven.size() > kMaxUnproven) {
    return refuse(connection, DropReason::connection_limit, outcome);
  }
  worker_.await_first_frame(connection.id);
  deadlines_.set(index_of(connection.id), now + kPatience);
  return {};
}

/// As with datagrams: a valid check says it for certain; then the first whose address it is.
Verdict<void> TcpLatching::on_first_frame(Time now, const StreamEvent& event, Outcome& outcome) {
  Connection* speaking = find(event.connection);
  if (speaking == nullptr) return {};
  Connection& connection = *speaking;
  const std::vector<End>& ends = ports_.at(event.port).ends;
  for (const End& end : ends) {
    if (!may_be(end, event.remote) || !proves_itself(end.party(), event.first_frame)) continue;
    if (end.path->framed != kNoSocket) {
      close(connections_.at(end.path->framed), outcome);  // a newer valid check latches again
    }
    return admit(now, connection, end, outcome);
  }
  for (const End& end : ends) {
    if (!may_be(end, event.remote)) continue;
    if (!may_connect_from(end.party(), event.remote.address)) continue;
    return admit(now, connection, end, outcome);
  }
  return refuse(connection, DropReason::unknown_source, outcome);
}

Verdict<void> TcpLatching::admit(Time now, Connection& connection, const End& end,
                                 Outcome& outcome) {
  if (!has_room(end)) return refuse(connection, DropReason::table_full, outcome);
  std::erase(ports_.at(connection.port).unproven, connection.id);
  connection.end = end;
  end.path->connections.push_back(connection.id);
  seek_partner(now, connection, outcome);
  return {};
}

Verdict<void> TcpLatching::refuse(Connection& connection, DropReason reason, Outcome& outcome) {
  close(connection, outcome);
  return reason;
}

bool TcpLatching::may_be(const End& end, const Endpoint& remote) const {
  return own_addresses_.allow(remote, end.party().passive);
}

/// Like a datagram's source, the one connection that a UDP socket can serve is locked: another one
/// replaces it by a check only.
bool TcpLatching::must_prove_itself(const End& end) const {
  return end.path->framed != kNoSocket && may_prove_itself(end.party());
}

bool TcpLatching::has_room(const End& end) const {
  std::size_t waiting = 0;
  std::size_t joined = 0;
  for (const SocketId id : end.path->connections) {
    const Connection& known = connections_.at(id);
    if (!(known.end == end)) continue;
    if (known.stage == Stage::joined) ++joined;
    if (known.stage == Stage::calling || known.stage == Stage::waiting) ++waiting;
  }
  return waiting < kMaxWaiting && waiting + joined < kMaxPipes;
}

// --- who is joined with whom ---------------------------------------------------------------------

void TcpLatching::serve_waiting(Time now, const Component& path, Outcome& outcome) {
  for (const SocketId id : std::vector{path.connections}) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->stage != Stage::waiting) continue;
    if (!is_dialled_for(id, path)) seek_partner(now, *connection, outcome);
  }
}

void TcpLatching::seek_partner(Time now, Connection& connection, Outcome& outcome) {
  if (connection.end.opposite().has_datagrams_only()) {
    const bool is_taken = connection.end.path->framed != kNoSocket;
    return is_taken ? wait(connection, outcome) : make_frames(now, connection, outcome);
  }
  if (join_waiting(connection, outcome)) return;
  if (!dial_for(now, connection)) return wait(connection, outcome);
  connection.stage = Stage::calling;
  deadlines_.set(index_of(connection.id), now + kHeadStart);
}

/// Joins it with the other party's connection that has waited longest.
bool TcpLatching::join_waiting(Connection& connection, Outcome& outcome) {
  for (const SocketId id : connection.end.path->connections) {
    Connection& other = connections_.at(id);
    if (other.stage != Stage::waiting || other.end.side == connection.end.side) continue;
    join(connection, other, outcome);
    return true;
  }
  return false;
}

/// False if no endpoint could be dialled.
bool TcpLatching::dial_for(Time now, const Connection& requester) {
  const End end = requester.end.opposite();
  const TcpLeg& party = end.party();
  std::size_t under_way = 0;
  for (std::size_t i = 0; i < std::min(party.passive.size(), kMaxDialled); ++i) {
    const auto dialled = worker_.dial(party.port, party.passive[i]);
    if (!dialled) {
      counters_.drops.count(dialled.reason());
      continue;
    }
    connections_[*dialled] = {*dialled,       party.port, party.passive[i], now,
                              Stage::dialled, end,        requester.id};
    end.path->connections.push_back(*dialled);
    ++under_way;
  }
  return under_way > 0;
}

bool TcpLatching::is_dialled_for(SocketId requester, const Component& path) const {
  return std::any_of(path.connections.begin(), path.connections.end(), [&](SocketId id) {
    const Connection& connection = connections_.at(id);
    return connection.stage == Stage::dialled && connection.partner == requester;
  });
}

/// Pending dials continue.
void TcpLatching::wait(Connection& connection, Outcome& outcome) {
  if (join_waiting(connection, outcome)) return;
  connection.stage = Stage::waiting;
  deadlines_.set(index_of(connection.id), connection.since + kPatience);
}

void TcpLatching::on_connected(const StreamEvent& event, Outcome& outcome) {
  Connection* dialled = find(event.connection);
  if (dialled != nullptr) join(connections_.at(dialled->partner), *dialled, outcome);
}

/// The dials for either that were slower are over.
void TcpLatching::join(Connection& one, Connection& other, Outcome& outcome) {
  one.stage = other.stage = Stage::joined;
  one.partner = other.id;
  other.partner = one.id;
  for (const Connection* connection : {&one, &other}) {
    deadlines_.remove(index_of(connection->id));
    hang_up_dials(*connection, outcome);
  }
  const bool in_order = one.end.side == Side::caller;
  outcome.join(in_order ? one.id : other.id, in_order ? other.id : one.id);
}

void TcpLatching::hang_up_dials(const Connection& requester, Outcome& outcome) {
  for (const SocketId id : std::vector{requester.end.path->connections}) {
    Connection& connection = connections_.at(id);
    if (connection.stage != Stage::dialled || connection.partner != requester.id) continue;
    outcome.close(id);
    forget(connection);
  }
}

// --- or with a party that has no TCP -------------------------------------------------------------

void TcpLatching::make_frames(Time now, Connection& connection, Outcome& outcome) {
  Component& path = *connection.end.path;
  connection.stage = Stage::framed;
  deadlines_.remove(index_of(connection.id));
  path.framed = connection.id;
  path.datagrams = std::make_shared<MediaPathCounters>();
  worker_.speak_frames(connection.id);
  update_frames(now, path, outcome);
}

/// The other party may have TCP now, or be elsewhere.
void TcpLatching::keep_frames(Time now, const Component& path, Outcome& outcome) {
  Connection& connection = connections_.at(path.framed);
  if (!connection.end.opposite().has_datagrams_only()) return close(connection, outcome);
  update_frames(now, path, outcome);
}

/// To datagrams' latching the connection is a party that is just where it says.
void TcpLatching::update_frames(Time now, const Component& path, Outcome& outcome) {
  UdpLeg link;
  link.socket = path.framed;
  link.signalled = connections_.at(path.framed).remote;
  link.latching = Latching::strict;
  const auto leg_of = [&](Side side) {
    const auto* udp = std::get_if<UdpLeg>(&path.leg(side));
    return udp != nullptr ? *udp : link;
  };
  datagrams_.set_path(
      now, {path.signalled.id, leg_of(Side::caller), leg_of(Side::callee), path.datagrams, {}},
      outcome);
}

/// Its flows go, and with a last publication what they counted is known.
void TcpLatching::end_frames(Component& path, Outcome& outcome) {
  datagrams_.remove_path(path.signalled.id, outcome);
  for (const Side side : {Side::caller, Side::callee}) {
    path.past[static_cast<std::size_t>(side)] += usage_of(*path.datagrams, side);
  }
  path.framed = kNoSocket;
  path.datagrams.reset();
}

// --- how it ends ---------------------------------------------------------------------------------

Verdict<void> TcpLatching::on_ended(Time now, const StreamEvent& event, Outcome& outcome) {
  Connection* ended = find(event.connection);
  if (ended == nullptr) return {};
  if (ended->stage != Stage::dialled) {
    Component* path = ended->stage == Stage::framed ? ended->end.path : nullptr;
    close(*ended, outcome);
    if (path != nullptr) serve_waiting(now, *path, outcome);  // its UDP socket is free
    return {};
  }
  Connection& requester = connections_.at(ended->partner);
  forget(*ended);
  const bool is_last = !is_dialled_for(requester.id, *requester.end.path);
  if (is_last && requester.stage == Stage::calling) wait(requester, outcome);
  return DropReason::connection_failed;
}

/// With what it is joined to, and what was dialled for it.
void TcpLatching::close(Connection& connection, Outcome& outcome) {
  if (connection.stage == Stage::joined) {
    Connection& partner = connections_.at(connection.partner);
    for (const Connection* gone : {&connection, &partner}) {
      gone->end.path->past[static_cast<std::size_t>(gone->end.side)] += worker_.sent_over(gone->id);
    }
    outcome.close(partner.id);
    forget(partner);
  } else if (connection.stage == Stage::framed) {
    end_frames(*connection.end.path, outcome);
  } else if (connection.stage == Stage::calling || connection.stage == Stage::waiting) {
    hang_up_dials(connection, outcome);
  }
  outcome.close(connection.id);
  forget(connection);
}

void TcpLatching::forget(Connection& connection) {
  if (connection.stage == Stage::unproven) {
    std::erase(ports_.at(connection.port).unproven, connection.id);
  } else {
    std::erase(connection.end.path->connections, connection.id);
  }
  const SocketId id = connection.id;
  deadlines_.remove(index_of(id));
  connections_.erase(id);
}

TcpLatching::Connection* TcpLatching::find(SocketId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : &found->second;
}

void TcpLatching::expire(Time now, Outcome& outcome) {
  while (const auto due = deadlines_.pop_due(now)) {
    expire(connections_.at(SocketId{*due}), outcome);
  }
  if (now < next_publication_) return;
  for (const auto& [id, path] : paths_) publish(*path);
  next_publication_ = now + kPublishInterval;
}

void TcpLatching::expire(Connection& connection, Outcome& outcome) {
  if (connection.stage == Stage::calling) return wait(connection, outcome);
  const bool is_party = connection.stage == Stage::waiting;
  counters_.drops.count(is_party ? DropReason::unjoined : DropReason::connection_idle);
  close(connection, outcome);
}

/// Readers see the figures a second or two late. Only bytes for pipes: their packets are not
/// parsed.
void TcpLatching::publish(const Component& path) const {
  if (path.signalled.counters == nullptr) return;
  FlowUsage usage[2] = {path.past[0], path.past[1]};
  for (const SocketId id : path.connections) {
    const Connection& connection = connections_.at(id);
    usage[static_cast<std::size_t>(connection.end.side)] += worker_.sent_over(id);
  }
  for (const Side side : {Side::caller, Side::callee}) {
    if (path.datagrams == nullptr) break;
    usage[static_cast<std::size_t>(side)] += usage_of(*path.datagrams, side);
  }
  MediaPathCounters& counters = *path.signalled.counters;
  for (std::size_t side = 0; side < 2; ++side) {
    counters.packets[side].set(static_cast<std::int64_t>(usage[side].packets));
    counters.bytes[side].set(static_cast<std::int64_t>(usage[side].bytes));
  }
  const Time last = std::max(usage[0].last_activity, usage[1].last_activity);
  counters.last_activity.set(last.time_since_epoch().count());
}

/// `side`: the party that sent it.
FlowUsage TcpLatching::usage_of(const MediaPathCounters& counters, Side side) {
  const auto index = static_cast<std::size_t>(side);
  return {static_cast<std::uint64_t>(counters.packets[index].value()),
          static_cast<std::uint64_t>(counters.bytes[index].value()),
          Time{Duration{counters.last_activity.value()}}};
}

}  // namespace avedge::latching
