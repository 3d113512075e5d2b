// Clients that come by TCP, TLS and DTLS to real workers on loopback, and TCP peers of RFC 6062.
// The protocol is a stub that obeys the first letter of a request's transaction id.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "loopback.h"
#include "one_channel.h"
#include "relay/secure/self_signed.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/sockets/udp_socket.h"
#include "relay/worker/data_plane.h"

namespace avedge::relay {
namespace {

using namespace std::string_literals;

constexpr Port kPort{3478};
constexpr Port kRelayFirst{50000};

/// A STUN message that the framer accepts; `command` is what the stub will do.
std::string request(char command) {
  return "\x00\x01\x00\x00\x21\x12\xA4\x42"s + command + std::string(11, '.');
}
std::string answer(const std::string& text) {
  std::string padded = text + std::string((4 - text.size() % 4) % 4, ' ');
  return "\x01\x01\x00"s + static_cast<char>(padded.size()) + "\x21\x12\xA4\x42" +
         std::string(12, '.') + padded;
}
std::string padded(std::string message) {
  message.resize((message.size() + 3) / 4 * 4, '\0');
  return message;
}

struct Heard {
  std::atomic<int> closed{0};
};

class Obeys final : public SlowPathHandler {
 public:
  Obeys(const HandlerContext& context, const Endpoint& peer, Heard& heard)
      : around_{context}, peer_{peer}, heard_{heard} {}

  Verdict<void> handle(Time now, const Path& path, ConstBytes message, Outcome& outcome) override {
    switch (static_cast<char>(message[8])) {
      case 'e': say(path, std::string{to_string(path.transport)}, outcome); break;
      case 'a': say(path, path.remote.to_string(), outcome); break;
      case 'b': bind(now, path, outcome); break;
      case 'm': move(path, outcome); break;
      case 'q': outcome.close(path.socket); break;
      case 'l': listen(path, outcome); break;
      case 'j': outcome.join(path.socket, waiting_); break;
      default: return DropReason::stun_unexpected;
    }
    return {};
  }
  void on_closed(Time, const Path&, Outcome&) override { ++heard_.closed; }
  void on_peer_connection(Time, const PeerConnectionEvent& event, Outcome& outcome) override {
    if (event.kind == PeerConnectionEvent::Kind::closed) return;
    if (event.kind == PeerConnectionEvent::Kind::failed) return say(control_, "failed", outcome);
    waiting_ = event.connection;
    const bool came = event.kind == PeerConnectionEvent::Kind::accepted;
    say(control_, came ? "accepted" : "connected", outcome);
  }
  void expire(Time, Outcome&) override {}
  [[nodiscard]] Time next_deadline() const override { return kNever; }

 private:
  static void say(const Path& path, const std::string& text, Outcome& outcome) {
    outcome.reply(path.socket, path.remote, bytes_of(answer(text)));
  }

  void bind(Time now, const Path& path, Outcome& outcome) {
    const auto port = around_.ports.lease(AddressFamily::ipv4, Parity::any);
    ASSERT_TRUE(port);
    bind_channel(now, path, *port, peer_, outcome);
    outcome.set_auth_state(path.socket, AuthState::authenticated);
    say(path, "bound", outcome);
  }

  /// To worker 0, who answers.
  void move(const Path& path, Outcome& outcome) {
    if (around_.worker != WorkerIndex{0}) return outcome.hand_over(path.socket, WorkerIndex{0});
    say(path, "worker 0", outcome);
  }

  /// A TCP relayed address; also connects to the peer once.
  void listen(const Path& path, Outcome& outcome) {
    const auto port = around_.peers.listen(AddressFamily::ipv4);
    ASSERT_TRUE(port);
    control_ = path;
    outcome.set_auth_state(path.socket, AuthState::authenticated);
    say(path, port->local.to_string(), outcome);
    const auto attempt =
        around_.peers.connect(std::chrono::steady_clock::now(), port->socket, peer_);
    EXPECT_TRUE(attempt);
  }

