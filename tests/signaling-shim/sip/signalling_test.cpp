// The transports, over loopback sockets with ports of the kernel's choice.
#include "signaling-shim/sip/signalling.h"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "signaling-shim/net/asio_sockets.h"
#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

namespace asio = boost::asio;
using testing::response;
using testing::view_of;
using namespace std::chrono_literals;

Listener loopback(const std::string& interface, const char* address) {
  return {interface, *Endpoint::parse(address), {}, {Transport::udp, Transport::tcp}, {}};
}

NextHop hop_to(const Endpoint& endpoint, Transport transport) {
  return {endpoint.address.to_string(), endpoint.port, transport};
}

class SignallingTest : public ::testing::Test {
 protected:
  SignallingTest() {
    settings_.listeners = {loopback("external", "127.0.0.1:0"),
                           loopback("internal", "127.0.0.2:0")};
  }

  void route_to(const std::vector<NextHop>& hops) {
    Route route;
    route.from = "external";
    route.next_hops = hops;
    settings_.routes = {route};
  }
  void start() {
    signalling_.emplace(io_, settings_, anchor_, counters_);
    const auto started = signalling_->start();
    ASSERT_TRUE(started.ok()) << started.reason().message();
  }
  Endpoint edge() const { return signalling_->listeners()[0].local; }

  /// Runs handlers until `done`, within reason.
  template <class Done>
  void run_until(Done&& done) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < give_up) io_.run_one_for(50ms);
    ASSERT_TRUE(done());
  }

  asio::io_context io_;
  Settings settings_;
  testing::FakeAnchor anchor_;
  Counters counters_;
  std::optional<Signalling> signalling_;
};

/// A party with a UDP socket that remembers what it got.
class UdpParty {
 public:
  UdpParty(asio::io_context& io, const char* address)
      : socket_{io, net::to_asio<asio::ip::udp>(*Endpoint::parse(address))} {
    read();
  }
  [[nodiscard]] Endpoint local() const { return net::from_asio(socket_.local_endpoint()); }
  void send(const Endpoint& to, const std::string& text) {
    socket_.send_to(asio::buffer(text), net::to_asio<asio::ip::udp>(to));
  }
  std::vector<std::string> received;

 private:
  void read() {
    socket_.async_receive(asio::buffer(buffer_), [this](auto failed, std::size_t size) {
      if (failed) return;
      received.emplace_back(buffer_.data(), size);
      read();
    });
  }
  asio::ip::udp::socket socket_;
  std::array<char, 65'536> buffer_;
};

/// A party with a TCP connection.
class TcpParty {
 public:
  explicit TcpParty(asio::io_context& io) : socket_{io} {}
  /// From that address of loopback.
  TcpParty(asio::io_context& io, const char* source)
      : socket_{io, net::to_asio<asio::ip::tcp>(*Endpoint::parse(source))} {}
  void connect(const Endpoint& to) {
    socket_.connect(net::to_asio<asio::ip::tcp>(to));
    read();
  }
  void accept(asio::ip::tcp::acceptor& acceptor) {
    acceptor.async_accept(socket_, [this](auto failed) {
      if (!failed) read();
    });
  }
  void send(std::string_view text) { asio::write(socket_, asio::buffer(text.data(), text.size())); }
  [[nodiscard]] Endpoint local() const { return net::from_asio(socket_.local_endpoint()); }

  std::string received;
  bool closed = false;

 private:
  void read() {
    socket_.async_read_some(asio::buffer(buffer_), [this](auto failed, std::size_t size) {
      closed = static_cast<bool>(failed);
      if (failed) return;
      received.append(buffer_.data(), size);
      read();
    });
  }
  asio::ip::tcp::socket socket_;
  std::array<char, 65'536> buffer_;
};

TEST_F(SignallingTest, CarriesACallOverUdp) {
  UdpParty alice{io_, "127.0.0.1:0"};
  UdpParty bob{io_, "127.0.0.2:0"};
  route_to({hop_to(bob.local(), Transport::udp)});
  start();
  alice.send(edge(), testing::invite());
  run_until([&] { return bob.received.size() == 1 && alice.received.size() == 1; });
  EXPECT_EQ(view_of(bob.received[0]).body(), "v=0 EDGE of Alice");
  const std::string sent_by = signalling_->listeners()[1].local.to_string();
  EXPECT_NE(bob.received[0].find("Via: SIP/2.0/UDP " + sent_by), std::string::npos);
  bob.send(signalling_->listeners()[1].local, response(bob.received[0], 200, "b1", "SDP"));
  run_until([&] { return alice.received.size() == 2; });
  EXPECT_EQ(view_of(alice.received[1]).status(), 200);
}

