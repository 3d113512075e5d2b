#include "relay/dtls/dtls_client.h"

namespace avedge::relay {

void DtlsSendBuffer::send(ConstBytes datagram) {
  if (datagram.size() > PacketRing::kPayload) return;
  if (batch_.full()) batch_.flush();
  batch_.push(fd_, to_, buffers_.copy_encrypted(datagram));
}

void DtlsClient::send(ConstBytes message) {
  if (!session_.encrypt(message, aimed())) drops_->count(DropReason::payload_too_long);
}

DatagramSink& DtlsClient::aimed() {
  send_buffer_->aim(listener_fd_, path().remote);
  return *send_buffer_;
}

}  // namespace avedge::relay
