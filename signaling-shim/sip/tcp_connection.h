// One TCP connection that carries SIP, plain or within TLS, accepted or opened by us. Signalling
// thread only.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "signaling-shim/sip/settings.h"
#include "signaling-shim/sip/stream_framer.h"
#include "signaling-shim/sip/stream_transport.h"

namespace avedge::sip {

class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// One whole message, or a head that cannot be framed and deserves a 400. Valid during the
    /// call only.
    virtual void on_frame(const SipFlow& from, std::string_view message) = 0;
    /// The head of a request that exceeds its sender's limit. Valid during the call only.
    virtual void on_too_long(const SipFlow& from, std::string_view head) = 0;
    /// It holds `bytes` of an incomplete message; false: that is too much.
    virtual bool may_hold(const SipFlow& from, std::size_t bytes) = 0;
    /// The stream can no longer be framed.
    virtual void on_broken(const SipFlow& from) = 0;
    /// SIP may start. `verified`: the far end has proved its identity by a certificate.
    virtual void on_open(const SipFlow& peer, bool verified) = 0;
    /// TLS failed, or the peer is not the expected one.
    virtual void on_unsecured(const boost::system::error_code& why) = 0;
    /// Closed by either side. `unsent`: messages that were not sent completely. The connection
    /// makes no further calls.
    virtual void on_closed(const SipFlow& peer, std::vector<Send> unsent) = 0;
  };

  /// `peer.remote` is the far end, `peer.connection` this connection's own id. Owner and limits
  /// outlive the connection, or close() it first. `longest`: maximum size of received messages.
  TcpConnection(std::unique_ptr<StreamTransport> stream, const SipFlow& peer, std::size_t longest,
                const Limits& limits, Owner& owner)
      : stream_{std::move(stream)},
        peer_{peer},
        limits_{limits},
        owner_{&owner},
        framer_{longest} {}

  /// The socket has been accepted or connected.
  void start();
  /// The socket is bound; connects it to the peer. Messages may be queued at once.
  void connect();
  /// Queues; closes the connection if its queue is full (the peer does not read).
  void send(Send message);
  /// Called once a second: closes an idle connection, or one with an unfinished message, connect or
  /// handshake.
  void tick();
  void close();
  /// Sets the maximum message size from now on.
  void allow(std::size_t longest) { framer_.allow(longest); }
  [[nodiscard]] const SipFlow& peer() const { return peer_; }

 private:
  enum class State : std::uint8_t { connecting, open, closing, closed };
  void serve(const boost::system::error_code& failed);
  void read();
  void take_frames();
  void break_off(const StreamFramer::Frame& frame);
  void write(std::string bytes);
  void write_next();
  void finish();

  std::unique_ptr<StreamTransport> stream_;
  SipFlow peer_;
  const Limits& limits_;
  Owner* owner_;
  State state_ = State::connecting;
  StreamFramer framer_;
  std::array<char, 16'384> buffer_;
  std::deque<Send> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;
  bool securing_ = false;           // connected, and not yet open
  std::chrono::seconds idle_{};     // since the last byte, either way
  std::chrono::seconds pending_{};  // of the unfinished state or message
};

}  // namespace avedge::sip
