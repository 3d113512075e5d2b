#include "signaling-shim/sip/stream_admission.h"

#include <algorithm>

namespace avedge::sip {
namespace {

/// An honest handshake takes a few round trips.
constexpr std::chrono::seconds kHandshakeIsSlow{3};

std::vector<std::string> interfaces_of(const Settings& settings) {
  std::vector<std::string> names;
  for (const Listener& listener : settings.listeners) {
    if (std::find(names.begin(), names.end(), listener.interface) == names.end()) {
      names.push_back(listener.interface);
    }
  }
  return names;
}

bool accepts_streams(const Settings& settings, const std::string& interface) {
  return std::any_of(settings.listeners.begin(), settings.listeners.end(),
                     [&](const Listener& listener) {
                       return listener.interface == interface &&
                              (listener.offers(Transport::tcp) || listener.offers(Transport::tls));
                     });
}

/// Of Limits::connections, for the unproven connections of one interface.
std::size_t share_of(const Settings& settings, const std::vector<std::string>& interfaces) {
  const auto sharing =
      std::count_if(interfaces.begin(), interfaces.end(),
                    [&](const std::string& name) { return accepts_streams(settings, name); });
  const auto parts = static_cast<std::size_t>(std::max<std::ptrdiff_t>(sharing, 1));
  return std::max<std::size_t>(settings.limits.connections / parts, 1);
}

std::optional<ConnectionLimit> reached(StrangerTable::Full full, ConnectionLimit of_source,
                                       ConnectionLimit of_table) {
  switch (full) {
    case StrangerTable::Full::source: return of_source;
    case StrangerTable::Full::table: return of_table;
    case StrangerTable::Full::nothing: break;
  }
  return std::nullopt;
}

/// Adds the result of `room` to the decision; false if it refuses.
bool take(const StrangerTable::Room& room, std::optional<ConnectionLimit> limit, DropReason reason,
          StreamAdmission::Decision& decision) {
  if (!room.is_granted) {
    decision = {StreamAdmission::Refusal{reason, limit}, {}};
    return false;
  }
  if (room.evicted) {
    decision.evictions.push_back({static_cast<ConnectionId>(*room.evicted), *limit});
  }
  return true;
}

}  // namespace

StreamAdmission::StreamAdmission(const Settings& settings)
    : settings_{settings},
      arrivals_{settings.limits.connections_per_second, settings.limits.connection_burst,
                settings.limits.rate_limited_sources},
      handshakes_{
          {settings.limits.handshakes, settings.limits.handshakes_per_source, kHandshakeIsSlow}} {
  const std::vector<std::string> names = interfaces_of(settings);
  const StrangerTable::Limits limits{share_of(settings, names),
                                     settings.limits.connections_per_source,
                                     settings.limits.evict_after};
  strangers_.assign(names.size(), StrangerTable{limits});
  for (const Listener& listener : settings.listeners) {
    const auto name = std::find(names.begin(), names.end(), listener.interface);
    interface_of_.push_back(static_cast<std::size_t>(name - names.begin()));
  }
}

StreamAdmission::Decision StreamAdmission::decide(Time now, const SipFlow& peer, Standing standing,
                                                  Opener opener) {
  if (standing != Standing::stranger) return decide_exempt();
  const IpAddress& source = peer.remote.address;
  if (opener == Opener::peer) {
    if (!settings_.at(peer.listener).admits(source)) {
      return {Refusal{DropReason::sip_source_refused, {}}, {}};
    }
    if (!arrivals_.admit(now, source)) return {Refusal{DropReason::sip_flood, {}}, {}};
  }
  Decision decision;
  const auto listener = static_cast<std::size_t>(peer.listener);
  const auto room = strangers_[interface_of_[listener]].room_for(now, source);
  if (!take(
          room,
          reached(room.full, ConnectionLimit::connections_per_source, ConnectionLimit::connections),
          DropReason::table_full, decision)) {
    return decision;
  }
  if (opener == Opener::peer && peer.transport == Transport::tls) {
    const auto place = handshakes_.room_for(now, source);
    (void)take(
        place,
        reached(place.full, ConnectionLimit::handshakes_per_source, ConnectionLimit::handshakes),
        DropReason::connection_limit, decision);
  }
  return decision;
}

StreamAdmission::Decision StreamAdmission::decide_exempt() const {
  if (count(Standing::known) + count(Standing::next_hop) < settings_.limits.connections) return {};
  return {Refusal{DropReason::table_full, ConnectionLimit::connections}, {}};
}

void StreamAdmission::opened(Time now, const SipFlow& peer, Standing standing, Opener opener) {
  const std::size_t interface = interface_of_[static_cast<std::size_t>(peer.listener)];
  const StrangerTable::Id id = id_of(peer.connection);
  records_.emplace(id, Record{standing, interface, network_of(peer.remote.address)});
  ++count_of(standing);
  if (standing != Standing::stranger) return;
  strangers_[interface].add(now, id, peer.remote.address);
  if (opener == Opener::peer && peer.transport == Transport::tls) {
    handshakes_.add(now, id, peer.remote.address);
  }
}

void StreamAdmission::active(Time now, ConnectionId connection) {
  const auto found = records_.find(id_of(connection));
  if (found == records_.end()) return;
  strangers_[found->second.interface].touch(now, found->first);
}

bool StreamAdmission::promote(ConnectionId connection) {
  const auto found = records_.find(id_of(connection));
  if (found == records_.end()) return false;
  Record& record = found->second;
  if (record.standing != Standing::stranger || !has_room_for_known(record.source)) return false;
  strangers_[record.interface].remove(found->first);
  record.standing = Standing::known;
  --count_of(Standing::stranger);
  ++count_of(Standing::known);
  ++known_of_[record.source];
  return true;
}

/// One user who registers repeatedly must not use up all other users' places.
bool StreamAdmission::has_room_for_known(const IpAddress& source) const {
  const Limits& limits = settings_.limits;
  const auto held = known_of_.find(source);
  return count(Standing::known) < limits.connections - limits.connections / 4 &&
         count(Standing::known) + count(Standing::next_hop) < limits.connections &&
         (held == known_of_.end() || held->second < limits.connections_per_source);
}

void StreamAdmission::closed(ConnectionId connection) {
  const auto found = records_.find(id_of(connection));
  if (found == records_.end()) return;
  const Record& record = found->second;
  strangers_[record.interface].remove(found->first);
  handshakes_.remove(found->first);
  if (record.standing == Standing::known) {
    const auto known = known_of_.find(record.source);
    if (--known->second == 0) known_of_.erase(known);
  }
  --count_of(record.standing);
  records_.erase(found);
}

Standing StreamAdmission::standing_of(ConnectionId connection) const {
  const auto found = records_.find(id_of(connection));
  return found == records_.end() ? Standing::stranger : found->second.standing;
}

}  // namespace avedge::sip
