// Ends a call that its callee has just answered and that the edge cannot carry: sends the ACK,
// without which the callee repeats its answer, and a BYE (RFC 3261 §13.2.2.4).
#pragma once

#include <string>

#include "signaling-shim/sip/settings.h"
#include "signaling-shim/sip/signer.h"
#include "signaling-shim/sip/sip_flow.h"
#include "signaling-shim/sip/view.h"

namespace avedge::sip {

struct HangUp {
  std::string ack;
  std::string bye;
  std::string bye_branch;
};

/// `answer`: the 2xx as received, to `invite` as we forwarded it to `callee`. The same answer again
/// gives the same messages.
[[nodiscard]] HangUp write_hang_up(const View& answer, const View& invite, const SipFlow& callee,
                                   const Settings& settings, const Signer& signer);

}  // namespace avedge::sip
