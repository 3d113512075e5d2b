// The rules of anchoring, one after the other, by calls of the kind each is about.
#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kAlternative = "multipart/alternative;boundary=in";

std::string part(std::string_view id, const std::string& sdp) {
  return "--in\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: 7bit\r\nContent-ID: "
         "<" +
         std::string{id} +
         ">\r\nContent-Disposition: session; handling=optional\r\nX-Unknown :  kept \r\n\r\n" +
         sdp + "\r\n";
}

std::string count_of(const std::string& text, std::string_view wanted) {
  std::size_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos;
       at = text.find(wanted, at + 1)) {
    ++count;
  }
  return std::to_string(count);
}

/// The ICE lines of a party with host, reflexive and relayed candidates.
std::string ice(std::string_view ufrag, std::string_view place) {
  const std::string at{place};
  return "a=ice-ufrag:" + std::string{ufrag} + "\r\na=ice-pwd:pwd-" + std::string{ufrag} +
         "\r\na=candidate:1 1 UDP 2130706431 " + at + " 5000 typ host\r\n" +
         "a=x-candidate-ipv6:2 1 UDP 2130705919 2001:db8::16 15206 typ host\r\n" +
         "a=candidate:3 1 TCP-PASS 174455295 203.0.113.92 54427 typ relay raddr " + at +
         " rport 11603\r\n" +
         "a=candidate:4 1 TCP-ACT 174846975 203.0.113.92 54427 typ relay raddr " + at +
         " rport 11603\r\n" + "a=candidate:5 1 UDP 1694234111 203.0.113.167 6098 typ srflx raddr " +
         at + " rport 6098\r\na=end-of-candidates\r\n";
}

class Anchoring : public Call {
 protected:
  void expect_no_trace_of(const std::string& body, std::initializer_list<std::string_view> places) {
    for (const std::string_view place : places) {
      EXPECT_EQ(body.find(place), std::string::npos) << place << " in\n" << body;
    }
  }
  Endpoint near() { return control.path(0).caller.signalled; }
  Endpoint far() { return control.path(0).callee.signalled; }
};

TEST_F(Anchoring, Rule01_EveryLeafOfTheTreeIsRewrittenToOnePairOfPorts) {
  const auto body = [](const std::string& fallback, const std::string& rich) {
    return "--out\r\nContent-Type: multipart/alternative;boundary=in\r\n\r\n" +
           part("1@a", fallback) + part("2@a", rich) +
           "--in--\r\n--out\r\nContent-Type: text/xml\r\n\r\n<x>192.0.2.16</x>\r\n--out--\r\n";
  };
  const std::string in = body(audio("203.0.113.92", 54712), audio("203.0.113.92", 57962));
  const std::string out =
      seen({Side::caller, "INVITE", 0, 1, "", in, false, "multipart/mixed;boundary=out"});
  const std::string anchored = audio("10.0.0.10", std::stoi(port_in(out)));
  EXPECT_EQ(out, body(anchored, anchored)) << "boundaries, order, headers and other parts stay";
  EXPECT_EQ(control.pairs(), 2U) << "only one of them is ever accepted";
}

TEST_F(Anchoring, Rule02_NothingButPlacesChanges) {
  const std::string odd =
      "v=0\r\nO=odd\r\no=- 0  0 IN IP4 192.0.2.16\r\ns= x \r\nc=IN IP4 192.0.2.16\r\nt=0 0\r\n"
      "a=X-Unknown:  kept \r\nm=audio 5000 RTP/AVP 0 8\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 "
      "inline:eanuVGjZ1PGHP9Eh17H9u5uAr36WW2pjXzrH0s7W|2^31|1:1\r\na=rtcp-fb:* x-message app\r\n";
  const std::string out = invite(odd);
  std::string expected = odd;
  for (std::size_t at = expected.find(kCaller); at != std::string::npos;
       at = expected.find(kCaller)) {
    expected.replace(at, kCaller.size(), "10.0.0.10");
  }
  expected.replace(expected.find("5000"), 4, port_in(out));
  EXPECT_EQ(out, expected);
}

