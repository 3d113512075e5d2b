#include "signaling-shim/trace/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling-shim/trace/ladder_svg.h"
#include "signaling-shim/trace/ladder_text.h"
#include "tests/signaling-shim/trace/fixtures.h"

namespace avedge::trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kIn;
using testing::kOut;
using ::testing::Not;

std::vector<std::string> arrows_of(const Ladder& ladder) {
  std::vector<std::string> arrows;
  for (const Arrow& arrow : ladder.arrows) {
    arrows.push_back(std::to_string(arrow.from) + '>' + std::to_string(arrow.to) + ' ' +
                     arrow.full_label());
  }
  return arrows;
}

TEST(LadderLayout, PutsCallersLeftAndCalleesRightOfTheEdge) {
  const Ladder ladder = lay_out(testing::whole_call());
  ASSERT_EQ(ladder.columns.size(), 3U) << "a connection of his own does not make bob another party";
  EXPECT_EQ(ladder.columns[0].title, testing::kAlice);
  EXPECT_EQ(ladder.columns[0].note, "caller");
  EXPECT_EQ(ladder.columns[1].title, "avedge");
  EXPECT_EQ(ladder.columns[1].note, "192.0.2.1:5060, 10.0.0.1:5060");
  EXPECT_EQ(ladder.columns[2].title, testing::kBob);
  EXPECT_EQ(ladder.edge, 1U);
  EXPECT_EQ(ladder.from, "sip:alice@a.example");
  EXPECT_EQ(ladder.to, "sip:+49301234@b.example");
  EXPECT_THAT(arrows_of(ladder),
              ElementsAre("0>1 INVITE", "1>0 100 Trying", "1>2 INVITE", "1>2 INVITE (again)",
                          "2>1 200 OK", "1>0 200 OK", "0>1 ACK", "1>2 ACK", "2>1 BYE", "1>0 BYE",
                          "0>1 481 Gone (BYE)", "1>2 481 Gone (BYE)"));
  EXPECT_EQ(ladder.arrows[0].media, "audio 198.51.100.9:4000");
  EXPECT_EQ(ladder.arrows[0].tone, Tone::request);
  EXPECT_EQ(ladder.arrows[1].tone, Tone::provisional);
  EXPECT_EQ(ladder.arrows[4].tone, Tone::success);
  EXPECT_EQ(ladder.arrows[10].tone, Tone::failure);
}

TEST(LadderLayout, BothPartiesOnOneHostStayTwo) {
  const std::string invite = "INVITE sip:b SIP/2.0";
  const Ladder ladder = lay_out(std::vector{
      testing::entry({kIn, "127.0.0.1:6000", invite, "1 INVITE"}),
      testing::entry({kOut, "127.0.0.1:7000", invite, "1 INVITE"}),
      testing::entry({kIn, "127.0.0.1:7000", "SIP/2.0 302 Moved", "1 INVITE", "a1", "b1"})});
  ASSERT_EQ(ladder.columns.size(), 3U);
  EXPECT_THAT(arrows_of(ladder), ElementsAre("0>1 INVITE", "1>2 INVITE", "2>1 302 Moved"));
  EXPECT_EQ(ladder.arrows[2].tone, Tone::redirection);
}

TEST(LadderLayout, FailOverShowsEachNextHop) {
  const std::string invite = "INVITE sip:b SIP/2.0";
  const Ladder ladder =
      lay_out(std::vector{testing::entry({kIn, testing::kAlice, invite, "1 INVITE"}),
                          testing::entry({kOut, "10.0.0.20:5060", invite, "1 INVITE"}),
                          testing::entry({kOut, "10.0.0.21:5060", invite, "1 INVITE"})});
  EXPECT_THAT(arrows_of(ladder), ElementsAre("0>1 INVITE", "1>2 INVITE", "1>3 INVITE"));
}

TEST(LadderLayout, TraceThatBeginsInTheMiddleKnowsItsSides) {
  auto call = testing::whole_call();
  call.erase(call.begin(), call.begin() + 8);
  const Ladder ladder = lay_out(call);
  EXPECT_THAT(arrows_of(ladder),
              ElementsAre("0>1 BYE", "1>2 BYE", "2>1 481 Gone (BYE)", "1>0 481 Gone (BYE)"))
      << "bob, who sent the first request there is, counts as the caller";
}

