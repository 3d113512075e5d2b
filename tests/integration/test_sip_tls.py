"""TLS and mutual TLS: calls cross from TLS to TCP and back, partners are known by their certificates."""

import ssl

import pytest

from certificates import Authority
from edge import Edge, WrittenRoute, parse_json
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, EXT_OTHERS, INSIDE, wait_until
from media import sdp
from user_agent import Dialog, Listener, connected, tls_context

_SIPS = (EDGE_EXTERNAL, 5061)
_FEDERATION = (EDGE_EXTERNAL, 5063)

_MORE = """
[sip]
next_hop_ca = "{authority}"
[sip.limits]
connections_per_second = 10

[[certificate]]
name = "inner"
chain = "{inner_chain}"
key = "{inner_key}"

[[sip.listener]]
bind = "external:5061"
transports = ["tls"]
certificate = "edge"
name = "edge.lab.example"
[[sip.listener]]
bind = "external:5063"
transports = ["tls"]
certificate = "edge"
verify = "required"
client_ca = "{authority}"
partners = ["sip.partner.example", "sip.other.example"]
[[sip.listener]]
bind = "internal:5061"
transports = ["tls"]
certificate = "inner"
"""


def route(sender, domain, hop):
    return WrittenRoute(f'from = "{sender}"', f'domain = "{domain}"', f'next_hops = ["{hop}"]')


_ROUTES = [route("external", "tcp.example", f"sip:{INSIDE}:7001;transport=tcp"),
           route("external", "tls.example", f"sip:{INSIDE}:7002;transport=tls"),
           route("internal", "partner.example", f"sip:{EXT}:7003;transport=tls")]


class World:
    """The lab with its authority, and an edge that has a certificate of it."""

    def __init__(self, lab):
        self.lab = lab
        self.authority = Authority(lab.directory)
        self.stranger = Authority(lab.directory, "stranger")
        inner = self.authority.issue("inner", names=[f"IP:{EDGE_INTERNAL}"])
        self.edge = Edge(lab, _ROUTES, certificate=self.authority.issue(), more=_MORE.format(
            authority=self.authority.certificate, inner_chain=inner[0], inner_key=inner[1]))

    def context(self, name=None, authority=None, server=False):
        """Shows a certificate for `name`, if there is one; trusts the lab's authority."""
        shown = (authority or self.authority).issue(f"peer-{name}", names=[name]) if name else ()
        return tls_context(self.authority.certificate, *shown, server=server)

    def client(self, remote, **options):
        return connected(self.lab, self.lab.ext, EXT, remote, self.context(**options),
                                EDGE_EXTERNAL)


@pytest.fixture
def world(lab):
    made = World(lab)
    yield made
    made.edge.stop()


def _call(caller, callee_side, uri):
    """INVITE to BYE with a request from either side, each over its own transport."""
    alice = Dialog(caller, uri)
    alice.send("INVITE", sdp=sdp(EXT, 40000))
    callee = callee_side()
    invite = callee.expect_request("INVITE")
    assert EXT.encode() not in invite.body, invite.body
    callee.reply(invite, 200, "b1", sdp=sdp(INSIDE, 41000))
    ok = caller.expect_response(200)
    assert INSIDE.encode() not in ok.body, ok.body
    alice = alice.established_by(ok)
    alice.send("ACK")
    callee.expect_request("ACK")
    bob = Dialog.of_callee(callee, invite, "b1")
    bob.send("INFO")
    info = caller.expect_request("INFO")
    caller.reply(info, 200)
    callee.expect_response(200)
    alice.send("BYE")
    bye = callee.expect_request("BYE")
    callee.reply(bye, 200)
    caller.expect_response(200)
    return invite, ok, callee


def test_from_tls_to_tcp_and_back(world):
    inside = Listener(world.lab, world.lab.inside, INSIDE, 7001)
    caller = world.client(_SIPS)
    invite, ok, _inside = _call(caller, inside.accept, "sip:bob@tcp.example")
    assert invite.all("Via")[0].startswith(f"SIP/2.0/TCP {EDGE_INTERNAL}:5060;")
    inner, outer = invite.all("Record-Route")
    assert inner.startswith(f"<sip:{EDGE_INTERNAL}:5060;transport=tcp;lr;")
    assert outer.startswith("<sip:edge.lab.example:5061;transport=tls;lr;"), "the certificate's name"
    assert ok.all("Record-Route") == [inner, outer]
    assert world.edge.metrics().total("avedge_sip_connections") == 2, "each is used both ways"