TEST_F(Anchoring, Rule03_SectionsThatAreNotRelayedKeepTheirPlace) {
  const std::string rest =
      "m=video 0 RTP/AVP 99\r\nc=IN IP4 203.0.113.1\r\nm=message 5060 sip null\r\nc=IN IP4 "
      "203.0.113.2\r\n";
  const std::string out = invite(audio(kCaller, 5000, rest));
  EXPECT_NE(out.find(rest), std::string::npos);
  EXPECT_EQ(control.pairs(), 2U);
}

TEST_F(Anchoring, Rule03_ALineWithItsOwnConnectionIsKnownByIt) {
  (void)invite(audio(kCaller, 5000, "c=IN IP4 203.0.113.7\r\n"));
  (void)ok(audio(kCallee, 7000));
  EXPECT_EQ(near().to_string(), "203.0.113.7:5000");
  bye();
}

TEST_F(Anchoring, Rule04_LinesOnOnePortShareOne) {
  const std::string out = invite(audio(kCaller, 5000, "m=audio 5000 RTP/SAVP 0\r\n"));
  EXPECT_EQ(port_in(out, 0), port_in(out, 1));
  EXPECT_EQ(control.pairs(), 2U);
}

TEST_F(Anchoring, Rule04_ARangeOfPortsBecomesTheOneThatIsRelayed) {
  const std::string out = invite(
      "v=0\r\no=- 0 0 IN IP4 192.0.2.16\r\ns=-\r\nc=IN IP4 192.0.2.16\r\nt=0 0\r\n"
      "m=audio 40314/2 RTP/AVP 0\r\n");
  EXPECT_NE(out.find("m=audio " + port_in(out) + " RTP/AVP 0\r\n"), std::string::npos) << out;
}

TEST_F(Anchoring, Rule05_CandidatesOfTheEdgeStandBeforeTheirEnd) {
  const std::string out = invite(audio(kCaller, 5000, ice("u", kCaller)));
  EXPECT_LT(out.find("a=candidate:"), out.find("a=end-of-candidates"));
  EXPECT_EQ(count_of(out, "candidate:"), "3") << "over UDP, and over TCP either way";
  expect_no_trace_of(out, {"192.0.2.", "203.0.113.", "2001:db8", "raddr"});
}

TEST_F(Anchoring, Rule05_RtcpIsRewrittenWhereItWasWritten) {
  const std::string out = invite(audio(kCaller, 5000, "a=rtcp:6001 IN IP4 203.0.113.9\r\n"));
  (void)ok(audio(kCallee, 7000));
  EXPECT_NE(out.find("a=rtcp:" + std::to_string(std::stoi(port_in(out)) + 1) + " IN IP4 10.0.0.10"),
            std::string::npos);
  EXPECT_EQ(control.path(1).caller.signalled.to_string(), "203.0.113.9:6001");
  bye();
}

TEST_F(Anchoring, Rule06_TheSameDescriptionAgainGivesTheSameBytes) {
  const std::string offer = invite(audio(kCaller, 5000, ice("u", kCaller)));
  const std::string answer = ok(audio(kCallee, 7000, ice("v", kCallee)));
  EXPECT_EQ(seen({Side::caller, "INVITE", 0, 2, "b", audio(kCaller, 5000, ice("u", kCaller))}),
            offer);
  EXPECT_EQ(ok(audio(kCallee, 7000, ice("v", kCallee)), "b", 2), answer);
  EXPECT_EQ(port_in(seen({Side::caller, "INVITE", 0, 3, "b", audio("192.0.2.99", 5500)})),
            port_in(offer))
      << "a changed one keeps the ports";
  bye();
}

