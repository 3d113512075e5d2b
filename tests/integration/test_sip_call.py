"""Calls from outside to inside: SIPp signals, media flows both ways, nothing of the far side shows."""

import dataclasses
import re

import pytest

import calls
import rtp
import side_by_side
import sip_trace
import sipp
from edge import Edge, Route
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE, wait_until

_PACKETS = 550  # 20 ms each: 11 s
_HALF = 6000    # ms before and after the re-INVITE


@dataclasses.dataclass(frozen=True)
class Plan(side_by_side.Plan):
    """A call with its form, and how each party speaks SIP."""
    scenario: object
    caller_transport: str = "udp"
    callee_transport: str = "udp"

    def route(self):
        return Route(self.domain, INSIDE, self.callee_port, self.callee_transport)


_PLANS = {
    "udp": Plan(0, calls.caller_reinvites),
    "tcp": Plan(1, calls.caller_reinvites, "tcp", "tcp"),
    "udp_to_tcp": Plan(2, calls.caller_reinvites, "udp", "tcp"),
    "callee_reinvites": Plan(3, calls.callee_reinvites),
    "callee_reinvites_over_tcp": Plan(4, calls.callee_reinvites, "tcp", "tcp"),
}


class RunningCall:
    """The two SIPp processes of a plan and the RTCP of both parties."""

    def __init__(self, lab, plan):
        caller_pcap = lab.directory / f"caller{plan.number}.pcap"
        callee_pcap = lab.directory / f"callee{plan.number}.pcap"
        # The sequence number wraps on the way: that must look like any other packet.
        rtp.write_pcap(caller_pcap, 0, 0x1000 + plan.number, 65400, _PACKETS)
        rtp.write_pcap(callee_pcap, 0, 0x2000 + plan.number, 1, _PACKETS)
        caller_text, callee_text = plan.scenario(plan.domain, plan.caller, plan.callee, caller_pcap,
                                                 callee_pcap, _HALF)
        self.caller_rtcp = rtp.RtcpParty(lab, lab.ext, EXT, plan.caller.rtcp, 0x1000 + plan.number)
        self.callee_rtcp = rtp.RtcpParty(lab, lab.inside, INSIDE, plan.callee.rtcp, 0x2000 + plan.number)
        self.callee = sipp.start_callee(lab, plan.callee_port, callee_text, f"callee{plan.number}",
                                        plan.callee_transport, plan.callee)
        self.caller = sipp.start_caller(lab, plan.caller_port, caller_text, f"caller{plan.number}",
                                        plan.caller_transport, plan.caller)

    def start_rtcp(self):
        for party, end in ((self.caller_rtcp, self.caller), (self.callee_rtcp, self.callee)):
            address, port = end.expect_media_address()
            party.destination = (address, port + 1)

    def finish(self):
        """True when both sides of the signalling went as planned."""
        outcome = [self.caller.succeeded(), self.callee.succeeded()]
        self.stop_rtcp()
        return all(outcome)

    def stop_rtcp(self):
        self.caller_rtcp.stop()
        self.callee_rtcp.stop()


@dataclasses.dataclass
class Evidence:
    """What there is to look at after the calls."""
    succeeded: dict
    running: dict
    outside: list
    inside: list
    after: object  # metrics, once every port was free
    log: str


@pytest.fixture(scope="module")
def evidence(module_lab):
    lab = module_lab
    edge = Edge(lab, [plan.route() for plan in _PLANS.values()])
    outside, inside = lab.capture_outside(), lab.capture_inside()
    running = {name: RunningCall(lab, plan) for name, plan in _PLANS.items()}
    try:
        for call in running.values():
            call.start_rtcp()
    finally:
        succeeded = {name: call.finish() for name, call in running.items()}
    edge.wait_until_no_port_is_in_use()
    yield Evidence(succeeded, running, outside.stop(), inside.stop(), edge.metrics(),
                   edge.process.output())
    edge.stop()


@pytest.fixture(params=_PLANS)
def call(request, evidence):
    assert evidence.succeeded[request.param], f"the signalling of {request.param} failed"
    return _PLANS[request.param]


