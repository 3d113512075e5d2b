// Offers and answers in all the messages that carry them.
#include "signaling-shim/anchor/dialog.h"

#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class DialogTest : public Call {
 protected:
  Endpoint near() { return control.path(0).caller.signalled; }
  Endpoint far() { return control.path(0).callee.signalled; }
};

TEST_F(DialogTest, ReinviteMovesTheRelayTargetAndKeepsThePorts) {
  const std::string first = invite(audio(kCaller, 5000));
  (void)ok(audio(kCallee, 7000));
  const std::string second = seen({Side::caller, "INVITE", 0, 2, "b", audio("192.0.2.99", 5500)});
  EXPECT_EQ(port_in(second), port_in(first));
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000") << "not before it is agreed";
  (void)ok(audio(kCallee, 7000), "b", 2);
  EXPECT_EQ(near().to_string(), "192.0.2.99:5500");
  EXPECT_EQ(control.pairs(), 2U);
  bye();
}

TEST_F(DialogTest, ReinviteOfTheCalleeGoesTheOtherWay) {
  (void)invite(audio(kCaller, 5000));
  const std::string answer = ok(audio(kCallee, 7000));
  const std::string offer = seen({Side::callee, "INVITE", 0, 1, "b", audio("10.0.0.21", 7100)});
  EXPECT_EQ(port_in(offer), port_in(answer)) << "the caller keeps talking to the same port";
  EXPECT_NE(offer.find("198.51.100.7"), std::string::npos);
  const std::string reply = seen({Side::caller, "INVITE", 200, 1, "b", audio(kCaller, 5000)});
  EXPECT_NE(reply.find("10.0.0.10"), std::string::npos);
  EXPECT_EQ(far().to_string(), "10.0.0.21:7100");
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  bye();
}

TEST_F(DialogTest, HoldNeverMovesTheRelayTarget) {
  establish();
  for (const std::string& held :
       {audio("0.0.0.0", 5000), audio("192.0.2.77", 5900, "a=inactive\r\n")}) {
    static std::uint32_t cseq = 2;
    const std::string seen_by_callee = seen({Side::caller, "INVITE", 0, cseq, "b", held});
    EXPECT_EQ(seen_by_callee.find("0.0.0.0") != std::string::npos,
              held.find("0.0.0.0") != std::string::npos);
    (void)ok(audio(kCallee, 7000, "a=recvonly\r\n"), "b", cseq++);
    EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
    EXPECT_FALSE(control.path(0).callee.may_send) << "and so its latch does not move either";
  }
  EXPECT_EQ(control.pairs(), 2U);
  EXPECT_TRUE(sessions.snapshot(now)[0].is_on_hold);
  bye();
}

TEST_F(DialogTest, DelayedOfferIsAnsweredInTheAck) {
  (void)invite("");
  const std::string offer = ok(audio(kCallee, 7000));
  EXPECT_NE(offer.find("198.51.100.7"), std::string::npos);
  EXPECT_TRUE(control.paths().empty());
  const std::string answer = seen({Side::caller, "ACK", 0, 1, "b", audio(kCaller, 5000)});
  EXPECT_NE(answer.find("10.0.0.10"), std::string::npos);
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  EXPECT_EQ(far().to_string(), "10.0.0.20:7000");
  EXPECT_EQ(seen({Side::caller, "ACK", 0, 1, "b", audio(kCaller, 5000)}), answer);
  bye();
}

TEST_F(DialogTest, DelayedOfferThatIsNeverAnsweredIsFreed) {
  (void)invite("");
  (void)ok(audio(kCallee, 7000));
  ack();
  EXPECT_GT(control.pairs(), 0U);
  after(minutes{3});
  EXPECT_EQ(control.pairs(), 0U);
  bye();
}

TEST_F(DialogTest, DelayedOfferInAReinvite) {
  establish();
  (void)seen({Side::caller, "INVITE", 0, 2, "b", ""});
  (void)ok(audio("10.0.0.22", 7200), "b", 2);
  EXPECT_EQ(far().to_string(), "10.0.0.20:7000");
  ack(audio(kCaller, 5000), "b", 2);
  EXPECT_EQ(far().to_string(), "10.0.0.22:7200");
  bye();
}

