#include "signaling-shim/ng/frame.h"

#include <gtest/gtest.h>

namespace avedge::ng {
namespace {

TEST(NgFrame, CookieAndPayloadAreDividedByTheFirstBlank) {
  const auto frame = Frame::parse("5323_1 d7:command4:pinge 2");
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->cookie, "5323_1");
  EXPECT_EQ(frame->payload, "d7:command4:pinge 2");
  EXPECT_EQ(Frame::compose(frame->cookie, "d6:result4:ponge"), "5323_1 d6:result4:ponge");
}

TEST(NgFrame, WithoutACookieNobodyCanBeAnswered) {
  EXPECT_FALSE(Frame::parse(""));
  EXPECT_FALSE(Frame::parse(" d7:command4:pinge"));
  EXPECT_FALSE(Frame::parse("d7:command4:pinge"));
  EXPECT_TRUE(Frame::parse(std::string(kMaxCookie, 'c') + " de"));
  EXPECT_FALSE(Frame::parse(std::string(kMaxCookie + 1, 'c') + " de"));
}

TEST(NgFrame, TheFirstByteNamesTheEncoding) {
  EXPECT_EQ(encoding_of("de"), Encoding::bencode);
  EXPECT_EQ(encoding_of("{}"), Encoding::json);
  EXPECT_EQ(encoding_of("le"), std::nullopt);
  EXPECT_EQ(encoding_of(""), std::nullopt);
}

}  // namespace
}  // namespace avedge::ng
