// The forwarding loop's judgement, packet by packet, against real sockets on loopback.
#include "relay/forwarding/forwarder.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <optional>
#include <string>

#include "../loopback.h"
#include "relay/sockets/packet_ring.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

using std::chrono::seconds;

constexpr SocketId kListener{1};
constexpr SocketId kRelay{2};
constexpr SocketId kAnchor{3};
constexpr ChannelField kChannel = 0x4001;
const Time kNow{std::chrono::hours{1}};

/// Knows one relayed address, private_loopback() advertised as 203.0.113.7, and one leased port.
class FakePorts : public RelayPorts {
 public:
  Verdict<RelayPort> lease(AddressFamily, Parity) override { return DropReason::ports_exhausted; }
  Verdict<Reserving> lease_reserving_next(Time, AddressFamily) override {
    return DropReason::ports_exhausted;
  }
  Verdict<RelayPort> claim(Time, const ReservationToken&) override {
    return DropReason::bad_reservation;
  }
  [[nodiscard]] std::optional<IpAddress> own_relay_address(const IpAddress& peer) const override {
    if (peer == advertised || peer == private_loopback()) return private_loopback();
    return std::nullopt;
  }
  [[nodiscard]] IpAddress advertised_address(const IpAddress& local) const override {
    return local == private_loopback() ? advertised : local;
  }
  [[nodiscard]] bool is_leased(const Endpoint& local) const override { return local == leased; }
  [[nodiscard]] std::optional<SocketId> udp_listener(const Endpoint&) const override { return {}; }
  [[nodiscard]] std::unique_ptr<DetachedPort> detach(SocketId) override { return nullptr; }
  [[nodiscard]] Verdict<RelayPort> attach(std::unique_ptr<DetachedPort>) override {
    return DropReason::ports_exhausted;
  }

  IpAddress advertised = IpAddress::v4(203, 0, 113, 7);
  Endpoint leased;
};

class ForwarderTest : public testing::Test {
 protected:
  ForwarderTest() {
    add(kListener, UdpListener{0, true, AdaptiveReceiveBuffer{-1, 0}});
    add(kRelay, RelayedAddress{});
    add(kAnchor, AnchorPort{});
  }

  template <class Kind>
  void add(SocketId id, Kind kind) {
    Socket socket;
    socket.fd = *open_udp({private_loopback(), Port{}}, {});
    socket.local = local_endpoint(socket.fd);
    socket.kind = std::move(kind);
    sockets_.add(id, std::move(socket));
  }

  FlowSpec flow(const FlowKey& key, Transform transform, SocketId out) {
    FlowSpec spec;
    spec.key = key;
    spec.transform = transform;
    spec.channel = kChannel;
    spec.out_socket = out;
    spec.destination = local_endpoint(receiver_);
    spec.valid_until = kNow + seconds{300};
    spec.channel_until = kNow + seconds{600};
    return spec;
  }
  void permit_peer(bool own_relay = false) {
    FlowSpec permission = flow({kRelay, {peer_.address, Port{}}, kNoChannel},
                               Transform::frame_data_indication, kListener);
    permission.judges_port = own_relay;
    ASSERT_TRUE(flows_.upsert(permission));
  }

  /// Hands `bytes` to the forwarder as if they came from `from`, and flushes.
  Forwarder::Next forward(SocketId id, const Endpoint& from, const std::string& bytes,
                          Time now = kNow) {
    std::byte* const buffer = ring_.payload(0);
    std::memcpy(buffer, bytes.data(), bytes.size());
    const auto next =
        forwarder_.forward(now, id, *sockets_.find(id), {from, {buffer, bytes.size()}});
    batch_.flush();
    return next;
  }

  /// What arrived at the receiver; nothing if nothing did (loopback delivers before send returns).
  std::optional<std::string> received() {
    std::string bytes(65536, '\0');
    SocketAddress from;
    socklen_t size = sizeof from;
    const auto got =
        recvfrom(receiver_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT, &from.any, &size);
    if (got < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(got));
    sender_ = from.endpoint();
    return bytes;
  }

