#include "ice/candidate/edge_candidate.h"

namespace avedge::candidate {
namespace {

/// RFC 8445 §5.1.2.2: what hosts and relays are recommended to have.
constexpr std::uint32_t kHostPreference = 126;
constexpr std::uint32_t kRelayPreference = 0;

/// RFC 8445 §5.1.2.1, with the highest local preference.
std::uint32_t priority_of(std::uint32_t type_preference, std::uint16_t component) {
  return (type_preference << 24) + (std::uint32_t{65535} << 8) + (256U - component);
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
  value += transport + ' ' + std::to_string(priority_of(kHostPreference, component)) + ' ' + place;
  return value.append(" typ host");
}

std::string added_candidate(std::string_view foundation, std::uint16_t component,
                            const Endpoint& port) {
  const std::string address = port.address.to_string();
  const std::string number = std::to_string(port.port.number());
  std::string value{foundation};
  value += ' ' + std::to_string(component) + " UDP " +
           std::to_string(priority_of(kRelayPreference, component));
  value += ' ' + address + ' ' + number + " typ relay raddr " + address + " rport " + number;
  return value;
}

}  // namespace avedge::candidate
