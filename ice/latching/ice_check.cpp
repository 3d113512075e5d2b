#include "ice/latching/ice_check.h"

#include <algorithm>

#include "ice/stun/integrity.h"

namespace avedge::latching {
namespace {

/// [MS-ICE] and [MS-ICE2] fill the last word of USERNAME with NULs and count them as its own.
std::string_view without_filling(std::string_view username) {
  return username.substr(0, username.find_last_not_of('\0') + 1);
}

std::optional<IceCheck> read_check(ConstBytes datagram) {
  const auto message = stun::StunView::parse(datagram);
  if (!message || message->method() != stun::Method::binding ||
      message->message_class() != stun::MessageClass::request) {
    return std::nullopt;
  }
  const auto username = message->find(stun::AttributeType::username);
  if (!username) return std::nullopt;
  return IceCheck{text_of(*username), message->has(stun::AttributeType::use_candidate), *message,
                  std::nullopt};
}

/// RFC 8445 §7.2.2: "<receiver's ufrag>:<sender's ufrag>".
bool names(std::string_view username, const IceCheckKeys& keys) {
  const std::size_t colon = keys.receiver_ufrag.size();
  return username.size() == colon + 1 + keys.sender_ufrag.size() &&
         username.starts_with(keys.receiver_ufrag) && username[colon] == ':' &&
         username.ends_with(keys.sender_ufrag);
}

bool is_made_with(const IceCheck& check, ConstBytes key) {
  if (check.message && stun::verify_integrity(*check.message, key)) return true;
  return check.legacy && verify_legacy(check.legacy->covered, check.legacy->code, key);
}

}  // namespace

std::optional<IceCheck> read_ice_check(ConstBytes datagram) {
  auto check = read_check(datagram);
  const auto legacy = read_legacy_check(datagram);
  if (!check && legacy) check = IceCheck{legacy->username, legacy->nominates, {}, {}};
  if (!check) return std::nullopt;
  check->username = without_filling(check->username);
  check->legacy = legacy;
  return check;
}

bool verifies(const IceCheck& check, const std::vector<IceCheckKeys>& keys) {
  for (const IceCheckKeys& candidate : keys) {
    if (!names(check.username, candidate)) continue;
    if (candidate.receiver_password.empty()) continue;  // an empty key is not a secret
    if (is_made_with(check, stun::short_term_key(candidate.receiver_password))) return true;
  }
  return false;
}

bool verifies_response(ConstBytes datagram, const std::vector<IceCheckKeys>& keys) {
  const auto message = stun::StunView::parse(datagram);
  if (!message || message->method() != stun::Method::binding ||
      message->message_class() != stun::MessageClass::success) {
    return false;
  }
  return std::any_of(keys.begin(), keys.end(), [&](const IceCheckKeys& candidate) {
    const std::string_view password = candidate.receiver_password;
    return !password.empty() && stun::verify_integrity(*message, stun::short_term_key(password));
  });
}

}  // namespace avedge::latching