  [[nodiscard]] std::uint64_t drops(DropReason reason) const { return counters_.drops.of(reason); }

  SocketTable sockets_{16};
  FlowTable flows_{16, 7};
  WorkerCounters counters_;
  FakePorts ports_;
  SendBatch batch_{counters_.drops};
  CryptoTable cryptos_;
  PacketBuffers buffers_{batch_, nullptr};
  Forwarder forwarder_{{flows_, sockets_, cryptos_, batch_, buffers_, counters_, ports_, true}};
  PacketRing ring_;
  FileDescriptor receiver_ = *open_udp({private_loopback(1), Port{}}, {});
  Endpoint sender_;
  const Endpoint client_ = *Endpoint::parse("198.51.100.1:1000");
  const Endpoint peer_ = *Endpoint::parse("198.51.100.2:2000");
};

std::string bytes_from(ConstBytes bytes) {
  return std::string{text_of(bytes)};
}

std::string channel_data(const std::string& payload, ChannelField channel = kChannel) {
  std::string message(4, '\0');
  write_channel_data_header(reinterpret_cast<std::byte*>(message.data()), channel, payload.size());
  return message + payload;
}

/// A Send indication to `peer` (RFC 8656 §11.1), written out by hand.
std::string send_indication(const Endpoint& peer, const std::string& data,
                            bool dont_fragment = false) {
  std::vector<std::byte> bytes(256);
  ByteWriter writer{bytes};
  const std::size_t padding = padding_of(data.size());
  writer.u16(0x0016);
  writer.u16(
      static_cast<std::uint16_t>(12 + 4 + data.size() + padding + (dont_fragment ? 4u : 0u)));
  writer.u32(kStunMagicCookie);
  writer.zeros(12);
  writer.u16(0x0012);  // XOR-PEER-ADDRESS
  writer.u16(8);
  writer.u16(0x0001);
  writer.u16(static_cast<std::uint16_t>(peer.port.number() ^ 0x2112));
  writer.u32(load_be32(peer.address.bytes().data()) ^ kStunMagicCookie);
  writer.u16(0x0013);  // DATA
  writer.u16(static_cast<std::uint16_t>(data.size()));
  writer.bytes(bytes_of(data));
  writer.zeros(padding);
  if (dont_fragment) writer.u32(0x001A0000);
  return bytes_from(writer.written());
}

TEST_F(ForwarderTest, Rfc8656_12_6_ChannelDataOfABoundChannelReachesThePeerBare) {
  ASSERT_TRUE(
      flows_.upsert(flow({kListener, client_, kChannel}, Transform::strip_channel_header, kRelay)));
  EXPECT_EQ(forward(kListener, client_, channel_data("voice") + "pad"), Forwarder::Next::done);
  EXPECT_EQ(received(), "voice");
  EXPECT_EQ(sender_, sockets_.find(kRelay)->local);
}

TEST_F(ForwarderTest, Rfc8656_12_6_ChannelDataOfAnUnboundChannelGoesNowhere) {
  ASSERT_TRUE(
      flows_.upsert(flow({kListener, client_, kChannel}, Transform::strip_channel_header, kRelay)));
  (void)forward(kListener, client_, channel_data("voice", kChannel + 1));
  (void)forward(kListener, peer_, channel_data("voice"));
  EXPECT_FALSE(received());
  EXPECT_EQ(drops(DropReason::no_channel), 2u);
}

