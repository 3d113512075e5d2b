#include "relay/dtls/dtls_clients.h"

#include <cassert>
#include <cstring>

#include "relay/accept/handshake_thread.h"
#include "relay/core/random.h"
#include "relay/worker/worker.h"

namespace avedge::relay {
namespace {

/// RFC 6347 §4.1: content type, version, epoch, sequence number, length.
constexpr std::size_t kRecordHeader = 13;
constexpr std::byte kHandshakeRecord{22};
constexpr std::byte kClientHello{1};

/// Whether this can only be the beginning of a new association: a ClientHello in the clear. A
/// client that lost its state comes back from the same port with one (RFC 6347 §4.2.8).
bool is_client_hello(ConstBytes datagram) {
  return datagram.size() > kRecordHeader && datagram[0] == kHandshakeRecord &&
         load_be16(datagram.data() + 3) == 0 && datagram[kRecordHeader] == kClientHello;
}

}  // namespace

/// One session answers the ClientHellos of all clients until one returns its cookie.
struct DtlsClients::CookieExchange {
  secure::TlsContext context;
  std::optional<DtlsSession> waiting;
};

// --- what leaves
// ----------------------------------------------------------------------------------

void DtlsSendBuffer::send(ConstBytes datagram) {
  if (datagram.size() > PacketRing::kPayload) return;
  if (batch_.full() || ring_.free() == 0) {
    batch_.flush();
    ring_.clear();
  }
  std::byte* const slot = ring_.payload(0);
  ring_.keep(1);
  std::memcpy(slot, datagram.data(), datagram.size());
  batch_.push(fd_, to_, {slot, datagram.size()});
}

void DtlsClient::send(ConstBytes message) {
  if (!session_.encrypt(message, aimed())) drops_->count(DropReason::payload_too_long);
}

DatagramSink& DtlsClient::aimed() {
  send_buffer_->aim(listener_fd_, path().remote);
  return *send_buffer_;
}

// --- what arrives
// ---------------------------------------------------------------------------------

DtlsClients::DtlsClients(Worker& worker, SocketTable& sockets, SendBatch& batch, Drops& drops,
                         const Time& now)
    : worker_{worker},
      sockets_{sockets},
      drops_{drops},
      now_{now},
      send_buffer_{batch},
      clients_{16, Hash{random_u64()}} {}

DtlsClients::~DtlsClients() = default;

std::size_t DtlsClients::Hash::operator()(const PeerKey& peer) const {
  return hash_of(peer.remote, seed ^ static_cast<std::uint64_t>(peer.listener));
}

void DtlsClients::set_context(SocketId listener, const secure::TlsContext& context) {
  cookie_exchanges_[listener] =
      std::make_unique<CookieExchange>(CookieExchange{context, std::nullopt});
}

void DtlsClients::serve(SocketId listener, const Socket& socket, const Endpoint& remote,
                        ConstBytes datagram) {
  const PeerKey peer{listener, remote};
  const auto found = clients_.find(peer);
  if (found == clients_.end() || (found->second != kNoSocket && is_client_hello(datagram))) {
    return on_client_hello(peer, socket, datagram);
  }
  if (found->second == kNoSocket)
    return worker_.handshake_thread().forward_datagram(worker_.index(), peer, datagram);
  read(found->second, datagram);
}

/// Stateless until the cookie comes back: one HMAC per ClientHello.
void DtlsClients::on_client_hello(const PeerKey& peer, const Socket& socket, ConstBytes datagram) {
  const auto cookies = cookie_exchanges_.find(peer.listener);
  if (cookies == cookie_exchanges_.end() || !is_client_hello(datagram)) {
    return drops_.count(DropReason::dtls_malformed);
  }
  auto& waiting = cookies->second->waiting;
  if (!waiting) waiting = DtlsSession::on(SslPtr{cookies->second->context.new_session()});
  if (!waiting) return drops_.count(DropReason::handshake_failed);
  send_buffer_.aim(socket.fd.get(), peer.remote);
  if (waiting->listen(datagram, peer.remote, send_buffer_))
    begin_handshake(peer, socket, *cookies->second);
}

void DtlsClients::begin_handshake(const PeerKey& peer, const Socket& socket,
                                  CookieExchange& cookies) {
  if (const auto old = clients_.find(peer); old != clients_.end() && old->second != kNoSocket) {
    end(old->second, std::nullopt);
  }
  auto admission = worker_.admit(socket.listener, peer.remote.address);
  if (!admission) {
    cookies.waiting.reset();
    return drops_.count(DropReason::connection_limit);
  }
  clients_[peer] = kNoSocket;
  DtlsSession session = std::move(*cookies.waiting);
  cookies.waiting.reset();
  worker_.handshake_thread().begin_handshake(
      {worker_.index(), peer.listener, socket.fd.get(),
       Path{kNoSocket, socket.local, peer.remote, Transport::dtls, socket.listener},
       std::move(session), std::move(*admission)});
}

/// A datagram may hold several records, and each record is one message.
void DtlsClients::read(SocketId id, ConstBytes datagram) {
  find_client(id)->receive(datagram);
  constexpr int kMostRecords = 16;
  for (int i = 0; i < kMostRecords; ++i) {
    DtlsClient* client = find_client(id);
    if (client == nullptr) return;
    const Bytes room = worker_.room_to_receive();
    const StreamIo io = client->decrypt(room);
    if (io.result == StreamIo::Result::would_block) break;
    if (io.result == StreamIo::Result::ended) return end(id, std::nullopt);
    worker_.keep_received();
    worker_.serve_message(id, room.first(io.bytes));
    if (DtlsClient* served = find_client(id)) served->note_request(now_);
  }
  if (DtlsClient* client = find_client(id)) client->receive({});
}

void DtlsClients::adopt(SocketId id, std::unique_ptr<DtlsClient> client) {
  const PeerKey peer{client->listener(), client->path().remote};
  const Socket* listener = sockets_.find(client->listener());
  client->set_socket(id);
  client->enter(send_buffer_, listener->fd.get(), drops_);
  Socket socket;
  socket.role = SocketRole::dtls_client;
  socket.local = client->path().local;
  socket.client = std::move(client);
  sockets_.add(id, std::move(socket));
  clients_[peer] = id;
  if (!find_client(id)->complete_admission(worker_)) return end(id, DropReason::connection_evicted);
  set_auth_state(id, AuthState::unauthenticated);
}

void DtlsClients::forget(const PeerKey& peer) {
  const auto found = clients_.find(peer);
  if (found != clients_.end() && found->second == kNoSocket) clients_.erase(found);
}

void DtlsClients::evict(SocketId id, const AdmissionId& admission) {
  const DtlsClient* client = find_client(id);
  if (client != nullptr && client->was_admitted_as(admission)) {
    end(id, DropReason::connection_evicted);
  }
}

void DtlsClients::set_auth_state(SocketId id, AuthState auth_state) {
  DtlsClient* client = find_client(id);
  if (client == nullptr) return;
  client->set_auth_state(auth_state);
  deadlines_.set(static_cast<DeadlineQueue::Index>(id),
                 auth_state == AuthState::authenticated ? kNever : now_ + kUnauthenticatedTimeout);
}

void DtlsClients::close(SocketId id) {
  DtlsClient* client = find_client(id);
  if (client == nullptr) return;
  client->send_close_notify();
  deadlines_.remove(static_cast<DeadlineQueue::Index>(id));
  clients_.erase({client->listener(), client->path().remote});
  sockets_.close(id);
}

void DtlsClients::end(SocketId id, std::optional<DropReason> reason) {
  DtlsClient* client = find_client(id);
  if (client == nullptr) return;
  if (reason) drops_.count(*reason);
  const Path path = client->path();
  worker_.notify_closed(path);
  close(id);
}

void DtlsClients::expire() {
  while (const auto due = deadlines_.pop_due(now_)) {
    end(SocketId{*due}, DropReason::connection_idle);
  }
}

DtlsClient* DtlsClients::find_client(SocketId id) {
  Socket* socket = sockets_.find(id);
  const bool is_dtls = socket != nullptr && socket->role == SocketRole::dtls_client;
  return is_dtls ? static_cast<DtlsClient*>(socket->client.get()) : nullptr;
}

}  // namespace avedge::relay
