// How many allocations a second does a TURN server open and give back? Many clients side by side,
// each with one request under way. Works with any TURN server over UDP. See bench/README.md.
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <stdexcept>

#include "bench/load/load_socket.h"
#include "ice/stun/attribute_values.h"
#include "ice/stun/integrity.h"
#include "ice/stun/long_term_key.h"
#include "ice/stun/stun_builder.h"
#include "ice/stun/stun_view.h"
#include "relay/core/turn_framing.h"

namespace {

using namespace avedge;
using namespace avedge::bench;
using stun::AttributeType;
using stun::MessageClass;
using stun::Method;
using Clock = std::chrono::steady_clock;

/// RFC 8489 §6.2.1, without the doubling: a lost packet here is the kernel's, at full load.
constexpr std::chrono::milliseconds kRepeatAfter{500};
/// RFC 8656 §18.7: UDP.
constexpr std::uint8_t kProtocolUdp = 17;
/// A packet of G.711, behind a channel header.
constexpr std::size_t kTalkSize = kChannelDataHeaderSize + 172;

struct Options {
  std::string server;
  std::string user;
  std::string password;
  std::string client_address = "0.0.0.0";
  std::size_t clients = 64;
  double seconds = 10;
  std::string peer;
  std::size_t packets = 0;
};

/// Allocates, talks if there is a peer, gives back, and begins anew as somebody else: from another
/// port, without a nonce.
class Client {
 public:
  Client(const IpAddress& local, const Endpoint& server, const Options& options)
      : local_{local}, server_{server}, peer_{Endpoint::parse(options.peer)}, options_{options} {}

  [[nodiscard]] int descriptor() const { return socket_.descriptor.get(); }
  [[nodiscard]] std::uint64_t opened() const { return opened_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  void begin() {
    auto socket = LoadSocket::open({local_, Port{}});
    if (!socket) throw std::runtime_error{socket.reason().message()};
    socket_ = std::move(socket).value();
    nonce_.clear();
    ask(Method::allocate);
  }
  void repeat_if_lost(Clock::time_point now) {
    if (now - asked_ > kRepeatAfter) ask(method_);
  }

  void receive() {
    std::array<std::byte, 1500> buffer;
    const ssize_t size = recv(descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) return;
    const auto answer =
        stun::StunView::parse(ConstBytes{buffer}.first(static_cast<std::size_t>(size)));
    if (answer && answer->transaction() == transaction_) judge(*answer);
  }

  void give_back() {
    if (method_ != Method::allocate) ask(Method::refresh);
  }

 private:
  void judge(const stun::StunView& answer) {
    if (answer.message_class() == MessageClass::success) {
      return go_on();
    }
    const auto nonce = answer.find(AttributeType::nonce);
    if (nonce) {
      nonce_ = text_of(*nonce);
      if (const auto realm = answer.find(AttributeType::realm)) realm_ = text_of(*realm);
      key_ = stun::long_term_key(options_.user, realm_, options_.password);
      return ask(method_);
    }
    ++refused_;
    begin();
  }

  void go_on() {
    if (method_ == Method::refresh) return begin();
    if (method_ == Method::allocate) ++opened_;
    if (method_ == Method::allocate && peer_) return ask(Method::channel_bind);
    if (method_ == Method::channel_bind) talk();
    ask(Method::refresh);
  }

  void talk() const {
    std::array<std::byte, kTalkSize> packet{};
    write_channel_data_header(packet.data(), kFirstChannel, kTalkSize - kChannelDataHeaderSize);
    for (std::size_t i = 0; i < options_.packets; ++i) send(packet);
  }

  void ask(Method method) {
    method_ = method;
    transaction_ = stun::TransactionId::random();
    asked_ = Clock::now();
    std::array<std::byte, 1500> buffer;
    stun::StunBuilder request{buffer, method, MessageClass::request, transaction_};
    switch (method) {
      case Method::allocate:
        request.u8_of_four(AttributeType::requested_transport, kProtocolUdp);
        break;
      case Method::channel_bind:
        request.channel_number(kFirstChannel).xor_address(AttributeType::xor_peer_address, *peer_);
        break;
      default: request.u32(AttributeType::lifetime, 0); break;
    }
    if (!nonce_.empty()) {
      request.text(AttributeType::username, options_.user)
          .text(AttributeType::realm, realm_)
          .text(AttributeType::nonce, nonce_)
          .integrity(key_);
    }
    send(request.finish());
  }

  void send(ConstBytes datagram) const {
    const relay::SocketAddress to{server_};
    sendto(descriptor(), datagram.data(), datagram.size(), 0, &to.any, to.size());
  }

  LoadSocket socket_;
  IpAddress local_;
  Endpoint server_;
  std::optional<Endpoint> peer_;  // whom the client talks to
  const Options& options_;
  std::string realm_;
  std::string nonce_;
  stun::LongTermKey key_{};
  Method method_ = Method::allocate;
  stun::TransactionId transaction_;
  Clock::time_point asked_;
  std::uint64_t opened_ = 0;
  std::uint64_t refused_ = 0;
};

std::vector<Client> open_clients(const Options& options) {
  const auto server = Endpoint::parse(options.server);
  const auto local = IpAddress::parse(options.client_address);
  if (!server || !local) throw std::runtime_error{"not an address"};
  if (!options.peer.empty() && !Endpoint::parse(options.peer)) {
    throw std::runtime_error{"not an address: " + options.peer};
  }
  std::vector<Client> clients;
  clients.reserve(options.clients);
  for (std::size_t i = 0; i < options.clients; ++i) clients.emplace_back(*local, *server, options);
  return clients;
}

int run(const Options& options) {
  allow_many_descriptors();
  std::vector<Client> clients = open_clients(options);
  for (Client& client : clients) client.begin();
  std::vector<pollfd> waiting(clients.size());
  const auto begun = Clock::now();
  const auto until = begun + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>{options.seconds});
  while (Clock::now() < until) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      waiting[i] = {clients[i].descriptor(), POLLIN, 0};
    }
    const int ready = poll(waiting.data(), waiting.size(), 50);
    const auto now = Clock::now();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (ready > 0 && (waiting[i].revents & POLLIN) != 0) clients[i].receive();
      clients[i].repeat_if_lost(now);
    }
  }
  const double took = std::chrono::duration<double>{Clock::now() - begun}.count();
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;
  for (Client& client : clients) {
    opened += client.opened();
    refused += client.refused();
    client.give_back();
  }
  std::printf(
      "{\"clients\": %zu, \"seconds\": %.2f, \"opened\": %lu, \"refused\": %lu, "
      "\"per_second\": %.0f}\n",
      clients.size(), took, opened, refused, static_cast<double>(opened) / took);
  return opened > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Opens and gives back allocations as fast as a TURN server lets it."};
  app.add_option("--server", options.server, "IP:PORT")->required();
  app.add_option("--user", options.user)->required();
  app.add_option("--password", options.password)->required();
  app.add_option("--client-bind", options.client_address, "address the clients send from");
  app.add_option("--clients", options.clients)->check(CLI::Range(1, 5000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 240.0));
  auto* peer = app.add_option("--talk-to", options.peer, "IP:PORT; bind a channel and talk");
  app.add_option("--packets", options.packets, "that each allocation then sends")->needs(peer);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "allocation_rate: %s\n", failure.what());
    return 2;
  }
}