TEST_F(DialogTest, Rfc3262_5_PrackAnswersAReliableOffer) {
  (void)invite("");
  (void)ringing(audio(kCallee, 7000), "b", true);
  const std::string answer = seen({Side::caller, "PRACK", 0, 2, "b", audio(kCaller, 5000)});
  EXPECT_NE(answer.find("10.0.0.10"), std::string::npos);
  EXPECT_EQ(control.paths().size(), 2U);
  (void)seen({Side::callee, "PRACK", 200, 2, "b", ""});
  (void)ok("");
  bye();
}

TEST_F(DialogTest, Rfc3262_5_PrackMayMakeANewOffer) {
  (void)invite(audio(kCaller, 5000));
  (void)ringing(audio(kCallee, 7000), "b", true);
  (void)seen({Side::caller, "PRACK", 0, 2, "b", audio(kCaller, 5500)});
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  (void)seen({Side::callee, "PRACK", 200, 2, "b", audio(kCallee, 7000)});
  EXPECT_EQ(near().to_string(), "192.0.2.16:5500");
  (void)ok("");
  EXPECT_EQ(near().to_string(), "192.0.2.16:5500");
  bye();
}

TEST_F(DialogTest, EarlyMediaFlowsFromTheFirst183) {
  (void)invite(audio(kCaller, 5000));
  const std::string early = ringing(audio(kCallee, 7000));
  EXPECT_EQ(control.paths().size(), 2U);
  EXPECT_EQ(ok(audio(kCallee, 7000)), early);
  bye();
}

TEST_F(DialogTest, AnUnreliable183MayBeFollowedByAnotherAnswer) {
  (void)invite(audio(kCaller, 5000));
  (void)ringing(audio(kCallee, 7000));
  (void)ok(audio("10.0.0.30", 7700));
  EXPECT_EQ(far().to_string(), "10.0.0.30:7700");
  bye();
}

TEST_F(DialogTest, A200WithoutSdpConfirmsTheEarlyAnswer) {
  (void)invite(audio(kCaller, 5000));
  (void)ringing(audio(kCallee, 7000));
  (void)ok("");
  ack();
  EXPECT_EQ(control.paths().size(), 2U);
  after(minutes{4});
  EXPECT_EQ(control.paths().size(), 2U);
  bye();
}

TEST_F(DialogTest, TheEarlyAnswerThatA200ConfirmsFreesWhatItRejected) {
  establish();
  const auto with_video = audio(kCaller, 5000, "m=video 5502 RTP/AVP 99\r\n");
  (void)seen({Side::caller, "INVITE", 0, 2, "b", with_video});
  (void)seen(
      {Side::callee, "INVITE", 183, 2, "b", audio(kCallee, 7000, "m=video 0 RTP/AVP 99\r\n")});
  EXPECT_GT(control.pairs(), 2U) << "the 200 may still accept it";
  (void)seen({Side::caller, "INVITE", 0, 2, "b", with_video});  // retransmitted meanwhile
  (void)ok("", "b", 2);
  EXPECT_EQ(control.pairs(), 2U);
  bye();
}

TEST_F(DialogTest, Rfc3311_UpdateCarriesOfferAndAnswer) {
  (void)invite(audio(kCaller, 5000));
  (void)ringing(audio(kCallee, 7000), "b", true);
  (void)seen({Side::callee, "UPDATE", 0, 1, "b", audio("10.0.0.40", 7400)});
  (void)seen({Side::caller, "UPDATE", 200, 1, "b", audio(kCaller, 5000)});
  EXPECT_EQ(far().to_string(), "10.0.0.40:7400");
  // The 200 repeats the first answer; what was agreed since stands.
  (void)ok(audio(kCallee, 7000));
  EXPECT_EQ(far().to_string(), "10.0.0.40:7400");
  bye();
}

