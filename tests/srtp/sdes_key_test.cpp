#include "srtp/sdes_key.h"

#include <gtest/gtest.h>

#include <string>

#include "hex.h"

namespace avedge::srtp {
namespace {

// RFC 4568 §5: the key of its first example, 30 bytes.
const std::string kKey = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const std::string kOther = "39IvYCDOPzx/MwuZNKuN5RHY+RSA0xz2LWGkBok3";
const std::string kSuite = "AES_CM_128_HMAC_SHA1_80";

SdesKey parsed(const std::string& value) {
  auto key = SdesKey::parse(value);
  EXPECT_TRUE(key.ok()) << value;
  return key.ok() ? *key : *SdesKey::parse("1 " + kSuite + " inline:" + kKey);
}

TEST(SdesKey, Rfc4568_5_ExampleAttribute) {
  const SdesKey key = parsed("1 " + kSuite + " inline:" + kKey + "|2^20|1:4");
  EXPECT_EQ(key.tag(), 1u);
  EXPECT_EQ(key.suite(), CryptoSuite::aes_cm_128_hmac_sha1_80);
  EXPECT_EQ(key.lifetime(), 1u << 20);
  ASSERT_EQ(key.keys().size(), 1u);
  EXPECT_EQ(to_hex(key.keys()[0].mki()), "00000001");
  // "YS___semctl () {\t220;}\n}\nunles", as the RFC's author typed it.
  EXPECT_EQ(to_hex(key.keys()[0].key_and_salt()),
            "59535f5f5f73656d63746c202829207b093232303b7d0a7d0a756e6c6573");
}

TEST(SdesKey, MicrosoftFormWithOneByteIdentifier) {
  const SdesKey key = parsed("2 " + kSuite + " inline:" + kOther + "|2^31|1:1");
  EXPECT_EQ(key.lifetime(), std::uint64_t{1} << 31);
  EXPECT_EQ(to_hex(key.keys()[0].mki()), "01");
}

TEST(SdesKey, LifetimeAndIdentifierAreEachOptional) {
  const SdesKey plain = parsed("3 " + kSuite + " inline:" + kKey);
  EXPECT_EQ(plain.lifetime(), kMaxKeyLifetime);
  EXPECT_TRUE(plain.keys()[0].mki().empty());

  const SdesKey lifetime = parsed("3 " + kSuite + " inline:" + kKey + "|1048576");
  EXPECT_EQ(lifetime.lifetime(), 1048576u);
  EXPECT_TRUE(lifetime.keys()[0].mki().empty());

  const SdesKey identifier = parsed("3 " + kSuite + " inline:" + kKey + "|66051:3");
  EXPECT_EQ(identifier.lifetime(), kMaxKeyLifetime);
  EXPECT_EQ(to_hex(identifier.keys()[0].mki()), "010203");
}

TEST(SdesKey, EverySuiteHasItsKeyLength) {
  struct Case {
    std::string suite;
    std::size_t size;
  };
  for (const Case& c : {Case{"AES_CM_128_HMAC_SHA1_80", 30}, Case{"AES_CM_128_HMAC_SHA1_32", 30},
                        Case{"AEAD_AES_128_GCM", 28}, Case{"AEAD_AES_256_GCM", 44}}) {
    // n bytes of zeros take ceil(4n/3) digits.
    const auto zeros = [](std::size_t bytes) { return std::string((bytes * 4 + 2) / 3, 'A'); };
    const SdesKey key = parsed("1 " + c.suite + " inline:" + zeros(c.size));
    EXPECT_EQ(key.keys()[0].key_and_salt().size(), c.size) << c.suite;
    EXPECT_EQ(to_string(key.suite()), c.suite);
    for (const std::size_t wrong : {c.size - 1, c.size + 1}) {
      const auto refused = SdesKey::parse("1 " + c.suite + " inline:" + zeros(wrong));
      ASSERT_FALSE(refused.ok()) << c.suite << " with " << wrong;
      EXPECT_EQ(refused.reason(), DropReason::sdp_malformed);
    }
  }
}

TEST(SdesKey, Rfc4568_6_1_SeveralKeysNeedDistinctIdentifiersOfOneLength) {
  const std::string start = "1 " + kSuite + " inline:";
  const SdesKey key = parsed(start + kKey + "|2^20|1:2;inline:" + kOther + "|2^18|2:2");
  ASSERT_EQ(key.keys().size(), 2u);
  EXPECT_EQ(to_hex(key.keys()[1].mki()), "0002");
  EXPECT_EQ(key.lifetime(), 1u << 18);

  for (const std::string& second :
       {";inline:" + kOther, ";inline:" + kOther + "|2:1", ";inline:" + kOther + "|1:2"}) {
    const auto refused = SdesKey::parse(start + kKey + "|1:2" + second);
    ASSERT_FALSE(refused.ok()) << second;
    EXPECT_EQ(refused.reason(), DropReason::sdp_malformed);
  }
}

TEST(SdesKey, IdentifierMayFillAllItsBytes) {
  const std::string start = "1 " + kSuite + " inline:" + kKey;
  EXPECT_EQ(to_hex(parsed(start + "|255:1").keys()[0].mki()), "ff");
  EXPECT_FALSE(SdesKey::parse(start + "|256:1").ok());
  const SdesKey large = parsed(start + "|340282366920938463463374607431768211455:16");
  EXPECT_EQ(to_hex(large.keys()[0].mki()), std::string(32, 'f'));
  EXPECT_FALSE(SdesKey::parse(start + "|340282366920938463463374607431768211456:16").ok());
  EXPECT_EQ(parsed(start + "|7:128").keys()[0].mki().size(), kMaxMkiSize);
}

TEST(SdesKey, Rfc4568_6_3_OptionalAndKnownSessionParametersPass) {
  const std::string start = "1 " + kSuite + " inline:" + kKey;
  for (const std::string parameters :
       {" WSH=64", " WSH=1024", " -FUTURE=1", "  WSH=64 -X ", "\t"}) {
    EXPECT_TRUE(SdesKey::parse(start + parameters).ok()) << parameters;
  }
}

TEST(SdesKey, WhatCannotBeHonouredIsUnsupported) {
  const std::string start = "1 " + kSuite + " inline:" + kKey;
  for (const std::string& value :
       {"1 F8_128_HMAC_SHA1_80 inline:" + kKey, "1 aes_cm_128_hmac_sha1_80 inline:" + kKey,
        "1 " + kSuite + " uri:https", start + " KDR=1", start + " UNENCRYPTED_SRTP",
        start + " UNENCRYPTED_SRTCP", start + " UNAUTHENTICATED_SRTP",
        start + " FEC_ORDER=FEC_SRTP", start + " FUTURE=1", start + " WSH=64 UNENCRYPTED_SRTP"}) {
    const auto refused = SdesKey::parse(value);
    ASSERT_FALSE(refused.ok()) << value;
    EXPECT_EQ(refused.reason(), DropReason::sdp_unsupported) << value;
  }
}

TEST(SdesKey, BrokenGrammarIsMalformed) {
  const std::string start = "1 " + kSuite + " inline:";
  for (const std::string& value : {std::string{},
                                   std::string{" "},
                                   std::string{"1"},
                                   "1 " + kSuite,
                                   "1 " + kSuite + " ",
                                   "x " + kSuite + " inline:" + kKey,
                                   "-1 " + kSuite + " inline:" + kKey,
                                   "1234567890 " + kSuite + " inline:" + kKey,
                                   "1 " + kSuite + " inline",
                                   start,
                                   start + kKey.substr(1),
                                   start + kKey + "A",
                                   start + "*" + kKey.substr(1),
                                   start + kKey + "|",
                                   start + kKey + "||1:1",
                                   start + kKey + "|2^",
                                   start + kKey + "|2^49",
                                   start + kKey + "|0",
                                   start + kKey + "|2^20|",
                                   start + kKey + "|2^20|2^20",
                                   start + kKey + "|1:1|2^20",
                                   start + kKey + "|1:0",
                                   start + kKey + "|1:129",
                                   start + kKey + "|:1",
                                   start + kKey + "|1:",
                                   start + kKey + "|1:1:1",
                                   start + kKey + "|x:1",
                                   start + kKey + "|2^20|1:1|",
                                   start + kKey + ";",
                                   start + kKey + "|1:1;;inline:" + kOther,
                                   start + kKey + " WSH=63",
                                   start + kKey + " WSH=",
                                   start + kKey + " WSH=-64",
                                   start + kKey + "|" + std::string(310, '0') + ":1",
                                   start + kKey + " -" + std::string(kMaxSdesLength, 'x')}) {
    const auto refused = SdesKey::parse(value);
    ASSERT_FALSE(refused.ok()) << value;
    EXPECT_EQ(refused.reason(), DropReason::sdp_malformed) << value;
  }
}

TEST(SdesKey, MoreKeysThanTheLimitAreUnsupported) {
  std::string value = "1 " + kSuite + " inline:" + kKey + "|1:1";
  for (std::size_t i = 2; i <= kMaxMasterKeys; ++i) {
    value += ";inline:" + kOther + "|" + std::to_string(i) + ":1";
  }
  EXPECT_EQ(parsed(value).keys().size(), kMaxMasterKeys);
  const auto refused = SdesKey::parse(value + ";inline:" + kOther + "|99:1");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::sdp_unsupported);
}

}  // namespace
}  // namespace avedge::srtp
