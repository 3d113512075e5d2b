#include "ice/latching/ice_check.h"

#include "ice/stun/integrity.h"

namespace avedge::latching {
namespace {

/// RFC 8445 §7.2.2: "<receiver's ufrag>:<sender's ufrag>".
bool names(std::string_view username, const IceCheckKeys& keys) {
  const std::size_t colon = keys.receiver_ufrag.size();
  return username.size() == colon + 1 + keys.sender_ufrag.size() &&
         username.starts_with(keys.receiver_ufrag) && username[colon] == ':' &&
         username.ends_with(keys.sender_ufrag);
}

}  // namespace

std::optional<IceCheck> read_ice_check(ConstBytes datagram) {
  const auto message = stun::StunView::parse(datagram);
  if (!message || message->method() != stun::Method::binding ||
      message->message_class() != stun::MessageClass::request) {
    return std::nullopt;
  }
  const auto username = message->find(stun::AttributeType::username);
  if (!username) return std::nullopt;
  return IceCheck{*message, text_of(*username), message->has(stun::AttributeType::use_candidate)};
}

bool verifies(const IceCheck& check, const std::vector<IceCheckKeys>& keys) {
  for (const IceCheckKeys& candidate : keys) {
    if (!names(check.username, candidate)) continue;
    if (candidate.receiver_password.empty()) continue;  // an empty key is no secret
    if (stun::verify_integrity(check.message, stun::short_term_key(candidate.receiver_password))) {
      return true;
    }
  }
  return false;
}

}  // namespace avedge::latching
