#include "ice/turn/response.h"

#include <cassert>

namespace avedge::turn {

using stun::AttributeType;
using stun::MessageClass;
using stun::StunBuilder;

void Responder::send(StunBuilder& response) {
  if (key_) response.integrity(*key_);
  if (request_.message.has_fingerprint()) response.fingerprint();
  const ConstBytes datagram = response.finish();
  assert(!datagram.empty());
  outcome_.reply(request_.path.socket, request_.path.remote, datagram);
}

DropReason Responder::refuse(const Refusal& refusal) {
  StunBuilder response = begin(MessageClass::error);
  response.error_code(refusal.code, refusal.phrase);
  send(response);
  return refusal.reason;
}

DropReason Responder::challenge(const Refusal& refusal, std::string_view realm,
                                std::string_view nonce) {
  assert(!key_);
  StunBuilder response = begin(MessageClass::error);
  response.error_code(refusal.code, refusal.phrase)
      .text(AttributeType::realm, realm)
      .text(AttributeType::nonce, nonce);
  send(response);
  return refusal.reason;
}

DropReason Responder::refuse_unknown(std::span<const AttributeType> types) {
  StunBuilder response = begin(MessageClass::error);
  response.error_code(kUnknownAttribute.code, kUnknownAttribute.phrase).unknown_attributes(types);
  send(response);
  return kUnknownAttribute.reason;
}

StunBuilder Responder::begin(MessageClass message_class) {
  const stun::StunView& message = request_.message;
  return {buffer_, message.method(), message_class, message.transaction()};
}

}  // namespace avedge::turn
