#include "ice/stun/stun_builder.h"

#include <gtest/gtest.h>

#include <array>

#include "ice/stun/attribute_values.h"
#include "ice/stun/hmac.h"
#include "ice/stun/integrity.h"
#include "ice/stun/long_term_key.h"
#include "ice/stun/password_algorithm.h"
#include "ice/stun/stun_view.h"

namespace avedge::stun {
namespace {

TEST(StunBuilder, WhatIsWrittenReadsBack) {
  std::array<std::byte, 512> buffer;
  const auto transaction = TransactionId::random();
  const auto v4 = *Endpoint::parse("203.0.113.7:50000");
  const auto v6 = *Endpoint::parse("[2001:db8::10]:3478");
  const AttributeType unknown[] = {AttributeType{0x0042}, AttributeType{0x7777},
                                   AttributeType{0x0001}};
  const ConstBytes message = StunBuilder{buffer, Method::allocate, MessageClass::error, transaction}
                                 .error_code(420, "Unknown Attribute")
                                 .unknown_attributes(unknown)
                                 .xor_address(AttributeType::xor_mapped_address, v4)
                                 .xor_address(AttributeType::xor_relayed_address, v6)
                                 .u8_of_four(AttributeType::requested_transport, 17)
                                 .channel_number(0x4001)
                                 .integrity(bytes_of("key"))
                                 .fingerprint()
                                 .finish();

  const auto view = StunView::parse(message);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->method(), Method::allocate);
  EXPECT_EQ(view->message_class(), MessageClass::error);
  EXPECT_EQ(view->transaction(), transaction);
  const auto error = read_error_code(*view->find(AttributeType::error_code));
  EXPECT_EQ(error->code, 420);
  EXPECT_EQ(error->reason, "Unknown Attribute");
  EXPECT_EQ(view->find(AttributeType::unknown_attributes)->size(), 6u);
  EXPECT_EQ(read_xor_address(*view->find(AttributeType::xor_mapped_address), transaction), v4);
  EXPECT_EQ(read_xor_address(*view->find(AttributeType::xor_relayed_address), transaction), v6);
  EXPECT_EQ(read_u8_of_four(*view->find(AttributeType::requested_transport)), 17);
  EXPECT_EQ(read_channel_number(*view->find(AttributeType::channel_number)), 0x4001);
  EXPECT_TRUE(verify_integrity(*view, bytes_of("key")));
  EXPECT_TRUE(view->has_fingerprint());
}

TEST(StunBuilder, BindingSuccessForIpv4Is32Bytes) {
  std::array<std::byte, 64> buffer;
  const ConstBytes message =
      StunBuilder{buffer, Method::binding, MessageClass::success, {}}
          .xor_address(AttributeType::xor_mapped_address, *Endpoint::parse("192.0.2.1:1"))
          .finish();
  EXPECT_EQ(message.size(), 32u);
}

TEST(StunBuilder, WhatDoesNotFitIsNothing) {
  constexpr std::size_t kNeeded = 20 + 12 + 8 + 24;
  for (std::size_t size = 0; size <= kNeeded; ++size) {
    std::array<std::byte, kNeeded> buffer;
    const ConstBytes message =
        StunBuilder{Bytes{buffer}.first(size), Method::binding, MessageClass::request, {}}
            .text(AttributeType::username, "12345")
            .u32(AttributeType::lifetime, 1)
            .integrity(bytes_of("key"))
            .finish();
    EXPECT_EQ(message.size(), size == kNeeded ? kNeeded : 0) << size;
  }
}

TEST(StunBuilder, Rfc8489_14_1_AddressesInTheClear) {
  std::array<std::byte, 64> buffer;
  StunBuilder builder{buffer, Method::binding, MessageClass::success, TransactionId::random()};
  const auto endpoint = *Endpoint::parse("[2001:db8::7]:3479");
  const auto message =
      StunView::parse(builder.address(AttributeType::alternate_server, endpoint).finish());
  EXPECT_EQ(read_address(*message->find(AttributeType::alternate_server)), endpoint);
}

TEST(StunBuilder, Rfc8656_18_12_AddressErrorCode) {
  std::array<std::byte, 64> buffer;
  StunBuilder builder{buffer, Method::allocate, MessageClass::success, {}};
  const auto message =
      StunView::parse(builder.address_error_code(AddressFamily::ipv6, 440, {}).finish());
  const auto value = *message->find(AttributeType::address_error_code);
  ASSERT_EQ(value.size(), 4u);
  EXPECT_EQ(load_be32(value.data()), 0x02000428u);
}

TEST(StunBuilder, Rfc8656_18_13_IcmpHasSevenBitsOfTypeAndNineOfCode) {
  std::array<std::byte, 64> buffer;
  StunBuilder builder{buffer, Method::data, MessageClass::indication, {}};
  const auto message = StunView::parse(builder.icmp(3, 4, 1400).finish());
  const auto value = *message->find(AttributeType::icmp);
  ASSERT_EQ(value.size(), 8u);
  EXPECT_EQ(load_be32(value.data()), 3u << 9 | 4u);
  EXPECT_EQ(load_be32(value.data() + 4), 1400u);
}

TEST(PasswordAlgorithm, Rfc8489_14_12_OnlyWhatWeKnowAndWithoutParameters) {
  const std::pair<std::uint64_t, std::optional<PasswordAlgorithm>> cases[] = {
      {0x00010000, PasswordAlgorithm::md5}, {0x00020000, PasswordAlgorithm::sha256},
      {0x00000000, std::nullopt},           {0x00030000, std::nullopt},
      {0x00020004, std::nullopt},
  };
  for (const auto& [wire, expected] : cases) {
    std::array<std::byte, 4> value;
    store_be32(value.data(), static_cast<std::uint32_t>(wire));
    EXPECT_EQ(read_password_algorithm(value), expected) << wire;
    EXPECT_EQ(read_password_algorithm(ConstBytes{value}.first(3)), std::nullopt);
  }
  const std::array both{PasswordAlgorithm::sha256, PasswordAlgorithm::md5};
  EXPECT_EQ(load_be64(password_algorithms(both).data()), 0x0002000000010000u);
}

TEST(Hmac, Rfc2202AndRfc4231Vectors) {
  // RFC 2202 §3 and RFC 4231 §4.3, test case 2.
  const auto sha1 =
      hmac_sha1(bytes_of("Jefe"), {bytes_of("what do ya want "), bytes_of("for nothing?")});
  const auto sha256 = hmac_sha256(bytes_of("Jefe"), {bytes_of("what do ya want for nothing?")});
  EXPECT_EQ(load_be32(sha1.data()), 0xeffcdf6au);
  EXPECT_EQ(load_be32(sha256.data()), 0x5bdcc146u);
}

TEST(Hmac, AnEmptyKeyIsAKeyOfItsOwn) {
  const auto other = hmac_sha1(bytes_of("other"), {bytes_of("x")});
  const auto empty = hmac_sha1({}, {bytes_of("x")});
  EXPECT_NE(other, empty);
  EXPECT_EQ(empty, hmac_sha1({}, {bytes_of("x")}));
}

TEST(Hmac, ConstantTimeComparisonKnowsLengths) {
  EXPECT_TRUE(equal_in_constant_time(bytes_of("abc"), bytes_of("abc")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abd")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("ab")));
}

}  // namespace
}  // namespace avedge::stun
