"""What stands in an m= line: several streams of several kinds, bundles, lines that are not relayed, and
the candidates of a route that keeps them."""

import re

import pytest

from edge import Edge, Route, SIP_PORT
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from media import Media, assert_talk, place_in
from user_agent import Dialog, on_udp

_DOMAIN = "lines.example"
_MUX = ("a=rtcp-mux",)


class Call:
    """One call; `lines` are the m= sections of either side, with {address} and {0}, {1}, … for the
    ports of its sockets."""

    def __init__(self, lab, sockets, **route):
        self.edge = Edge(lab, [Route(_DOMAIN, INSIDE, 7000, **route)])
        self.caller = on_udp(lab, lab.ext, EXT, 6000, (EDGE_EXTERNAL, SIP_PORT))
        self.callee = on_udp(lab, lab.inside, INSIDE, 7000)
        self.outer = [Media(lab, lab.ext, EXT, 20000 + 10 * number) for number in range(sockets)]
        self.inner = [Media(lab, lab.inside, INSIDE, 30000 + 10 * number) for number in range(sockets)]

    def establish(self, offered, answered):
        """The offer and the answer as their receivers see them."""
        call = Dialog(self.caller, f"sip:userb@{_DOMAIN}")
        call.send("INVITE", sdp=_describe(EXT, self.outer, offered))
        invite = self.callee.expect_request("INVITE")
        self.callee.reply(invite, 200, "b", sdp=_describe(INSIDE, self.inner, answered))
        response = self.caller.expect_response(200, "INVITE")
        self.dialog = call.established_by(response)
        self.dialog.send("ACK")
        self.callee.expect_request("ACK")
        return invite.sdp, response.sdp

    def ports_in_use(self):
        return self.edge.metrics().total("avedge_ports_in_use", protocol="udp")

    def end(self):
        self.dialog.send("BYE")
        self.callee.reply(self.callee.expect_request("BYE"), 200)
        self.caller.expect_response(200, "BYE")
        self.edge.wait_until_no_port_is_in_use()
        self.edge.stop()
        for party in (self.caller, self.callee, *self.outer, *self.inner):
            party.close()


def _describe(address, sockets, sections):
    ports = [socket.port for socket in sockets]
    lines = ["v=0", "o=- 0 0 IN IP4 {address}", "s=-", "c=IN IP4 {address}", "t=0 0", *sections]
    return "".join(line.format(*ports, address=address, ufrag=f"u{ports[0]}") + "\r\n"
                   for line in lines)


def test_several_streams_of_several_kinds(lab):
    sections = ["m=audio {0} RTP/AVP 0", "a=rtcp:19999",
                "m=video {1} RTP/AVP 99", "a=label:main-video",
                "m=video {2} RTP/SAVP 99", "a=label:slides",
                "m=application {3} UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000"]
    call = Call(lab, 4)
    offer, answer = call.establish(sections, sections)
    for number in range(4):
        assert_talk(call.outer[number], place_in(answer, number),
                    call.inner[number], place_in(offer, number))
    assert len({place_in(offer, number) for number in range(4)}) == 4
    call.end()


def test_best_effort_srtp_is_one_stream(lab):
    """The same port with and without SRTP: the answer takes one of the two."""
    call = Call(lab, 1)
    offer, answer = call.establish(["m=audio {0} RTP/AVP 0", "m=audio {0} RTP/SAVP 0"],
                                   ["m=audio 0 RTP/AVP 0", "m=audio {0} RTP/SAVP 0"])
    assert place_in(offer, 0) == place_in(offer, 1)
    assert_talk(call.outer[0], place_in(answer, 1), call.inner[0], place_in(offer, 1))
    call.end()


