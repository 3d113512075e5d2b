#include "ice/stun/stun_view.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "ice/stun/attribute_values.h"
#include "ice/stun/integrity.h"
#include "ice/stun/stun_builder.h"

namespace avedge::stun {
namespace {

constexpr TransactionId kTransaction{{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                      std::byte{5}, std::byte{6}, std::byte{7}, std::byte{8},
                                      std::byte{9}, std::byte{10}, std::byte{11}, std::byte{12}}};

using Message = std::vector<std::byte>;

Message build(const std::function<void(StunBuilder&)>& fill) {
  std::array<std::byte, 2048> buffer;
  StunBuilder builder{buffer, Method::binding, MessageClass::request, kTransaction};
  fill(builder);
  const ConstBytes built = builder.finish();
  return {built.begin(), built.end()};
}

/// Appends an attribute behind what is complete already, and repairs the header's length only.
void append(Message& message, AttributeType type, ConstBytes value) {
  std::array<std::byte, 4> header;
  store_be16(header.data(), static_cast<std::uint16_t>(type));
  store_be16(header.data() + 2, static_cast<std::uint16_t>(value.size()));
  message.insert(message.end(), header.begin(), header.end());
  message.insert(message.end(), value.begin(), value.end());
  message.resize(message.size() + padding_of(value.size()));
  store_be16(&message[2], static_cast<std::uint16_t>(message.size() - kStunHeaderSize));
}

TEST(StunHeader, Rfc8489_5_TypesAreWovenFromMethodAndClass) {
  EXPECT_EQ(encode_type(Method::binding, MessageClass::request), 0x0001);
  EXPECT_EQ(encode_type(Method::binding, MessageClass::indication), 0x0011);
  EXPECT_EQ(encode_type(Method::binding, MessageClass::success), 0x0101);
  EXPECT_EQ(encode_type(Method::binding, MessageClass::error), 0x0111);
  EXPECT_EQ(encode_type(Method::send, MessageClass::indication), 0x0016);
  EXPECT_EQ(encode_type(Method::channel_bind, MessageClass::error), 0x0119);
  for (std::uint16_t method = 0; method < 0x1000; ++method) {
    for (const auto message_class : {MessageClass::request, MessageClass::indication,
                                     MessageClass::success, MessageClass::error}) {
      const auto type = encode_type(static_cast<Method>(method), message_class);
      ASSERT_EQ(type & 0xC000, 0);
      ASSERT_EQ(static_cast<std::uint16_t>(method_of(type)), method);
      ASSERT_EQ(class_of(type), message_class);
    }
  }
}

TEST(StunView, Rfc8489_5_HeadersThatAreNone) {
  const Message good = build([](StunBuilder& b) { b.u32(AttributeType::priority, 1); });
  ASSERT_TRUE(StunView::parse(good));

  const std::pair<const char*, std::function<void(Message&)>> cases[] = {
      {"empty", [](Message& m) { m.clear(); }},
      {"one byte short of a header", [](Message& m) { m.resize(19); }},
      {"first two bits set", [](Message& m) { m[0] = std::byte{0x80}; }},
      {"wrong cookie", [](Message& m) { m[7] = std::byte{0x43}; }},
      {"length beyond the message", [](Message& m) { m[3] = std::byte{12}; }},
      {"length short of the message", [](Message& m) { m[3] = std::byte{4}; }},
      {"length no multiple of four",
       [](Message& m) {
         m.push_back({});
         m[3] = std::byte{9};
       }},
      {"trailing bytes", [](Message& m) { m.resize(m.size() + 4); }},
      {"attribute beyond the message", [](Message& m) { m[23] = std::byte{5}; }},
      {"attribute of 65535 bytes", [](Message& m) { m[22] = m[23] = std::byte{0xFF}; }},
  };
  for (const auto& [name, bend] : cases) {
    Message bent = good;
    bend(bent);
    const auto parsed = StunView::parse(bent);
    ASSERT_FALSE(parsed) << name;
    EXPECT_EQ(parsed.reason(), DropReason::stun_malformed) << name;
  }
}

TEST(StunView, ParsesAtEveryAlignment) {
  const Message message = build([](StunBuilder& b) {
    b.u64(AttributeType::ice_controlling, 42).integrity(bytes_of("key")).fingerprint();
  });
  for (std::size_t shift = 0; shift < 8; ++shift) {
    Message shifted(shift);
    shifted.insert(shifted.end(), message.begin(), message.end());
    const auto parsed = StunView::parse(ConstBytes{shifted}.subspan(shift));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(read_u64(*parsed->find(AttributeType::ice_controlling)), 42u);
    EXPECT_TRUE(verify_integrity(*parsed, bytes_of("key")));
  }
}

TEST(StunView, Rfc8489_14_5_AttributesBehindIntegrityAreNotThere) {
  Message message = build(
      [](StunBuilder& b) { b.text(AttributeType::username, "a:b").integrity(bytes_of("key")); });
  append(message, AttributeType::use_candidate, {});
  append(message, AttributeType::message_integrity, Message(20));
  append(message, AttributeType::username, bytes_of("smuggled"));

  const auto parsed = StunView::parse(message);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->has(AttributeType::use_candidate));
  EXPECT_EQ(text_of(*parsed->find(AttributeType::username)), "a:b");
  EXPECT_TRUE(verify_integrity(*parsed, bytes_of("key")));
}

TEST(StunView, Rfc8489_14_6_Sha256MayFollowAndThenDecides) {
  const Message both = build([](StunBuilder& b) {
    b.integrity(bytes_of("weak")).integrity_sha256(bytes_of("strong")).fingerprint();
  });
  const auto parsed = StunView::parse(both);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(verify_integrity(*parsed, bytes_of("strong")));
  EXPECT_FALSE(verify_integrity(*parsed, bytes_of("weak")));
}

TEST(StunView, Rfc8489_14_6_TruncatedSha256DoesNotVerify) {
  Message message = build([](StunBuilder& b) { b.integrity_sha256(bytes_of("key")); });
  message.resize(message.size() - 16);
  store_be16(&message[2], static_cast<std::uint16_t>(message.size() - kStunHeaderSize));
  store_be16(&message[22], 16);
  const auto parsed = StunView::parse(message);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(has_integrity(*parsed));
  EXPECT_FALSE(verify_integrity(*parsed, bytes_of("key")));
}

TEST(StunView, IntegrityOfTheWrongSizeIsMalformed) {
  for (const std::size_t size : {0, 16, 24}) {
    Message message = build([](StunBuilder&) {});
    append(message, AttributeType::message_integrity, Message(size));
    EXPECT_FALSE(StunView::parse(message)) << size;
  }
  for (const std::size_t size : {0, 12, 18, 36}) {
    Message message = build([](StunBuilder&) {});
    append(message, AttributeType::message_integrity_sha256, Message(size));
    EXPECT_FALSE(StunView::parse(message)) << size;
  }
}

TEST(StunView, EveryChangedByteBreaksIntegrity) {
  const Message message = build(
      [](StunBuilder& b) { b.text(AttributeType::username, "alice").integrity(bytes_of("key")); });
  for (std::size_t i = 0; i < message.size(); ++i) {
    Message changed = message;
    changed[i] ^= std::byte{0x20};
    const auto parsed = StunView::parse(changed);
    EXPECT_FALSE(parsed && verify_integrity(*parsed, bytes_of("key"))) << i;
  }
}

TEST(StunView, Rfc8489_14_7_FingerprintMustBeRightAndLast) {
  const Message good =
      build([](StunBuilder& b) { b.text(AttributeType::software, "x").fingerprint(); });
  ASSERT_TRUE(StunView::parse(good));
  EXPECT_TRUE(StunView::parse(good)->has_fingerprint());

  Message wrong = good;
  wrong.back() ^= std::byte{1};
  EXPECT_EQ(StunView::parse(wrong).reason(), DropReason::stun_fingerprint);

  Message not_last = good;
  append(not_last, AttributeType::software, bytes_of("late"));
  EXPECT_EQ(StunView::parse(not_last).reason(), DropReason::stun_malformed);

  Message wrong_size = build([](StunBuilder&) {});
  append(wrong_size, AttributeType::fingerprint, Message(8));
  EXPECT_EQ(StunView::parse(wrong_size).reason(), DropReason::stun_malformed);
}

TEST(StunView, AttributesAreCounted) {
  const auto with = [](std::size_t count) {
    return build([count](StunBuilder& b) {
      for (std::size_t i = 0; i < count; ++i) b.flag(AttributeType::dont_fragment);
    });
  };
  EXPECT_TRUE(StunView::parse(with(kMaxAttributes)));
  EXPECT_FALSE(StunView::parse(with(kMaxAttributes + 1)));
}

TEST(StunView, Rfc8489_14_TheFirstOfRepeatedAttributesCounts) {
  const Message message = build([](StunBuilder& b) {
    b.text(AttributeType::username, "first").text(AttributeType::username, "second");
  });
  const auto parsed = StunView::parse(message);
  EXPECT_EQ(text_of(*parsed->find(AttributeType::username)), "first");
  std::size_t count = 0;
  for (const Attribute attribute : *parsed) {
    EXPECT_EQ(attribute.type, AttributeType::username);
    ++count;
  }
  EXPECT_EQ(count, 2u);
}

TEST(AttributeValues, AddressesOfWrongShapeAreNone) {
  const auto octets = [](std::initializer_list<unsigned> values) {
    Message bytes;
    for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
  };
  EXPECT_EQ(read_address(octets({0, 1, 0x0d, 0x96, 192, 0, 2, 1})),
            Endpoint::parse("192.0.2.1:3478"));
  EXPECT_FALSE(read_address({}));
  EXPECT_FALSE(read_address(octets({0, 1, 1, 1, 1, 1, 1})));
  EXPECT_FALSE(read_address(octets({0, 0, 1, 1, 1, 1, 1, 1})));
  EXPECT_FALSE(read_address(octets({0, 2, 1, 1, 1, 1, 1, 1})));
  EXPECT_FALSE(read_address(Message(20)));
}

TEST(AttributeValues, TextsAndNumbersHaveTheirSizes) {
  EXPECT_FALSE(read_text({}, 5));
  EXPECT_EQ(read_text(bytes_of("12345"), 5), "12345");
  EXPECT_FALSE(read_text(bytes_of("123456"), 5));
  EXPECT_FALSE(read_u32(bytes_of("123")));
  EXPECT_FALSE(read_u64(bytes_of("1234")));
  EXPECT_EQ(read_u8_of_four(bytes_of("A\1\2\3")), 0x41);
  EXPECT_FALSE(read_u8_of_four(bytes_of("A")));
  EXPECT_EQ(read_channel_number(bytes_of("@\1\2\3")), 0x4001);
}

TEST(AttributeValues, Rfc8489_14_8_ErrorCodes) {
  EXPECT_EQ(read_error_code(bytes_of({"\0\0\4\26reason", 10}))->code, 422);
  EXPECT_FALSE(read_error_code(bytes_of({"\0\0\2\0", 4})));
  EXPECT_FALSE(read_error_code(bytes_of({"\0\0\4\x64", 4})));
  EXPECT_FALSE(read_error_code(bytes_of({"\0\0\4", 3})));
}

}  // namespace
}  // namespace avedge::stun
