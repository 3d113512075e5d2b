#include "signaling-shim/sip/retransmitter.h"

#include <algorithm>

namespace avedge::sip {

void Retransmitter::start(Time now, const std::string& name, const Send& send, Pace pace,
                          ResponseByteLimiter* budget) {
  if (send.to.transport != Transport::udp) return;
  stop(name);
  if (held_bytes_ + send.bytes.size() > max_bytes_) return;
  held_bytes_ += send.bytes.size();
  entries_.emplace(name, Entry{send, pace, kT1, now + kTransactionTimeout, budget});
  deadlines_.set(name, now + kT1);
}

bool Retransmitter::stop(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return false;
  held_bytes_ -= found->second.send.bytes.size();
  entries_.erase(found);
  deadlines_.erase(name);
  return true;
}

void Retransmitter::on_timer(Time now, Outbox& out) {
  while (const auto name = deadlines_.pop_due(now)) {
    Entry& entry = entries_.at(*name);
    if (now >= entry.give_up) {
      stop(*name);
      continue;
    }
    std::size_t nothing = 0;
    const bool is_paid = entry.budget == nullptr || entry.budget->admit(now, entry.send, nothing);
    if (is_paid) out.push_back(entry.send);
    entry.interval *= 2;
    if (entry.pace == Pace::capped) entry.interval = std::min<Duration>(entry.interval, kT2);
    deadlines_.set(*name, now + entry.interval);
  }
}

}  // namespace avedge::sip
