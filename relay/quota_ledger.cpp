#include "relay/quota_ledger.h"

namespace avedge::relay {

Verdict<void> QuotaLedger::begin_allocation(std::string_view user, const IpAddress& source) {
  if (refusing_.load(std::memory_order_relaxed) || !book_total())
    return DropReason::allocation_quota;
  if (!users_.book(user, quotas_.per_user)) {
    total_.fetch_sub(1);
    return DropReason::allocation_quota;
  }
  if (!sources_.book(text_of(source.bytes()), quotas_.per_source)) {
    users_.cancel(user);
    total_.fetch_sub(1);
    return DropReason::allocation_quota;
  }
  return {};
}

void QuotaLedger::end_allocation(std::string_view user, const IpAddress& source) {
  sources_.cancel(text_of(source.bytes()));
  users_.cancel(user);
  total_.fetch_sub(1);
}

Verdict<void> QuotaLedger::move_allocation(const IpAddress& from, const IpAddress& to) {
  if (from == to) return {};
  if (!sources_.book(text_of(to.bytes()), quotas_.per_source)) return DropReason::allocation_quota;
  sources_.cancel(text_of(from.bytes()));
  return {};
}

bool QuotaLedger::book_total() {
  const std::size_t before = total_.fetch_add(1);
  if (quotas_.total == 0 || before < quotas_.total) return true;
  total_.fetch_sub(1);
  return false;
}

bool QuotaLedger::Counts::book(std::string_view name, std::size_t limit) {
  Shard& shard = shard_of(name);
  const std::scoped_lock lock{shard.mutex};
  std::size_t& count = shard.count[std::string{name}];
  if (limit != 0 && count >= limit) return false;
  ++count;
  return true;
}

void QuotaLedger::Counts::cancel(std::string_view name) {
  Shard& shard = shard_of(name);
  const std::scoped_lock lock{shard.mutex};
  const auto found = shard.count.find(std::string{name});
  if (found != shard.count.end() && --found->second == 0) shard.count.erase(found);
}

}  // namespace avedge::relay
