"""Calls within IPv6 and between the families; each side sees and uses only its own."""

import pytest

from edge import BOTH_FAMILIES, Edge, Route, SIP_PORT
from lab import (EDGE_EXTERNAL, EDGE_EXTERNAL6, EDGE_INTERNAL, EDGE_INTERNAL6, EXT, EXT6, INSIDE,
                 INSIDE6)
from media import Media, assert_talk, place_in, sdp
from user_agent import Dialog, on_udp

_OUTSIDE = {"ipv4": (EXT, EDGE_EXTERNAL), "ipv6": (EXT6, EDGE_EXTERNAL6)}
_INSIDE = {"ipv4": (INSIDE, EDGE_INTERNAL), "ipv6": (INSIDE6, EDGE_INTERNAL6)}
_ALL_ADDRESSES = {EXT, EXT6, INSIDE, INSIDE6}
# What Lync writes when it does not know whether the far side has IPv6.
_ICE = ("a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901",
        "a=candidate:1 1 UDP 2130706431 {address} {port} typ host",
        f"a=x-candidate-ipv6:2 1 UDP 2130705919 {EXT6} 15206 typ host",
        f"a=candidate:3 1 UDP 16648703 {EXT} 15208 typ relay raddr {EXT6} rport 9")


class Call:
    """One call between a party outside and one inside, each in a family of its own."""

    def __init__(self, lab, outside, inside, **config):
        (self.out, self.edge_out), (self.inner, self.edge_in) = _OUTSIDE[outside], _INSIDE[inside]
        host = f"[{self.inner}]" if ":" in self.inner else self.inner
        self.edge = Edge(lab, [Route("six.example", host, 7000)], **{**BOTH_FAMILIES, **config})
        self.caller = on_udp(lab, lab.ext, self.out, 6000, (self.edge_out, SIP_PORT))
        self.dialog = Dialog(self.caller, "sip:userb@six.example")
        self.callee = on_udp(lab, lab.inside, self.inner, 7000)
        self.media = (Media(lab, lab.ext, self.out, 20000), Media(lab, lab.inside, self.inner, 30000))

    def offer(self, *more):
        self.dialog.send("INVITE", sdp=self._described(self.out, 20000, more))
        self.invite = self.callee.expect_request("INVITE")
        return self._shown(self.invite)

    def answer(self, *more):
        self.callee.reply(self.invite, 200, "b", sdp=self._described(self.inner, 30000, more))
        response = self.caller.expect_response(200, "INVITE")
        self.dialog = self.dialog.established_by(response)
        self.dialog.send("ACK")
        self.callee.expect_request("ACK")
        return self._shown(response)

    @staticmethod
    def _described(address, port, more):
        return sdp(address, port, *(line.format(address=address, port=port) for line in more))

    @staticmethod
    def _shown(message):
        assert not [one for one in _ALL_ADDRESSES if one in message.sdp], message.sdp
        return place_in(message.sdp)

    def end(self):
        self.dialog.send("BYE")
        self.callee.reply(self.callee.expect_request("BYE"), 200)
        self.caller.expect_response(200, "BYE")
        self.edge.wait_until_no_port_is_in_use()
        self.edge.stop()
        for party in (self.caller, self.callee, *self.media):
            party.close()


@pytest.mark.parametrize("inside", ["ipv4", "ipv6"])
@pytest.mark.parametrize("outside", ["ipv4", "ipv6"])
@pytest.mark.parametrize("more", [(), _ICE], ids=["plain", "ice"])
def test_each_side_talks_in_its_own_family(lab, outside, inside, more):
    call = Call(lab, outside, inside)
    callee_sees = call.offer(*more)
    caller_sees = call.answer(*more, *(["a=ice-mismatch"] if more else []))  # nobody makes checks
    assert (caller_sees[0], callee_sees[0]) == (call.edge_out, call.edge_in)
    assert_talk(call.media[0], caller_sees, call.media[1], callee_sees)
    call.end()


def test_delayed_offer_between_the_families(lab):
    call = Call(lab, "ipv6", "ipv4")
    call.dialog.send("INVITE")
    call.invite = call.callee.expect_request("INVITE")
    call.callee.reply(call.invite, 200, "b", sdp=sdp(INSIDE, 30000))
    response = call.caller.expect_response(200, "INVITE")
    caller_sees = place_in(response.sdp)
    assert caller_sees[0] == EDGE_EXTERNAL6, "the family that the caller's SIP came by"
    call.dialog = call.dialog.established_by(response)
    call.dialog.send("ACK", sdp=sdp(EXT6, 20000))
    callee_sees = place_in(call.callee.expect_request("ACK").sdp)
    assert callee_sees[0] == EDGE_INTERNAL
    assert_talk(call.media[0], caller_sees, call.media[1], callee_sees)
    call.end()


def test_hold_and_resume_between_the_families(lab):
    call = Call(lab, "ipv6", "ipv4")
    callee_sees = call.offer()
    caller_sees = call.answer()
    for offered, answered in ((sdp("::", 20000, "a=inactive"), sdp(INSIDE, 30000, "a=inactive")),
                              (sdp(EXT6, 20000), sdp(INSIDE, 30000))):
        call.dialog.send("INVITE", sdp=offered)
        request = call.callee.expect_request("INVITE")
        call.callee.reply(request, 200, sdp=answered)
        call.caller.expect_response(200, "INVITE")
        call.dialog.send("ACK")
        call.callee.expect_request("ACK")
    assert place_in(request.sdp) == callee_sees
    assert_talk(call.media[0], caller_sees, call.media[1], callee_sees)
    call.end()


def test_an_inside_without_the_callers_family_is_reached_in_its_own(lab):
    call = Call(lab, "ipv6", "ipv4", internal=(EDGE_INTERNAL,))
    callee_sees = call.offer()
    assert callee_sees[0] == EDGE_INTERNAL
    assert_talk(call.media[0], call.answer(), call.media[1], callee_sees)
    call.end()
