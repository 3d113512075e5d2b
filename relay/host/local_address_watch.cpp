#include "relay/host/local_address_watch.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>

#include "relay/host/local_table.h"
#include "relay/threads/thread_signals.h"

namespace avedge::relay {
namespace {

/// The first news is acted on at once, the next of a burst together after this time.
constexpr std::chrono::milliseconds kBetweenReads{100};
/// Everything is read so often even without news, which may be lost or refused.
constexpr std::chrono::seconds kRefresh{10};

}  // namespace

LocalAddressWatch::LocalAddressWatch() : wake_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  auto news = RtNetlinkMonitor::open(RtNetlinkMonitor::Topics::routes);
  if (news) news_ = std::move(news).value();
  auto read = read_local_addresses();
  if (read) {
    first_ = std::make_shared<const LocalAddresses>(std::move(read).value());
    known_.set(static_cast<std::int64_t>(first_->size()));
  } else {
    first_failure_ = read.reason();
    has_failed_ = true;
  }
  current_ = first_;
}

LocalAddressWatch::~LocalAddressWatch() {
  stop();
}

void LocalAddressWatch::start(Receivers receivers) {
  receivers_ = std::move(receivers);
  thread_ = std::thread{[this] { run(); }};
}

void LocalAddressWatch::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

void LocalAddressWatch::run() {
  block_signals_on_this_thread();
  read_again_at_ = std::chrono::steady_clock::now();
  while (!stopping_.load(std::memory_order_relaxed)) {
    wait();
    read_news();
    if (std::chrono::steady_clock::now() >= read_again_at_) read_again();
  }
}

void LocalAddressWatch::wait() {
  std::array<pollfd, 2> sources{{{wake_.get(), POLLIN, 0}, {news_ ? news_->fd() : -1, POLLIN, 0}}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(read_again_at_ -
                                                                 std::chrono::steady_clock::now());
  poll(sources.data(), sources.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

void LocalAddressWatch::read_news() {
  if (!news_) return;
  news_->read(
      {.on_routes = [this] { read_again_at_ = std::min(read_again_at_, read_at_ + kBetweenReads); },
       .on_neighbour = [](const RtNetlinkMonitor::Neighbour&) {}});
}

void LocalAddressWatch::read_again() {
  read_at_ = std::chrono::steady_clock::now();
  read_again_at_ = read_at_ + kRefresh;
  auto read = read_local_addresses();
  if (!read) {
    known_.set(0);
    if (!has_failed_) receivers_.on_failure(read.reason());
    has_failed_ = true;
    return;
  }
  has_failed_ = false;
  known_.set(static_cast<std::int64_t>(read->size()));
  if (*read != *current_) {
    current_ = std::make_shared<const LocalAddresses>(std::move(read).value());
    receivers_.on_change(current_);
  }
  receivers_.on_routes();
}

}  // namespace avedge::relay
