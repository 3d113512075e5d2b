#include "signaling-shim/sip/tcp_transport.h"

#include "relay/core/descriptor_reserve.h"
#include "relay/core/random.h"
#include "signaling-shim/net/accept_loop.h"
#include "signaling-shim/net/asio_sockets.h"
#include "signaling-shim/sip/tls_stream_transport.h"
#include "signaling-shim/sip/view.h"

namespace avedge::sip {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

Time now() {
  return std::chrono::steady_clock::now();
}

/// The registrar has accepted the registration.
bool answers_registration(std::string_view message) {
  if (message.substr(0, 9) != "SIP/2.0 2") return false;
  const auto view = View::parse(message, Framing::stream);
  return view && view->method() == Method::register_ && view->status() / 100 == 2;
}

bool is_request(std::string_view message) {
  return without_leading_crlf(message).substr(0, 4) != "SIP/";
}

}  // namespace

Result<TlsContexts> make_tls_contexts(const std::vector<Listener>& listeners,
                                      const std::string& next_hop_ca) {
  TlsContexts contexts;
  for (const Listener& listener : listeners) {
    auto tls = secure::MutualTls::make(
        listener.tls ? listener.tls->context
                     : secure::MutualTlsSettings{.server_authorities = next_hop_ca});
    if (!tls) return tls.reason().in("sip listener " + listener.local.to_string());
    contexts.push_back(*std::move(tls));
  }
  return contexts;
}

/// Outlives the transport while an operation of it is outstanding; `transport` is null then.
class TcpTransport::Acceptor final : public net::AcceptLoop<asio::ip::tcp> {
 public:
  Acceptor(asio::io_context& io, TcpTransport& transport, ListenerIndex listener)
      : AcceptLoop{io}, transport_{&transport}, listener_{listener} {}

  /// Returns the address with the port actually bound.
  Result<Endpoint> listen(const Endpoint& local, const std::string& device) {
    // Reuse: an earlier process's connections in TIME_WAIT must not prevent a start. A socket that
    // still listens does.
    error_code failed = net::open_on(acceptor(), local, device, true);
    if (!failed) acceptor().listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return net::listen_error(local, Transport::tcp, failed);
    accept();
    return net::from_asio(acceptor().local_endpoint());
  }
  void close() {
    transport_ = nullptr;
    stop_accepting();
  }

 private:
  void serve(Socket socket) override {
    if (transport_ != nullptr) transport_->admit(std::move(socket), listener_);
  }

  TcpTransport* transport_;
  ListenerIndex listener_;
};

TcpTransport::TcpTransport(asio::io_context& io, const Settings& settings, Counters& counters,
                           PendingBytes& pending_bytes, Hooks hooks)
    : io_{io},
      settings_{settings},
      counters_{counters},
      pending_bytes_{pending_bytes},
      unfinished_{settings.limits},
      hooks_{std::move(hooks)},
      // Signed Routes keep ids; those of an earlier process must not match one of ours.
      next_id_{random_u64() | 1},
      admission_{settings},
      handshakes_{io, settings.limits.handshakes_per_second, counters} {}

TcpTransport::~TcpTransport() {
  close();
}

Result<Endpoint> TcpTransport::listen(ListenerIndex listener, const Endpoint& local) {
  auto acceptor = std::make_shared<Acceptor>(io_, *this, listener);
  auto bound = acceptor->listen(local, settings_.at(listener).device);
  if (bound) acceptors_.push_back(std::move(acceptor));
  return bound;
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
  const SipFlow peer{listener, transport, ConnectionId::none, net::from_asio(remote)};
  const Standing standing = standing_of(peer);
  if (!make_room(peer, standing, Opener::peer)) return;
  const auto pace =
      standing == Standing::next_hop ? TlsHandshakes::Pace::free : TlsHandshakes::Pace::limited;
  add(tls ? tls_stream_transport(std::move(socket), tls_of(listener).accepting(),
                                 {TlsEnd::accepts, tls->partners, pace}, handshakes_)
          : plain_stream_transport(std::move(socket)),
      peer, standing, Opener::peer)
      ->start();
}

bool TcpTransport::make_room(const SipFlow& peer, Standing standing, Opener opener) {
  const auto decision = admission_.decide(now(), peer, standing, opener);
  if (decision.refusal) {
    counters_.drops.count(decision.refusal->reason);
    if (decision.refusal->limit) {
      hooks_.limit_reached({*decision.refusal->limit, settings_.at(peer.listener).interface,
                            peer.remote.address, LimitEvent::Outcome::refused});
    }
    return false;
  }
  for (const auto& eviction : decision.evictions) evict(eviction);
  return true;
}

void TcpTransport::evict(const StreamAdmission::Eviction& eviction) {
  const auto found = connections_.find(static_cast<std::uint64_t>(eviction.connection));
  if (found == connections_.end()) return;  // both limits chose the same connection
  const ConnectionPtr connection = found->second.connection;
  const SipFlow peer = connection->peer();
  counters_.evictions[static_cast<std::size_t>(eviction.limit)].add();
  connection->close();
  hooks_.limit_reached({eviction.limit, settings_.at(peer.listener).interface, peer.remote.address,
                        LimitEvent::Outcome::evicted});
}

void TcpTransport::send(const Send& message) {
  ConnectionPtr connection = find(message.to);
  if (!connection) connection = connect(message.to);
  if (!connection) return hooks_.undeliverable(message);
  if (answers_registration(message.bytes)) promote(connection->peer());
  connection->send(message);
}

