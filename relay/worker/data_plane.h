// All workers and what they share. Starts them, stops them, and gives signalling its handle on
// them.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "relay/accept/handshake_thread.h"
#include "relay/core/egress.h"
#include "relay/core/ingress.h"
#include "relay/core/result.h"
#include "relay/fan_in/sk_lookup_redirect.h"
#include "relay/ports/relay_addresses.h"
#include "relay/ports/reservations.h"
#include "relay/session_control.h"
#include "relay/sockets/listener_lock.h"
#include "relay/worker/worker.h"

namespace avedge::relay {

/// One address that clients of TURN come to.
struct ClientListener {
  Endpoint local;
  std::string interface;    // connections have their shares by it; empty: one of its own kind
  std::string device;       // bind to this device; empty: none
  std::uint16_t index = 0;  // which of the configured listeners it belongs to (Path::listener)
  bool udp = true;
  bool tcp = false;
  bool proxy_protocol = false;  // TCP and TLS connections begin with a PROXY header
  std::optional<secure::TlsContext> tls;
  std::optional<secure::TlsContext> dtls;
};

/// What a listener's new TLS and DTLS clients are shown from now on.
struct ListenerSecurity {
  std::uint16_t index = 0;
  std::optional<secure::TlsContext> tls;
  std::optional<secure::TlsContext> dtls;
};

struct DataPlaneSettings {
  unsigned workers = 1;
  Ingress ingress = Ingress::sockets;
  Egress egress = Egress::sockets;
  std::vector<RelayRange> ranges;
  std::string turn_relay_interface;
  DscpTtlPolicy dscp_ttl;  // of what TURN relays
  std::vector<ClientListener> turn_listeners;
  ConnectionCaps connections;
  FrameQueueLimits stream_queue;
  /// Flows each worker may hold; more are refused with table_full. Below 2^32.
  std::size_t flows_per_worker = 262'144;
};

class DataPlane final : public SessionControl {
 public:
  /// Binds every listener for every worker; nothing is served before start(). Fails with a sentence
  /// that names the address that could not be had.
  [[nodiscard]] static Result<std::unique_ptr<DataPlane>> open(const DataPlaneSettings& settings,
                                                               const HandlerFactory& make_handlers);
  /// Stops the workers.
  ~DataPlane() override;

  void start();
  /// Returns when every worker has ended. Allocations and calls end with it.
  void stop();

  /// New clients see the new certificate; sessions that are there stay. Any thread.
  void replace_security(const ListenerSecurity& security);

  [[nodiscard]] std::vector<const WorkerCounters*> counters() const;
  /// Of connections that never reached a worker.
  [[nodiscard]] const Drops& handshake_drops() const { return handshake_thread_.drops(); }
  [[nodiscard]] const ConnectionLimits& connections() const { return connections_; }
  [[nodiscard]] const RelayAddresses& addresses() const { return addresses_; }
  [[nodiscard]] Worker& worker(WorkerIndex id) {
    return *workers_[static_cast<std::size_t>(id) % workers_.size()];
  }
  [[nodiscard]] std::size_t worker_count() const { return workers_.size(); }

  // SessionControl: signalling thread.
  [[nodiscard]] WorkerIndex assign_worker() override;
  [[nodiscard]] Verdict<MediaPortPair> lease_pair(WorkerIndex worker, std::string_view interface,
                                                  AddressFamily family) override;
  [[nodiscard]] Verdict<MediaPort> lease_single(WorkerIndex worker, std::string_view interface,
                                                AddressFamily family) override;
  [[nodiscard]] Verdict<MediaPort> lease_stream(WorkerIndex worker, std::string_view interface,
                                                AddressFamily family) override;
  [[nodiscard]] bool is_leased(const Endpoint& port, Transport transport) const override {
    return addresses_.is_leased(port, transport);
  }
  void set_path(WorkerIndex worker, const MediaPath& path) override;
  void remove_path(WorkerIndex worker, MediaPathId path) override;
  void release(WorkerIndex worker, SocketId socket) override;

 private:
  DataPlane(const DataPlaneSettings& settings, std::unique_ptr<NextHopResolver> resolver,
            std::unique_ptr<SkLookupRedirect> redirect, const HandlerFactory& make_handlers);
  Result<void> fan_in(AddressFamily family);
  Result<void> listen_udp(const ClientListener& listener);
  Result<void> listen_tcp(const ClientListener& listener);
  MediaPort hand_over(WorkerIndex worker, SocketId id, LeasedSocket leased);

  RelayAddresses addresses_;
  Reservations reservations_;
  ConnectionLimits connections_;
  HandshakeThread handshake_thread_;
  std::vector<ListenerLock> locks_;
  std::unique_ptr<NextHopResolver> resolver_;   // null: everything leaves by sockets
  std::unique_ptr<SkLookupRedirect> redirect_;  // null: everything arrives by sockets of its own
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<std::uint32_t> next_worker_{0};
};

}  // namespace avedge::relay
