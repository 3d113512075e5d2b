#include "ice/candidate/stream_candidate.h"

#include "ice/candidate/priority.h"
#include "ice/candidate/tokens.h"

namespace avedge::candidate {
namespace {

/// As Lync ranks them: below UDP, and connecting before being connected to (RFC 6544 §4.2).
constexpr std::uint32_t kActivePreference = 0x6bff;
constexpr std::uint32_t kPassivePreference = 0x65ff;

/// What OCS clients give a server reflexive candidate over TCP, the best of those that they have.
constexpr std::string_view kIce06StreamPriority = "0.250";

/// RFC 6544 §4.5: replaces the unknown port of an active candidate.
constexpr Port kDiscardPort{9};

std::string_view transport_of(StreamGrammar grammar, StreamRole role) {
  if (grammar != StreamGrammar::ms_ice2) return "TCP";
  return role == StreamRole::active ? "TCP-ACT" : "TCP-PASS";
}

std::string ice06_line(const StreamStyle& style, std::uint16_t component, const Endpoint& port) {
  std::string value{style.foundation};
  value += ' ' + std::to_string(component) + ' ';
  value.append(style.password).append(" TCP ").append(kIce06StreamPriority);
  return value + ' ' + port.address.to_string() + ' ' + std::to_string(port.port.number());
}

}  // namespace

StreamGrammar stream_grammar_of(const Candidate& candidate) {
  if (candidate.flavour == Flavour::ice06) return StreamGrammar::ice06;
  return equals_ignoring_case(candidate.transport, "TCP") ? StreamGrammar::rfc6544
                                                          : StreamGrammar::ms_ice2;
}

std::string stream_candidate(const StreamStyle& style, StreamRole role, std::uint16_t component,
                             const Endpoint& port, Standing standing) {
  if (style.grammar == StreamGrammar::ice06) return ice06_line(style, component, port);
  const bool is_active = role == StreamRole::active;
  const bool is_alone = standing == Standing::alone;
  const bool has_tcptype = style.grammar == StreamGrammar::rfc6544;
  const std::string number =
      std::to_string((is_active && has_tcptype ? kDiscardPort : port.port).number());
  const std::string address = port.address.to_string();
  std::string value{style.foundation};
  value += ' ' + std::to_string(component) + ' ';
  value.append(transport_of(style.grammar, role)).append(" ");
  value +=
      std::to_string(priority_of(is_alone ? kHostPreference : kRelayPreference,
                                 is_active ? kActivePreference : kPassivePreference, component));
  value += ' ' + address + ' ' + number;
  value += is_alone ? " typ host" : " typ relay raddr " + address + " rport " + number;
  if (has_tcptype) value += is_active ? " tcptype active" : " tcptype passive";
  return value;
}

}  // namespace avedge::candidate
