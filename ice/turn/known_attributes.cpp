#include "ice/turn/known_attributes.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;

/// The maximum number of attributes in a 420; more are not useful.
constexpr std::size_t kMaxListed = 16;

bool is_known(AttributeType type, bool offers_nat_discovery) {
  switch (type) {
    case AttributeType::mapped_address:
    case AttributeType::username:
    case AttributeType::message_integrity:
    case AttributeType::error_code:
    case AttributeType::unknown_attributes:
    case AttributeType::channel_number:
    case AttributeType::lifetime:
    case AttributeType::xor_peer_address:
    case AttributeType::data:
    case AttributeType::realm:
    case AttributeType::nonce:
    case AttributeType::xor_relayed_address:
    case AttributeType::requested_address_family:
    case AttributeType::even_port:
    case AttributeType::requested_transport:
    case AttributeType::dont_fragment:
    case AttributeType::access_token:
    case AttributeType::message_integrity_sha256:
    case AttributeType::password_algorithm:
    case AttributeType::userhash:
    case AttributeType::xor_mapped_address:
    case AttributeType::reservation_token:
    case AttributeType::connection_id: return true;
    case AttributeType::change_request:
    case AttributeType::padding:
    case AttributeType::response_port: return offers_nat_discovery;
    default: return false;
  }
}

}  // namespace

std::vector<AttributeType> unknown_attributes(const stun::StunView& message,
                                              bool offers_nat_discovery) {
  std::vector<AttributeType> unknown;
  for (const stun::Attribute attribute : message) {
    if (!is_comprehension_required(attribute.type) ||
        is_known(attribute.type, offers_nat_discovery)) {
      continue;
    }
    if (unknown.size() < kMaxListed) unknown.push_back(attribute.type);
  }
  return unknown;
}

}  // namespace avedge::turn