TEST_F(Anchoring, Rule07_HoldMovesNoTargetAndFreesNoPort) {
  establish();
  std::uint32_t cseq = 2;
  for (const std::string& held :
       {audio("0.0.0.0", 5000), audio(kCaller, 5000, "a=inactive\r\n"),
        audio("192.0.2.77", 5900, "a=inactive\r\n"), audio(kCaller, 5000, "a=sendonly\r\n")}) {
    (void)seen({Side::caller, "INVITE", 0, cseq, "b", held});
    (void)ok(audio(kCallee, 7000, "a=recvonly\r\n"), "b", cseq++);
    EXPECT_EQ(near().to_string(), "192.0.2.16:5000") << held;
    EXPECT_EQ(control.pairs(), 2U);
    EXPECT_TRUE(sessions.snapshot(now)[0].is_on_hold) << held;
  }
  bye();
}

TEST_F(Anchoring, Rule07_HoldOfAPartyInTheOtherFamilyMovesNothingEither) {
  const auto six = [](std::string_view place, int port) {
    return "v=0\r\no=- 0 0 IN IP6 ::\r\ns=-\r\nc=IN IP6 " + std::string{place} +
           "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " RTP/AVP 0\r\n";
  };
  (void)invite(six("2001:db8::16", 5000));
  (void)ok(audio(kCallee, 7000));
  (void)seen({Side::caller, "INVITE", 0, 2, "b", six("::", 5000)});
  (void)ok(audio(kCallee, 7000), "b", 2);
  EXPECT_EQ(near().to_string(), "[2001:db8::16]:5000");
  (void)seen(
      {Side::callee, "INVITE", 0, 1, "b", audio(kCallee, 7000, "m=video 7002 RTP/AVP 9\r\n")});
  EXPECT_EQ(control.pairs(), 4U);
  bye();
}

TEST_F(Anchoring, Rule08_AFailedReinviteRollsBack) {
  establish();
  for (const int status : {491, 488, 500}) {
    const auto cseq = static_cast<std::uint32_t>(status);
    (void)seen({Side::callee, "INVITE", 0, cseq, "b", audio("10.0.0.77", 7700)});
    (void)seen({Side::caller, "INVITE", status, cseq, "b", ""});
    EXPECT_EQ(far().to_string(), "10.0.0.20:7000") << status;
    EXPECT_EQ(control.pairs(), 2U);
  }
  bye();
}

TEST_F(Anchoring, Rule08_ADelayedOfferIsAnsweredByTheAck) {
  (void)invite("");
  EXPECT_EQ(control.pairs(), 0U);
  expect_no_trace_of(ok(audio(kCallee, 7000)), {kCallee});
  expect_no_trace_of(seen({Side::caller, "ACK", 0, 1, "b", audio(kCaller, 5000)}), {kCaller});
  EXPECT_EQ(far().to_string(), "10.0.0.20:7000");
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  bye();
}

TEST_F(Anchoring, Rule09_FourBranchesHaveOnePortForTheCalleesAndOneEachForTheCaller) {
  (void)invite(audio(kCaller, 5000));
  std::vector<std::string> ports;
  for (int device = 0; device < 4; ++device) {
    const std::string tag = "tag" + std::to_string(device);
    ports.push_back(port_in(ringing(audio("10.0.0.2" + std::to_string(device), 7000), tag, true)));
  }
  EXPECT_EQ(std::set<std::string>(ports.begin(), ports.end()).size(), 4U);
  EXPECT_EQ(control.pairs(), 5U);
  std::set<SocketId> callee_facing;
  for (const auto& [path_id, path] : control.paths()) callee_facing.insert(path.callee.socket);
  EXPECT_EQ(callee_facing.size(), 2U) << "RTP and RTCP";
  EXPECT_EQ(port_in(ok(audio("10.0.0.22", 7000), "tag2")), ports[2]);
  EXPECT_EQ(control.pairs(), 2U) << "the 200 of one frees the others";
  bye("tag2");
}

