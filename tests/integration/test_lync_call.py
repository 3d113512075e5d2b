"""A Lync call as it is seen on the wire: an offer of two bodies, 183s of a desktop and a phone, PRACKs,
the 200, the final re-INVITE. Both ends have ICE agents that are not ours and protect their media, and
stand where no SDP says: only their checks, verified, tell the edge where they are."""

import base64
import pathlib
import re

import pytest

from edge import Edge, Route, SIP_PORT
from ice_agent import Agent, assert_srtp_crosses
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE, wait_until
from media import place_in
from network_side import Side, assert_hidden
from user_agent import Dialog, on_udp

_FIXTURES = pathlib.Path(__file__).parent / "fixtures"
_DOMAIN = "domain-b.example"
_BOUNDARY = "=_NextPart_000_0171_01D0107A.BB7313C0"
_CALLER_KEY, _CALLEE_KEY = (base64.b64encode(bytes(range(first, first + 30))).decode()
                            for first in (0, 100))
# What the parties say about themselves, as it must not be seen on the other side.
_CALLER_SECRETS = ("192.168.0.", "203.0.113.92", "203.0.113.167", "fd00:26", EXT)
_CALLEE_SECRETS = ("192.168.198.", "203.0.113.69", "10.6.", INSIDE)
_RELIABLE = ("Require: 100rel", "RSeq: 1")
_PLACES = re.compile(r"o=|c=|m=|a=(x-)?candidate|a=rtcp:|a=remote-candidates")


def _sdp(fixture, **fields):
    text = (_FIXTURES / fixture).read_text(encoding="ascii").format(**fields)
    return text.replace("\n", "\r\n")


def _part(sdp, number, disposition):
    return (f"--{_BOUNDARY}\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: 7bit\r\n"
            f"Content-ID: <{number}@domain-a.example>\r\nContent-Disposition: {disposition}\r\n\r\n"
            f"{sdp}\r\n")


def _without_places(text):
    return [line for line in text.split("\r\n") if not _PLACES.match(line)]


def _as_it_is(body, content_type):
    return body, content_type


def _with_a_location(body, content_type):
    """An emergency location (RFC 6442) beside the alternatives: the SDP is two levels down."""
    outer = "=_NextPart_000_0170_01D0107A.BB7313C0"
    location = ('<?xml version="1.0"?>\r\n<presence xmlns="urn:ietf:params:xml:ns:pidf">'
                "<note>c=IN IP4 192.0.2.1, not SDP</note></presence>")
    return (f"A preamble\r\n--{outer}\r\nContent-Type: {content_type}\r\n\r\n{body}\r\n"
            f"--{outer}\r\nContent-Type: application/pidf+xml\r\nContent-ID: <3@domain-a.example>"
            f"\r\n\r\n{location}\r\n--{outer}--\r\n", f'multipart/mixed;boundary="{outer}"')


