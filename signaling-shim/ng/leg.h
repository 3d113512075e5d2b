// A first offer and everything that came of it: in the anchor's words one session, in the proxy's
// one branch of a call.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "signaling-shim/anchor/dialog_state.h"
#include "signaling-shim/ng/description.h"

namespace avedge::ng {

/// Turns the offers and answers of ng, which only name tags, into the transactions that the anchor
/// tells them apart by. The offerer of the first offer is the caller, whoever called.
class Leg {
 public:
  Leg(anchor::SessionId session, const Options& first_offer)
      : session_{session},
        caller_tag_{first_offer.from_tag},
        via_branch_{first_offer.via_branch},
        first_offer_{first_offer.sdp},
        direction_{first_offer.direction} {}

  [[nodiscard]] anchor::SessionId session() const { return session_; }
  [[nodiscard]] const std::string& caller_tag() const { return caller_tag_; }
  [[nodiscard]] const std::string& via_branch() const { return via_branch_; }
  /// Whether that is the description it began with.
  [[nodiscard]] bool began_with(std::string_view sdp) const { return sdp == first_offer_; }
  [[nodiscard]] const std::vector<std::string>& direction() const { return direction_; }
  [[nodiscard]] bool is_answered() const { return !dialogs_.empty(); }
  [[nodiscard]] bool knows(std::string_view tag) const {
    return tag == caller_tag_ || dialogs_.contains(tag);
  }
  /// Who the party with tag `mine` is, if `theirs` is the other one of a dialog; nothing if there
  /// is no such dialog.
  [[nodiscard]] std::optional<Side> side_of(std::string_view mine, std::string_view theirs) const;

  /// The message that stands for the first offer.
  [[nodiscard]] static anchor::DialogMessage first_offer();
  /// An offer of `from` in the dialog of that callee. Until it is answered, another offer of the
  /// same party takes its place.
  [[nodiscard]] anchor::DialogMessage offer(Side from, std::string_view callee_tag);
  /// An answer to the offer of `offerer`. Without such an offer in that dialog, to the first one.
  [[nodiscard]] anchor::DialogMessage answer(Side offerer, std::string_view callee_tag) const;
  /// The answer has passed.
  void note_answer(Side offerer, std::string_view callee_tag);
  void forget(std::string_view callee_tag);

  /// The m= lines' protocols as the party wrote them in its last offer.
  Protocols& protocols(Side offerer) { return protocols_[offerer]; }

  std::optional<Time> delete_at;

 private:
  struct OfferState {
    std::uint32_t cseq = 0;  // 0: has made no offer
    bool is_answered = false;
  };
  using Dialog = anchor::PerSide<OfferState>;

  anchor::SessionId session_;
  std::string caller_tag_;
  std::string via_branch_;
  std::string first_offer_;
  std::vector<std::string> direction_;
  std::map<std::string, Dialog, std::less<>> dialogs_;  // by the callee's tag
  anchor::PerSide<Protocols> protocols_;
};

}  // namespace avedge::ng
