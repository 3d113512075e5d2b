// The least that makes a configuration one that serves something, for tests about other things.
#pragma once

#include <string>

namespace avedge::edge {

/// Behind the text under test: its lines keep their numbers.
inline std::string with_listener(const std::string& text) {
  return text + R"(
[[interface]]
name = "listens"
addresses = [{ local = "192.0.2.200" }]
[[sip.listener]]
bind = "listens:5060"
transports = ["udp"]
)";
}

}  // namespace avedge::edge