TEST_F(ForwarderTest, Rfc8656_11_2_ASendIndicationNeedsAPermission) {
  ASSERT_TRUE(flows_.upsert(
      flow({kListener, client_, kSendIndicationIpv4}, Transform::unwrap_send_indication, kRelay)));
  const Endpoint receiver = local_endpoint(receiver_);
  (void)forward(kListener, client_, send_indication(receiver, "hello"));
  EXPECT_FALSE(received());
  EXPECT_EQ(drops(DropReason::no_permission), 1u);

  ASSERT_TRUE(flows_.upsert(flow({kRelay, {receiver.address, Port{}}, kNoChannel},
                                 Transform::frame_data_indication, kListener)));
  (void)forward(kListener, client_, send_indication(receiver, "hello"));
  EXPECT_EQ(received(), "hello");
}

TEST_F(ForwarderTest, Rfc8656_14_DontFragmentIsHonouredAndDoesNotStick) {
  ASSERT_TRUE(flows_.upsert(
      flow({kListener, client_, kSendIndicationIpv4}, Transform::unwrap_send_indication, kRelay)));
  const Endpoint receiver = local_endpoint(receiver_);
  ASSERT_TRUE(flows_.upsert(flow({kRelay, {receiver.address, Port{}}, kNoChannel},
                                 Transform::frame_data_indication, kListener)));
  (void)forward(kListener, client_, send_indication(receiver, "probe", true));
  EXPECT_EQ(received(), "probe");
  int discover = -1;
  socklen_t size = sizeof discover;
  ASSERT_EQ(
      getsockopt(sockets_.find(kRelay)->fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, &discover, &size),
      0);
  EXPECT_EQ(discover, IP_PMTUDISC_OMIT);
}

TEST_F(ForwarderTest, Rfc8656_14_WhatHasNoHopLeftGoesNoFurther) {
  ASSERT_TRUE(
      flows_.upsert(flow({kListener, client_, kChannel}, Transform::strip_channel_header, kRelay)));
  Forwarder forwarder{{flows_, sockets_, cryptos_, batch_, buffers_, counters_, ports_, true,
                       DscpTtlPolicy{{}, true}}};
  for (const std::uint8_t hop_limit : std::array<std::uint8_t, 2>{1, 2}) {
    std::string message = channel_data(std::to_string(hop_limit));
    (void)forwarder.forward(kNow, kListener, *sockets_.find(kListener),
                            {client_, std::as_writable_bytes(std::span{message}), {0, hop_limit}});
    batch_.flush();
  }
  EXPECT_EQ(received(), "2");
  EXPECT_FALSE(received());
  EXPECT_EQ(drops(DropReason::hop_limit), 1u);
}

TEST_F(ForwarderTest, ASendIndicationNeedsAnAllocation) {
  (void)forward(kListener, client_, send_indication(peer_, "hello"));
  EXPECT_EQ(drops(DropReason::no_allocation), 1u);
}

TEST_F(ForwarderTest, Rfc8656_11_3_APermittedPeerReachesTheClientAsADataIndication) {
  permit_peer();
  (void)forward(kRelay, peer_, "hello");
  const auto message = received();
  ASSERT_TRUE(message);
  std::string expected(data_indication_header_size(AddressFamily::ipv4), '\0');
  write_data_indication_header(std::as_writable_bytes(std::span{expected}), {}, peer_, 5);
  // Everything but the twelve bytes of the transaction id.
  EXPECT_EQ(message->substr(0, 8), expected.substr(0, 8));
  EXPECT_EQ(message->substr(20, 16), expected.substr(20));
  EXPECT_EQ(message->substr(36), std::string("hello\0\0\0", 8));
}

TEST_F(ForwarderTest, Rfc8656_9_AnExpiredPermissionStopsThePeer) {
  permit_peer();
  (void)forward(kRelay, peer_, "late", kNow + seconds{300});
  EXPECT_FALSE(received());
  EXPECT_EQ(drops(DropReason::flow_expired), 1u);
}

// Elsewhere a bound channel outlived the permission of its peer.
TEST_F(ForwarderTest, Rfc8656_9_PermissionIsCheckedBeforeChannel) {
  FlowSpec channel = flow({kRelay, peer_, kNoChannel}, Transform::frame_channel_data, kListener);
  channel.valid_until = kNow;  // the permission ran out; the channel did not
  ASSERT_TRUE(flows_.upsert(channel));
  (void)forward(kRelay, peer_, "voice");
  EXPECT_FALSE(received());
  EXPECT_EQ(drops(DropReason::flow_expired), 1u);
}

