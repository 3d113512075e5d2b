// Connects messages to the media anchor: passes it the session media and decides what happens to a
// message whose media cannot be anchored.
#pragma once

#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/sip/message_writer.h"
#include "signaling-shim/sip/view.h"

namespace avedge::sip {

/// The sender's side and the session of a message.
struct MediaRole {
  anchor::SessionId session = kNoSession;
  Side request_sender = Side::caller;
};

class AnchorAdapter {
 public:
  explicit AnchorAdapter(anchor::MediaAnchor& anchor) : anchor_{anchor} {}

  [[nodiscard]] Verdict<anchor::SessionId> open(Time now, const anchor::SessionSpec& spec) {
    return anchor_.open(now, spec);
  }
  void abandon(Time now, anchor::SessionId session) {
    if (session != kNoSession) anchor_.abandon(now, session);
  }
  /// What to send instead of the body. Outside a session too: OPTIONS' 200 names addresses, and an
  /// offer that no session anchors must not pass. Only messages without a body, of methods that
  /// carry neither offer nor answer, pass unseen. An encoded SDP is sdp_unsupported.
  [[nodiscard]] Verdict<BodyChange> pass(Time now, const View& message, const MediaRole& role,
                                         const IpAddress& source);
  /// Notifies the anchor of a final response to `request` that the edge itself generates.
  void notify_local_final(Time now, const View& request, const MediaRole& role, int status);

 private:
  anchor::MediaAnchor& anchor_;
};

/// The response to a request whose media could not be anchored for `reason`.
int status_for(DropReason reason);

}  // namespace avedge::sip
