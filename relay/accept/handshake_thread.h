// The thread that lets clients in: it accepts TCP connections and shakes hands for TLS and DTLS, so
// that no handshake ever stalls media, and gives those who are through to the workers.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "relay/accept/dtls_handshakes.h"
#include "relay/accept/tcp_handshakes.h"
#include "relay/mailbox.h"

namespace avedge::relay {

class Worker;

class Doorman final : private ConnectionHolder {
 public:
  /// `limits` outlives the doorman, the workers outlive its thread.
  Doorman(ConnectionLimits& limits, const FrameQueueLimits& queue);
  ~Doorman() override { stop(); }
  Doorman(const Doorman&) = delete;
  Doorman& operator=(const Doorman&) = delete;

  /// Before start().
  void serve(std::vector<Worker*> workers) { workers_ = std::move(workers); }
  /// Before start(). False if the kernel cannot watch the door.
  [[nodiscard]] bool open(Door door);
  void start();
  void stop();

  // --- any thread -------------------------------------------------------------------------------

  /// New TLS connections of that listener get this certificate; those that are there stay.
  void set_tls(std::uint16_t listener, const secure::TlsContext& context);
  /// A worker's DTLS client begins its handshake.
  void introduce(DtlsIntroduction introduction);
  /// … and sends more.
  void pass_on(WorkerIndex worker, const DtlsClients::Knock& knock, ConstBytes datagram);
  [[nodiscard]] const Drops& drops() const { return drops_; }

 private:
  // ConnectionHolder; any thread.
  void evict(std::uint64_t place, const AdmissionId& id) override;

  void run();
  void wait_and_serve();
  [[nodiscard]] int milliseconds_to_next_deadline() const;
  void deliver(std::unique_ptr<TcpLink> link);
  void report(WorkerIndex worker, const DtlsClients::Knock& knock, std::unique_ptr<DtlsLink> link);
  void give_back(WorkerIndex worker, const DtlsClients::Knock& knock,
                 std::vector<std::byte> datagram);
  [[nodiscard]] Worker& worker(WorkerIndex index) { return *workers_[std::size_t(index)]; }

  Drops drops_;
  FileDescriptor epoll_;
  Mailbox<Doorman> mailbox_;
  std::vector<Worker*> workers_;
  std::vector<Door> doors_;
  TcpArrivals tcp_;
  DtlsArrivals dtls_;
  std::size_t turn_ = 0;
  Time now_{};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace avedge::relay
