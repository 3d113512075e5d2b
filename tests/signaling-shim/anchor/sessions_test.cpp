#include "signaling-shim/anchor/sessions.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class SessionsTest : public Call {};

TEST_F(SessionsTest, EachSideSeesOnlyTheEdge) {
  const std::string offer = invite(audio(kCaller, 5000));
  EXPECT_EQ(offer.find(kCaller), std::string::npos);
  EXPECT_NE(offer.find("c=IN IP4 10.0.0.10\r\n"), std::string::npos);
  const std::string answer = ok(audio(kCallee, 7000));
  EXPECT_EQ(answer.find(kCallee), std::string::npos);
  EXPECT_NE(answer.find("c=IN IP4 198.51.100.7\r\n"), std::string::npos) << "advertised address";
  bye();
}

TEST_F(SessionsTest, PathsLeadFromEndToEndForRtpAndRtcp) {
  const std::string offer = invite(audio(kCaller, 5000));
  const std::string answer = ok(audio(kCallee, 7000));
  ASSERT_EQ(control.paths().size(), 2U);
  const UdpPath rtp = control.path(0);
  EXPECT_EQ(control.port_of(rtp.caller.socket), port_in(answer));
  EXPECT_EQ(control.port_of(rtp.callee.socket), port_in(offer));
  EXPECT_EQ(rtp.caller.signalled.to_string(), "192.0.2.16:5000");
  EXPECT_EQ(rtp.callee.signalled.to_string(), "10.0.0.20:7000");
  EXPECT_EQ(rtp.caller.sip_source.to_string(), "203.0.113.5");
  EXPECT_EQ(rtp.callee.sip_source.to_string(), "10.0.0.1");
  const UdpPath rtcp = control.path(1);
  EXPECT_EQ(rtcp.caller.signalled.to_string(), "192.0.2.16:5001");
  EXPECT_EQ(rtcp.callee.signalled.to_string(), "10.0.0.20:7001");
  bye();
  EXPECT_TRUE(control.paths().empty());
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(SessionsTest, Rfc8445_7_2_2_ChecksAreKeyedByTheirReceiver) {
  (void)invite(audio(kCaller, 5000,
                     "a=ice-ufrag:cu\r\na=ice-pwd:cp\r\n"
                     "a=candidate:1 1 UDP 5 203.0.113.77 6000 typ srflx\r\n"));
  (void)ok(audio(kCallee, 7000, "a=ice-ufrag:eu\r\na=ice-pwd:ep\r\n"));
  const UdpPath rtp = control.path(0);
  ASSERT_EQ(rtp.caller.ice.size(), 1U);
  EXPECT_EQ(rtp.caller.ice[0], (IceCheckKeys{"eu", "ep", "cu"}));
  ASSERT_EQ(rtp.callee.ice.size(), 1U);
  EXPECT_EQ(rtp.callee.ice[0], (IceCheckKeys{"cu", "cp", "eu"}));
  ASSERT_EQ(rtp.caller.signalled_addresses.size(), 2U);
  EXPECT_EQ(rtp.caller.signalled_addresses[1].to_string(), "203.0.113.77");
  bye();
}

TEST_F(SessionsTest, SameMessageAgainGivesTheSameBytes) {
  const std::string offer = invite(audio(kCaller, 5000));
  EXPECT_EQ(invite(audio(kCaller, 5000)), offer);
  const std::string answer = ok(audio(kCallee, 7000));
  EXPECT_EQ(ok(audio(kCallee, 7000)), answer);
  const std::size_t posted = control.set_calls;
  // A session refresh: re-INVITE with unchanged SDP.
  EXPECT_EQ(seen({Side::caller, "INVITE", 0, 2, "b", audio(kCaller, 5000)}), offer);
  EXPECT_EQ(ok(audio(kCallee, 7000), "b", 2), answer);
  EXPECT_EQ(control.set_calls, posted) << "nothing changed, nothing may be latched anew";
  EXPECT_EQ(control.pairs(), 2U);
  bye();
}

TEST_F(SessionsTest, SameBranchIsTheSameSession) {
  const SessionId first = id;
  open("z9hG4bK-1");
  EXPECT_EQ(id, first);
  open("z9hG4bK-2");
  EXPECT_NE(id, first);
}

TEST_F(SessionsTest, UnansweredByeEndsTheCallToo) {
  establish();
  (void)seen({Side::callee, "BYE", 0, 1, "b", ""});
  after(seconds{31});
  EXPECT_GT(control.pairs(), 0U);
  after(seconds{1});
  EXPECT_EQ(control.pairs(), 0U);
  ASSERT_EQ(observer.ended.size(), 1U);
  EXPECT_EQ(observer.ended[0].second.reason, EndReason::bye);
}

TEST_F(SessionsTest, ChallengedByeDoesNotEndTheCall) {
  establish();
  (void)seen({Side::caller, "BYE", 0, 9, "b", ""});
  (void)seen({Side::callee, "BYE", 407, 9, "b", ""});
  after(seconds{40});
  EXPECT_GT(control.pairs(), 0U);
  bye();
}

struct EndCase {
  const char* name;
  bool cancels;
  int status;
  EndReason reason;
};

TEST_F(SessionsTest, FinalErrorToTheInitialInviteFreesEverything) {
  int branch = 100;
  for (const EndCase& end : {EndCase{"CANCEL", true, 487, EndReason::cancelled},
                             EndCase{"busy", false, 486, EndReason::rejected},
                             EndCase{"timed out", false, 408, EndReason::unanswered}}) {
    open("z9hG4bK-" + std::to_string(++branch));
    (void)invite(audio(kCaller, 5000));
    (void)ringing(audio(kCallee, 7000));
    if (end.cancels) (void)seen({Side::caller, "CANCEL", 0, 1, "", ""});
    (void)seen({Side::callee, "INVITE", end.status, 1, "b", ""});
    EXPECT_EQ(control.pairs(), 0U) << end.name;
    EXPECT_EQ(observer.ended.back().second.reason, end.reason) << end.name;
    EXPECT_FALSE(observer.ended.back().second.was_answered);
  }
}

TEST_F(SessionsTest, AbandonFreesEverything) {
  (void)invite(audio(kCaller, 5000));
  sessions.abandon(now, id);
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(observer.ended.at(0).second.reason, EndReason::abandoned);
  sessions.abandon(now, id);
}

TEST_F(SessionsTest, OfferWithoutAnswerIsFreedAfterThreeMinutes) {
  (void)invite(audio(kCaller, 5000));
  after(minutes{2});
  (void)seen({Side::callee, "INVITE", 100, 1, "", ""});  // the clock starts again
  after(minutes{3} - seconds{1});
  EXPECT_GT(control.pairs(), 0U);
  after(seconds{1});
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(observer.ended.at(0).second.reason, EndReason::unanswered);
}

TEST_F(SessionsTest, ACallThatRingsOutlivesAShortOfferTimeout) {
  settings.offer_timeout = seconds{20};
  Sessions hasty{control, settings, observer};
  SessionSpec spec;
  spec.branch = "hasty";
  const auto session = *hasty.open(now, spec);
  const std::string sdp = audio(kCaller, 5000);
  DialogMessage message;
  message.method = "INVITE";
  message.content_type = "application/sdp";
  message.body = sdp;
  (void)hasty.on_message(now, session, message);
  DialogMessage ringing_now;
  ringing_now.sender = Side::callee;
  ringing_now.method = "INVITE";
  ringing_now.status = 180;
  ringing_now.callee_tag = "b";
  (void)hasty.on_message(now, session, ringing_now);
  hasty.expire(now + minutes{4} - seconds{1});
  EXPECT_EQ(hasty.counters().sessions.value(), 1);
  hasty.expire(now + minutes{4});
  EXPECT_EQ(hasty.counters().sessions.value(), 0);
}

TEST_F(SessionsTest, Rfc4028_10_ASessionThatNobodyRefreshesIsOver) {
  (void)invite(audio(kCaller, 5000));
  const auto confirm = [&](const char* method, std::uint32_t cseq, std::optional<seconds> timer) {
    Message ok{Side::callee, method, 200, cseq, "b", cseq == 1 ? audio(kCallee, 7000) : ""};
    ok.session_expires = timer;
    (void)seen(ok);
  };
  confirm("INVITE", 1, seconds{120});
  after(seconds{119});
  confirm("UPDATE", 2, seconds{100});
  after(seconds{131});
  EXPECT_GT(control.pairs(), 0U) << "a BYE may be under way";
  control.path(0).counters->last_activity.set(now.time_since_epoch().count());
  after(seconds{31});
  EXPECT_GT(control.pairs(), 0U) << "media flows";
  after(seconds{1});
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(observer.ended.at(0).second.reason, EndReason::expired);
}

TEST_F(SessionsTest, Rfc4028_7_2_A2xxWithoutATimerEndsIt) {
  (void)invite(audio(kCaller, 5000));
  Message timed{Side::callee, "INVITE", 200, 1, "b", audio(kCallee, 7000)};
  timed.session_expires = seconds{90};
  (void)seen(timed);
  (void)seen({Side::callee, "UPDATE", 200, 2, "b", ""});
  after(seconds{200});
  EXPECT_GT(control.pairs(), 0U);
  bye();
}

TEST_F(SessionsTest, ACallOnHoldLivesOnItsRefreshes) {
  establish();
  (void)seen({Side::caller, "INVITE", 0, 2, "b", audio("0.0.0.0", 5000)});
  (void)ok(audio(kCallee, 7000, "a=recvonly\r\n"), "b", 2);
  after(minutes{29});
  (void)seen({Side::callee, "UPDATE", 200, 3, "b", ""});
  after(minutes{29});
  EXPECT_GT(control.pairs(), 0U);
  after(minutes{1});
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(SessionsTest, SilentMediaIsFreedAfterFiveMinutes) {
  establish();
  after(minutes{4});
  control.path(0).counters->last_activity.set(now.time_since_epoch().count());
  after(minutes{5} - seconds{1});
  EXPECT_GT(control.pairs(), 0U);
  after(seconds{1});
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(observer.ended.at(0).second.reason, EndReason::idle);
}

TEST_F(SessionsTest, HoldIsPatient) {
  establish();
  (void)seen({Side::caller, "INVITE", 0, 2, "b", audio("0.0.0.0", 5000)});
  (void)ok(audio(kCallee, 7000, "a=recvonly\r\n"), "b", 2);
  after(minutes{29});
  EXPECT_GT(control.pairs(), 0U);
  after(minutes{1});
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(SessionsTest, ObserverHearsOfStartAndEndWithTheTotals) {
  establish();
  ASSERT_EQ(observer.started.size(), 1U);
  EXPECT_EQ(observer.started[0].call_id, "call@192.0.2.16");
  EXPECT_EQ(observer.started[0].streams, 1U);
  control.path(0).counters->packets[0].add(10);
  control.path(0).counters->bytes[0].add(1720);
  control.path(1).counters->packets[1].add(2);
  const auto list = sessions.snapshot(now + seconds{5});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_TRUE(list[0].was_answered);
  EXPECT_EQ(list[0].age, seconds{5});
  std::vector<SessionId> ids = sessions.ids();
  ASSERT_EQ(ids.size(), 1U);
  ids.push_back(SessionId{1});  // of a call that is over
  EXPECT_EQ(sessions.snapshot(now, ids).size(), 1U);
  now += seconds{60};
  bye();
  ASSERT_EQ(observer.ended.size(), 1U);
  const CallEnd& end = observer.ended[0].second;
  EXPECT_TRUE(end.was_answered);
  EXPECT_EQ(end.duration, seconds{60});
  EXPECT_EQ(end.media.packets[0], 10U);
  EXPECT_EQ(end.media.packets[1], 2U);
  EXPECT_EQ(end.media.bytes[0], 1720U);
  EXPECT_EQ(sessions.counters().started.value(), 1U);
  EXPECT_EQ(sessions.counters().answered.value(), 1U);
  EXPECT_EQ(sessions.counters().sessions.value(), 0);
  EXPECT_EQ(sessions.counters().paths.value(), 0);
}

TEST_F(SessionsTest, ExhaustedPortsRefuseTheInviteAndLeakNothing) {
  control.capacity = 1;  // the second pair of the call fails
  const auto refused = pass({Side::caller, "INVITE", 0, 1, "", audio(kCaller, 5000)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::ports_exhausted);
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(sessions.counters().sessions.value(), 0);
  EXPECT_TRUE(observer.started.empty());
}

TEST_F(SessionsTest, ExhaustedPortsInAReinviteLeaveTheCallUnharmed) {
  establish();
  control.capacity = 3;
  const auto two = audio(kCaller, 5000, "m=video 5002 RTP/AVP 99\r\n");
  const auto refused = pass({Side::caller, "INVITE", 0, 2, "b", two});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::ports_exhausted);
  EXPECT_EQ(control.pairs(), 2U);
  EXPECT_EQ(control.paths().size(), 2U);
  bye();
}

TEST_F(SessionsTest, EveryOfferSecuresThePortsOfItsAnswer) {
  control.capacity = 2;
  (void)invite(audio(kCaller, 5000));
  EXPECT_FALSE(ok(audio(kCallee, 7000)).empty());
  bye();
}

TEST_F(SessionsTest, UnknownSessionsPassOnlyWhatNeedsNoAnchor) {
  id = SessionId{42};
  EXPECT_TRUE(pass({Side::caller, "INFO", 0, 5, "b", "hello", false, "text/plain"}).ok());
  const auto refused = pass({Side::caller, "INVITE", 0, 5, "b", audio(kCaller, 5000)});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::sip_unmatched);
  // RFC 3261 §11.2: a 200 to OPTIONS describes what the callee could do; not where it is.
  const auto able = pass({Side::callee, "OPTIONS", 200, 5, "b", audio(kCallee, 7000)});
  ASSERT_TRUE(able.ok() && able->body);
  EXPECT_EQ(able->body->find(kCallee), std::string::npos);
}

TEST_F(SessionsTest, AnAnsweredCallOutlivesItsReplayedInvite) {
  (void)invite(audio(kCaller, 5000));
  (void)ok(audio(kCallee, 7000));
  sessions.abandon(now, id);
  EXPECT_EQ(sessions.counters().sessions.value(), 1);
}

TEST_F(SessionsTest, ACallHasABoundedNumberOfStreams) {
  std::string offer = audio(kCaller, 5000);
  for (int i = 0; i < 16; ++i)
    offer += "m=audio " + std::to_string(6000 + 2 * i) + " RTP/AVP 0\r\n";
  const auto refused = pass({Side::caller, "INVITE", 0, 1, "", offer});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::sdp_unsupported);
}

TEST_F(SessionsTest, BadOffersAreRefusedAndForgotten) {
  const auto refused = pass({Side::caller, "INVITE", 0, 1, "", "v=0\r\nm=audio x RTP/AVP 0\r\n"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::sdp_malformed);
  EXPECT_EQ(sessions.counters().sessions.value(), 0);
}

TEST_F(SessionsTest, TheTableOfSessionsIsBounded) {
  Settings small;
  small.max_sessions = 1;
  Sessions bounded{control, small, observer};
  SessionSpec spec;
  spec.branch = "1";
  ASSERT_TRUE(bounded.open(now, spec).ok());
  EXPECT_TRUE(bounded.open(now, spec).ok());
  spec.branch = "2";
  const auto refused = bounded.open(now, spec);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::table_full);
}

TEST_F(SessionsTest, DescriptionsOfAbilityNameNoPlace) {
  (void)invite(audio(kCaller, 5000));
  const std::string body = seen({Side::callee, "INVITE", 488, 1, "b", audio(kCallee, 7000)});
  EXPECT_EQ(body.find(kCallee), std::string::npos);
  EXPECT_NE(body.find("c=IN IP4 0.0.0.0\r\n"), std::string::npos);
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(SessionsTest, InstantMessagesPassUntouchedAndHoldNoPorts) {
  const std::string chat =
      "v=0\r\no=- 0 0 IN IP4 192.0.2.16\r\ns=-\r\nc=IN IP4 192.0.2.16\r\nt=0 0\r\n"
      "m=message 5060 sip null\r\n";
  const auto rewrite = pass({Side::caller, "INVITE", 0, 1, "", chat});
  ASSERT_TRUE(rewrite.ok());
  EXPECT_FALSE(rewrite->body.has_value());
  (void)ok(chat);
  EXPECT_EQ(control.pairs(), 0U);
  after(minutes{60});
  EXPECT_EQ(sessions.counters().sessions.value(), 1);
  bye();
}

TEST_F(SessionsTest, MissingFamilyFallsBackToTheOther) {
  control.only_family["internal"] = AddressFamily::ipv6;
  const std::string offer = invite(audio(kCaller, 5000));
  EXPECT_NE(offer.find("c=IN IP6 fd00::10\r\n"), std::string::npos);
  EXPECT_NE(offer.find("o=- 0 0 IN IP6 fd00::10\r\n"), std::string::npos);
  const std::string answer = ok(
      "v=0\r\no=- 0 0 IN IP6 fd00::20\r\ns=-\r\nc=IN IP6 fd00::20\r\nt=0 0\r\nm=audio 7000 RTP/AVP "
      "0\r\n");
  EXPECT_NE(answer.find("c=IN IP4 198.51.100.7\r\n"), std::string::npos) << "the caller's family";
  EXPECT_EQ(control.path(0).callee.signalled.to_string(), "[fd00::20]:7000");
  bye();
}

TEST_F(SessionsTest, MulticastIsNobodysAddress) {
  (void)invite(audio("239.1.2.3", 5000));
  (void)ok(audio(kCallee, 7000));
  EXPECT_EQ(control.path(0).caller.signalled, Endpoint{});
  EXPECT_TRUE(control.path(0).caller.signalled_addresses.empty());
  bye();
}

TEST_F(SessionsTest, CallsThatAreUpAtShutdownEndWithIt) {
  {
    Sessions others{control, settings, observer};
    SessionSpec spec;
    spec.branch = "x";
    const auto opened = others.open(now, spec);
    ASSERT_TRUE(opened.ok());
    const std::string sdp = audio(kCaller, 5000);
    DialogMessage message;
    message.method = "INVITE";
    message.content_type = "application/sdp";
    message.body = sdp;
    ASSERT_TRUE(others.on_message(now, *opened, message).ok());
  }
  EXPECT_EQ(observer.ended.at(0).second.reason, EndReason::shutdown);
  EXPECT_EQ(control.pairs(), 0U);
}

}  // namespace
}  // namespace avedge::anchor