class Call:
    """The scripted signalling of one call; the INVITE has both bodies in any case."""

    def __init__(self, lab, compat):
        self._sides = (
            Side(lab.capture_outside(), {EXT}, 6000, EDGE_EXTERNAL, _CALLEE_SECRETS, INSIDE),
            Side(lab.capture_inside(), {INSIDE}, 7000, EDGE_INTERNAL, _CALLER_SECRETS, EXT))
        self.edge = Edge(lab, [Route(_DOMAIN, INSIDE, 7000)])
        self.caller = on_udp(lab, lab.ext, EXT, 6000, (EDGE_EXTERNAL, SIP_PORT))
        self.call = Dialog(self.caller, f"sip:userb@{_DOMAIN}")
        self.callee = on_udp(lab, lab.inside, INSIDE, 7000)
        self.outer = Agent(lab, lab.ext, EXT, compat, controlling=True)
        # ICE-06 knows no roles on the wire; libnice waits for ever where it does not nominate itself.
        self.inner = Agent(lab, lab.inside, INSIDE, compat, controlling=compat == "oc2007")

    def dial(self, wrap=_as_it_is):
        """The two bodies as the callee sees them."""
        sent, content_type = wrap(
            self._part_of_fallback() + _part(self._rich(), 2, "session; handling=optional") +
            f"--{_BOUNDARY}--\r\n", f'multipart/alternative;boundary="{_BOUNDARY}"')
        self.call.send("INVITE", body=sent.encode(), headers=[
            "Supported: 100rel", f"Content-Type: {content_type}"])
        self.invite = self.callee.expect_request("INVITE")
        assert self.invite["Content-Type"] == content_type
        seen = self.invite.sdp
        assert_hidden(seen, _CALLER_SECRETS)
        assert _without_places(seen) == _without_places(sent)
        parts = seen.split(f"--{_BOUNDARY}")
        assert len(parts) == 4 and place_in(parts[1]) == place_in(parts[2]), "one pair of ports"
        return parts[1], parts[2]

    def _part_of_fallback(self):
        first = self.outer.candidates[0]
        return _part(_sdp("lync_fallback.sdp", id=first["username"].rstrip("=") or "A" * 43,
                          password=first["password"].rstrip("=") or "A" * 22, key=_CALLER_KEY),
                     1, "session; handling=optional; ms-proxy-2007fallback")

    def _rich(self):
        return _sdp("lync_offer.sdp", ufrag=self.outer.ufrag or "ccwh",
                    password=self.outer.password or "8X3nfjTthYjuA8vhf+z2FYqM", key=_CALLER_KEY)

    def ring(self, tag, answer):
        self.callee.reply(self.invite, 183, tag, headers=_RELIABLE, sdp=answer)
        seen = self.caller.expect_response(183, "INVITE", tag)
        assert_hidden(seen.sdp, _CALLEE_SECRETS)
        assert _without_places(seen.sdp) == _without_places(answer)
        self.call.established_by(seen).send("PRACK", headers=["RAck: 1 1 INVITE"])
        self.callee.reply(self.callee.expect_request("PRACK"), 200)
        self.caller.expect_response(200, "PRACK", tag)
        return seen.sdp

    def pick_up(self, tag, answer):
        self.callee.reply(self.invite, 200, tag, sdp=answer,
                          headers=["Ms-Accepted-Content-ID: <2@domain-a.example>"])
        seen = self.caller.expect_response(200, "INVITE", tag)
        assert seen["Ms-Accepted-Content-ID"] == "<2@domain-a.example>"
        self.dialog = self.call.established_by(seen)
        self.dialog.send("ACK")
        self.callee.expect_request("ACK")
        return seen.sdp

    def finish(self):
        self.dialog.send("BYE")
        self.callee.reply(self.callee.expect_request("BYE"), 200)
        self.caller.expect_response(200, "BYE")
        self.edge.wait_until_no_port_is_in_use()
        self.edge.stop()
        self.caller.close()
        self.callee.close()
        for side in self._sides:
            side.assert_sees_the_edge_alone()

    def pairs_in_use(self):
        return self.edge.metrics().total("avedge_ports_in_use", protocol="udp") / 2


def _remote_candidates(sdp):
    return re.search(r"(?m)^a=remote-candidates:(.*?) ?\r$", sdp)[1]