  HandlerContext around_;
  Endpoint peer_;
  Heard& heard_;
  Path control_;
  SocketId waiting_ = kNoSocket;
};

class IgnoresMedia final : public MediaPathHandler {
 public:
  Verdict<void> handle(Time, const Path&, ConstBytes, Outcome&) override {
    return DropReason::unknown_source;
  }
  void expire(Time, Outcome&) override {}
  [[nodiscard]] Time next_deadline() const override { return kNever; }
  void set_path(Time, const MediaPath&, Outcome&) override {}
  void remove_path(Time, MediaPathId, Outcome&) override {}
  Verdict<void> on_stream(Time, const StreamEvent&, Outcome&) override {
    return DropReason::unknown_source;
  }
};

/// A blocking client with a patience of ten seconds, under TLS or DTLS if asked.
class Client {
 public:
  Client(const Endpoint& server, int type) {
    fd_ = FileDescriptor{socket(AF_INET, type, 0)};
    const timeval patience{10, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const SocketAddress address{server};
    EXPECT_EQ(connect(fd_.get(), &address.any, address.size()), 0);
  }

  bool shake_hands(const SSL_METHOD* method) {
    context_.reset(SSL_CTX_new(method), &SSL_CTX_free);
    ssl_.reset(SSL_new(context_.get()));
    if (SSL_is_dtls(ssl_.get())) {
      BIO* bio = BIO_new_dgram(fd_.get(), BIO_NOCLOSE);
      SocketAddress peer;
      socklen_t size = sizeof peer;
      getpeername(fd_.get(), &peer.any, &size);
      BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &peer);
      SSL_set_bio(ssl_.get(), bio, bio);
    } else {
      SSL_set_fd(ssl_.get(), fd_.get());
    }
    return SSL_connect(ssl_.get()) == 1;
  }

  void send(const std::string& bytes) {
    const auto size = static_cast<int>(bytes.size());
    if (ssl_ != nullptr) {
      EXPECT_EQ(SSL_write(ssl_.get(), bytes.data(), size), size);
    } else {
      EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), size);
    }
  }
  /// Exactly so many bytes, or what came before the end.
  std::string receive(std::size_t size) {
    std::string bytes;
    std::string buffer(65536, '\0');
    while (bytes.size() < size) {
      const bool datagrams = ssl_ != nullptr && SSL_is_dtls(ssl_.get()) == 1;
      const std::size_t wanted = datagrams ? buffer.size() : size - bytes.size();
      const int got = ssl_ != nullptr
                          ? SSL_read(ssl_.get(), buffer.data(), static_cast<int>(wanted))
                          : static_cast<int>(recv(fd_.get(), buffer.data(), wanted, 0));
      if (got <= 0) break;
      bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return bytes;
  }
  std::string ask(char command, const std::string& expected) {
    send(request(command));
    return receive(answer(expected).size());
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
  std::shared_ptr<SSL_CTX> context_;
  SslPtr ssl_;
};

class ClientConnections : public testing::Test {
 protected:
  void SetUp() override {
    const auto pem = *secure::make_self_signed({"edge", {"edge"}, {}});
    ClientListener listener{.local = server_, .tcp = true};
    listener.tls = *secure::TlsContext::from_pem(pem, secure::TlsContext::Kind::tls);
    listener.dtls = *secure::TlsContext::from_pem(pem, secure::TlsContext::Kind::dtls);
    DataPlaneSettings settings;
    settings.workers = 2;
    settings.turn_relay_interface = "external";
    settings.ranges = {{"external", private_loopback(), private_loopback(), "", kRelayFirst,
                        Port{kRelayFirst.number() + 99}}};
    settings.turn_listeners = {listener};
    settings.connections = {.total = 20, .half_open = {.total = 20, .per_source = 8}};
    auto plane = DataPlane::open(settings, [this](const HandlerContext& context) {
      return Handlers{std::make_unique<Obeys>(context, peer_, heard_),
                      std::make_unique<IgnoresMedia>()};
    });
    ASSERT_TRUE(plane) << plane.reason().message();
    plane_ = std::move(plane).value();
    plane_->start();
  }

  template <class Condition>
  static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  [[nodiscard]] std::uint64_t handshake_drops(DropReason reason) const {
    return plane_->handshake_drops().of(reason);
  }

  /// ChannelData to a UDP peer and back.
  void relays_both_ways(Client& client, bool is_stream) {
    ASSERT_EQ(client.ask('b', "bound"), answer("bound"));
    const std::string there = channel_data("to the peer");
    client.send(is_stream ? padded(there) : there);
    std::string bytes(2048, '\0');
    SocketAddress from;
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(udp_peer_.get(), bytes.data(), bytes.size(), 0, &from.any, &size);
    ASSERT_EQ(std::string(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))),
              "to the peer");
    ASSERT_EQ(sendto(udp_peer_.get(), "and back", 8, 0, &from.any, size), 8);
    const std::string back = channel_data("and back");
    EXPECT_EQ(client.receive(back.size()), back);
  }

