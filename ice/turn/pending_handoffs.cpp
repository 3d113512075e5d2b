#include "ice/turn/pending_handoffs.h"

namespace avedge::turn {

PendingHandoff* PendingHandoffs::find(const FiveTuple& five_tuple) {
  const auto found = waiting_.find(five_tuple);
  return found == waiting_.end() ? nullptr : &found->second.move;
}

bool PendingHandoffs::add(Time now, PendingHandoff move) {
  if (queue_.size() >= kCapacity) return false;
  const Time deadline = now + kPatience;
  const FiveTuple five_tuple = move.client.five_tuple;
  queue_.emplace_back(deadline, five_tuple);
  waiting_.insert_or_assign(five_tuple, Entry{std::move(move), deadline});
  return true;
}

std::optional<PendingHandoff> PendingHandoffs::take(const FiveTuple& five_tuple) {
  const auto found = waiting_.find(five_tuple);
  if (found == waiting_.end()) return std::nullopt;
  PendingHandoff move = std::move(found->second.move);
  waiting_.erase(found);
  return move;
}

void PendingHandoffs::expire(Time now) {
  for (; !queue_.empty() && queue_.front().first <= now; queue_.pop_front()) {
    const auto& [deadline, five_tuple] = queue_.front();
    const auto found = waiting_.find(five_tuple);
    if (found != waiting_.end() && found->second.deadline == deadline) waiting_.erase(found);
  }
}

}  // namespace avedge::turn
