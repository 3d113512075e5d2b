#include "relay/dtls/dtls_clients.h"

#include <cassert>

#include "relay/core/random.h"

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

DtlsClients::DtlsClients(const Dependencies& dependencies)
    : dependencies_{dependencies},
      send_buffer_{dependencies.batch, dependencies.buffers},
      ids_{16, Hash{random_u64()}} {}

DtlsClients::~DtlsClients() = default;

std::size_t DtlsClients::Hash::operator()(const DtlsPeerKey& peer) const {
  return hash_of(peer.remote, seed ^ static_cast<std::uint64_t>(peer.listener));
}

void DtlsClients::set_context(SocketId listener, const secure::TlsContext& context) {
  cookie_exchanges_[listener] =
      std::make_unique<CookieExchange>(CookieExchange{context, std::nullopt});
}

void DtlsClients::serve(SocketId listener, const Socket& socket, const Endpoint& remote,
                        ConstBytes datagram) {
  const DtlsPeerKey peer{listener, remote};
  const auto found = ids_.find(peer);
  if (found == ids_.end() || (found->second != kNoSocket && is_client_hello(datagram))) {
    return on_client_hello(peer, socket, datagram);
  }
  if (found->second == kNoSocket)
    return dependencies_.handshaker.forward_datagram(dependencies_.worker, peer, datagram);
  read(found->second, datagram);
}

/// Stateless until the cookie comes back: one HMAC per ClientHello.
void DtlsClients::on_client_hello(const DtlsPeerKey& peer, const Socket& socket,
                                  ConstBytes datagram) {
  const auto cookies = cookie_exchanges_.find(peer.listener);
  if (cookies == cookie_exchanges_.end() || !is_client_hello(datagram)) {
    return dependencies_.drops.count(DropReason::dtls_malformed);
  }
  auto& waiting = cookies->second->waiting;
  if (!waiting) waiting = DtlsSession::on(SslPtr{cookies->second->context.new_session()});
  if (!waiting) return dependencies_.drops.count(DropReason::handshake_failed);
  send_buffer_.aim(socket.fd.get(), peer.remote);
  if (waiting->listen(datagram, peer.remote, send_buffer_))
    begin_handshake(peer, socket, *cookies->second);
}

void DtlsClients::begin_handshake(const DtlsPeerKey& peer, const Socket& socket,
                                  CookieExchange& cookies) {
  if (const auto old = ids_.find(peer); old != ids_.end() && old->second != kNoSocket) {
    end(old->second, std::nullopt);
  }
  const std::uint16_t listener = socket.as<UdpListener>()->index;
  auto admission = dependencies_.limits.admit(listener, peer.remote.address, dependencies_.now);
  if (!admission) {
    cookies.waiting.reset();
    return dependencies_.drops.count(DropReason::connection_limit);
  }
  ids_[peer] = kNoSocket;
  DtlsSession session = std::move(*cookies.waiting);
  cookies.waiting.reset();
  dependencies_.handshaker.begin_handshake(
      {dependencies_.worker, peer.listener, socket.fd.get(),
       Path{kNoSocket, socket.local, peer.remote, Transport::dtls, listener}, std::move(session),
       std::move(*admission)});
}

/// A datagram may hold several records, and each record is one message.
void DtlsClients::read(SocketId id, ConstBytes datagram) {
  find_client(id)->receive(datagram);
  constexpr int kMostRecords = 16;
  for (int i = 0; i < kMostRecords; ++i) {
    DtlsClient* client = find_client(id);
    if (client == nullptr) return;
    const Bytes room = dependencies_.buffers.room_to_read();
    const StreamIo io = client->decrypt(room);
    if (io.result == StreamIo::Result::would_block) break;
    if (io.result == StreamIo::Result::ended) return end(id, std::nullopt);
    dependencies_.buffers.keep_read();
    dependencies_.events.on_message(id, room.first(io.bytes));
    if (DtlsClient* served = find_client(id)) served->note_request(dependencies_.now);
  }
  if (DtlsClient* client = find_client(id)) client->receive({});
}

void DtlsClients::adopt(SocketId id, std::unique_ptr<DtlsClient> client) {
  const DtlsPeerKey peer{client->listener(), client->path().remote};
  const Socket* listener = dependencies_.sockets.find(client->listener());
  client->set_socket(id);
  client->enter(send_buffer_, listener->fd.get(), dependencies_.drops);
  Socket socket;
  socket.local = client->path().local;
  socket.kind = ClientConnection{this, client.get()};
  dependencies_.sockets.add(id, std::move(socket));
  ids_[peer] = id;
  DtlsClient& adopted = *(clients_[id] = std::move(client));
  if (!adopted.complete_admission(dependencies_.holder)) {
    return end(id, DropReason::connection_evicted);
  }
  set_auth_state(id, AuthState::unauthenticated);
}

void DtlsClients::forget(const DtlsPeerKey& peer) {
  const auto found = ids_.find(peer);
  if (found != ids_.end() && found->second == kNoSocket) ids_.erase(found);
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
                 auth_state == AuthState::authenticated
                     ? kNever
                     : dependencies_.now + kUnauthenticatedTimeout);
}

void DtlsClients::close(SocketId id) {
  DtlsClient* client = find_client(id);
  if (client == nullptr) return;
  client->send_close_notify();
  deadlines_.remove(static_cast<DeadlineQueue::Index>(id));
  ids_.erase({client->listener(), client->path().remote});
  clients_.erase(id);
  dependencies_.sockets.close(id);
}

void DtlsClients::end(SocketId id, std::optional<DropReason> reason) {
  DtlsClient* client = find_client(id);
  if (client == nullptr) return;
  if (reason) dependencies_.drops.count(*reason);
  const Path path = client->path();
  dependencies_.events.on_closed(path);
  close(id);
}

void DtlsClients::expire() {
  while (const auto due = deadlines_.pop_due(dependencies_.now)) {
    end(SocketId{*due}, DropReason::connection_idle);
  }
}

DtlsClient* DtlsClients::find_client(SocketId id) {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

}  // namespace avedge::relay
