#include "signaling-shim/sdp/view.h"

#include "signaling-shim/sdp/parser.h"

namespace avedge::sdp {

Verdict<View> View::parse(std::string_view text) {
  return Parser{text}.run();
}

const NetAddress* View::connection_of(const Media& media) const {
  if (!media.connections.empty()) return &media.connections.front();
  return connections_.empty() ? nullptr : &connections_.front();
}

std::string_view View::ice_ufrag_of(const Media& media) const {
  return media.ice_ufrag.empty() ? ice_ufrag_ : media.ice_ufrag;
}

std::string_view View::ice_password_of(const Media& media) const {
  return media.ice_password.empty() ? ice_password_ : media.ice_password;
}

Direction View::direction_of(const Media& media) const {
  if (media.direction) return *media.direction;
  return direction_.value_or(Direction::sendrecv);
}

}  // namespace avedge::sdp