TEST_F(ForwarderTest, AnExpiredChannelFallsBackToDataIndications) {
  FlowSpec channel = flow({kRelay, peer_, kNoChannel}, Transform::frame_channel_data, kListener);
  channel.channel_until = kNow + seconds{10};
  ASSERT_TRUE(flows_.upsert(channel));
  (void)forward(kRelay, peer_, "voice");
  EXPECT_EQ(received(), channel_data("voice"));
  (void)forward(kRelay, peer_, "voice", kNow + seconds{10});
  EXPECT_EQ(received()->substr(0, 2), std::string("\x00\x17", 2));
}

TEST_F(ForwarderTest, AnotherPortOfAPermittedPeerGetsADataIndicationNotTheChannel) {
  ASSERT_TRUE(
      flows_.upsert(flow({kRelay, peer_, kNoChannel}, Transform::frame_channel_data, kListener)));
  permit_peer();
  Endpoint other = peer_;
  other.port = Port{2001};
  (void)forward(kRelay, other, "voice");
  EXPECT_EQ(received()->substr(0, 2), std::string("\x00\x17", 2));
}

TEST_F(ForwarderTest, OnARelayedAddressStunIsPayload) {
  ASSERT_TRUE(
      flows_.upsert(flow({kRelay, peer_, kNoChannel}, Transform::frame_channel_data, kListener)));
  const std::string stun = send_indication(peer_, "x");
  EXPECT_EQ(forward(kRelay, peer_, stun), Forwarder::Next::done);
  EXPECT_EQ(received(), channel_data(stun));
}

// Listeners share their address with relayed ones: only a leased port may be reached there.
TEST_F(ForwarderTest, OneOfOurOwnRelayedAddressesIsReachedOnlyWhileItsPortIsLeased) {
  FlowSpec up = flow({kListener, client_, kChannel}, Transform::strip_channel_header, kRelay);
  up.judges_port = true;
  ASSERT_TRUE(flows_.upsert(up));
  (void)forward(kListener, client_, channel_data("voice"));
  EXPECT_FALSE(received());
  EXPECT_EQ(drops(DropReason::peer_not_leased), 1u);
  ports_.leased = up.destination;
  (void)forward(kListener, client_, channel_data("voice"));
  EXPECT_EQ(received(), "voice");
}

// What is not the edge's may send from the edge's own address, too.
TEST_F(ForwarderTest, FromOneOfOurOwnAddressesComesOnlyWhatALeasedPortSends) {
  permit_peer(true);
  (void)forward(kRelay, peer_, "voice");
  EXPECT_FALSE(received());
  EXPECT_EQ(drops(DropReason::peer_not_leased), 1u);
  ports_.leased = peer_;
  (void)forward(kRelay, peer_, "voice");
  EXPECT_TRUE(received());
}

/// One port of the peer's is open, by a rule.
class OneOpenPort final : public SlowPathHandler {
 public:
  Endpoint open;
  Verdict<void> handle(Time, const Path&, ConstBytes, Outcome&) override { return {}; }
  void expire(Time, Outcome&) override {}
  [[nodiscard]] Time next_deadline() const override { return kNever; }
  [[nodiscard]] bool may_reach(const Endpoint& peer) const override { return peer == open; }
};

