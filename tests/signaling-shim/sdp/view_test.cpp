#include "signaling-shim/sdp/view.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/sdp/fixtures.h"

namespace avedge::sdp {
namespace {

using fixtures::crlf;
using fixtures::small;

TEST(SdpView, FindsEverythingThatAnchoringReads) {
  const std::string text = crlf(fixtures::kFederationOffer);
  const auto view = View::parse(text);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->origin()->ip, IpAddress::v4(203, 0, 113, 92));
  ASSERT_EQ(view->media().size(), 1U);
  const Media& audio = view->media()[0];
  EXPECT_EQ(audio.kind, "audio");
  EXPECT_EQ(audio.port, Port{57962});
  EXPECT_EQ(audio.profile, Profile::rtp);
  EXPECT_TRUE(audio.is_relayed());
  EXPECT_EQ(audio.rtcp->port, Port{51825});
  EXPECT_EQ(audio.candidates.size(), 11U);
  EXPECT_EQ(view->ice_ufrag_of(audio), "ccwh");
  EXPECT_EQ(view->ice_password_of(audio), "8X3nfjTthYjuA8vhf+z2FYqM");
  EXPECT_EQ(view->direction_of(audio), Direction::sendrecv);
  EXPECT_EQ(view->connection_of(audio)->text, "203.0.113.92");
}

TEST(SdpView, SessionLevelWordsHoldForSectionsWithoutTheirOwn) {
  const std::string text = small("c=IN IP4 192.0.2.16\na=ice-ufrag: 6nxO\na=sendonly\n",
                                 "m=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 99\n"
                                 "c=IN IP4 192.0.2.17\na=ice-ufrag:mine\na=inactive\n");
  const auto view = View::parse(text);
  ASSERT_TRUE(view.ok());
  const Media& audio = view->media()[0];
  const Media& video = view->media()[1];
  EXPECT_EQ(view->ice_ufrag_of(audio), "6nxO");
  EXPECT_EQ(view->ice_ufrag_of(video), "mine");
  EXPECT_EQ(view->direction_of(audio), Direction::sendonly);
  EXPECT_EQ(view->direction_of(video), Direction::inactive);
  EXPECT_EQ(view->connection_of(audio)->ip, IpAddress::v4(192, 0, 2, 16));
  EXPECT_EQ(view->connection_of(video)->ip, IpAddress::v4(192, 0, 2, 17));
}

TEST(SdpView, AFallbackStubMayBeginWithItsOrigin) {
  const auto view = View::parse("o=- 0 0 IN IP4 192.0.2.16\r\nm=audio 0 RTP/AVP\r\n");
  ASSERT_TRUE(view.ok());
  ASSERT_EQ(view->media().size(), 1U);
  EXPECT_TRUE(view->media()[0].is_rejected());
}

struct RelayedCase {
  const char* line;
  bool is_relayed;
};

TEST(SdpView, KnowsWhichSectionsItCanRelay) {
  for (const auto& [line, is_relayed] : {
           RelayedCase{"m=audio 5000 RTP/AVP 0", true},
           RelayedCase{"m=audio 5000/2 rtp/avp 0", true},
           RelayedCase{"m=audio 5000 RTP/SAVP 0", true},
           RelayedCase{"m=video 5000 RTP/AVPF 0", true},
           RelayedCase{"m=video 5000 RTP/SAVPF 0", true},
           RelayedCase{"m=audio 5000 UDP/TLS/RTP/SAVP 0", true},
           RelayedCase{"m=audio 5000 UDP/TLS/RTP/SAVPF 0", true},
           RelayedCase{"m=image 5000 udptl t38", true},
           RelayedCase{"m=application 5000 UDP/DTLS/SCTP webrtc-datachannel", true},
           RelayedCase{"m=audio 0 RTP/AVP 0", false},
           RelayedCase{"m=audio 5000 TCP/RTP/AVP 0", true},
           RelayedCase{"m=audio 0 TCP/RTP/AVP 0", false},
           RelayedCase{"m=applicationsharing 5000 tcp/rtp/savp 127", true},
           RelayedCase{"m=application 9 TCP/TLS/BFCP *", true},
           RelayedCase{"m=message 5000 TCP/MSRP *", false},
           RelayedCase{"m=message 5060 sip null", false},
       }) {
    const std::string text = small("c=IN IP4 192.0.2.16\n", std::string{line} + "\n");
    const auto view = View::parse(text);
    ASSERT_TRUE(view.ok()) << line;
    EXPECT_EQ(view->media()[0].is_relayed(), is_relayed) << line;
  }
}

TEST(SdpView, SectionsOverUdpMayHaveCandidatesOverTcp) {
  const auto view = View::parse(fixtures::kFederationOffer);
  ASSERT_TRUE(view.ok());
  const Media& audio = view->media()[0];
  EXPECT_TRUE(audio.uses_datagrams());
  EXPECT_FALSE(audio.uses_streams());
  EXPECT_TRUE(audio.offers(candidate::Carrier::tcp));
  EXPECT_FALSE(audio.offers(candidate::kRtcpComponent, candidate::Carrier::other));
}

TEST(SdpView, LineEndsMayBeBareLineFeeds) {
  const auto view = View::parse(fixtures::kFederationOffer);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->line_end(), "\n");
  EXPECT_EQ(view->media()[0].candidates.size(), 11U);
}

