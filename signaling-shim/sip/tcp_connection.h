// One TCP connection that carries SIP, bare or within TLS, accepted or opened by us. Signalling
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
    /// The head of a request that is longer than its sender may send. Valid during the call only.
    virtual void on_too_long(const SipFlow& from, std::string_view head) = 0;
    /// It has so many bytes of a message that is not complete; false: that is too much.
    virtual bool may_hold(const SipFlow& from, std::size_t bytes) = 0;
    /// The stream cannot be framed any more.
    virtual void on_broken(const SipFlow& from) = 0;
    /// SIP may be spoken. `verified`: the far end has proved who it is by a certificate.
    virtual void on_open(const SipFlow& peer, bool verified) = 0;
    /// TLS did not come about, or not with whom it should.
    virtual void on_unsecured(const boost::system::error_code& why) = 0;
    /// Over, by whichever side. `unsent`: what never left completely. The connection makes no
    /// further calls.
    virtual void on_closed(const SipFlow& peer, std::vector<Send> unsent) = 0;
  };

  /// `peer.remote` is the far end, `peer.connection` this connection's own id. Owner and limits
  /// outlive the connection, or close() it first.
  /// `longest`: of the messages it may receive.
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
  /// One second has passed: closes what is idle, or has left a message, a connect or a handshake
  /// unfinished.
  void tick();
  void close();
  /// From now on its messages may have that many bytes.
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
  std::chrono::seconds pending_{};  // of the state or message that is unfinished
};

}  // namespace avedge::sip
