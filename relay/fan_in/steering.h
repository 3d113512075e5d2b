// The kernel's part of fan-in: a program that gives what arrives for leased ports to one socket of
// the worker that owns them, whichever of its ports it is for. A worker that takes what waits takes
// all of it with one system call then, instead of one for each port.
#pragma once

#include <memory>
#include <vector>

#include "relay/core/flow.h"
#include "relay/core/result.h"
#include "relay/relay_addresses.h"

namespace avedge::relay {

class Steering {
 public:
  /// Loads the program for the ports of `ranges` and lets it look at what arrives in this network
  /// namespace, until it is destroyed or the process ends. Takes CAP_BPF and CAP_NET_ADMIN and
  /// Linux 5.17.
  [[nodiscard]] static Result<std::unique_ptr<Steering>> open(const std::vector<RelayRange>& ranges,
                                                              std::size_t workers);
  ~Steering();

  /// What arrives for ports of that worker and family comes to `socket` from now on. Before any
  /// steer(). The socket is bound.
  [[nodiscard]] Result<void> set_receiver(WorkerIndex worker, AddressFamily family, int socket);

  // --- any thread -------------------------------------------------------------------------------

  /// From now on, what arrives for `local` is the worker's; if `device` names one, only what
  /// arrives there. Where the kernel has no room for another port it keeps to the port's own
  /// socket.
  void steer(const Endpoint& local, WorkerIndex worker);
  /// From now on, what arrives for `local` takes the ordinary way.
  void leave(const Endpoint& local);

 private:
  struct Program;

  explicit Steering(std::unique_ptr<Program> program, const std::vector<RelayRange>& ranges);

  std::unique_ptr<Program> program_;
  std::vector<RelayRange> ranges_;
};

}  // namespace avedge::relay