@pytest.mark.parametrize("wrap", [_as_it_is, _with_a_location])
def test_lync_calls_lync(lab, wrap):
    call = Call(lab, "oc2007r2")
    _, offer = call.dial(wrap)
    for tag in ("phone-app", "tablet", "phone", "desktop"):
        call.callee.reply(call.invite, 180, tag)
        call.caller.expect_response(180, "INVITE", tag)
    desktop = _sdp("lync_desktop_answer.sdp", ufrag=call.inner.ufrag, password=call.inner.password,
                   key=_CALLEE_KEY)
    desktop_seen = call.ring("desktop", desktop)
    phone_seen = call.ring("phone", _sdp("lync_phone_answer.sdp", key=_CALLEE_KEY))
    assert place_in(desktop_seen) != place_in(phone_seen), "each early dialog has its own ports"
    assert call.pairs_in_use() >= 3, "and both share those of the offer"

    call.inner.hear(offer)
    call.outer.hear(desktop_seen)
    call.outer.expect_ready()
    call.inner.expect_ready()
    call.outer.assert_talks_with(place_in(desktop_seen))
    call.inner.assert_talks_with(place_in(offer))
    assert_srtp_crosses(call.outer, _CALLER_KEY, call.inner, _CALLEE_KEY)  # early media

    assert call.pick_up("desktop", desktop) == desktop_seen
    wait_until("the ports of the phone to be free", lambda: call.pairs_in_use() == 2)
    _reinvite_with_the_chosen_candidates(call, place_in(offer)[1], place_in(desktop_seen)[1])
    assert_srtp_crosses(call.outer, _CALLER_KEY, call.inner, _CALLEE_KEY)
    call.finish()


def _reinvite_with_the_chosen_candidates(call, inner_edge, outer_edge):
    def final(agent, edge, port, key):
        return _sdp("lync_final.sdp", address=agent.address, rtp=agent.port(1), rtcp=agent.port(2),
                    ufrag=agent.ufrag, password=agent.password, edge=edge, edge_rtp=port,
                    edge_rtcp=port + 1, key=key)
    call.dialog.send("INVITE", sdp=final(call.outer, EDGE_EXTERNAL, outer_edge, _CALLER_KEY))
    request = call.callee.expect_request("INVITE")
    assert _remote_candidates(request.sdp) == "1 10.6.0.5 9450 2 10.6.0.5 9451", "the callee's own"
    assert place_in(request.sdp) == (EDGE_INTERNAL, inner_edge)
    call.callee.reply(request, 200, sdp=final(call.inner, EDGE_INTERNAL, inner_edge, _CALLEE_KEY))
    answer = call.caller.expect_response(200, "INVITE").sdp
    ports = [call.outer.port(component) for component in (1, 2)]
    assert _remote_candidates(answer) == f"1 {EXT} {ports[0]} 2 {EXT} {ports[1]}", "the caller's own"
    assert place_in(answer) == (EDGE_EXTERNAL, outer_edge)
    call.dialog.send("ACK")
    call.callee.expect_request("ACK")


def test_lync_calls_an_ocs_client(lab):
    """The callee takes the older body; its checks have neither a magic cookie nor a ufrag."""
    call = Call(lab, "oc2007")
    offer, _ = call.dial()
    first = call.inner.candidates[0]
    answer = _sdp("ocs_answer.sdp", id=first["username"].rstrip("="),
                  password=first["password"].rstrip("="), key=_CALLEE_KEY)
    seen = call.ring("desktop", answer)
    call.inner.hear(offer)
    call.outer.hear(seen)
    call.outer.expect_ready()
    call.inner.expect_ready()
    call.outer.assert_talks_with(place_in(seen))
    call.inner.assert_talks_with(place_in(offer))
    assert call.pick_up("desktop", answer) == seen
    assert_srtp_crosses(call.outer, _CALLER_KEY, call.inner, _CALLEE_KEY)
    call.finish()


@pytest.mark.parametrize("secret", ["ufrag", "password"])
def test_checks_that_the_sdp_does_not_explain_move_nothing(lab, secret):
    """The caller knows the callee by other words than the SDP that passed the edge."""
    call = Call(lab, "oc2007r2")
    call.dial()
    answer = _sdp("lync_desktop_answer.sdp", ufrag=call.inner.ufrag, password=call.inner.password,
                  key=_CALLEE_KEY)
    seen = call.ring("desktop", answer)
    known = getattr(call.inner, secret)
    call.outer.hear(seen.replace(known, known[::-1]))
    wait_until("its checks to be turned away",
               lambda: call.edge.metrics().drops("unknown_source") >= 3)
    call.pick_up("desktop", answer)
    call.finish()
