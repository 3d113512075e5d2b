#include "signaling-shim/sip/member_groups.h"

namespace avedge::sip {

void MemberGroups::add(const IpAddress& group, const Member& member) {
  Members& members = groups_[group];
  if (!members.empty()) ranking_.erase(rank_of(group, members));
  members.insert(member);
  ranking_.insert(rank_of(group, members));
}

void MemberGroups::remove(const IpAddress& group, const Member& member) {
  const auto found = groups_.find(group);
  Members& members = found->second;
  ranking_.erase(rank_of(group, members));
  members.erase(member);
  if (members.empty()) {
    groups_.erase(found);
  } else {
    ranking_.insert(rank_of(group, members));
  }
}

std::size_t MemberGroups::size_of(const IpAddress& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? 0 : found->second.size();
}

}  // namespace avedge::sip