TEST_F(DialogTest, WhatIsRetransmittedAfterALineWasRejectedLooksTheSame) {
  establish();
  const std::string with_video = audio(kCaller, 5000, "m=video 5502 RTP/AVP 99\r\n");
  const Message update{Side::caller, "UPDATE", 0, 2, "b", with_video};
  const Message answer{
      Side::callee, "UPDATE", 200, 2, "b", audio(kCallee, 7000, "m=video 0 RTP/AVP 99\r\n")};
  const std::string offered = seen(update);
  const std::string answered = seen(answer);
  EXPECT_EQ(control.pairs(), 2U) << "the port of the rejected line is free";
  EXPECT_EQ(seen(update), offered);
  EXPECT_EQ(seen(answer), answered);
  bye();
}

TEST_F(DialogTest, Rfc3261_12_2_2_AnOvertakenRequestChangesNothing) {
  establish();
  (void)seen({Side::caller, "UPDATE", 0, 3, "b", audio("192.0.2.99", 5500)});
  (void)seen({Side::callee, "UPDATE", 200, 3, "b", audio(kCallee, 7000)});
  (void)seen({Side::caller, "UPDATE", 0, 2, "b", audio("192.0.2.55", 5300)});
  (void)seen({Side::callee, "UPDATE", 200, 2, "b", audio(kCallee, 7000)});
  EXPECT_EQ(near().to_string(), "192.0.2.99:5500");
  bye();
}

TEST_F(DialogTest, FailedReinviteRollsBackToWhatWasAgreed) {
  establish();
  const auto with_video = audio("192.0.2.99", 5500, "m=video 5502 RTP/AVP 99\r\n");
  (void)seen({Side::caller, "INVITE", 0, 2, "b", with_video});
  EXPECT_EQ(control.pairs(), 4U);
  (void)seen({Side::callee, "INVITE", 488, 2, "b", ""});
  EXPECT_EQ(control.pairs(), 2U);
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  bye();
}

TEST_F(DialogTest, Rfc6141_FailedReinviteAlsoUndoesItsEarlyAnswer) {
  establish();
  (void)seen({Side::caller, "INVITE", 0, 2, "b", audio("192.0.2.99", 5500)});
  (void)seen({Side::callee, "INVITE", 183, 2, "b", audio("10.0.0.50", 7500), true});
  EXPECT_EQ(near().to_string(), "192.0.2.99:5500");
  (void)seen({Side::callee, "INVITE", 500, 2, "b", ""});
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  EXPECT_EQ(far().to_string(), "10.0.0.20:7000");
  bye();
}

TEST_F(DialogTest, GlareLeavesEverythingAsItWas) {
  establish();
  const std::size_t posted = control.set_calls;
  (void)seen({Side::caller, "INVITE", 0, 2, "b", audio("192.0.2.99", 5500)});
  (void)seen({Side::callee, "INVITE", 0, 1, "b", audio("10.0.0.50", 7500)});
  (void)seen({Side::callee, "INVITE", 491, 2, "b", ""});
  (void)seen({Side::caller, "INVITE", 491, 1, "b", ""});
  EXPECT_EQ(control.set_calls, posted);
  (void)seen({Side::caller, "INVITE", 0, 3, "b", audio("192.0.2.99", 5500)});
  (void)ok(audio(kCallee, 7000), "b", 3);
  EXPECT_EQ(near().to_string(), "192.0.2.99:5500");
  bye();
}

TEST_F(DialogTest, GlareThatOneSideWinsKeepsWhatItAgreed) {
  establish();
  (void)seen({Side::caller, "INVITE", 0, 2, "b", audio("192.0.2.99", 5500)});
  (void)seen({Side::callee, "INVITE", 0, 1, "b", audio("10.0.0.50", 7500)});
  (void)ok(audio(kCallee, 7000), "b", 2);
  (void)seen({Side::caller, "INVITE", 491, 1, "b", ""});
  EXPECT_EQ(near().to_string(), "192.0.2.99:5500");
  EXPECT_EQ(far().to_string(), "10.0.0.20:7000");
  bye();
}

