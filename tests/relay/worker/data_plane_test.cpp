// Workers with real sockets on loopback: what a flow edit of the slow path does to real packets.
#include "relay/worker/data_plane.h"

#include <gtest/gtest.h>
#include <netinet/udp.h>

#include <optional>
#include <string>

#include "../loopback.h"
#include "../one_channel.h"
#include "../received_datagram.h"
#include "relay/sockets/udp_socket.h"
#include "tests/stream_path.h"

namespace avedge::relay {
namespace {

constexpr Port kListenerPort{3478};
constexpr Port kRelayFirst{50000};

/// A client or a peer: a socket of the test's own.
class Party {
 public:
  Party() : socket_{*open_udp({private_loopback(1), Port{}}, {})} {}

  [[nodiscard]] Endpoint endpoint() const { return local_endpoint(socket_); }
  void close() { socket_ = FileDescriptor{}; }

  void send(const Endpoint& to, const std::string& bytes) const {
    const SocketAddress address{to};
    ASSERT_EQ(sendto(socket_.get(), bytes.data(), bytes.size(), 0, &address.any, address.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  /// `bytes`, cut by the kernel into datagrams of `size` bytes and a rest: on loopback they travel
  /// in one piece.
  void send_run(const Endpoint& to, const std::string& bytes, int size) const {
    ASSERT_EQ(setsockopt(socket_.get(), SOL_UDP, UDP_SEGMENT, &size, sizeof size), 0);
    send(to, bytes);
    const int off = 0;
    setsockopt(socket_.get(), SOL_UDP, UDP_SEGMENT, &off, sizeof off);
  }

  /// DSCP and ECN of what it sends from now on; and it looks at those of what it receives.
  void mark(std::uint8_t traffic_class) const {
    const int value = traffic_class;
    setsockopt(socket_.get(), IPPROTO_IP, IP_TOS, &value, sizeof value);
    apply_dscp_ttl_policy(socket_.get(), AddressFamily::ipv4, {});
  }

  /// Waits for a datagram, at most ten seconds.
  [[nodiscard]] std::optional<ReceivedDatagram> receive() const {
    return receive_datagram(socket_, std::chrono::seconds{10});
  }

 private:
  FileDescriptor socket_;
};

/// Answers every STUN datagram by leasing a relay port and binding kChannel to `peer`; the answer
/// is the port's number as text.
class BindsOnFirstSight : public SlowPathHandler {
 public:
  BindsOnFirstSight(RelayPorts& ports, Endpoint peer, const BandwidthGrant& grant,
                    std::uint16_t others)
      : ports_{ports}, peer_{peer}, grant_{grant}, others_{others} {}

  Verdict<void> handle(Time now, const Path& path, ConstBytes, Outcome& outcome) override {
    const auto port = ports_.lease(AddressFamily::ipv4, Parity::any);
    if (!port) return port.reason();
    bind_channel(now, path, *port, peer_, outcome);
    for (std::uint16_t other = 0; other < others_; ++other) {
      Path theirs = path;
      theirs.remote = {IpAddress::v4(198, 51, 100, 20), Port{other}};
      bind_channel(now, theirs, *port, theirs.remote, outcome);
    }
    if (grant_.is_limited()) outcome.limit_bandwidth({port->socket, kNoSocket}, grant_);
    outcome.reply(path.socket, path.remote,
                  bytes_of(std::to_string(port->advertised.port.number())));
    client_ = path;
    return {};
  }
  void on_icmp(Time, SocketId, const Endpoint& peer, const IcmpError& error,
               Outcome& outcome) override {
    const std::string text = peer.to_string() + " type " + std::to_string(error.type) + " code " +
                             std::to_string(error.code);
    outcome.reply(client_.socket, client_.remote, bytes_of(text));
  }
  void expire(Time, Outcome&) override {}
  [[nodiscard]] Time next_deadline() const override { return kNever; }

 private:
  RelayPorts& ports_;
  Endpoint peer_;
  BandwidthGrant grant_;
  std::uint16_t others_;  // clients that have a channel by the same port
  Path client_;
};

/// Puts as many bytes behind each packet as SRTP may.
class Appends final : public PacketCrypto {
 public:
  Verdict<void> apply(Time, PacketBuffer& packet) override {
    const std::size_t size = packet.bytes.size();
    packet.bytes = {packet.bytes.data(), size + kMaxGrowth};
    std::memset(packet.bytes.data() + size, '+', kMaxGrowth);
    return {};
  }
};

/// Joins the two ends of a path as they are signalled, and answers what comes from elsewhere.
class JoinsSignalledEnds : public MediaPathHandler {
 public:
  Verdict<void> handle(Time, const Path&, ConstBytes, Outcome&) override {
    return DropReason::unknown_source;
  }
  void expire(Time, Outcome&) override {}
  [[nodiscard]] Time next_deadline() const override { return kNever; }
  void set_path(Time, const MediaPath& path, Outcome& outcome) override {
    path_ = *udp_path_of(path);
    join(path_.caller, path_.callee, outcome);
    join(path_.callee, path_.caller, outcome);
  }
  void remove_path(Time, MediaPathId, Outcome& outcome) override {
    outcome.erase({path_.caller.socket, path_.caller.signalled, kNoChannel});
    outcome.erase({path_.callee.socket, path_.callee.signalled, kNoChannel});
  }
  Verdict<void> on_stream(Time, const StreamEvent&, Outcome&) override {
    return DropReason::unknown_source;
  }

 private:
  static void join(const UdpLeg& from, const UdpLeg& to, Outcome& outcome) {
    FlowSpec flow;
    flow.key = {from.socket, from.signalled, kNoChannel};
    flow.out_socket = to.socket;
    flow.destination = to.signalled;
    if (to.payload.has_dtls) {  // stands for a leg that is encrypted
      flow.crypto = CryptoId{1};
      outcome.set_crypto(flow.crypto, std::make_shared<Appends>());
    }
    outcome.upsert(flow);
  }
  UdpPath path_;
};

class DataPlaneTest : public testing::Test {
 protected:
  void SetUp() override {
    DataPlaneSettings settings;
    settings.workers = 2;
    settings.turn_relay_interface = "external";
    settings.ranges = {{"external", private_loopback(), private_loopback(), "", kRelayFirst,
                        Port{kRelayFirst.number() + 99}}};
    settings.turn_listeners = {ClientListener{.local = listener_}};
    auto plane = DataPlane::open(settings, make_handlers());
    ASSERT_TRUE(plane) << plane.reason().message();
    plane_ = std::move(plane).value();
    plane_->start();
  }

  [[nodiscard]] HandlerFactory make_handlers() {
    return [this](const HandlerContext& around) {
      return Handlers{
          std::make_unique<BindsOnFirstSight>(around.ports, peer_.endpoint(), grant_, others_),
          std::make_unique<JoinsSignalledEnds>()};
    };
  }

  [[nodiscard]] std::uint64_t counted(Direction direction) const {
    std::uint64_t sum = 0;
    for (const auto* counters : plane_->counters()) {
      sum += counters->packets[static_cast<std::size_t>(direction)].value();
    }
    return sum;
  }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
    std::uint64_t sum = 0;
    for (const auto* counters : plane_->counters()) sum += counters->drops.of(reason);
    return sum;
  }
  [[nodiscard]] std::size_t ports_in_use() const {
    return plane_->addresses().all()[0]->udp_ports().in_use();
  }
  /// Polls, at most ten seconds: the workers carry orders out in their own time.
  template <class Condition>
  static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  const Endpoint listener_{private_loopback(), kListenerPort};
  Party client_;
  Party peer_;
  BandwidthGrant grant_;
  std::uint16_t others_ = 0;
  std::unique_ptr<DataPlane> plane_;
};

class CrowdedDataPlaneTest : public DataPlaneTest {
 protected:
  /// More flows than processors cache.
  CrowdedDataPlaneTest() { others_ = 5000; }
};

class LimitedDataPlaneTest : public DataPlaneTest {
 protected:
  /// A thousand bytes take eight seconds.
  LimitedDataPlaneTest() { grant_.user = std::make_shared<SharedBudget>(Bandwidth{1}); }
};

const std::string kStun(20, '\0');

TEST_F(DataPlaneTest, ForwardsChannelDataBothWaysByTheFlowsOfTheSlowPath) {
  client_.send(listener_, kStun);
  const auto answer = client_.receive();
  ASSERT_TRUE(answer);
  const Endpoint relayed{private_loopback(), *Port::parse(answer->bytes)};

  client_.send(listener_, channel_data("to the peer"));
  const auto arrived = peer_.receive();
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->bytes, "to the peer");
  EXPECT_EQ(arrived->from, relayed);

  peer_.send(relayed, "and back");
  const auto back = client_.receive();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->bytes, channel_data("and back"));
  EXPECT_EQ(back->from, listener_);
  EXPECT_TRUE(eventually([&] {
    return counted(Direction::client_to_peer) == 1 && counted(Direction::peer_to_client) == 1;
  }));
}

TEST_F(CrowdedDataPlaneTest, EachOfABatchFindsItsFlow) {
  client_.send(listener_, kStun);
  const auto answer = client_.receive();
  ASSERT_TRUE(answer);
  const Endpoint relayed{private_loopback(), *Port::parse(answer->bytes)};
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 10; ++i) {
      client_.send(listener_, channel_data(std::to_string(i)));
      client_.send(listener_, "@");  // of ChannelData's first byte, and no more
      client_.send(listener_, "");
    }
    for (int i = 0; i < 10; ++i) {
      const auto arrived = peer_.receive();
      ASSERT_TRUE(arrived);
      EXPECT_EQ(arrived->bytes, std::to_string(i));
      EXPECT_EQ(arrived->from, relayed);
    }
  }
  EXPECT_TRUE(eventually([&] { return dropped(DropReason::channel_data_malformed) == 100; }));
  EXPECT_TRUE(eventually([&] { return dropped(DropReason::not_for_us) == 100; }));
}

