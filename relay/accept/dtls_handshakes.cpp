#include "relay/accept/dtls_handshakes.h"

#include <algorithm>

#include "relay/accept/tcp_handshakes.h"
#include "relay/sockets/socket_address.h"

namespace avedge::relay {
namespace {

/// Sends from a worker's listener, which any thread may do.
class DirectDatagrams final : public DatagramSink {
 public:
  explicit DirectDatagrams(const DtlsHandshakeRequest& client)
      : fd_{client.listener_fd}, to_{client.path.remote} {}
  void send(ConstBytes datagram) override {
    sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT, &to_.any, to_.size());
  }

 private:
  int fd_;
  SocketAddress to_;
};

}  // namespace

std::size_t DtlsHandshakes::Hash::operator()(const Key& key) const {
  const auto place =
      static_cast<std::uint64_t>(key.worker) << 32 | static_cast<std::uint64_t>(key.peer.listener);
  return hash_of(key.peer.remote, seed ^ place);
}

void DtlsHandshakes::begin(DtlsHandshakeRequest request, Time now) {
  const Key key{request.worker, {request.listener, request.path.remote}};
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(pending_.size()));
    pending_.emplace_back();
  }
  const Index index = free_.back();
  if (!index_of_.emplace(key, index).second) return;  // one at a time; the worker sees to that
  free_.pop_back();
  pending_[index] = std::make_unique<Pending>(Pending{std::move(request), now + kHandshakeTimeout});
  if (!pending_[index]->client.admission.hold(holder_, tag_ | index)) {
    return give_up(index, DropReason::connection_evicted);
  }
  go_on(index, {}, now);
}

void DtlsHandshakes::receive(WorkerIndex worker, const DtlsPeerKey& peer,
                             std::vector<std::byte> datagram, Time now) {
  const auto found = index_of_.find({worker, peer});
  if (found == index_of_.end()) return return_datagram_(worker, peer, std::move(datagram));
  go_on(found->second, datagram, now);
}

void DtlsHandshakes::go_on(Index index, ConstBytes datagram, Time now) {
  Pending& pending = *pending_[index];
  DirectDatagrams sink{pending.client};
  judge(index, pending.client.session.advance(datagram, sink), now);
}

void DtlsHandshakes::judge(Index index, DtlsSession::Handshake state, Time now) {
  Pending& pending = *pending_[index];
  switch (state) {
    case DtlsSession::Handshake::under_way: {
      const auto repeat = pending.client.session.retransmission_in();
      deadlines_.set(index, repeat ? std::min(pending.until, now + *repeat) : pending.until);
      return;
    }
    case DtlsSession::Handshake::done: {
      DtlsHandshakeRequest& client = pending.client;
      return end(index, std::make_unique<DtlsClient>(std::move(client.session), client.path,
                                                     std::move(client.admission), client.listener));
    }
    case DtlsSession::Handshake::failed: break;
  }
  give_up(index, DropReason::handshake_failed);
}

void DtlsHandshakes::evict(Index index, const AdmissionId& id) {
  if (index >= pending_.size() || pending_[index] == nullptr) return;
  if (pending_[index]->client.admission.id() == id) {
    give_up(index, DropReason::connection_evicted);
  }
}

void DtlsHandshakes::give_up(Index index, DropReason why) {
  drops_.count(why);
  end(index, nullptr);
}

void DtlsHandshakes::end(Index index, std::unique_ptr<DtlsClient> established) {
  const DtlsHandshakeRequest& client = pending_[index]->client;
  const Key key{client.worker, {client.listener, client.path.remote}};
  deadlines_.remove(index);
  index_of_.erase(key);
  pending_[index].reset();
  free_.push_back(index);
  report_(key.worker, key.peer, std::move(established));
}

void DtlsHandshakes::expire(Time now) {
  while (const auto index = deadlines_.pop_due(now)) {
    Pending& pending = *pending_[*index];
    if (pending.until <= now) {
      judge(*index, DtlsSession::Handshake::failed, now);
      continue;
    }
    DirectDatagrams sink{pending.client};
    judge(*index, pending.client.session.repeat(sink), now);
  }
}

}  // namespace avedge::relay