TcpTransport::ConnectionPtr TcpTransport::find(const SipFlow& to) const {
  auto found = connections_.find(static_cast<std::uint64_t>(to.connection));
  if (found == connections_.end()) {
    const auto by_remote = by_remote_.find(far_end_of(to));
    if (by_remote != by_remote_.end()) found = connections_.find(by_remote->second);
  }
  return found == connections_.end() ? nullptr : found->second.connection;
}

/// From the listener's own address, so that the far side's filters recognise us.
TcpTransport::ConnectionPtr TcpTransport::connect(const SipFlow& to) {
  const Listener& listener = settings_.at(to.listener);
  if (listener.local.address.family() != to.remote.address.family()) return nullptr;
  TlsExpectation expected{TlsEnd::connects, {}, TlsHandshakes::Pace::free};
  if (to.transport == Transport::tls) {
    expected.names = hooks_.names_of(to);
    if (expected.names.empty()) return nullptr;
  }
  const Standing standing = standing_of(to);
  if (!make_room(to, standing, Opener::edge)) return nullptr;
  asio::ip::tcp::socket socket{io_};
  if (net::open_on(socket, {listener.local.address, Port{}}, listener.device, false))
    return nullptr;
  auto stream = to.transport == Transport::tls
                    ? tls_stream_transport(std::move(socket), tls_of(to.listener).connecting(),
                                           std::move(expected), handshakes_)
                    : plain_stream_transport(std::move(socket));
  ConnectionPtr connection = add(std::move(stream), to, standing, Opener::edge);
  connection->connect();
  return connection;
}

TcpTransport::ConnectionPtr TcpTransport::add(std::unique_ptr<StreamTransport> stream, SipFlow peer,
                                              Standing standing, Opener opener) {
  const std::uint64_t id = next_id_++;
  peer.connection = static_cast<ConnectionId>(id);
  const bool exempt = standing == Standing::next_hop;
  const std::size_t longest = exempt ? kMaxMessageSize : settings_.limits.message_bytes;
  auto connection =
      std::make_shared<TcpConnection>(std::move(stream), peer, longest, settings_.limits,
                                      static_cast<TcpConnection::Owner&>(*this));
  connections_.emplace(id, Entry{connection, 0, {}});
  by_remote_.insert_or_assign(far_end_of(peer), id);
  admission_.opened(now(), peer, standing, opener);
  if (exempt) pending_bytes_.exempt(peer.connection);
  show();
  return connection;
}

void TcpTransport::on_open(const SipFlow& peer, bool verified) {
  admission_.secured(peer.connection);
  if (verified) promote(peer);
}

/// An unproven connection becomes known.
void TcpTransport::promote(const SipFlow& peer) {
  if (!admission_.promote(peer.connection)) return;
  Entry& entry = connections_.at(static_cast<std::uint64_t>(peer.connection));
  charge(entry, 0);
  pending_bytes_.exempt(peer.connection);
  entry.connection->allow(kMaxMessageSize);
  show();
}

void TcpTransport::on_frame(const SipFlow& from, std::string_view message) {
  if (is_request(message)) admission_.active(now(), from.connection);
  hooks_.receive(from, message);
}

void TcpTransport::on_too_long(const SipFlow& from, std::string_view head) {
  hooks_.too_long(from, head);
}

bool TcpTransport::may_hold(const SipFlow& from, std::size_t bytes) {
  Entry& entry = connections_.at(static_cast<std::uint64_t>(from.connection));
  charge(entry, 0);
  const auto charged = pending_bytes_.charged(from);
  if (!unfinished_.has_room(charged, bytes)) {
    counters_.drops.count(DropReason::source_limit);
    return false;
  }
  entry.charged = charged;
  charge(entry, bytes);
  return true;
}

void TcpTransport::charge(Entry& entry, std::size_t bytes) {
  unfinished_.change(entry.charged, entry.unfinished, bytes);
  entry.unfinished = bytes;
}

void TcpTransport::on_broken(const SipFlow&) {
  counters_.drops.count(DropReason::sip_malformed);
}

void TcpTransport::on_unsecured(const error_code& why) {
  counters_.drops.count(why == boost::system::errc::permission_denied
                            ? DropReason::sip_unknown_partner
                            : DropReason::handshake_failed);
}

void TcpTransport::on_closed(const SipFlow& peer, std::vector<Send> unsent) {
  const auto id = static_cast<std::uint64_t>(peer.connection);
  const auto found = connections_.find(id);
  charge(found->second, 0);
  connections_.erase(found);
  admission_.closed(peer.connection);
  pending_bytes_.forget(peer.connection);
  const auto by_remote = by_remote_.find(far_end_of(peer));
  if (by_remote != by_remote_.end() && by_remote->second == id) by_remote_.erase(by_remote);
  show();
  for (const Send& message : unsent) hooks_.undeliverable(message);
}

void TcpTransport::show() {
  counters_.connections.set(static_cast<std::int64_t>(connections_.size()));
  for (std::size_t i = 0; i < kStandingLabels.size(); ++i) {
    counters_.connections_by_standing[i].set(
        static_cast<std::int64_t>(admission_.count(static_cast<Standing>(i))));
  }
}

void TcpTransport::tick() {
  std::vector<ConnectionPtr> all;
  all.reserve(connections_.size());
  for (const auto& [id, entry] : connections_) all.push_back(entry.connection);
  for (const ConnectionPtr& connection : all) connection->tick();
}

void TcpTransport::close() {
  hooks_.undeliverable = [](const Send&) {};
  hooks_.receive = hooks_.too_long = [](const SipFlow&, std::string_view) {};
  for (const auto& acceptor : acceptors_) acceptor->close();
  acceptors_.clear();
  while (!connections_.empty()) {
    const ConnectionPtr connection = connections_.begin()->second.connection;
    connection->close();
  }
}

}  // namespace avedge::sip