TEST_F(SignallingTest, CarriesACallOverTcpByReusedConnections) {
  asio::ip::tcp::acceptor acceptor{io_,
                                   net::to_asio<asio::ip::tcp>(*Endpoint::parse("127.0.0.2:0"))};
  TcpParty bob{io_};
  bob.accept(acceptor);
  route_to({hop_to(net::from_asio(acceptor.local_endpoint()), Transport::tcp)});
  start();
  TcpParty alice{io_};
  alice.connect(edge());
  const std::string invite = testing::invite("TCP");
  alice.send(invite.substr(0, 50));
  alice.send(invite.substr(50));
  run_until([&] { return bob.received.find("EDGE of Alice") != std::string::npos; });
  bob.send(response(bob.received, 200, "b1", "SDP"));
  run_until([&] { return alice.received.find("200 Whatever") != std::string::npos; });
  EXPECT_EQ(counters_.connections.value(), 2);
  const std::size_t before = alice.received.size();
  alice.send("\r\n\r\n");  // RFC 5626 §4.4.1: a ping
  run_until([&] { return alice.received.size() > before; });
  EXPECT_EQ(alice.received.substr(before), "\r\n");
}

TEST_F(SignallingTest, FailsOverWhenAConnectionIsRefused) {
  UdpParty alice{io_, "127.0.0.1:0"};
  UdpParty bob{io_, "127.0.0.2:0"};
  // A port where nobody listens: bound, then let go.
  Endpoint nobody;
  {
    asio::ip::tcp::acceptor gone{io_, net::to_asio<asio::ip::tcp>(*Endpoint::parse("127.0.0.2:0"))};
    nobody = net::from_asio(gone.local_endpoint());
  }
  route_to({hop_to(nobody, Transport::tcp), hop_to(bob.local(), Transport::udp)});
  start();
  alice.send(edge(), testing::invite());
  run_until([&] { return bob.received.size() == 1; });
  EXPECT_EQ(view_of(bob.received[0]).method(), Method::invite);
  EXPECT_TRUE(anchor_.abandoned.empty());
}

TEST_F(SignallingTest, ADatagramThatTheKernelRefusesIsNotWaitedFor) {
  UdpParty alice{io_, "127.0.0.1:0"};
  // A broadcast address: nothing may be sent there.
  route_to({hop_to(*Endpoint::parse("127.255.255.255:9"), Transport::udp)});
  start();
  alice.send(edge(), testing::invite());
  run_until([&] { return alice.received.size() == 2; });
  EXPECT_EQ(view_of(alice.received[1]).status(), 503);
}

TEST_F(SignallingTest, ClosesAStreamThatCannotBeFramed) {
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start();
  TcpParty alice{io_};
  alice.connect(edge());
  std::string unframed = testing::invite("TCP");
  unframed.erase(unframed.find("Content-Length"),
                 std::string_view{"Content-Length: 16\r\n"}.size());
  alice.send(unframed);
  run_until([&] { return alice.closed; });
  EXPECT_NE(alice.received.find("SIP/2.0 400"), std::string::npos);
  EXPECT_EQ(counters_.connections.value(), 0);
}

TEST_F(SignallingTest, ASenderThatStopsInMidMessageIsClosed) {
  settings_.limits.message_timeout = 1s;
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start();
  TcpParty slow{io_};
  TcpParty idle{io_};
  slow.connect(edge());
  idle.connect(edge());
  slow.send(testing::invite("TCP").substr(0, 30));
  idle.send("\r\n");  // half a ping is no message
  run_until([&] { return slow.closed; });
  EXPECT_FALSE(idle.closed);
}

TEST_F(SignallingTest, BoundsConnectionsPerSecondOfOneSource) {
  settings_.limits.connections_per_second = 1;
  settings_.limits.connection_burst = 1;
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start();
  TcpParty first{io_};
  TcpParty second{io_};
  first.connect(edge());
  second.connect(edge());
  run_until([&] { return second.closed; });
  EXPECT_FALSE(first.closed);
  EXPECT_EQ(counters_.drops.of(DropReason::sip_flood), 1U);
}

