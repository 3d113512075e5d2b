// Offers, answers and their tags: which party says what to whom.
#include "signaling-shim/ng/calls.h"

#include "tests/signaling-shim/ng/proxy.h"

namespace avedge::ng {
namespace {

using std::chrono::seconds;

class CallsTest : public Proxy {
 protected:
  /// The party whose media the near (caller) end of that path is.
  [[nodiscard]] std::string near(std::size_t path) const {
    return control.path(path).caller.signalled.to_string();
  }
  [[nodiscard]] std::string far(std::size_t path) const {
    return control.path(path).callee.signalled.to_string();
  }
};

TEST_F(CallsTest, EachPartySeesOnlyTheEdge) {
  const std::string offered = sdp_of(offer(audio(kCaller, 5000)));
  const std::string answered = sdp_of(answer(audio(kCallee, 7000)));
  EXPECT_NE(offered.find("c=IN IP4 10.0.0.10"), std::string::npos) << offered;
  EXPECT_NE(answered.find("c=IN IP4 198.51.100.7"), std::string::npos) << answered;
  for (const std::string& sdp : {offered, answered}) {
    EXPECT_EQ(sdp.find(kCaller), std::string::npos) << sdp;
    EXPECT_EQ(sdp.find(kCallee), std::string::npos) << sdp;
  }
  EXPECT_EQ(near(0), "192.0.2.16:5000");
  EXPECT_EQ(far(0), "10.0.0.20:7000");
  EXPECT_EQ(control.pairs(), 2U);
}

TEST_F(CallsTest, DeleteFreesEverything) {
  establish();
  EXPECT_EQ(text(ask(remove()), "result"), "ok");
  EXPECT_EQ(control.pairs(), 0U);
  ASSERT_EQ(observer.ended.size(), 1U);
  EXPECT_EQ(observer.ended[0].second.reason, anchor::EndReason::bye);
  EXPECT_EQ(observer.ended[0].first.call_id, "call");
  const Value again = ask(remove());
  EXPECT_EQ(text(again, "result"), "ok");
  EXPECT_EQ(text(again, "warning"), kNothingDeleted);
  EXPECT_EQ(error_of(remove({{"flags", List{"fatal"}}})), kNothingDeleted);
}

TEST_F(CallsTest, ACallWithoutAnAnswerIsCancelledByDelete) {
  (void)sdp_of(offer(audio(kCaller, 5000)));
  (void)ask(remove());
  EXPECT_EQ(control.pairs(), 0U);
  ASSERT_EQ(observer.ended.size(), 1U);
  EXPECT_EQ(observer.ended[0].second.reason, anchor::EndReason::cancelled);
}

TEST_F(CallsTest, DeleteByAStrangersTagTouchesNothing) {
  establish();
  Entries request{{"command", "delete"}, {"call-id", "call"}, {"from-tag", "stranger"}};
  EXPECT_EQ(text(ask(request), "warning"), kNothingDeleted);
  EXPECT_EQ(control.pairs(), 2U);
  Entries by_callee{{"command", "delete"}, {"call-id", "call"}, {"from-tag", "b"}};
  (void)ask(by_callee);
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(CallsTest, ADelayedDeleteWaitsUnlessTheCallGoesOn) {
  establish();
  (void)ask(remove({{"delete delay", 10}}));
  after(seconds{9});
  EXPECT_EQ(control.pairs(), 2U);
  after(seconds{2});
  EXPECT_EQ(control.pairs(), 0U);
  establish();
  (void)ask(remove({{"delete delay", 10}}));
  (void)sdp_of(offer(audio(kCaller, 5000), {{"to-tag", "b"}}));
  after(seconds{11});
  EXPECT_EQ(control.pairs(), 2U);
}

TEST_F(CallsTest, ReofferOfTheCallerKeepsItsPortsAndMovesTheMedia) {
  const std::string first = sdp_of(offer(audio(kCaller, 5000)));
  const std::string answered = sdp_of(answer(audio(kCallee, 7000)));
  const std::string second = sdp_of(offer(audio(kCaller, 5002), {{"to-tag", "b"}}));
  EXPECT_EQ(port_in(second), port_in(first));
  EXPECT_EQ(near(0), "192.0.2.16:5000") << "until it is answered";
  EXPECT_EQ(port_in(sdp_of(answer(audio(kCallee, 7000)))), port_in(answered));
  EXPECT_EQ(near(0), "192.0.2.16:5002");
  EXPECT_EQ(control.pairs(), 2U);
}

TEST_F(CallsTest, ReofferOfTheCalleeNamesItsTagFirst) {
  const std::string first = sdp_of(offer(audio(kCaller, 5000)));
  const std::string answered = sdp_of(answer(audio(kCallee, 7000)));
  const std::string second = sdp_of(offer(audio(kCallee, 7002), {{"to-tag", "a"}}, "b"));
  EXPECT_EQ(port_in(second), port_in(answered)) << "the caller's port";
  EXPECT_EQ(port_in(sdp_of(answer(audio(kCaller, 5000), "a", {}, "b"))), port_in(first));
  EXPECT_EQ(near(0), "192.0.2.16:5000");
  EXPECT_EQ(far(0), "10.0.0.20:7002");
}

TEST_F(CallsTest, ManyRoundsOfOffersFromBothSidesLeakNothing) {
  establish();
  for (int round = 0; round < 20; ++round) {
    (void)sdp_of(offer(audio(kCaller, 5000 + 2 * round), {{"to-tag", "b"}}));
    (void)sdp_of(answer(audio(kCallee, 7000 + 2 * round)));
    (void)sdp_of(offer(audio(kCallee, 7100 + 2 * round), {{"to-tag", "a"}}, "b"));
    (void)sdp_of(answer(audio(kCaller, 5100 + 2 * round), "a", {}, "b"));
    EXPECT_EQ(near(0), "192.0.2.16:" + std::to_string(5100 + 2 * round));
    EXPECT_EQ(far(0), "10.0.0.20:" + std::to_string(7100 + 2 * round));
  }
  EXPECT_EQ(control.pairs(), 2U);
}

/// The callee's 200 holds the offer, so the callee is the offerer; the caller's ACK the answer.
TEST_F(CallsTest, DelayedOffer) {
  Entries from_callee = offer(audio(kCallee, 7000), {{"to-tag", "a"}}, "b");
  for (auto& [key, value] : from_callee) {
    if (key == "direction") value = List{"internal", "external"};
  }
  const std::string offered = sdp_of(from_callee);
  EXPECT_NE(offered.find("198.51.100.7"), std::string::npos) << "shown to the caller outside";
  const std::string answered = sdp_of(answer(audio(kCaller, 5000), "a", {}, "b"));
  EXPECT_NE(answered.find("10.0.0.10"), std::string::npos);
  EXPECT_EQ(near(0), "10.0.0.20:7000");
  EXPECT_EQ(far(0), "192.0.2.16:5000");
  (void)ask(remove());
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(CallsTest, TheAnswerOfA183MayComeAgainInThe200) {
  (void)sdp_of(offer(audio(kCaller, 5000)));
  const std::string early = sdp_of(answer(audio(kCallee, 7000)));
  EXPECT_EQ(sdp_of(answer(audio(kCallee, 7000))), early);
  EXPECT_EQ(port_in(sdp_of(answer(audio(kCallee, 7002)))), port_in(early));
  EXPECT_EQ(far(0), "10.0.0.20:7002");
}

TEST_F(CallsTest, BranchesOfAForkShareTheOfferAndHaveTheirOwnAnswers) {
  const std::string first = sdp_of(offer(audio(kCaller, 5000)));
  EXPECT_EQ(sdp_of(offer(audio(kCaller, 5000))), first) << "offered to the next target";
  const std::string desk = sdp_of(answer(audio("10.0.0.20", 7000), "desk"));
  after(seconds{60});
  const std::string phone = sdp_of(answer(audio("10.0.0.21", 7000), "phone"));
  EXPECT_NE(port_in(desk), port_in(phone));
  EXPECT_EQ(control.pairs(), 3U);
  (void)ask({{"command", "delete"},
             {"call-id", "call"},
             {"from-tag", "a"},
             {"to-tag", "desk"},
             {"flags", List{"to-tag"}}});
  EXPECT_EQ(control.pairs(), 2U);
  EXPECT_EQ(port_in(sdp_of(answer(audio("10.0.0.21", 7000), "phone"))), port_in(phone));
  (void)ask(remove());
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(CallsTest, NamedBranchesHavePortsOfTheirOwn) {
  const std::string one = sdp_of(offer(audio(kCaller, 5000), {{"via-branch", "1"}}));
  const std::string two = sdp_of(offer(audio(kCaller, 5000), {{"via-branch", "2"}}));
  EXPECT_NE(port_in(one), port_in(two));
  (void)sdp_of(answer(audio(kCallee, 7000), "b", {{"via-branch", "1"}}));
  EXPECT_EQ(control.port_of(control.path(0).callee.socket), port_in(one));
  (void)ask(remove({{"via-branch", "2"}}));
  EXPECT_EQ(control.pairs(), 2U);
  (void)ask(remove());
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(CallsTest, AChangedFirstOfferTakesTheOldOnesPlace) {
  (void)sdp_of(offer(audio(kCaller, 5000)));
  (void)sdp_of(offer(audio(kCaller, 6000)));
  EXPECT_EQ(control.pairs(), 2U);
  (void)sdp_of(answer(audio(kCallee, 7000)));
  EXPECT_EQ(near(0), "192.0.2.16:6000");
}

TEST_F(CallsTest, AnAnswerNobodyAskedForIsRefused) {
  (void)sdp_of(offer(audio(kCaller, 5000)));
  EXPECT_EQ(error_of(answer(audio(kCallee, 7000), "b", {}, "stranger")), kNoDialogue);
}

/// As after a fail-over: the edge has never seen the call whose re-INVITE it anchors.
TEST_F(CallsTest, AReofferOfAnUnknownCallBeginsIt) {
  (void)sdp_of(offer(audio(kCallee, 7000),
                     {{"to-tag", "a"}, {"received-from", List{"IP4", "10.0.0.20"}}}, "b"));
  (void)sdp_of(answer(audio(kCaller, 5000), "a", {}, "b"));
  EXPECT_EQ(near(0), "10.0.0.20:7000");
  EXPECT_EQ(far(0), "192.0.2.16:5000");
}

TEST_F(CallsTest, WhatTheAnchorEndsIsForgotten) {
  (void)sdp_of(offer(audio(kCaller, 5000)));
  after(seconds{181});
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_TRUE(ask({{"command", "list"}}).find("calls")->list()->empty());
  establish();
  after(seconds{301});
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(error_of(answer(audio(kCallee, 7000))), kUnknownCall);
  ASSERT_EQ(observer.ended.size(), 2U);
  EXPECT_EQ(observer.ended[0].second.reason, anchor::EndReason::unanswered);
  EXPECT_EQ(observer.ended[1].second.reason, anchor::EndReason::idle);
}

TEST_F(CallsTest, WithoutDirectionTheFirstInterfaceFacesBoth) {
  Entries request = offer(audio(kCaller, 5000));
  std::erase_if(request, [](const auto& entry) { return entry.first == "direction"; });
  EXPECT_NE(sdp_of(request).find("198.51.100.7"), std::string::npos);
}

TEST_F(CallsTest, AnUnknownInterfaceIsRefused) {
  Entries request = offer(audio(kCaller, 5000));
  for (auto& [key, value] : request) {
    if (key == "direction") value = List{"external", "intern"};
  }
  EXPECT_EQ(error_of(request), kUnknownInterface);
  EXPECT_TRUE(ask({{"command", "list"}}).find("calls")->list()->empty());
}

TEST_F(CallsTest, ReceivedFromMayLatchAndMayReplaceTheDescription) {
  const Value::Entry received{"received-from", List{"IP4", "203.0.113.5"}};
  (void)sdp_of(offer(audio(kCaller, 5000), {received}));
  (void)sdp_of(
      answer(audio(kCallee, 7000), "b",
             {{"received-from", List{"IP4", "10.0.0.99"}}, {"flags", List{"SIP-source-address"}}}));
  EXPECT_EQ(near(0), "192.0.2.16:5000");
  EXPECT_EQ(control.path(0).caller.signalled_addresses.size(), 2U);
  EXPECT_EQ(far(0), "10.0.0.99:7000");
}

TEST_F(CallsTest, AddressFamilyAndMediaAddressAreTheReceivers) {
  const std::string six = sdp_of(offer(audio(kCaller, 5000), {{"address family", "IP6"}}));
  EXPECT_NE(six.find("c=IN IP6 fd00::10"), std::string::npos) << six;
  (void)ask(remove());
  const std::string shown =
      sdp_of(offer(audio(kCaller, 5000), {{"media address", "203.0.113.77"}}));
  EXPECT_NE(shown.find("c=IN IP4 203.0.113.77"), std::string::npos) << shown;
}

TEST_F(CallsTest, TransportProtocolIsMappedAndMappedBack) {
  std::string feedback = audio(kCaller, 5000);
  feedback.replace(feedback.find("RTP/AVP"), 7, "RTP/AVPF");
  const std::string offered = sdp_of(offer(feedback, {{"transport-protocol", "RTP/AVP"}}));
  EXPECT_NE(offered.find("RTP/AVP 0"), std::string::npos) << offered;
  const std::string answered = sdp_of(answer(audio(kCallee, 7000)));
  EXPECT_NE(answered.find("RTP/AVPF 0"), std::string::npos) << answered;
  EXPECT_EQ(error_of(offer(audio(kCaller, 5000), {{"transport-protocol", "RTP/SAVP"}}, "z")),
            kNoBridging);
  EXPECT_EQ(control.pairs(), 2U);
}

TEST_F(CallsTest, ALoopIsSeenByTheEdgesOwnMark) {
  const Value::Entry protect{"flags", List{"loop-protect"}};
  const std::string once = sdp_of(offer(audio(kCaller, 5000), {protect}));
  EXPECT_EQ(sdp_of(offer(once, {protect}, "spiral")), once) << "passed as it is";
  EXPECT_EQ(control.pairs(), 2U);
}

TEST_F(CallsTest, WarningsNameWhatCannotBeHad) {
  const Value reply = ask(offer(audio(kCaller, 5000), {{"ICE", "force"}, {"record call", "yes"}}));
  EXPECT_EQ(text(reply, "result"), "ok");
  EXPECT_EQ(text(reply, "warning"),
            "recording is not supported; the description has no ICE, and gets none");
}

TEST_F(CallsTest, LegsOfOneCallAreBounded) {
  for (std::size_t i = 0; i < kMaxLegs; ++i) {
    (void)sdp_of(offer(audio(kCaller, 5000), {{"via-branch", std::to_string(i)}}));
  }
  EXPECT_EQ(error_of(offer(audio(kCaller, 5000), {{"via-branch", "more"}})), kOverload);
  (void)ask(remove());
}

}  // namespace
}  // namespace avedge::ng
