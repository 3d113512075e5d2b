// Answers one request.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "ice/allocation/request_id.h"
#include "ice/auth/identity.h"
#include "ice/stun/integrity.h"
#include "ice/stun/stun_builder.h"
#include "ice/stun/stun_view.h"
#include "ice/turn/refusal.h"
#include "relay/core/slow_path.h"

namespace avedge::turn {

/// How an answer is protected: as the request was (RFC 8489 §9.2.4).
struct Protection {
  IntegrityKey key;
  stun::StunView::IntegrityKind integrity = stun::StunView::IntegrityKind::sha1;
};

struct Request {
  Time now;
  const Path& path;
  const stun::StunView& message;
  [[nodiscard]] RequestId id() const { return RequestId{message.transaction().bytes}; }
  [[nodiscard]] FiveTuple five_tuple() const {
    return {ClientEndpoint{path.remote}, path.local, path.transport};
  }
};

/// The data of a request that its answer requires: plain values, for later answers.
struct ResponseTarget {
  SocketId socket = kNoSocket;
  Endpoint to;
  stun::Method method{};
  stun::TransactionId transaction;
  bool has_fingerprint = false;
  /// Once the requester is authenticated.
  std::optional<Protection> protection;
};

/// Answers one request, once. Responses carry the request's kind of integrity once the requester is
/// authenticated, and FINGERPRINT if the request did.
class Responder {
 public:
  /// `outcome` outlives the responder.
  Responder(const ResponseTarget& target, Outcome& outcome) : target_{target}, outcome_{outcome} {}
  /// Back to the request's source, through its socket.
  Responder(const Request& request, Outcome& outcome);

  /// From now on responses are protected.
  void sign_with(const Protection& protection) { target_.protection = protection; }
  /// From another socket, or to another port (RFC 5780).
  void redirect(SocketId socket, const Endpoint& to) {
    target_.socket = socket;
    target_.to = to;
  }
  [[nodiscard]] const ResponseTarget& target() const { return target_; }

  /// A success response to fill; only one at a time, as this object's buffer holds it.
  [[nodiscard]] stun::StunBuilder success() { return begin(stun::MessageClass::success); }
  /// An error response to fill further.
  [[nodiscard]] stun::StunBuilder error(const Refusal& refusal);
  void send(stun::StunBuilder& response);

  /// Sends the error response and returns its reason.
  DropReason refuse(const Refusal& refusal);
  /// 420 with UNKNOWN-ATTRIBUTES (RFC 8489 §6.3.1).
  DropReason refuse_unknown(std::span<const stun::AttributeType> types);

 private:
  [[nodiscard]] stun::StunBuilder begin(stun::MessageClass message_class);

  /// The longest responses are challenges with the longest REALM and server name (763 bytes each),
  /// and those with PADDING (1500).
  static constexpr std::size_t kBufferSize = 2048;

  ResponseTarget target_;
  Outcome& outcome_;
  std::array<std::byte, kBufferSize> buffer_;
};

}  // namespace avedge::turn
