"""Media over TCP: who connects to the edge is joined to the other party, whichever of them accepts; what
they say passes as it is, and neither sees the other's place. A party without TCP gets datagrams."""

import re
import secrets

import pytest

import stun
from edge import Edge, Route, SIP_PORT
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, EXT_OTHERS, INSIDE, PATIENCE
from media import Media, assert_talk, place_in
from user_agent import Dialog, on_udp

_DOMAIN = "streams.example"
_OUTER, _INNER = 21000, 31000  # the parties' TCP ports
_ICE = ("a=ice-ufrag:{ufrag}", "a=ice-pwd:{ufrag}0123456789012345678901")
_PASSIVE = tuple("a=candidate:4 {} TCP-PASS 174455295 {{address}} {{port}} typ relay raddr 192.168.0.16 "
                 "rport 11603".format(component) for component in (1, 2))
_ACTIVE = tuple("a=candidate:7 {} TCP-ACT 174846975 {{address}} {{port}} typ relay raddr 192.168.0.16 "
                "rport 11603".format(component) for component in (1, 2))
_UDP = ("a=candidate:1 1 UDP 2130706431 {address} {udp} typ host",)
_SHARING = ("m=applicationsharing {port} TCP/RTP/AVP 127", "a=rtcp:{port}", "a=mid:1")
_AUDIO = ("m=audio {udp} RTP/AVP 0",)


class Connection:
    """One end of a connection that carries frames (RFC 4571)."""

    def __init__(self, made):
        self._tcp = made

    @property
    def far_end(self):
        return self._tcp.getpeername()

    def send(self, *payloads):
        self._tcp.sendall(b"".join(len(one).to_bytes(2, "big") + one for one in payloads))

    def receive(self):
        return self._take(int.from_bytes(self._take(2), "big"))

    def _take(self, size):
        taken = b""
        while len(taken) < size:
            piece = self._tcp.recv(size - len(taken))
            assert piece, "the connection ended"
            taken += piece
        return taken

    def has_ended(self):
        try:
            return self._tcp.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self._tcp.close()


class Party:
    """Where one party has its media: a TCP port to connect from or to accept at, and a UDP port."""

    def __init__(self, lab, host, address, port):
        self._lab, self._host = lab, host
        self.address, self.port = address, port
        self.media = Media(lab, host, address, port + 1000)
        self._listener = None

    def connect(self, place, address=None):
        made = self._lab.tcp_socket(self._host, address or self.address)
        made.connect(place)
        return Connection(made)

    def listen(self):
        self._listener = self._lab.tcp_socket(self._host, self.address, self.port)
        self._listener.listen()

    def accept(self):
        made, _ = self._listener.accept()
        made.settimeout(PATIENCE)
        return Connection(made)

    def describe(self, lines):
        head = ["v=0", "o=- 0 0 IN IP4 {address}", "s=-", "c=IN IP4 {address}", "t=0 0"]
        return "".join(line.format(address=self.address, port=self.port, udp=self.media.port,
                                   ufrag=f"u{self.port}") + "\r\n" for line in [*head, *lines])

    def close(self):
        self.media.close()
        if self._listener:
            self._listener.close()