TEST_F(SignallingTest, BoundsConnectionsPerSource) {
  settings_.limits.connections_per_source = 1;
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start();
  TcpParty first{io_};
  TcpParty second{io_};
  first.connect(edge());
  second.connect(edge());
  run_until([&] { return second.closed; });
  EXPECT_FALSE(first.closed);
  EXPECT_EQ(counters_.drops.of(DropReason::table_full), 1U);
}

class SignallingLimitsTest : public SignallingTest, public LimitObserver {
 protected:
  /// Two strangers fill the share of an interface, and either may go at once.
  void start_full() {
    settings_.limits.connections = 4;
    settings_.limits.evict_after = 0s;
    start();
    signalling_->observe_limits(this);
    first_.connect(edge());
    run_until([&] { return counters_.connections.value() == 1; });
    second_.connect(edge());
    run_until([&] { return counters_.connections.value() == 2; });
  }
  void on_limit(const LimitEvent& event) override {
    events.push_back(std::string{event.interface} + ' ' + event.source.to_string());
    last = event;
  }
  [[nodiscard]] std::int64_t count(Standing standing) const {
    return counters_.connections_by_standing[static_cast<std::size_t>(standing)].value();
  }

  TcpParty first_{io_, "127.0.0.31:0"};
  TcpParty second_{io_, "127.0.0.32:0"};
  std::vector<std::string> events;
  LimitEvent last;
};

TEST_F(SignallingLimitsTest, ANewcomerTakesThePlaceOfAnIdleStranger) {
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start_full();
  TcpParty newcomer{io_, "127.0.0.33:0"};
  newcomer.connect(edge());
  run_until([&] { return first_.closed; });
  newcomer.send("\r\n\r\n");
  run_until([&] { return newcomer.received == "\r\n"; });
  EXPECT_FALSE(second_.closed);
  EXPECT_EQ(counters_.evictions[static_cast<std::size_t>(ConnectionLimit::connections)].value(),
            1U);
  EXPECT_EQ(events, std::vector<std::string>{"external 127.0.0.31"});
  EXPECT_EQ(last.outcome, LimitEvent::Outcome::evicted);
  TcpParty inside{io_, "127.0.0.34:0"};
  inside.connect(signalling_->listeners()[1].local);
  run_until([&] { return counters_.connections.value() == 3; });
  EXPECT_EQ(events.size(), 1U) << "the other interface has a share of its own";
}

TEST_F(SignallingLimitsTest, ARegisteredConnectionStays) {
  UdpParty registrar{io_, "127.0.0.2:0"};
  route_to({hop_to(registrar.local(), Transport::udp)});
  start_full();
  first_.send(
      testing::wire("REGISTER sip:inside.example SIP/2.0\n"
                    "Via: SIP/2.0/TCP 127.0.0.31:5062;branch=z9hG4bKr\nMax-Forwards: 70\n"
                    "From: <sip:a@inside.example>;tag=a\nTo: <sip:a@inside.example>\n"
                    "Call-ID: r\nCSeq: 1 REGISTER\nContact: <sip:a@127.0.0.31>\n"
                    "Content-Length: 0\n\n"));
  run_until([&] { return registrar.received.size() == 1; });
  registrar.send(signalling_->listeners()[1].local, response(registrar.received[0], 401, "r"));
  run_until([&] { return first_.received.find(" 401 ") != std::string::npos; });
  EXPECT_EQ(count(Standing::known), 0) << "a refusal proves nothing";
  registrar.send(signalling_->listeners()[1].local, response(registrar.received[0], 200, "r"));
  run_until([&] { return first_.received.find(" 200 ") != std::string::npos; });
  EXPECT_EQ(count(Standing::known), 1);
  EXPECT_EQ(count(Standing::stranger), 1);
  TcpParty third{io_, "127.0.0.33:0"};
  TcpParty fourth{io_, "127.0.0.34:0"};
  third.connect(edge());
  fourth.connect(edge());
  run_until([&] { return second_.closed; });
  EXPECT_FALSE(first_.closed);
}