TEST_F(DataPlaneTest, Rfc8656_115_TheSlowPathHearsOfPeersThatAreGone) {
  client_.send(listener_, kStun);
  ASSERT_TRUE(client_.receive());
  const std::string gone = peer_.endpoint().to_string();
  peer_.close();
  client_.send(listener_, channel_data("anybody there?"));
  const auto told = client_.receive();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->bytes, gone + " type 3 code 3");
}

TEST_F(DataPlaneTest, AFloodOfIcmpErrorsIsNotTurnedIntoOneTowardsTheClient) {
  client_.send(listener_, kStun);
  ASSERT_TRUE(client_.receive());
  peer_.close();
  // Far more at once than the limit lets pass, however busy this machine is.
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 500; ++i) client_.send(listener_, channel_data("anybody there?"));
    return dropped(DropReason::icmp_flood) > 0;
  }));
}

TEST_F(DataPlaneTest, Rfc8656_14_DscpAndEcnPassBothWays) {
  constexpr std::uint8_t kExpeditedForwarding = 46 << 2;
  constexpr std::uint8_t kAssuredForwarding41 = 34 << 2 | 1;  // and ECT(1)
  client_.send(listener_, kStun);
  const auto answer = client_.receive();
  ASSERT_TRUE(answer);
  client_.mark(kExpeditedForwarding);
  peer_.mark(kAssuredForwarding41);

  client_.send(listener_, channel_data("urgent"));
  EXPECT_EQ(peer_.receive()->ancillary.fields.traffic_class, kExpeditedForwarding);
  peer_.send({private_loopback(), *Port::parse(answer->bytes)}, "less so");
  EXPECT_EQ(client_.receive()->ancillary.fields.traffic_class, kAssuredForwarding41);
}