@pytest.mark.parametrize("video", [
    pytest.param(["m=video {1} UDP/TLS/RTP/SAVPF 99", *_MUX], id="port_of_its_own"),
    pytest.param(["m=video 0 UDP/TLS/RTP/SAVPF 99", "a=bundle-only", *_MUX], id="bundle_only"),
])
def test_a_bundle_takes_one_port(lab, video):
    audio = ["a=group:BUNDLE 0 1", "m=audio {0} UDP/TLS/RTP/SAVPF 0", *_MUX, "a=mid:0"]
    bundled = [*audio, "m=video {0} UDP/TLS/RTP/SAVPF 99", *_MUX, "a=mid:1"]
    call = Call(lab, 2)
    offer, answer = call.establish([*audio, *video, "a=mid:1"], bundled)
    assert place_in(answer, 0) == place_in(answer, 1)
    assert_talk(call.outer[0], place_in(answer, 0), call.inner[0], place_in(offer, 0))
    call.dialog.send("INVITE", sdp=_describe(EXT, call.outer, bundled))
    request = call.callee.expect_request("INVITE")
    assert place_in(request.sdp, 0) == place_in(request.sdp, 1) == place_in(offer, 0)
    call.callee.reply(request, 200, sdp=_describe(INSIDE, call.inner, bundled))
    assert call.caller.expect_response(200, "INVITE").sdp == answer
    call.dialog.send("ACK")
    call.callee.expect_request("ACK")
    assert_talk(call.outer[0], place_in(answer, 0), call.inner[0], place_in(offer, 0))
    call.end()


_OVER_TCP = ["m=applicationsharing 5004 TCP/RTP/SAVP 127", "c=IN IP4 203.0.113.9"]
_HIDDEN = "a=candidate:4 1 TCP-PASS 5 203.0.113.92 54427 typ relay raddr {address} rport 9"


@pytest.mark.parametrize("route, foreign", [
    pytest.param({}, ["m=message 5004 TCP/MSRP *", "c=IN IP4 203.0.113.9"], id="messages"),
    pytest.param({"tcp": False}, _OVER_TCP, id="tcp_where_it_is_off"),
])
def test_lines_that_are_not_relayed_stay_as_they_are(lab, route, foreign):
    foreign = [*foreign, "m=message 5060 sip null", "c=IN IP4 203.0.113.9"]
    call = Call(lab, 1, **route)
    offer, answer = call.establish(["m=audio {0} RTP/AVP 0", *foreign[:2], _HIDDEN, *foreign[2:]],
                                   ["m=audio {0} RTP/AVP 0", *foreign])
    for seen in (offer, answer):
        assert "\r\n".join(foreign) in seen
        assert "203.0.113.92" not in seen
    assert call.ports_in_use() == 4
    assert_talk(call.outer[0], place_in(answer), call.inner[0], place_in(offer))
    call.end()


def test_a_line_comes_and_goes(lab):
    audio, video = "m=audio {0} RTP/AVP 0", "m=video {1} RTP/AVP 99"
    call = Call(lab, 2)
    offer, answer = call.establish([audio, video], [audio, "m=video 0 RTP/AVP 99"])
    assert place_in(answer, 1)[1] == 0
    for sections, has_video in (([audio, video], True), ([audio, "m=video 0 RTP/AVP 99"], False)):
        call.dialog.send("INVITE", sdp=_describe(EXT, call.outer, sections))
        request = call.callee.expect_request("INVITE")
        assert place_in(request.sdp) == place_in(offer)
        call.callee.reply(request, 200, sdp=_describe(INSIDE, call.inner, sections))
        response = call.caller.expect_response(200, "INVITE")
        call.dialog.send("ACK")
        call.callee.expect_request("ACK")
        assert_talk(call.outer[0], place_in(answer), call.inner[0], place_in(offer))
        if has_video:
            assert_talk(call.outer[1], place_in(response.sdp, 1),
                        call.inner[1], place_in(request.sdp, 1))
    call.end()


def test_a_route_may_keep_candidates_and_add_the_edge(lab):
    own = ["a=ice-ufrag:{ufrag}", "a=ice-pwd:0123456789012345678901",
           "a=candidate:1 1 UDP 2130706431 {address} {0} typ host",
           "a=x-candidate-ipv6:2 1 UDP 2130705919 2001:db8::16 15206 typ host",
           "a=end-of-candidates"]
    call = Call(lab, 1, candidates="add")
    offer, answer = call.establish(["m=audio {0} RTP/AVP 0", *own],
                                   ["m=audio {0} RTP/AVP 0", *own, "a=ice-mismatch"])
    for seen, edge, party in ((offer, EDGE_INTERNAL, call.outer[0]),
                              (answer, EDGE_EXTERNAL, call.inner[0])):
        candidates = re.findall(r"(?m)^a=candidate:(.*)\r$", seen)
        address, port = place_in(seen)
        assert candidates == [f"1 1 UDP 2130706431 {party.address} {party.port} typ host",
                              f"99 1 UDP 16777215 {edge} {port} typ relay raddr {edge} rport {port}"]
        assert address == edge, "the default destination"
    assert_talk(call.outer[0], place_in(answer), call.inner[0], place_in(offer))
    call.end()
