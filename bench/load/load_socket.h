// Sockets of the load generator: non-blocking UDP, with buffers large enough that what gets lost
// was lost on the way and not here.
#pragma once

#include <string>

#include "relay/core/result.h"
#include "relay/sockets/file_descriptor.h"
#include "relay/sockets/socket_address.h"

namespace avedge::bench {

struct LoadSocket {
  relay::FileDescriptor descriptor;
  Endpoint local;

  /// Bound to `local`; port 0 lets the kernel choose. In the network namespace of the caller.
  static Result<LoadSocket> open(const Endpoint& local);
};

/// Moves the calling thread into another network namespace for as long as it lives: the peers of a
/// relay must not be reachable except through it. An empty path moves nowhere.
class NamespaceVisit {
 public:
  /// `path` is a name in /run/netns or a path such as /proc/PID/ns/net.
  static Result<NamespaceVisit> enter(const std::string& path);
  NamespaceVisit(NamespaceVisit&&) = default;
  NamespaceVisit& operator=(NamespaceVisit&&) = default;
  ~NamespaceVisit();

 private:
  NamespaceVisit() = default;
  relay::FileDescriptor home_;
};

/// Raises the limit of open files to what the system allows: each allocation has its own socket.
void allow_many_descriptors();

}  // namespace avedge::bench
