// All TCP of the SIP side: listeners, and a bounded set of connections that are found again by id
// or by far end, so that a neighbour needs one connection. Signalling thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "signaling-shim/sip/counters.h"
#include "signaling-shim/sip/tcp_connection.h"

namespace avedge::sip {

class TcpTransport : private TcpConnection::Owner {
 public:
  /// A whole message from a connection; valid during the call only.
  using Receive = std::function<void(const Neighbour& from, std::string_view message)>;
  /// What could not be sent: the connection failed, was refused, or is one too many.
  using Undeliverable = std::function<void(const Send& message)>;

  /// `settings` must outlive the transport.
  TcpTransport(boost::asio::io_context& io, const Settings& settings, Counters& counters,
               Receive receive, Undeliverable undeliverable);
  ~TcpTransport() override;

  /// Listens on `local`: the listener's own address, perhaps with the port UDP was given. Yields
  /// the address with the port really bound.
  Result<Endpoint> listen(ListenerIndex listener, const Endpoint& local);
  /// By message.to: its connection, else any connection to its remote, else a new one.
  void send(const Send& message);
  /// To be called once a second: time-outs are counted in calls.
  void tick();
  /// Closes everything; reports nothing any more.
  void close();

 private:
  struct Acceptor;
  using ConnectionPtr = std::shared_ptr<TcpConnection>;

  void on_frame(const Neighbour& from, std::string_view message) override;
  void on_broken(const Neighbour& from) override;
  void on_closed(const Neighbour& peer, std::vector<Send> unsent) override;

  void accept(const std::shared_ptr<Acceptor>& acceptor);
  void admit(boost::asio::ip::tcp::socket socket, ListenerIndex listener);
  [[nodiscard]] bool has_room(const IpAddress& source) const;
  [[nodiscard]] ConnectionPtr find(const Neighbour& to) const;
  ConnectionPtr connect(const Neighbour& to);
  ConnectionPtr add(boost::asio::ip::tcp::socket socket, Neighbour peer);

  boost::asio::io_context& io_;
  const Settings& settings_;
  Counters& counters_;
  Receive receive_;
  Undeliverable undeliverable_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::uint64_t next_id_;
  std::unordered_map<std::uint64_t, ConnectionPtr> connections_;
  std::map<std::pair<ListenerIndex, Endpoint>, std::uint64_t> by_remote_;
  std::map<IpAddress, std::size_t> per_source_;
};

}  // namespace avedge::sip
