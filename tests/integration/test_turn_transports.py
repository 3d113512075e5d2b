"""TURN over UDP, TCP, TLS and DTLS, IPv4 and IPv6, with coturn's client and openssl's; what is on one
port is told apart by its first bytes."""

import socket
import struct
import subprocess

import pytest

import stun
import turn
import uclient
from certificates import Authority
from edge import BOTH_FAMILIES, EVERY_LISTENER, STUN_PORT, Edge
from lab import EDGE_EXTERNAL, EDGE_EXTERNAL6, EDGE_INTERNAL, EXT6, INSIDE, INSIDE6, PATIENCE, wait_until

_PROXY_PORT = 3479
_PROXY_LISTENER = {"bind": f"external:{_PROXY_PORT}", "transports": ["tcp", "tls"],
                   "certificate": "edge", "proxy_protocol": True}

# coturn's client takes a TLS record for a message: a second one in it would be lost.
_TLS = ["-t", "-S"]
_TRANSPORTS = {"udp": [], "tcp": ["-t"], "tls": _TLS, "dtls": ["-S"]}


def _modes():
    """Each takes some seconds, nearly all of them waiting: so all of them run at once."""
    modes = {}
    for name, options in _TRANSPORTS.items():
        modes[f"{name}_channels"] = uclient.Mode(4, 20, *options)
        modes[f"{name}_send_indications"] = uclient.Mode(4, 20, *options, "-s")
        modes[f"{name}_relay_to_relay"] = uclient.Mode(4, 20, *options, "-y")
        modes[f"{name}_over_ipv6"] = uclient.Mode(4, 20, *options, "-X", **uclient.OVER_IPV6)
    return modes | {
        "ipv6_relay": uclient.Mode(4, 20, "-x", peer=INSIDE6),
        "ipv6_on_both_sides": uclient.Mode(4, 20, "-x", peer=INSIDE6, **uclient.OVER_IPV6),
        "ipv6_on_both_sides_over_tls": uclient.Mode(4, 20, *_TLS, "-x", peer=INSIDE6,
                                                    **uclient.OVER_IPV6),
        "ipv4_relay_asked_for": uclient.Mode(4, 20, "-X"),
        "dual_allocation_to_ipv4": uclient.Mode(4, 20, "-Z"),
        "dual_allocation_to_ipv6": uclient.Mode(4, 20, "-Z", peer=INSIDE6),
        "dual_allocation_over_tcp": uclient.Mode(4, 20, "-Z", "-t"),
        "dont_fragment": uclient.Mode(4, 20, "-g"),
        "dont_fragment_over_tcp": uclient.Mode(4, 20, "-g", "-t", "-s"),
        "large_messages_over_tls": uclient.Mode(4, 20, *_TLS, "-l", "1200"),
    }


_MODES = _modes()


class _Running:
    """One edge with every transport on one port, and a listener behind a proxy."""

    def __init__(self, lab):
        self.lab = lab
        self.authority = Authority(lab.directory)
        # The clients of one host come all at once.
        self.edge = Edge(lab, listeners=[EVERY_LISTENER, _PROXY_LISTENER], **BOTH_FAMILIES,
                         certificate=self.authority.issue(), limits={"half_open_per_source": 1000})

    def over_tcp(self, **options):
        return turn.over_stream(self.lab, **options)

    def over_tls(self, **options):
        return turn.over_stream(self.lab, authority=self.authority, **options)


@pytest.fixture(scope="module")
def running(module_lab):
    made = _Running(module_lab)
    yield made
    made.edge.stop()


@pytest.fixture(scope="module")
def clients(running):
    """coturn's clients of all modes, after their end."""
    uclient.start_peer(running.lab, INSIDE, INSIDE6)
    return uclient.run_all(running.lab, _MODES)


@pytest.mark.parametrize("mode", _MODES)
def test_coturns_clients_lose_no_packet(clients, mode):
    _MODES[mode].assert_no_loss(clients[mode])


_CLIENTS = {
    "udp": lambda running: turn.over_udp(running.lab),
    "tcp": lambda running: running.over_tcp(),
    "tls": lambda running: running.over_tls(),
    "udp over ipv6": lambda running: turn.over_udp(running.lab, address=EXT6, server=EDGE_EXTERNAL6),
    "tcp over ipv6": lambda running: running.over_tcp(address=EXT6, server=(EDGE_EXTERNAL6, STUN_PORT)),
    "tls over ipv6": lambda running: running.over_tls(address=EXT6, server=(EDGE_EXTERNAL6, STUN_PORT)),
}


