"""What a hostile outside sends: each thing has its status or its drop reason, and the edge goes on."""

import pytest

from edge import Edge, Route
from lab import EDGE_EXTERNAL, EXT, EXT_OTHERS, INSIDE, wait_until
from media import sdp
from user_agent import Dialog, connected, on_udp

_SIP = (EDGE_EXTERNAL, 5060)
_URI = "sip:bob@inside.example"
_FORGED = "<sip:198.51.100.10:5060;transport=udp;lr;avedge=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA>"
_MORE = "[sip.limits]\nrequests_per_second = 1000\n"


class World:
    """One edge for the whole file, a caller outside and Bob inside."""

    def __init__(self, lab):
        self.lab = lab
        self.edge = Edge(lab, [Route("inside.example", INSIDE, 7001)], more=_MORE)
        self.bob = on_udp(lab, lab.inside, INSIDE, 7001)
        self._before = self.edge.metrics()

    def caller(self, transport="udp"):
        if transport == "tcp":
            return connected(self.lab, self.lab.ext, EXT, _SIP)
        return on_udp(self.lab, self.lab.ext, EXT, proxy=_SIP)

    def expect_drop(self, reason, count=1):
        """Counted since the last look."""
        wait_until(f"{reason} to be counted",
                   lambda: self.edge.metrics().drops(reason) - self._before.drops(reason) == count)
        self._before = self.edge.metrics()

    def expect_and_answer(self, body):
        """A request that came by a stream: the edge repeats it over UDP until it is answered."""
        message = self.bob.expect_request("MESSAGE")
        assert message.body == body
        self.bob.reply(message, 200, "b")

    def expect_life(self):
        """Nothing of what was sent before has reached Bob, and calls still do."""
        caller = self.caller()
        alive = Dialog(caller, _URI)
        alive.send("MESSAGE", body=b"still there")
        first = self.bob.receive()
        assert (first.method, first["Call-ID"]) == ("MESSAGE", alive.call_id)
        self._before = self.edge.metrics()


@pytest.fixture(scope="module")
def world(module_lab):
    made = World(module_lab)
    yield made
    made.edge.stop()


@pytest.fixture(autouse=True)
def _alive(world):
    yield
    world.expect_life()


def _with(request, *lines, before="From:"):
    """The request with header lines put in as they are."""
    head, mark, rest = request.partition(before.encode())
    return head + b"".join(line.encode() + b"\r\n" for line in lines) + mark + rest


_ANSWERED = {
    "a blank before the colon hides no Route": (
        lambda r: _with(r, f"Route : {_FORGED}"), 403, "sip_forged_route"),
    "a fold hides no Route": (lambda r: _with(r, f"Route:\r\n {_FORGED}"), 403, "sip_forged_route"),
    "a compact list hides no Route": (
        lambda r: _with(r, f"ROUTE: {_FORGED}, <sip:10.77.0.99;lr>"), 403, "sip_forged_route"),
    "a Route past the next hop": (
        lambda r: _with(r, "Route: <sip:10.77.0.99;lr>"), 403, "sip_no_route"),
    "our claim in the Request-URI": (
        lambda r: r.replace(_URI.encode(), _FORGED[1:-1].encode(), 1), 403, "sip_forged_route"),
    "a domain without a route": (
        lambda r: r.replace(b"inside.example SIP", b"elsewhere.example SIP"), 403, "sip_no_route"),
    "two different Content-Lengths": (
        lambda r: _with(r, "Content-Length: 5"), 400, "sip_malformed"),
    "Content-Length by two names": (lambda r: _with(r, "l: 0"), 400, "sip_malformed"),
    "Content-Length beyond the message": (
        lambda r: r.replace(b"Content-Length: 0", b"Content-Length: 10"), 400, "sip_malformed"),
    "a negative Content-Length": (
        lambda r: r.replace(b"Content-Length: 0", b"Content-Length: -1"), 400, "sip_malformed"),
    "two Max-Forwards": (lambda r: _with(r, "Max-Forwards: 1"), 400, "sip_malformed"),
    "no hop left": (
        lambda r: r.replace(b"Max-Forwards: 70", b"Max-Forwards: 0"), 483, "sip_too_many_hops"),
    "an extension nobody has": (
        lambda r: _with(r, "Proxy-Require: teleport"), 420, "sip_bad_extension"),
    "SIP of the future": (
        lambda r: r.replace(b" SIP/2.0\r\nVia", b" SIP/3.0\r\nVia"), 505, "sip_malformed"),
}