def _sdp_messages(packets, port, source):
    return [message for message in sip_trace.sip_messages(packets, [port])
            if message.has_sdp and message.source == source]


def _media(packets, source, destination, is_kind, port):
    """Payloads of that kind from `source` to `destination`; `port` is the party's own."""
    return [packet.payload for packet in packets
            if packet.protocol == "udp" and packet.source == source
            and packet.destination == destination and port in packet.ports and is_kind(packet.payload)]


def test_rtp_arrives_without_loss_both_ways(evidence, call):
    sent = _media(evidence.outside, EXT, EDGE_EXTERNAL, rtp.is_rtp, call.caller.rtp)
    assert len(sent) == _PACKETS
    assert _media(evidence.inside, EDGE_INTERNAL, INSIDE, rtp.is_rtp, call.callee.rtp) == sent
    sent = _media(evidence.inside, INSIDE, EDGE_INTERNAL, rtp.is_rtp, call.callee.rtp)
    assert len(sent) == _PACKETS
    assert _media(evidence.outside, EDGE_EXTERNAL, EXT, rtp.is_rtp, call.caller.rtp) == sent


def test_rtcp_arrives_without_loss_both_ways(evidence, call):
    sent = _media(evidence.outside, EXT, EDGE_EXTERNAL, rtp.is_rtcp, call.caller.rtcp)
    arrived = _media(evidence.inside, EDGE_INTERNAL, INSIDE, rtp.is_rtcp, call.callee.rtcp)
    assert len(arrived) > 50 and arrived == sent[:len(arrived)]
    sent = _media(evidence.inside, INSIDE, EDGE_INTERNAL, rtp.is_rtcp, call.callee.rtcp)
    arrived = _media(evidence.outside, EDGE_EXTERNAL, EXT, rtp.is_rtcp, call.caller.rtcp)
    assert len(arrived) > 50 and arrived == sent[:len(arrived)]


def test_far_addresses_are_in_no_sdp(evidence, call):
    for packets, port, edge, far in (
            (evidence.inside, call.callee_port, EDGE_INTERNAL, call.caller),
            (evidence.outside, call.caller_port, EDGE_EXTERNAL, call.callee)):
        bodies = [message.body for message in _sdp_messages(packets, port, edge)]
        assert len(bodies) >= 2, "an offer or answer, and that of the re-INVITE"
        for body in bodies:
            for secret in far.secrets:
                assert secret.encode() not in body, body.decode()


def test_sdp_names_the_edge_at_a_pair_of_its_ports_for_the_whole_call(evidence, call):
    for packets, port, edge in ((evidence.inside, call.callee_port, EDGE_INTERNAL),
                                (evidence.outside, call.caller_port, EDGE_EXTERNAL)):
        addresses = {sip_trace.media_address(message.body)
                     for message in _sdp_messages(packets, port, edge)}
        assert len(addresses) == 1, "a re-INVITE moves no port"
        (address, media_port), = addresses
        assert address == edge
        assert media_port % 2 == 0 and 50000 <= media_port <= 59998


def test_sdp_lines_without_addresses_cross_unchanged(evidence, call):
    for here, here_port, sender, there, there_port, edge in (
            (evidence.outside, call.caller_port, EXT, evidence.inside, call.callee_port, EDGE_INTERNAL),
            (evidence.inside, call.callee_port, INSIDE, evidence.outside, call.caller_port,
             EDGE_EXTERNAL)):
        sent = _sdp_messages(here, here_port, sender)
        arrived = _sdp_messages(there, there_port, edge)
        # A retransmission may be on either side alone; in order, without repetition, they are equal.
        assert _distinct(arrived) == _distinct(sent)


def _distinct(messages):
    lines = [sip_trace.lines_without_addresses(message.body) for message in messages]
    return [one for index, one in enumerate(lines) if one not in lines[:index]]


