#include "relay/accept/handshake_thread.h"

#include <sys/epoll.h>

#include <algorithm>
#include <system_error>

#include "relay/thread_signals.h"
#include "relay/worker.h"

namespace avedge::relay {
namespace {

constexpr std::uint64_t kMailboxEvent = ~0ull;
/// What epoll reports: one of these, and an index below.
constexpr std::uint64_t kDoorTag = 1ull << 32;
constexpr std::uint64_t kArrivalTag = 2ull << 32;
/// Where admissions are held: this, or kArrivalTag.
constexpr std::uint64_t kDtlsTag = 4ull << 32;

bool watch(const FileDescriptor& epoll, int fd, std::uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = data;
  return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Doorman::Doorman(ConnectionLimits& limits, const FrameQueueLimits& queue)
    : epoll_{epoll_create1(EPOLL_CLOEXEC)},
      tcp_{epoll_.get(),
           kArrivalTag,
           limits,
           *this,
           queue,
           drops_,
           [this](std::unique_ptr<TcpLink> link) { deliver(std::move(link)); }},
      dtls_{*this, kDtlsTag, drops_,
            [this](WorkerIndex worker, const DtlsClients::Knock& knock,
                   std::unique_ptr<DtlsLink> link) { report(worker, knock, std::move(link)); },
            [this](WorkerIndex worker, const DtlsClients::Knock& knock,
                   std::vector<std::byte> datagram) {
              give_back(worker, knock, std::move(datagram));
            }} {
  if (!watch(epoll_, mailbox_.wake_fd(), kMailboxEvent)) {
    throw std::system_error{errno, std::generic_category(), "epoll"};
  }
}

bool Doorman::open(Door door) {
  const int fd = door.fd.get();
  doors_.push_back(std::move(door));
  return watch(epoll_, fd, kDoorTag | (doors_.size() - 1));
}

void Doorman::start() {
  thread_ = std::thread{[this] { run(); }};
}

void Doorman::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  mailbox_.post([](Doorman&) {});
  thread_.join();
}

void Doorman::run() {
  block_signals_on_this_thread();
  while (!stopping_.load(std::memory_order_relaxed)) wait_and_serve();
}

void Doorman::wait_and_serve() {
  std::array<epoll_event, 64> events;
  const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               milliseconds_to_next_deadline());
  now_ = std::chrono::steady_clock::now();
  for (const auto& event : std::span{events}.first(static_cast<std::size_t>(std::max(ready, 0)))) {
    const std::uint64_t data = event.data.u64;
    const auto index = static_cast<std::uint32_t>(data);
    if (data == kMailboxEvent) {
      mailbox_.drain(*this);
    } else if ((data & kDoorTag) != 0) {
      tcp_.accept(doors_[index], now_);
    } else {
      tcp_.serve(index, now_);
    }
  }
  tcp_.expire(now_);
  dtls_.expire(now_);
}

int Doorman::milliseconds_to_next_deadline() const {
  const Time next = std::min(tcp_.next_deadline(), dtls_.next_deadline());
  if (next == kNever) return -1;
  const auto wait =
      std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 1000));
}

void Doorman::evict(std::uint64_t place, const AdmissionId& id) {
  mailbox_.post([place, id](Doorman& doorman) {
    const auto index = static_cast<std::uint32_t>(place);
    if ((place & kDtlsTag) != 0) {
      doorman.dtls_.evict(index, id);
    } else {
      doorman.tcp_.evict(index, id);
    }
  });
}

void Doorman::set_tls(std::uint16_t listener, const secure::TlsContext& context) {
  mailbox_.post([listener, context](Doorman& doorman) {
    for (Door& door : doorman.doors_) {
      if (door.listener == listener && door.tls) door.tls = context;
    }
  });
}

void Doorman::introduce(DtlsIntroduction introduction) {
  mailbox_.post([client = std::move(introduction)](Doorman& doorman) mutable {
    doorman.dtls_.begin(std::move(client), doorman.now_);
  });
}

void Doorman::pass_on(WorkerIndex worker, const DtlsClients::Knock& knock, ConstBytes datagram) {
  mailbox_.post([worker, knock, bytes = std::vector<std::byte>{datagram.begin(), datagram.end()}](
                    Doorman& doorman) mutable {
    doorman.dtls_.receive(worker, knock, std::move(bytes), doorman.now_);
  });
}

void Doorman::deliver(std::unique_ptr<TcpLink> link) {
  Worker& worker = *workers_[turn_++ % workers_.size()];
  worker.welcome(std::move(link));
}

void Doorman::report(WorkerIndex index, const DtlsClients::Knock& knock,
                     std::unique_ptr<DtlsLink> link) {
  if (link == nullptr) {
    worker(index).post([knock](Worker& worker) { worker.dtls_clients().forget(knock); });
  } else {
    worker(index).welcome(knock, std::move(link));
  }
}

void Doorman::give_back(WorkerIndex index, const DtlsClients::Knock& knock,
                        std::vector<std::byte> datagram) {
  worker(index).post([knock, bytes = std::move(datagram)](Worker& worker) mutable {
    worker.serve_again(knock, bytes);
  });
}

}  // namespace avedge::relay
