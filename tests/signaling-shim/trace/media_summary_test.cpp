#include "signaling-shim/trace/media_summary.h"

#include <gtest/gtest.h>

namespace avedge::trace {
namespace {

struct Case {
  const char* name;
  std::string body;
  std::string summary;
};

class MediaSummary : public ::testing::TestWithParam<Case> {};

TEST_P(MediaSummary, SaysWhereMediaGoes) {
  EXPECT_EQ(media_summary(GetParam().body), GetParam().summary);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, MediaSummary,
    ::testing::Values(
        Case{"AddressOfTheSession", "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n",
             "audio 192.0.2.1:4000"},
        Case{"AddressOfTheStream",
             "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000/2 RTP/AVP 0\nm=video 4002 RTP/AVP 96\n"
             "c=IN IP6 2001:db8::1/127\n",
             "audio 192.0.2.1:4000, video [2001:db8::1]:4002"},
        Case{"HoldAndRefusal",
             "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\na=inactive\r\nm=video 0 x\r\n",
             "audio 192.0.2.1:4000 (inactive), video off"},
        Case{"BothAlternativesOfMultipart",
             "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 192.0.2.1\r\n"
             "m=audio 4000 RTP/AVP 0\r\n\r\n--b\r\n\r\nv=0\r\nc=IN IP4 192.0.2.1\r\n"
             "m=audio 5000 RTP/AVP 0\r\n\r\n--b--\r\n",
             "audio 192.0.2.1:4000, audio 192.0.2.1:5000"},
        Case{"SameTwice",
             "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"
             "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n",
             "audio 192.0.2.1:4000"},
        Case{"NoSdp", "<xml>m=audio</xml>\r\nhello", ""},
        Case{"Stub", "v=0\r\nm=\r\nc=IN IP\r\n", ""},
        Case{"Many", "v=0\nm=a 1\nm=b 1\nm=c 1\nm=d 1\nm=e 1\nm=f 1\nm=g 1\nm=h 1\n",
             "a :1, b :1, c :1, d :1, e :1, f :1, and 2 more"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace avedge::trace
