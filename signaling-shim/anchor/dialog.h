// One dialog (one To-tag) of an anchored call: tracks offers and answers, whatever message carries
// them (RFC 3261 §13.2.1 and §14, RFC 3262, RFC 3311, RFC 6337), and keeps ports and paths in step.
//
//   offer        INVITE, UPDATE, PRACK; the response to an INVITE that had none
//   answer       the response to those; PRACK or ACK, where the response held the offer
//   early      an unreliable 18x: early media must flow, but the answer may still change
//   failed       491 and other errors: back to what was agreed before the INVITE
#pragma once

#include "signaling-shim/anchor/media_paths.h"
#include "signaling-shim/anchor/offer.h"

namespace avedge::anchor {

class Dialog {
 public:
  Dialog(std::string tag, CallPorts& ports, PathFactory& factory, WorkerIndex worker,
         Latching latching);

  [[nodiscard]] const std::string& tag() const { return tag_; }

  /// The dialog begins with a response to `invite`, which carried `offer`, if any.
  void begin(const Transaction& invite, std::optional<Offer> offer);
  /// A pending request; before on_sdp().
  void on_request(Time now, const Transaction& transaction);
  /// The description `media` in `message`. Repeated messages change nothing.
  /// Fails with ports_exhausted, family_unsupported, sdp_malformed, sdp_unsupported.
  [[nodiscard]] Verdict<RewrittenDescription> on_sdp(Time now, const DialogMessage& message,
                                                     PartyMedia media);
  /// A final response, after on_sdp().
  void on_final_response(const Transaction& transaction, int status);
  /// Drops offers that were not answered in time.
  void expire_offers(Time now, Duration timeout);

  void confirm() { is_confirmed_ = true; }
  [[nodiscard]] bool is_confirmed() const { return is_confirmed_; }
  /// When a BYE passed; nothing if none is pending.
  [[nodiscard]] const std::optional<Time>& bye_since() const { return bye_since_; }

  /// This host's addresses have changed.
  void review_targets(const LocalAddresses& addresses);

  [[nodiscard]] const DialogState& state() const { return current_; }
  [[nodiscard]] const MediaPaths& paths() const { return paths_; }
  /// Of all its paths.
  [[nodiscard]] MediaTotals totals() const;
  [[nodiscard]] Time last_activity() const;

 private:
  enum class Role : std::uint8_t { offer, answer, early, repeat };

  /// An INVITE without a final response yet.
  struct OpenInvite {
    std::uint32_t cseq = 0;
    bool carried_offer = false;
    /// It already changed the state, which must be restored if it fails.
    bool has_changed_state = false;
    DialogState before;
  };

  [[nodiscard]] Role role_of(const DialogMessage& message, const Transaction& transaction) const;
  [[nodiscard]] Role role_of_response(const DialogMessage& message,
                                      const Transaction& transaction) const;
  [[nodiscard]] bool has_offer(Side from, const Transaction& carrier) const;

  [[nodiscard]] Verdict<RewrittenDescription> take_offer(Time now, Side from,
                                                         const Transaction& carrier,
                                                         PartyMedia media);
  [[nodiscard]] Verdict<RewrittenDescription> take_answer(Side from, const Transaction& carrier,
                                                          PartyMedia media, Offer::Answer kind);
  [[nodiscard]] Verdict<DialogState> answered(const Offer& offer, Side from, PartyMedia media);
  [[nodiscard]] Verdict<RewrittenDescription> repeat(Side from, const PartyMedia& media) const;
  [[nodiscard]] bool is_stale(Side from, const Transaction& carrier) const;
  void finish_answer(Offer& offer, const Transaction& answered_by, DialogState& next);
  void apply(const Transaction& cause, DialogState next);

  void accept_invite(const Transaction& transaction);
  void roll_back_invite(const Transaction& transaction);
  void drop_offers_of(const Transaction& transaction);

  std::string tag_;
  CallPorts& ports_;
  bool is_confirmed_ = false;
  std::optional<Time> bye_since_;
  std::uint64_t revision_ = 0;
  PerSide<std::optional<Offer>> offers_;        // by offerer
  PerSide<std::optional<OpenInvite>> invites_;  // by requester
  DialogState current_;
  // Last: paths are destroyed before their ports.
  MediaPaths paths_;
};

}  // namespace avedge::anchor
