// One established DTLS session, as its worker sees it.
#pragma once

#include "relay/core/counters.h"
#include "relay/dtls/dtls_session.h"
#include "relay/forwarding/packet_buffers.h"
#include "relay/sockets/send_batch.h"
#include "relay/stream/client_transport.h"

namespace avedge::relay {

/// Sends encrypted datagrams with the batch of their worker. The worker's thread only.
class DtlsSendBuffer final : public DatagramSink {
 public:
  /// Both outlive this.
  DtlsSendBuffer(SendBatch& batch, PacketBuffers& buffers) : batch_{batch}, buffers_{buffers} {}
  /// Where the next send() goes.
  void aim(int fd, const Endpoint& to) {
    fd_ = fd;
    to_ = to;
  }
  void send(ConstBytes datagram) override;

 private:
  SendBatch& batch_;
  PacketBuffers& buffers_;
  int fd_ = -1;
  Endpoint to_;
};

/// One worker's, on its thread; moves between threads while it has no place in a worker.
class DtlsClient final : public ClientTransport {
 public:
  DtlsClient(DtlsSession session, const Path& path, Admission admission, SocketId listener)
      : ClientTransport{path, std::move(admission)},
        session_{std::move(session)},
        listener_{listener} {}

  /// Once it has its place in a worker; before the first send().
  void enter(DtlsSendBuffer& send_buffer, int listener_fd, Drops& drops) {
    send_buffer_ = &send_buffer;
    listener_fd_ = listener_fd;
    drops_ = &drops;
  }
  void send(ConstBytes message) override;
  [[nodiscard]] StreamIo decrypt(Bytes into) { return session_.decrypt(into, aimed()); }
  void receive(ConstBytes datagram) { session_.receive(datagram); }
  void send_close_notify() { session_.send_close_notify(aimed()); }
  [[nodiscard]] SocketId listener() const { return listener_; }

 private:
  DatagramSink& aimed();

  DtlsSession session_;
  SocketId listener_;
  DtlsSendBuffer* send_buffer_ = nullptr;
  int listener_fd_ = -1;
  Drops* drops_ = nullptr;
};

}  // namespace avedge::relay