TEST_F(ForwarderTest, APeerWhosePortsAreJudgedIsReachedAndHeardAtThoseThatAreOpen) {
  OneOpenPort judge;
  forwarder_.judge_peers_by(judge);
  const Endpoint receiver = local_endpoint(receiver_);
  FlowSpec up = flow({kListener, client_, kChannel}, Transform::strip_channel_header, kRelay);
  up.judges_port = true;
  ASSERT_TRUE(flows_.upsert(up));
  ASSERT_TRUE(flows_.upsert(
      flow({kListener, client_, kSendIndicationIpv4}, Transform::unwrap_send_indication, kRelay)));
  FlowSpec permission = flow({kRelay, {receiver.address, Port{}}, kNoChannel},
                             Transform::frame_data_indication, kListener);
  permission.judges_port = true;
  ASSERT_TRUE(flows_.upsert(permission));

  const auto try_every_way = [&] {
    int passed = 0;
    (void)forward(kListener, client_, channel_data("by channel"));
    passed += received().has_value();
    (void)forward(kListener, client_, send_indication(receiver, "by indication"));
    passed += received().has_value();
    (void)forward(kRelay, receiver, "from the peer");
    passed += received().has_value();
    return passed;
  };
  EXPECT_EQ(try_every_way(), 0);
  EXPECT_EQ(drops(DropReason::peer_not_leased), 3u);
  judge.open = receiver;
  EXPECT_EQ(try_every_way(), 3);
}

TEST_F(ForwarderTest, BehindNatAnOwnAddressIsKnownByItsAdvertisedName) {
  ASSERT_TRUE(flows_.upsert(
      flow({kListener, client_, kSendIndicationIpv4}, Transform::unwrap_send_indication, kRelay)));
  FlowSpec permission = flow({kRelay, {private_loopback(), Port{}}, kNoChannel},
                             Transform::frame_data_indication, kListener);
  permission.judges_port = true;
  ASSERT_TRUE(flows_.upsert(permission));
  const Endpoint twin = sockets_.find(kAnchor)->local;  // some other leased port of the edge
  ports_.leased = twin;
  (void)forward(kListener, client_, send_indication({ports_.advertised, twin.port}, "hello"));
  char bytes[16];
  EXPECT_EQ(recv(sockets_.find(kAnchor)->fd.get(), bytes, sizeof bytes, MSG_DONTWAIT), 5);

  (void)forward(kRelay, twin, "back");
  std::string expected(data_indication_header_size(AddressFamily::ipv4), '\0');
  write_data_indication_header(std::as_writable_bytes(std::span{expected}), {},
                               {ports_.advertised, twin.port}, 4);
  EXPECT_EQ(received()->substr(24, 8), expected.substr(24, 8)) << "the client sees that name too";
}

TEST_F(ForwarderTest, Rfc7983_WhatIsNeitherStunNorChannelDataIsNotForAListener) {
  for (const char first : {'\x04', '\x10', '\x80', '\xff'}) {
    EXPECT_EQ(forward(kListener, client_, std::string(30, first)), Forwarder::Next::done);
  }
  EXPECT_EQ(forward(kListener, client_, ""), Forwarder::Next::done);
  EXPECT_EQ(drops(DropReason::not_for_us), 5u);
}

TEST_F(ForwarderTest, Rfc7983_DtlsOnAListenerIsToBeDecrypted) {
  EXPECT_EQ(forward(kListener, client_, std::string(30, '\x16')), Forwarder::Next::decrypt);
}

TEST_F(ForwarderTest, AListenerForDtlsOnlyHasNoUseForAnythingElse) {
  sockets_.find(kListener)->as<UdpListener>()->admits_plain = false;
  EXPECT_EQ(forward(kListener, client_, std::string("\x00\x01\x00\x00", 4) + std::string(16, 'x')),
            Forwarder::Next::done);
  EXPECT_EQ(drops(DropReason::not_for_us), 1u);
}

