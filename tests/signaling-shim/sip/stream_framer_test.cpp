#include "signaling-shim/sip/stream_framer.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/sip/fixtures.h"

namespace avedge::sip {
namespace {

using Kind = StreamFramer::Kind;

/// Feeds `stream` in pieces of the given size and writes down what comes out.
std::vector<std::string> frames_of(std::string_view stream, std::size_t piece,
                                   std::size_t longest = kMaxMessageSize) {
  StreamFramer framer{longest};
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    framer.feed(stream.substr(at, piece));
    while (true) {
      const auto frame = framer.next();
      if (frame.kind == Kind::incomplete) break;
      frames.push_back(frame.kind == Kind::ping       ? "ping"
                       : frame.kind == Kind::broken   ? "broken " + std::string{frame.bytes}
                       : frame.kind == Kind::too_long ? "too long " + std::string{frame.bytes}
                                                      : std::string{frame.bytes});
      if (frame.kind == Kind::broken || frame.kind == Kind::too_long) return frames;
    }
  }
  return frames;
}

TEST(StreamFramer, CutsAtEveryByteAlike) {
  const std::string invite = testing::invite("TCP");
  const std::string bye = testing::wire("BYE sip:b SIP/2.0\nl: 0\n\n");
  const std::string stream = "\r\n\r\n" + invite + "\r\n" + bye + "\r\n\r\n" + invite;
  const std::vector<std::string> expected{"ping", invite, bye, "ping", invite};
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    EXPECT_EQ(frames_of(stream, piece), expected) << piece;
  }
}

TEST(StreamFramer, HandsOutAHeadItCannotFrame) {
  const std::string head = testing::wire("OPTIONS sip:b SIP/2.0\nA: b\n\n");
  EXPECT_EQ(frames_of(head + "rest", 7), std::vector<std::string>{"broken " + head});
}

TEST(StreamFramer, BreaksOffWhatIsAmbiguousOrTooLarge) {
  for (const std::string head : {"A: b\nl: 0\nContent-Length: 5\n\n", "l: 0\nl : 0\n\n",
                                 "Content-Length: 7000000000\n\n", "Content-Length: x\n\n"}) {
    const auto frames = frames_of(testing::wire("OPTIONS sip:b SIP/2.0\n" + head), 9);
    ASSERT_EQ(frames.size(), 1U) << head;
    EXPECT_EQ(frames[0].substr(0, 6), "broken") << head;
  }
  EXPECT_EQ(frames_of(std::string(70'000, 'x'), 1000), std::vector<std::string>{"broken "});
}

TEST(StreamFramer, HandsOutTheHeadOfWhatIsTooLong) {
  const std::string head = testing::wire("OPTIONS sip:b SIP/2.0\nContent-Length: 50\n\n");
  const std::string body(50, 'x');
  const std::size_t size = head.size() + body.size();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, size}) {
    EXPECT_EQ(frames_of(head + body, piece, size), std::vector<std::string>{head + body});
    EXPECT_EQ(frames_of(head + body, piece, size - 1),
              std::vector<std::string>{"too long " + head});
  }
  const std::string huge = testing::wire("OPTIONS sip:b SIP/2.0\nContent-Length: 70000\n\n");
  EXPECT_EQ(frames_of(huge, 9), std::vector<std::string>{"too long " + huge});
}

TEST(StreamFramer, TheLimitCanBeRaisedBetweenMessages) {
  const std::string head = testing::wire("OPTIONS sip:b SIP/2.0\nContent-Length: 50\n\n");
  StreamFramer framer{60};
  framer.allow(200);
  framer.feed(head);
  EXPECT_EQ(framer.next().kind, Kind::incomplete);
  EXPECT_EQ(framer.held(), head.size());
  framer.feed(std::string(50, 'x'));
  EXPECT_EQ(framer.next().kind, Kind::message);
  EXPECT_EQ(framer.held(), 0U);
}

TEST(StreamFramer, KnowsWhetherAMessageIsUnfinished) {
  StreamFramer framer;
  framer.feed("\r\n");
  EXPECT_EQ(framer.next().kind, Kind::incomplete);
  EXPECT_FALSE(framer.mid_message());
  framer.feed("INV");
  EXPECT_EQ(framer.next().kind, Kind::incomplete);
  EXPECT_TRUE(framer.mid_message());
}

}  // namespace
}  // namespace avedge::sip
