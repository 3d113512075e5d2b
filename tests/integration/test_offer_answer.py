"""Every form in which an offer and its answer travel (RFC 3261, 3262, 3264, 3311, 4028, 6337): SIPp
signals, then both parties send RTP, and nobody sees more than the edge."""

import dataclasses

import pytest

import calls
import rtp
import side_by_side
import sip_trace
from edge import Edge, Route
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from side_by_side import Plan

_PACKETS = 60   # 20 ms each
_LENGTH = 2500  # ms

_FORMS = [calls.offer_in_invite, calls.delayed_offer, calls.reliable_answer,
          calls.update_while_ringing, calls.update_of_callee, calls.caller_reinvites_silently,
          calls.callee_reinvites_silently, calls.refused_reinvite, calls.hold_and_resume,
          calls.session_timer, calls.callee_hangs_up]


_PLANS = {form.__name__: Plan(number) for number, form in enumerate(_FORMS)}


@dataclasses.dataclass
class Evidence:
    succeeded: dict
    outside: list
    inside: list
    after: object  # metrics, once every port was free


@pytest.fixture(scope="module")
def evidence(module_lab):
    lab = module_lab
    edge = Edge(lab, [Route(plan.domain, INSIDE, plan.callee_port) for plan in _PLANS.values()])
    outside, inside = lab.capture_outside(), lab.capture_inside()
    running = {form.__name__: side_by_side.start(lab, form, _PLANS[form.__name__], _PACKETS, _LENGTH) for form in _FORMS}
    succeeded = {name: all([party.succeeded() for party in parties])
                 for name, parties in running.items()}
    edge.wait_until_no_port_is_in_use()
    yield Evidence(succeeded, outside.stop(), inside.stop(), edge.metrics())
    edge.stop()


@pytest.fixture(params=_PLANS)
def call(request, evidence):
    assert evidence.succeeded[request.param], f"the signalling of {request.param} failed"
    return _PLANS[request.param]


def _rtp(packets, source, destination, port):
    return [packet.payload for packet in packets
            if packet.protocol == "udp" and packet.source == source
            and packet.destination == destination and port in packet.ports
            and rtp.is_rtp(packet.payload)]


def test_rtp_arrives_both_ways(evidence, call):
    sent = _rtp(evidence.outside, EXT, EDGE_EXTERNAL, call.caller.rtp)
    assert len(sent) == _PACKETS
    assert _rtp(evidence.inside, EDGE_INTERNAL, INSIDE, call.callee.rtp) == sent
    sent = _rtp(evidence.inside, INSIDE, EDGE_INTERNAL, call.callee.rtp)
    assert len(sent) == _PACKETS
    assert _rtp(evidence.outside, EDGE_EXTERNAL, EXT, call.caller.rtp) == sent


def _arrived(packets, port, edge):
    return [message for message in sip_trace.sip_messages(packets, [port])
            if message.has_sdp and message.source == edge]


def test_nobody_sees_more_than_the_edge(evidence, call):
    for packets, port, edge, far in (
            (evidence.inside, call.callee_port, EDGE_INTERNAL, call.caller),
            (evidence.outside, call.caller_port, EDGE_EXTERNAL, call.callee)):
        messages = _arrived(packets, port, edge)
        assert messages, "an offer or an answer at least"
        for message in messages:
            assert not [secret for secret in far.secrets if secret.encode() in message.body]
        assert len({sip_trace.media_address(message.body) for message in messages}) == 1, (
            "the edge keeps its port for the whole call")


def test_retransmissions_are_the_same_bytes(evidence, call):
    for packets, port, edge in ((evidence.inside, call.callee_port, EDGE_INTERNAL),
                                (evidence.outside, call.caller_port, EDGE_EXTERNAL)):
        bodies = {}
        for message in _arrived(packets, port, edge):
            key = (message.start_line, _header(message, b"CSeq"), _header(message, b"Via"))
            assert bodies.setdefault(key, message.body) == message.body


def _header(message, name):
    return next(line for line in message.head.split(b"\r\n") if line.startswith(name + b":"))


def test_calls_leave_nothing_behind(evidence):
    assert all(evidence.succeeded.values()), evidence.succeeded
    assert evidence.after.total("avedge_ports_in_use") == 0
    assert evidence.after.total("avedge_media_sessions") == 0
    assert evidence.after.total("avedge_media_sessions_ended_total", reason="bye") == len(_PLANS)
