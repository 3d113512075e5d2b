// The branch of our own Via: computed from the request instead of remembered (RFC 3261 §16.6 step
// 8, §16.11), so that a retransmission, its CANCEL and its ACK find the same one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signaling-shim/sip/signer.h"
#include "signaling-shim/sip/sip_flow.h"
#include "signaling-shim/sip/view.h"

namespace avedge::sip {

struct Branch {
  /// Identifies the upstream transaction (§17.2.3) and its source host: an INVITE, its CANCEL and
  /// the ACK to its failure share it.
  std::string key;
  /// The value compared by §16.6 step 8: the same request in the same place again is a loop.
  std::string loop;
  /// Number of next hops tried before.
  unsigned attempt = 0;

  /// `interface`: the interface that received the request; the same request on another one is a
  /// spiral, not a loop.
  static Branch of(const View& request, const SipFlow& from, std::string_view interface,
                   const Signer& signer);
  /// Nothing if the text cannot be one of our branches. Does not prove its origin.
  static std::optional<Branch> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// §16.3 step 4: whether a Via below already carries this loop value.
bool has_looped(const View& request, const Branch& branch);

}  // namespace avedge::sip
