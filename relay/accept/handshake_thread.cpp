#include "relay/accept/handshake_thread.h"

#include <algorithm>
#include <system_error>

#include "relay/threads/thread_signals.h"

namespace avedge::relay {
namespace {

constexpr std::uint64_t kMailboxEvent = ~0ull;
/// What epoll reports: one of these, and an index below.
constexpr std::uint64_t kListenerTag = 1ull << 32;
constexpr std::uint64_t kTcpHandshakeTag = 2ull << 32;
/// Where admissions are held: this, or kTcpHandshakeTag.
constexpr std::uint64_t kDtlsHandshakeTag = 4ull << 32;

}  // namespace

HandshakeThread::HandshakeThread(ConnectionLimits& limits, const FrameQueueLimits& queue)
    : tcp_{loop_,
           kTcpHandshakeTag,
           limits,
           *this,
           queue,
           drops_,
           [this](std::unique_ptr<TcpConnection> client) { deliver(std::move(client)); }},
      dtls_{*this, kDtlsHandshakeTag, drops_,
            [this](WorkerIndex worker, const DtlsPeerKey& peer,
                   std::unique_ptr<DtlsClient> client) { report(worker, peer, std::move(client)); },
            [this](WorkerIndex worker, const DtlsPeerKey& peer, std::vector<std::byte> datagram) {
              return_datagram(worker, peer, std::move(datagram));
            }} {
  if (!loop_.watch(mailbox_.wake_fd(), kMailboxEvent, EPOLLIN)) {
    throw std::system_error{errno, std::generic_category(), "epoll"};
  }
}

bool HandshakeThread::open(TcpListener listener) {
  const int fd = listener.fd.get();
  listeners_.push_back(std::move(listener));
  return loop_.watch(fd, kListenerTag | (listeners_.size() - 1), EPOLLIN);
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
  for (const auto& event : loop_.wait(std::min(tcp_.next_deadline(), dtls_.next_deadline()))) {
    const std::uint64_t data = event.data.u64;
    const auto index = static_cast<std::uint32_t>(data);
    if (data == kMailboxEvent) {
      mailbox_.drain(*this);
    } else if ((data & kListenerTag) != 0) {
      tcp_.accept(listeners_[index], loop_.now());
    } else {
      tcp_.serve(index, loop_.now());
    }
  }
  tcp_.expire(loop_.now());
  dtls_.expire(loop_.now());
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
    handshake_thread.dtls_.begin(std::move(client), handshake_thread.loop_.now());
  });
}

void HandshakeThread::forward_datagram(WorkerIndex worker, const DtlsPeerKey& peer,
                                       ConstBytes datagram) {
  mailbox_.post([worker, peer, bytes = std::vector<std::byte>{datagram.begin(), datagram.end()}](
                    HandshakeThread& handshake_thread) mutable {
    handshake_thread.dtls_.receive(worker, peer, std::move(bytes), handshake_thread.loop_.now());
  });
}

void HandshakeThread::deliver(std::unique_ptr<TcpConnection> client) {
  workers_[turn_++ % workers_.size()]->receive_client(std::move(client));
}

void HandshakeThread::report(WorkerIndex index, const DtlsPeerKey& peer,
                             std::unique_ptr<DtlsClient> client) {
  if (client == nullptr) {
    worker(index).forget_client(peer);
  } else {
    worker(index).receive_client(peer, std::move(client));
  }
}

void HandshakeThread::return_datagram(WorkerIndex index, const DtlsPeerKey& peer,
                                      std::vector<std::byte> datagram) {
  worker(index).reprocess(peer, std::move(datagram));
}

}  // namespace avedge::relay
