"""Next hops by name: NAPTR, SRV and A, fail-over, expiry, federated domains; shares and health."""

import collections

import pytest

from certificates import Authority
from nameserver import NameServer
from edge import Edge, WrittenRoute
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE, INSIDE_OTHERS, wait_until
from user_agent import Dialog, Listener, on_udp, tls_context

_SIP = (EDGE_EXTERNAL, 5060)


def inward(domain, *hops, more=""):
    return WrittenRoute('from = "external"', f'domain = "{domain}"', f"next_hops = {list(hops)}", more)


@pytest.fixture
def zone(lab):
    server = NameServer(lab, lab.inside, INSIDE)
    yield server
    server.close()


def _edge(lab, *routes, more="", **options):
    return Edge(lab, routes, more=f'[sip]\ndns_servers = ["{INSIDE}"]\n{more}', **options)


def _up(edge, hop):
    return edge.metrics().total("avedge_sip_next_hop_up", next_hop=hop)


def _wait_until_up(edge, hop, up=1):
    wait_until(f"{hop} to be {'up' if up else 'down'}", lambda: _up(edge, hop) == up)


def test_naptr_and_srv_say_transport_and_port(lab, zone):
    zone.naptr("a.example", (10, 1, "SIP+D2T", "_sip._tcp.a.example"),
               (20, 1, "SIP+D2U", "_sip._udp.a.example"))
    zone.srv("_sip._tcp.a.example", (10, 1, 7001, "s1.a.example"))
    zone.host("s1.a.example", INSIDE)
    edge = _edge(lab, inward("a.example", "sip:a.example"))
    _wait_until_up(edge, "sip:a.example")
    server = Listener(lab, lab.inside, INSIDE, 7001)
    caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)
    Dialog(caller, "sip:bob@a.example").send("OPTIONS")
    agent = server.accept()
    agent.reply(agent.expect_request("OPTIONS"), 200, "b")
    caller.expect_response(200)
    edge.stop()


def test_the_next_priority_serves_when_the_first_refuses(lab, zone):
    """The first server's port is closed, and the second of it is of lower priority."""
    zone.srv("_sip._tcp.a.example", (10, 1, 7001, "s1.a.example"), (20, 1, 7002, "s2.a.example"))
    zone.host("s1.a.example", INSIDE)
    zone.host("s2.a.example", INSIDE_OTHERS[0])
    edge = _edge(lab, inward("a.example", "sip:a.example;transport=tcp"))
    _wait_until_up(edge, "sip:a.example;transport=tcp")
    second = Listener(lab, lab.inside, INSIDE_OTHERS[0], 7002)
    caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)
    alice = Dialog(caller, "sip:bob@a.example")
    alice.send("INVITE")
    agent = second.accept()
    agent.reply(agent.expect_request("INVITE"), 486, "b")
    busy = caller.expect_response(486)
    assert len(busy.all("Via")) == 1
    edge.stop()


def test_what_has_expired_is_asked_again(lab, zone):
    zone.host("a.example", INSIDE, ttl=1)
    edge = _edge(lab, inward("a.example", "sip:a.example:7001"))
    _wait_until_up(edge, "sip:a.example:7001")
    moved = on_udp(lab, lab.inside, INSIDE_OTHERS[0], 7001)
    zone.host("a.example", INSIDE_OTHERS[0], ttl=1)
    caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)

    def arrives():
        Dialog(caller, "sip:bob@a.example").send("MESSAGE")
        try:
            return moved.receive(0.3)
        except TimeoutError:
            return None
    assert wait_until("the request to follow the name", arrives).method == "MESSAGE"
    edge.stop()


