"""What passes the proxy: every method with its body untouched, redirections, keep-alives, routes."""

import pytest

from edge import Edge, Route
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from media import sdp
from user_agent import Dialog, Listener, connected, on_udp

_SIP = (EDGE_EXTERNAL, 5060)
_URI = "sip:bob@inside.example"
_TCP_URI = "sip:bob@tcp.example"


@pytest.fixture(scope="module")
def world(module_lab):
    edge = Edge(module_lab, [Route("inside.example", INSIDE, 7001),
                             Route("tcp.example", INSIDE, 7002, "tcp")])
    module_lab.bob = on_udp(module_lab, module_lab.inside, INSIDE, 7001)
    yield module_lab
    edge.stop()


@pytest.fixture(autouse=True)
def _nothing_else_arrives(world):
    yield
    assert world.bob.waiting == []


@pytest.fixture
def caller(world):
    return on_udp(world, world.ext, EXT, proxy=_SIP)


# As Lync's clients and servers write them.
_HEADERS = ["Ms-Conversation-ID: AdAVcjHDbpcTqsLsQBy5Ppeyyu8QEw==",
            "ms-keep-alive: UAC;hop-hop=yes",
            "ms-endpoint-location-data: NetworkScope;ms-media-location-type=Internet",
            'Proxy-Authorization: TLS-DSK qop="auth", realm="SIP Communications Service", '
            'opaque="B98D442A", targetname="FES03.inside.example", crand="7c9c139b", cnum="341", '
            'response="0123456789abcdef"',
            "History-Info: <sip:bob@inside.example>;index=1",
            "Diversion: <sip:bob@inside.example>;reason=unconditional"]
_BODIES = {
    "REGISTER": (b"", []),
    "SUBSCRIBE": (b"<batchSub uri='sip:bob@inside.example'/>",
                  ["Event: presence", "Content-Type: application/msrtc-adrl-categorylist+xml"]),
    "NOTIFY": (b"<list/>\r\n\0binary\xff", ["Event: presence", "Content-Type: application/x-odd"]),
    "BENOTIFY": (b"<presence/>", ["Event: presence", "Content-Type: application/pidf+xml"]),
    "MESSAGE": ("Grüße".encode(), ["Content-Type: text/plain; charset=UTF-8"]),
    "SERVICE": (b"<request requestID='1'/>", ["Content-Type: application/msrtc-media-relay-auth+xml"]),
    "INFO": (b"Signal=1\r\nDuration=160", ["Content-Type: application/dtmf-relay"]),
    "REFER": (b"", ["Refer-To: <sip:carol@inside.example>"]),
    "PUBLISH": (b"<publish/>", ["Event: presence", "Content-Type: application/pidf+xml"]),
    "OPTIONS": (b"", ["Accept: application/sdp"]),
}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("method", _BODIES)
def test_methods_without_media_pass_untouched(world, method, transport):
    body, headers = _BODIES[method]
    caller = (connected(world, world.ext, EXT, _SIP) if transport == "tcp"
              else on_udp(world, world.ext, EXT, proxy=_SIP))
    Dialog(caller, _URI).send(method, body=body, headers=_HEADERS + headers)
    got = world.bob.expect_request(method)
    assert got.body == body
    lines = got.data.split(b"\r\n")
    for header in _HEADERS + headers:
        assert header.encode() in lines, header
    assert bool(got.all("Record-Route")) == (method in ("SUBSCRIBE", "REFER"))
    world.bob.reply(got, 200, "b", headers=["ms-keep-alive: UAS; tcp=no; timeout=300"],
                    body=body)
    answer = caller.expect_response(200)
    assert answer.body == body and answer["ms-keep-alive"] == "UAS; tcp=no; timeout=300"