TEST_F(ForwarderTest, BothDirectionsSpendTheBandwidthOfTheirAllocation) {
  ASSERT_TRUE(
      flows_.upsert(flow({kListener, client_, kChannel}, Transform::strip_channel_header, kRelay)));
  permit_peer();
  // A burst of 200 ms is 25 bytes, and whoever is within it may go beyond.
  LocalCredits shares;
  sockets_.find(kRelay)->as<RelayedAddress>()->bandwidth =
      std::make_shared<AllocationBandwidth>(BandwidthGrant{Bandwidth{1}, nullptr, nullptr}, shares);
  forwarder_.limit_bandwidth();
  (void)forward(kListener, client_, channel_data(std::string(25, 'x')));
  (void)forward(kRelay, peer_, std::string(25, 'x'));
  EXPECT_EQ(drops(DropReason::bandwidth), 0u);
  (void)forward(kListener, client_, channel_data("x"));
  (void)forward(kRelay, peer_, "x");
  EXPECT_EQ(drops(DropReason::bandwidth), 2u);
  (void)forward(kRelay, peer_, "x", kNow + seconds{1});
  EXPECT_EQ(drops(DropReason::bandwidth), 2u);
  EXPECT_EQ(counters_.packets[static_cast<std::size_t>(Direction::client_to_peer)].value(), 1u);
}

TEST_F(ForwarderTest, RequestsGoToTheSlowPath) {
  EXPECT_EQ(forward(kListener, client_, std::string("\x00\x01\x00\x00", 4) + std::string(16, 'x')),
            Forwarder::Next::ask_slow_path);
}

TEST_F(ForwarderTest, AnAnchorForwardsMediaAndShowsChecksToTheSlowPath) {
  EXPECT_EQ(forward(kAnchor, peer_, "\x80 rtp"), Forwarder::Next::ask_slow_path) << "not latched";
  FlowSpec media = flow({kAnchor, peer_, kNoChannel}, Transform::pass, kRelay);
  media.inspect_stun = true;
  media.direction = Direction::anchor_callee_to_caller;
  ASSERT_TRUE(flows_.upsert(media));
  EXPECT_EQ(forward(kAnchor, peer_, "\x80 rtp"), Forwarder::Next::done);
  EXPECT_EQ(received(), "\x80 rtp");
  EXPECT_EQ(forward(kAnchor, peer_, std::string(20, '\0')), Forwarder::Next::ask_slow_path);
  EXPECT_EQ(counters_.packets[static_cast<std::size_t>(Direction::anchor_callee_to_caller)].value(),
            1u);
}

/// By what latching knows the stream again, should its port change.
TEST_F(ForwarderTest, AnAnchorNotesWhereItsRtpStreamIs) {
  const FlowKey key{kAnchor, peer_, kNoChannel};
  ASSERT_TRUE(flows_.upsert(flow(key, Transform::pass, kRelay)));
  const auto send = [&](const std::string& bytes) { (void)forward(kAnchor, peer_, bytes); };
  EXPECT_FALSE(flows_.find(key)->usage().rtp.is_known());
  send({"\x80\x60\x12\x34\0\0\0\0\xde\xad\xbe\xef media", 18});
  const RtpPosition position{0xdeadbeef, 0x1234};
  EXPECT_EQ(flows_.find(key)->usage().rtp, position);
  send({"\x80\xc9\0\1\0\0\0\7 RTCP", 13});
  send({"\x16\xfe\xfd a DTLS record", 17});
  send({"\x80\x60\x99\x99\0\0\0", 7});
  EXPECT_EQ(flows_.find(key)->usage().rtp, position) << "what is not RTP moves nothing";
}

TEST_F(ForwarderTest, AnAnchorNeverTalksToItself) {
  const Endpoint own = sockets_.find(kAnchor)->local;
  ASSERT_TRUE(flows_.upsert(flow({kAnchor, own, kNoChannel}, Transform::pass, kAnchor)));
  EXPECT_EQ(forward(kAnchor, own, "\x80 rtp"), Forwarder::Next::done);
  EXPECT_EQ(drops(DropReason::unknown_source), 1u);
}

