#include "relay/accept/handshake_thread.h"

#include <sys/epoll.h>

#include <algorithm>
#include <system_error>

#include "relay/threads/thread_signals.h"
#include "relay/worker/worker.h"

namespace avedge::relay {
namespace {

constexpr std::uint64_t kMailboxEvent = ~0ull;
/// What epoll reports: one of these, and an index below.
constexpr std::uint64_t kListenerTag = 1ull << 32;
constexpr std::uint64_t kTcpHandshakeTag = 2ull << 32;
/// Where admissions are held: this, or kTcpHandshakeTag.
constexpr std::uint64_t kDtlsHandshakeTag = 4ull << 32;

bool watch(const FileDescriptor& epoll, int fd, std::uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = data;
  return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

HandshakeThread::HandshakeThread(ConnectionLimits& limits, const FrameQueueLimits& queue)
    : epoll_{epoll_create1(EPOLL_CLOEXEC)},
      tcp_{epoll_.get(),
           kTcpHandshakeTag,
           limits,
           *this,
           queue,
           drops_,
           [this](std::unique_ptr<TcpClient> client) { deliver(std::move(client)); }},
      dtls_{*this, kDtlsHandshakeTag, drops_,
            [this](WorkerIndex worker, const DtlsClients::PeerKey& peer,
                   std::unique_ptr<DtlsClient> client) { report(worker, peer, std::move(client)); },
            [this](WorkerIndex worker, const DtlsClients::PeerKey& peer,
                   std::vector<std::byte> datagram) {
              return_datagram(worker, peer, std::move(datagram));
            }} {
  if (!watch(epoll_, mailbox_.wake_fd(), kMailboxEvent)) {
    throw std::system_error{errno, std::generic_category(), "epoll"};
  }
}

bool HandshakeThread::open(TcpListener listener) {
  const int fd = listener.fd.get();
  listeners_.push_back(std::move(listener));
  return watch(epoll_, fd, kListenerTag | (listeners_.size() - 1));
}

void HandshakeThread::start() {
  thread_ = std::thread{[this] { run(); }};
}

void HandshakeThread::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  mailbox_.post([](HandshakeThread&) {});
  thread_.join();
}

void HandshakeThread::run() {
  block_signals_on_this_thread();
  while (!stopping_.load(std::memory_order_relaxed)) wait_and_serve();
}

void HandshakeThread::wait_and_serve() {
  std::array<epoll_event, 64> events;
  const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               milliseconds_to_next_deadline());
  now_ = std::chrono::steady_clock::now();
  for (const auto& event : std::span{events}.first(static_cast<std::size_t>(std::max(ready, 0)))) {
    const std::uint64_t data = event.data.u64;
    const auto index = static_cast<std::uint32_t>(data);
    if (data == kMailboxEvent) {
      mailbox_.drain(*this);
    } else if ((data & kListenerTag) != 0) {
      tcp_.accept(listeners_[index], now_);
    } else {
      tcp_.serve(index, now_);
    }
  }
  tcp_.expire(now_);
  dtls_.expire(now_);
}

int HandshakeThread::milliseconds_to_next_deadline() const {
  const Time next = std::min(tcp_.next_deadline(), dtls_.next_deadline());
  if (next == kNever) return -1;
  const auto wait =
      std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 1000));
}

void HandshakeThread::evict(std::uint64_t place, const AdmissionId& id) {
  mailbox_.post([place, id](HandshakeThread& handshake_thread) {
    const auto index = static_cast<std::uint32_t>(place);
    if ((place & kDtlsHandshakeTag) != 0) {
      handshake_thread.dtls_.evict(index, id);
    } else {
      handshake_thread.tcp_.evict(index, id);
    }
  });
}

void HandshakeThread::set_tls(std::uint16_t listener, const secure::TlsContext& context) {
  mailbox_.post([listener, context](HandshakeThread& handshake_thread) {
    for (TcpListener& each : handshake_thread.listeners_) {
      if (each.listener == listener && each.tls) each.tls = context;
    }
  });
}

void HandshakeThread::begin_handshake(DtlsHandshakeRequest request) {
  mailbox_.post([client = std::move(request)](HandshakeThread& handshake_thread) mutable {
    handshake_thread.dtls_.begin(std::move(client), handshake_thread.now_);
  });
}

void HandshakeThread::forward_datagram(WorkerIndex worker, const DtlsClients::PeerKey& peer,
                                       ConstBytes datagram) {
  mailbox_.post([worker, peer, bytes = std::vector<std::byte>{datagram.begin(), datagram.end()}](
                    HandshakeThread& handshake_thread) mutable {
    handshake_thread.dtls_.receive(worker, peer, std::move(bytes), handshake_thread.now_);
  });
}

void HandshakeThread::deliver(std::unique_ptr<TcpClient> client) {
  Worker& worker = *workers_[turn_++ % workers_.size()];
  worker.adopt_client(std::move(client));
}

void HandshakeThread::report(WorkerIndex index, const DtlsClients::PeerKey& peer,
                             std::unique_ptr<DtlsClient> client) {
  if (client == nullptr) {
    worker(index).post([peer](Worker& worker) { worker.dtls_clients().forget(peer); });
  } else {
    worker(index).adopt_client(peer, std::move(client));
  }
}

void HandshakeThread::return_datagram(WorkerIndex index, const DtlsClients::PeerKey& peer,
                                      std::vector<std::byte> datagram) {
  worker(index).post([peer, bytes = std::move(datagram)](Worker& worker) mutable {
    worker.reprocess(peer, bytes);
  });
}

}  // namespace avedge::relay
