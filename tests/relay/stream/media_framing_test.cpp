#include "relay/stream/media_framing.h"

#include <gtest/gtest.h>

#include <string>

namespace avedge::relay {
namespace {

using namespace std::string_literals;

Verdict<std::optional<Bytes>> first(std::string& stream) {
  return first_frame(std::as_writable_bytes(std::span{stream}));
}

TEST(MediaFraming, Rfc4571_2_AFrameStandsBehindItsLength) {
  std::string stream = "\x00\x05hello\x00\x04next"s;
  const auto frame = first(stream);
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ(text_of(**frame), "hello");
}

TEST(MediaFraming, Rfc4571_2_AnEmptyFrameIsOne) {
  std::string stream = "\x00\x00\x00\x04next"s;
  const auto frame = first(stream);
  ASSERT_TRUE(frame && *frame);
  EXPECT_TRUE((*frame)->empty());
}

TEST(MediaFraming, EveryPrefixOfAFrameWantsMore) {
  const std::string whole = "\x00\x05hello"s;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string prefix = whole.substr(0, size);
    const auto frame = first(prefix);
    ASSERT_TRUE(frame) << size;
    EXPECT_FALSE(*frame) << size;
  }
}

TEST(MediaFraming, WhatNoDatagramHoldsIsRefusedAtOnce) {
  std::string longest = "\xFF\xE3"s;  // 65 507
  EXPECT_TRUE(first(longest));
  std::string longer = "\xFF\xE4"s;
  ASSERT_FALSE(first(longer));
  EXPECT_EQ(first(longer).reason(), DropReason::payload_too_long);
}

TEST(MediaFraming, LengthsAreWrittenAsTheyAreRead) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{1500}, kLongestFrame}) {
    const auto length = frame_length(size);
    std::string stream(text_of(length));
    stream.append(size, 'x');
    const auto frame = first(stream);
    ASSERT_TRUE(frame && *frame) << size;
    EXPECT_EQ((*frame)->size(), size);
  }
}

}  // namespace
}  // namespace avedge::relay