# On a stream the rest of a body may still come.
_BY_TRANSPORT = [(transport, case) for case in _ANSWERED for transport in ("udp", "tcp")
                 if (transport, case) != ("tcp", "Content-Length beyond the message")]


@pytest.mark.parametrize("transport, case", _BY_TRANSPORT)
def test_refusals_with_an_answer(world, transport, case):
    forge, status, reason = _ANSWERED[case]
    caller = world.caller(transport)
    caller.send(forge(Dialog(caller, _URI).request("OPTIONS")))
    assert caller.expect_response(status).tag("To"), "it is ours"
    world.expect_drop(reason)


_SILENT = {
    "a NUL": lambda r: _with(r, "X-Header: a\0b"),
    "a bare line feed": lambda r: _with(r, f"X-Header: a\nRoute: {_FORGED}"),
    "a bare carriage return": lambda r: _with(r, f"X-Header: a\rRoute: {_FORGED}"),
    "a header without a colon": lambda r: _with(r, "X-Header"),
    "a name with a blank": lambda r: _with(r, "X Header: a"),
    "no Via": lambda r: r.replace(b"\r\nVia:", b"\r\nX-Via:"),
    "two Call-IDs": lambda r: _with(r, "Call-ID: another"),
}


@pytest.mark.parametrize("case", _SILENT)
def test_what_two_parsers_read_differently_is_dropped(world, case):
    caller = world.caller()
    caller.send(_SILENT[case](Dialog(caller, _URI).request("OPTIONS")))
    world.expect_drop("sip_malformed")


def test_more_headers_than_anybody_needs(world):
    caller = world.caller()
    caller.send(_with(Dialog(caller, _URI).request("OPTIONS"), *["X: y"] * 300))
    world.expect_drop("sip_too_large")


def test_headers_of_64_kib(world):
    """On a stream nothing can be found behind them, so it ends."""
    caller = world.caller("tcp")
    request = _with(Dialog(caller, _URI).request("OPTIONS"), "X-Header: " + "x" * 66_000)
    with pytest.raises((EOFError, OSError)):
        caller.send(request)
        caller.receive()
    world.expect_drop("sip_malformed")


def test_a_body_longer_than_any_message(world):
    caller = world.caller("tcp")
    caller.send(Dialog(caller, _URI).request("OPTIONS").replace(b"Content-Length: 0",
                                                               b"Content-Length: 70000"))
    caller.expect_response(513)
    with pytest.raises((EOFError, OSError)):
        caller.receive()
    world.expect_drop("sip_too_large")


def test_bytes_behind_content_length_are_cut_off_a_datagram(world):
    caller = world.caller()
    caller.send(Dialog(caller, _URI).request("MESSAGE", body=b"seen") + b"unseen")
    assert world.bob.expect_request("MESSAGE").body == b"seen"


def test_a_stream_of_single_bytes_is_a_stream(world):
    caller = world.caller("tcp")
    caller.transport.socket.setsockopt(6, 1, 1)  # TCP_NODELAY: a segment each
    for byte in Dialog(caller, _URI).request("MESSAGE", body=b"slowly"):
        caller.send(bytes([byte]))
    world.expect_and_answer(b"slowly")


def test_a_sender_that_stops_in_mid_message_holds_up_nobody(world):
    slow = world.caller("tcp")
    slow.send(Dialog(slow, _URI).request("MESSAGE")[:40])
    quick = world.caller("tcp")
    Dialog(quick, _URI).send("MESSAGE", body=b"quick")
    world.expect_and_answer(b"quick")


def test_a_loop_ends_with_482_and_a_spiral_goes_on(world):
    """Somebody inside sends what we forwarded back to where it came in."""
    caller = world.caller()
    alice = Dialog(caller, _URI)
    alice.send("MESSAGE")
    forwarded = world.bob.expect_request("MESSAGE").data
    back = world.caller()
    back.send(forwarded)
    back.expect_response(482)
    world.expect_drop("sip_too_many_hops")
    back.send(forwarded.replace(b"MESSAGE sip:bob@", b"MESSAGE sip:carol@"))
    assert world.bob.expect_request("MESSAGE").uri == "sip:carol@inside.example"


