// The ways of a datagram through a worker, each driven by itself.
#pragma once

#include "relay/core/endpoint.h"

namespace avedge::bench::guard {

/// A way out of this host that takes frames: an address of ours, and a neighbour's.
struct FrameRoute {
  IpAddress own;
  IpAddress neighbour;
};

/// TURN's ways and those of anchored calls, by sockets on loopback.
void measure_socket_paths();
/// What leaves as frames of our own.
void measure_frame_paths(const FrameRoute& route);
/// What arrives by fan-in: root of the machine only.
void measure_fan_in_paths();
/// The flow table alone.
void measure_flow_lookup();

}  // namespace avedge::bench::guard
