// One stream of SRTP, or of SRTCP with --rtcp, over plain UDP sockets, for tests of what stands
// between its two ends.
//   srtp_stream send    [--rtcp] --key BASE64 --to IP:PORT --from IP:PORT --count N --ssrc S
//                       [--interval-ms 20]
//   srtp_stream receive [--rtcp] --key BASE64 --bind IP:PORT --count N --timeout SECONDS
// Both sides compute each packet from its number alone, so the receiver knows every byte
// it must see. It prints "ready" on stderr once it is bound, a JSON object on stdout at its end,
// and exits with 0 only if all N packets came once each and intact.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "relay/core/base64.h"
#include "relay/core/endpoint.h"
#include "srtp/packet_protection.h"

namespace {

using namespace avedge;
using Clock = std::chrono::steady_clock;

constexpr auto kSuite = srtp::CryptoSuite::aes_cm_128_hmac_sha1_80;
constexpr std::size_t kRtpHeaderSize = 12;
constexpr std::size_t kPacketSize = 172;  // 20 ms of G.711
constexpr std::uint16_t kFirstSequence = 1;
constexpr unsigned kMaxCount = 60000;  // below the roll-over of the sequence number

struct Options {
  bool is_rtcp = false;
  std::string key;
  std::string local;
  std::string remote;
  unsigned count = 0;
  unsigned interval_ms = 20;
  double timeout_seconds = 0;
  std::uint32_t source = 0;
};

/// The packets of one component, each of which its number stands for.
class Component {
 public:
  using Packet = std::vector<std::byte>;

  virtual ~Component() = default;
  [[nodiscard]] virtual Packet make(std::uint16_t number, std::uint32_t source) const = 0;
  /// The packet that `packet`, which the far end has protected, should be.
  [[nodiscard]] virtual Packet model_of(ConstBytes packet) const = 0;
  [[nodiscard]] virtual std::uint16_t number_of(ConstBytes packet) const = 0;
  [[nodiscard]] virtual Verdict<Bytes> protect(srtp::OutboundProtection& by, Bytes buffer,
                                               std::size_t size) const = 0;
  [[nodiscard]] virtual Verdict<Bytes> unprotect(srtp::InboundProtection& by,
                                                 Bytes packet) const = 0;
};

class Rtp final : public Component {
 public:
  [[nodiscard]] Packet make(std::uint16_t number, std::uint32_t source) const override {
    Packet packet(kPacketSize);
    ByteWriter writer{packet};
    writer.u8(0x80);  // version 2
    writer.u8(0);     // PCMU
    writer.u16(number);
    writer.u32(number * 160u);
    writer.u32(source);
    for (std::size_t i = 0; i < kPacketSize - kRtpHeaderSize; ++i) {
      writer.u8(static_cast<std::uint8_t>(number * 31u + i * 7u));
    }
    return packet;
  }
  [[nodiscard]] Packet model_of(ConstBytes packet) const override {
    return make(number_of(packet), load_be32(packet.data() + 8));
  }
  [[nodiscard]] std::uint16_t number_of(ConstBytes packet) const override {
    return load_be16(packet.data() + 2);
  }
  [[nodiscard]] Verdict<Bytes> protect(srtp::OutboundProtection& by, Bytes buffer,
                                       std::size_t size) const override {
    return by.protect_rtp(buffer, size);
  }
  [[nodiscard]] Verdict<Bytes> unprotect(srtp::InboundProtection& by, Bytes packet) const override {
    return by.unprotect_rtp(packet);
  }
};

/// Receiver reports without a block, each with its number behind it (RFC 3550 §6.4.2).
class Rtcp final : public Component {
 public:
  [[nodiscard]] Packet make(std::uint16_t number, std::uint32_t source) const override {
    Packet packet(kReportSize);
    ByteWriter writer{packet};
    writer.u8(0x80);  // version 2, no report block
    writer.u8(201);
    writer.u16(kReportSize / 4 - 1);
    writer.u32(source);
    writer.u32(number);
    return packet;
  }
  [[nodiscard]] Packet model_of(ConstBytes packet) const override {
    return make(number_of(packet), load_be32(packet.data() + 4));
  }
  [[nodiscard]] std::uint16_t number_of(ConstBytes packet) const override {
    return packet.size() < kReportSize ? 0 : load_be16(packet.data() + kReportSize - 2);
  }
  [[nodiscard]] Verdict<Bytes> protect(srtp::OutboundProtection& by, Bytes buffer,
                                       std::size_t size) const override {
    return by.protect_rtcp(buffer, size);
  }
  [[nodiscard]] Verdict<Bytes> unprotect(srtp::InboundProtection& by, Bytes packet) const override {
    return by.unprotect_rtcp(packet);
  }

