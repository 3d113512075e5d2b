"""Who gets a call's media when somebody forges packets, or a NAT gives a party another port: the rules
of docs/latching.md over real sockets, by SIP and by ng, for both parties. The full table is a unit test."""

import itertools
import struct
import time

import pytest

import media
import ng
from edge import Edge, Route, SIP_PORT
from lab import EDGE_EXTERNAL, EXT, INSIDE, wait_until
from user_agent import Dialog, on_udp

_PARTIES = ("caller", "callee")
_BOTH_WAYS = [(way, victim) for way in ("sip", "ng") for victim in _PARTIES]
_PROVISIONAL, _SILENCE = 3.1, 2.1  # seconds, rules d and e
_numbers = itertools.count()


class Source:
    """A socket that sends RTP or RTCP of a stream."""

    def __init__(self, lab, host, address, port=None):
        self._udp = lab.udp_socket(host, address, port)
        self._udp.settimeout(0.3)
        self.address = self._udp.getsockname()[:2]

    def send(self, to, ssrc, first, count=1):
        packets = [struct.pack("!BBHII", 0x80, 0, (first + index) & 0xFFFF, 0, ssrc) + bytes(160)
                   for index in range(count)]
        for packet in packets:
            self._udp.sendto(packet, to)
        return packets

    def send_bytes(self, to, data):
        self._udp.sendto(data, to)

    def received(self, enough=None):
        """What has come: so many packets, or as many as there are until none has come for a moment."""
        packets = []
        try:
            while len(packets) != enough:
                packets.append(self._udp.recv(2048))
        except TimeoutError:
            pass
        return packets

    def close(self):
        self._udp.close()


class Call:
    """A call by SIP or by ng whose `victim` is attacked; the other party sits at its signalled port."""

    def __init__(self, lab, edge, way, victim, flags=()):
        self.lab, self.edge, self._flags = lab, edge, flags
        self._number = next(_numbers)
        self._ports = {"caller": 20000 + 10 * self._number, "callee": 30000 + 10 * self._number}
        self._hosts = {"caller": (lab.ext, EXT), "callee": (lab.inside, INSIDE)}
        self._victim, self._other = victim, "callee" if victim == "caller" else "caller"
        setup = self._by_sip if way == "sip" else self._by_ng
        edge_for = setup()
        self.to_edge, self._other_to_edge = edge_for[victim], edge_for[self._other]
        self.party = self.source(self._ports[victim])
        self.other = self.source_of_other(0)
        self._sent = 0

    def source(self, port=None):
        """Another socket of the victim's address."""
        return Source(self.lab, *self._hosts[self._victim], port)

    def source_of_other(self, component):
        """The other party's socket for RTP (0) or RTCP (1)."""
        return Source(self.lab, *self._hosts[self._other], self._ports[self._other] + component)

    def passes(self, source, count=20, ssrc=1, first=None):
        """How many of `source`'s packets the other party gets."""
        if first is None:
            first, self._sent = self._sent, self._sent + count
        sent = source.send(self.to_edge, ssrc, first, count)
        return sum(packet in sent for packet in self.other.received(count))

    def reaches(self, *sources, count=20):
        """How many of the other party's packets each source gets."""
        sent = self.other.send(self._other_to_edge, 9, 0, count)
        return [sum(packet in sent for packet in source.received(count)) for source in sources]

    def _by_sip(self):
        caller = on_udp(self.lab, self.lab.ext, EXT, 6000, (EDGE_EXTERNAL, SIP_PORT))
        callee = on_udp(self.lab, self.lab.inside, INSIDE, 7000)
        dialog = Dialog(caller, "sip:userb@latching.example")
        dialog.send("INVITE", sdp=media.sdp(EXT, self._ports["caller"]))
        invite = callee.expect_request("INVITE")
        callee.reply(invite, 200, "b", sdp=media.sdp(INSIDE, self._ports["callee"]))
        response = caller.expect_response(200, "INVITE")
        dialog.established_by(response).send("ACK")
        callee.expect_request("ACK")
        for party in (caller, callee):
            party.close()
        self.call_id = dialog.call_id
        return {"caller": media.place_in(response.sdp), "callee": media.place_in(invite.sdp)}

    def _by_ng(self):
        client = ng.Client(self.lab)
        self.call_id = f"call-{self._number}"
        flags = {"flags": list(self._flags)}
        offered = client.sdp(ng.offer(self.call_id, ng.audio(EXT, self._ports["caller"]), **flags))
        answered = client.sdp(ng.answer(self.call_id, ng.audio(INSIDE, self._ports["callee"]), **flags))
        return {"caller": ng.place(answered), "callee": ng.place(offered)}

    def close(self, *sources):
        for source in (self.party, self.other, *sources):
            source.close()


@pytest.fixture(scope="module")
def edge(module_lab):
    running = Edge(module_lab, [Route("latching.example", INSIDE, 7000)], more=ng.LISTENERS)
    yield running
    running.stop()