TEST_F(DialogTest, ReinviteThatIsNeverAnsweredIsForgotten) {
  establish();
  const auto with_video = audio(kCaller, 5000, "m=video 5502 RTP/AVP 99\r\n");
  (void)seen({Side::caller, "INVITE", 0, 2, "b", with_video});
  control.path(0).counters->last_activity.set((now + minutes{3}).time_since_epoch().count());
  after(minutes{3});
  EXPECT_EQ(control.pairs(), 2U);
  bye();
}

TEST_F(DialogTest, RejectedLinesAreFreedAndNewOnesAdded) {
  const std::string both = audio(kCaller, 5000, "m=video 5002 RTP/AVP 99\r\n");
  const std::string offer = invite(both);
  EXPECT_NE(port_in(offer, 0), port_in(offer, 1));
  const std::string answer = ok(audio(kCallee, 7000, "m=video 0 RTP/AVP 99\r\n"));
  EXPECT_EQ(port_in(answer, 1), "0");
  after(seconds{32});  // late branches might still want the video port
  EXPECT_EQ(control.pairs(), 2U);
  EXPECT_EQ(control.paths().size(), 2U);
  // Now with video.
  const std::string again = seen({Side::caller, "INVITE", 0, 2, "b", both});
  EXPECT_EQ(port_in(again, 0), port_in(offer, 0));
  (void)ok(audio(kCallee, 7000, "m=video 7002 RTP/AVP 99\r\n"), "b", 2);
  EXPECT_EQ(control.pairs(), 4U);
  EXPECT_EQ(control.paths().size(), 4U);
  EXPECT_EQ(observer.started[0].streams, 2U);
  // And without it again.
  (void)seen({Side::callee, "INVITE", 0, 1, "b", audio(kCallee, 7000, "m=video 0 RTP/AVP 99\r\n")});
  (void)seen(
      {Side::caller, "INVITE", 200, 1, "b", audio(kCaller, 5000, "m=video 0 RTP/AVP 99\r\n")});
  EXPECT_EQ(control.pairs(), 2U);
  bye();
}

TEST_F(DialogTest, AnswersWithAllLinesRejectedStillHideTheirSender) {
  (void)invite(audio(kCaller, 5000));
  const std::string answer = ok(audio(kCallee, 0));
  EXPECT_EQ(answer.find(kCallee), std::string::npos);
  EXPECT_EQ(ok(audio(kCallee, 0)), answer);
  bye();
}

TEST_F(DialogTest, BestEffortSrtpSharesOnePort) {
  const std::string dual = audio(kCaller, 5000, "m=audio 5000 RTP/SAVP 0\r\n");
  const std::string offer = invite(dual);
  EXPECT_EQ(port_in(offer, 0), port_in(offer, 1));
  const std::string accepts_second = audio(kCallee, 0, "m=audio 7000 RTP/SAVP 0\r\n");
  (void)ok(accepts_second);
  EXPECT_EQ(control.paths().size(), 2U);
  EXPECT_EQ(far().to_string(), "10.0.0.20:7000");
  EXPECT_EQ(near().to_string(), "192.0.2.16:5000");
  after(seconds{32});
  EXPECT_EQ(control.pairs(), 2U);
  EXPECT_EQ(seen({Side::caller, "INVITE", 0, 2, "b", dual}), offer);
  bye();
}

TEST_F(DialogTest, Rfc8843_BundledAnswersShareOnePortAndOnePath) {
  (void)invite(
      audio(kCaller, 5000, "a=rtcp-mux\r\nm=video 5002 UDP/TLS/RTP/SAVPF 99\r\na=rtcp-mux\r\n"));
  const std::string answer =
      ok(audio(kCallee, 7000, "a=rtcp-mux\r\nm=video 7000 UDP/TLS/RTP/SAVPF 99\r\na=rtcp-mux\r\n"));
  EXPECT_EQ(port_in(answer, 0), port_in(answer, 1));
  EXPECT_EQ(control.paths().size(), 2U);
  bye();
}