 private:
  static constexpr std::size_t kReportSize = 12;
};

std::unique_ptr<Component> component_of(const Options& options) {
  if (options.is_rtcp) return std::make_unique<Rtcp>();
  return std::make_unique<Rtp>();
}

sockaddr_storage socket_address(const Endpoint& endpoint, socklen_t& length) {
  sockaddr_storage storage{};
  const ConstBytes address = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port.number());
    std::memcpy(&v4->sin_addr, address.data(), address.size());
    length = sizeof(sockaddr_in);
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port.number());
    std::memcpy(&v6->sin6_addr, address.data(), address.size());
    length = sizeof(sockaddr_in6);
  }
  return storage;
}

Endpoint endpoint_of(const std::string& text) {
  const auto endpoint = Endpoint::parse(text);
  if (!endpoint) throw std::runtime_error{"not an address and port: " + text};
  return *endpoint;
}

std::vector<srtp::MasterKey> key_of(const std::string& base64) {
  std::array<std::byte, srtp::kMaxKeyAndSalt> buffer{};
  const auto bytes = decode_base64(base64, buffer, Base64Form::optional_padding);
  const auto key = bytes ? srtp::MasterKey::from_bytes(kSuite, *bytes) : std::nullopt;
  if (!key) throw std::runtime_error{"--key is not 30 bytes in base64"};
  return {*key};
}

class BoundSocket {
 public:
  explicit BoundSocket(const Endpoint& local)
      : descriptor_{
            socket(local.address.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    socklen_t length = 0;
    const sockaddr_storage address = socket_address(local, length);
    if (descriptor_ < 0 ||
        bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      throw std::runtime_error{Error::from_errno("cannot bind " + local.to_string()).message()};
    }
  }
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;
  ~BoundSocket() { close(descriptor_); }

  /// False if the kernel refuses, for instance because of an earlier ICMP error.
  bool send(ConstBytes packet, const Endpoint& to) const {
    socklen_t length = 0;
    const sockaddr_storage address = socket_address(to, length);
    return sendto(descriptor_, packet.data(), packet.size(), 0,
                  reinterpret_cast<const sockaddr*>(&address),
                  length) == static_cast<ssize_t>(packet.size());
  }

  /// The next datagram, or nothing when `deadline` comes first.
  std::optional<Bytes> receive(Bytes buffer, Clock::time_point deadline) const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{descriptor_, POLLIN, 0};
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return std::nullopt;
    const ssize_t size = recv(descriptor_, buffer.data(), buffer.size(), 0);
    return size < 0 ? Bytes{} : buffer.first(static_cast<std::size_t>(size));
  }

 private:
  int descriptor_;
};

int send_stream(const Options& options) {
  auto protection = srtp::OutboundProtection::create(key_of(options.key));
  if (!protection) throw std::runtime_error{protection.reason().message()};
  const BoundSocket socket{endpoint_of(options.local)};
  const Endpoint to = endpoint_of(options.remote);
  const auto component = component_of(options);

  unsigned sent = 0;
  auto next = Clock::now();
  for (unsigned i = 0; i < options.count; ++i) {
    std::this_thread::sleep_until(next);
    next += std::chrono::milliseconds{options.interval_ms};
    const auto plain =
        component->make(static_cast<std::uint16_t>(kFirstSequence + i), options.source);
    alignas(4) std::array<std::byte, kPacketSize + srtp::kMaxProtectionOverhead> buffer{};
    std::copy(plain.begin(), plain.end(), buffer.begin());
    const auto secured = component->protect(*protection, buffer, plain.size());
    if (secured && socket.send(*secured, to)) ++sent;
  }
  std::printf("%s\n", nlohmann::json{{"sent", sent}}.dump().c_str());
  return sent == options.count ? 0 : 1;
}

