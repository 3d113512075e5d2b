// Follows the addresses of this host: reads them at once, and again whenever the kernel says that
// routes, addresses or devices have changed.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "relay/core/clock.h"
#include "relay/core/counters.h"
#include "relay/core/local_addresses.h"
#include "relay/host/rtnetlink.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

class LocalAddressWatch {
 public:
  /// Called on the watch's thread.
  struct Receivers {
    /// Other addresses than before. `addresses` is never null.
    std::function<void(SharedLocalAddresses addresses)> on_change;
    /// Routes have changed, perhaps: what was asked about them may be wrong. After on_change.
    std::function<void()> on_routes;
    /// The kernel does not answer: the last known addresses stay in force. Once, until it does.
    std::function<void(const Error& error)> on_failure;
  };

  /// Reads the addresses. Without an answer there are none, and first_failure() says why.
  LocalAddressWatch();
  ~LocalAddressWatch();
  LocalAddressWatch(const LocalAddressWatch&) = delete;
  LocalAddressWatch& operator=(const LocalAddressWatch&) = delete;

  /// What the constructor read; nothing changes it before start().
  [[nodiscard]] const SharedLocalAddresses& first() const { return first_; }
  [[nodiscard]] const std::optional<Error>& first_failure() const { return first_failure_; }

  void start(Receivers receivers);
  void stop();

  /// How many are known at the moment, networks counted once; 0 while the kernel does not answer.
  /// Any thread.
  [[nodiscard]] std::int64_t known() const { return known_.value(); }

 private:
  void run();
  void wait();
  void read_news();
  void read_again();

  std::optional<RtNetlinkMonitor> news_;  // opened before anything is read: nothing is missed
  FileDescriptor wake_;
  SharedLocalAddresses first_ = std::make_shared<const LocalAddresses>();
  std::optional<Error> first_failure_;
  SharedLocalAddresses current_;
  bool has_failed_ = false;
  Gauge known_;
  Receivers receivers_;
  Time read_at_{};
  Time read_again_at_{};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace avedge::relay