@pytest.mark.parametrize("transport", _CLIENTS)
def test_binding_tells_the_client_its_address(running, transport):
    client = _CLIENTS[transport](running)
    assert client.binding() == client.way.socket.getsockname()[:2]


@pytest.mark.parametrize("one", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("other", ["udp", "tcp", "tls over ipv6"])
def test_clients_of_any_two_transports_meet_relay_to_relay(running, one, other):
    pair = [_CLIENTS[transport](running) for transport in (one, other)]
    relayed = [client.allocate().relayed for client in pair]
    for client, far in zip(pair, reversed(relayed)):
        assert client.bind(0x4000, *far).error is None
    for sender, receiver, text in ((*pair, b"there"), (*reversed(pair), b"and back again")):
        sender.send_channel_data(0x4000, text)
        assert receiver.receive_channel_data() == (0x4000, text)


def test_burst_over_tls_arrives_whole_and_in_order(running):
    sender, receiver = running.over_tls(), running.over_tls()
    here, there = sender.allocate().relayed, receiver.allocate().relayed
    assert sender.bind(0x4000, *there).error is None and receiver.bind(0x4000, *here).error is None
    texts = [b"%04d" % index * 25 for index in range(300)]
    for text in texts:
        sender.send_channel_data(0x4000, text)
    assert [receiver.receive_channel_data() for _ in texts] == [(0x4000, text) for text in texts]


def test_stream_is_read_in_whatever_pieces_it_comes(running):
    """Messages of every kind, back to back, in pieces of one byte and of all."""
    echo = running.lab.udp_socket(running.lab.inside, INSIDE)
    client = running.over_tcp()
    assert client.allocate().error is None
    assert client.bind(0x4001, *echo.getsockname()).error is None
    texts = [b"", b"x", b"xy", b"xyz", b"x" * 1000]
    framed = b"".join(struct.pack("!HH", 0x4001, len(text)) + text + bytes(-len(text) % 4)
                      for text in texts)
    framed += stun.message(stun.SEND, stun.peer_address(*echo.getsockname()),
                           stun.attribute(stun.DATA_VALUE, b"sent"))
    client.way.socket.sendall(framed)
    for position in range(len(framed)):
        client.way.socket.sendall(framed[position:position + 1])
    received = [echo.recv(2048) for _ in range(2 * len(texts) + 2)]
    assert received == 2 * [*texts, b"sent"]


def test_client_that_leaves_takes_its_allocation_along(running):
    """A closed connection does not come back: there is nothing to wait for."""
    def allocations():
        return running.edge.metrics().total("avedge_allocations")
    before = allocations()
    client = running.over_tls()
    assert client.allocate().error is None
    assert allocations() == before + 1
    client.way.close()
    wait_until("the allocation to end", lambda: allocations() == before)


@pytest.mark.parametrize("text, reason", [
    pytest.param(b"\xff" * 20, "stream_malformed", id="nothing"),
    pytest.param(b"\x00\x01" + bytes(18), "stream_malformed", id="STUN without cookie"),
    # Its first letters are a channel number, the next two a length that no client may use.
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", "payload_too_long", id="HTTP")])
def test_stream_that_cannot_be_ours_is_closed(running, text, reason):
    before = running.edge.metrics().drops(reason)
    assert turn.connect(running.lab, first=text).ended() == b""
    assert running.edge.metrics().drops(reason) == before + 1


# What s_client says of itself; an empty configuration leaves Debian's own limits out of it.
_NO_POLICY = {"OPENSSL_CONF": "/dev/null", "PATH": "/usr/bin:/bin"}


def _s_client(running, *options):
    return running.lab.ext.run(["openssl", "s_client", "-connect", f"{EDGE_EXTERNAL}:{STUN_PORT}",
                                "-CAfile", running.authority.certificate, "-verify_return_error",
                                *options], stdin=subprocess.DEVNULL, env=_NO_POLICY, timeout=PATIENCE)


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-dtls1"])
def test_old_versions_get_an_alert(running, version):
    before = running.edge.metrics().drops("handshake_failed")
    done = _s_client(running, version, "-cipher", "ALL:@SECLEVEL=0")
    assert done.returncode != 0 and "alert protocol version" in done.stdout, done.stdout
    wait_until("the handshake to be counted",
               lambda: running.edge.metrics().drops("handshake_failed") > before)


@pytest.mark.parametrize("version, name", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3"),
                                           ("-dtls1_2", "DTLSv1.2")])
def test_new_versions_are_spoken_with_the_certificate(running, version, name):
    done = _s_client(running, version)
    assert done.returncode == 0 and name in done.stdout, done.stdout
    assert "Verify return code: 0 (ok)" in done.stdout, done.stdout


@pytest.mark.parametrize("protocol", ["stun.turn", "stun.nat-discovery"])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3", "-dtls1_2"])
def test_rfc7443_application_protocol_is_agreed_on(running, version, protocol):
    done = _s_client(running, version, "-alpn", f"http/1.1,{protocol}")
    assert f"ALPN protocol: {protocol}" in done.stdout, done.stdout


def test_rfc7301_another_application_protocol_is_refused(running):
    done = _s_client(running, "-alpn", "http/1.1")
    assert done.returncode != 0 and "no application protocol" in done.stdout, done.stdout


def test_client_without_application_protocol_is_served(running):
    assert running.over_tls().allocate().error is None


_CLIENT, _CLIENT6 = ("203.0.113.9", 51234), ("2001:db8:9::9", 51234)
_OTHER, _OTHER6 = ("203.0.113.10", 51234), ("2001:db8:9::10", 51234)
_V2 = b"\r\n\r\n\x00\r\nQUIT\n"


def _version_1(kind, client, server):
    return f"PROXY {kind} {client[0]} {server} {client[1]} {_PROXY_PORT}\r\n".encode()


def _version_2(client, server, more=b""):
    family, code = (socket.AF_INET6, 0x21) if ":" in server else (socket.AF_INET, 0x11)
    body = (socket.inet_pton(family, client[0]) + socket.inet_pton(family, server)
            + struct.pack("!HH", client[1], _PROXY_PORT) + more)
    return _V2 + struct.pack("!BBH", 0x21, code, len(body)) + body


_HEADERS = {
    "version 1, IPv4": (_version_1("TCP4", _CLIENT, EDGE_EXTERNAL), _CLIENT),
    "version 1, IPv6": (_version_1("TCP6", _CLIENT6, EDGE_EXTERNAL6), _CLIENT6),
    "version 2, IPv4": (_version_2(_OTHER, EDGE_EXTERNAL), _OTHER),
    "version 2, IPv6": (_version_2(_OTHER6, EDGE_EXTERNAL6), _OTHER6),
    "version 2, more that is unknown": (_version_2(_CLIENT, EDGE_EXTERNAL, b"\xea\x00\x02hi"), _CLIENT),
    # The proxy speaks for itself: a health check.
    "version 1, unknown": (b"PROXY UNKNOWN\r\n", None),
    "version 2, local": (_V2 + b"\x20\x00\x00\x00", None),
}


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
@pytest.mark.parametrize("name", _HEADERS)
def test_proxy_protocol_tells_who_the_client_is(running, name, secure):
    header, client = _HEADERS[name]
    way = turn.connect(running.lab, server=(EDGE_EXTERNAL, _PROXY_PORT), first=header,
                       authority=running.authority if secure else None)
    expected = client or way.socket.getsockname()
    made = turn.TurnClient(way, turn.Credentials())
    assert made.binding() == expected
    allocation = made.allocate()
    assert allocation.relayed[0] == EDGE_INTERNAL
    assert allocation.address(stun.XOR_MAPPED_ADDRESS) == expected
    # The next one is the same client again.
    assert made.refresh(0).error is None


_NO_HEADERS = {
    "none": stun.message(stun.BINDING),
    "no version 1": b"PROXY TCP4 203.0.113.9\r\n" + stun.message(stun.BINDING),
    "addresses of another family": _version_1("TCP4", _CLIENT6, EDGE_EXTERNAL6),
    "no end": b"PROXY TCP4 " + b"1" * 200,
    "no version 2": _V2 + b"\x11\x11\x00\x0c" + bytes(12),
    "version 2 too short for its addresses": _V2 + b"\x21\x11\x00\x04" + bytes(4),
}


@pytest.mark.parametrize("name", _NO_HEADERS)
def test_connection_without_a_good_proxy_header_is_closed(running, name):
    before = running.edge.metrics().drops("proxy_header_invalid")
    way = turn.connect(running.lab, server=(EDGE_EXTERNAL, _PROXY_PORT), first=_NO_HEADERS[name])
    assert way.ended() == b""
    assert running.edge.metrics().drops("proxy_header_invalid") == before + 1


def test_proxy_header_where_none_is_expected_is_refused(running):
    way = turn.connect(running.lab, first=_version_1("TCP4", _CLIENT, EDGE_EXTERNAL))
    assert way.ended() == b""
