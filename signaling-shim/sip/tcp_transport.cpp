#include "signaling-shim/sip/tcp_transport.h"

#include "relay/core/descriptor_reserve.h"
#include "relay/core/random.h"
#include "signaling-shim/net/asio_sockets.h"
#include "signaling-shim/sip/rate_limiter.h"

namespace avedge::sip {

namespace asio = boost::asio;
using boost::system::error_code;

/// Outlives the transport as long as an operation of it is outstanding; `owner` is empty then.
struct TcpTransport::Acceptor {
  Acceptor(asio::io_context& io, TcpTransport& transport, ListenerIndex index)
      : socket{io}, pause{io}, owner{&transport}, listener{index} {}

  asio::ip::tcp::acceptor socket;
  asio::steady_timer pause;
  TcpTransport* owner;
  ListenerIndex listener;
};

TcpTransport::TcpTransport(asio::io_context& io, const Settings& settings, Counters& counters,
                           Hooks hooks)
    : io_{io},
      settings_{settings},
      counters_{counters},
      hooks_{std::move(hooks)},
      // Ids live on in signed Routes; those of an earlier process must not name one of ours.
      next_id_{random_u64() | 1},
      arrivals_{settings.limits.connections_per_second, settings.limits.connection_burst,
                settings.limits.rate_limited_sources} {}

TcpTransport::~TcpTransport() {
  close();
}

Result<void> TcpTransport::use_certificates(const std::vector<Listener>& listeners) {
  std::vector<secure::MutualTls> renewed;
  for (const Listener& listener : listeners) {
    auto tls = secure::MutualTls::make(
        listener.tls ? listener.tls->context
                     : secure::MutualTlsSettings{.server_authorities = settings_.next_hop_ca});
    if (!tls) return tls.reason().in("sip listener " + listener.local.to_string());
    renewed.push_back(*std::move(tls));
  }
  tls_ = std::move(renewed);
  return {};
}

Result<Endpoint> TcpTransport::listen(ListenerIndex listener, const Endpoint& local) {
  auto acceptor = std::make_shared<Acceptor>(io_, *this, listener);
  // Reuse: connections of an earlier process in TIME_WAIT must not keep us from starting. A
  // socket that still listens does.
  error_code failed = net::open_on(acceptor->socket, local, settings_.at(listener).device, true);
  if (!failed) acceptor->socket.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return net::listen_error(local, Transport::tcp, failed);
  acceptors_.push_back(acceptor);
  accept(acceptor);
  return net::from_asio(acceptor->socket.local_endpoint());
}

void TcpTransport::accept(const std::shared_ptr<Acceptor>& acceptor) {
  acceptor->socket.async_accept([acceptor](const error_code& failed, asio::ip::tcp::socket socket) {
    if (acceptor->owner == nullptr) return;
    if (!failed) {
      acceptor->owner->admit(std::move(socket), acceptor->listener);
      return acceptor->owner->accept(acceptor);
    }
    // Out of descriptors, most likely: trying again at once would only burn the processor.
    acceptor->pause.expires_after(std::chrono::seconds{1});
    acceptor->pause.async_wait([acceptor](const error_code&) {
      if (acceptor->owner != nullptr) acceptor->owner->accept(acceptor);
    });
  });
}

void TcpTransport::admit(asio::ip::tcp::socket socket, ListenerIndex listener) {
  error_code failed;
  const auto remote = socket.remote_endpoint(failed);
  if (failed) return;
  if (is_from_reserve(socket.native_handle())) {
    return counters_.drops.count(DropReason::descriptors_exhausted);
  }
  const auto& tls = settings_.at(listener).tls;
  const Transport transport = tls ? Transport::tls : Transport::tcp;
  const Neighbour peer{listener, transport, ConnectionId::none, net::from_asio(remote)};
  if (const auto refusal = refusal_of(peer)) return counters_.drops.count(*refusal);
  add(tls ? tls_channel(std::move(socket), tls_of(listener).accepting(),
                        {TlsEnd::accepts, tls->partners})
          : plain_channel(std::move(socket)),
      peer)
      ->start();
}

std::optional<DropReason> TcpTransport::refusal_of(const Neighbour& peer) {
  const IpAddress& source = peer.remote.address;
  const bool is_next_hop = hooks_.is_next_hop(peer);
  if (!is_next_hop && !settings_.at(peer.listener).admits(source)) {
    return DropReason::sip_source_refused;
  }
  if (!is_next_hop && !arrivals_.admit(std::chrono::steady_clock::now(), source)) {
    return DropReason::sip_flood;
  }
  if (!has_room(source)) return DropReason::table_full;
  return std::nullopt;
}

bool TcpTransport::has_room(const IpAddress& source) const {
  const auto found = per_source_.find(network_of(source));
  const std::size_t held = found == per_source_.end() ? 0 : found->second;
  return connections_.size() < settings_.limits.connections &&
         held < settings_.limits.connections_per_source;
}

void TcpTransport::send(const Send& message) {
  ConnectionPtr connection = find(message.to);
  if (!connection) connection = connect(message.to);
  if (connection) return connection->send(message);
  hooks_.undeliverable(message);
}

TcpTransport::ConnectionPtr TcpTransport::find(const Neighbour& to) const {
  auto found = connections_.find(static_cast<std::uint64_t>(to.connection));
  if (found == connections_.end()) {
    const auto by_remote = by_remote_.find(far_end_of(to));
    if (by_remote != by_remote_.end()) found = connections_.find(by_remote->second);
  }
  return found == connections_.end() ? nullptr : found->second;
}

/// From the listener's own address, so that the far side's filters know us.
TcpTransport::ConnectionPtr TcpTransport::connect(const Neighbour& to) {
  // Whoever fills the table from outside must not keep us from our next hops.
  if (connections_.size() >= 2 * settings_.limits.connections) return nullptr;
  const Listener& listener = settings_.at(to.listener);
  if (listener.local.address.family() != to.remote.address.family()) return nullptr;
  TlsExpectation expected{TlsEnd::connects, {}};
  if (to.transport == Transport::tls) {
    expected.names = hooks_.names_of(to);
    if (expected.names.empty()) return nullptr;
  }
  asio::ip::tcp::socket socket{io_};
  if (net::open_on(socket, {listener.local.address, Port{}}, listener.device, false))
    return nullptr;
  auto channel =
      to.transport == Transport::tls
          ? tls_channel(std::move(socket), tls_of(to.listener).connecting(), std::move(expected))
          : plain_channel(std::move(socket));
  ConnectionPtr connection = add(std::move(channel), to);
  connection->connect();
  return connection;
}

TcpTransport::ConnectionPtr TcpTransport::add(std::unique_ptr<Channel> channel, Neighbour peer) {
  const std::uint64_t id = next_id_++;
  peer.connection = static_cast<ConnectionId>(id);
  auto connection = std::make_shared<TcpConnection>(std::move(channel), peer, settings_.limits,
                                                    static_cast<TcpConnection::Owner&>(*this));
  connections_.emplace(id, connection);
  by_remote_.insert_or_assign(far_end_of(peer), id);
  ++per_source_[network_of(peer.remote.address)];
  counters_.connections.set(static_cast<std::int64_t>(connections_.size()));
  return connection;
}

void TcpTransport::on_frame(const Neighbour& from, std::string_view message) {
  hooks_.receive(from, message);
}

void TcpTransport::on_broken(const Neighbour&) {
  counters_.drops.count(DropReason::sip_malformed);
}

void TcpTransport::on_unsecured(const error_code& why) {
  counters_.drops.count(why == boost::system::errc::permission_denied
                            ? DropReason::sip_unknown_partner
                            : DropReason::handshake_failed);
}

void TcpTransport::on_closed(const Neighbour& peer, std::vector<Send> unsent) {
  const auto id = static_cast<std::uint64_t>(peer.connection);
  connections_.erase(id);
  const auto by_remote = by_remote_.find(far_end_of(peer));
  if (by_remote != by_remote_.end() && by_remote->second == id) by_remote_.erase(by_remote);
  const auto source = per_source_.find(network_of(peer.remote.address));
  if (--source->second == 0) per_source_.erase(source);
  counters_.connections.set(static_cast<std::int64_t>(connections_.size()));
  for (const Send& message : unsent) hooks_.undeliverable(message);
}

void TcpTransport::tick() {
  std::vector<ConnectionPtr> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  for (const ConnectionPtr& connection : all) connection->tick();
}

void TcpTransport::close() {
  hooks_.undeliverable = [](const Send&) {};
  hooks_.receive = [](const Neighbour&, std::string_view) {};
  for (const auto& acceptor : acceptors_) {
    acceptor->owner = nullptr;
    error_code ignored;
    acceptor->socket.close(ignored);
    acceptor->pause.cancel();
  }
  acceptors_.clear();
  while (!connections_.empty()) {
    const ConnectionPtr connection = connections_.begin()->second;
    connection->close();
  }
}

}  // namespace avedge::sip
