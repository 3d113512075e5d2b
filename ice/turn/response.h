// One request on its way to its answer.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "ice/stun/integrity.h"
#include "ice/stun/stun_builder.h"
#include "ice/stun/stun_view.h"
#include "ice/turn/refusal.h"
#include "relay/core/slow_path.h"

namespace avedge::turn {

struct Request {
  Time now;
  const Path& path;
  const stun::StunView& message;
  [[nodiscard]] FiveTuple five_tuple() const {
    return {ClientEndpoint{path.remote}, path.local, path.transport};
  }
};

/// Answers `request`, once: back where it came from, by the socket it came in on. Responses carry
/// MESSAGE-INTEGRITY once the requester is known, and FINGERPRINT if the request did.
class Responder {
 public:
  /// All outlive the responder.
  Responder(const Request& request, Outcome& outcome) : request_{request}, outcome_{outcome} {}

  /// From now on responses are protected with this key.
  void sign_with(const stun::LongTermKey& key) { key_ = key; }

  /// A success response to fill; only one at a time, it lives in this object's buffer.
  [[nodiscard]] stun::StunBuilder success() { return begin(stun::MessageClass::success); }
  void send(stun::StunBuilder& response);

  /// Sends the error response and returns its reason.
  DropReason refuse(const Refusal& refusal);
  /// 401 and 438 (RFC 8489 §9.2.4): never protected, and with what the next attempt needs.
  DropReason challenge(const Refusal& refusal, std::string_view realm, std::string_view nonce);
  /// 420 with UNKNOWN-ATTRIBUTES (RFC 8489 §6.3.1).
  DropReason refuse_unknown(std::span<const stun::AttributeType> types);

 private:
  [[nodiscard]] stun::StunBuilder begin(stun::MessageClass message_class);

  /// The longest response is a challenge with the longest REALM (763 bytes).
  static constexpr std::size_t kBufferSize = 1024;

  const Request& request_;
  Outcome& outcome_;
  std::optional<stun::LongTermKey> key_;
  std::array<std::byte, kBufferSize> buffer_;
};

}  // namespace avedge::turn
