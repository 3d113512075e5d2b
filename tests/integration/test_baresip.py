"""A real phone outside calls one inside, with SRTP keyed by SDP or by DTLS, and with ICE: the tone that
one says is the tone that the other hears."""

import itertools
import re

import pytest

import baresip
import rtp
import sip_trace
from edge import Edge, Route, SIP_PORT
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, EXT_OTHERS, INSIDE, INSIDE_OTHERS
from media import place_in
from network_side import Side

_DOMAIN = "phone.example"
_CALLER, _CALLEE = "sip:alice@outside.example", f"sip:bob@{_DOMAIN}"
_CALLER_PORT, _CALLEE_PORT = 6000, 7000
_SAID_OUTSIDE, _SAID_INSIDE = 440, 880  # Hz
_RTP_SIZE = 12 + 160  # header, 20 ms of G.711
_SRTP_SIZE = _RTP_SIZE + 10  # and a tag of 80 bits


@pytest.mark.parametrize("ice", [False, True], ids=["plain", "ice"])
@pytest.mark.parametrize("keying", ["srtp-mand", "dtls_srtp"])
def test_two_phones_hear_each_other(lab, keying, ice):
    edge = Edge(lab, [Route(_DOMAIN, INSIDE, _CALLEE_PORT)])
    outside, inside = lab.capture_outside(), lab.capture_inside()
    account = [f"mediaenc={keying}", *(["medianat=ice"] if ice else [])]
    callee = baresip.Phone(lab, lab.inside, _CALLEE, INSIDE, _CALLEE_PORT, 30000, _SAID_INSIDE,
                           account)
    caller = baresip.dial(lab, lab.ext, _CALLER, EXT, _CALLER_PORT, 20000, _SAID_OUTSIDE, _CALLEE,
                          f"{EDGE_EXTERNAL}:{SIP_PORT}", account)
    for phone in (caller, callee):
        phone.wait_until_secure()
        phone.wait_until_heard(2)
    caller.hang_up()
    edge.wait_until_no_port_is_in_use()
    callee.hang_up()

    _assert_tone(callee.heard(), _SAID_OUTSIDE)
    _assert_tone(caller.heard(), _SAID_INSIDE)
    _assert_srtp_crossed(outside.stop(), inside.stop())
    if ice:
        assert _last_offer(outside.stop())[0] == EDGE_INTERNAL, (
            "what the far agent sees of the caller; media must not take it for the caller's place")
        _assert_checks_found(caller, _media_places(outside.stop(), _CALLER_PORT, EDGE_EXTERNAL))
        _assert_checks_found(callee, _media_places(inside.stop(), _CALLEE_PORT, EDGE_INTERNAL))
    for side in (Side(outside, {EXT, *EXT_OTHERS}, _CALLER_PORT, EDGE_EXTERNAL,
                      (INSIDE, *INSIDE_OTHERS), INSIDE),
                 Side(inside, {INSIDE, *INSIDE_OTHERS}, _CALLEE_PORT, EDGE_INTERNAL,
                      (EXT, *EXT_OTHERS), EXT)):
        side.assert_sees_the_edge_alone()
    assert edge.metrics().total("avedge_media_sessions_ended_total", reason="bye") == 1
    edge.stop()


def _assert_tone(samples, frequency):
    """In nearly every tenth of a second; a phone that was kept waiting may fill in some silence."""
    tenth = baresip.RATE // 10
    shares = [baresip.share_of(frequency, samples[start:start + tenth])
              for start in range(0, len(samples) - tenth, tenth)]
    assert sum(share > 0.9 for share in shares) > 0.7 * len(shares), shares


def _assert_srtp_crossed(outside, inside):
    for sent, came in ((_srtp(outside, EXT, EDGE_EXTERNAL), _srtp(inside, EDGE_INTERNAL, INSIDE)),
                       (_srtp(inside, INSIDE, EDGE_INTERNAL), _srtp(outside, EDGE_EXTERNAL, EXT))):
        # Until the DTLS handshake is over, this phone lets plain RTP out now and then.
        protected = list(itertools.dropwhile(lambda packet: len(packet) < _SRTP_SIZE, came))
        assert len(protected) >= 90, "nearly two seconds"
        assert {len(packet) for packet in protected} == {_SRTP_SIZE}
        first = sent.index(came[0])
        assert sent[first:first + len(came)] == came, "every byte, and no gap"


def _srtp(packets, source, destination):
    return [datagram for packet in packets
            if packet.protocol == "udp" and rtp.is_rtp(packet.payload)
            and (packet.source, packet.destination) == (source, destination)
            for datagram in _datagrams(packet.payload)]


def _datagrams(payload):
    """A capture between two hosts of one kernel sees runs of them in one piece (UDP_SEGMENT)."""
    size = next((size for size in (_SRTP_SIZE, _RTP_SIZE) if len(payload) % size == 0), len(payload))
    return [payload[start:start + size] for start in range(0, len(payload), size)]


def _last_offer(packets):
    """Where it wants media: RFC 5245 §9.1.2.2 has the default candidate follow the selected pair, and
    the caller's end of that is what the callee's checks have reflected."""
    sent = [message.body.decode() for message in sip_trace.sip_messages(packets, [_CALLER_PORT])
            if message.has_sdp and message.source == EXT]
    return place_in(sent[-1])


def _media_places(packets, port, edge):
    """Where the descriptions that came to a phone want media, of the whole call."""
    return {sip_trace.media_address(message.body)
            for message in sip_trace.sip_messages(packets, [port])
            if message.has_sdp and message.source == edge}


def _assert_checks_found(phone, places):
    """The nominated pairs lead to the edge, to the one port that the SDP has named from the first
    description to the last."""
    (address, port), = places
    connected = re.findall(r"mnat 'ice' connected: raddr (\S+) (\S+)", phone.process.output())
    assert set(connected) == {(f"{address}:{port}", f"{address}:{port + 1}")}
