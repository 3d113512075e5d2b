// The handshake thread: accepts TCP connections and performs TLS and DTLS handshakes, so that no
// handshake ever stalls media, and hands established connections to the workers.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "relay/accept/client_receiver.h"
#include "relay/accept/dtls_handshakes.h"
#include "relay/accept/tcp_handshakes.h"
#include "relay/threads/event_loop.h"
#include "relay/threads/mailbox.h"

namespace avedge::relay {

class HandshakeThread final : public DtlsHandshaker, private ConnectionHolder {
 public:
  /// `limits` outlives the handshake thread, the receivers outlive its thread.
  HandshakeThread(ConnectionLimits& limits, const FrameQueueLimits& queue);
  ~HandshakeThread() override { stop(); }
  HandshakeThread(const HandshakeThread&) = delete;
  HandshakeThread& operator=(const HandshakeThread&) = delete;

  /// Before start().
  void serve(std::vector<ClientReceiver*> workers) { workers_ = std::move(workers); }
  /// Before start(). False if the kernel cannot watch the listener.
  [[nodiscard]] bool open(TcpListener listener);
  void start();
  void stop();

  // --- any thread -------------------------------------------------------------------------------

  /// New TLS connections of that listener get this certificate; those that are there stay.
  void set_tls(std::uint16_t listener, const secure::TlsContext& context);
  // DtlsHandshaker
  void begin_handshake(DtlsHandshakeRequest request) override;
  void forward_datagram(WorkerIndex worker, const DtlsPeerKey& peer, ConstBytes datagram) override;
  [[nodiscard]] const Drops& drops() const { return drops_; }

 private:
  // ConnectionHolder; any thread.
  void evict(std::uint64_t place, const AdmissionId& id) override;

  void run();
  void wait_and_serve();
  void deliver(std::unique_ptr<TcpConnection> client);
  void report(WorkerIndex worker, const DtlsPeerKey& peer, std::unique_ptr<DtlsClient> client);
  void return_datagram(WorkerIndex worker, const DtlsPeerKey& peer,
                       std::vector<std::byte> datagram);
  [[nodiscard]] ClientReceiver& worker(WorkerIndex index) { return *workers_[std::size_t(index)]; }

  Drops drops_;
  EventLoop loop_;
  Mailbox<HandshakeThread> mailbox_;
  std::vector<ClientReceiver*> workers_;
  std::vector<TcpListener> listeners_;
  TcpHandshakes tcp_;
  DtlsHandshakes dtls_;
  std::size_t turn_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace avedge::relay
