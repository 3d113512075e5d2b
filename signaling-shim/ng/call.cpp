#include "signaling-shim/ng/call.h"

namespace avedge::ng {
namespace {

/// A proxy that names branches names them always; one that does not never.
bool is_branch(const Leg& leg, std::string_view via_branch) {
  return via_branch.empty() || leg.via_branch().empty() || leg.via_branch() == via_branch;
}

}  // namespace

std::optional<LegTarget> Call::find_offer(const Options& request) {
  if (!request.to_tag.empty()) return find_dialog(request.from_tag, request.to_tag);
  Leg* leg = newest_of(request.from_tag, request.via_branch);
  if (leg == nullptr || !leg->began_with(request.sdp)) return std::nullopt;
  if (leg->direction() != request.direction) return std::nullopt;
  return LegTarget{leg, Side::caller, {}};
}

/// The tags are those of the offer: from-tag is the offerer's. A tag that is not known yet belongs
/// to another party that the first offer has reached.
std::optional<LegTarget> Call::find_answer(const Options& request) {
  if (auto target = find_dialog(request.to_tag, request.from_tag)) return target;
  Leg* leg = newest_of(request.from_tag, request.via_branch);
  if (leg == nullptr) return std::nullopt;
  return LegTarget{leg, Side::callee, request.to_tag};
}

std::vector<Leg*> Call::find_deleted(const Options& request) {
  std::vector<Leg*> found;
  for (Leg& leg : legs_) {
    const bool is_party = request.from_tag.empty() || leg.knows(request.from_tag);
    if (is_party && is_branch(leg, request.via_branch)) found.push_back(&leg);
  }
  return found;
}

Leg& Call::add(Leg leg) {
  legs_.push_back(std::move(leg));
  return legs_.back();
}

std::optional<LegTarget> Call::find_dialog(std::string_view mine, std::string_view theirs) {
  for (std::size_t i = legs_.size(); i-- > 0;) {
    const auto side = legs_[i].side_of(mine, theirs);
    if (side) return LegTarget{&legs_[i], *side, *side == Side::caller ? theirs : mine};
  }
  return std::nullopt;
}

Leg* Call::newest_of(std::string_view caller_tag, std::string_view via_branch) {
  for (std::size_t i = legs_.size(); i-- > 0;) {
    if (legs_[i].caller_tag() == caller_tag && is_branch(legs_[i], via_branch)) return &legs_[i];
  }
  return nullptr;
}

}  // namespace avedge::ng
