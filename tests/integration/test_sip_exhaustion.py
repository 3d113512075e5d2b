"""Floods of INVITEs from addresses that may be forged: they take their share of the ports and no more,
and everybody else is served. docs/sip-floods.md prints the matrix;
tests/signaling-shim/anchor/exhaustion_test.cpp goes through all of it."""

import os
import time

import pytest

import turn
from edge import Edge, Route, WrittenRoute
from lab import EDGE_EXTERNAL, EXT, EXT_OTHERS, INSIDE, wait_until
from media import sdp
from user_agent import Dialog, connected, on_udp

_SIP = (EDGE_EXTERNAL, 5060)
_PORTS = 6000
_INVITES = 5000
# An INVITE that is forwarded leases two ports on each side.
_FOR_TURN, _FOR_NEXT_HOPS = _PORTS // 4, _PORTS // 2
_FOR_STRANGERS = (_PORTS - _FOR_TURN - _FOR_NEXT_HOPS) // 3
_PARTNER = EXT_OTHERS[0]
# One in each of 25 networks.
_FORGED = [f"10.200.{network}.1" for network in range(25)]
_DEAD, _LIVE = "sip:anybody@silent.example", "sip:bob@inside.example"


class World:
    """Inside, a server that answers and one that never does; outside, a partner who is a next hop over
    UDP, and a caller who has called before."""

    def __init__(self, lab):
        self.lab = lab
        for address in _FORGED:
            lab.ext.ip("addr", "add", f"{address}/32", "dev", "eth0")
        lab.edge.ip("route", "add", "10.200.0.0/16", "via", EXT)
        self.edge = Edge(
            lab,
            [Route("inside.example", INSIDE, 7001), Route("silent.example", INSIDE, 7002),
             WrittenRoute('from = "internal"', 'domain = "partner.example"',
                          f'next_hops = ["sip:{_PARTNER}:5060"]')],
            external_ports="50000-55999", internal_ports="50000-55999",
            turn={"relay_interface": "external"})
        self.bob = on_udp(lab, lab.inside, INSIDE, 7001)
        self._silent = lab.udp_socket(lab.inside, INSIDE, 7002)
        self.partner = on_udp(lab, lab.ext, _PARTNER, 5060, proxy=_SIP)
        self.stranger = on_udp(lab, lab.ext, EXT_OTHERS[1], proxy=_SIP)
        self.caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)
        self.over_tcp = connected(lab, lab.ext, EXT_OTHERS[1], _SIP)
        assert self.is_served(self.caller), "which makes it an established source"

    def is_served(self, agent):
        """Whether a call of that agent can be made, from INVITE to BYE."""
        dialog = Dialog(agent, _LIVE)
        dialog.send("INVITE", sdp=sdp(agent.address[0], 40000))
        answer = self._answer(agent)
        if answer.status != 200:
            dialog.acknowledge_refusal(answer)
            return False
        dialog = dialog.established_by(answer)
        dialog.send("ACK")
        self.bob.expect_request("ACK")
        dialog.send("BYE")
        self.bob.reply(self.bob.expect_request("BYE"), 200)
        agent.expect_response(200, "BYE")
        return True

    def _answer(self, agent):
        """The edge's refusal, or Bob's 200 if the INVITE reaches him."""
        message = agent.receive()
        if message.status != 100:
            return message
        self.bob.reply(self.bob.expect_request("INVITE"), 200, "b", sdp=sdp(INSIDE, 41000))
        return agent.expect_response(200, "INVITE")

    def flood(self, addresses, port):
        """INVITEs that nobody answers, as whoever forges these addresses would send them."""
        agents = [on_udp(self.lab, self.lab.ext, address, port, proxy=_SIP) for address in addresses]
        before = self._read()
        for number in range(_INVITES):
            agent = agents[number % len(agents)]
            Dialog(agent, _DEAD).send("INVITE", sdp=sdp(agent.address[0], 20000))
            if number % 100 == 99:  # not faster than the edge reads them
                wait_until("the INVITEs to be read", lambda: number - (self._read() - before) < 300)
        wait_until("the flood to be over", lambda: self._read() - before >= 0.95 * _INVITES)
        for agent in agents:
            agent.close()

    def _read(self):
        """INVITEs that have been read, those beyond a source's rate among them."""
        metrics = self.edge.metrics()
        return (metrics.total("avedge_sip_requests_total", method="INVITE") +
                metrics.drops("sip_flood"))

    def ports(self):
        return self.edge.metrics().total("avedge_ports_in_use", interface="external", protocol="udp")

    def turn_errors(self, count=20):
        clients = [turn.over_udp(self.lab) for _ in range(count)]
        return {client.allocate().error for client in clients}


@pytest.fixture
def world(lab):
    made = World(lab)
    yield made
    made.edge.stop()


def test_a_flood_of_strangers_costs_strangers_only(world):
    world.flood(_FORGED, 6000)
    assert 0.9 * _FOR_STRANGERS <= world.ports() <= _FOR_STRANGERS
    assert world.turn_errors() == {None}
    assert world.is_served(world.caller), "established"
    assert world.is_served(world.partner), "a next hop"
    assert world.is_served(world.over_tcp), "no forger has a connection"
    assert not world.is_served(world.stranger)
    metrics = world.edge.metrics()
    assert metrics.drops("port_share") + metrics.drops("unanswered_limit") > 0.9 * _INVITES
    assert metrics.total("avedge_media_sessions_unanswered", standing="stranger") == _FOR_STRANGERS / 2
    assert metrics.total("avedge_sip_established_sources") >= 1
    assert "calls refused" in world.edge.process.output()


def test_one_forged_source_costs_nobody_else_anything(world):
    world.flood(_FORGED[:1], 6000)
    assert world.ports() == 2 * 20
    assert world.is_served(world.stranger)


def test_a_forged_next_hop_has_its_share_only(world):
    world.partner.close()
    world.flood([_PARTNER], 5060)
    assert 0.9 * _FOR_NEXT_HOPS <= world.ports() <= _FOR_NEXT_HOPS
    assert world.turn_errors() == {None}
    assert world.is_served(world.caller)
    assert world.is_served(world.over_tcp)
    assert world.is_served(world.stranger)
    partner = on_udp(world.lab, world.lab.ext, _PARTNER, 5060, proxy=_SIP)
    assert not world.is_served(partner)
    partner_over_tcp = connected(world.lab, world.lab.ext, _PARTNER, _SIP)
    assert world.is_served(partner_over_tcp)


@pytest.mark.skipif(not os.environ.get("AVEDGE_LONG"), reason="half a minute: ./check --long")
def test_all_ports_are_back_35_s_after_a_flood(world):
    world.flood(_FORGED, 6000)
    end = time.monotonic()
    world.edge.wait_until_no_port_is_in_use(60)
    assert time.monotonic() - end <= 35
    assert world.is_served(world.stranger)
