#include "relay/admission/connection_limits.h"

#include <algorithm>
#include <utility>

namespace avedge::relay {
namespace {

std::size_t share_count(const std::vector<std::size_t>& share_of_listener) {
  const auto last = std::max_element(share_of_listener.begin(), share_of_listener.end());
  return last == share_of_listener.end() ? 1 : *last + 1;
}

}  // namespace

Admission::~Admission() {
  if (registry_ != nullptr) registry_->leave(id_, half_open_);
}

bool Admission::hold(ConnectionHolder& holder, std::uint64_t place) {
  return registry_ == nullptr || !half_open_ || registry_->hold(id_, holder, place);
}

void Admission::note_request(Time now) {
  if (registry_ != nullptr && half_open_) registry_->note_request(id_, now);
}

void Admission::settle() {
  if (registry_ != nullptr && half_open_ && registry_->settle(id_)) half_open_ = false;
}

ConnectionLimits::ConnectionLimits(const ConnectionCaps& caps,
                                   std::vector<std::size_t> share_of_listener)
    : caps_{caps}, share_of_listener_{std::move(share_of_listener)} {
  const std::size_t count = share_count(share_of_listener_);
  for (std::size_t i = 0; i < count; ++i) shares_.push_back({StrangerTable{caps.half_open}, {}});
}

std::optional<Admission> ConnectionLimits::admit(std::size_t listener, const IpAddress& source,
                                                 Time now) {
  const std::scoped_lock lock{mutex_};
  const std::size_t share = share_of_listener_[listener];
  if (open_ >= caps_.total && !make_room_in(share, now)) return std::nullopt;
  const auto admitted = shares_[share].strangers.admit(source, now);
  if (!admitted) return std::nullopt;
  if (admitted->evicted) evicted(share, *admitted->evicted);
  shares_[share].holders.emplace(admitted->id, Holder{});
  ++open_;
  return Admission{*this, {share, admitted->id}};
}

bool ConnectionLimits::make_room(std::size_t listener, Time now) {
  const std::scoped_lock lock{mutex_};
  return make_room_in(share_of_listener_[listener], now);
}

std::size_t ConnectionLimits::open() const {
  const std::scoped_lock lock{mutex_};
  return open_;
}

std::size_t ConnectionLimits::half_open() const {
  const std::scoped_lock lock{mutex_};
  std::size_t count = 0;
  for (const Share& share : shares_) count += share.strangers.size();
  return count;
}

bool ConnectionLimits::hold(const AdmissionId& id, ConnectionHolder& holder, std::uint64_t place) {
  const std::scoped_lock lock{mutex_};
  auto& holders = shares_[id.share].holders;
  const auto found = holders.find(id.stranger);
  if (found == holders.end()) return false;
  found->second = {&holder, place};
  return true;
}

void ConnectionLimits::note_request(const AdmissionId& id, Time now) {
  const std::scoped_lock lock{mutex_};
  shares_[id.share].strangers.note_request(id.stranger, now);
}

bool ConnectionLimits::settle(const AdmissionId& id) {
  const std::scoped_lock lock{mutex_};
  Share& share = shares_[id.share];
  share.holders.erase(id.stranger);
  return share.strangers.remove(id.stranger);
}

/// What was evicted has left before.
void ConnectionLimits::leave(const AdmissionId& id, bool half_open) {
  const std::scoped_lock lock{mutex_};
  Share& share = shares_[id.share];
  share.holders.erase(id.stranger);
  if (!half_open || share.strangers.remove(id.stranger)) --open_;
}

bool ConnectionLimits::make_room_in(std::size_t share, Time now) {
  const std::size_t from = shares_[share].strangers.size() > 0 ? share : largest_share();
  const auto stranger = shares_[from].strangers.evict(now);
  if (stranger) evicted(from, *stranger);
  return stranger.has_value();
}

void ConnectionLimits::evicted(std::size_t share, StrangerTable::Id stranger) {
  --open_;
  const auto found = shares_[share].holders.find(stranger);
  const Holder holder = found->second;
  shares_[share].holders.erase(found);
  if (holder.who != nullptr) holder.who->evict(holder.place, {share, stranger});
}

std::size_t ConnectionLimits::largest_share() const {
  const auto largest =
      std::max_element(shares_.begin(), shares_.end(), [](const Share& left, const Share& right) {
        return left.strangers.size() < right.strangers.size();
      });
  return static_cast<std::size_t>(largest - shares_.begin());
}

}  // namespace avedge::relay
