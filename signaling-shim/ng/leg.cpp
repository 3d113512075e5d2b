#include "signaling-shim/ng/leg.h"

namespace avedge::ng {
namespace {

/// The first offer is the INVITE that opens a session; all others are UPDATEs, which change nothing
/// before they are answered.
constexpr std::string_view kFirst = "INVITE";
constexpr std::string_view kLater = "UPDATE";
constexpr std::uint32_t kFirstCseq = 1;

}  // namespace

std::optional<Side> Leg::side_of(std::string_view mine, std::string_view theirs) const {
  if (mine == caller_tag_ && dialogs_.contains(theirs)) return Side::caller;
  if (theirs == caller_tag_ && dialogs_.contains(mine)) return Side::callee;
  return std::nullopt;
}

anchor::DialogMessage Leg::first_offer() {
  anchor::DialogMessage message;
  message.sender = Side::caller;
  message.method = kFirst;
  message.cseq = kFirstCseq;
  return message;
}

anchor::DialogMessage Leg::offer(Side from, std::string_view callee_tag) {
  OfferState& turn = dialogs_.find(callee_tag)->second[from];
  if (turn.cseq == 0) turn.cseq = kFirstCseq;
  if (turn.cseq == kFirstCseq || turn.is_answered) {
    ++turn.cseq;
    turn.is_answered = false;
  }
  anchor::DialogMessage message;
  message.sender = from;
  message.method = kLater;
  message.cseq = turn.cseq;
  message.callee_tag = callee_tag;
  return message;
}

anchor::DialogMessage Leg::answer(Side offerer, std::string_view callee_tag) const {
  const auto dialog = dialogs_.find(callee_tag);
  const std::uint32_t cseq = dialog == dialogs_.end() ? 0 : dialog->second[offerer].cseq;
  anchor::DialogMessage message;
  message.sender = other(offerer);
  message.method = cseq > kFirstCseq ? kLater : kFirst;
  message.status = 200;
  message.cseq = std::max(cseq, kFirstCseq);
  message.callee_tag = callee_tag;
  return message;
}

void Leg::note_answer(Side offerer, std::string_view callee_tag) {
  dialogs_[std::string{callee_tag}][offerer].is_answered = true;
}

void Leg::forget(std::string_view callee_tag) {
  const auto dialog = dialogs_.find(callee_tag);
  if (dialog != dialogs_.end()) dialogs_.erase(dialog);
}

}  // namespace avedge::ng
