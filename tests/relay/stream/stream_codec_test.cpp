// What the two codecs make of a byte stream, and what they put around a message.
#include "relay/stream/stream_codec.h"

#include <gtest/gtest.h>

#include <string>

namespace avedge::relay {
namespace {

using namespace std::string_literals;

constexpr auto kAuthenticated = AuthState::authenticated;
constexpr auto kUnauthenticated = AuthState::unauthenticated;

Bytes writable(std::string& text) {
  return std::as_writable_bytes(std::span{text});
}
std::string text(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::string channel_data(std::size_t size) {
  std::string message = "\x40\x01"s;
  message += static_cast<char>(size >> 8);
  message += static_cast<char>(size);
  return message + std::string(size, 'x');
}

TEST(TurnCodec, Rfc8656_12_5_CutsChannelDataWithItsPadding) {
  std::string stream = channel_data(5) + "\0\0\0"s + channel_data(4);
  const auto first = turn_codec().decode(writable(stream), kAuthenticated);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ(text((*first)->message), channel_data(5));
  EXPECT_EQ((*first)->occupied, 12u);
  const auto second = turn_codec().decode(writable(stream).subspan(12), kAuthenticated);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->occupied, 8u);
}

TEST(TurnCodec, WaitsForTheRestOfAMessage) {
  std::string stream = channel_data(5);
  const auto decoded = turn_codec().decode(writable(stream), kAuthenticated);
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(*decoded) << "the padding is missing";
}

TEST(TurnCodec, AllowsClientsWithoutCredentialsShortMessagesOnly) {
  std::string stream = channel_data(8000);
  const auto refused = turn_codec().decode(writable(stream), kUnauthenticated);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.reason(), DropReason::payload_too_long);
  EXPECT_TRUE(turn_codec().decode(writable(stream), kAuthenticated));
}

TEST(TurnCodec, PadsWhatItSends) {
  const std::string message = channel_data(5);
  const auto framing = turn_codec().framing_of(std::as_bytes(std::span{message}));
  ASSERT_TRUE(framing);
  EXPECT_EQ(framing->header_size, 0u);
  EXPECT_EQ(framing->padding, 3u);
}

TEST(Rfc4571Codec, CutsPacketsBehindTheirLengths) {
  std::string stream = "\0\3abc\0\0\0\1d"s;
  const auto first = rfc4571_codec().decode(writable(stream), kUnauthenticated);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ(text((*first)->message), "abc");
  EXPECT_EQ((*first)->occupied, 5u);
  const auto empty = rfc4571_codec().decode(writable(stream).subspan(5), kUnauthenticated);
  ASSERT_TRUE(empty && *empty);
  EXPECT_TRUE((*empty)->message.empty());
  EXPECT_EQ((*empty)->occupied, 2u);
}

TEST(Rfc4571Codec, PutsTheLengthInFrontOfAPacket) {
  const std::string packet(300, 'p');
  const auto framing = rfc4571_codec().framing_of(std::as_bytes(std::span{packet}));
  ASSERT_TRUE(framing);
  EXPECT_EQ(text(ConstBytes{framing->header}.first(framing->header_size)), "\x01\x2c"s);
  EXPECT_EQ(framing->padding, 0u);
}

TEST(Rfc4571Codec, RefusesWhatNoDatagramHolds) {
  const std::string packet(65'508, 'p');
  const auto framing = rfc4571_codec().framing_of(std::as_bytes(std::span{packet}));
  ASSERT_FALSE(framing);
  EXPECT_EQ(framing.reason(), DropReason::payload_too_long);
}

}  // namespace
}  // namespace avedge::relay
