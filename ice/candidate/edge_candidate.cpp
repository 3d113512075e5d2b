#include "ice/candidate/edge_candidate.h"

#include "ice/candidate/priority.h"

namespace avedge::candidate {
namespace {

constexpr std::uint32_t kHighestLocalPreference = 65535;

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
  value += transport + ' ' +
           std::to_string(priority_of(kHostPreference, kHighestLocalPreference, component)) + ' ' +
           place;
  return value.append(" typ host");
}

std::string added_candidate(std::string_view foundation, std::uint16_t component,
                            const Endpoint& port) {
  const std::string address = port.address.to_string();
  const std::string number = std::to_string(port.port.number());
  std::string value{foundation};
  value += ' ' + std::to_string(component) + " UDP " +
           std::to_string(priority_of(kRelayPreference, kHighestLocalPreference, component));
  value += ' ' + address + ' ' + number + " typ relay raddr " + address + " rport " + number;
  return value;
}

}  // namespace avedge::candidate
