// How datagrams arrive where there is a choice.
#pragma once

#include <cstdint>

namespace avedge {

enum class Ingress : std::uint8_t {
  sockets,  // by the socket of the port that they were sent to
  fan_in    // those for leased ports by one socket of the worker; requires rights (relay/fan_in)
};

}  // namespace avedge
