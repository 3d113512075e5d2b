// Media over TCP: which ports a call gets for it, and what the data plane is told.
#include <gtest/gtest.h>

#include "signaling-shim/anchor/media_paths.h"
#include "tests/signaling-shim/anchor/call.h"

namespace avedge::anchor {
namespace {

std::string credentials(std::string_view name) {
  return "a=ice-ufrag:" + std::string{name} + "\r\na=ice-pwd:pwd-" + std::string{name} + "\r\n";
}

/// Both components over UDP.
std::string datagrams(std::string_view place, int port) {
  const std::string at{place};
  return "a=candidate:1 1 UDP 9 " + at + ' ' + std::to_string(port) + " typ host\r\n" +
         "a=candidate:1 2 UDP 8 " + at + ' ' + std::to_string(port + 1) + " typ host\r\n";
}

/// As Lync writes them: both components through one port, and the same one either way.
std::string lync(std::string_view relay, int port) {
  const std::string at = std::string{relay} + ' ' + std::to_string(port) + " typ relay\r\n";
  return "a=candidate:4 1 TCP-PASS 5 " + at + "a=candidate:4 2 TCP-PASS 4 " + at +
         "a=candidate:7 1 TCP-ACT 5 " + at + "a=candidate:7 2 TCP-ACT 4 " + at;
}

/// RFC 6544: a port for each component.
std::string rfc6544(std::string_view place, int port) {
  const std::string at{place};
  return "a=candidate:2 1 TCP 5 " + at + " 9 typ host tcptype active\r\n" +
         "a=candidate:2 2 TCP 4 " + at + " 9 typ host tcptype active\r\n" +
         "a=candidate:3 1 TCP 3 " + at + ' ' + std::to_string(port) +
         " typ host tcptype passive\r\n" + "a=candidate:3 2 TCP 2 " + at + ' ' +
         std::to_string(port + 1) + " typ host tcptype passive\r\n";
}

std::vector<std::string> text_of(const std::vector<Endpoint>& places) {
  std::vector<std::string> texts;
  for (const Endpoint& place : places) texts.push_back(place.to_string());
  return texts;
}

using Places = std::vector<std::string>;

class Streams : public Call {
 protected:
  StreamPath stream(std::size_t n = 0) {
    EXPECT_LT(n, control.stream_paths().size());
    return n < control.stream_paths().size()
               ? std::next(control.stream_paths().begin(), static_cast<std::ptrdiff_t>(n))->second
               : StreamPath{};
  }
  std::string caller_offer() {
    return audio(kCaller, 5000,
                 credentials("u") + datagrams(kCaller, 5000) + lync("203.0.113.92", 54427));
  }
  std::string lync_answer() {
    return audio(kCallee, 7000, credentials("v") + datagrams(kCallee, 7000) + lync(kCallee, 8000));
  }
  std::string datagram_answer() {
    return audio(kCallee, 7000, credentials("v") + datagrams(kCallee, 7000));
  }
};

TEST_F(Streams, APathLeadsFromPartyToPartyBesideThatOfTheDatagrams) {
  const std::string offer = invite(caller_offer());
  const std::string answer = ok(lync_answer());
  ASSERT_EQ(control.stream_paths().size(), 1U) << "both components go through one connection";
  EXPECT_EQ(control.paths().size(), 2U);
  const StreamPath path = stream();
  EXPECT_EQ(text_of(path.caller.passive), Places{"203.0.113.92:54427"});
  EXPECT_EQ(text_of(path.callee.passive), Places{"10.0.0.20:8000"});
  EXPECT_EQ(path.caller.sip_source, IpAddress::v4(203, 0, 113, 5));
  EXPECT_EQ(path.caller.ice, (std::vector<IceCheckKeys>{{"v", "pwd-v", "u"}}));
  EXPECT_EQ(path.callee.ice, (std::vector<IceCheckKeys>{{"u", "pwd-u", "v"}}));
  for (const auto& [sdp, end] : {std::pair{offer, path.callee}, std::pair{answer, path.caller}}) {
    const std::string port = control.port_of(end.port);
    EXPECT_NE(sdp.find("TCP-PASS 2120613887 "), std::string::npos) << sdp;
    EXPECT_NE(sdp.find(' ' + port + " typ host"), std::string::npos) << sdp;
  }
  bye();
  EXPECT_EQ(control.streams(), 0U);
}

TEST_F(Streams, SourcesAreWhatThePartiesWrote) {
  (void)invite(caller_offer());
  (void)ok(lync_answer());
  EXPECT_EQ(stream().caller.signalled_addresses,
            (std::vector<IpAddress>{IpAddress::v4(192, 0, 2, 16), IpAddress::v4(203, 0, 113, 92)}));
  bye();
}

TEST_F(Streams, Rfc6544_ComponentsOnPortsOfTheirOwnHavePathsOfTheirOwn) {
  (void)invite(audio(kCaller, 5000, credentials("u") + rfc6544(kCaller, 6000)));
  (void)ok(audio(kCallee, 7000, credentials("v") + rfc6544(kCallee, 8000)));
  ASSERT_EQ(control.stream_paths().size(), 2U);
  EXPECT_EQ(text_of(stream(0).caller.passive), Places{"192.0.2.16:6000"});
  EXPECT_EQ(text_of(stream(1).callee.passive), Places{"10.0.0.20:8001"});
  EXPECT_EQ(control.streams(), 4U);
  bye();
}

TEST_F(Streams, Ice06ChecksAreKeyedByTheCandidatesOverTcp) {
  const auto old = [](std::string_view place, const char* udp, const char* tcp) {
    const std::string at = std::string{place} + " 5000\r\n";
    return audio(place, 5000,
                 std::string{"a=candidate:"} + udp + " 1 cHc UDP 0.830 " + at +
                     "a=candidate:" + tcp + " 1 dGNw TCP 0.250 " + at);  // "tcp"
  };
  (void)invite(old(kCaller, "dXA", "Y2FsbGVy"));  // "caller"
  (void)ok(old(kCallee, "dXB", "Y2FsbGVl"));      // "callee"
  EXPECT_EQ(stream().callee.ice, (std::vector<IceCheckKeys>{{"caller:1", "tcp", "callee:1"}}));
  EXPECT_EQ(text_of(stream().callee.passive), Places{"10.0.0.20:5000"}) << "it says both in one";
  bye();
}

TEST_F(Streams, OnlyCandidatesOfTheAcceptedAlternativeAreConnectedTo) {
  const std::string old =
      audio(kCaller, 5000, "a=candidate:b2xk 1 cHc TCP 0.250 192.0.2.16 4001\r\n");
  const auto part = [](const std::string& sdp) {
    return "--in\r\nContent-Type: application/sdp\r\n\r\n" + sdp + "\r\n";
  };
  (void)seen({Side::caller, "INVITE", 0, 1, "", part(old) + part(caller_offer()) + "--in--\r\n",
              false, "multipart/alternative;boundary=in"});
  (void)ok(lync_answer());
  EXPECT_EQ(text_of(stream().caller.passive), Places{"203.0.113.92:54427"});
  bye();
}

TEST_F(Streams, ALineOverTcpIsReachedAtItsOwnPortFirst) {
  const auto sharing = [](std::string_view place, int port) {
    return audio(place, 0,
                 "m=applicationsharing " + std::to_string(port) +
                     " TCP/RTP/AVP 127\r\na=setup:active\r\n" + credentials("x") +
                     lync("203.0.113.92", 6000));
  };
  const std::string offer = invite(sharing(kCaller, 5004));
  (void)ok(sharing(kCallee, 7004));
  EXPECT_EQ(text_of(stream().caller.passive), (Places{"192.0.2.16:5004", "203.0.113.92:6000"}));
  EXPECT_EQ(control.port_of(stream().callee.port), port_in(offer, 1));
  EXPECT_EQ(control.pairs(), 0U);
  EXPECT_TRUE(control.paths().empty());
  bye();
}

TEST_F(Streams, Rfc4145_WhoOnlyConnectsIsNotConnectedTo) {
  (void)invite(audio(kCaller, 0, "m=x 9 TCP/BFCP *\r\na=setup:active\r\n"));
  (void)ok(audio(kCallee, 0, "m=x 7004 TCP/BFCP *\r\na=setup:passive\r\n"));
  ASSERT_EQ(control.stream_paths().size(), 1U);
  EXPECT_EQ(text_of(stream().caller.passive), Places{});
  EXPECT_EQ(text_of(stream().callee.passive), Places{"10.0.0.20:7004"});
  EXPECT_TRUE(stream().caller.ice.empty());
  bye();
}

TEST_F(Streams, NobodyIsConnectedToWhereMediaMayNotGo) {
  settings.targets.own_addresses = {IpAddress::v4(198, 51, 100, 7)};
  Sessions limited{control, settings, observer};
  SessionSpec spec;
  spec.branch = "x";
  spec.caller_interface = "external";
  spec.callee_interface = "internal";
  const SessionId call = *limited.open(now, spec);
  std::string places;
  for (const char* place :
       {"198.51.100.7 443", "127.0.0.1 80", "224.0.0.1 80", "0.0.0.0 80", "2001:db8::1 80",
        "203.0.113.1 1", "203.0.113.1 2", "203.0.113.1 3", "203.0.113.1 4", "203.0.113.1 5"}) {
    places += std::string{"a=candidate:4 1 TCP-PASS 5 "} + place + " typ host\r\n";
  }
  const std::string offer = audio(kCaller, 5000, credentials("u") + places);
  const std::string answer = lync_answer();
  DialogMessage message{Side::caller, "INVITE", 0, 1, "", false, {}, "application/sdp", offer};
  ASSERT_TRUE(limited.on_message(now, call, message).ok());
  message.sender = Side::callee;
  message.status = 200;
  message.callee_tag = "b";
  message.body = answer;
  ASSERT_TRUE(limited.on_message(now, call, message).ok());
  EXPECT_EQ(text_of(stream().caller.passive),
            (Places{"203.0.113.1:1", "203.0.113.1:2", "203.0.113.1:3", "203.0.113.1:4"}));
}

TEST_F(Streams, PartiesThatNameTheEdgesOwnPortsAreNotConnectedInACircle) {
  const std::string offer = invite(caller_offer());
  const std::size_t at = offer.find("TCP-PASS 2120613887 10.0.0.10 ");
  ASSERT_NE(at, std::string::npos);
  const std::size_t port = offer.find("10.0.0.10 ", at) + 10;
  const int own = std::stoi(offer.substr(port));
  (void)ok(audio(kCallee, 7000, credentials("v") + lync("10.0.0.10", own)));
  EXPECT_EQ(text_of(stream().callee.passive), Places{});
  bye();
}

TEST_F(Streams, ThePartyWithoutTcpGetsTheFramesAsDatagrams) {
  (void)invite(caller_offer());
  const std::string answer = ok(datagram_answer());
  const StreamPath path = stream();
  ASSERT_TRUE(path.callee_datagrams.has_value());
  EXPECT_EQ(path.callee_datagrams->signalled.to_string(), "10.0.0.20:7000");
  EXPECT_EQ(path.callee_datagrams->ice, (std::vector<IceCheckKeys>{{"u", "pwd-u", "v"}}));
  EXPECT_EQ(path.callee.port, kNoSocket);
  EXPECT_NE(answer.find(" TCP-PASS 2120613887 198.51.100.7 " + control.port_of(path.caller.port)),
            std::string::npos)
      << answer;
  EXPECT_EQ(answer.find("TCP-ACT"), std::string::npos) << "the edge connects to nobody for it";
  EXPECT_EQ(control.singles(), 1U);
  bye();
  EXPECT_EQ(control.singles() + control.streams(), 0U);
}

TEST_F(Streams, TheConvertedPartyStaysSoWhateverIsOfferedLater) {
  (void)invite(caller_offer());
  const std::string answer = ok(datagram_answer());
  const SocketId socket = stream().callee_datagrams->socket;
  EXPECT_EQ(ok(datagram_answer()), answer) << "retransmitted";
  // Either party refreshes the session.
  (void)seen({Side::caller, "INVITE", 0, 2, "b", caller_offer()});
  EXPECT_EQ(ok(datagram_answer(), "b", 2), answer);
  EXPECT_EQ(seen({Side::callee, "INVITE", 0, 1, "b", datagram_answer()}), answer);
  (void)seen({Side::caller, "INVITE", 200, 1, "b", caller_offer()});
  EXPECT_EQ(stream().callee_datagrams->socket, socket);
  EXPECT_EQ(control.singles(), 1U);
  bye();
}

TEST_F(Streams, ADatagramOfferIsNotOfferedTcp) {
  const std::string offer =
      invite(audio(kCaller, 5000, credentials("u") + datagrams(kCaller, 5000)));
  EXPECT_EQ(offer.find("TCP"), std::string::npos);
  (void)ok(lync_answer());
  EXPECT_TRUE(control.stream_paths().empty());
  EXPECT_EQ(control.streams(), 1U) << "the callee's candidates still stand for a port";
  bye();
}

TEST_F(Streams, APartyThatDoesNotCheckIsNotConverted) {
  (void)invite(caller_offer());
  const std::string answer = ok(audio(kCallee, 7000));
  EXPECT_EQ(answer.find("candidate"), std::string::npos);
  EXPECT_TRUE(control.stream_paths().empty());
  bye();
}

TEST_F(Streams, Rule06_TheSameOfferAgainShowsTheSamePorts) {
  for (const std::string& answer : {lync_answer(), datagram_answer(), audio(kCallee, 7000)}) {
    open("z9hG4bK-" + answer);
    const std::string offer = invite(caller_offer());
    const std::string answered = ok(answer);
    ack();
    EXPECT_EQ(seen({Side::caller, "INVITE", 0, 2, "b", caller_offer()}), offer);
    EXPECT_EQ(ok(answer, "b", 2), answered);
    bye();
  }
}

TEST_F(Streams, TheLineMovesToTcpOnceItHasWon) {
  (void)invite(caller_offer());
  (void)ok(lync_answer());
  const StreamPath before = stream();
  const std::string chosen = "c=IN IP4 203.0.113.92\r\na=remote-candidates:1 198.51.100.7 " +
                             control.port_of(before.caller.port) + "\r\n" + credentials("u") +
                             "a=candidate:7 1 TCP-ACT 5 203.0.113.92 54427 typ relay\r\n";
  std::string offer = audio(kCaller, 54427, chosen);
  offer.replace(offer.find("RTP/AVP"), 7, "TCP/RTP/SAVP");
  const std::string shown = seen({Side::caller, "INVITE", 0, 2, "b", offer});
  EXPECT_EQ(port_in(shown), control.port_of(before.callee.port));
  EXPECT_NE(shown.find("a=remote-candidates:1 10.0.0.20 8000\r\n"), std::string::npos) << shown;
  std::string answer = audio(kCallee, 8000, credentials("v"));
  answer.replace(answer.find("RTP/AVP"), 7, "TCP/RTP/SAVP");
  EXPECT_EQ(port_in(ok(answer, "b", 2)), control.port_of(before.caller.port));
  EXPECT_EQ(stream().caller.port, before.caller.port);
  after(std::chrono::seconds{32});
  EXPECT_EQ(control.pairs(), 0U) << "datagrams are over, and no branch can answer any more";
  EXPECT_TRUE(control.paths().empty());
  bye();
}

TEST_F(Streams, TheLineThatMovesToTcpStaysOverUdpForAConvertedParty) {
  (void)invite(caller_offer());
  (void)ok(datagram_answer());
  const StreamPath before = stream();
  const std::string edge = " 198.51.100.7 " + control.port_of(before.caller.port);
  const std::string chosen = "c=IN IP4 203.0.113.92\r\na=remote-candidates:1" + edge + "\r\n" +
                             credentials("u") +
                             "a=candidate:7 1 TCP-ACT 5 203.0.113.92 54427 typ relay\r\n";
  std::string offer = audio(kCaller, 54427, chosen);
  offer.replace(offer.find("RTP/AVP"), 7, "TCP/RTP/SAVP");
  const std::string shown = seen({Side::caller, "INVITE", 0, 2, "b", offer});
  const std::string port = control.port_of(before.callee_datagrams->socket);
  for (const std::string& line : {"m=audio " + port + " RTP/SAVP 0\r\n", "a=rtcp:" + port}) {
    EXPECT_NE(shown.find(line), std::string::npos) << shown;
  }
  EXPECT_NE(shown.find("a=remote-candidates:1 10.0.0.20 7000\r\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("a=candidate:7 1 UDP 2130706431 10.0.0.10 " + port + " typ host\r\n"),
            std::string::npos)
      << shown;
  EXPECT_EQ(shown.find("TCP"), std::string::npos) << shown;

  std::string answer = datagram_answer();
  answer.replace(answer.find("RTP/AVP"), 7, "RTP/SAVP");
  const std::string answered = ok(answer, "b", 2);
  EXPECT_NE(answered.find("m=audio " + control.port_of(before.caller.port) + " TCP/RTP/SAVP 0\r\n"),
            std::string::npos)
      << answered;
  EXPECT_NE(answered.find(" TCP-PASS 2120613887" + edge), std::string::npos) << answered;
  EXPECT_EQ(answered.find("UDP"), std::string::npos) << answered;
  EXPECT_EQ(ok(answer, "b", 2), answered);
  EXPECT_EQ(stream().callee_datagrams->socket, before.callee_datagrams->socket);
  EXPECT_TRUE(control.paths().empty());
  // The callee's refresh goes the same way.
  EXPECT_EQ(seen({Side::callee, "INVITE", 0, 1, "b", answer}), answered);
  EXPECT_EQ(seen({Side::caller, "INVITE", 200, 1, "b", offer}), shown);
  bye();
}

TEST_F(Streams, HoldKeepsThePathAndItsPlaces) {
  (void)invite(caller_offer());
  (void)ok(lync_answer());
  const StreamPath before = stream();
  (void)seen({Side::caller, "INVITE", 0, 2, "b", audio("0.0.0.0", 5000, credentials("u"))});
  (void)ok(lync_answer(), "b", 2);
  EXPECT_EQ(stream().caller, before.caller);
  bye();
}

TEST_F(Streams, BranchesShareThePortOfTheCalleesAndHaveTheirOwnForTheCaller) {
  (void)invite(caller_offer());
  const std::string desk = ringing(lync_answer(), "desk", true);
  const std::string phone =
      ringing(audio("10.0.0.21", 7000, credentials("w") + lync("10.0.0.21", 8000)), "phone", true);
  ASSERT_EQ(control.stream_paths().size(), 2U);
  EXPECT_EQ(stream(0).callee.port, stream(1).callee.port);
  EXPECT_NE(stream(0).caller.port, stream(1).caller.port);
  EXPECT_NE(stream(0).callee.ice, stream(1).callee.ice) << "checks tell them apart";
  (void)ok(lync_answer(), "desk");
  EXPECT_EQ(control.stream_paths().size(), 1U);
  bye("desk");
}

TEST_F(Streams, WithoutPortsOverTcpACallGoesByDatagrams) {
  control.single_capacity = 0;
  const std::string offer = invite(caller_offer());
  EXPECT_EQ(offer.find("TCP"), std::string::npos) << offer;
  (void)ok(lync_answer());
  EXPECT_EQ(control.paths().size(), 2U);
  bye();
  open("sharing");
  const auto refused =
      pass({Side::caller, "INVITE", 0, 1, "", audio(kCaller, 5000, "m=x 5004 TCP/BFCP *\r\n")});
  ASSERT_FALSE(refused.ok()) << "but a line that has only TCP cannot";
  EXPECT_EQ(refused.reason(), DropReason::ports_exhausted);
}

TEST_F(Streams, PortsOverTcpAreOnTheSourcesAccount) {
  settings.max_ports_per_source = 5;
  Sessions limited{control, settings, observer};
  SessionSpec spec;
  spec.branch = "x";
  spec.caller_interface = "external";
  spec.callee_interface = "internal";
  spec.source = {Standing::stranger, {IpAddress::v4(203, 0, 113, 5), Port{}}};
  const SessionId call = *limited.open(now, spec);
  const std::string offer = audio(kCaller, 5000, "m=x 5004 TCP/BFCP *\r\n");
  const DialogMessage message{Side::caller, "INVITE",          0,    1, "", false,
                              {},           "application/sdp", offer};
  const auto refused = limited.on_message(now, call, message);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.reason(), DropReason::source_limit);
}

TEST_F(Streams, MediaOverTcpKeepsTheCallAlive) {
  (void)invite(caller_offer());
  (void)ok(lync_answer());
  ack();
  after(std::chrono::minutes{4});
  stream().counters->last_activity.set(now.time_since_epoch().count());
  stream().counters->bytes[0].set(700);
  after(std::chrono::minutes{4});
  ASSERT_EQ(sessions.snapshot(now).size(), 1U);
  EXPECT_EQ(sessions.snapshot(now)[0].media.bytes[0], 700U);
  after(std::chrono::minutes{2});
  EXPECT_TRUE(sessions.snapshot(now).empty());
}

}  // namespace
}  // namespace avedge::anchor
