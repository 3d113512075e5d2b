#include "ice/turn/moves.h"

namespace avedge::turn {

PendingMove* Moves::find(const FiveTuple& five_tuple) {
  const auto found = waiting_.find(five_tuple);
  return found == waiting_.end() ? nullptr : &found->second.move;
}

bool Moves::add(Time now, PendingMove move) {
  if (queue_.size() >= kCapacity) return false;
  const Time deadline = now + kPatience;
  const FiveTuple five_tuple = move.client.five_tuple;
  queue_.emplace_back(deadline, five_tuple);
  waiting_.insert_or_assign(five_tuple, Entry{std::move(move), deadline});
  return true;
}

std::optional<PendingMove> Moves::take(const FiveTuple& five_tuple) {
  const auto found = waiting_.find(five_tuple);
  if (found == waiting_.end()) return std::nullopt;
  PendingMove move = std::move(found->second.move);
  waiting_.erase(found);
  return move;
}

void Moves::expire(Time now) {
  for (; !queue_.empty() && queue_.front().first <= now; queue_.pop_front()) {
    const auto& [deadline, five_tuple] = queue_.front();
    const auto found = waiting_.find(five_tuple);
    if (found != waiting_.end() && found->second.deadline == deadline) waiting_.erase(found);
  }
}

}  // namespace avedge::turn
