// Who gets a connection over TCP or TLS, and at whose cost.
#include "signaling-shim/sip/stream_admission.h"

#include <gtest/gtest.h>

#include "signaling-shim/sip/pending_bytes.h"
#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using namespace std::chrono_literals;
using testing::kExternal;
using testing::kInternal;
using Opener = StreamAdmission::Opener;

class StreamAdmissionTest : public ::testing::Test {
 protected:
  /// Of connections, four for each of the two interfaces.
  static Settings limited() {
    Settings settings = testing::two_sided();
    settings.limits.connections = 8;
    settings.limits.connections_per_source = 4;
    settings.limits.handshakes = 2;
    return settings;
  }

  /// Opens one as TcpTransport does; its id, or nothing if it is refused.
  std::optional<ConnectionId> open(ListenerIndex listener, const std::string& source,
                                   Standing standing = Standing::stranger,
                                   Transport transport = Transport::tcp) {
    SipFlow peer = testing::tcp(listener, source + ":5060", ++last_);
    peer.transport = transport;
    decision_ = admission_.decide(now_, peer, standing, Opener::peer);
    if (decision_.refusal) return std::nullopt;
    for (const auto& eviction : decision_.evictions) admission_.closed(eviction.connection);
    admission_.opened(now_, peer, standing, Opener::peer);
    return peer.connection;
  }
  /// Four different sources of one prefix.
  void fill(ListenerIndex listener) {
    for (int i = 1; i <= 4; ++i) ASSERT_TRUE(open(listener, "192.0.2." + std::to_string(i)));
  }

  Settings settings_ = limited();
  StreamAdmission admission_{settings_};
  StreamAdmission::Decision decision_;
  Time now_{std::chrono::hours{1}};
  std::uint64_t last_ = 0;
};

TEST_F(StreamAdmissionTest, AnInterfaceThatIsFullCostsTheOtherNothing) {
  fill(kExternal);
  EXPECT_TRUE(open(kInternal, "10.0.0.7"));
  EXPECT_TRUE(decision_.evictions.empty());
}

TEST_F(StreamAdmissionTest, ANextHopIsServedWhenStrangersHaveFilledTheirShare) {
  fill(kExternal);
  EXPECT_TRUE(open(kExternal, "192.0.2.1", Standing::next_hop));
  EXPECT_TRUE(decision_.evictions.empty());
  EXPECT_EQ(admission_.count(Standing::stranger), 4U);
  EXPECT_EQ(admission_.count(Standing::next_hop), 1U);
}

TEST_F(StreamAdmissionTest, AnIdleStrangerMakesRoomAndAnActiveOneDoesNot) {
  const auto first = open(kExternal, "192.0.2.1");
  const auto second = open(kExternal, "192.0.2.1");
  ASSERT_TRUE(open(kExternal, "192.0.2.1"));
  ASSERT_TRUE(open(kExternal, "192.0.2.1"));
  now_ += settings_.limits.evict_after;
  admission_.active(now_, *first);
  ASSERT_TRUE(open(kExternal, "192.0.2.1"));
  ASSERT_EQ(decision_.evictions.size(), 1U);
  EXPECT_EQ(decision_.evictions[0].connection, *second);
  EXPECT_EQ(decision_.evictions[0].limit, ConnectionLimit::connections_per_source);
}

TEST_F(StreamAdmissionTest, AKnownConnectionIsNeverEvictedAndLeavesItsPlace) {
  const auto known = open(kExternal, "192.0.2.1");
  ASSERT_TRUE(admission_.promote(*known));
  EXPECT_FALSE(admission_.promote(*known)) << "twice";
  EXPECT_EQ(admission_.standing_of(*known), Standing::known);
  fill(kExternal);
  now_ += std::chrono::hours{1};
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(open(kExternal, "192.0.2.9"));
    ASSERT_EQ(decision_.evictions.size(), 1U);
    EXPECT_NE(decision_.evictions[0].connection, *known);
  }
  admission_.closed(*known);
  EXPECT_EQ(admission_.count(Standing::known), 0U);
}

