// The session descriptions of one SIP message: read together, because alternatives share ports, and
// rewritten together, in one pass over the body.
#pragma once

#include "signaling-shim/anchor/dialog.h"
#include "signaling-shim/anchor/sdp_bodies.h"
#include "signaling-shim/sdp/rewrite.h"

namespace avedge::anchor {

/// Errors, and methods that carry no offer or answer (OPTIONS, a 488 with "what I could do"): their
/// descriptions say what a party is able to, not where it is.
[[nodiscard]] bool only_describes(const DialogMessage& message);

/// Views into the message's body, which must outlive it.
class SdpMessage {
 public:
  /// Fails with sdp_malformed or sdp_unsupported.
  [[nodiscard]] static Verdict<SdpMessage> read(const DialogMessage& message);

  [[nodiscard]] bool empty() const { return views_.empty(); }
  /// What the sender says about its media, all alternatives together. Only if not empty().
  [[nodiscard]] PartyMedia media(StreamMode streams) const;

  /// The body with the ports of `shown` in it; `edge` is what the receiver knows the edge by.
  [[nodiscard]] BodyRewrite show(const RewrittenDescription& shown,
                                 const std::optional<IpAddress>& edge,
                                 CandidateMode candidates) const;
  /// The body with the discard port of the unspecified address for every place, for descriptions
  /// that say what a party is able to and not where it is.
  [[nodiscard]] BodyRewrite show_nowhere() const;

 private:
  template <class FarViewOf>
  [[nodiscard]] BodyRewrite rewrite(const FarViewOf& far_view_of) const;
  void correct_lengths(text::EditList& edits) const;

  std::string_view body_;
  IpAddress source_;
  PartyTerms terms_;
  std::vector<SizedPart> sized_;
  std::vector<sdp::View> views_;
};

}  // namespace avedge::anchor
