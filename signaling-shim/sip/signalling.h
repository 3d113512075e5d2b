// The SIP side as one object: sockets, timers and the proxy that connects them, all on the one
// thread that runs the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "signaling-shim/net/udp_socket.h"
#include "signaling-shim/sip/limit_observer.h"
#include "signaling-shim/sip/message_observer.h"
#include "signaling-shim/sip/next_hop_lookups.h"
#include "signaling-shim/sip/proxy_core.h"
#include "signaling-shim/sip/tcp_transport.h"

namespace avedge::sip {

class Signalling {
 public:
  /// Everything passed by reference must outlive it. Without a DNS client: c-ares.
  Signalling(boost::asio::io_context& io, Settings settings, anchor::MediaAnchor& anchor,
             Counters& counters, std::unique_ptr<DnsClient> dns = nullptr);
  ~Signalling();
  Signalling(const Signalling&) = delete;
  Signalling& operator=(const Signalling&) = delete;

  /// Passes it every message from now on; nullptr: no observer. It outlives this object. On the
  /// signalling thread or before that runs.
  void observe(MessageObserver* observer) { observer_ = observer; }
  /// As above, for reached limits.
  void observe_limits(LimitObserver* observer) { limit_observer_ = observer; }

  /// Checks the settings and binds every listener; on failure nothing stays bound. Call it once,
  /// on the signalling thread or before that runs.
  Result<void> start();
  /// Closes all sockets and timers; no handler touches this object afterwards. On the signalling
  /// thread. Idempotent.
  void stop();

  /// Contexts for the certificates of `listeners`; other values come from the settings. Fails if a
  /// certificate cannot be used. Any thread.
  [[nodiscard]] Result<TlsContexts> make_tls(const std::vector<Listener>& listeners) const;
  /// Takes effect at once. After start(), on the signalling thread.
  void use_tls(TlsContexts contexts) { tcp_->use_tls(std::move(contexts)); }

  /// With the ports actually bound. After start().
  [[nodiscard]] const std::vector<Listener>& listeners() const { return settings_.listeners; }

 private:
  Result<void> bind(std::size_t index);
  Result<void> bind_ports(std::size_t index);
  Result<void> open_dns();
  void serve();
  void receive(const SipFlow& from, std::string_view message);
  void refuse_too_long(const SipFlow& from, std::string_view head);
  void undeliverable(const Send& message);
  [[nodiscard]] TcpTransport::Hooks tcp_hooks();
  void dispatch(const Outbox& outbox);
  void arm_deadline();
  void arm_tick();
  /// Runs `step`, which fills an outbox, sends it, and re-arms the timer.
  template <class Step>
  void run(Step&& step);

  boost::asio::io_context& io_;
  Settings settings_;
  SigningKey key_;
  anchor::MediaAnchor& anchor_;
  Counters& counters_;
  MessageObserver* observer_ = nullptr;
  LimitObserver* limit_observer_ = nullptr;
  PendingBytes pending_bytes_;
  std::vector<std::shared_ptr<net::UdpSocket>> udp_;  // by ListenerIndex; empty where there is none
  std::unique_ptr<TcpTransport> tcp_;
  std::unique_ptr<ProxyCore> core_;
  std::unique_ptr<DnsClient> dns_;
  std::unique_ptr<NextHopLookups> lookups_;
  boost::asio::steady_timer deadline_;
  Time armed_for_ = kNever;
  boost::asio::steady_timer tick_;
  std::shared_ptr<bool> alive_;  // handlers hold it weakly; if it has expired, they do nothing
};

}  // namespace avedge::sip
