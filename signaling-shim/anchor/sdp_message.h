// The session descriptions of one SIP message: read together, because alternatives share ports, and
// rewritten together, in one pass over the body.
#pragma once

#include "signaling-shim/anchor/dialog.h"
#include "signaling-shim/anchor/sdp_bodies.h"
#include "signaling-shim/sdp/rewrite.h"

namespace avedge::anchor {

/// Errors, and methods that carry no offer or answer (OPTIONS, a 488 with capabilities): their
/// descriptions state capabilities, not addresses.
[[nodiscard]] bool only_describes(const DialogMessage& message);

/// Views into the message's body, which must outlive it.
class SdpMessage {
 public:
  /// Fails with sdp_malformed or sdp_unsupported.
  [[nodiscard]] static Verdict<SdpMessage> read(const DialogMessage& message);

  [[nodiscard]] bool empty() const { return views_.empty(); }
  /// What the sender says about its media, all alternatives together. Only if not empty().
  [[nodiscard]] PartyMedia media(StreamMode streams) const;

  /// The body with the ports of `shown` in it; `edge` is the edge's address for the receiver.
  [[nodiscard]] BodyRewrite show(const RewrittenDescription& shown,
                                 const std::optional<IpAddress>& edge,
                                 CandidateMode candidates) const;
  /// The body with the discard port of the unspecified address in every place, for descriptions of
  /// capabilities.
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