TEST(SdpView, UnreadableCandidatesAreStillFound) {
  const std::string text =
      small("c=IN IP4 192.0.2.16\n", "m=audio 5000 RTP/AVP 0\na=candidate:gibberish 192.0.2.16\n");
  const auto view = View::parse(text);
  ASSERT_TRUE(view.ok());
  ASSERT_EQ(view->media()[0].candidates.size(), 1U);
  EXPECT_FALSE(view->media()[0].candidates[0].candidate.has_value());
}

struct BadCase {
  const char* name;
  std::string text;
  DropReason reason;
};

std::string repeated(std::string_view line, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += line;
  return text;
}

TEST(SdpView, RefusesWhatItCouldNotReplace) {
  const std::string ok = small("c=IN IP4 192.0.2.16\n", "m=audio 5000 RTP/AVP 0\n");
  for (const BadCase& bad : {
           BadCase{"no connection", small("", "m=audio 5000 RTP/AVP 0\n"), {}},
           BadCase{"broken connection", small("c=IN IP4\n", "m=audio 5000 RTP/AVP 0\n"), {}},
           BadCase{"foreign network", small("c=ATM NSAP 47\n", "m=audio 5000 RTP/AVP 0\n"), {}},
           BadCase{"short origin", "v=0\r\no=- 1 IN IP4 192.0.2.1\r\n", {}},
           BadCase{"second origin", ok + "o=- 1 1 IN IP4 192.0.2.1\r\n", {}},
           BadCase{"port out of range", small("", "m=audio 65536 RTP/AVP 0\n"), {}},
           BadCase{"media without protocol", small("", "m=audio 5000\n"), {}},
           BadCase{"bare carriage return", ok + "a=x\ra=candidate:1\r\n", {}},
           BadCase{"nul", ok + std::string("a=x\0y\r\n", 7), {}},
           BadCase{"not a line of SDP", ok + " c=IN IP4 192.0.2.16\r\n", {}},
           BadCase{"rtcp without port", ok + "a=rtcp:x\r\n", {}},
           BadCase{"rtcp with half an address", ok + "a=rtcp:5001 IN IP4\r\n", {}},
       }) {
    const auto view = View::parse(bad.text);
    ASSERT_FALSE(view.ok()) << bad.name;
    EXPECT_EQ(view.reason(), DropReason::sdp_malformed) << bad.name;
  }
}

TEST(SdpView, EveryTableIsBounded) {
  const std::string ok = small("c=IN IP4 192.0.2.16\n", "m=audio 5000 RTP/AVP 0\n");
  for (const std::string& text : {
           ok + repeated("a=x\r\n", kMaxLines),
           ok + repeated("m=audio 5000 RTP/AVP 0\r\n", kMaxMedia),
           ok + repeated("a=candidate:1 1 UDP 1 192.0.2.1 5 typ host\r\n", kMaxCandidates + 1),
           ok + "a=x" + std::string(kMaxSize, 'x') + "\r\n",
       }) {
    const auto view = View::parse(text);
    ASSERT_FALSE(view.ok());
    EXPECT_EQ(view.reason(), DropReason::sdp_unsupported);
  }
}

}  // namespace
}  // namespace avedge::sdp