def test_media_crosses_only_through_the_edge(evidence):
    for packets, host, edge in ((evidence.inside, INSIDE, EDGE_INTERNAL),
                                (evidence.outside, EXT, EDGE_EXTERNAL)):
        media = [packet for packet in packets if packet.protocol == "udp"
                 and (rtp.is_rtp(packet.payload) or rtp.is_rtcp(packet.payload))]
        assert len(media) > 2 * len(_PLANS) * _PACKETS
        assert {frozenset(packet.addresses) for packet in media} == {frozenset({host, edge})}


def test_calls_leave_no_port_and_no_session(evidence):
    assert all(evidence.succeeded.values()), evidence.succeeded
    assert evidence.after.total("avedge_ports_in_use") == 0
    assert evidence.after.total("avedge_media_sessions") == 0


def test_calls_are_logged_once_at_their_start_and_once_at_their_end(evidence):
    for event in ("call started", "call ended"):
        lines = [line for line in evidence.log.splitlines() if event in line]
        call_ids = {re.search(r"call_id=(\S+)", line)[1] for line in lines}
        assert len(lines) == len(call_ids) == len(_PLANS), lines


def test_requests_and_responses_are_counted(evidence):
    # Two INVITEs a call; a retransmission counts as well.
    assert evidence.after.total("avedge_sip_requests_total", method="INVITE") >= 2 * len(_PLANS)
    assert evidence.after.total("avedge_sip_requests_total", method="BYE") >= len(_PLANS)
    assert evidence.after.total("avedge_sip_responses_total", method="INVITE",
                                status="200") >= 2 * len(_PLANS)


_SHORT = Plan(0, None)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("scenario", [
    pytest.param(calls.cancelled, id="cancelled_while_ringing"),
    pytest.param(lambda *about: calls.refused(*about, 486), id="busy"),
    pytest.param(lambda *about: calls.refused(*about, 603), id="declined"),
])
def test_calls_that_come_to_nothing_free_their_ports(lab, transport, scenario):
    edge = Edge(lab, [Route(_SHORT.domain, INSIDE, _SHORT.callee_port, transport)])
    caller_text, callee_text = scenario(_SHORT.domain, _SHORT.caller)
    callee = sipp.start_callee(lab, _SHORT.callee_port, callee_text, "callee", transport)
    caller = sipp.start_caller(lab, _SHORT.caller_port, caller_text, "caller", transport)
    assert caller.succeeded() and callee.succeeded()
    edge.wait_until_no_port_is_in_use()
    assert edge.metrics().total("avedge_media_sessions") == 0
    edge.stop()


def test_domain_without_a_route_is_refused(lab, edge):
    """The edge is no open proxy."""
    caller_text, _ = calls.refused("elsewhere.example", _SHORT.caller, 403)
    caller = sipp.start_caller(lab, _SHORT.caller_port, caller_text, "caller")
    assert caller.succeeded(), caller.process.output()
    assert edge.metrics().drops("sip_no_route") == 1
    assert edge.metrics().total("avedge_ports_in_use") == 0


def test_exhausted_ports_are_503_and_the_running_call_is_unharmed(lab):
    first, second = Plan(0, calls.caller_reinvites), Plan(1, None)
    edge = Edge(lab, [first.route(), second.route()], internal_ports="50000-50001")
    outside, inside = lab.capture_outside(), lab.capture_inside()
    running = RunningCall(lab, first)
    try:
        running.start_rtcp()
        wait_until("media to flow", lambda: len(running.callee_rtcp.received) > 5)
        caller_text, _ = calls.refused(second.domain, second.caller, 503)
        refused = sipp.start_caller(lab, second.caller_port, caller_text, "refused")
        assert refused.succeeded(), refused.process.output()
        assert running.caller.process.exit_code() is None, "the first call still ran"
    finally:
        finished = running.finish()
    assert finished
    outside_seen, inside_seen = outside.stop(), inside.stop()
    sent = _media(outside_seen, EXT, EDGE_EXTERNAL, rtp.is_rtp, first.caller.rtp)
    assert len(sent) == _PACKETS
    assert _media(inside_seen, EDGE_INTERNAL, INSIDE, rtp.is_rtp, first.callee.rtp) == sent
    assert edge.metrics().drops("ports_exhausted") >= 1
    edge.wait_until_no_port_is_in_use()
    edge.stop()
