#include "signaling-shim/ng/description.h"

#include <gtest/gtest.h>

namespace avedge::ng {
namespace {

const std::string kSdp =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 5000 RTP/AVPF 0\r\na=rtcp-mux\r\na=rtcp:5000\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=candidate:1 1 UDP 1 192.0.2.1 5000 typ host\r\n"
    "a=end-of-candidates\r\na=sendrecv\r\n"
    "m=message 1 TCP/MSRP *\r\n";

TEST(NgDescription, NothingAskedForChangesNothing) {
  EXPECT_EQ(post_processed(kSdp, {}), kSdp);
  EXPECT_EQ(post_processed("no description", {}), "no description");
}

TEST(NgDescription, IceAndRtcpMuxAreTakenOut) {
  const std::string sdp = post_processed(kSdp, {.removes_ice = true, .removes_rtcp_mux = true});
  EXPECT_EQ(sdp,
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            "m=audio 5000 RTP/AVPF 0\r\na=sendrecv\r\nm=message 1 TCP/MSRP *\r\n");
}

TEST(NgDescription, ProtocolsThatOnlyDifferInFeedbackMayBeChanged) {
  const auto view = sdp::View::parse(kSdp);
  ASSERT_TRUE(view.ok());
  const auto shown = offered_protocols(protocols_of(*view), "RTP/AVP");
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(*shown, (Protocols{"RTP/AVP", "TCP/MSRP"}));
  const std::string sdp = post_processed(kSdp, {.protocols = *shown});
  EXPECT_NE(sdp.find("m=audio 5000 RTP/AVP 0\r\n"), std::string::npos);
  EXPECT_EQ(post_processed(sdp, {.protocols = protocols_of(*view)}), kSdp) << "and back";
}

TEST(NgDescription, AnotherKeyingIsRefused) {
  for (const char* wanted : {"RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF", "nonsense"}) {
    const auto shown = offered_protocols({"RTP/AVP"}, wanted);
    ASSERT_FALSE(shown.ok()) << wanted;
    EXPECT_EQ(shown.reason().text, kNoBridging);
  }
  EXPECT_TRUE(offered_protocols({"RTP/AVP"}, "").ok());
}

TEST(NgDescription, TheMarkStandsInTheSessionOnce) {
  const std::string mark = loop_mark("edge");
  const std::string once = post_processed(kSdp, {.mark = mark});
  EXPECT_TRUE(has_line(once, mark));
  EXPECT_LT(once.find(mark), once.find("m="));
  EXPECT_EQ(post_processed(once, {.mark = mark}), once);
  EXPECT_FALSE(has_line(once, mark + "2"));
  EXPECT_FALSE(has_line(kSdp, mark));
}

}  // namespace
}  // namespace avedge::ng
