// A bound socket on a port that is leased from a relay range.
#pragma once

#include "relay/core/endpoint.h"
#include "relay/ports/port_pool.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

struct LeasedSocket {
  PortLease lease;  // before fd: the port is free again only when the socket has been closed
  FileDescriptor fd;
  Endpoint local;       // what it is bound to
  Endpoint advertised;  // what the world calls it (differs behind 1:1 NAT)
};

}  // namespace avedge::relay
