// Sends prebuilt frames as fast as they are wanted: the load of `bench/compare`, and cheap enough
// to outrun any relay on the same kind of core. Needs CAP_NET_RAW. See bench/README.md.
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "bench/load/frame.h"
#include "relay/sockets/file_descriptor.h"

namespace {

using namespace avedge;
using namespace avedge::bench;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 64;

struct Options {
  std::string flows;
  std::string device;
  std::string to_mac;
  double rate = 100'000;
  double seconds = 5;
  std::size_t burst = 1;
  bool runs = false;
  bool rtp = false;
};

volatile std::sig_atomic_t interrupted = 0;

std::vector<FrameFlow> read_flows(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw std::runtime_error{"cannot read " + path};
  std::vector<FrameFlow> flows;
  for (std::string line; std::getline(file, line);) {
    auto flow = parse_frame_flow(line);
    if (!flow) throw std::runtime_error{"not a flow: " + line};
    flows.push_back(std::move(*flow));
  }
  if (flows.empty()) throw std::runtime_error{path + " has no flows"};
  return flows;
}

/// Writes frames straight to a device, past routing, firewall and queues.
class PacketSocket {
 public:
  /// `runs`: frames carry the header that says how to cut them apart.
  PacketSocket(const std::string& device, bool runs)
      : fd_{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)} {
    if (!fd_.is_open()) throw std::runtime_error{"packet sockets need CAP_NET_RAW"};
    ifreq request{};
    device.copy(request.ifr_name, sizeof request.ifr_name - 1);
    if (ioctl(fd_.get(), SIOCGIFHWADDR, &request) != 0) {
      throw std::runtime_error{"no device " + device};
    }
    std::memcpy(mac_.data(), request.ifr_hwaddr.sa_data, mac_.size());
    sockaddr_ll link{};
    link.sll_family = AF_PACKET;
    link.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
    const int on = 1;
    const int buffer = 16 * 1024 * 1024;
    if (runs) setsockopt(fd_.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on);
    setsockopt(fd_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&link), sizeof link) != 0) {
      throw std::runtime_error{"cannot send on " + device};
    }
  }

  [[nodiscard]] const MacAddress& mac() const { return mac_; }
  /// How many of `frames` the kernel took.
  std::size_t send(std::span<mmsghdr> frames) {
    const int sent = sendmmsg(fd_.get(), frames.data(), static_cast<unsigned>(frames.size()), 0);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

 private:
  relay::FileDescriptor fd_;
  MacAddress mac_{};
};

