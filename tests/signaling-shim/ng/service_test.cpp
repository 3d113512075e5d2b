// Requests that no call depends on: framing, errors, repetition, and what is said about calls.
#include "signaling-shim/ng/service.h"

#include "signaling-shim/ng/json.h"
#include "tests/signaling-shim/ng/proxy.h"

namespace avedge::ng {
namespace {

using ServiceTest = Proxy;
using std::chrono::seconds;

TEST_F(ServiceTest, PingIsAnsweredByPongAlone) {
  EXPECT_EQ(service.on_message(now, "proxy", "5323_1 d7:command4:pinge"),
            "5323_1 d6:result4:ponge");
  EXPECT_EQ(service.on_message(now, "proxy", R"(5323_2 {"command": "ping"})"),
            R"(5323_2 {"result":"pong"})");
}

TEST_F(ServiceTest, WhatHasNoCookieGetsNoAnswer) {
  EXPECT_EQ(service.on_message(now, "proxy", "d7:command4:pinge"), std::nullopt);
  EXPECT_EQ(service.on_message(now, "proxy", " d7:command4:pinge"), std::nullopt);
  EXPECT_EQ(service.on_message(now, "proxy", ""), std::nullopt);
  EXPECT_EQ(counters.drops.of(DropReason::ng_malformed), 3U);
}

TEST_F(ServiceTest, WhatCannotBeReadIsAnsweredInTheWordsClientsKnow) {
  const struct {
    const char* payload;
    std::string_view reason;
  } kCases[] = {
      {"", kNoPayload},
      {"l4:pinge", kBadFormat},
      {"d7:command", kBadBencode},
      {"d7:command4:pinge trailing", kBadBencode},
      {"{\"command\"", kBadJson},
      {"de", kNoCommand},
      {"d7:commandi1ee", kNoCommand},
      {"d7:command4:Pinge", kUnknownCommand},
      {"d7:command9:subscribee", kUnknownCommand},
      {"d7:command15:start recording7:call-id1:ae", kNoRecording},
      {"d7:command14:stop recording7:call-id1:ae", kNoRecording},
      {"d7:command5:offere", kNoSdp},
      {"d7:command5:offer3:sdp1:xe", kNoCallId},
      {"d7:command5:offer3:sdp1:x7:call-id1:ae", kNoFromTag},
      {"d7:command6:answer3:sdp1:x7:call-id1:a8:from-tag1:ae", kNoToTag},
      {"d7:command5:offer3:sdp1:x7:call-id1:a8:from-tag1:ae", kBadSdp},
      {"d7:command6:answer3:sdp1:x7:call-id1:a8:from-tag1:a6:to-tag1:be", kUnknownCall},
      {"d7:command6:deletee", kNoCallId},
      {"d7:command5:query7:call-id1:ae", kUnknownCall},
  };
  for (const auto& [payload, reason] : kCases) {
    const auto reply = encoding_of(payload) == Encoding::json
                           ? json::decode(service.on_payload(now, payload))
                           : bencode::decode(service.on_payload(now, payload));
    ASSERT_TRUE(reply.ok()) << payload;
    EXPECT_EQ(text(*reply, "result"), "error") << payload;
    EXPECT_EQ(text(*reply, "error-reason"), reason) << payload;
  }
}

/// A delayed offer, byte for byte as OpenSIPS' module writes it: `command` comes last, there is a
/// received-from in each, and the callee's tag stands first.
TEST_F(ServiceTest, TakesTheMessagesOfOpenSips) {
  const std::string sdp = audio(kCaller, 5000);
  const std::string body = "d3:sdp" + std::to_string(sdp.size()) + ":" + sdp;
  const std::string to_callee = "9:directionl8:external8:internale";
  const std::string to_caller = "9:directionl8:internal8:externale";
  const std::string flags = "5:flagsl13:trust-addresse7:replacel6:origine";
  const std::string call = "7:call-id10:8a3f@proxy";
  const std::string branch = "10:via-branch14:z9hG4bK-caller";
  const std::string callee = "13:received-froml3:IP410:10.77.0.20e8:from-tag1:b";
  const std::string caller = "13:received-froml3:IP413:198.51.100.20e8:from-tag1:";
  const struct {
    const char* name;
    std::string payload;
    std::string_view starts;
  } kCases[] = {
      {"offer", body + to_caller + flags + call + branch + callee + "6:to-tag1:a7:command5:offere",
       "d6:result2:ok3:sdp"},
      {"answer",
       body + to_callee + flags + call + branch + caller + "b6:to-tag1:a7:command6:answere",
       "d6:result2:ok3:sdp"},
      {"query", "d" + call + caller + "a6:to-tag1:b7:command5:querye", "d6:result2:ok7:created"},
      {"delete", "d" + call + callee + "7:command6:deletee", "d6:result2:ok7:created"},
  };
  for (const auto& [name, payload, starts] : kCases) {
    const auto reply =
        service.on_message(now, "proxy", "4711_0" + std::string{name} + " " + payload);
    ASSERT_TRUE(reply) << name;
    EXPECT_EQ(reply->substr(reply->find(' ') + 1, starts.size()), starts) << name;
  }
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(ServiceTest, ARepeatedRequestIsAnsweredAgainAndNotCarriedOut) {
  const std::string request = "7_1 " + bencode::encode(Value{offer(audio(kCaller, 5000))});
  const auto first = service.on_message(now, "proxy", request);
  EXPECT_EQ(service.on_message(now, "proxy", request), first);
  EXPECT_EQ(counters.repeated.value(), 1U);
  EXPECT_EQ(control.pairs(), 2U);
  // The call is over; the old offer must not bring it back.
  (void)ask(remove());
  EXPECT_EQ(service.on_message(now, "proxy", request), first);
  EXPECT_EQ(control.pairs(), 0U);
}

TEST_F(ServiceTest, AnotherClientMayUseTheSameCookie) {
  const std::string one = "7_1 " + bencode::encode(Value{offer(audio(kCaller, 5000))});
  const std::string other = "7_1 d7:command4:pinge";
  EXPECT_NE(service.on_message(now, "proxy 1", one), std::nullopt);
  EXPECT_EQ(service.on_message(now, "proxy 2", other), "7_1 d6:result4:ponge");
}

TEST_F(ServiceTest, QueryTellsPartiesStreamsAndFigures) {
  establish();
  control.path(0).counters->packets[0].set(50);
  control.path(0).counters->bytes[0].set(8600);
  control.path(0).counters->packets[1].set(40);
  control.path(0).counters->last_activity.set(
      std::chrono::nanoseconds{(now - seconds{5}).time_since_epoch()}.count());
  const Value reply = ask({{"command", "query"}, {"call-id", "call"}});
  EXPECT_EQ(*reply.find("created")->number(), kUnixNow);
  const Value& tag = *reply.find("tags")->find("a");
  EXPECT_EQ(text(tag, "in dialogue with"), "b");
  const Value& media = tag.find("medias")->list()->at(0);
  EXPECT_EQ(*media.find("index")->number(), 1);
  ASSERT_EQ(media.find("streams")->list()->size(), 2U) << "RTP and RTCP";
  const Value& stream = media.find("streams")->list()->at(0);
  EXPECT_EQ(text(*stream.find("endpoint"), "address"), kCaller);
  EXPECT_EQ(*stream.find("endpoint")->find("port")->number(), 5000);
  EXPECT_EQ(std::to_string(*stream.find("local port")->number()),
            control.port_of(control.path(0).caller.socket));
  EXPECT_EQ(*stream.find("stats")->find("packets")->number(), 50);
  EXPECT_EQ(*stream.find("last packet")->number(), kUnixNow - 5);
  EXPECT_EQ(*reply.find("totals")->find("RTP")->find("packets")->number(), 90);
  EXPECT_EQ(*reply.find("totals")->find("RTCP")->find("packets")->number(), 0);
}

TEST_F(ServiceTest, DeleteTellsTheFiguresOfTheCallItEnds) {
  establish();
  control.path(0).counters->packets[1].set(40);
  const Value reply = ask(remove());
  EXPECT_EQ(text(reply, "result"), "ok");
  EXPECT_EQ(*reply.find("totals")->find("RTP")->find("packets")->number(), 40);
}

TEST_F(ServiceTest, ListAndStatisticsCountCalls) {
  establish();
  const Value list = ask({{"command", "list"}});
  EXPECT_EQ(*list.find("calls"), (Value{List{"call"}}));
  EXPECT_TRUE(ask({{"command", "list"}, {"limit", "0"}}).find("calls")->list()->empty());
  now += seconds{90};
  const Value reply = ask({{"command", "statistics"}});
  const Value& statistics = *reply.find("statistics");
  EXPECT_EQ(*statistics.find("currentstatistics")->find("sessionsown")->number(), 1);
  EXPECT_EQ(*statistics.find("totalstatistics")->find("managedsessions")->number(), 1);
  EXPECT_EQ(*statistics.find("totalstatistics")->find("uptime")->number(), 90);
}

TEST_F(ServiceTest, ADrainedEdgeSendsProxiesToTheNextOne) {
  establish();
  sessions.refuse_new();
  Entries fresh = offer(audio(kCaller, 6000), {{"supports", List{"load limit"}}}, "z");
  EXPECT_EQ(text(ask(fresh), "result"), "load limit");
  EXPECT_EQ(error_of(offer(audio(kCaller, 6000), {}, "z")), "Parallel session limit reached");
  EXPECT_EQ(counters.drops.of(DropReason::table_full), 2U);
  // The calls there go on.
  EXPECT_NE(sdp_of(offer(audio(kCaller, 5002), {{"to-tag", "b"}})), "");
}

TEST_F(ServiceTest, PortsThatRanOutAreSaidInTheWordsProxiesMatchOn) {
  control.capacity = 1;
  EXPECT_EQ(error_of(offer(audio(kCaller, 5000))), "Ran out of ports");
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_EQ(counters.drops.of(DropReason::ports_exhausted), 1U);
  EXPECT_TRUE(ask({{"command", "list"}}).find("calls")->list()->empty());
}

}  // namespace
}  // namespace avedge::ng
