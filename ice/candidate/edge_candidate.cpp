#include "ice/candidate/edge_candidate.h"

namespace avedge::candidate {
namespace {

/// RFC 8445 §5.1.2.1, with the type preference of a host and the highest local preference.
std::uint32_t host_priority(std::uint16_t component) {
  return (std::uint32_t{126} << 24) + (std::uint32_t{65535} << 8) + (256U - component);
}

/// What OCS clients give a host candidate over UDP; only the order among candidates matters.
constexpr std::string_view kIce06HostPriority = "0.830";

}  // namespace

std::string edge_candidate(const Candidate& model, std::uint16_t component, const Endpoint& port) {
  const std::string place = port.address.to_string() + ' ' + std::to_string(port.port.number());
  const std::string transport{model.carrier == Carrier::udp ? model.transport : "UDP"};
  std::string value{model.foundation};
  value += ' ' + std::to_string(component) + ' ';
  if (model.flavour == Flavour::ice06) {
    value.append(model.password).append(" ").append(transport).append(" ");
    return value.append(kIce06HostPriority).append(" ").append(place);
  }
  value += transport + ' ' + std::to_string(host_priority(component)) + ' ' + place;
  return value.append(" typ host");
}

}  // namespace avedge::candidate
