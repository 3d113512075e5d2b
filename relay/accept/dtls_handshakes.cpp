#include "relay/accept/dtls_handshakes.h"

#include <algorithm>

#include "relay/accept/tcp_handshakes.h"
#include "relay/socket_address.h"

namespace avedge::relay {
namespace {

/// Sends from a worker's listener, which any thread may do.
class DirectDatagrams final : public DatagramSink {
 public:
  explicit DirectDatagrams(const DtlsIntroduction& client)
      : fd_{client.listener_fd}, to_{client.path.remote} {}
  void send(ConstBytes datagram) override {
    sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT, &to_.any, to_.size());
  }

 private:
  int fd_;
  SocketAddress to_;
};

}  // namespace

std::size_t DtlsArrivals::Hash::operator()(const Key& key) const {
  const auto place =
      static_cast<std::uint64_t>(key.worker) << 32 | static_cast<std::uint64_t>(key.knock.listener);
  return hash_of(key.knock.remote, seed ^ place);
}

void DtlsArrivals::begin(DtlsIntroduction introduction, Time now) {
  const Key key{introduction.worker, {introduction.listener, introduction.path.remote}};
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(arrivals_.size()));
    arrivals_.emplace_back();
  }
  const Index index = free_.back();
  if (!index_of_.emplace(key, index).second) return;  // one at a time; the worker sees to that
  free_.pop_back();
  arrivals_[index] =
      std::make_unique<Arrival>(Arrival{std::move(introduction), now + kDoorPatience});
  if (!arrivals_[index]->client.admission.hold(holder_, tag_ | index)) {
    return give_up(index, DropReason::connection_evicted);
  }
  go_on(index, {}, now);
}

void DtlsArrivals::receive(WorkerIndex worker, const DtlsClients::Knock& knock,
                           std::vector<std::byte> datagram, Time now) {
  const auto found = index_of_.find({worker, knock});
  if (found == index_of_.end()) return give_back_(worker, knock, std::move(datagram));
  go_on(found->second, datagram, now);
}

void DtlsArrivals::go_on(Index index, ConstBytes datagram, Time now) {
  Arrival& arrival = *arrivals_[index];
  DirectDatagrams sink{arrival.client};
  judge(index, arrival.client.session.advance(datagram, sink), now);
}

void DtlsArrivals::judge(Index index, DtlsSession::Handshake state, Time now) {
  Arrival& arrival = *arrivals_[index];
  switch (state) {
    case DtlsSession::Handshake::under_way: {
      const auto repeat = arrival.client.session.retransmission_in();
      deadlines_.set(index, repeat ? std::min(arrival.until, now + *repeat) : arrival.until);
      return;
    }
    case DtlsSession::Handshake::done: {
      DtlsIntroduction& client = arrival.client;
      return end(index, std::make_unique<DtlsLink>(std::move(client.session), client.path,
                                                   std::move(client.admission), client.listener));
    }
    case DtlsSession::Handshake::failed: break;
  }
  give_up(index, DropReason::handshake_failed);
}

void DtlsArrivals::evict(Index index, const AdmissionId& id) {
  if (index >= arrivals_.size() || arrivals_[index] == nullptr) return;
  if (arrivals_[index]->client.admission.id() == id) {
    give_up(index, DropReason::connection_evicted);
  }
}

void DtlsArrivals::give_up(Index index, DropReason why) {
  drops_.count(why);
  end(index, nullptr);
}

void DtlsArrivals::end(Index index, std::unique_ptr<DtlsLink> link) {
  const DtlsIntroduction& client = arrivals_[index]->client;
  const Key key{client.worker, {client.listener, client.path.remote}};
  deadlines_.remove(index);
  index_of_.erase(key);
  arrivals_[index].reset();
  free_.push_back(index);
  report_(key.worker, key.knock, std::move(link));
}

void DtlsArrivals::expire(Time now) {
  while (const auto index = deadlines_.pop_due(now)) {
    Arrival& arrival = *arrivals_[*index];
    if (arrival.until <= now) {
      judge(*index, DtlsSession::Handshake::failed, now);
      continue;
    }
    DirectDatagrams sink{arrival.client};
    judge(*index, arrival.client.session.repeat(sink), now);
  }
}

}  // namespace avedge::relay
