#include "signaling-shim/anchor/sdp_bodies.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

const std::string kNested =
    "preamble --inner\r\n"
    "--outer\r\n"
    "Content-Type: multipart/alternative;\r\n boundary=inner\r\n"
    "\r\n"
    "--inner\r\n"
    "Content-Type : Application/SDP\r\nContent-Length: 5\r\n"
    "Content-Disposition: session; handling=optional; ms-proxy-2007fallback\r\n"
    "\r\n"
    "first\r\n"
    "--inner  \r\n"
    "Content-Type: application/sdp\r\nContent-Transfer-Encoding: 7bit\r\n"
    "\r\n"
    "second\r\n"
    "\r\n"
    "--inner--\r\n"
    "--outer\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "third\r\n"
    "--outer--\r\n";

TEST(SdpBodies, FindsEveryLeafOfANestedTree) {
  const auto found = find_sdp("multipart/mixed;boundary=\"outer\"", kNested);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->texts.size(), 2U);
  EXPECT_EQ(found->texts[0], "first");
  EXPECT_EQ(found->texts[1], "second\r\n");
  ASSERT_EQ(found->sized.size(), 1U);
  EXPECT_EQ(found->sized[0].content, "first");
  EXPECT_EQ(found->sized[0].length, "5");
}

struct FindCase {
  const char* content_type;
  std::string body;
  std::size_t found;
};

TEST(SdpBodies, SimpleBodies) {
  for (const auto& [type, body, count] : {
           FindCase{"application/sdp", "v=0\r\n", 1},
           FindCase{" Application/SDP ; charset=x", "v=0\r\n", 1},
           FindCase{"application/sdp", "", 0},
           FindCase{"text/plain", "v=0\r\n", 0},
           FindCase{"", "v=0\r\n", 1},
           FindCase{"", "<xml/>", 0},
           FindCase{"multipart/mixed; x=\"a;b\"; boundary=b", "--b\n\nplain\n--b--\n", 0},
           FindCase{"multipart/mixed; boundary=b", "--b\nContent-Type:application/sdp\n\nv=0\n", 1},
           FindCase{"multipart/mixed; boundary=b", "--bb\nContent-Type:application/sdp\n\nv=0\n",
                    0},
       }) {
    const auto found = find_sdp(type, body);
    ASSERT_TRUE(found.ok()) << type;
    EXPECT_EQ(found->texts.size(), count) << type;
  }
}

TEST(SdpBodies, WhatCannotBeReadIsRefused) {
  const auto no_boundary = find_sdp("multipart/mixed", "--x\r\n\r\n--x--");
  ASSERT_FALSE(no_boundary.ok());
  EXPECT_EQ(no_boundary.reason(), DropReason::sdp_malformed);

  const auto encoded = find_sdp("multipart/mixed;boundary=b",
                                "--b\r\nContent-Type: application/sdp\r\n"
                                "Content-Transfer-Encoding: base64\r\n\r\ndj0w\r\n--b--");
  ASSERT_FALSE(encoded.ok());
  EXPECT_EQ(encoded.reason(), DropReason::sdp_unsupported);
}

TEST(SdpBodies, DepthAndNumberOfPartsAreBounded) {
  std::string deep = "--b0\r\n";
  for (int i = 1; i <= 4; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed;boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  EXPECT_FALSE(find_sdp("multipart/mixed;boundary=b0", deep).ok());
  std::string many;
  for (std::size_t i = 0; i <= kMaxMimeParts; ++i) many += "--b\r\n\r\nx\r\n";
  EXPECT_FALSE(find_sdp("multipart/mixed;boundary=b", many).ok());
}

class MultipartCall : public Call {};

TEST_F(MultipartCall, BothAlternativesShareOnePairOfPortsAndNothingElseChanges) {
  const auto body = [](const std::string& fallback, const std::string& rich) {
    return "--x\r\nContent-Type: application/sdp\r\nContent-ID: <1@a>\r\nContent-Length: " +
           std::to_string(fallback.size()) + "\r\n\r\n" + fallback +
           "\r\n--x\r\nContent-Type: application/sdp\r\nContent-ID: <2@a>\r\n\r\n" + rich +
           "\r\n--x--\r\n";
  };
  const std::string type = "multipart/alternative;boundary=x";
  const std::string in = body(audio("203.0.113.92", 54712), audio("203.0.113.92", 57962));
  const std::string out = seen({Side::caller, "INVITE", 0, 1, "", in, false, type});
  const std::string anchored = audio("10.0.0.10", std::stoi(port_in(out)));
  EXPECT_EQ(out, body(anchored, anchored));
  EXPECT_EQ(control.pairs(), 2U);
  (void)ok(audio(kCallee, 7000));
  EXPECT_EQ(control.path(0).caller.signalled.to_string(), "203.0.113.92:57962")
      << "the richer part";
  bye();
}

TEST_F(MultipartCall, EveryLengthAroundAnEditedDescriptionIsCorrected) {
  const auto body = [](const std::string& sdp) {
    const std::string leaf =
        "--in\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()) +
        "\r\n\r\n" + sdp + "\r\n--in--";
    return "--out\r\nContent-Type: multipart/alternative;boundary=in\r\nContent-Length: " +
           std::to_string(leaf.size()) + "\r\n\r\n" + leaf +
           "\r\n--out\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nhi\r\n--out--\r\n";
  };
  const std::string in = body(audio("1.1.1.1", 1));
  const std::string out =
      seen({Side::caller, "INVITE", 0, 1, "", in, false, "multipart/mixed;boundary=out"});
  EXPECT_EQ(out, body(audio("10.0.0.10", std::stoi(port_in(out)))));
}

TEST_F(MultipartCall, ABrokenLeafLeavesTheMediaAsItWas) {
  establish();
  const auto state = [&] { return control.path(0).caller.signalled.to_string(); };
  const std::string before = state();
  const std::string broken =
      "--x\r\nContent-Type: application/sdp\r\n\r\n" + audio("192.0.2.99", 5500) +
      "\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=audio x RTP/AVP 0\r\n--x--\r\n";
  const auto refused =
      pass({Side::caller, "INVITE", 0, 2, "b", broken, false, "multipart/alternative;boundary=x"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::sdp_malformed);
  (void)seen({Side::callee, "INVITE", 400, 2, "b", ""});  // the edge's own
  EXPECT_EQ(state(), before);
  EXPECT_EQ(control.pairs(), 2U);
  (void)seen({Side::caller, "INVITE", 0, 3, "b", audio("192.0.2.99", 5500)});
  (void)ok(audio(kCallee, 7000), "b", 3);
  EXPECT_EQ(state(), "192.0.2.99:5500") << "the next one is as good as any";
  bye();
}

TEST_F(MultipartCall, AFallbackStubBesideTheRealOfferDoesNotChoke) {
  const std::string in =
      "--x\r\nContent-Type: application/sdp\r\n\r\no=- 0 0 IN IP4 192.0.2.16\r\n"
      "m=audio 0 RTP/AVP\r\n\r\n--x\r\nContent-Type: application/sdp\r\n\r\n" +
      audio(kCaller, 5000) + "\r\n--x--\r\n";
  const std::string out =
      seen({Side::caller, "INVITE", 0, 1, "", in, false, "multipart/alternative;boundary=x"});
  EXPECT_EQ(out.find(kCaller), std::string::npos);
  EXPECT_NE(out.find("m=audio 0 RTP/AVP\r\n"), std::string::npos);
  EXPECT_EQ(control.pairs(), 2U);
}

}  // namespace
}  // namespace avedge::anchor