TEST_F(LimitedDataPlaneTest, WhatIsBeyondTheBandwidthIsDropped) {
  client_.send(listener_, kStun);
  ASSERT_TRUE(client_.receive());
  client_.send(listener_, channel_data(std::string(1000, 'x')));
  ASSERT_TRUE(peer_.receive());
  client_.send(listener_, channel_data("too much"));
  EXPECT_TRUE(eventually([&] { return dropped(DropReason::bandwidth) == 1; }));
}

TEST_F(DataPlaneTest, LargeDatagramsPassWhole) {
  client_.send(listener_, kStun);
  const auto answer = client_.receive();
  ASSERT_TRUE(answer);
  const std::string large(60'000, 'x');
  client_.send(listener_, channel_data(large));
  const auto arrived = peer_.receive();
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->bytes, large);
}

TEST_F(DataPlaneTest, RunsThatArriveInOnePieceAreRelayedDatagramByDatagram) {
  client_.send(listener_, kStun);
  const auto answer = client_.receive();
  ASSERT_TRUE(answer);
  const Endpoint relayed{private_loopback(), *Port::parse(answer->bytes)};
  constexpr int kRuns = 3;
  constexpr int kInRun = 50;
  const auto text = [](int i) { return std::string(99, static_cast<char>(i % 127)) + "."; };
  for (int run = 0; run < kRuns; ++run) {
    std::string up;
    std::string down;
    for (int i = 0; i < kInRun; ++i) {
      up += channel_data(text(run * kInRun + i));
      down += text(run * kInRun + i);
    }
    client_.send_run(listener_, up + channel_data("rest"), static_cast<int>(up.size()) / kInRun);
    peer_.send_run(relayed, down + "rest", static_cast<int>(down.size()) / kInRun);
  }
  for (int run = 0; run < kRuns; ++run) {
    for (int i = 0; i <= kInRun; ++i) {
      const std::string expected = i < kInRun ? text(run * kInRun + i) : "rest";
      const auto at_peer = peer_.receive();
      const auto at_client = client_.receive();
      ASSERT_TRUE(at_peer && at_client) << run << ' ' << i;
      ASSERT_EQ(at_peer->bytes, expected);
      ASSERT_EQ(at_client->bytes, channel_data(expected));
    }
  }
}

