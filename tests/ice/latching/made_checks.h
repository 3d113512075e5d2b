// ICE connectivity checks as a party would send them.
#pragma once

#include <string>
#include <vector>

#include "ice/stun/integrity.h"
#include "ice/stun/stun_builder.h"

namespace avedge::latching {

/// A Binding request with the username and key of RFC 8445 §7.2.2.
inline std::vector<std::byte> make_check(const std::string& username, std::string_view password,
                                         bool nominates = false) {
  std::vector<std::byte> buffer(512);
  stun::StunBuilder builder{buffer, stun::Method::binding, stun::MessageClass::request,
                            stun::TransactionId::random()};
  builder.text(stun::AttributeType::username, username);
  if (nominates) builder.flag(stun::AttributeType::use_candidate);
  const auto message = builder.integrity(stun::short_term_key(password)).fingerprint().finish();
  return {message.begin(), message.end()};
}

/// What an agent with that password answers to a check.
inline std::vector<std::byte> make_response(std::string_view password) {
  std::vector<std::byte> buffer(512);
  stun::StunBuilder builder{buffer, stun::Method::binding, stun::MessageClass::success,
                            stun::TransactionId::random()};
  const auto message = builder.integrity(stun::short_term_key(password)).fingerprint().finish();
  return {message.begin(), message.end()};
}

}  // namespace avedge::latching
