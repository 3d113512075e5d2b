"""What strangers over TCP and TLS can take from the others: connections, memory, handshakes."""

import ssl

import pytest

from certificates import Authority
from edge import Edge, Route, WrittenRoute
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, EXT_OTHERS, INSIDE, INSIDE_OTHERS, wait_until
from media import sdp
from user_agent import Dialog, connected, on_udp, tls_context

_SIP = (EDGE_EXTERNAL, 5060)
_SIPS = (EDGE_EXTERNAL, 5061)
_ATTACKERS = [f"198.51.100.{last}" for last in range(30, 34)]
_NOWHERE = "sip:bob@nowhere.example"
_ROUTES = [Route("b.example", INSIDE, 7001),
           WrittenRoute('from = "internal"', 'domain = "out.example"',
                        f'next_hops = ["sip:{EXT}:7003;transport=tcp"]')]


@pytest.fixture
def attackers(lab):
    """Their addresses are next to those of honest clients."""
    for address in _ATTACKERS:
        lab.ext.ip("addr", "add", f"{address}/24", "dev", "eth0")
    return _ATTACKERS


def _open(lab, address, remote):
    """A connection that the edge may close at any time."""
    made = lab.tcp_socket(lab.ext, address)
    made.connect(remote)
    return made


def _expect_service(agent):
    """Any final response shows that the edge reads and answers."""
    Dialog(agent, _NOWHERE).send("OPTIONS")
    agent.expect_response(403)


# --- connections ----------------------------------------------------------------------------------------

_CONNECTIONS = """
[sip.limits]
connections = 48
connections_per_source = 16
connections_per_second = 1000
"""


def _evicted(edge, limit="connections"):
    return edge.metrics().total("avedge_sip_connections_evicted_total", limit=limit)


def _standing(edge, standing):
    return edge.metrics().total("avedge_sip_connections_by_standing", standing=standing)


def _registered(lab, edge, registrar):
    """A phone whose REGISTER was accepted."""
    phone = connected(lab, lab.ext, EXT_OTHERS[1], _SIP)
    Dialog(phone, "sip:b.example").send("REGISTER")
    registrar.reply(registrar.expect_request("REGISTER"), 200, "r")
    phone.expect_response(200)
    assert _standing(edge, "known") == 1
    return phone


def test_idle_connections_shut_nobody_out(lab, attackers):
    edge = Edge(lab, _ROUTES, more=_CONNECTIONS)
    phone = _registered(lab, edge, on_udp(lab, lab.inside, INSIDE, 7001))
    early = connected(lab, lab.ext, EXT_OTHERS[0], _SIP)
    _expect_service(early)
    held = [_open(lab, address, _SIP) for _ in range(16) for address in attackers]
    for one in held:
        try:
            one.sendall(b"\r\n\r\n")  # keep-alives hold nothing
        except OSError:
            pass  # evicted
    wait_until("the attackers to evict each other", lambda: _evicted(edge) >= len(held) - 24)
    assert _standing(edge, "stranger") == 24, "half of 48: the outer interface's share"
    honest = [early, phone, connected(lab, lab.ext, EXT_OTHERS[0], _SIP),
              connected(lab, lab.ext, EXT, _SIP),
              connected(lab, lab.inside, INSIDE, (EDGE_INTERNAL, 5060)),
              connected(lab, lab.inside, INSIDE_OTHERS[0], (EDGE_INTERNAL, 5060))]
    for agent in honest:
        _expect_service(agent)
    assert _standing(edge, "next_hop") == 2, "one on either side"
    edge.process.expect_output("sip connections evicted.*limit=sip.limits.connections ")
    edge.stop()


def test_a_source_at_its_limit_is_the_only_one_refused(lab):
    edge = Edge(lab, _ROUTES, more=_CONNECTIONS)
    held = [_open(lab, EXT_OTHERS[0], _SIP) for _ in range(20)]
    wait_until("four to be refused", lambda: edge.metrics().drops("table_full") == 4)
    assert len(held) - 4 == _standing(edge, "stranger") == 16
    _expect_service(connected(lab, lab.ext, EXT_OTHERS[1], _SIP))
    edge.process.expect_output("sip connections refused.*connections_per_source")
    edge.stop()


# --- memory ---------------------------------------------------------------------------------------------