TEST(LadderLayout, ServersTraceHasAServer) {
  Entry entry =
      testing::entry({kIn, testing::kAlice, "INVITE sip:b SIP/2.0", "1 INVITE", "a1", "b1"});
  entry.local.clear();
  const Ladder ladder = lay_out(std::vector{entry});
  EXPECT_EQ(ladder.columns[1].title, "server");
  EXPECT_EQ(ladder.arrows[0].label, "re-INVITE");
}

TEST(LadderLayout, PartiesAreBounded) {
  std::vector<Entry> entries;
  for (int i = 0; i < 100; ++i) {
    entries.push_back(testing::entry(
        {kOut, "10.0.1." + std::to_string(i) + ":5060", "INVITE sip:b SIP/2.0", "1 INVITE"}));
  }
  const Ladder ladder = lay_out(entries);
  EXPECT_LE(ladder.columns.size(), 17U);
  for (const Arrow& arrow : ladder.arrows) EXPECT_LT(arrow.to, ladder.columns.size());
}

TEST(LadderText, IsDrawn) {
  auto call = testing::whole_call();
  call.resize(5);
  EXPECT_EQ(ladder_as_text(lay_out(call)),
            "Call-ID  call-1\n"
            "From     sip:alice@a.example\n"
            "To       sip:+49301234@b.example\n"
            "Time     2026-11-21 12:00:00.000 UTC, 5 messages\n"
            "\n"
            "              198.51.100.9:5062           avedge             10.0.0.20:5060\n"
            "                   caller                                        callee\n"
            "                      │                      │                      │\n"
            "12:00:00.000          │─────── INVITE ──────▶│                      │         "
            "audio 198.51.100.9:4000\n"
            "12:00:00.001          │◀──── 100 Trying ─────│                      │\n"
            "12:00:00.001          │                      │─────── INVITE ──────▶│\n"
            "12:00:00.500          │                      │─── INVITE (again) ──▶│\n"
            "12:00:00.700          │                      │◀────── 200 OK ───────│\n");
}

/// What a peer may have written, and what must not come out of it.
std::vector<Entry> hostile_call() {
  Entry entry =
      testing::entry({kIn, "<script>\x1b[2J", "\x1b]0;evil\a<b>&\"' sip:b SIP/2.0", "1 INVITE"});
  entry.fields = "From: <sip:\x1b[31m<script>@a>;tag=1\r\nCall-ID: ]]>\xff<!--\x1b\r\n";
  entry.body = "v=0\r\nc=IN IP4 <script>\x1b\r\nm=audio <b>&\r\n";
  entry.local = "\"><script>";
  return {entry};
}

TEST(LadderText, ObeysNobody) {
  const std::string text = ladder_as_text(lay_out(hostile_call()));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\a")));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
}

TEST(LadderSvg, EscapesEverything) {
  const std::string svg = ladder_as_svg(lay_out(hostile_call()));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  EXPECT_THAT(svg, Not(HasSubstr("<!--")));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&amp;&quot;&#39;"));
  for (const char c : svg) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

TEST(LadderSvg, DrawsEveryArrowAndColumn) {
  const Ladder ladder = lay_out(testing::whole_call());
  const std::string svg = ladder_as_svg(ladder);
  std::size_t arrows = 0;
  for (std::size_t at = svg.find("<polygon"); at != std::string::npos;
       at = svg.find("<polygon", at + 1)) {
    ++arrows;
  }
  EXPECT_EQ(arrows, ladder.arrows.size());
  for (const Column& column : ladder.columns) EXPECT_THAT(svg, HasSubstr(">" + column.title + "<"));
  EXPECT_THAT(svg, HasSubstr("messages in 9.051 s"));
}

TEST(LadderText, LongLabelsAreCut) {
  Entry entry = testing::entry(
      {kIn, std::string(300, 'p'), "SIP/2.0 200 " + std::string(5000, 'x'), "1 INVITE"});
  for (const std::string& drawn :
       {ladder_as_text(lay_out(std::vector{entry})), ladder_as_svg(lay_out(std::vector{entry}))}) {
    EXPECT_THAT(drawn, HasSubstr("..."));
  }
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
}

}  // namespace
}  // namespace avedge::trace
