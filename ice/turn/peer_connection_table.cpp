#include "ice/turn/peer_connection_table.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"
#include "relay/core/random.h"

namespace avedge::turn {

std::optional<ConnectionId> read_connection_id(const stun::StunView& message) {
  const auto value = message.find(stun::AttributeType::connection_id);
  const auto id = value ? stun::read_u32(*value) : std::nullopt;
  return id ? std::optional{ConnectionId{*id}} : std::nullopt;
}

PeerConnection& PeerConnectionTable::add(PeerConnection connection) {
  if (free_.empty()) {
    free_.push_back(static_cast<Slot>(slots_.size()));
    slots_.emplace_back();
  }
  const Slot slot = free_.back();
  free_.pop_back();
  connection.id = new_id();
  by_id_[connection.id] = slot;
  by_socket_[connection.socket] = slot;
  by_allocation_[connection.allocation].push_back(slot);
  return slots_[slot].emplace(std::move(connection));
}

void PeerConnectionTable::remove(ConnectionId id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const Slot slot = found->second;
  const PeerConnection& connection = *slots_[slot];
  const auto siblings = by_allocation_.find(connection.allocation);
  std::erase(siblings->second, slot);
  if (siblings->second.empty()) by_allocation_.erase(siblings);
  by_socket_.erase(connection.socket);
  by_id_.erase(found);
  deadlines_.remove(slot);
  slots_[slot].reset();
  free_.push_back(slot);
}

PeerConnection* PeerConnectionTable::find(ConnectionId id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &*slots_[found->second];
}

PeerConnection* PeerConnectionTable::find(SocketId socket) {
  const auto found = by_socket_.find(socket);
  return found == by_socket_.end() ? nullptr : &*slots_[found->second];
}

PeerConnection* PeerConnectionTable::find(DeadlineQueue::Index allocation, const Endpoint& peer) {
  const auto siblings = by_allocation_.find(allocation);
  if (siblings == by_allocation_.end()) return nullptr;
  for (const Slot slot : siblings->second) {
    if (slots_[slot]->peer == peer) return &*slots_[slot];
  }
  return nullptr;
}

std::size_t PeerConnectionTable::count_of(DeadlineQueue::Index allocation) const {
  const auto siblings = by_allocation_.find(allocation);
  return siblings == by_allocation_.end() ? 0 : siblings->second.size();
}

std::vector<ConnectionId> PeerConnectionTable::all_of(DeadlineQueue::Index allocation) const {
  std::vector<ConnectionId> ids;
  const auto found = by_allocation_.find(allocation);
  if (found == by_allocation_.end()) return ids;
  for (const Slot slot : found->second) ids.push_back(slots_[slot]->id);
  return ids;
}

PeerConnection* PeerConnectionTable::first_of(DeadlineQueue::Index allocation) {
  const auto siblings = by_allocation_.find(allocation);
  return siblings == by_allocation_.end() ? nullptr : &*slots_[siblings->second.front()];
}

void PeerConnectionTable::set_deadline(const PeerConnection& connection, Time deadline) {
  deadlines_.set(by_id_.at(connection.id), deadline);
}

PeerConnection* PeerConnectionTable::pop_due(Time now) {
  const auto slot = deadlines_.pop_due(now);
  return slot ? &*slots_[*slot] : nullptr;
}

ConnectionId PeerConnectionTable::new_id() const {
  const std::uint32_t worker = std::uint32_t{static_cast<std::uint8_t>(worker_)} << 24;
  for (;;) {
    const ConnectionId id{worker | static_cast<std::uint32_t>(random_u64() & 0xFFFFFF)};
    if (!by_id_.contains(id)) return id;
  }
}

}  // namespace avedge::turn