class Call:
    """A call from outside; sees to it that neither side is shown the other."""

    def __init__(self, lab, offered, answered, **route):
        self.edge = Edge(lab, [Route(_DOMAIN, INSIDE, 7000, **route)])
        self.caller = on_udp(lab, lab.ext, EXT, 6000, (EDGE_EXTERNAL, SIP_PORT))
        self.callee = on_udp(lab, lab.inside, INSIDE, 7000)
        self.outer, self.inner = Party(lab, lab.ext, EXT, _OUTER), Party(lab, lab.inside, INSIDE, _INNER)
        self._captures = {EXT: lab.capture_inside(), INSIDE: lab.capture_outside()}
        self._call = Dialog(self.caller, f"sip:userb@{_DOMAIN}")
        self._call.send("INVITE", sdp=self.outer.describe(offered))
        self._invite = self.callee.expect_request("INVITE")
        self.offer = self._invite.sdp
        self._answered = answered

    def answer(self):
        self.callee.reply(self._invite, 200, "b", sdp=self.inner.describe(self._answered))
        response = self.caller.expect_response(200, "INVITE")
        self.answer_seen = response.sdp
        self.dialog = self._call.established_by(response)
        self.dialog.send("ACK")
        self.callee.expect_request("ACK")
        for text in (self.offer, self.answer_seen):
            assert not [far for far in (EXT, INSIDE, "192.168.") if far in text], text
        return self

    def end(self):
        self.dialog.send("BYE")
        self.callee.reply(self.callee.expect_request("BYE"), 200)
        self.caller.expect_response(200, "BYE")
        self.edge.wait_until_no_port_is_in_use()
        self.edge.stop()
        for party in (self.caller, self.callee, self.outer, self.inner):
            party.close()
        for far, capture in self._captures.items():
            assert all(far not in packet.addresses for packet in capture.stop())


def _stream_place(sdp, grammar="TCP-PASS"):
    """Where the edge accepts connections: of the first candidate that says so."""
    found = re.search(rf"(?m)^a=candidate:\S+ 1 {grammar} \d+ (\S+) (\d+) ", sdp)
    return found[1], int(found[2])


def _assert_talk(one, other):
    for sender, receiver in ((one, other), (other, one)):
        sent = [secrets.token_bytes(size) for size in (1, 172, 1400, 40000)]
        sender.send(*sent)
        assert [receiver.receive() for _ in sent] == sent


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_who_connects_is_joined_to_who_accepts(lab, who):
    """Application sharing as Lync offers it: all of it over one TCP port."""
    call = Call(lab, [*_SHARING, *_ICE, *_PASSIVE, *_ACTIVE], [*_SHARING, *_ICE, *_PASSIVE, *_ACTIVE])
    call.answer()
    active, passive, to = ((call.outer, call.inner, place_in(call.answer_seen)) if who == "caller"
                           else (call.inner, call.outer, place_in(call.offer)))
    passive.listen()
    connecting = active.connect(to)
    accepted = passive.accept()
    # The port it is connected from is the one that the SDP showed it.
    assert accepted.far_end == (place_in(call.offer) if who == "caller" else place_in(call.answer_seen))
    _assert_talk(connecting, accepted)
    connecting.close()
    assert accepted.has_ended(), "the end of one is the end of the other"
    call.end()


def test_two_that_connect_are_joined(lab):
    sharing = ["m=applicationsharing 9 TCP/RTP/AVP 127", "a=setup:active", *_ICE]
    call = Call(lab, sharing, sharing).answer()
    outer = call.outer.connect(place_in(call.answer_seen))
    inner = call.inner.connect(place_in(call.offer))
    _assert_talk(outer, inner)
    call.end()


def test_tcp_stands_beside_the_datagrams(lab):
    lines = [*_AUDIO, *_ICE, *_UDP, *_PASSIVE, *_ACTIVE]
    call = Call(lab, lines, lines).answer()
    _show_by_checks(call)
    assert_talk(call.outer.media, place_in(call.answer_seen), call.inner.media, place_in(call.offer))
    call.inner.listen()
    outer = call.outer.connect(_stream_place(call.answer_seen))
    _assert_talk(outer, call.inner.accept())
    call.end()


def test_a_connection_needs_no_ice(lab):
    """RFC 4145, as BFCP uses it; and whatever runs there is bytes to the edge."""
    call = Call(lab, ["m=application 9 TCP/BFCP *", "a=setup:active", "a=connection:new"],
                ["m=application {port} TCP/BFCP *", "a=setup:passive", "a=connection:new"])
    call.answer()
    call.inner.listen()
    outer = call.outer.connect(place_in(call.answer_seen))
    _assert_talk(outer, call.inner.accept())
    call.end()