def _long_invite(agent, size):
    return Dialog(agent, "sip:bob@b.example").request(
        "INVITE", sdp=sdp(EXT, 40000), headers=["Subject: " + "x" * size])


def test_long_invites_of_one_source_cost_the_others_nothing(lab):
    edge = Edge(lab, _ROUTES)
    bob = on_udp(lab, lab.inside, INSIDE, 7001)
    flood = connected(lab, lab.ext, EXT_OTHERS[0], _SIP)
    for _ in range(20):
        flood.send(_long_invite(flood, 30_000))
    wait_until("the source to be at its limit", lambda: edge.metrics().drops("source_limit") > 0)
    refused = [flood.expect_response(503) for _ in range(int(edge.metrics().drops("source_limit")))]
    assert all(one.tag("To") for one in refused)
    waiting = edge.metrics().total("avedge_sip_pending_invites")
    assert 1 <= waiting <= 131_072 // 30_000
    honest = connected(lab, lab.ext, EXT_OTHERS[1], _SIP)
    call = Dialog(honest, "sip:bob@b.example")
    call.send("INVITE", sdp=sdp(EXT_OTHERS[1], 40000))
    wait_until("the honest call to reach Bob",
               lambda: bob.expect_request("INVITE")["Call-ID"] == call.call_id)
    edge.stop()


def test_only_next_hops_send_messages_of_any_length(lab):
    edge = Edge(lab, _ROUTES)
    bob = on_udp(lab, lab.inside, INSIDE, 7001)
    stranger = connected(lab, lab.ext, EXT_OTHERS[0], _SIP)
    stranger.send(_long_invite(stranger, 40_000)[:41_000])
    stranger.expect_response(513)
    with pytest.raises((EOFError, OSError)):
        stranger.receive()
    assert edge.metrics().drops("sip_too_large") == 1
    next_hop = connected(lab, lab.ext, EXT, _SIP)
    next_hop.send(_long_invite(next_hop, 40_000))
    assert len(bob.expect_request("INVITE").data) > 40_000
    edge.stop()


# --- handshakes -----------------------------------------------------------------------------------------

_HANDSHAKES = """
[[sip.listener]]
bind = "external:5061"
transports = ["tls"]
certificate = "edge"
[sip.limits]
connections_per_second = 1000
handshakes = 16
handshakes_per_source = 8
handshakes_per_second = 50
"""


def _client_hello():
    """As it is replayed, by somebody who never answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sent = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), sent).do_handshake()
    return sent.read()


def test_replayed_hellos_shut_nobody_out(lab, attackers):
    authority = Authority(lab.directory)
    edge = Edge(lab, _ROUTES, certificate=authority.issue(), more=_HANDSHAKES)
    hello = _client_hello()
    held = []
    for _ in range(12):
        for address in attackers:
            try:
                one = _open(lab, address, _SIPS)
                held.append(one)
                one.sendall(hello)
            except OSError:
                pass  # refused or evicted
    def is_held_back():
        metrics = edge.metrics()
        assert metrics.total("avedge_sip_handshakes") <= 16
        evicted = metrics.total("avedge_sip_connections_evicted_total")
        return metrics.drops("connection_limit") + evicted > 0
    wait_until("the busiest sources to get no more", is_held_back)
    trusting = tls_context(authority.certificate)
    for address in (EXT, *EXT_OTHERS):  # the first is a next hop
        _expect_service(connected(lab, lab.ext, address, _SIPS, trusting, EDGE_EXTERNAL))
    _expect_service(on_udp(lab, lab.ext, EXT_OTHERS[0], proxy=_SIP))
    edge.stop()
    for one in held:
        one.close()


def test_a_silent_client_of_tls_is_closed(lab):
    authority = Authority(lab.directory)
    edge = Edge(lab, _ROUTES, certificate=authority.issue(), more=_HANDSHAKES)
    silent = _open(lab, EXT_OTHERS[0], _SIPS)
    wait_until("its handshake to be under way",
               lambda: edge.metrics().total("avedge_sip_handshakes") == 1)
    assert silent.recv(1) == b""
    assert edge.metrics().total("avedge_sip_handshakes") == 0
    assert edge.metrics().drops("handshake_failed") == 1
    edge.stop()
