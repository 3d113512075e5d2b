// All TCP of the SIP side, with and without TLS: listeners, and a bounded set of connections found
// by id or by far end, so that a peer needs one connection. Signalling thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "signaling-shim/sip/counters.h"
#include "signaling-shim/sip/limit_observer.h"
#include "signaling-shim/sip/pending_bytes.h"
#include "signaling-shim/sip/stream_admission.h"
#include "signaling-shim/sip/tcp_connection.h"
#include "signaling-shim/sip/tls_handshakes.h"

namespace avedge::sip {

/// TLS contexts for accepting and connecting, by ListenerIndex.
using TlsContexts = std::vector<secure::MutualTls>;

/// Listeners with TLS use their own; the others may connect without a certificate. Fails if OpenSSL
/// cannot use one of them; the error is for the operator. Any thread.
[[nodiscard]] Result<TlsContexts> make_tls_contexts(const std::vector<Listener>& listeners,
                                                    const std::string& next_hop_ca);

class TcpTransport : private TcpConnection::Owner {
 public:
  /// A whole message from a connection; valid during the call only.
  using Receive = std::function<void(const SipFlow& from, std::string_view message)>;
  /// The head of a request that exceeds its sender's limit; valid during the call only.
  using TooLong = std::function<void(const SipFlow& from, std::string_view head)>;
  /// An unsent message: the connection failed, was refused, or exceeds a limit.
  using Undeliverable = std::function<void(const Send& message)>;
  /// The names allowed in the certificate of the TLS peer we connect to; none: do not connect.
  using NamesOf = std::function<std::vector<std::string>(const SipFlow& flow)>;
  /// Whether connections from there are exempt from the perimeter's limits.
  using IsNextHop = std::function<bool(const SipFlow& flow)>;
  /// A limit refused or evicted an unproven connection.
  using LimitReached = std::function<void(const LimitEvent& event)>;
  struct Hooks {
    Receive receive;
    TooLong too_long;
    Undeliverable undeliverable;
    NamesOf names_of;
    IsNextHop is_next_hop;
    LimitReached limit_reached;
  };

  /// What is passed by reference must outlive the transport.
  TcpTransport(boost::asio::io_context& io, const Settings& settings, Counters& counters,
               PendingBytes& pending_bytes, Hooks hooks);
  ~TcpTransport() override;

  /// Certificates and authorities from now on, by index into the settings. Open connections keep
  /// theirs.
  void use_tls(TlsContexts contexts) { tls_ = std::move(contexts); }
  /// Listens on `local`: the listener's own address, perhaps with the port bound for UDP. Returns
  /// the address with the port actually bound. For TLS: after use_tls().
  Result<Endpoint> listen(ListenerIndex listener, const Endpoint& local);
  /// By message.to: its connection, else any connection to its remote, else a new one.
  void send(const Send& message);
  /// Call it once a second: time-outs are counted in calls.
  void tick();
  /// Closes everything; reports nothing afterwards.
  void close();

 private:
  class Acceptor;
  using ConnectionPtr = std::shared_ptr<TcpConnection>;
  using Opener = StreamAdmission::Opener;
  using FarEnd = std::tuple<ListenerIndex, Transport, Endpoint>;
  struct Entry {
    ConnectionPtr connection;
    /// Bytes of an incomplete message, and the source charged for it.
    std::size_t unfinished = 0;
    std::optional<IpAddress> charged;
  };
  static FarEnd far_end_of(const SipFlow& peer) {
    return {peer.listener, peer.transport, peer.remote};
  }

  void on_frame(const SipFlow& from, std::string_view message) override;
  void on_too_long(const SipFlow& from, std::string_view head) override;
  bool may_hold(const SipFlow& from, std::size_t bytes) override;
  void on_broken(const SipFlow& from) override;
  void on_open(const SipFlow& peer, bool verified) override;
  void on_unsecured(const boost::system::error_code& why) override;
  void on_closed(const SipFlow& peer, std::vector<Send> unsent) override;

  void admit(boost::asio::ip::tcp::socket socket, ListenerIndex listener);
  [[nodiscard]] const secure::MutualTls& tls_of(ListenerIndex listener) const {
    return tls_[static_cast<std::size_t>(listener)];
  }
  [[nodiscard]] Standing standing_of(const SipFlow& peer) const {
    return hooks_.is_next_hop(peer) ? Standing::next_hop : Standing::stranger;
  }
  /// Closes the evicted connections; false: there is no place, and that has been counted.
  bool make_room(const SipFlow& peer, Standing standing, Opener opener);
  void evict(const StreamAdmission::Eviction& eviction);
  void promote(const SipFlow& peer);
  void charge(Entry& entry, std::size_t bytes);
  [[nodiscard]] ConnectionPtr find(const SipFlow& to) const;
  ConnectionPtr connect(const SipFlow& to);
  ConnectionPtr add(std::unique_ptr<StreamTransport> stream, SipFlow peer, Standing standing,
                    Opener opener);
  void show();

  boost::asio::io_context& io_;
  const Settings& settings_;
  Counters& counters_;
  PendingBytes& pending_bytes_;
  /// Incomplete messages have a separate account: a source whose INVITEs are at the limit must
  /// still be able to send the CANCEL, and to receive a 503.
  PendingBytes unfinished_;
  Hooks hooks_;
  TlsContexts tls_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::uint64_t next_id_;
  StreamAdmission admission_;
  TlsHandshakes handshakes_;
  std::unordered_map<std::uint64_t, Entry> connections_;
  std::map<FarEnd, std::uint64_t> by_remote_;
};

}  // namespace avedge::sip
