#include "signaling-shim/ng/stream_framer.h"

#include <gtest/gtest.h>

namespace avedge::ng {
namespace {

using Kind = StreamFramer::Kind;

TEST(NgStreamFramer, MessagesStandBackToBack) {
  StreamFramer framer;
  framer.feed("1_1 d7:command4:pinge1_2 d1:al1:beed1:");
  EXPECT_EQ(framer.next().message, "1_1 d7:command4:pinge");
  EXPECT_EQ(framer.next().message, "1_2 d1:al1:bee");
  EXPECT_EQ(framer.next().kind, Kind::incomplete);
  EXPECT_TRUE(framer.mid_message());
}

TEST(NgStreamFramer, EveryCutGivesTheSameMessages) {
  const std::string stream = "1_1 d4:listl1:ai-5eee1_2 d3:sdp12:v=0 e d1:ae e";
  const std::string first = "1_1 d4:listl1:ai-5eee";
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    StreamFramer framer;
    std::vector<std::string> found;
    for (const auto part :
         {std::string_view{stream}.substr(0, cut), std::string_view{stream}.substr(cut)}) {
      framer.feed(part);
      for (auto next = framer.next(); next.kind == Kind::message; next = framer.next()) {
        found.emplace_back(next.message);
      }
    }
    ASSERT_FALSE(found.empty()) << cut;
    EXPECT_EQ(found.front(), first) << cut;
  }
}

TEST(NgStreamFramer, AMessageMayComeByteByByte) {
  const std::string message = "1_1 d3:sdp3:v=0e";
  StreamFramer framer;
  for (const char byte : message) {
    EXPECT_EQ(framer.next().kind, Kind::incomplete);
    framer.feed({&byte, 1});
  }
  EXPECT_EQ(framer.next().message, message);
  EXPECT_FALSE(framer.mid_message());
}

TEST(NgStreamFramer, WhatHasNoEndIsBroken) {
  const struct {
    const char* name;
    std::string stream;
  } kCases[] = {
      {"no cookie", " d7:command4:pinge"},
      {"JSON", R"(1_1 {"command":"ping"})"},
      {"endless cookie", std::string(kMaxCookie + 1, 'c')},
      {"endless number", "1 d1:ai" + std::string(40, '1')},
      {"length that nobody needs", "1 d200000:"},
      {"length beyond any number", "1 d99999999999999999999999999:"},
      {"no length", "1 d:"},
      {"too deep", "1 d1:a" + std::string(kMaxDepth + 2, 'l')},
      {"a TLS client", "\x16\x03\x01 \x02"},
  };
  for (const auto& [name, stream] : kCases) {
    StreamFramer framer;
    framer.feed(stream);
    EXPECT_EQ(framer.next().kind, Kind::broken) << name;
  }
}

TEST(NgStreamFramer, TooMuchIsBrokenBeforeItIsThere) {
  StreamFramer framer;
  framer.feed("1_1 d1:a70000:" + std::string(70000, 'x') + "1:b70000:");
  EXPECT_EQ(framer.next().kind, Kind::broken);
}

}  // namespace
}  // namespace avedge::ng