def test_a_response_with_a_forged_via_goes_nowhere(world):
    caller = world.caller()
    alice = Dialog(caller, _URI)
    alice.send("MESSAGE")
    message = world.bob.expect_request("MESSAGE")
    genuine = world.bob.response(message, 200, "b")
    claim = message.all("Via")[0].split("avedge=")[1].split(";")[0].encode()
    turned = genuine.replace(claim, claim[:-4] + (b"AAAA" if claim[-4:] != b"AAAA" else b"BBBB"))
    other_call = genuine.replace(alice.call_id.encode(), b"another-call")
    bare = genuine.replace(b";avedge=" + claim, b"")
    for forged in (turned, other_call, bare):
        world.bob.send(forged)
        world.expect_drop("sip_unmatched")
    outside = world.caller()  # genuine, but from where it cannot come
    outside.send(genuine)
    world.expect_drop("sip_unmatched")
    world.bob.send(genuine)
    assert caller.expect_response(200).all("Via")[0].startswith("SIP/2.0/UDP 198.51.100.20:")


def _established(world, caller):
    alice = Dialog(caller, _URI)
    alice.send("INVITE", sdp=sdp(EXT, 40000))
    invite = world.bob.expect_request("INVITE")
    world.bob.reply(invite, 200, "b", sdp=sdp(INSIDE, 41000))
    alice = alice.established_by(caller.expect_response(200))
    alice.send("ACK")
    world.bob.expect_request("ACK")
    return alice


def test_routes_of_one_call_open_nothing_else(world):
    caller = world.caller()
    alice = _established(world, caller)
    genuine = list(alice.routes)
    forgeries = {
        "of another call": (genuine, "another-call@x"),
        "one of the two": (genuine[:1], alice.call_id),
        "the wrong way round": (genuine[::-1], alice.call_id),
        "the same one twice": ([genuine[0]] * 2, alice.call_id),
    }
    right = alice.call_id
    for routes, call_id in forgeries.values():
        alice.routes, alice.call_id = routes, call_id
        alice.send("INFO")
        caller.expect_response(403)
        world.expect_drop("sip_forged_route")
    alice.routes, alice.call_id = genuine, right
    alice.uri = "sip:anybody@10.77.0.99:7009"  # leads to Bob's host, whatever it says
    alice.send("BYE")
    world.bob.reply(world.bob.expect_request("BYE"), 200)
    caller.expect_response(200)


def test_a_flood_of_one_source_is_cut_and_costs_the_others_nothing(world):
    flood = on_udp(world.lab, world.lab.ext, EXT_OTHERS[0], proxy=_SIP)
    request = Dialog(flood, "sip:100@elsewhere.example").request("OPTIONS")

    def cut():
        for _ in range(500):
            flood.send(request)
        return world.edge.metrics().drops("sip_flood") > 100
    wait_until("the flood to be cut", cut)
    world.expect_life()


def test_prefixes_of_a_listener_are_its_only_visitors(lab):
    edge = Edge(lab, [Route("inside.example", INSIDE, 7001)], more=f"""
[[sip.listener]]
bind = "external:5070"
transports = ["udp", "tcp"]
sources = ["{EXT}/32"]
""")
    closed = (EDGE_EXTERNAL, 5070)
    bob = on_udp(lab, lab.inside, INSIDE, 7001)
    friend = on_udp(lab, lab.ext, EXT, proxy=closed)
    Dialog(friend, _URI).send("MESSAGE")
    bob.expect_request("MESSAGE")
    stranger = on_udp(lab, lab.ext, EXT_OTHERS[0], proxy=closed)
    Dialog(stranger, _URI).send("MESSAGE")
    wait_until("the datagram to be counted", lambda: edge.metrics().drops("sip_source_refused") == 1)
    with pytest.raises((EOFError, OSError)):
        connected(lab, lab.ext, EXT_OTHERS[0], closed).receive()
    assert edge.metrics().drops("sip_source_refused") == 2
    assert edge.metrics().total("avedge_sip_connections") == 0
    edge.stop()