TEST_F(DialogTest, Rfc8843_6_ABundleOnlyLineIsNoRejectedOne) {
  const auto bundle = [](std::string_view place, int port, const char* video) {
    return audio(place, port, std::string{"a=mid:0\r\na=rtcp-mux\r\n"} + video + "a=mid:1\r\n");
  };
  const std::string offer =
      invite(bundle(kCaller, 5000, "m=video 0 UDP/TLS/RTP/SAVPF 99\r\na=bundle-only\r\n"));
  EXPECT_EQ(port_in(offer, 1), "0");
  const std::string in = bundle(kCallee, 7000, "m=video 7000 UDP/TLS/RTP/SAVPF 99\r\n");
  const std::string answer = ok(in);
  EXPECT_EQ(port_in(answer, 1), port_in(answer, 0));
  EXPECT_EQ(ok(in), answer);
  EXPECT_EQ(control.paths().size(), 2U) << "all media takes the way of the first line";
  EXPECT_EQ(control.pairs(), 2U);
  // RFC 8843 §7.4: later offers name the port that all of them share.
  const std::string again = seen({Side::caller, "INVITE", 0, 2, "b",
                                  bundle(kCaller, 5000, "m=video 5000 UDP/TLS/RTP/SAVPF 99\r\n")});
  EXPECT_EQ(port_in(again, 0), port_in(offer, 0));
  EXPECT_EQ(port_in(again, 1), port_in(offer, 0));
  (void)ok(in, "b", 2);
  EXPECT_EQ(control.pairs(), 2U);
  bye();
}

TEST_F(DialogTest, FaxUsesOnePortAndNoRtcp) {
  establish();
  const auto fax = [](std::string_view address, int port) {
    std::string sdp = audio(address, port);
    return sdp.replace(sdp.find("m=audio"), std::string::npos,
                       "m=image " + std::to_string(port) + " udptl t38\r\n");
  };
  (void)seen({Side::callee, "INVITE", 0, 1, "b", fax(kCallee, 7000)});
  (void)seen({Side::caller, "INVITE", 200, 1, "b", fax(kCaller, 5000)});
  EXPECT_EQ(control.paths().size(), 1U);
  bye();
}

TEST_F(DialogTest, Rfc8839_RemoteCandidatesComeBackAsTheOwnersPorts) {
  establish();
  const std::string sdp =
      audio(kCaller, 5000, "a=remote-candidates:1 198.51.100.7 50000 2 198.51.100.7 50001\r\n");
  const std::string seen_by_callee = seen({Side::caller, "INVITE", 0, 2, "b", sdp});
  EXPECT_NE(seen_by_callee.find("a=remote-candidates:1 10.0.0.20 7000 2 10.0.0.20 7001\r\n"),
            std::string::npos);
  const std::string answer = ok(
      audio(kCallee, 7000, "a=remote-candidates:1 10.0.0.10 50002 2 10.0.0.10 50003\r\n"), "b", 2);
  EXPECT_NE(answer.find("a=remote-candidates:1 192.0.2.16 5000 2 192.0.2.16 5001\r\n"),
            std::string::npos);
  bye();
}

TEST_F(DialogTest, Rfc3264_6_AnswersToWhatWasNotOfferedAreMalformed) {
  (void)invite(audio(kCaller, 5000, "m=video 0 RTP/AVP 99\r\n"));
  for (const char* more :
       {"m=video 7002 RTP/AVP 99\r\n", "m=video 0 RTP/AVP 99\r\nm=image 7004 udptl t38\r\n"}) {
    const auto refused = pass({Side::callee, "INVITE", 200, 1, "b", audio(kCallee, 7000, more)});
    ASSERT_FALSE(refused.ok()) << more;
    EXPECT_EQ(refused.reason(), DropReason::sdp_malformed);
  }
}

}  // namespace
}  // namespace avedge::anchor