def test_from_tls_to_tls(world):
    inside = Listener(world.lab, world.lab.inside, INSIDE, 7002,
                               world.context(f"IP:{INSIDE}", server=True))
    invite, _, _ = _call(world.client(_SIPS), inside.accept, "sip:bob@tls.example")
    assert invite.all("Via")[0].startswith(f"SIP/2.0/TLS {EDGE_INTERNAL}:5061;")


def test_federation_shows_and_checks_certificates_both_ways(world):
    """The caller is inside, the partner outside; the edge proves who it is as well (mutual TLS)."""
    partner = Listener(world.lab, world.lab.ext, EXT, 7003,
                                world.context(f"IP:{EXT}", server=True))
    caller = connected(world.lab, world.lab.inside, INSIDE, (EDGE_INTERNAL, 5060))
    alice = Dialog(caller, "sip:bob@partner.example")
    alice.send("MESSAGE", body=b"hello", headers=["Content-Type: text/plain"])
    agent = partner.accept()
    assert ("IP Address", EDGE_EXTERNAL) in agent.transport.socket.getpeercert()["subjectAltName"]
    message = agent.expect_request("MESSAGE")
    assert message.body == b"hello"
    agent.reply(message, 200, "p")
    caller.expect_response(200)


def test_a_next_hop_with_another_name_gets_nothing(world):
    impostor = Listener(world.lab, world.lab.ext, EXT, 7003,
                                 world.context("DNS:sip.partner.example", server=True))
    caller = connected(world.lab, world.lab.inside, INSIDE, (EDGE_INTERNAL, 5060))
    Dialog(caller, "sip:bob@partner.example").send("MESSAGE")
    agent = impostor.accept()
    caller.expect_response(503)
    with pytest.raises((EOFError, OSError)):
        agent.receive()
    assert world.edge.metrics().drops("sip_unknown_partner") == 1


@pytest.mark.parametrize("name", ["DNS:sip.partner.example", "URI:sip:sip.other.example"])
def test_a_partner_on_the_list_is_served(world, name):
    inside = Listener(world.lab, world.lab.inside, INSIDE, 7001)
    _call(world.client(_FEDERATION, name=name), inside.accept, "sip:bob@tcp.example")


_REFUSED = {
    "no certificate": ({}, "handshake_failed"),
    "another name": ({"name": "DNS:sip.stranger.example"}, "sip_unknown_partner"),
    "a wildcard": ({"name": "DNS:*.partner.example"}, "sip_unknown_partner"),
    "another authority": ({"name": "DNS:sip.partner.example", "authority": "stranger"},
                          "handshake_failed"),
}


@pytest.mark.parametrize("case", _REFUSED)
def test_who_is_no_partner_is_closed_and_counted(world, case):
    options, reason = _REFUSED[case]
    if "authority" in options:
        options = options | {"authority": world.stranger}
    with pytest.raises((EOFError, OSError)):  # TLS 1.3 tells a client after its handshake
        agent = world.client(_FEDERATION, **options)
        Dialog(agent, "sip:bob@tcp.example").send("OPTIONS")
        agent.receive()
    wait_until(f"{reason} to be counted", lambda: world.edge.metrics().drops(reason) == 1)
    wait_until("the connection to be gone",
               lambda: world.edge.metrics().total("avedge_sip_connections") == 0)


def test_old_tls_and_plain_text_are_refused(world):
    plain = connected(world.lab, world.lab.ext, EXT, _SIPS)
    Dialog(plain, "sip:bob@tcp.example").send("OPTIONS")
    with pytest.raises((EOFError, OSError)):
        while True:
            plain.transport.receive_bytes(1)
    old = world.context()
    with pytest.warns(DeprecationWarning):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError):
        connected(world.lab, world.lab.ext, EXT, _SIPS, old, EDGE_EXTERNAL)
    wait_until("both to be counted", lambda: world.edge.metrics().drops("handshake_failed") == 2)


def test_a_reload_renews_the_certificate(world):
    def serial(agent):
        return agent.transport.socket.getpeercert()["serialNumber"]
    early = world.client(_SIPS)
    world.authority.issue()
    assert parse_json(world.edge.ask("reload", "--json"))["changed"]
    late = world.client(_SIPS)
    assert serial(early) != serial(late)
    for agent in (early, late):
        agent.send(b"\r\n\r\n")
        assert agent.transport.receive_bytes(2) == b"\r\n"


def test_a_flood_of_handshakes_from_one_source_is_limited(world):
    def refused():
        for _ in range(30):
            agent = world.lab.tcp_socket(world.lab.ext, EXT_OTHERS[0])  # EXT is a next hop: exempt
            agent.connect(_SIPS)
            agent.close()
        return world.edge.metrics().drops("sip_flood")
    wait_until("connections to be refused", refused)