def test_an_unknown_name_is_503_and_the_old_answer_survives_a_silent_server(lab, zone):
    zone.host("a.example", INSIDE, ttl=1)
    edge = _edge(lab, inward("a.example", "sip:a.example:7001"),
                 inward("b.example", "sip:b.example:7001"))
    _wait_until_up(edge, "sip:a.example:7001")
    assert _up(edge, "sip:b.example:7001") == 0
    caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)
    Dialog(caller, "sip:bob@b.example").send("MESSAGE")
    caller.expect_response(503)
    del zone.zone["a.example", 1]
    asked = len(zone.asked)
    wait_until("the name to be asked for again", lambda: len(zone.asked) >= asked + 2)
    inside = on_udp(lab, lab.inside, INSIDE, 7001)
    Dialog(caller, "sip:bob@a.example").send("MESSAGE")
    inside.expect_request("MESSAGE")
    edge.stop()


def test_a_federated_domain_is_reached_by_its_own_service_over_mutual_tls(lab, zone):
    authority = Authority(lab.directory)
    zone.srv("_sipfederationtls._tcp.partner.example", (0, 0, 7061, "sip.partner.example"))
    zone.host("sip.partner.example", EXT)
    federation = WrittenRoute('from = "internal"', 'domain = "partner.example"', "federation = true")
    edge = _edge(lab, federation, certificate=authority.issue(), more=f"""
next_hop_ca = "{authority.certificate}"
[[sip.listener]]
bind = "external:5061"
transports = ["tls"]
certificate = "edge"
""")
    _wait_until_up(edge, "sip:partner.example;transport=tls;federation")
    shown = authority.issue("partner", names=["DNS:sip.partner.example"])
    partner = Listener(lab, lab.ext, EXT, 7061, tls_context(
        authority.certificate, *shown, server=True))
    caller = on_udp(lab, lab.inside, INSIDE, proxy=(EDGE_INTERNAL, 5060))
    Dialog(caller, "sip:bob@partner.example").send("MESSAGE")
    agent = partner.accept()
    agent.reply(agent.expect_request("MESSAGE"), 200, "b")
    caller.expect_response(200)
    edge.stop()


def test_weights_are_shares(lab):
    edge = Edge(lab, [inward("a.example", f"sip:{INSIDE}:7001;weight=1",
                             f"sip:{INSIDE_OTHERS[0]}:7001;weight=3", more='balance = "weight"')],
                more="[sip.limits]\nrequests_per_second = 100000")
    hops = [on_udp(lab, lab.inside, address, 7001)
            for address in (INSIDE, INSIDE_OTHERS[0])]
    caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)
    got = collections.Counter()
    for _ in range(200):
        Dialog(caller, "sip:bob@a.example").send("MESSAGE")
    for hop in hops:
        while sum(got.values()) < 200:
            try:
                hop.expect_request("MESSAGE", seconds=1)
            except TimeoutError:
                break
            got[hop.address[0]] += 1
    assert sum(got.values()) == 200
    assert 25 < got[INSIDE] < 80, got
    edge.stop()


def test_options_find_out_who_is_down_and_who_is_back(lab):
    edge = Edge(lab, [inward("a.example", f"sip:{INSIDE}:7001", f"sip:{INSIDE_OTHERS[0]}:7001")],
                more="[sip]\noptions_interval = 1\noptions_failures = 2")
    first, second = (on_udp(lab, lab.inside, address, 7001)
                     for address in (INSIDE, INSIDE_OTHERS[0]))

    def answer_checks(*alive):
        for hop in alive:
            try:
                hop.reply(hop.expect_request("OPTIONS", seconds=0.2), 200, "h")
            except TimeoutError:
                pass

    def is_down():
        answer_checks(second)
        return _up(edge, f"sip:{INSIDE}:7001") == 0
    wait_until("the silent hop to be down", is_down)
    assert _up(edge, f"sip:{INSIDE_OTHERS[0]}:7001") == 1
    caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)
    Dialog(caller, "sip:bob@a.example").send("INVITE")

    def invited():
        message = second.receive()
        if message.method == "OPTIONS":
            second.reply(message, 200, "h")
        return message.method == "INVITE"
    wait_until("the INVITE to go past the one that is down", invited)

    def is_back():
        answer_checks(first, second)
        return _up(edge, f"sip:{INSIDE}:7001") == 1
    wait_until("the hop to be up again", is_back)
    edge.stop()