  const Endpoint server_{private_loopback(), kPort};
  FileDescriptor udp_peer_ = [] {
    auto fd = *open_udp({private_loopback(1), Port{}}, {});
    const timeval patience{10, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    fcntl_blocking(fd.get());
    return fd;
  }();
  const Endpoint peer_ = local_endpoint(udp_peer_);
  Heard heard_;
  std::unique_ptr<DataPlane> plane_;

 private:
  static void fcntl_blocking(int fd);
};

void ClientConnections::fcntl_blocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

TEST_F(ClientConnections, ATcpClientIsServedAndRelayed) {
  Client client{server_, SOCK_STREAM};
  EXPECT_EQ(client.ask('e', "tcp"), answer("tcp"));
  relays_both_ways(client, true);
}

TEST_F(ClientConnections, ATlsClientIsServedAndRelayedOnTheSamePort) {
  Client client{server_, SOCK_STREAM};
  ASSERT_TRUE(client.shake_hands(TLS_client_method()));
  EXPECT_EQ(client.ask('e', "tls"), answer("tls"));
  relays_both_ways(client, true);
}

TEST_F(ClientConnections, ADtlsClientIsServedAndRelayedOnTheSamePort) {
  Client client{server_, SOCK_DGRAM};
  ASSERT_TRUE(client.shake_hands(DTLS_client_method()));
  EXPECT_EQ(client.ask('e', "dtls"), answer("dtls"));
  relays_both_ways(client, false);
}

TEST_F(ClientConnections, HowTheStreamIsCutDoesNotMatter) {
  Client client{server_, SOCK_STREAM};
  for (const char byte : request('e')) client.send(std::string{byte});
  EXPECT_EQ(client.receive(answer("tcp").size()), answer("tcp"));
  client.send(request('e') + request('e') + request('e').substr(0, 7));
  client.send(request('e').substr(7));
  EXPECT_EQ(client.receive(3 * answer("tcp").size()),
            answer("tcp") + answer("tcp") + answer("tcp"));
}

TEST_F(ClientConnections, TheProtocolHearsWhenAClientIsGone) {
  {
    Client client{server_, SOCK_STREAM};
    client.ask('e', "tcp");
  }
  EXPECT_TRUE(eventually([&] { return heard_.closed == 1; }));
  EXPECT_TRUE(eventually([&] { return plane_->connections().open() == 0; }));
}

TEST_F(ClientConnections, WhatIsNotTurnEndsTheConnection) {
  Client client{server_, SOCK_STREAM};
  client.send("\x05\x01\x00\x00");
  EXPECT_EQ(client.receive(1), "");
}

TEST_F(ClientConnections, TheProtocolMayCloseAConnection) {
  Client client{server_, SOCK_STREAM};
  client.send(request('q'));
  EXPECT_EQ(client.receive(1), "");
}

TEST_F(ClientConnections, OneSourceHasOnlySoManyStrangers) {
  std::vector<std::unique_ptr<Client>> strangers;
  for (int i = 0; i < 8; ++i) {
    strangers.push_back(std::make_unique<Client>(server_, SOCK_STREAM));
    EXPECT_EQ(strangers.back()->ask('e', "tcp"), answer("tcp"));
  }
  EXPECT_EQ(strangers[1]->ask('b', "bound"), answer("bound")) << "no stranger any more";
  Client seventh{server_, SOCK_STREAM};
  EXPECT_EQ(seventh.ask('e', "tcp"), answer("tcp")) << "its place is free";

  Client one_more{server_, SOCK_STREAM};
  EXPECT_EQ(one_more.ask('e', "tcp"), answer("tcp"));
  EXPECT_EQ(strangers[0]->receive(1), "") << "the stranger that has been silent longest makes room";
  Client another{server_, SOCK_STREAM};
  EXPECT_EQ(another.ask('e', "tcp"), answer("tcp"));
  EXPECT_EQ(strangers[2]->receive(1), "");
  EXPECT_EQ(strangers[1]->ask('e', "tcp"), answer("tcp"));
}

TEST_F(ClientConnections, AConnectionIsHandedOverWithTheMessageAndWhatFollowsIt) {
  for (int i = 0; i < 2; ++i) {  // one of them begins on the other worker
    Client client{server_, SOCK_STREAM};
    client.send(request('m') + request('e') + request('e').substr(0, 5));
    EXPECT_EQ(client.receive((answer("worker 0") + answer("tcp")).size()),
              answer("worker 0") + answer("tcp"));
    client.send(request('e').substr(5));
    EXPECT_EQ(client.receive(answer("tcp").size()), answer("tcp"));
  }
}

/// Parameter: whether the data connection is under TLS.
class JoinedConnections : public ClientConnections, public testing::WithParamInterface<bool> {};

INSTANTIATE_TEST_SUITE_P(Both, JoinedConnections, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "tls" : "plain"; });

