#include "signaling-shim/ng/ng_server.h"

#include <chrono>

#include "relay/core/descriptor_reserve.h"
#include "signaling-shim/net/accept_loop.h"
#include "signaling-shim/net/asio_sockets.h"
#include "signaling-shim/ng/http_connection.h"
#include "signaling-shim/ng/tcp_connection.h"

namespace avedge::ng {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kTick{1};
/// With port 0 the port that UDP was given may be taken on TCP; so often another one is tried.
constexpr int kBindAttempts = 16;

/// The clocks stop here: everything below is told the time.
Time now() {
  return std::chrono::steady_clock::now();
}
UnixSeconds unix_now() {
  return std::chrono::duration_cast<UnixSeconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

/// Whoever may not speak here is let go at once.
class NgServer::StreamListener final : public net::AcceptLoop<tcp> {
 public:
  StreamListener(boost::asio::io_context& io, Listener listener,
                 std::shared_ptr<ListenerContext> context)
      : AcceptLoop{io}, listener_{std::move(listener)}, context_{std::move(context)} {}

  Result<Endpoint> listen(const Endpoint& local) {
    error_code failed = net::open_on(acceptor(), local, listener_.device, true);
    if (!failed) acceptor().listen(boost::asio::socket_base::max_listen_connections, failed);
    if (failed) return net::listen_error(local, avedge::Transport::tcp, failed);
    return net::from_asio(acceptor().local_endpoint());
  }
  void close() { stop_accepting(); }

 private:
  void serve(tcp::socket socket) override {
    error_code gone;
    const auto remote = socket.remote_endpoint(gone);
    if (gone || context_->handler == nullptr) return;
    if (!listener_.allows(net::from_asio(remote).address)) {
      return context_->counters->drops.count(DropReason::ng_forbidden);
    }
    make_room_for(socket);
    socket.set_option(tcp::no_delay{true}, gone);
    if (listener_.offers(Transport::tcp))
      return serve_tcp(std::move(socket), ConnectionSlot{context_});
    serve_http(std::move(socket), ConnectionSlot{context_},
               {listener_.offers(Transport::http), listener_.offers(Transport::ws)});
  }

  /// A slot too many takes the place of the slowest. So does one that takes a descriptor of the
  /// reserve: orders must arrive when there are no others, but not use up what is left.
  void make_room_for(tcp::socket& socket) {
    constexpr std::size_t kOfReserve = 16;
    net::BoundedConnections& connections = *context_->connections;
    const bool is_full = connections.size() >= context_->limits.connections;
    const bool is_reserved =
        is_from_reserve(socket.native_handle()) && connections.size() >= kOfReserve;
    if (!is_full && !is_reserved) return;
    connections.make_room();
    context_->counters->drops.count(DropReason::connection_evicted);
  }

  Listener listener_;
  std::shared_ptr<ListenerContext> context_;
};

NgServer::NgServer(boost::asio::io_context& io, Settings settings, anchor::Sessions& sessions,
                   Counters& counters)
    : settings_{std::move(settings)},
      counters_{counters},
      io_{io},
      service_{now(), sessions, settings_, counters, unix_now},
      context_{std::make_shared<ListenerContext>()},
      tick_{io} {}

NgServer::~NgServer() {
  stop();
}

Result<void> NgServer::start() {
  alive_ = std::make_shared<bool>(true);
  context_->handler = this;
  context_->counters = &counters_;
  context_->limits = settings_.limits;
  context_->connections = std::make_shared<net::BoundedConnections>(settings_.limits.connections);
  for (Listener& listener : settings_.listeners) {
    if (auto bound = bind(listener); !bound) {
      stop();
      return bound;
    }
  }
  arm_tick();
  return {};
}

Result<void> NgServer::bind(Listener& listener) {
  const bool any_port = listener.local.port == Port{};
  auto bound = bind_ports(listener);
  for (int i = 1; !bound && any_port && i < kBindAttempts; ++i) bound = bind_ports(listener);
  return bound;
}

/// All transports of a listener on one port.
Result<void> NgServer::bind_ports(Listener& listener) {
  Endpoint local = listener.local;
  std::shared_ptr<net::UdpSocket> udp;
  if (listener.offers(Transport::udp)) {
    udp = std::make_shared<net::UdpSocket>(io_);
    if (auto opened = udp->open(local, listener.device); !opened) return opened;
    local = udp->local();
  }
  const bool has_streams = listener.transports.size() > (udp ? 1U : 0U);
  if (has_streams) {
    auto stream = std::make_shared<StreamListener>(io_, listener, context_);
    const auto listening = stream->listen(local);
    if (!listening) {
      if (udp) udp->close();
      return listening.reason();
    }
    local = *listening;
    stream->accept();
    streams_.push_back(std::move(stream));
  }
  listener.local = local;
  if (udp) {
    serve_udp(*udp, listener);
    udp_.push_back(std::move(udp));
  }
  return {};
}

/// The answer leaves by the socket that was asked, and so from its address.
void NgServer::serve_udp(net::UdpSocket& socket, const Listener& listener) {
  socket.start([this, &socket, &listener](const Endpoint& source, std::string_view datagram) {
    if (!listener.allows(source.address)) {
      return counters_.drops.count(DropReason::ng_forbidden);
    }
    const auto reply = on_message("udp " + source.to_string(), datagram);
    if (reply && !socket.send(source, *reply)) counters_.drops.count(DropReason::send_failed);
  });
}

/// What a library throws for want of memory ends one request, not the thread.
std::optional<std::string> NgServer::on_message(std::string_view peer, std::string_view message) {
  try {
    return service_.on_message(now(), peer, message);
  } catch (const std::exception&) {
    counters_.drops.count(DropReason::table_full);
    return std::nullopt;
  }
}

std::string NgServer::on_payload(std::string_view payload) {
  try {
    return service_.on_payload(now(), payload);
  } catch (const std::exception&) {
    counters_.drops.count(DropReason::table_full);
    return {};
  }
}

void NgServer::arm_tick() {
  tick_.expires_after(kTick);
  tick_.async_wait([this, alive = std::weak_ptr{alive_}](const error_code& failed) {
    if (failed || alive.expired()) return;
    service_.expire(now());
    arm_tick();
  });
}

void NgServer::stop() {
  alive_.reset();
  context_->handler = nullptr;
  tick_.cancel();
  for (const auto& socket : udp_) socket->close();
  udp_.clear();
  for (const auto& stream : streams_) stream->close();
  streams_.clear();
}

}  // namespace avedge::ng
