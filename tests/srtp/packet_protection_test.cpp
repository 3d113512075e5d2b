#include "srtp/packet_protection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "hex.h"

namespace avedge::srtp {
namespace {

using Packet = std::vector<std::byte>;

MasterKey key_of(CryptoSuite suite, int seed, const std::string& mki_hex = "") {
  Packet secret(sizes_of(suite).key_and_salt());
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<std::byte>(i * 7 + static_cast<std::size_t>(seed));
  }
  return *MasterKey::from_bytes(suite, secret, from_hex(mki_hex));
}

/// 12 bytes of header (PCMU) and 160 of payload.
Packet rtp(std::uint16_t sequence, std::uint32_t source = 0xcafebabe) {
  Packet packet(172, std::byte{0xab});
  packet[0] = std::byte{0x80};
  packet[1] = std::byte{0};
  store_be16(&packet[2], sequence);
  store_be32(&packet[4], sequence * 160u);
  store_be32(&packet[8], source);
  return packet;
}

/// A receiver report without blocks (8 bytes) and an SDES-like chunk of 16.
Packet rtcp(std::uint32_t source = 0xcafebabe) {
  Packet packet(24, std::byte{0xab});
  store_be32(packet.data(), 0x80c90001);
  store_be32(packet.data() + 4, source);
  store_be32(packet.data() + 8, 0x81ca0003);
  return packet;
}

OutboundProtection outbound(std::vector<MasterKey> keys, std::uint64_t lifetime = kMaxKeyLifetime) {
  auto protection = OutboundProtection::create(keys, lifetime);
  EXPECT_TRUE(protection.ok());
  return std::move(protection).value();
}

InboundProtection inbound(std::vector<MasterKey> keys) {
  auto protection = InboundProtection::create(keys);
  EXPECT_TRUE(protection.ok());
  return std::move(protection).value();
}

Packet protect(OutboundProtection& sender, const Packet& plain) {
  Packet buffer = plain;
  buffer.resize(plain.size() + kMaxProtectionOverhead);
  const auto sent = sender.protect_rtp(buffer, plain.size());
  EXPECT_TRUE(sent.ok()) << label(sent.reason());
  return sent.ok() ? Packet{sent->begin(), sent->end()} : Packet{};
}

template <class Value>
void expect_dropped(const Verdict<Value>& verdict, DropReason reason) {
  ASSERT_FALSE(verdict.ok());
  EXPECT_EQ(label(verdict.reason()), label(reason));
}

// The key of RFC 3711 B.3 and the reference packet that libsrtp publishes for it.
constexpr auto kReferenceSuite = CryptoSuite::aes_cm_128_hmac_sha1_80;
const std::vector<MasterKey> kReferenceKey{*MasterKey::from_bytes(
    kReferenceSuite, from_hex("e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6"))};
const std::string kPayload = "abababababababababababababababab";
const std::string kPlainRtp = "800f1234decafbadcafebabe" + kPayload;
const std::string kSecureRtp =
    "800f1234decafbadcafebabe"
    "4e55dc4ce79978d88ca4d215949d2402"
    "b78d6acc99ea179b8dbb";
const std::string kPlainRtcp = "81c8000bcafebabe" + kPayload;
const std::string kSecureRtcp =
    "81c8000bcafebabe"
    "7128035be487b9bdbef89041f977a5a8"
    "80000001993e08cd54d6c1230798";

TEST(PacketProtection, ReferencePacketIsProtectedToTheByte) {
  auto sender = outbound(kReferenceKey);
  EXPECT_EQ(to_hex(protect(sender, from_hex(kPlainRtp))), kSecureRtp);

  Packet report = from_hex(kPlainRtcp);
  const std::size_t size = report.size();
  report.resize(size + sender.rtcp_overhead());
  const auto sent = sender.protect_rtcp(report, size);
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ(to_hex(*sent), kSecureRtcp);
}

TEST(PacketProtection, ReferencePacketIsUnprotectedToTheByte) {
  auto receiver = inbound(kReferenceKey);
  Packet packet = from_hex(kSecureRtp);
  const auto media = receiver.unprotect_rtp(packet);
  ASSERT_TRUE(media.ok());
  EXPECT_EQ(to_hex(*media), kPlainRtp);

  Packet report = from_hex(kSecureRtcp);
  const auto control = receiver.unprotect_rtcp(report);
  ASSERT_TRUE(control.ok());
  EXPECT_EQ(to_hex(*control), kPlainRtcp);
}

struct SuiteCase {
  CryptoSuite suite;
  std::string mki;
  std::size_t rtp_overhead;
  std::size_t rtcp_overhead;
};

class EverySuite : public testing::TestWithParam<SuiteCase> {};

TEST_P(EverySuite, RtpAndRtcpComeBackAsTheyWere) {
  const SuiteCase& c = GetParam();
  auto sender = outbound({key_of(c.suite, 1, c.mki)});
  auto receiver = inbound({key_of(c.suite, 1, c.mki)});
  EXPECT_EQ(sender.rtp_overhead(), c.rtp_overhead);
  EXPECT_EQ(sender.rtcp_overhead(), c.rtcp_overhead);

  for (std::uint16_t sequence = 65530; sequence != 10; ++sequence) {  // across the roll-over
    const Packet plain = rtp(sequence);
    Packet secured = protect(sender, plain);
    ASSERT_EQ(secured.size(), plain.size() + c.rtp_overhead);
    EXPECT_FALSE(std::equal(plain.begin() + 12, plain.end(), secured.begin() + 12));
    const auto received = receiver.unprotect_rtp(secured);
    ASSERT_TRUE(received.ok()) << label(received.reason());
    EXPECT_TRUE(std::ranges::equal(*received, plain));
  }

  const Packet plain = rtcp();
  Packet buffer = plain;
  buffer.resize(plain.size() + sender.rtcp_overhead());
  const auto sent = sender.protect_rtcp(buffer, plain.size());
  ASSERT_TRUE(sent.ok());
  ASSERT_EQ(sent->size(), plain.size() + c.rtcp_overhead);
  const auto received = receiver.unprotect_rtcp(*sent);
  ASSERT_TRUE(received.ok());
  EXPECT_TRUE(std::ranges::equal(*received, plain));
}

TEST_P(EverySuite, WrongKeyIsRefused) {
  const SuiteCase& c = GetParam();
  auto sender = outbound({key_of(c.suite, 1, c.mki)});
  auto receiver = inbound({key_of(c.suite, 2, c.mki)});
  Packet secured = protect(sender, rtp(1));
  expect_dropped(receiver.unprotect_rtp(secured), DropReason::srtp_unauthenticated);

  Packet report = rtcp();
  report.resize(report.size() + sender.rtcp_overhead());
  auto sent = sender.protect_rtcp(report, 24);
  ASSERT_TRUE(sent.ok());
  expect_dropped(receiver.unprotect_rtcp(*sent), DropReason::srtp_unauthenticated);
}

TEST_P(EverySuite, AnyChangedBitIsRefused) {
  const SuiteCase& c = GetParam();
  auto sender = outbound({key_of(c.suite, 1, c.mki)});
  auto receiver = inbound({key_of(c.suite, 1, c.mki)});
  const Packet secured = protect(sender, rtp(1));
  for (std::size_t i = 0; i < secured.size(); ++i) {
    Packet changed = secured;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(receiver.unprotect_rtp(changed).ok()) << "byte " << i;
  }
  Packet untouched = secured;
  EXPECT_TRUE(receiver.unprotect_rtp(untouched).ok());  // the forgeries changed no state
}

TEST_P(EverySuite, EveryTruncationIsRefused) {
  const SuiteCase& c = GetParam();
  auto sender = outbound({key_of(c.suite, 1, c.mki)});
  auto receiver = inbound({key_of(c.suite, 1, c.mki)});
  const Packet secured = protect(sender, rtp(1));
  for (std::size_t size = 0; size < secured.size(); ++size) {
    Packet media{secured.begin(), secured.begin() + static_cast<std::ptrdiff_t>(size)};
    EXPECT_FALSE(receiver.unprotect_rtp(media).ok()) << size;
    Packet control{secured.begin(), secured.begin() + static_cast<std::ptrdiff_t>(size)};
    EXPECT_FALSE(receiver.unprotect_rtcp(control).ok()) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    PacketProtection, EverySuite,
    testing::Values(SuiteCase{CryptoSuite::aes_cm_128_hmac_sha1_80, "", 10, 14},
                    SuiteCase{CryptoSuite::aes_cm_128_hmac_sha1_80, "01", 11, 15},
                    SuiteCase{CryptoSuite::aes_cm_128_hmac_sha1_32, "", 4, 14},
                    SuiteCase{CryptoSuite::aead_aes_128_gcm, "", 16, 20},
                    SuiteCase{CryptoSuite::aead_aes_256_gcm, "0000002a", 20, 24}),
    [](const auto& suite) {
      return std::string{to_string(suite.param.suite)} + "_mki_" +
             (suite.param.mki.empty() ? "none" : suite.param.mki);
    });

TEST(PacketProtection, Rfc3711_3_3_2_ReplayIsRefused) {
  auto sender = outbound(kReferenceKey);
  auto receiver = inbound(kReferenceKey);
  const Packet secured = protect(sender, rtp(7));
  Packet first = secured;
  Packet second = secured;
  EXPECT_TRUE(receiver.unprotect_rtp(first).ok());
  expect_dropped(receiver.unprotect_rtp(second), DropReason::srtp_replayed);

  Packet report = from_hex(kSecureRtcp);
  EXPECT_TRUE(receiver.unprotect_rtcp(report).ok());
  report = from_hex(kSecureRtcp);
  expect_dropped(receiver.unprotect_rtcp(report), DropReason::srtp_replayed);
}

TEST(PacketProtection, LatePacketsPassWithinTheWindowOnly) {
  auto sender = outbound(kReferenceKey);
  auto receiver = inbound(kReferenceKey);
  Packet early = protect(sender, rtp(1));
  Packet late = protect(sender, rtp(500));
  Packet newest = protect(sender, rtp(1400));
  EXPECT_TRUE(receiver.unprotect_rtp(newest).ok());
  EXPECT_TRUE(receiver.unprotect_rtp(late).ok());
  expect_dropped(receiver.unprotect_rtp(early), DropReason::srtp_replayed);
}

TEST(PacketProtection, Rfc3711_9_1_ASequenceNumberIsNeverProtectedTwice) {
  auto sender = outbound(kReferenceKey);
  protect(sender, rtp(7));
  Packet again = rtp(7);
  again.resize(again.size() + sender.rtp_overhead());
  expect_dropped(sender.protect_rtp(again, 172), DropReason::srtp_replayed);
}

TEST(PacketProtection, IdentifierSelectsTheKey) {
  const MasterKey first = key_of(kReferenceSuite, 1, "0001");
  const MasterKey second = key_of(kReferenceSuite, 2, "0002");
  auto receiver = inbound({first, second});
  auto old_sender = outbound({first});
  auto new_sender = outbound({second, first});
  Packet under_first = protect(old_sender, rtp(1));
  Packet under_second = protect(new_sender, rtp(2));
  EXPECT_TRUE(receiver.unprotect_rtp(under_first).ok());
  EXPECT_TRUE(receiver.unprotect_rtp(under_second).ok());

  auto stranger = outbound({key_of(kReferenceSuite, 1, "0003")});
  Packet under_third = protect(stranger, rtp(3));
  expect_dropped(receiver.unprotect_rtp(under_third), DropReason::srtp_unauthenticated);
}

TEST(PacketProtection, LifetimeEndsTheKey) {
  auto sender = outbound(kReferenceKey, 2);
  protect(sender, rtp(1));
  protect(sender, rtp(2));
  Packet third = rtp(3);
  third.resize(third.size() + sender.rtp_overhead());
  expect_dropped(sender.protect_rtp(third, 172), DropReason::srtp_key_expired);
}

TEST(PacketProtection, SourcesAreBounded) {
  auto sender = outbound(kReferenceKey);
  auto other_sender = outbound(kReferenceKey);
  auto receiver = inbound(kReferenceKey);
  for (std::uint32_t source = 1; source <= kMaxSources; ++source) {
    Packet secured = protect(sender, rtp(1, source));
    EXPECT_TRUE(receiver.unprotect_rtp(secured).ok());
  }
  Packet extra = rtp(1, 1000);
  extra.resize(extra.size() + sender.rtp_overhead());
  expect_dropped(sender.protect_rtp(extra, 172), DropReason::table_full);
  Packet secured = protect(other_sender, rtp(1, 1000));
  expect_dropped(receiver.unprotect_rtp(secured), DropReason::table_full);
  Packet known = protect(sender, rtp(2, 1));
  EXPECT_TRUE(receiver.unprotect_rtp(known).ok());
}

TEST(PacketProtection, ForgedSourcesTakeNoRoom) {
  auto receiver = inbound(kReferenceKey);
  for (std::uint32_t source = 1; source <= 2 * kMaxSources; ++source) {
    Packet forged = rtp(1, source);
    expect_dropped(receiver.unprotect_rtp(forged), DropReason::srtp_unauthenticated);
  }
  auto sender = outbound(kReferenceKey);
  Packet genuine = protect(sender, rtp(1));
  EXPECT_TRUE(receiver.unprotect_rtp(genuine).ok());
}

TEST(PacketProtection, SenderNeedsTailroomAndAWholeHeader) {
  auto sender = outbound(kReferenceKey);
  Packet packet = rtp(1);
  packet.resize(172 + sender.rtp_overhead() - 1);
  expect_dropped(sender.protect_rtp(packet, 172), DropReason::payload_too_long);
  expect_dropped(sender.protect_rtp(packet, 11), DropReason::srtp_malformed);
  expect_dropped(sender.protect_rtp(packet, packet.size() + 1), DropReason::srtp_malformed);

  Packet report = rtcp();
  report.resize(24 + sender.rtcp_overhead() - 1);
  expect_dropped(sender.protect_rtcp(report, 24), DropReason::payload_too_long);
  expect_dropped(sender.protect_rtcp(report, 7), DropReason::srtp_malformed);
  expect_dropped(sender.protect_rtcp(report, 22), DropReason::srtp_malformed);
}

TEST(PacketProtection, LyingHeaderLengthsAreRefused) {
  auto sender = outbound(kReferenceKey);
  auto receiver = inbound(kReferenceKey);
  struct Case {
    std::string name;
    std::string header;
  };
  for (const Case& c :
       {Case{"15 contributors in 12 bytes", "8f0000010000000000000001"},
        Case{"an extension that is not there", "900000010000000000000001"},
        Case{"an extension longer than the packet", "900000010000000000000001bedeffff"},
        Case{"version 1", "400000010000000000000001"}}) {
    Packet packet = from_hex(c.header);
    const std::size_t size = packet.size();
    packet.resize(size + sender.rtp_overhead());
    EXPECT_FALSE(sender.protect_rtp(packet, size).ok()) << c.name;
    EXPECT_FALSE(receiver.unprotect_rtp(packet).ok()) << c.name;
  }
}

TEST(PacketProtection, UnencryptedRtcpIsRefused) {
  auto receiver = inbound(kReferenceKey);
  Packet report = from_hex(kSecureRtcp);
  report[24] &= std::byte{0x7f};  // the E flag
  EXPECT_FALSE(receiver.unprotect_rtcp(report).ok());
}

TEST(PacketProtection, KeysThatDoNotBelongTogetherAreRefused) {
  const MasterKey plain = key_of(kReferenceSuite, 1);
  const MasterKey tagged = key_of(kReferenceSuite, 2, "01");
  const MasterKey other = key_of(CryptoSuite::aead_aes_128_gcm, 3);
  EXPECT_FALSE(OutboundProtection::create({}).ok());
  EXPECT_FALSE(InboundProtection::create(std::vector<MasterKey>{plain, tagged}).ok());
  EXPECT_FALSE(InboundProtection::create(std::vector<MasterKey>{plain, other}).ok());
}

}  // namespace
}  // namespace avedge::srtp