TEST_P(JoinedConnections, Rfc6062_4_3_ADataConnectionAndAPeersConnectionAreOneStream) {
  auto listening = *listen_tcp(peer_, "");
  Client control{server_, SOCK_STREAM};
  // Whatever worker has the control connection: the data connection asks for the same.
  control.send(request('m'));
  ASSERT_EQ(control.receive(answer("worker 0").size()), answer("worker 0"));
  control.send(request('l'));
  const std::string relayed = server_.address.to_string() + ":50000";  // as long as any port
  control.receive(answer(relayed).size());
  EXPECT_EQ(control.receive(answer("connected").size()), answer("connected"));

  pollfd waiting{listening.get(), POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 10'000), 1);
  Endpoint from;
  const FileDescriptor peer = accept_tcp(listening.get(), from);
  EXPECT_EQ(from.address, server_.address) << "RFC 6062 §5.2: from the relayed address";

  {
    Client data{server_, SOCK_STREAM};
    if (GetParam()) {
      ASSERT_TRUE(data.shake_hands(TLS_client_method()));
    }
    data.send(request('m'));
    ASSERT_EQ(data.receive(answer("worker 0").size()), answer("worker 0"));
    data.send(request('j') + "from the client");
    std::string got(15, '\0');
    waiting = {peer.get(), POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, 10'000), 1);
    ASSERT_EQ(recv(peer.get(), got.data(), got.size(), MSG_WAITALL), 15);
    EXPECT_EQ(got, "from the client");
    ASSERT_EQ(send(peer.get(), "from the peer", 13, 0), 13);
    EXPECT_EQ(data.receive(13), "from the peer");
  }
  // §5.4: the end of one is the end of the other.
  waiting = {peer.get(), POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 10'000), 1);
  char end = 0;
  EXPECT_EQ(recv(peer.get(), &end, 1, 0), 0);
}

}  // namespace
}  // namespace avedge::relay
