// What strangers do to a TURN server: Allocate requests without credentials at a steady rate, from
// source addresses that change with every packet. Sends raw IPv4, so it needs CAP_NET_RAW; meant
// for a network namespace of its own. See bench/README.md.
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <thread>

#include "ice/stun/stun_builder.h"
#include "relay/core/prefix.h"
#include "relay/sockets/file_descriptor.h"
#include "relay/sockets/socket_address.h"

namespace {

using namespace avedge;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 64;
constexpr std::size_t kHeaders = sizeof(iphdr) + sizeof(udphdr);
/// RFC 8656 §18.7: UDP.
constexpr std::uint8_t kProtocolUdp = 17;

struct Options {
  std::string server;
  std::string sources = "198.18.0.0/15";
  double rate = 50'000;
  double seconds = 10;
};

using Packet = std::array<std::byte, 128>;

/// The same Allocate request with headers before it; source and transaction change.
class Flood {
 public:
  Flood(const Endpoint& server, const Prefix& sources) : to_{server}, sources_{sources} {
    fd_ = relay::FileDescriptor{socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)};
    if (!fd_.is_open()) throw std::runtime_error{"raw sockets need CAP_NET_RAW"};
    for (std::size_t i = 0; i < kBatch; ++i) {
      vectors_[i] = {packets_[i].data(), prepare(packets_[i], server)};
      messages_[i].msg_hdr = {&to_.any, to_.size(), &vectors_[i], 1, nullptr, 0, 0};
    }
  }

  /// How many of `count` packets the kernel took.
  std::size_t send(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) vary(packets_[i]);
    const int sent = sendmmsg(fd_.get(), messages_.data(), static_cast<unsigned>(count), 0);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

 private:
  static std::size_t prepare(Packet& packet, const Endpoint& server) {
    stun::StunBuilder request{Bytes{packet}.subspan(kHeaders), stun::Method::allocate,
                              stun::MessageClass::request, stun::TransactionId::random()};
    request.u8_of_four(stun::AttributeType::requested_transport, kProtocolUdp);
    const std::size_t size = kHeaders + request.finish().size();
    auto* ip = reinterpret_cast<iphdr*>(packet.data());
    *ip = {};
    ip->version = 4;
    ip->ihl = 5;
    ip->ttl = 64;
    ip->protocol = IPPROTO_UDP;
    ip->tot_len = htons(static_cast<std::uint16_t>(size));
    std::memcpy(&ip->daddr, server.address.bytes().data(), 4);
    auto* udp = reinterpret_cast<udphdr*>(packet.data() + sizeof(iphdr));
    *udp = {};  // RFC 768: a checksum of zero means that there is none
    udp->uh_dport = htons(server.port.number());
    udp->uh_ulen = htons(static_cast<std::uint16_t>(size - sizeof(iphdr)));
    return size;
  }

  void vary(Packet& packet) {
    auto* ip = reinterpret_cast<iphdr*>(packet.data());
    auto* udp = reinterpret_cast<udphdr*>(packet.data() + sizeof(iphdr));
    const std::uint32_t hosts = sources_.length() == 0 ? ~0u : (1u << (32 - sources_.length())) - 1;
    ip->saddr = htonl(load_be32(sources_.address().bytes().data()) | (next() & hosts));
    udp->uh_sport = htons(static_cast<std::uint16_t>(1024 + next() % 60'000));
    store_be32(packet.data() + kHeaders + 8, next());
  }

  std::uint32_t next() { return static_cast<std::uint32_t>(random_()); }

  relay::SocketAddress to_;
  Prefix sources_;
  relay::FileDescriptor fd_;
  std::mt19937 random_{1};
  std::array<Packet, kBatch> packets_{};
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
};

int run(const Options& options) {
  const auto server = Endpoint::parse(options.server);
  const auto sources = Prefix::parse(options.sources);
  if (!server || !server->address.is_v4()) throw std::runtime_error{"--server: no IPv4 address"};
  if (!sources) throw std::runtime_error{"--sources: no prefix"};
  Flood flood{*server, *sources};
  const auto begun = Clock::now();
  std::uint64_t sent = 0;
  double elapsed = 0;
  while (elapsed < options.seconds) {
    elapsed = std::chrono::duration<double>{Clock::now() - begun}.count();
    const auto due = static_cast<std::uint64_t>(options.rate * elapsed);
    if (due <= sent) {
      std::this_thread::sleep_for(std::chrono::microseconds{200});
      continue;
    }
    sent += flood.send(std::min<std::size_t>(kBatch, due - sent));
  }
  std::printf("{\"sent\": %lu, \"per_second\": %.0f}\n", sent, static_cast<double>(sent) / elapsed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Floods a TURN server with unauthenticated Allocate requests, sources forged."};
  app.add_option("--server", options.server, "IP:PORT, in this network namespace's reach")
      ->required();
  app.add_option("--sources", options.sources, "prefix that the sources are drawn from");
  app.add_option("--rate", options.rate, "packets per second")->check(CLI::Range(1.0, 5e6));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 240.0));
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "turn_flood: %s\n", failure.what());
    return 2;
  }
}