def test_the_party_without_tcp_gets_datagrams(lab):
    call = Call(lab, [*_AUDIO, *_ICE, *_UDP, *_PASSIVE, *_ACTIVE], [*_AUDIO, *_ICE, *_UDP]).answer()
    outer = call.outer.connect(_stream_place(call.answer_seen))
    sent = [secrets.token_bytes(size) for size in (1, 172, 1400)]
    outer.send(*sent)
    datagrams, sources = call.inner.media.receive(len(sent))
    assert datagrams == sent
    (source,) = sources
    assert source[0] == EDGE_INTERNAL and source != place_in(call.offer), "a port of that purpose alone"
    check = _check(f"u{_INNER}", f"u{_OUTER}")
    call.inner.media.send_bytes(source, check)
    assert outer.receive() == check
    back = call.inner.media.send(source, 3)
    assert [outer.receive() for _ in back] == back
    call.end()


def _check(sender, receiver, password=None):
    """An ICE check of that ufrag towards the other one."""
    user = stun.attribute(stun.USERNAME, f"{receiver}:{sender}".encode())
    key = password or f"{receiver}0123456789012345678901"
    return stun.message(stun.BINDING, user, key=key.encode(), fingerprint=True)


def _show_by_checks(call):
    """Where ICE is agreed nothing else shows a party's UDP socket to be its own."""
    outer, inner = (call.outer.media, f"u{_OUTER}"), (call.inner.media, f"u{_INNER}")
    for (sender, mine), (receiver, theirs), to in ((outer, inner, place_in(call.answer_seen)),
                                                   (inner, outer, place_in(call.offer))):
        check = _check(mine, theirs)
        sender.send_bytes(to, check)
        assert receiver.receive(1)[0] == [check]


def test_who_connects_from_elsewhere_must_send_a_check(lab):
    lines = [*_SHARING, *_ICE, *_PASSIVE, *_ACTIVE]
    call = Call(lab, lines, lines).answer()
    call.inner.listen()
    outer, inner = f"u{_OUTER}", f"u{_INNER}"
    for first_frame in (b"\x80\x00 no check", _check(outer, inner, "a guess")):
        stranger = call.outer.connect(place_in(call.answer_seen), EXT_OTHERS[0])
        stranger.send(first_frame)
        assert stranger.has_ended()
    check = _check(outer, inner)
    elsewhere = call.outer.connect(place_in(call.answer_seen), EXT_OTHERS[0])
    elsewhere.send(check)
    accepted = call.inner.accept()
    assert accepted.receive() == check, "which passes like everything behind it"
    _assert_talk(elsewhere, accepted)
    call.end()


def test_a_reinvite_after_tcp_has_won_keeps_the_connection(lab):
    lines = [*_AUDIO, *_ICE, *_UDP, *_PASSIVE, *_ACTIVE]
    call = Call(lab, lines, lines).answer()
    call.inner.listen()
    outer = call.outer.connect(_stream_place(call.answer_seen))
    inner = call.inner.accept()
    _assert_talk(outer, inner)
    edge = " ".join(map(str, _stream_place(call.answer_seen)))
    chosen = ["m=audio {port} TCP/RTP/AVP 0", *_ICE]
    call.dialog.send("INVITE", sdp=call.outer.describe(
        [*chosen, _ACTIVE[0], f"a=remote-candidates:1 {edge}"]))
    request = call.callee.expect_request("INVITE")
    assert place_in(request.sdp) == _stream_place(call.offer)
    assert f"a=remote-candidates:1 {INSIDE} {_INNER}\r\n" in request.sdp, "the callee's own"
    call.callee.reply(request, 200, sdp=call.inner.describe([*chosen, _PASSIVE[0]]))
    assert place_in(call.caller.expect_response(200, "INVITE").sdp) == _stream_place(call.answer_seen)
    call.dialog.send("ACK")
    call.callee.expect_request("ACK")
    _assert_talk(outer, inner)
    call.end()
