// The kernel's part of fan-in: a program that delivers datagrams for all leased ports of a worker
// to one of its sockets. The worker then receives all waiting datagrams with one system call,
// instead of one for each port.
#pragma once

#include <memory>
#include <vector>

#include "relay/core/flow.h"
#include "relay/core/result.h"
#include "relay/ports/relay_addresses.h"

namespace avedge::relay {

class SkLookupRedirect {
 public:
  /// Loads the programs for the ports of `ranges` and lets them look at what arrives in this
  /// network namespace, until this is destroyed or the process ends. Takes CAP_BPF and
  /// CAP_NET_ADMIN; what is steered may change without them (Linux 5.19).
  [[nodiscard]] static Result<std::unique_ptr<SkLookupRedirect>> open(
      const std::vector<RelayRange>& ranges, std::size_t workers);
  ~SkLookupRedirect();

  /// What arrives for ports of that worker and family comes to `socket` from now on. Before any
  /// redirect_port(). The socket is bound, and not connected.
  [[nodiscard]] Result<void> set_receiver(WorkerIndex worker, AddressFamily family, int socket);
  /// From now on the raw ICMP socket gets only what is about relay ports of that worker.
  [[nodiscard]] Result<void> filter_errors(WorkerIndex worker, AddressFamily family, int socket);

  // --- any thread -------------------------------------------------------------------------------

  /// Who wants to hear of ICMP errors about a port: filter_errors().
  enum class IcmpErrors : std::uint8_t { ignored, reported };
  /// From now on, what arrives for `port` is the worker's: from the device that the port's socket
  /// is bound to, if it is to one. Where the kernel has no room for another port it keeps to its
  /// own socket.
  void redirect_port(const LeasedSocket& port, WorkerIndex worker, IcmpErrors errors);
  /// From now on, datagrams for `local` use the normal path.
  void remove_port(const Endpoint& local);

 private:
  struct Program;

  explicit SkLookupRedirect(std::unique_ptr<Program> program);

  std::unique_ptr<Program> program_;
};

}  // namespace avedge::relay
