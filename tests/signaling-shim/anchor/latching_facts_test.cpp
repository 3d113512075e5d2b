// What the worker is told of a line, so that it can tell the party's packets from others
// (docs/latching.md).
#include <gtest/gtest.h>

#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

constexpr std::string_view kCredentials =
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";

class LatchingFacts : public Call {
 protected:
  UdpPath path_of(const std::string& offer, const std::string& answer) {
    (void)invite(offer);
    (void)ok(answer);
    return control.path(0);
  }
};

struct IceCase {
  const char* name;
  std::string offer_lines;
  std::string answer_lines;
  bool uses_ice;
};

class IceUse : public LatchingFacts, public testing::WithParamInterface<IceCase> {};

TEST_P(IceUse, TakesBothPartiesCredentials) {
  const IceCase& c = GetParam();
  const UdpPath path =
      path_of(audio(kCaller, 5000, c.offer_lines), audio(kCallee, 7000, c.answer_lines));
  EXPECT_EQ(path.caller.uses_ice, c.uses_ice);
  EXPECT_EQ(path.callee.uses_ice, c.uses_ice);
}

const std::string kIce{kCredentials};

INSTANTIATE_TEST_SUITE_P(
    Cases, IceUse,
    testing::Values(IceCase{"both", kIce, kIce, true}, IceCase{"no answer to it", kIce, "", false},
                    IceCase{"not offered", "", kIce, false},
                    IceCase{"a mismatch", kIce, kIce + "a=ice-mismatch\r\n", false},
                    IceCase{"no password", kIce, "a=ice-ufrag:abcd\r\n", false},
                    IceCase{"one is lite", kIce + "a=ice-lite\r\n", kIce, true},
                    IceCase{"both are lite", kIce + "a=ice-lite\r\n", kIce + "a=ice-lite\r\n",
                            false}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

struct DirectionCase {
  const char* name;
  std::string offer;
  std::string answer;
  bool caller_may_send;
  bool callee_may_send;
};

class MediaDirection : public LatchingFacts, public testing::WithParamInterface<DirectionCase> {};

TEST_P(MediaDirection, SaysWhoMaySend) {
  const DirectionCase& c = GetParam();
  (void)invite(audio(kCaller, 5000));
  (void)ok(audio(kCallee, 7000));
  (void)seen({Side::caller, "INVITE", 0, 2, "b", c.offer});
  (void)ok(c.answer, "b", 2);
  EXPECT_EQ(control.path(0).caller.may_send, c.caller_may_send);
  EXPECT_EQ(control.path(0).callee.may_send, c.callee_may_send);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MediaDirection,
    testing::Values(DirectionCase{"both", audio(kCaller, 5000), audio(kCallee, 7000), true, true},
                    DirectionCase{"hold", audio(kCaller, 5000, "a=sendonly\r\n"),
                                  audio(kCallee, 7000, "a=recvonly\r\n"), true, false},
                    DirectionCase{"inactive", audio(kCaller, 5000, "a=inactive\r\n"),
                                  audio(kCallee, 7000, "a=inactive\r\n"), false, false},
                    DirectionCase{"hold_of_rfc2543", audio("0.0.0.0", 5000), audio(kCallee, 7000),
                                  true, false}),
    [](const auto& test) { return test.param.name; });

TEST_F(LatchingFacts, PayloadTypesOfBothSdpsFitBothWays) {
  const UdpPath path = path_of(audio(kCaller, 5000), audio(kCallee, 7000));
  EXPECT_EQ(path.caller.payload.kind, LinePayload::Kind::rtp);
  EXPECT_EQ(path.caller.payload.payload_types.to_ullong(), 1U);
  EXPECT_EQ(control.path(1).caller.payload.kind, LinePayload::Kind::rtcp);
  EXPECT_EQ(control.path(1).rtp, path.id);
  EXPECT_FALSE(path.caller.payload.has_dtls);
}

TEST_F(LatchingFacts, LinesOnOnePortShareTheirPayloadTypes) {
  const auto body = [](std::string_view address, int port) {
    const std::string number = std::to_string(port);
    return audio(address, port) + "m=audio " + number + " RTP/SAVP 8 96\r\n";
  };
  const UdpPath path = path_of(body(kCaller, 5000), body(kCallee, 7000));
  for (const std::size_t type : {0U, 8U, 96U}) {
    EXPECT_TRUE(path.callee.payload.payload_types.test(type)) << type;
  }
  EXPECT_FALSE(path.callee.payload.payload_types.test(9));
}

TEST_F(LatchingFacts, DtlsSrtpMayBeginWithItsHandshake) {
  auto offer = audio(kCaller, 5000);
  offer.replace(offer.find("RTP/AVP"), 7, "UDP/TLS/RTP/SAVPF");
  auto answer = audio(kCallee, 7000);
  answer.replace(answer.find("RTP/AVP"), 7, "UDP/TLS/RTP/SAVPF");
  EXPECT_TRUE(path_of(offer, answer).caller.payload.has_dtls);
}

TEST_F(LatchingFacts, AReclaimOfTheWorkerIsReportedOnceAndByParty) {
  establish();
  after(std::chrono::seconds{1});
  EXPECT_TRUE(observer.reclaims.empty());
  control.path(0).counters->reclaims[1].add(2);
  after(std::chrono::seconds{1});
  after(std::chrono::seconds{1});
  EXPECT_EQ(observer.reclaims, (std::vector{RecordingObserver::Reclaim{Side::callee, 2}}));
}

}  // namespace
}  // namespace avedge::anchor
