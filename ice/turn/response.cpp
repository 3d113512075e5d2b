#include "ice/turn/response.h"

#include <cassert>

namespace avedge::turn {

using stun::MessageClass;
using stun::StunBuilder;

Responder::Responder(const Request& request, Outcome& outcome)
    : Responder{ResponseTarget{request.path.socket,
                               request.path.remote,
                               request.message.method(),
                               request.message.transaction(),
                               request.message.has_fingerprint(),
                               {}},
                outcome} {}

StunBuilder Responder::error(const Refusal& refusal) {
  StunBuilder response = begin(MessageClass::error);
  response.error_code(refusal.code, refusal.phrase);
  return response;
}

void Responder::send(StunBuilder& response) {
  if (const auto& protection = target_.protection) {
    if (protection->integrity == stun::StunView::IntegrityKind::sha256) {
      response.integrity_sha256(protection->key.bytes());
    } else {
      response.integrity(protection->key.bytes());
    }
  }
  if (target_.has_fingerprint) response.fingerprint();
  const ConstBytes datagram = response.finish();
  assert(!datagram.empty());
  outcome_.reply(target_.socket, target_.to, datagram);
}

DropReason Responder::refuse(const Refusal& refusal) {
  StunBuilder response = error(refusal);
  send(response);
  return refusal.reason;
}

DropReason Responder::refuse_unknown(std::span<const stun::AttributeType> types) {
  StunBuilder response = error(kUnknownAttribute);
  response.unknown_attributes(types);
  send(response);
  return kUnknownAttribute.reason;
}

StunBuilder Responder::begin(MessageClass message_class) {
  return {buffer_, target_.method, message_class, target_.transaction};
}

}  // namespace avedge::turn