TEST_F(ForwarderTest, CountsPayloadNotFraming) {
  ASSERT_TRUE(
      flows_.upsert(flow({kListener, client_, kChannel}, Transform::strip_channel_header, kRelay)));
  (void)forward(kListener, client_, channel_data("12345"));
  EXPECT_EQ(counters_.bytes[static_cast<std::size_t>(Direction::client_to_peer)].value(), 5u);
  EXPECT_EQ(flows_.find({kListener, client_, kChannel})->bytes, 5u);
  EXPECT_EQ(flows_.find({kListener, client_, kChannel})->last_activity, kNow);
}

// --- packets that change their size on the way ---------------------------------------------------

/// Puts as many bytes behind each packet as SRTP may, or refuses it.
class Appends final : public PacketCrypto {
 public:
  Verdict<void> apply(Time, PacketBuffer& packet) override {
    if (refuses) return DropReason::srtp_replayed;
    EXPECT_GE(packet.tailroom, kMaxGrowth);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(packet.bytes.data()) % kAlignment, 0u);
    const std::size_t size = packet.bytes.size();
    packet.bytes = {packet.bytes.data(), size + kMaxGrowth};
    std::memset(packet.bytes.data() + size, '+', kMaxGrowth);
    return {};
  }
  bool refuses = false;
};

class CryptoTest : public ForwarderTest {
 protected:
  CryptoTest() {
    cryptos_.set(CryptoId{7}, crypto_);
    FlowSpec media = flow({kAnchor, peer_, kNoChannel}, Transform::pass, kRelay);
    media.crypto = CryptoId{7};
    EXPECT_TRUE(flows_.upsert(media));
  }
  void forward_in_place(Bytes bytes, std::size_t tailroom) {
    EXPECT_EQ(
        forwarder_.forward(kNow, kAnchor, *sockets_.find(kAnchor), {peer_, bytes, {}, tailroom}),
        Forwarder::Next::done);
    batch_.flush();
  }
  static std::string grown(const std::string& packet) {
    return packet + std::string(PacketCrypto::kMaxGrowth, '+');
  }

  std::shared_ptr<Appends> crypto_ = std::make_shared<Appends>();
};

TEST_F(CryptoTest, APacketWithRoomBehindItGrowsWhereItLies) {
  std::byte* const buffer = ring_.payload(0);
  std::memcpy(buffer, "media", 5);
  forward_in_place({buffer, 5}, PacketRing::kTailroom);
  EXPECT_EQ(received(), grown("media"));
  EXPECT_EQ(static_cast<char>(buffer[5]), '+');
}

/// Datagrams of a GRO burst, and frames in a TCP stream, lie one behind the other.
TEST_F(CryptoTest, APacketWithoutRoomLeavesTheNextOneAlone) {
  std::byte* const buffer = ring_.payload(0);
  std::memcpy(buffer, "firstsecond", 11);
  forward_in_place({buffer, 5}, 0);
  EXPECT_EQ(received(), grown("first"));
  forward_in_place({buffer + 5, 6}, 0);
  EXPECT_EQ(received(), grown("second"));
}

TEST_F(CryptoTest, APacketThatIsNotAlignedIsMoved) {
  std::byte* const buffer = ring_.payload(0);
  std::memcpy(buffer + 2, "framed", 6);
  forward_in_place({buffer + 2, 6}, PacketRing::kTailroom);
  EXPECT_EQ(received(), grown("framed"));
}

TEST_F(CryptoTest, WhatItRefusesIsDroppedForItsReason) {
  crypto_->refuses = true;
  (void)forward(kAnchor, peer_, "media");
  EXPECT_EQ(received(), std::nullopt);
  EXPECT_EQ(drops(DropReason::srtp_replayed), 1u);
}

TEST_F(CryptoTest, NothingPassesInTheClearWithoutItsKey) {
  cryptos_.set(CryptoId{7}, nullptr);
  (void)forward(kAnchor, peer_, "media");
  EXPECT_EQ(received(), std::nullopt);
  EXPECT_EQ(drops(DropReason::no_key), 1u);
}

}  // namespace
}  // namespace avedge::relay