/// Those of a party are passed where they lie, unless they are going to grow.
TEST_F(DataPlaneTest, EachDatagramOfABurstGrowsByItself) {
  const WorkerIndex worker = plane_->assign_worker();
  const auto near = plane_->lease_pair(worker, "external", AddressFamily::ipv4);
  const auto far = plane_->lease_pair(worker, "external", AddressFamily::ipv4);
  ASSERT_TRUE(near && far);
  UdpPath path;
  path.caller.socket = near->rtp.socket();
  path.caller.signalled = client_.endpoint();
  path.callee.socket = far->rtp.socket();
  path.callee.signalled = peer_.endpoint();
  path.callee.payload.has_dtls = true;
  plane_->set_path(worker, media_path_of(path));

  constexpr int kInRun = 40;
  const auto text = [](int i) { return std::string(99, static_cast<char>('0' + i)) + "."; };
  std::string burst;
  for (int i = 0; i < kInRun; ++i) burst += text(i);
  client_.send_run(near->rtp.local(), burst, 100);
  for (int i = 0; i < kInRun; ++i) {
    const auto arrived = peer_.receive();
    ASSERT_TRUE(arrived) << i;
    ASSERT_EQ(arrived->bytes, text(i) + std::string(PacketCrypto::kMaxGrowth, '+'));
  }
  plane_->remove_path(worker, path.id);
}

TEST_F(DataPlaneTest, AStrangersPacketsReachNobody) {
  client_.send(listener_, kStun);
  const auto answer = client_.receive();
  ASSERT_TRUE(answer);
  const Party stranger;
  stranger.send({private_loopback(), *Port::parse(answer->bytes)}, "let me in");
  stranger.send(listener_, channel_data("let me out"));
  EXPECT_TRUE(eventually([&] {
    std::uint64_t refused = 0;
    for (const auto* counters : plane_->counters()) {
      refused += counters->drops.of(DropReason::no_permission) +
                 counters->drops.of(DropReason::no_channel);
    }
    return refused == 2;
  }));
  EXPECT_EQ(counted(Direction::client_to_peer) + counted(Direction::peer_to_client), 0u);
}

TEST_F(DataPlaneTest, AnchorsForwardBetweenTheEndsOfAPathAndFreeTheirPorts) {
  {
    const WorkerIndex worker = plane_->assign_worker();
    auto near = plane_->lease_pair(worker, "external", AddressFamily::ipv4);
    auto far = plane_->lease_pair(worker, "external", AddressFamily::ipv4);
    ASSERT_TRUE(near && far);
    EXPECT_EQ(ports_in_use(), 4u);

    UdpPath path;
    path.caller.socket = near->rtp.socket();
    path.caller.signalled = client_.endpoint();
    path.callee.socket = far->rtp.socket();
    path.callee.signalled = peer_.endpoint();
    plane_->set_path(worker, media_path_of(path));

    client_.send(near->rtp.local(), "\x80 rtp");  // waits in the socket until the worker has it
    const auto arrived = peer_.receive();
    ASSERT_TRUE(arrived);
    EXPECT_EQ(arrived->bytes, "\x80 rtp");
    EXPECT_EQ(arrived->from, far->rtp.local());
    plane_->remove_path(worker, path.id);
  }
  EXPECT_TRUE(eventually([&] { return ports_in_use() == 0; }));
}

TEST_F(DataPlaneTest, ASecondDataPlaneOnTheSameListenersIsRefused) {
  DataPlaneSettings settings;
  settings.turn_listeners = {ClientListener{.local = listener_}};
  const auto second = DataPlane::open(settings, make_handlers());
  ASSERT_FALSE(second);
  EXPECT_NE(second.reason().message().find(listener_.to_string()), std::string::npos);
}

TEST_F(DataPlaneTest, WhenPortsRunOutTheRunningOnesGoOn) {
  const WorkerIndex worker = plane_->assign_worker();
  std::vector<MediaPortPair> pairs;
  for (int i = 0; i < 50; ++i) {
    pairs.push_back(plane_->lease_pair(worker, "external", AddressFamily::ipv4).value());
  }
  const auto refused = plane_->lease_pair(worker, "external", AddressFamily::ipv4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.reason(), DropReason::ports_exhausted);
  pairs.clear();
  EXPECT_TRUE(eventually([&] { return ports_in_use() == 0; }));
}

}  // namespace
}  // namespace avedge::relay
