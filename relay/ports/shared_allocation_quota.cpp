#include "relay/ports/shared_allocation_quota.h"

namespace avedge::relay {

SharedAllocationQuota::SharedAllocationQuota(const AllocationQuotas& quotas,
                                             const BandwidthLimits& bandwidth)
    : quotas_{quotas}, bandwidth_{bandwidth} {
  if (bandwidth.total.is_limited()) edge_budget_ = std::make_shared<SharedBudget>(bandwidth.total);
}

Verdict<void> SharedAllocationQuota::begin_allocation(std::string_view user,
                                                      const IpAddress& source) {
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

void SharedAllocationQuota::end_allocation(std::string_view user, const IpAddress& source) {
  sources_.cancel(text_of(source.bytes()));
  users_.cancel(user);
  total_.fetch_sub(1);
}

Verdict<void> SharedAllocationQuota::move_allocation(const IpAddress& from, const IpAddress& to) {
  if (from == to) return {};
  if (!sources_.book(text_of(to.bytes()), quotas_.per_source)) return DropReason::allocation_quota;
  sources_.cancel(text_of(from.bytes()));
  return {};
}

BandwidthGrant SharedAllocationQuota::bandwidth_for(std::string_view user) {
  BandwidthGrant grant{bandwidth_.per_allocation, nullptr, edge_budget_};
  if (bandwidth_.per_user.is_limited()) grant.user = users_.budget_of(user, bandwidth_.per_user);
  return grant;
}

bool SharedAllocationQuota::book_total() {
  const std::size_t before = total_.fetch_add(1);
  if (quotas_.total == 0 || before < quotas_.total) return true;
  total_.fetch_sub(1);
  return false;
}

bool SharedAllocationQuota::Counts::book(std::string_view name, std::size_t limit) {
  Shard& shard = shard_of(name);
  const std::scoped_lock lock{shard.mutex};
  std::size_t& count = shard.entries[std::string{name}].count;
  if (limit != 0 && count >= limit) return false;
  ++count;
  return true;
}

void SharedAllocationQuota::Counts::cancel(std::string_view name) {
  Shard& shard = shard_of(name);
  const std::scoped_lock lock{shard.mutex};
  const auto found = shard.entries.find(std::string{name});
  if (found != shard.entries.end() && --found->second.count == 0) shard.entries.erase(found);
}

std::shared_ptr<SharedBudget> SharedAllocationQuota::Counts::budget_of(std::string_view name,
                                                                       const Bandwidth& bandwidth) {
  Shard& shard = shard_of(name);
  const std::scoped_lock lock{shard.mutex};
  const auto found = shard.entries.find(std::string{name});
  if (found == shard.entries.end()) return nullptr;
  if (found->second.budget == nullptr) {
    found->second.budget = std::make_shared<SharedBudget>(bandwidth);
  }
  return found->second.budget;
}

}  // namespace avedge::relay