TEST_F(Anchoring, Rule10_OnlyTheEndOfACallFreesItsPorts) {
  establish();
  (void)seen({Side::caller, "BYE", 0, 2, "b", ""});
  (void)seen({Side::callee, "INFO", 200, 3, "b", ""});
  EXPECT_EQ(control.pairs(), 2U) << "not BYE itself";
  (void)seen({Side::callee, "BYE", 200, 2, "b", ""});
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(Anchoring, Rule10_SilenceFreesThemAndHoldIsPatient) {
  establish();
  after(minutes{5});
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(observer.ended.at(0).second.reason, EndReason::idle);
}

TEST_F(Anchoring, Rule11_RemoteCandidatesNameTheReceiversOwnPorts) {
  (void)invite(audio(kCaller, 5000, ice("u", kCaller)));
  const std::string edge = port_in(ok(audio(kCallee, 7000, ice("v", kCallee))));
  const std::string seen_by_callee =
      seen({Side::caller, "INVITE", 0, 2, "b",
            audio(kCaller, 5000, "a=remote-candidates:1 198.51.100.7 " + edge + " \r\n")});
  EXPECT_NE(seen_by_callee.find("a=remote-candidates:1 10.0.0.20 7000 \r\n"), std::string::npos);
  bye();
}

TEST_F(Anchoring, Rule11_Ice06NamesAnIdThatTheReceiverKnows) {
  const std::string key_id = "Y+hVJGzBEjj4wtencMChvT7yEI8r6nHIPnQXB9Zchyw";
  const std::string line = key_id + " 1 Zfwzh/lMlJ/3YmOnpiJRdQ UDP 0.410 203.0.113.92 5000\r\n";
  const std::string offer = invite(audio("203.0.113.92", 5000, "a=candidate:" + line));
  EXPECT_NE(offer.find("a=candidate:" + key_id + " 1 Zfwzh/lMlJ/3YmOnpiJRdQ UDP"),
            std::string::npos);
  const std::string answer = ok(audio(kCallee, 7000, "a=remote-candidate:" + key_id + "\r\n"));
  EXPECT_NE(answer.find("a=remote-candidate:" + key_id + "\r\n"), std::string::npos);
  bye();
}

TEST_F(Anchoring, Rule12_ChecksAreVerifiedInTheFlavourThatWasAccepted) {
  const std::string old_caller =
      "a=candidate:Y2FsbGVy 1 c2VjcmV0 UDP 0.830 192.0.2.16 5000\r\n";  // "caller", "secret"
  const std::string old_callee = "a=candidate:Y2FsbGVl 1 aGlkZGVu UDP 0.830 10.0.0.20 7000\r\n";
  const std::string both = part("1@a", audio(kCaller, 5000, old_caller)) +
                           part("2@a", audio(kCaller, 5000, ice("u", kCaller))) + "--in--\r\n";
  (void)seen({Side::caller, "INVITE", 0, 1, "", both, false, std::string{kAlternative}});
  (void)ok(audio(kCallee, 7000, old_callee));
  const auto& from_callee = control.path(0).callee.ice;
  ASSERT_EQ(from_callee.size(), 1U);
  EXPECT_EQ(from_callee[0], (IceCheckKeys{"caller:1", "secret", "callee:1"}));
  EXPECT_EQ(control.path(1).caller.ice.at(0), (IceCheckKeys{"callee:2", "hidden", "caller:2"}));
  bye();
}

TEST_F(Anchoring, Rule13_AllSocketsOfACallLiveOnOneWorker) {
  // The data plane of these tests accepts no other.
  (void)invite(audio(kCaller, 5000, "m=video 5002 RTP/AVP 99\r\n"));
  (void)ringing(audio("10.0.0.20", 7000, "m=video 7002 RTP/AVP 99\r\n"), "desk");
  (void)ringing(audio("10.0.0.21", 7000, "m=video 7002 RTP/AVP 99\r\n"), "phone");
  EXPECT_EQ(control.paths().size(), 8U);
}

TEST_F(Anchoring, Rule14_TheAnswerIsThatOfTheAcceptedFlavourAlone) {
  const std::string both = part("1@a", audio("203.0.113.92", 54712)) +
                           part("2@a", audio("203.0.113.92", 57962, ice("u", kCaller))) +
                           "--in--\r\n";
  (void)seen({Side::caller, "INVITE", 0, 1, "", both, false, std::string{kAlternative}});
  const std::string answer = ok(audio(kCallee, 9450, ice("v", "10.6.0.5")));
  expect_no_trace_of(answer, {"10.", "203.0.113."});
  EXPECT_NE(answer.find("a=ice-ufrag:v\r\n"), std::string::npos) << "checks stay end to end";
  bye();
}

constexpr std::string_view kSharing =
    "m=applicationsharing 5004 TCP/RTP/SAVP 127\r\na=x-applicationsharing-session-id:1\r\n";

TEST_F(Anchoring, Rule15_LinesOverTcpAreAnchored) {
  const std::string own{"a=candidate:4 1 TCP-PASS 5 203.0.113.92 54427 typ relay\r\n"};
  const std::string out = invite(audio(kCaller, 5000, std::string{kSharing} + own));
  expect_no_trace_of(out, {kCaller, "203.0.113.92", " 5004 "});
  EXPECT_NE(out.find("TCP-PASS 2120613887 10.0.0.10 " + port_in(out, 1) + " typ host"),
            std::string::npos);
  EXPECT_EQ(control.pairs(), 2U);
  EXPECT_EQ(control.streams(), 2U);
}

TEST_F(Anchoring, Rule15_WhereTcpIsOffSuchLinesLoseTheirCandidatesAndStay) {
  SessionSpec spec;
  spec.branch = "off";
  spec.caller_interface = "external";
  spec.callee_interface = "internal";
  spec.streams = StreamMode::removed;
  id = *sessions.open(now, spec);
  const std::string out =
      invite(audio(kCaller, 5000, std::string{kSharing} + ice("u", "203.0.113.92")));
  EXPECT_NE(out.find(kSharing), std::string::npos);
  EXPECT_EQ(out.find("candidate:"), std::string::npos);
  EXPECT_EQ(control.streams(), 0U);
}

TEST_F(Anchoring, Rule16_AFallbackStubDoesNotChoke) {
  const std::string stub = "o=- 0 0 IN IP4 192.0.2.16\r\nm=audio 0 RTP/AVP\r\n";
  const std::string both = part("1@a", stub) + part("2@a", audio(kCaller, 5000)) + "--in--\r\n";
  const std::string out =
      seen({Side::caller, "INVITE", 0, 1, "", both, false, std::string{kAlternative}});
  expect_no_trace_of(out, {kCaller});
  (void)ok(audio(kCallee, 7000));
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  bye();
}

TEST_F(Anchoring, FamiliesFollowTheSipUntilAPartySaysWhereItIs) {
  SessionSpec spec;
  spec.branch = "six";
  spec.caller_interface = "external";
  spec.callee_interface = "internal";
  spec.caller_family = AddressFamily::ipv4;
  spec.callee_family = AddressFamily::ipv6;
  id = *sessions.open(now, spec);
  const std::string offer = invite(audio(kCaller, 5000));
  EXPECT_NE(offer.find("c=IN IP6 fd00::10\r\n"), std::string::npos);
  const std::string answer =
      ok("v=0\r\no=- 0 0 IN IP6 fd00::20\r\ns=-\r\nc=IN IP6 fd00::20\r\nt=0 0\r\n"
         "m=audio 7000 RTP/AVP 0\r\n");
  EXPECT_NE(answer.find("c=IN IP4 198.51.100.7\r\n"), std::string::npos);
  bye();
}

}  // namespace
}  // namespace avedge::anchor
