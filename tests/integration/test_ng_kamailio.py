"""Kamailio's rtpengine module, Debian's, drives the edge: SIPp signals through Kamailio, media goes
through the edge, and nobody sees more than that."""

import pytest

import calls
import kamailio
import ng
import rtp
import side_by_side
import sip_trace
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE, wait_until
from ng_edge import NgEdge
from side_by_side import Plan

_PACKETS = 60   # 20 ms each
_LENGTH = 2500  # ms


class Traffic:
    """What both networks saw of some calls."""

    def __init__(self, lab, forms, plans):
        outside, inside = lab.capture_outside(), lab.capture_inside()
        running = [side_by_side.start(lab, form, plan, _PACKETS, _LENGTH) for form, plan in zip(forms, plans)]
        self.succeeded = [all([party.succeeded() for party in parties]) for parties in running]
        self.outside, self.inside = outside.stop(), inside.stop()

    def assert_media_crossed(self, plan):
        out = _rtp(self.outside, EXT, EDGE_EXTERNAL, plan.caller.rtp)
        assert len(out) == _PACKETS
        assert _rtp(self.inside, EDGE_INTERNAL, INSIDE, plan.callee.rtp) == out
        back = _rtp(self.inside, INSIDE, EDGE_INTERNAL, plan.callee.rtp)
        assert len(back) == _PACKETS
        assert _rtp(self.outside, EDGE_EXTERNAL, EXT, plan.caller.rtp) == back

    def assert_nobody_sees_more_than_the_edge(self, plan):
        for packets, port, edge, far in (
                (self.inside, plan.callee_port, EDGE_INTERNAL, plan.caller),
                (self.outside, plan.caller_port, EDGE_EXTERNAL, plan.callee)):
            messages = [message for message in sip_trace.sip_messages(packets, [port])
                        if message.has_sdp and message.source == edge]
            assert messages, "an offer or an answer at least"
            for message in messages:
                assert not [secret for secret in far.secrets if secret.encode() in message.body]


def _rtp(packets, source, destination, port):
    return [packet.payload for packet in packets
            if packet.protocol == "udp" and packet.source == source
            and packet.destination == destination and port in packet.ports
            and rtp.is_rtp(packet.payload)]


_FORMS = [calls.offer_in_invite, calls.delayed_offer, calls.caller_reinvites_silently,
          calls.callee_reinvites_silently, calls.hold_and_resume]


@pytest.mark.parametrize("transport", ["udp", "ws"])
def test_every_form_of_call(lab, transport):
    edge = NgEdge(lab, "edge1", ng.PORT)
    plans = [Plan(number) for number in range(len(_FORMS))]
    socket = edge.udp if transport == "udp" else edge.ws
    kamailio.start(lab, {plan.domain: plan.callee_port for plan in plans}, [socket],
                   websocket=transport == "ws")
    traffic = Traffic(lab, _FORMS, plans)
    assert traffic.succeeded == [True] * len(_FORMS)
    for plan in plans:
        traffic.assert_media_crossed(plan)
        traffic.assert_nobody_sees_more_than_the_edge(plan)
    edge.wait_until_no_port_is_in_use()
    metrics = edge.metrics()
    assert metrics.total("avedge_media_sessions") == 0
    assert metrics.total("avedge_media_sessions_ended_total", reason="bye") == len(_FORMS)
    assert metrics.total("avedge_ng_replies_total", result="error") == 0
    edge.stop()


def test_an_edge_without_ports_passes_calls_on(lab):
    """Kamailio picks an edge by Call-ID; "Ran out of ports" makes it ask the next one."""
    full = NgEdge(lab, "full", ng.PORT, internal_ports="51000-51001")
    taken = ng.Client(lab)
    taken.sdp(ng.offer("taken", ng.audio(EXT, 40000)))
    spare = NgEdge(lab, "spare", ng.PORT + 1, "52000-52999", "52000-52999")
    plans = [Plan(number) for number in range(6)]
    kamailio.start(lab, {plan.domain: plan.callee_port for plan in plans},
                   [f"{full.udp}=1", f"{spare.udp}=1"])
    traffic = Traffic(lab, [calls.offer_in_invite] * len(plans), plans)
    assert all(traffic.succeeded)
    for plan in plans:
        traffic.assert_media_crossed(plan)
    assert len(spare.calls()) == len(plans)
    refused = full.metrics().drops("ports_exhausted")
    assert refused > 0, "none of six Call-IDs led to the first edge"
    taken.ask(ng.delete("taken"))
    for edge in (full, spare):
        edge.wait_until_no_port_is_in_use()
        edge.stop()


def test_a_dead_edge_is_replaced(lab):
    dead = NgEdge(lab, "dead", ng.PORT, "51000-51999", "51000-51999")
    alive = NgEdge(lab, "alive", ng.PORT + 1, "52000-52999", "52000-52999")
    plans = [Plan(number) for number in range(6)]
    kamailio.start(lab, {plan.domain: plan.callee_port for plan in plans},
                   [f"{dead.udp}=1", f"{alive.udp}=1"])
    wait_until("the proxy's pings", lambda: dead.metrics().total(
        "avedge_ng_requests_total", command="ping") > 0)
    dead.stop()
    traffic = Traffic(lab, [calls.offer_in_invite] * len(plans), plans)
    assert all(traffic.succeeded)
    for plan in plans:
        traffic.assert_media_crossed(plan)
    assert len(alive.calls()) == len(plans)
    alive.wait_until_no_port_is_in_use()
    alive.stop()