TEST_F(SignallingTest, AStrangerMayNotSendWhatANextHopMay) {
  UdpParty bob{io_, "127.0.0.2:0"};
  route_to({hop_to(bob.local(), Transport::udp)});
  start();
  const std::string message = testing::with_body(
      "MESSAGE sip:bob@inside.example SIP/2.0\n"
      "Via: SIP/2.0/TCP 198.51.100.9:5062;branch=z9hG4bKm\nMax-Forwards: 70\n"
      "From: <sip:a@b>;tag=a\nTo: <sip:b@c>\nCall-ID: m\nCSeq: 1 MESSAGE\n"
      "Content-Type: text/plain\n",
      std::string(40'000, 'x'));
  TcpParty stranger{io_};
  stranger.connect(edge());
  stranger.send(message.substr(0, 1000));
  run_until([&] { return stranger.closed; });
  EXPECT_NE(stranger.received.find("SIP/2.0 513 "), std::string::npos);
  EXPECT_EQ(counters_.drops.of(DropReason::sip_too_large), 1U);
  Route outward;
  outward.from = "internal";
  outward.next_hops = {hop_to(*Endpoint::parse("127.0.0.1:9"), Transport::udp)};
  settings_.routes.push_back(outward);
  signalling_.reset();
  start();
  TcpParty next_hop{io_};
  next_hop.connect(edge());
  next_hop.send(message);
  run_until([&] { return bob.received.size() == 1; });
}

TEST_F(SignallingTest, UnfinishedMessagesOfOneSourceAreBounded) {
  settings_.limits.bytes_in_flight_per_source = 65'536;
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start();
  const std::string begun = testing::wire("OPTIONS sip:a SIP/2.0\nX: ") + std::string(30'000, 'x');
  std::deque<TcpParty> parties;
  const auto closed = [&] {
    return std::count_if(parties.begin(), parties.end(),
                         [](const TcpParty& party) { return party.closed; });
  };
  for (int i = 0; i < 3; ++i) {
    parties.emplace_back(io_).connect(edge());
    parties.back().send(begun);
  }
  run_until([&] { return closed() == 1; });
  EXPECT_EQ(counters_.drops.of(DropReason::source_limit), 1U);
}

TEST_F(SignallingTest, SaysWhichListenerCannotBeBound) {
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start();
  const std::string taken = edge().to_string();
  Settings same = settings_;
  same.listeners[0].local = edge();
  Signalling second{io_, same, anchor_, counters_};
  const auto started = second.start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.reason().message(),
            "cannot listen on " + taken + "/udp: Address already in use");
}

struct Watched {
  std::string direction;
  std::string interface;
  Endpoint peer;
  std::string message;
};

class Watcher final : public MessageObserver {
 public:
  void on_received(const Listener& by, const SipFlow& from, std::string_view message) override {
    seen.push_back({"in", by.interface, from.remote, std::string{message}});
  }
  void on_sent(const Listener& by, const SipFlow& to, std::string_view message) override {
    seen.push_back({"out", by.interface, to.remote, std::string{message}});
  }
  std::vector<Watched> seen;
};

TEST_F(SignallingTest, ShowsItsObserverWhatItReceivesAndSends) {
  UdpParty alice{io_, "127.0.0.1:0"};
  UdpParty bob{io_, "127.0.0.2:0"};
  route_to({hop_to(bob.local(), Transport::udp)});
  start();
  Watcher watcher;
  signalling_->observe(&watcher);
  alice.send(edge(), testing::invite());
  run_until([&] { return bob.received.size() == 1 && alice.received.size() == 1; });
  ASSERT_EQ(watcher.seen.size(), 3U);
  EXPECT_EQ(watcher.seen[0].direction + ' ' + watcher.seen[0].interface, "in external");
  EXPECT_EQ(watcher.seen[0].peer, alice.local());
  EXPECT_EQ(watcher.seen[0].message, testing::invite());
  for (std::size_t i = 1; i < 3; ++i) {
    const Watched& sent = watcher.seen[i];
    const UdpParty& to = sent.peer == bob.local() ? bob : alice;
    EXPECT_EQ(sent.direction, "out");
    EXPECT_EQ(sent.interface, sent.peer == bob.local() ? "internal" : "external");
    EXPECT_EQ(sent.message, to.received[0]);
  }
}

TEST_F(SignallingTest, StopsWithHandlersOutstanding) {
  route_to({hop_to(*Endpoint::parse("127.0.0.2:9"), Transport::udp)});
  start();
  TcpParty alice{io_};
  alice.connect(edge());
  run_until([&] { return counters_.connections.value() == 1; });
  signalling_.reset();
  run_until([&] { return alice.closed; });
  io_.poll();
}

}  // namespace
}  // namespace avedge::sip
