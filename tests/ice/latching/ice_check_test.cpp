// The checks of Microsoft's clients, put together byte by byte; those of RFC 8445 are tested where
// they make a party latch.
#include "ice/latching/ice_check.h"

#include <gtest/gtest.h>

#include <string>

#include "ice/stun/hmac.h"

namespace avedge::latching {
namespace {

constexpr std::string_view kRfc3489Header{
    "\x00\x01\x00\x00"
    "ABCDEFGHIJKLMNOP",
    20};
constexpr std::string_view kCookieHeader{
    "\x00\x01\x00\x00\x21\x12\xA4\x42"
    "ABCDEFGHIJKL",
    20};
constexpr std::string_view kUseCandidate{"\x00\x25\x00\x00", 4};
/// CRC32 by a table with a misprint: nobody else computes this one.
constexpr std::string_view kOddFingerprint{"\x80\x28\x00\x04\xDE\xAD\xBE\xEF", 8};

std::string attribute(std::uint16_t type, std::string_view value) {
  std::string text{static_cast<char>(type >> 8), static_cast<char>(type & 0xff),
                   static_cast<char>(value.size() >> 8), static_cast<char>(value.size() & 0xff)};
  return text.append(value);
}

std::string username(std::string text) {
  text.resize((text.size() + 3) / 4 * 4, '\0');
  return attribute(0x0006, text);
}

/// Everything that `key` protects, the length field counting what follows, zeros up to the block.
std::string seal(std::string message, std::string_view key, std::string_view behind = {}) {
  const std::size_t length = message.size() - 20 + 24 + behind.size();
  message[2] = static_cast<char>(length >> 8);
  message[3] = static_cast<char>(length & 0xff);
  std::string covered = message;
  covered.resize((covered.size() + 63) / 64 * 64, '\0');
  const auto code = stun::hmac_sha1(bytes_of(key), {bytes_of(covered)});
  return message + attribute(0x0008, text_of(ConstBytes{code})) + std::string{behind};
}

/// [MS-ICE]: raw ids that may hold any byte, colons and NULs among them.
IceCheckKeys ice06_keys() {
  return {std::string{"re:eiver\0id", 11} + ":1", "raw password", "sender\xffid:1"};
}
std::string ice06_check(std::string_view key) {
  const IceCheckKeys keys = ice06_keys();
  return seal(std::string{kRfc3489Header} + username(keys.receiver_ufrag + ':' + keys.sender_ufrag),
              key);
}

bool is_verified(const std::string& message, const IceCheckKeys& keys) {
  const auto check = read_ice_check(bytes_of(message));
  return check && verifies(*check, {{"x", "y", "z"}, keys});
}

TEST(IceCheck, MsIce_ChecksWithoutACookieAreVerified) {
  EXPECT_TRUE(is_verified(ice06_check("raw password"), ice06_keys()));
  EXPECT_FALSE(is_verified(ice06_check("another one"), ice06_keys()));
  IceCheckKeys other_component = ice06_keys();
  other_component.sender_ufrag.back() = '2';
  EXPECT_FALSE(is_verified(ice06_check("raw password"), other_component));
}

TEST(IceCheck, MsIce2_PaddedIntegrityWithAnyFingerprintIsVerified) {
  const IceCheckKeys keys{"ccwh", "8X3nfjTthYjuA8vhf+z2FYqM", "q5"};
  for (const std::string_view fingerprint : {std::string_view{}, kOddFingerprint}) {
    const std::string message =
        seal(std::string{kCookieHeader} + username("ccwh:q5") + std::string{kUseCandidate},
             keys.receiver_password, fingerprint);
    EXPECT_TRUE(is_verified(message, keys));
    EXPECT_TRUE(read_ice_check(bytes_of(message))->nominates);
  }
}

TEST(IceCheck, ChangedBytesAreNotVerified) {
  const std::string good = ice06_check("raw password");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(is_verified(bad, ice06_keys())) << "byte " << i;
  }
}

TEST(IceCheck, WhatIsCutOffIsNoCheck) {
  const std::string good = ice06_check("raw password");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_ice_check(bytes_of(good.substr(0, size)))) << size;
  }
}

TEST(IceCheck, WithoutUsernameOrIntegrityThereIsNothingToVerify) {
  const std::string anonymous = seal(std::string{kRfc3489Header}, "key");
  EXPECT_FALSE(read_ice_check(bytes_of(anonymous)));
  std::string open = std::string{kRfc3489Header} + username("a:b");
  open[3] = static_cast<char>(open.size() - 20);
  EXPECT_FALSE(read_ice_check(bytes_of(open)));
}

}  // namespace
}  // namespace avedge::latching
