#include "signaling-shim/sdp/rewrite.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/sdp/fixtures.h"

namespace avedge::sdp {
namespace {

using fixtures::crlf;
using fixtures::small;

const IpAddress kEdge = IpAddress::v4(198, 51, 100, 7);

EdgePorts ports_at(const IpAddress& address, std::uint16_t rtp) {
  return {{address, Port{rtp}}, {address, Port{rtp}.next()}};
}

/// Ports from 50000 on, a pair for every section.
RewritePlan far_view(std::size_t sections, const IpAddress& address = kEdge) {
  RewritePlan plan;
  plan.address = address;
  for (std::size_t i = 0; i < sections; ++i) {
    plan.media.push_back({ports_at(address, static_cast<std::uint16_t>(50000 + 2 * i)), {}, {}});
  }
  return plan;
}

std::string anchored(std::string_view text, const RewritePlan& plan = far_view(8)) {
  const auto view = View::parse(text);
  EXPECT_TRUE(view.ok()) << text;
  return view.ok() ? rewrite(*view, plan) : std::string{};
}

TEST(SdpRewrite, FederationOfferShowsOnlyTheEdge) {
  const std::string text = anchored(crlf(fixtures::kFederationOffer));
  EXPECT_EQ(text, crlf(fixtures::kFederationOfferAnchored));
  for (const char* leak : {"192.0.2.", "203.0.113.", "2001:db8"}) {
    EXPECT_EQ(text.find(leak), std::string::npos) << leak;
  }
}

TEST(SdpRewrite, Ice06KeepsOneIdAndPassword) {
  EXPECT_EQ(anchored(crlf(fixtures::kIce06Offer)), crlf(fixtures::kIce06OfferAnchored));
}

TEST(SdpRewrite, BareLineFeedsStayBare) {
  EXPECT_EQ(anchored(fixtures::kFederationOffer), fixtures::kFederationOfferAnchored);
}

TEST(SdpRewrite, IsIdempotentForTheSameInput) {
  const std::string text = crlf(fixtures::kFederationOffer);
  EXPECT_EQ(anchored(text), anchored(text));
}

struct RewriteCase {
  const char* name;
  std::string in;
  std::string out;
};

class SdpRewriteCase : public testing::TestWithParam<RewriteCase> {};

TEST_P(SdpRewriteCase, ChangesOnlyWhatNamesThePlace) {
  EXPECT_EQ(anchored(GetParam().in), GetParam().out);
}

/// o= already shows the edge; the cases differ in what follows.
std::string seen(std::string_view session_connection, std::string_view media) {
  std::string text = "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\n";
  text.append(session_connection).append("t=0 0\n").append(media);
  return crlf(text);
}

constexpr std::string_view kSession = "c=IN IP4 192.0.2.16\n";
constexpr std::string_view kSessionSeen = "c=IN IP4 198.51.100.7\n";

INSTANTIATE_TEST_SUITE_P(
    Rules, SdpRewriteCase,
    testing::Values(
        RewriteCase{"MediaLevelConnection",
                    small("", "m=audio 5000 RTP/AVP 0\nc=IN IP4 192.0.2.16\n"),
                    seen("", "m=audio 50000 RTP/AVP 0\nc=IN IP4 198.51.100.7\n")},
        RewriteCase{"BothLevels", small(kSession, "m=audio 5000 RTP/AVP 0\nc=IN IP4 192.0.2.17\n"),
                    seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\nc=IN IP4 198.51.100.7\n")},
        RewriteCase{"PortCount", small(kSession, "m=audio 40314/2 RTP/AVP 0\n"),
                    seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\n")},
        RewriteCase{"HeldConnectionStays", small("c=IN IP4 0.0.0.0\n", "m=audio 5000 RTP/AVP 0\n"),
                    seen("c=IN IP4 0.0.0.0\n", "m=audio 50000 RTP/AVP 0\n")},
        RewriteCase{"InactiveStillHidesItsAddress",
                    small(kSession, "m=audio 5000 RTP/AVP 0\na=inactive\n"),
                    seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\na=inactive\n")},
        RewriteCase{
            "RtcpWithAddress",
            small(kSession, "m=audio 5000 RTP/AVP 0\na=rtcp:6001 IN IP4 192.0.2.18\n"),
            seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\na=rtcp:50001 IN IP4 198.51.100.7\n")},
        RewriteCase{"RtcpOnTheRtpPort",
                    small(kSession, "m=audio 5000 RTP/AVP 0\na=rtcp:5000\na=rtcp-mux\n"),
                    seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\na=rtcp:50000\na=rtcp-mux\n")},
        RewriteCase{"RejectedSectionIsNotTouched",
                    small(kSession,
                          "m=audio 5000 RTP/AVP 0\nm=video 0 RTP/AVP 99\n"
                          "c=IN IP4 192.0.2.17\n"),
                    seen(kSessionSeen,
                         "m=audio 50000 RTP/AVP 0\nm=video 0 RTP/AVP 99\n"
                         "c=IN IP4 192.0.2.17\n")},
        RewriteCase{"TcpSectionWithoutPortsOnlyLosesItsCandidates",
                    small("",
                          "m=applicationsharing 5000 TCP/RTP/SAVP 127\nc=IN IP4 192.0.2.16\n"
                          "a=candidate:1 1 TCP-ACT 5 192.0.2.16 5000 typ host\n"),
                    seen("", "m=applicationsharing 5000 TCP/RTP/SAVP 127\nc=IN IP4 192.0.2.16\n")},
        RewriteCase{"SessionConnectionOfAForeignSectionStays",
                    small(kSession, "m=message 5060 sip null\n"),
                    seen(kSession, "m=message 5060 sip null\n")},
        RewriteCase{"CandidatesStandBeforeTheirEnd",
                    small(kSession,
                          "m=audio 5000 RTP/AVP 0\na=mid:0\n"
                          "a=candidate:1 1 udp 5 192.0.2.16 5000 typ host generation 0\n"
                          "a=end-of-candidates\na=sendrecv\n"),
                    seen(kSessionSeen,
                         "m=audio 50000 RTP/AVP 0\na=mid:0\n"
                         "a=candidate:1 1 udp 2130706431 198.51.100.7 50000 typ host\n"
                         "a=end-of-candidates\na=sendrecv\n")},
        RewriteCase{"UnreadableCandidatesAreDropped",
                    small(kSession, "m=audio 5000 RTP/AVP 0\na=candidate:gibberish 192.0.2.16\n"),
                    seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\n")},
        RewriteCase{"OtherAddressAttributesAreDropped",
                    small("c=IN IP4 192.0.2.16\na=candidate:1 1 UDP 5 192.0.2.16 5 typ host\n",
                          "m=audio 5000 RTP/AVP 0\na=altc:1 IP4 192.0.2.16 5000\n"
                          "a=source-filter: incl IN IP4 * 192.0.2.16\n"
                          "a=oldmediaip:192.0.2.16\na=oldmediaport:5000\n"
                          "a=ccap:1 IN IP4 192.0.2.16\na=ptime:20\n"),
                    seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\na=ptime:20\n")},
        RewriteCase{"Fax", small(kSession, "m=image 5000 udptl t38\na=T38FaxVersion:0\n"),
                    seen(kSessionSeen, "m=image 50000 udptl t38\na=T38FaxVersion:0\n")},
        RewriteCase{"HostNames", small("c=IN IP4 phone.example\n", "m=audio 5000 RTP/AVP 0\n"),
                    seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\n")},
        RewriteCase{"OddSpacing", small("c=IN  IP4\t192.0.2.16 \n", "m=audio  5000  RTP/AVP 0\n"),
                    seen("c=IN  IP4\t198.51.100.7 \n", "m=audio  50000  RTP/AVP 0\n")}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(SdpRewrite, LastLineWithoutLineEnd) {
  std::string in =
      small(kSession, "m=audio 5000 RTP/AVP 0\na=candidate:1 1 UDP 5 192.0.2.1 5 typ host");
  EXPECT_EQ(
      anchored(in),
      seen(kSessionSeen,
           "m=audio 50000 RTP/AVP 0\na=candidate:1 1 UDP 2130706431 198.51.100.7 50000 typ host"));
}

TEST(SdpRewrite, FamilyFollowsTheEdgesPort) {
  const auto v6 = *IpAddress::parse("2001:db8:ffff::7");
  const std::string in = small(kSession,
                               "m=audio 5000 RTP/AVP 0\n"
                               "a=candidate:1 1 UDP 5 192.0.2.16 5000 typ host\n");
  std::string out = anchored(in, far_view(1, v6));
  EXPECT_NE(out.find("o=- 1 1 IN IP6 2001:db8:ffff::7\r\n"), std::string::npos);
  EXPECT_NE(out.find("c=IN IP6 2001:db8:ffff::7\r\n"), std::string::npos);
  EXPECT_NE(out.find("2130706431 2001:db8:ffff::7 50000 typ host"), std::string::npos);
  const std::string back =
      "v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\nc=IN IP6 2001:db8::1\r\n"
      "m=audio 5000 RTP/AVP 0\r\n";
  EXPECT_NE(anchored(back).find("c=IN IP4 198.51.100.7\r\n"), std::string::npos);
}

TEST(SdpRewrite, SectionsOnAnotherEdgeAddressGetTheirOwnConnection) {
  RewritePlan plan = far_view(2);
  plan.media[1].datagrams = ports_at(IpAddress::v4(198, 51, 100, 8), 50002);
  const std::string in =
      small(kSession, "m=audio 5000 RTP/AVP 0\nm=video 5002 RTP/AVP 99\ni=camera\nb=AS:1\n");
  EXPECT_EQ(anchored(in, plan), seen(kSessionSeen,
                                     "m=audio 50000 RTP/AVP 0\nm=video 50002 RTP/AVP 99\ni=camera\n"
                                     "c=IN IP4 198.51.100.8\nb=AS:1\n"));
}

TEST(SdpRewrite, Rfc3605_RtcpIsWrittenWhereItIsNotTheNextPort) {
  RewritePlan plan = far_view(1);
  plan.media[0].datagrams->rtcp.port = Port{50101};
  const std::string in = small(kSession, "m=audio 5000 RTP/AVP 0\nb=AS:64\na=ptime:20\n");
  EXPECT_EQ(anchored(in, plan),
            seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\nb=AS:64\na=rtcp:50101\na=ptime:20\n"));
}

TEST(SdpRewrite, Rfc8839_5_2_RemoteCandidatesNameTheReceiversOwnPorts) {
  RewritePlan plan = far_view(1);
  const IpAddress own = IpAddress::v4(10, 0, 0, 20);
  plan.receiver.push_back({Endpoint{own, Port{7000}}, Endpoint{own, Port{7005}}, {}, {}, {}});
  const std::string in = small(kSession,
                               "m=audio 5000 RTP/AVP 0\n"
                               "a=remote-candidates:1 198.51.100.99 50020 2 198.51.100.99 50021 \n"
                               "a=remote-candidate:Q4qp+2B3\n");
  EXPECT_EQ(anchored(in, plan), seen(kSessionSeen,
                                     "m=audio 50000 RTP/AVP 0\n"
                                     "a=remote-candidates:1 10.0.0.20 7000 2 10.0.0.20 7005 \n"
                                     "a=remote-candidate:Q4qp+2B3\n"));
}

TEST(SdpRewrite, RemoteCandidatesThatCannotBeTranslatedAreDropped) {
  const std::string in = small(kSession,
                               "m=audio 5000 RTP/AVP 0\n"
                               "a=remote-candidates:1 198.51.100.99 50020\n");
  EXPECT_EQ(anchored(in), seen(kSessionSeen, "m=audio 50000 RTP/AVP 0\n"));
}

TEST(SdpRewrite, KeptCandidatesGetTheEdgeAsOneMoreRelay) {
  RewritePlan plan = far_view(1);
  plan.candidates = Candidates::kept;
  const std::string own =
      "a=candidate:1 1 UDP 5 192.0.2.16 5000 typ host\na=candidate:99 2 UDP 4 192.0.2.16 5001 typ "
      "host\na=x-candidate-ipv6:2 1 UDP 3 2001:db8::16 5000 typ host\n"
      "a=candidate:4 1 TCP-PASS 2 192.0.2.16 5000 typ relay\n";
  const std::string in =
      small(kSession, "m=audio 5000 RTP/AVP 0\n" + own + "a=end-of-candidates\n");
  EXPECT_EQ(anchored(in, plan),
            seen(kSessionSeen,
                 "m=audio 50000 RTP/AVP 0\n" + own +
                     "a=candidate:999 1 UDP 16777215 198.51.100.7 50000 typ relay raddr "
                     "198.51.100.7 rport 50000\na=candidate:999 2 UDP 16777214 198.51.100.7 50001 "
                     "typ relay raddr 198.51.100.7 rport 50001\na=end-of-candidates\n"));
}

TEST(SdpRewrite, KeptIce06CandidatesGiveTheDefaultsPlaceToTheEdge) {
  RewritePlan plan = far_view(1);
  plan.candidates = Candidates::kept;
  const std::string out = anchored(crlf(fixtures::kIce06Offer), plan);
  for (const char* line :
       {"Q4qp+2B3Rejg21tBRcAGfwXRQxwFbPH03U7efzcCp9M 1 75+hnK4QFySwmPMqbWWhJg UDP 0.830 192.0.2.16 "
        "21722\r\n",
        "Uqk/hGPBtIDASJArq1AR2Q TCP 0.110 203.0.113.92 52196\r\n",
        "Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.410 198.51.100.7 50000\r\n",
        "Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.410 198.51.100.7 50001\r\n"}) {
    EXPECT_NE(out.find(line), std::string::npos) << line << "\n" << out;
  }
}

TEST(SdpRewrite, AmongKeptCandidatesOnlyThoseOfTheEdgeAreTranslated) {
  RewritePlan plan = far_view(1);
  plan.candidates = Candidates::kept;
  const IpAddress own = IpAddress::v4(10, 0, 0, 20);
  plan.receiver.push_back({Endpoint{own, Port{7000}},
                           Endpoint{own, Port{7005}},
                           {},
                           {},
                           {ports_at(IpAddress::v4(198, 51, 100, 99), 50020), {}, {}}});
  const auto names = [](const char* candidates) {
    return std::string{"m=audio 50000 RTP/AVP 0\na=remote-candidates:"} + candidates + "\n";
  };
  const std::string direct = "1 10.0.0.20 7000 2 10.0.0.20 7001";
  EXPECT_EQ(anchored(small(kSession, names(direct.c_str())), plan),
            seen(kSessionSeen, names(direct.c_str())));
  EXPECT_EQ(anchored(small(kSession, names("1 198.51.100.99 50020 2 198.51.100.99 50021")), plan),
            seen(kSessionSeen, names("1 10.0.0.20 7000 2 10.0.0.20 7005")));
}

/// `sections` with TCP ports as well: one for both components, 51000 onwards.
RewritePlan with_streams(std::size_t sections) {
  RewritePlan plan = far_view(sections);
  for (std::size_t i = 0; i < sections; ++i) {
    const Endpoint port{kEdge, Port{static_cast<std::uint16_t>(51000 + i)}};
    plan.media[i].streams = EdgePorts{port, port};
  }
  return plan;
}

TEST(SdpRewrite, LyncsTcpCandidatesBecomeOneThatAcceptsAndOneThatConnects) {
  const std::string out = anchored(crlf(fixtures::kFederationOffer), with_streams(1));
  std::string expected = crlf(fixtures::kFederationOfferAnchored);
  const std::string behind = "a=candidate:5 2 UDP 2130706430 198.51.100.7 50001 typ host\r\n";
  expected.insert(expected.find(behind) + behind.size(),
                  crlf("a=candidate:4 1 TCP-PASS 2120613887 198.51.100.7 51000 typ host\n"
                       "a=candidate:4 2 TCP-PASS 2120613886 198.51.100.7 51000 typ host\n"
                       "a=candidate:7 1 TCP-ACT 2121007103 198.51.100.7 51000 typ host\n"
                       "a=candidate:7 2 TCP-ACT 2121007102 198.51.100.7 51000 typ host\n"));
  EXPECT_EQ(out, expected);
}

TEST(SdpRewrite, Ice06KeepsOneIdAndPasswordOverTcpToo) {
  const std::string out = anchored(crlf(fixtures::kIce06Offer), with_streams(1));
  EXPECT_NE(out.find("a=candidate:hxajgyQ3ey1c0Dwrnogo1as2lNIZdsPbHDVH7UJy7mw 1 "
                     "Uqk/hGPBtIDASJArq1AR2Q TCP 0.250 198.51.100.7 51000\r\n"),
            std::string::npos)
      << out;
}

struct StreamCase {
  const char* name;
  std::string in;
  std::string out;
};

class SdpStreams : public testing::TestWithParam<StreamCase> {};

TEST_P(SdpStreams, ShowTheEdgesPortsOverTcp) {
  EXPECT_EQ(anchored(GetParam().in, with_streams(8)), GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, SdpStreams,
    testing::Values(
        StreamCase{"ApplicationSharing",
                   small(kSession,
                         "m=applicationsharing 5000 TCP/RTP/SAVP 127\na=rtcp:5000\n"
                         "a=candidate:1 1 TCP-PASS 2120613887 192.0.2.16 5000 typ host \n"
                         "a=candidate:1 2 TCP-PASS 2120613374 192.0.2.16 5000 typ host \n"
                         "a=candidate:2 1 TCP-ACT 2121006591 192.0.2.16 5000 typ host \n"
                         "a=setup:active\na=connection:new\n"),
                   seen(kSessionSeen,
                        "m=applicationsharing 51000 TCP/RTP/SAVP 127\na=rtcp:51000\n"
                        "a=candidate:1 1 TCP-PASS 2120613887 198.51.100.7 51000 typ host\n"
                        "a=candidate:1 2 TCP-PASS 2120613886 198.51.100.7 51000 typ host\n"
                        "a=candidate:2 1 TCP-ACT 2121007103 198.51.100.7 51000 typ host\n"
                        "a=candidate:2 2 TCP-ACT 2121007102 198.51.100.7 51000 typ host\n"
                        "a=setup:active\na=connection:new\n")},
        StreamCase{"TheChosenCandidateAfterTcpWon",
                   small("",
                         "m=audio 5000 TCP/RTP/SAVP 0\nc=IN IP4 192.0.2.16\n"
                         "a=candidate:7 1 TCP-ACT 5 192.0.2.16 5000 typ relay raddr 1.2.3.4 rport "
                         "6\n"),
                   seen("",
                        "m=audio 51000 TCP/RTP/SAVP 0\nc=IN IP4 198.51.100.7\n"
                        "a=candidate:999 1 TCP-PASS 2120613887 198.51.100.7 51000 typ host\n"
                        "a=candidate:7 1 TCP-ACT 2121007103 198.51.100.7 51000 typ host\n")},
        StreamCase{"Rfc6544_4_5_TcpTypesAndTheDiscardPort",
                   small(kSession,
                         "m=audio 5000 RTP/AVP 0\na=candidate:1 1 udp 9 192.0.2.16 5000 typ host\n"
                         "a=candidate:2 1 tcp 8 192.0.2.16 9 typ host tcptype active\n"
                         "a=candidate:3 1 tcp 7 192.0.2.16 5001 typ host tcptype passive\n"),
                   seen(kSessionSeen,
                        "m=audio 50000 RTP/AVP 0\n"
                        "a=candidate:1 1 udp 2130706431 198.51.100.7 50000 typ host\n"
                        "a=candidate:3 1 TCP 2120613887 198.51.100.7 51000 typ host tcptype "
                        "passive\n"
                        "a=candidate:2 1 TCP 2121007103 198.51.100.7 9 typ host tcptype active\n")},
        StreamCase{
            "ConnectionWithoutCandidates",
            small(kSession, "m=application 5000 TCP/BFCP *\na=setup:actpass\na=connection:new\n"),
            seen(kSessionSeen,
                 "m=application 51000 TCP/BFCP *\na=setup:actpass\na=connection:new\n")},
        StreamCase{"MessagesWithPathsOfTheirOwn",
                   small("",
                         "m=message 5000 TCP/MSRP *\nc=IN IP4 192.0.2.16\n"
                         "a=path:msrp://192.0.2.16:5000/x;tcp\n"),
                   seen("",
                        "m=message 5000 TCP/MSRP *\nc=IN IP4 192.0.2.16\n"
                        "a=path:msrp://192.0.2.16:5000/x;tcp\n")}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(SdpRewrite, Rfc4571_RtcpOnAPortOfItsOwnIsWritten) {
  RewritePlan plan = with_streams(1);
  plan.media[0].streams->rtcp.port = Port{51077};
  EXPECT_EQ(anchored(small(kSession, "m=audio 5000 TCP/RTP/AVP 0\n"), plan),
            seen(kSessionSeen, "m=audio 51000 TCP/RTP/AVP 0\na=rtcp:51077\n"));
}

TEST(SdpRewrite, APartyWithoutTcpIsReachedThroughTheEdge) {
  RewritePlan plan = with_streams(1);
  plan.media[0].accepts_for_sender = candidate::StreamGrammar::ms_ice2;
  const std::string own = "a=candidate:1 1 UDP 5 192.0.2.16 5000 typ host\n";
  EXPECT_EQ(anchored(small(kSession, "m=audio 5000 RTP/AVP 0\n" + own), plan),
            seen(kSessionSeen,
                 "m=audio 50000 RTP/AVP 0\n"
                 "a=candidate:1 1 UDP 2130706431 198.51.100.7 50000 typ host\n"
                 "a=candidate:999 1 TCP-PASS 2120613887 198.51.100.7 51000 typ host\n"));
  const std::string old = "a=candidate:id 1 pw UDP 0.830 192.0.2.16 5000\n";
  EXPECT_EQ(anchored(small(kSession, "m=audio 5000 RTP/AVP 0\n" + old), plan),
            seen(kSessionSeen,
                 "m=audio 50000 RTP/AVP 0\na=candidate:id 1 pw UDP 0.830 198.51.100.7 50000\n"
                 "a=candidate:id 1 pw TCP 0.250 198.51.100.7 51000\n"));
}

TEST(SdpRewrite, ThePartyThatHasOnlyTcpGetsNoCandidateOverUdp) {
  const std::string in = small(kSession,
                               "m=audio 5000 RTP/AVP 0\n"
                               "a=candidate:3 1 tcp 7 192.0.2.16 5001 typ host tcptype passive\n");
  EXPECT_EQ(anchored(in, with_streams(1)).find("UDP"), std::string::npos);
  EXPECT_NE(anchored(in).find(" UDP "), std::string::npos) << "unless the edge has no TCP for it";
}

TEST(SdpRewrite, KeptTcpCandidatesGetTheEdgeBesideThem) {
  RewritePlan plan = with_streams(1);
  plan.candidates = Candidates::kept;
  const std::string own =
      "a=candidate:1 1 UDP 5 192.0.2.16 5000 typ host\n"
      "a=candidate:2 1 TCP-ACT 5 192.0.2.16 5002 typ host\n";
  EXPECT_EQ(anchored(small(kSession, "m=audio 5000 RTP/AVP 0\n" + own), plan),
            seen(kSessionSeen,
                 "m=audio 50000 RTP/AVP 0\n" + own +
                     "a=candidate:99 1 UDP 16777215 198.51.100.7 50000 typ relay raddr "
                     "198.51.100.7 rport 50000\n"
                     "a=candidate:999 1 TCP-PASS 6684671 198.51.100.7 51000 typ relay raddr "
                     "198.51.100.7 rport 51000\n"
                     "a=candidate:9999 1 TCP-ACT 7077887 198.51.100.7 51000 typ relay raddr "
                     "198.51.100.7 rport 51000\n"));
}

TEST(SdpRewrite, RemoteCandidatesOfALineOverTcpNameTheReceiversStream) {
  RewritePlan plan = with_streams(1);
  const IpAddress own = IpAddress::v4(10, 0, 0, 20);
  plan.receiver.push_back({Endpoint{own, Port{7000}},
                           Endpoint{own, Port{7005}},
                           Endpoint{own, Port{8000}},
                           Endpoint{own, Port{8000}},
                           {}});
  EXPECT_EQ(anchored(small(kSession,
                           "m=audio 5000 TCP/RTP/AVP 0\n"
                           "a=remote-candidates:1 198.51.100.99 50020 2 198.51.100.99 50020\n"),
                     plan),
            seen(kSessionSeen,
                 "m=audio 51000 TCP/RTP/AVP 0\n"
                 "a=remote-candidates:1 10.0.0.20 8000 2 10.0.0.20 8000\n"));
}

TEST(SdpRewrite, BytesOutsideTheReplacedSpansAreIdentical) {
  const std::string in = crlf(fixtures::kFederationOffer);
  const std::string out = anchored(in);
  // Every line of the output that is not about a place is a line of the input, in the same order.
  std::size_t from = 0;
  for (std::size_t start = 0; start < out.size();) {
    const std::size_t end = out.find("\r\n", start) + 2;
    const std::string line = out.substr(start, end - start);
    start = end;
    if (line.find("198.51.100.7") != std::string::npos || line.starts_with("m=") ||
        line.starts_with("a=rtcp:")) {
      continue;
    }
    const std::size_t at = in.find(line, from);
    ASSERT_NE(at, std::string::npos) << line;
    from = at + line.size();
  }
}

}  // namespace
}  // namespace avedge::sdp