/// The flows take turns; each turn is `burst` packets.
class Spray {
 public:
  Spray(const Options& options, PacketSocket& socket, const std::vector<FrameFlow>& flows)
      : options_{options}, socket_{socket} {
    const auto to = parse_mac(options.to_mac);
    if (!to) throw std::runtime_error{"not a MAC address: " + options.to_mac};
    for (const FrameFlow& flow : flows) {
      frames_.push_back(options.runs ? make_run(socket.mac(), *to, flow, options.burst)
                                     : make_frame(socket.mac(), *to, flow));
    }
    for (std::size_t i = 0; i < kBatch; ++i) {
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  /// At most kBatch packets, but a whole run in any case. Returns how many the kernel took.
  std::size_t send(std::size_t count) {
    const std::size_t in_frame = options_.runs ? options_.burst : 1;
    const std::size_t frames = std::max<std::size_t>(count / in_frame, 1);
    for (std::size_t i = 0; i < frames; ++i) vectors_[i] = next(i);
    const std::size_t sent = socket_.send({messages_.data(), frames});
    refused_ += (frames - sent) * in_frame;
    return sent * in_frame;
  }

  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  /// The next frame, as the batch's message `slot`.
  iovec next(std::size_t slot) {
    std::vector<std::byte>& frame = frames_[flow_];
    if (options_.runs || ++in_turn_ == options_.burst) {
      in_turn_ = 0;
      flow_ = (flow_ + 1) % frames_.size();
    }
    if (!options_.rtp) return {frame.data(), frame.size()};
    count_up(frame);  // packets differ, so each message of a batch is a copy
    std::memcpy(copies_[slot].data(), frame.data(), frame.size());
    return {copies_[slot].data(), frame.size()};
  }

  /// RFC 3550 §5.1: sequence number and time stamp, of 20 ms of G.711.
  static void count_up(std::vector<std::byte>& frame) {
    std::byte* const rtp = &frame[kFrameHeader];
    const std::uint32_t time = load_be32(rtp + 4) + 160;
    change(frame, rtp + 2, static_cast<std::uint16_t>(load_be16(rtp + 2) + 1));
    change(frame, rtp + 4, static_cast<std::uint16_t>(time >> 16));
    change(frame, rtp + 6, static_cast<std::uint16_t>(time));
  }
  /// RFC 1624 §3, eqn. 3.
  static void change(std::vector<std::byte>& frame, std::byte* field, std::uint16_t value) {
    std::byte* const checksum = &frame[kUdpChecksumAt];
    std::uint32_t sum = static_cast<std::uint16_t>(~load_be16(checksum));
    sum += static_cast<std::uint16_t>(~load_be16(field)) + std::uint32_t{value};
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    store_be16(field, value);
    store_be16(checksum, static_cast<std::uint16_t>(~sum));
  }

  const Options& options_;
  PacketSocket& socket_;
  std::vector<std::vector<std::byte>> frames_;
  std::size_t flow_ = 0;
  std::size_t in_turn_ = 0;
  std::uint64_t refused_ = 0;
  std::array<std::array<std::byte, ETH_FRAME_LEN>, kBatch> copies_;
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
};

int run(const Options& options) {
  PacketSocket socket{options.device, options.runs};
  Spray spray{options, socket, read_flows(options.flows)};
  const auto begun = Clock::now();
  std::uint64_t sent = 0;
  std::uint64_t skipped = 0;
  double elapsed = 0;
  while (elapsed < options.seconds && interrupted == 0) {
    elapsed = std::chrono::duration<double>{Clock::now() - begun}.count();
    const auto due = static_cast<std::uint64_t>(options.rate * elapsed);
    if (due <= sent + skipped) {
      std::this_thread::sleep_for(std::chrono::microseconds{50});
      continue;
    }
    // Whoever was not scheduled for a while does not make up for it with a flood.
    const auto most = static_cast<std::uint64_t>(std::max(options.rate / 500, 2.0 * kBatch));
    if (due - sent - skipped > most) skipped = due - sent - most;
    sent += spray.send(std::min<std::size_t>(kBatch, due - sent - skipped));
  }
  const nlohmann::json report{{"sent", sent},
                              {"skipped", skipped},
                              {"refused", spray.refused()},
                              {"seconds", elapsed},
                              {"rate", static_cast<double>(sent) / elapsed}};
  std::printf("%s\n", report.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Sprays UDP datagrams from a list of flows, as prebuilt Ethernet frames."};
  app.add_option("--flows", options.flows, "file: SOURCE DESTINATION SIZE [HEXPREFIX] a line")
      ->required();
  app.add_option("--device", options.device, "network device to send on")->required();
  app.add_option("--to-mac", options.to_mac, "the relay's MAC address on that link")->required();
  app.add_option("--rate", options.rate, "packets per second, over all flows")
      ->check(CLI::Range(1.0, 2e7));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 3600.0));
  app.add_option("--burst", options.burst, "packets of one flow in a row")
      ->check(CLI::Range(1, 1000));
  auto* runs = app.add_flag("--runs", options.runs,
                            "a burst is one frame, as a network card's driver hands it on (GRO)");
  app.add_flag("--rtp", options.rtp, "the payload is RTP: count sequence number and time up")
      ->excludes(runs);
  CLI11_PARSE(app, argc, argv);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
  try {
    return run(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "spray: %s\n", failure.what());
    return 2;
  }
}
