// The edge's candidates over TCP. They rank below the one over UDP: a frame that is lost there
// delays no other.
#pragma once

#include <string>

#include "ice/candidate/candidate.h"

namespace avedge::candidate {

/// How a party writes a candidate over TCP, and so expects to read one.
enum class StreamGrammar : std::uint8_t {
  rfc6544,  // TCP … tcptype passive
  ms_ice2,  // TCP-PASS, TCP-ACT
  ice06     // TCP, both roles in one line
};

/// Of a candidate over TCP.
[[nodiscard]] StreamGrammar stream_grammar_of(const Candidate& candidate);

/// Views that need to live no longer than the call they are passed to.
struct StreamStyle {
  StreamGrammar grammar = StreamGrammar::rfc6544;
  std::string_view foundation;  // ICE-06: the id
  std::string_view password;    // ICE-06 only
};

enum class Standing : std::uint8_t {
  alone,  // for all of a party's own candidates, as edge_candidate()
  beside  // in addition to them, as added_candidate()
};

/// The value of an a=candidate line that says that the edge accepts connections at `port`, or makes
/// them from there. In ICE-06 one line says both, whatever `role` is.
[[nodiscard]] std::string stream_candidate(const StreamStyle& style, StreamRole role,
                                           std::uint16_t component, const Endpoint& port,
                                           Standing standing);

}  // namespace avedge::candidate
