#include "signaling-shim/sip/signalling.h"

#include <exception>

#include "relay/core/random.h"
#include "signaling-shim/sip/ares_client.h"

namespace avedge::sip {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds kTick{1};
/// With port 0, the port bound for UDP may be in use on TCP; tries this many ports.
constexpr int kBindAttempts = 16;

/// The clock is read here only: everything below receives the time.
Time now() {
  return std::chrono::steady_clock::now();
}

SigningKey random_key() {
  SigningKey key;
  fill_random(key);
  return key;
}

}  // namespace

Signalling::Signalling(boost::asio::io_context& io, Settings settings, anchor::MediaAnchor& anchor,
                       Counters& counters, std::unique_ptr<DnsClient> dns)
    : io_{io},
      settings_{std::move(settings)},
      key_{settings_.key ? *settings_.key : random_key()},
      anchor_{anchor},
      counters_{counters},
      pending_bytes_{settings_.limits},
      dns_{std::move(dns)},
      deadline_{io},
      tick_{io} {}

Signalling::~Signalling() {
  stop();
}

Result<void> Signalling::start() {
  if (auto checked = settings_.check(); !checked) return checked;
  alive_ = std::make_shared<bool>(true);
  udp_.resize(settings_.listeners.size());
  tcp_ = std::make_unique<TcpTransport>(io_, settings_, counters_, pending_bytes_, tcp_hooks());
  auto contexts = make_tls(settings_.listeners);
  if (!contexts) return contexts.reason();
  tcp_->use_tls(*std::move(contexts));
  for (std::size_t i = 0; i < settings_.listeners.size(); ++i) {
    if (auto bound = bind(i); !bound) {
      stop();
      return bound;
    }
  }
  core_ = std::make_unique<ProxyCore>(settings_, key_, anchor_, counters_, pending_bytes_);
  if (auto opened = open_dns(); !opened) {
    stop();
    return opened;
  }
  serve();
  return {};
}

TcpTransport::Hooks Signalling::tcp_hooks() {
  return {[this](const SipFlow& from, std::string_view message) { receive(from, message); },
          [this](const SipFlow& from, std::string_view head) { refuse_too_long(from, head); },
          [this](const Send& message) { undeliverable(message); },
          [this](const SipFlow& hop) { return core_->hops().names_of(hop); },
          [this](const SipFlow& peer) {
            return core_->hops().has(settings_.at(peer.listener).interface, peer.remote.address);
          },
          [this](const LimitEvent& event) {
            if (limit_observer_ != nullptr) limit_observer_->on_limit(event);
          }};
}

Result<void> Signalling::open_dns() {
  if (!dns_) {
    auto client = AresClient::open(io_, settings_.dns_servers);
    if (!client) return client.reason();
    dns_ = *std::move(client);
  }
  lookups_ = std::make_unique<NextHopLookups>(settings_, core_->hops(), *dns_);
  return {};
}

Result<void> Signalling::bind(std::size_t index) {
  const bool any_port = settings_.listeners[index].local.port == Port{};
  auto bound = bind_ports(index);
  for (int i = 1; !bound && any_port && i < kBindAttempts; ++i) bound = bind_ports(index);
  return bound;
}

/// UDP and the streams of a listener on one port.
Result<void> Signalling::bind_ports(std::size_t index) {
  Listener& listener = settings_.listeners[index];
  Endpoint local = listener.local;
  std::shared_ptr<net::UdpSocket> udp;
  if (listener.offers(Transport::udp)) {
    udp = std::make_shared<net::UdpSocket>(io_);
    if (auto opened = udp->open(listener.local, listener.device); !opened) return opened;
    local = udp->local();
  }
  if (listener.offers(Transport::tcp) || listener.offers(Transport::tls)) {
    auto listening = tcp_->listen(static_cast<ListenerIndex>(index), local);
    if (!listening) {
      if (udp) udp->close();
      return listening.reason();
    }
    local = *listening;
  }
  udp_[index] = std::move(udp);
  listener.local = local;
  if (listener.advertised.address.is_unspecified()) listener.advertised.address = local.address;
  if (listener.advertised.port == Port{}) listener.advertised.port = local.port;
  return {};
}

Result<TlsContexts> Signalling::make_tls(const std::vector<Listener>& listeners) const {
  return make_tls_contexts(listeners, settings_.next_hop_ca);
}

void Signalling::serve() {
  for (std::size_t i = 0; i < udp_.size(); ++i) {
    if (!udp_[i]) continue;
    udp_[i]->start([this, i](const Endpoint& source, std::string_view datagram) {
      receive({static_cast<ListenerIndex>(i), Transport::udp, ConnectionId::none, source},
              datagram);
    });
  }
  lookups_->tick(now());
  arm_tick();
  arm_deadline();
}

void Signalling::stop() {
  alive_.reset();
  deadline_.cancel();
  tick_.cancel();
  for (const auto& socket : udp_) {
    if (socket) socket->close();
  }
  udp_.clear();
  if (tcp_) tcp_->close();
  dns_.reset();
}

template <class Step>
void Signalling::run(Step&& step) {
  // A library's out-of-memory exception ends one message, not the thread.
  try {
    Outbox outbox;
    step(outbox);
    dispatch(outbox);
    arm_deadline();
  } catch (const std::exception&) {
    counters_.drops.count(DropReason::table_full);
  }
}

void Signalling::receive(const SipFlow& from, std::string_view message) {
  run([&](Outbox& out) {
    if (observer_ != nullptr) observer_->on_received(settings_.at(from.listener), from, message);
    core_->on_message(now(), from, message, out);
  });
}

void Signalling::refuse_too_long(const SipFlow& from, std::string_view head) {
  run([&](Outbox& out) { core_->on_too_long(now(), from, head, out); });
}

void Signalling::undeliverable(const Send& message) {
  run([&](Outbox& out) { core_->on_undeliverable(now(), message, out); });
}

void Signalling::dispatch(const Outbox& outbox) {
  for (const Send& message : outbox) {
    if (observer_ != nullptr) {
      observer_->on_sent(settings_.at(message.to.listener), message.to, message.bytes);
    }
    if (message.to.transport != Transport::udp) {
      tcp_->send(message);
      continue;
    }
    const auto index = static_cast<std::size_t>(message.to.listener);
    const bool sent =
        index < udp_.size() && udp_[index] && udp_[index]->send(message.to.remote, message.bytes);
    if (!sent) undeliverable(message);
  }
}

void Signalling::arm_deadline() {
  const Time next = core_->next_deadline();
  if (next == armed_for_) return;
  armed_for_ = next;
  if (next == kNever) {
    deadline_.cancel();
    return;
  }
  deadline_.expires_at(next);
  deadline_.async_wait([this, alive = std::weak_ptr{alive_}](const error_code& failed) {
    if (failed || alive.expired()) return;
    armed_for_ = kNever;
    run([&](Outbox& out) { core_->on_timer(now(), out); });
  });
}

/// Once a second: ages connections, ends silent sessions, looks up expired names.
void Signalling::arm_tick() {
  tick_.expires_after(kTick);
  tick_.async_wait([this, alive = std::weak_ptr{alive_}](const error_code& failed) {
    if (failed || alive.expired()) return;
    tcp_->tick();
    anchor_.expire(now());
    lookups_->tick(now());
    arm_tick();
  });
}

}  // namespace avedge::sip