TEST_F(StreamAdmissionTest, KnownConnectionsLeaveAQuarterForNextHops) {
  std::size_t known = 0;
  for (int i = 1; i <= 8; ++i) {
    const auto id = open(kExternal, "198.51." + std::to_string(i) + ".1");
    ASSERT_TRUE(id);
    if (admission_.promote(*id)) ++known;
  }
  EXPECT_EQ(known, 6U);
  EXPECT_TRUE(open(kInternal, "10.0.0.20", Standing::next_hop));
  EXPECT_TRUE(open(kInternal, "10.0.0.20", Standing::next_hop));
  EXPECT_FALSE(open(kInternal, "10.0.0.20", Standing::next_hop));
  EXPECT_EQ(decision_.refusal->reason, DropReason::table_full);
}

TEST_F(StreamAdmissionTest, OneSourceGetsOnlySoManyKnownConnections) {
  std::size_t known = 0;
  for (int i = 0; i < 6; ++i) {
    const auto id = open(kExternal, "192.0.2.1");
    ASSERT_TRUE(id);
    if (admission_.promote(*id)) ++known;
  }
  EXPECT_EQ(known, 4U);
}

TEST_F(StreamAdmissionTest, HandshakesOfStrangersAreBoundedApart) {
  const auto first = open(kExternal, "192.0.2.1", Standing::stranger, Transport::tls);
  const auto second = open(kExternal, "192.0.2.1", Standing::stranger, Transport::tls);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(open(kExternal, "192.0.2.1", Standing::stranger, Transport::tls));
  EXPECT_EQ(decision_.refusal->reason, DropReason::connection_limit);
  EXPECT_EQ(decision_.refusal->limit, ConnectionLimit::handshakes);
  EXPECT_TRUE(open(kExternal, "192.0.2.1")) << "TCP needs none";
  EXPECT_TRUE(open(kExternal, "192.0.2.1", Standing::next_hop, Transport::tls));
  ASSERT_TRUE(open(kExternal, "198.51.100.1", Standing::stranger, Transport::tls));
  ASSERT_EQ(decision_.evictions.size(), 1U) << "another source is served";
  EXPECT_EQ(decision_.evictions[0].connection, *first);
  admission_.secured(*second);
  EXPECT_TRUE(open(kExternal, "192.0.2.1", Standing::stranger, Transport::tls));
  EXPECT_TRUE(decision_.evictions.empty());
}

TEST(PendingBytes, ChargesStrangersOnStreamsPerSource) {
  Limits limits;
  limits.bytes_in_flight_per_source = 100;
  PendingBytes pending_bytes{limits};
  const SipFlow stranger = testing::tcp(kExternal, "192.0.2.1:5060", 1);
  const SipFlow next_hop = testing::tcp(kInternal, "10.0.0.20:5060", 2);
  pending_bytes.exempt(next_hop.connection);
  EXPECT_FALSE(pending_bytes.charged(next_hop));
  EXPECT_FALSE(pending_bytes.charged(testing::udp(kExternal, "192.0.2.1:5060")));
  const auto source = pending_bytes.charged(stranger);
  ASSERT_TRUE(source);
  pending_bytes.change(source, 0, 60);
  EXPECT_TRUE(pending_bytes.has_room(source, 40));
  EXPECT_FALSE(pending_bytes.has_room(source, 41));
  EXPECT_TRUE(pending_bytes.has_room(std::nullopt, 1'000'000'000));
  EXPECT_TRUE(pending_bytes.has_room(*IpAddress::parse("192.0.2.2"), 100)) << "another source";
  pending_bytes.change(source, 60, 0);
  EXPECT_TRUE(pending_bytes.has_room(source, 100));
  EXPECT_EQ(pending_bytes.total(), 0U);
  pending_bytes.forget(next_hop.connection);
  EXPECT_TRUE(pending_bytes.charged(next_hop));
}

TEST(PendingBytes, StrangersTogetherLeaveHalfToNextHops) {
  Limits limits;
  limits.pending_bytes = 1000;
  limits.bytes_in_flight_per_source = 300;
  PendingBytes pending_bytes{limits};
  pending_bytes.change(*IpAddress::parse("192.0.2.1"), 0, 300);
  EXPECT_TRUE(pending_bytes.has_room(*IpAddress::parse("192.0.2.2"), 200));
  EXPECT_FALSE(pending_bytes.has_room(*IpAddress::parse("192.0.2.2"), 201));
}

}  // namespace
}  // namespace avedge::sip
