// Where one message of a byte stream ends and the next begins.
#include "relay/stream/message_framer.h"

#include <gtest/gtest.h>

#include <string>

namespace avedge::relay {
namespace {

using namespace std::string_literals;

std::string binding(std::size_t attributes = 0) {
  std::string message = "\x00\x01"s + static_cast<char>(attributes >> 8) +
                        static_cast<char>(attributes) + "\x21\x12\xA4\x42" + std::string(12, 't');
  return message + std::string(attributes, 'a');
}

std::string channel_data(std::size_t size) {
  return "\x40\x01"s + static_cast<char>(size >> 8) + static_cast<char>(size) +
         std::string(size, 'p');
}

Verdict<std::optional<FramedMessage>> first(const std::string& stream) {
  return first_message(bytes_of(stream), kLongestClientMessage);
}

TEST(MessageFramer, Rfc8656_3_1_AStunMessageEndsWhereItsLengthSays) {
  const auto message = first(binding(8) + "next");
  ASSERT_TRUE(message && *message);
  EXPECT_EQ((*message)->size, 28u);
  EXPECT_EQ((*message)->occupied, 28u);
}

TEST(MessageFramer, Rfc8656_12_5_ChannelDataOverStreamsIsPaddedToFour) {
  for (const auto& [size, occupied] : {std::pair{0u, 4u}, {1u, 8u}, {4u, 8u}, {5u, 12u}}) {
    const auto message = first(channel_data(size) + "\0\0\0"s);
    ASSERT_TRUE(message && *message) << size;
    EXPECT_EQ((*message)->size, 4 + size);
    EXPECT_EQ((*message)->occupied, occupied);
  }
}

TEST(MessageFramer, EveryPrefixOfAMessageWantsMore) {
  for (const std::string& whole : {binding(12), channel_data(6) + "\0\0"s}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto message = first(whole.substr(0, size));
      ASSERT_TRUE(message) << size;
      EXPECT_FALSE(*message) << size;
    }
    EXPECT_TRUE(first(whole) && *first(whole));
  }
}

TEST(MessageFramer, WhatIsNotTurnIsMalformed) {
  std::string wrong_cookie = binding();
  wrong_cookie[4] = '\x22';
  std::string odd_length = binding(8);
  odd_length[3] = '\x07';
  for (const std::string& stream : {"\x05\x01\x00\x00"s, "\x16\x03\x01\x02\x00"s,
                                    "\x80\x60\x00\x01"s, wrong_cookie, odd_length}) {
    const auto message = first(stream);
    ASSERT_FALSE(message) << stream;
    EXPECT_EQ(message.reason(), DropReason::stream_malformed);
  }
}

TEST(MessageFramer, AMessageBeyondTheLimitIsRefusedBeforeItIsCollected) {
  const auto message = first_message(bytes_of(channel_data(5000).substr(0, 4)), 4096);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.reason(), DropReason::payload_too_long);
}

}  // namespace
}  // namespace avedge::relay