/// What came, judged against what was to come.
class Tally {
 public:
  Tally(const Component& component, unsigned count) : component_{component}, count_{count} {}

  void add(const Verdict<Bytes>& packet) {
    if (!packet) {
      ++(packet.reason() == DropReason::srtp_replayed ? duplicates_ : refused_);
    } else if (!is_expected(*packet)) {
      ++mismatched_;
    } else {
      seen_.insert(component_.number_of(*packet));
    }
  }
  [[nodiscard]] bool complete() const { return seen_.size() == count_; }
  [[nodiscard]] bool perfect() const {
    return complete() && duplicates_ == 0 && refused_ == 0 && mismatched_ == 0;
  }
  [[nodiscard]] nlohmann::json report() const {
    return {{"received", seen_.size()},
            {"lost", count_ - seen_.size()},
            {"duplicates", duplicates_},
            {"refused", refused_},
            {"mismatched", mismatched_}};
  }

 private:
  [[nodiscard]] bool is_expected(ConstBytes packet) const {
    const std::uint16_t number = component_.number_of(packet);
    if (number < kFirstSequence || number >= kFirstSequence + count_) return false;
    return std::ranges::equal(packet, component_.model_of(packet));
  }

  const Component& component_;
  unsigned count_;
  std::set<std::uint16_t> seen_;
  unsigned duplicates_ = 0;
  unsigned refused_ = 0;  // not under our key, or no SRTP at all
  unsigned mismatched_ = 0;
};

int receive_stream(const Options& options) {
  auto protection = srtp::InboundProtection::create(key_of(options.key));
  if (!protection) throw std::runtime_error{protection.reason().message()};
  const BoundSocket socket{endpoint_of(options.local)};
  std::fprintf(stderr, "ready\n");

  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>{options.timeout_seconds});
  const auto component = component_of(options);
  Tally tally{*component, options.count};
  alignas(4) std::array<std::byte, 2048> buffer{};
  // A little longer than the last packet: a duplicate would come right behind it.
  auto until = deadline;
  while (const auto datagram = socket.receive(buffer, until)) {
    tally.add(component->unprotect(*protection, *datagram));
    if (tally.complete()) until = std::min(until, Clock::now() + std::chrono::milliseconds{200});
  }
  std::printf("%s\n", tally.report().dump().c_str());
  return tally.perfect() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Sends or receives one stream of SRTP (AES_CM_128_HMAC_SHA1_80, PCMU) or SRTCP."};
  app.require_subcommand(1);
  CLI::App* send = app.add_subcommand("send", "send a stream");
  CLI::App* receive = app.add_subcommand("receive", "receive it and compare every byte");
  for (CLI::App* command : {send, receive}) {
    command->add_flag("--rtcp", options.is_rtcp, "SRTCP: reports");
    command->add_option("--key", options.key, "30 bytes in base64, as in a=crypto")->required();
    command->add_option("--count", options.count)->required()->check(CLI::Range(1u, kMaxCount));
  }
  send->add_option("--to", options.remote)->required();
  send->add_option("--from", options.local)->required();
  send->add_option("--ssrc", options.source)->required();
  send->add_option("--interval-ms", options.interval_ms)->check(CLI::Range(0u, 1000u));
  receive->add_option("--bind", options.local)->required();
  receive->add_option("--timeout", options.timeout_seconds)
      ->required()
      ->check(CLI::Range(0.1, 3600.0));
  CLI11_PARSE(app, argc, argv);
  try {
    return send->parsed() ? send_stream(options) : receive_stream(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "srtp_stream: %s\n", failure.what());
    return 2;
  }
}