@pytest.fixture(params=_BOTH_WAYS, ids="-".join)
def call(request, module_lab, edge):
    made = Call(module_lab, edge, *request.param)
    yield made
    made.close()


def test_one_forged_packet_before_the_partys_first_gets_nothing(call):
    forger = call.source()
    for packet in (b"\x80\0forged", b"\0", bytes(200)):
        forger.send_bytes(call.to_edge, packet)
    assert call.passes(forger, 1, ssrc=77, first=0) == 1, "RTP from an admitted address: provisional"
    assert call.passes(call.party) == 20
    assert call.reaches(call.party, forger) == [20, 0]
    forger.close()


def test_forged_packets_beside_a_running_stream_get_nothing(call):
    assert call.passes(call.party) == 20
    forger = call.source()
    assert call.passes(forger, 20, ssrc=77, first=0) == 0
    assert call.passes(call.party) == 20
    assert call.reaches(call.party, forger) == [20, 0]
    forger.close()


def test_one_forged_packet_does_not_keep_a_party_behind_a_nat_out(call):
    behind_nat, forger = call.source(), call.source()
    assert call.passes(forger, 1, ssrc=77, first=0) == 1
    assert call.passes(behind_nat) == 18, "three in a row make it the party"
    assert call.reaches(behind_nat, forger) == [20, 0]
    behind_nat.close()
    forger.close()


def test_a_new_port_after_silence_is_followed_and_the_old_one_may_reclaim_it(module_lab, edge):
    calls = [Call(module_lab, edge, *way) for way in _BOTH_WAYS]
    sources = [[call.source() for _ in range(3)] for call in calls]
    each = list(zip(calls, sources))
    for call, (old, _, _) in each:
        assert call.passes(old, 5) == 5
    time.sleep(_PROVISIONAL)
    for call, (old, _, _) in each:
        assert call.passes(old, 5) == 5
    time.sleep(_SILENCE)
    for call, (old, new, forger) in each:
        assert call.passes(forger, ssrc=77, first=0) == 0, "not the stream that fell silent"
        assert call.passes(new) == 18
        assert call.reaches(old, new, forger) == [0, 20, 0]
    for call, (old, new, forger) in each:
        assert call.passes(old) == 20
        assert call.reaches(old, new, forger) == [20, 0, 0]
    assert edge.metrics().total("avedge_latches_total", kind="reclaimed") == len(calls)
    for call, mine in each:
        wait_until("the log line", lambda: any(
            "the old one spoke again" in line and call.call_id in line
            for line in edge.process.output().splitlines()))
        call.close(*mine)


def test_rtcp_follows_rtp_and_never_leads_it(call):
    rtcp_port = (call.to_edge[0], call.to_edge[1] + 1)
    report = struct.pack("!BBHI", 0x80, 201, 1, 1)
    other_rtcp = call.source_of_other(1)
    behind_nat = call.source()
    behind_nat.send_bytes(rtcp_port, report)
    behind_nat.send_bytes(call.to_edge, report)
    assert not other_rtcp.received() and not call.other.received()
    assert call.passes(call.party) == 20
    behind_nat.send_bytes(rtcp_port, report)
    assert other_rtcp.received() == [report]
    for source in (behind_nat, other_rtcp):
        source.close()


def test_ng_has_a_strict_mode(module_lab, edge):
    """Exactly the signalled endpoint, or at least no latch that moves without SDP."""
    modes = [(victim, flags) for victim in _PARTIES
             for flags in (("endpoint-learning=off",), ("strict-source",))]
    calls = [Call(module_lab, edge, "ng", *mode) for mode in modes]
    others = [call.source() for call in calls]
    for call, other_port, (_, flags) in zip(calls, others, modes):
        if flags == ("endpoint-learning=off",):
            assert call.passes(other_port) == 0
        assert call.passes(call.party) == 20
    time.sleep(_SILENCE)
    for call, other_port in zip(calls, others):
        assert call.passes(other_port) == 0
        assert call.reaches(call.party, other_port) == [20, 0]
        call.close(other_port)


@pytest.mark.parametrize("victim", _PARTIES)
def test_ng_learns_late_if_it_is_told_to(module_lab, edge, victim):
    call = Call(module_lab, edge, "ng", victim, ("endpoint-learning=delayed",))
    first, last = call.source(), call.source()
    assert call.passes(first, 5) == 5 and call.passes(last, 5, ssrc=2) == 5
    assert call.reaches(call.party, first, last) == [20, 0, 0]
    wait_until("the decision", lambda: call.reaches(last, count=1) == [1])
    assert call.passes(first) == 0 and call.passes(last) == 20
    call.close(first, last)


def test_ng_says_what_media_handover_is_here(module_lab, edge):
    client = ng.Client(module_lab)
    reply = client.ask(ng.offer("handover", ng.audio(EXT, 20000), flags=["media-handover"]))
    assert reply["result"] == "ok" and "media-handover" in reply["warning"]
    client.ask(ng.delete("handover"))