def test_a_redirection_passes_and_the_second_invite_is_anchored_anew(world, caller):
    """Exchange UM answers 302 with another port; the caller tries again, with its own SDP."""
    alice = Dialog(caller, _URI)
    alice.send("INVITE", sdp=sdp(EXT, 40000))
    first = world.bob.expect_request("INVITE")
    contact = "Contact: <sip:um@inside.example:5065;transport=tcp>"
    world.bob.reply(first, 302, "r1", headers=[contact])
    moved = caller.expect_response(302)
    assert moved["Contact"] == contact.removeprefix("Contact: ")
    world.bob.expect_request("ACK")
    alice.acknowledge_refusal(moved)

    alice.uri = moved["Contact"].strip("<>")
    alice.send("INVITE", sdp=sdp(EXT, 40002))
    second = world.bob.expect_request("INVITE")
    assert second.uri == "sip:um@inside.example:5065;transport=tcp"
    assert EXT.encode() not in second.body and EDGE_INTERNAL.encode() in second.body
    world.bob.reply(second, 200, "um", sdp=sdp(INSIDE, 41000))
    ok = caller.expect_response(200)
    assert EDGE_EXTERNAL.encode() in ok.body
    alice = alice.established_by(ok)
    alice.send("ACK")
    world.bob.expect_request("ACK")
    alice.send("BYE")
    world.bob.reply(world.bob.expect_request("BYE"), 200)
    caller.expect_response(200)


def test_rfc5626_4_4_1_a_ping_gets_a_pong_between_messages(world):
    caller = connected(world, world.ext, EXT, _SIP)
    caller.send(b"\r\n\r\n")
    assert caller.transport.receive_bytes(2) == b"\r\n"
    caller.send(b"\r\n\r\n" + Dialog(caller, _URI).request("OPTIONS") + b"\r\n\r\n")
    world.bob.expect_request("OPTIONS")
    assert caller.transport.receive_bytes(4) == b"\r\n\r\n"


def test_keep_alives_of_a_datagram_are_silence(world, caller):
    for alive in (b"\r\n\r\n", b"\r\n", b"\0\0\0\0"):
        caller.send(alive)
    Dialog(caller, _URI).send("OPTIONS")
    world.bob.expect_request("OPTIONS")


def test_two_record_routes_between_interfaces_and_transports(world, caller):
    """Each side's route set begins with the address and transport that it can reach (RFC 5658)."""
    server = Listener(world, world.inside, INSIDE, 7002)
    alice = Dialog(caller, _TCP_URI)
    alice.send("INVITE", sdp=sdp(EXT, 40000))
    bob = server.accept()
    invite = bob.expect_request("INVITE")
    inner, outer = invite.all("Record-Route")
    assert inner.startswith(f"<sip:{EDGE_INTERNAL}:5060;transport=tcp;lr;")
    assert outer.startswith(f"<sip:{EDGE_EXTERNAL}:5060;transport=udp;lr;")
    bob.reply(invite, 200, "b", sdp=sdp(INSIDE, 41000))
    alice = alice.established_by(caller.expect_response(200))
    alice.send("ACK")
    bob.expect_request("ACK")
    Dialog.of_callee(bob, invite, "b").send("BYE")
    bye = caller.expect_request("BYE")
    assert bye.all("Route") == []
    caller.reply(bye, 200)
    bob.expect_response(200)


def test_responses_find_back_by_via_alone(world):
    """Whatever else a response says, it goes where the request came from (RFC 3581)."""
    behind_nat = on_udp(world, world.ext, EXT, proxy=_SIP)
    request = Dialog(behind_nat, _URI).request("MESSAGE")
    port = str(behind_nat.address[1]).encode()
    behind_nat.send(request.replace(b"UDP 198.51.100.20:" + port, b"UDP 192.168.1.9:5060"))
    message = world.bob.expect_request("MESSAGE")
    assert f";received={EXT}" in message.all("Via")[1]
    assert f";rport={port.decode()}" in message.all("Via")[1]
    world.bob.reply(message, 200, "b")
    assert len(behind_nat.expect_response(200).all("Via")) == 1


def test_max_forwards_counts_down_and_is_given_where_it_is_missing(world, caller):
    alice = Dialog(caller, _URI)
    alice.send("OPTIONS", max_forwards=9)
    assert world.bob.expect_request("OPTIONS")["Max-Forwards"] == "8"
    caller.send(alice.request("OPTIONS").replace(b"Max-Forwards: 70\r\n", b""))
    assert world.bob.expect_request("OPTIONS")["Max-Forwards"] == "70"
