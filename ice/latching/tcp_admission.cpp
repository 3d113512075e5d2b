#include "ice/latching/tcp_admission.h"

#include <algorithm>

#include "ice/latching/ice_check.h"

namespace avedge::latching {

bool may_connect_from(const TcpLeg& party, const IpAddress& address) {
  if (party.latching == Latching::sip_source) return address == party.sip_source;
  const auto& known = party.signalled_addresses;
  return std::find(known.begin(), known.end(), address) != known.end();
}

bool may_prove_itself(const TcpLeg& party) {
  return party.latching != Latching::strict && !party.ice.empty();
}

bool proves_itself(const TcpLeg& party, ConstBytes first_frame) {
  if (!may_prove_itself(party)) return false;
  const auto check = read_ice_check(first_frame);
  return check && verifies(*check, party.ice);
}

}  // namespace avedge::latching
