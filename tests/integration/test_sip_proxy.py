"""What passes the proxy: every method with its body untouched, redirections, keep-alives, routes."""

import pytest

import sip_wire
from edge import Edge, Route
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from sip_wire import SDP, Dialog, expect, response, sdp

_SIP = (EDGE_EXTERNAL, 5060)
_URI = "sip:bob@inside.example"
_TCP_URI = "sip:bob@tcp.example"


@pytest.fixture(scope="module")
def world(module_lab):
    edge = Edge(module_lab, [Route("inside.example", INSIDE, 7001),
                             Route("tcp.example", INSIDE, 7002, "tcp")])
    module_lab.bob = sip_wire.udp_party(module_lab, module_lab.inside, INSIDE, 7001)
    yield module_lab
    edge.stop()


@pytest.fixture
def caller(world):
    return sip_wire.udp_party(world, world.ext, EXT, remote=_SIP)


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
    caller = (sip_wire.connect(world, world.ext, EXT, _SIP) if transport == "tcp"
              else sip_wire.udp_party(world, world.ext, EXT, remote=_SIP))
    Dialog(caller, _URI).send(method, body=body, headers=_HEADERS + headers)
    got = expect(world.bob, method)
    assert got.body == body
    lines = got.data.split(b"\r\n")
    for header in _HEADERS + headers:
        assert header.encode() in lines, header
    assert bool(got.all("Record-Route")) == (method in ("SUBSCRIBE", "REFER"))
    world.bob.send(response(got, 200, "b", headers=["ms-keep-alive: UAS; tcp=no; timeout=300"],
                            body=body))
    answer = expect(caller, 200)
    assert answer.body == body and answer.first("ms-keep-alive") == "UAS; tcp=no; timeout=300"


def test_a_redirection_passes_and_the_second_invite_is_anchored_anew(world, caller):
    """Exchange UM answers 302 with another port; the caller tries again, with its own SDP."""
    alice = Dialog(caller, _URI)
    alice.send("INVITE", headers=SDP, body=sdp(EXT, 40000), branch="z9hG4bKfirst")
    first = expect(world.bob, "INVITE")
    contact = "Contact: <sip:um@inside.example:5065;transport=tcp>"
    world.bob.send(response(first, 302, "r1", headers=[contact]))
    moved = expect(caller, 302)
    assert moved.first("Contact") == contact.removeprefix("Contact: ")
    expect(world.bob, "ACK")
    alice.remote = moved.first("To")
    caller.send(alice.request("ACK", cseq=1, branch="z9hG4bKfirst"))

    alice.uri, alice.remote = moved.first("Contact").strip("<>"), f"<{_URI}>"
    alice.send("INVITE", headers=SDP, body=sdp(EXT, 40002))
    second = expect(world.bob, "INVITE")
    assert second.uri == "sip:um@inside.example:5065;transport=tcp"
    assert EXT.encode() not in second.body and EDGE_INTERNAL.encode() in second.body
    world.bob.send(response(second, 200, "um", world.bob, SDP, sdp(INSIDE, 41000)))
    ok = expect(caller, 200)
    assert EDGE_EXTERNAL.encode() in ok.body
    alice.answered_by(ok)
    alice.send("ACK", cseq=2)
    expect(world.bob, "ACK")
    alice.send("BYE")
    world.bob.send(response(expect(world.bob, "BYE"), 200))
    expect(caller, 200)


def test_rfc5626_4_4_1_a_ping_gets_a_pong_between_messages(world):
    caller = sip_wire.connect(world, world.ext, EXT, _SIP)
    caller.send(b"\r\n\r\n")
    assert caller.receive_bytes(2) == b"\r\n"
    caller.send(b"\r\n\r\n" + Dialog(caller, _URI).request("OPTIONS") + b"\r\n\r\n")
    expect(world.bob, "OPTIONS")
    assert caller.receive_bytes(4) == b"\r\n\r\n"


def test_keep_alives_of_a_datagram_are_silence(world, caller):
    for alive in (b"\r\n\r\n", b"\r\n", b"\0\0\0\0"):
        caller.send(alive)
    Dialog(caller, _URI).send("OPTIONS")
    expect(world.bob, "OPTIONS")


def test_two_record_routes_between_interfaces_and_transports(world, caller):
    """Each side's route set begins with the address and transport that it can reach (RFC 5658)."""
    server = sip_wire.Listener(world, world.inside, INSIDE, 7002)
    alice = Dialog(caller, _TCP_URI)
    alice.send("INVITE", headers=SDP, body=sdp(EXT, 40000))
    bob = server.accept()
    invite = expect(bob, "INVITE")
    inner, outer = invite.all("Record-Route")
    assert inner.startswith(f"<sip:{EDGE_INTERNAL}:5060;transport=tcp;lr;")
    assert outer.startswith(f"<sip:{EDGE_EXTERNAL}:5060;transport=udp;lr;")
    bob.send(response(invite, 200, "b", bob, SDP, sdp(INSIDE, 41000)))
    alice.answered_by(expect(caller, 200))
    alice.send("ACK", cseq=1)
    expect(bob, "ACK")
    bob_side = Dialog.of_callee(bob, invite, alice.remote)
    bob_side.send("BYE")
    bye = expect(caller, "BYE")
    assert bye.all("Route") == []
    caller.send(response(bye, 200))
    expect(bob, 200)


def test_responses_find_back_by_via_alone(world):
    """Whatever else a response says, it goes where the request came from (RFC 3581)."""
    behind_nat = sip_wire.udp_party(world, world.ext, EXT, remote=_SIP)
    request = Dialog(behind_nat, _URI).request("MESSAGE")
    port = str(behind_nat.address[1]).encode()
    behind_nat.send(request.replace(b"UDP 198.51.100.20:" + port, b"UDP 192.168.1.9:5060"))
    message = expect(world.bob, "MESSAGE")
    assert f";received={EXT}" in message.all("Via")[1]
    assert f";rport={port.decode()}" in message.all("Via")[1]
    world.bob.send(response(message, 200, "b"))
    assert len(expect(behind_nat, 200).all("Via")) == 1


def test_max_forwards_counts_down_and_is_given_where_it_is_missing(world, caller):
    alice = Dialog(caller, _URI)
    alice.send("OPTIONS", max_forwards=9)
    assert expect(world.bob, "OPTIONS").first("Max-Forwards") == "8"
    caller.send(alice.request("OPTIONS").replace(b"Max-Forwards: 70\r\n", b""))
    assert expect(world.bob, "OPTIONS").first("Max-Forwards") == "70"
