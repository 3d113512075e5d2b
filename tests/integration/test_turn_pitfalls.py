"""What other TURN servers got wrong: each test is named after a failure of public record."""

import base64
import hashlib
import hmac
import re
import signal
import socket
import struct
import time

import pytest

import stun
import turn
from certificates import Authority
from edge import BOTH_FAMILIES, EVERY_LISTENER, REALM, SECRET, SIP_PORT, STUN_PORT, Edge
from lab import (EDGE_EXTERNAL, EDGE_EXTERNAL6, EDGE_INTERNAL, EDGE_INTERNAL6, EXT, INSIDE, INSIDE6,
                 INSIDE_OTHERS, wait_until)


@pytest.fixture(scope="module")
def shared(module_lab):
    """An edge as its operator would leave it, but for both families and the lab's inside."""
    edge = Edge(module_lab, **BOTH_FAMILIES, turn={"channel_numbers": None})
    yield module_lab, edge
    edge.stop()


def _allocated(lab, *attributes, **options):
    client = turn.over_udp(lab, **options)
    client.relayed = client.allocate(*attributes).relayed
    return client


def _wait_for_drop(edge, reason, before):
    wait_until("the packet to be counted", lambda: edge.metrics().drops(reason) == before + 1)


_IPV6 = stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, stun.IPV6)

_WAYS_TO_THE_EDGE_ITSELF = [
    "::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "2002:7f00:1::1", "64:ff9b::127.0.0.1", "64:ff9b:1::127.0.0.1"]
_WAYS_TO_PRIVATE_PEERS = [
    "::ffff:192.168.1.1", "::192.168.1.1", "2002:c0a8:101::1", "64:ff9b::192.168.1.1",
    "64:ff9b::169.254.169.254", "::ffff:10.99.0.1", "2002:0a63:1::"]
_PRIVATE = ["fe80::1", "fd00:99::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8:99::1", "2001::1",
            "100::1", "2001:2::1", EDGE_EXTERNAL6]


@pytest.mark.parametrize("peer", _WAYS_TO_THE_EDGE_ITSELF + _WAYS_TO_PRIVATE_PEERS + _PRIVATE)
def test_forbidden_addresses_are_forbidden_in_every_spelling(shared, peer):
    client = _allocated(shared[0], _IPV6)
    # 443: what is spelled as IPv6 and means IPv4 may be refused for its family first.
    assert client.permit(peer).error in (403, 443)
    assert client.bind(0x4000, peer, 3478).error in (403, 443)
    assert client.permit(INSIDE6).error is None, "the others are not affected"


def test_ipv6_prefixes_end_at_any_bit(lab):
    edge = Edge(lab, **BOTH_FAMILIES,
                peer_rules=[("deny", "fd00:77::20/123"), ("allow", "fd00:77::/66")])
    client = _allocated(lab, _IPV6)
    verdicts = {"fd00:77::1f": None, "fd00:77::20": 403, "fd00:77::3f": 403, "fd00:77::40": None,
                "fd00:77::3fff:ffff:ffff:ffff": None, "fd00:77::4000:0:0:0": 403}
    assert {peer: client.permit(peer).error for peer in verdicts} == verdicts
    edge.stop()


def test_no_peer_is_allowed_by_default(lab):
    edge = Edge(lab, **BOTH_FAMILIES, peer_rules=[])
    four, six = _allocated(lab), _allocated(lab, _IPV6)
    for address in INSIDE, *INSIDE_OTHERS, EXT, EDGE_EXTERNAL:
        assert four.permit(address).error == 403, address
    assert six.permit(INSIDE6).error == 403
    # Whom the whole world can reach, and relayed addresses of this edge.
    assert four.permit("9.9.9.9").error is None and six.permit("2620:fe::fe").error is None
    other = _allocated(lab)
    assert four.bind(0x4000, *other.relayed).error is None
    edge.stop()


def test_one_allowed_peer_admits_no_other(shared):
    lab, edge = shared
    client = _allocated(lab)
    assert client.permit(INSIDE, "127.0.0.1", INSIDE_OTHERS[0]).error == 403
    before = edge.metrics().drops("no_permission")
    lab.udp_socket(lab.inside, INSIDE).sendto(b"all or nothing", client.relayed)
    _wait_for_drop(edge, "no_permission", before)


def test_port_that_is_no_longer_leased_is_no_peer(shared):
    """Relayed addresses are allowed as peers: for as long as they are relayed addresses."""
    lab, edge = shared
    client, other = _allocated(lab), _allocated(lab)
    assert client.bind(0x4000, *other.relayed).error is None
    assert other.refresh(0).error is None
    before = edge.metrics().drops("peer_not_leased")
    client.send_channel_data(0x4000, b"is anybody there?")
    _wait_for_drop(edge, "peer_not_leased", before)


@pytest.mark.parametrize("port", [STUN_PORT, SIP_PORT, 9464])
def test_services_of_the_edge_are_no_peers(shared, port):
    """A permission is for an address, and the relayed ones share theirs with all that listens there."""
    lab, edge = shared
    client = _allocated(lab)
    assert client.permit(EDGE_INTERNAL).error is None
    before = edge.metrics().drops("peer_not_leased")
    client.send(EDGE_INTERNAL, port, b"OPTIONS sip:edge SIP/2.0\r\n\r\n")
    _wait_for_drop(edge, "peer_not_leased", before)
    assert client.bind(0x4000, EDGE_INTERNAL, port).error == 403


def test_rule_that_comes_later_ends_what_it_forbids(lab):
    """A permission is not only asked about when it is made."""
    edge = Edge(lab)
    client = _allocated(lab)
    peer, other = lab.udp_socket(lab.inside, INSIDE), lab.udp_socket(lab.inside, INSIDE_OTHERS[0])
    assert client.permit(INSIDE, INSIDE_OTHERS[0]).error is None
    rule = f'[[turn.peer_rule]]\naction = "deny"\nprefix = "{INSIDE}/32"\n'
    config = edge.config.read_text()
    edge.config.write_text(config.replace("[[turn.peer_rule]]", rule + "[[turn.peer_rule]]", 1))
    assert edge.ask("reload").returncode == 0
    assert client.permit(INSIDE).error == 403
    client.send(*peer.getsockname(), b"forbidden by now")
    client.send(*other.getsockname(), b"still allowed")
    assert other.recv(2048) == b"still allowed"
    peer.setblocking(False)
    with pytest.raises(BlockingIOError):
        peer.recv(2048)
    edge.stop()


# --- what is read of a message


def _with_more_behind(message, *attributes):
    body = message[20:] + b"".join(attributes)
    return message[:2] + struct.pack("!H", len(body)) + message[4:20] + body


@pytest.mark.parametrize("credentials", [turn.Credentials, turn.Sha256Credentials],
                         ids=["SHA-1", "SHA-256"])
def test_attributes_behind_the_integrity_mean_nothing(shared, credentials):
    """Whoever is on the way could have added them."""
    client = _allocated(shared[0], credentials=credentials())
    signed = client.credentials.sign(stun.REFRESH, [])
    response = client.ask(_with_more_behind(signed, stun.number(stun.LIFETIME, 0),
                                            stun.attribute(0x7F00, b"must be understood")))
    assert response.error is None and response.number(stun.LIFETIME) > 0
    assert client.permit(INSIDE).error is None


_BINDING = stun.message(stun.BINDING)


@pytest.mark.parametrize("datagram", [
    pytest.param(_BINDING[:2] + b"\xff\xfc" + _BINDING[4:], id="message"),
    pytest.param(_with_more_behind(_BINDING, b"\x00\x06\xff\xff" + bytes(8)), id="attribute"),
    pytest.param(b"\x40\x00\xff\xff" + bytes(100), id="ChannelData"),
    pytest.param(_with_more_behind(stun.message(stun.SEND, stun.peer_address(INSIDE, 4000)),
                                   b"\x00\x13\xff\xfe"), id="Send")])
def test_lengths_at_their_end_overflow_nothing(shared, datagram):
    client = _allocated(shared[0])
    client.way.send(datagram)
    assert client.binding() == client.way.socket.getsockname()


@pytest.mark.parametrize("channel", [0x0000, 0x3FFF, 0x5000, 0x7FFF, 0x8000, 0xFFFF])
def test_channel_numbers_end_at_0x4fff(shared, channel):
    client = _allocated(shared[0])
    assert client.bind(channel, INSIDE, 4000).error == 400
    assert client.bind(0x4FFF, INSIDE, 4000).error is None


@pytest.mark.parametrize("request_of", [
    pytest.param(lambda client: client.refresh(600), id="Refresh"),
    pytest.param(lambda client: client.permit(INSIDE), id="CreatePermission"),
    pytest.param(lambda client: client.bind(0x4000, INSIDE, 4000), id="ChannelBind")])
def test_requests_without_an_allocation_get_437(shared, request_of):
    client = turn.over_udp(shared[0])
    client.refresh(0)  # the kernel may have given it a port that an earlier test's client had
    assert request_of(client).error == 437


# --- what can be guessed


def test_relayed_ports_and_tokens_cannot_be_guessed(shared):
    reserving = stun.attribute(stun.EVEN_PORT, b"\x80")
    allocations = [turn.over_udp(shared[0]).allocate(reserving) for _ in range(40)]
    ports = [allocation.relayed[1] for allocation in allocations]
    steps = {after - before for before, after in zip(ports, ports[1:])}
    assert len(steps) > 30 and max(ports) - min(ports) > 3000, ports
    tokens = [allocation[stun.RESERVATION_TOKEN] for allocation in allocations]
    # A byte may name the worker; each of the others takes many values.
    varied = sum(len({token[index] for token in tokens}) > 20 for index in range(8))
    assert len(set(tokens)) == 40 and varied >= 7, tokens


def test_nonces_of_two_clients_have_nothing_in_common(shared):
    nonces = [turn.over_udp(shared[0]).ask(stun.message(stun.ALLOCATE))[stun.NONCE] for _ in range(40)]
    # Behind the cookie of RFC 8489 and the time: what only the server can make.
    assert len({nonce[-8:] for nonce in nonces}) == 40


# --- what costs nothing to ask for


def test_binding_and_challenge_are_small(shared):
    client = turn.over_udp(shared[0])
    assert len(client.ask(stun.message(stun.BINDING)).data) == 32
    challenge = client.ask(stun.message(stun.ALLOCATE))
    assert set(challenge.attributes) == {stun.ERROR_CODE, stun.REALM, stun.NONCE,
                                         stun.PASSWORD_ALGORITHMS}
    assert len(challenge.data) <= 100 + len(REALM)


def test_answers_to_strangers_are_rationed_and_clients_do_not_notice(lab):
    """A forged source must not make the edge flood whoever it belongs to."""
    edge = Edge(lab, limits={"unauthenticated_answers_per_second": 20})
    client = _allocated(lab)
    peer = lab.udp_socket(lab.inside, INSIDE)
    assert client.bind(0x4000, *peer.getsockname()).error is None
    flood = lab.udp_socket(lab.ext, EXT)
    for _ in range(2000):
        flood.sendto(stun.message(stun.ALLOCATE), (EDGE_EXTERNAL, STUN_PORT))
    client.send_channel_data(0x4000, b"unharmed")
    assert peer.recv(2048) == b"unharmed"
    assert client.refresh(600).error is None
    wait_until("the flood to be over", lambda: edge.metrics().drops("answer_budget") > 1500)
    flood.setblocking(False)
    answers = 0
    with pytest.raises(BlockingIOError):
        while flood.recv(2048):
            answers += 1
    assert 0 < answers < 500
    edge.stop()


def _client_hello(lab):
    """The first datagram of a DTLS client."""
    listener = lab.udp_socket(lab.ext, EXT)
    asking = lab.start(lab.ext, ["openssl", "s_client", "-dtls1_2", "-connect",
                                 "%s:%d" % listener.getsockname()], "s_client")
    hello = listener.recv(2048)
    asking.kill()
    return hello


def test_dtls_takes_no_memory_before_the_cookie_comes_back(lab):
    edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=Authority(lab.directory).issue())
    hello = _client_hello(lab)
    for _ in range(300):
        udp = lab.udp_socket(lab.ext, EXT)
        udp.sendto(hello, (EDGE_EXTERNAL, STUN_PORT))
        answer = udp.recv(2048)
        # A handshake record (22) with HelloVerifyRequest (3), smaller than what asked for it.
        assert answer[0] == 22 and answer[13] == 3 and len(answer) <= len(hello)
    assert edge.metrics().total("avedge_client_connections") == 0
    edge.stop()


# --- what is given back


def test_even_port_leaks_no_port(shared):
    lab, edge = shared
    before = edge.metrics().total("avedge_ports_in_use")
    for _ in range(20):
        single = _allocated(lab, stun.attribute(stun.EVEN_PORT, b"\x00"))
        assert single.relayed[1] % 2 == 0
        first = turn.over_udp(lab)
        token = first.allocate(stun.attribute(stun.EVEN_PORT, b"\x80"))[stun.RESERVATION_TOKEN]
        second = _allocated(lab, stun.attribute(stun.RESERVATION_TOKEN, token))
        for client in single, first, second:
            assert client.refresh(0).error is None
    # Of earlier tests reservations may run out meanwhile: fewer is fine.
    wait_until("all ports to be free", lambda: edge.metrics().total("avedge_ports_in_use") <= before)


# --- what clients call themselves


def _time_limited(name):
    user = f"{int(time.time()) + 3600}:{name}"
    password = base64.b64encode(hmac.new(SECRET.encode(), user.encode(), hashlib.sha1).digest()).decode()
    return turn.Credentials(user, password)


_NAMES = ["%s%s%n%x%p", "' OR 1=1; DROP TABLE users; --", "a\nallocation closed user=mallory",
          'x"} 1\nevil{y="', "\x1b[2J", "ünïcödé", "{}{0}{:n}", "n" * 400]


@pytest.mark.parametrize("name", _NAMES, ids=range(len(_NAMES)))
def test_user_names_are_never_a_format_a_query_or_a_label(shared, name):
    lab, edge = shared
    lines = edge.process.output().count("\n")
    client = _allocated(lab, credentials=_time_limited(name))
    assert client.refresh(0).error is None
    wait_until("both lines of the log",
               lambda: edge.process.output().count("allocation closed") >= 1
               and edge.process.output().count("\n") >= lines + 2)
    said = edge.process.output()
    assert "\x1b" not in said and "\nallocation closed user=mallory" not in said
    metrics = edge.metrics()
    assert "evil" not in metrics.text and name not in metrics.text
    assert not re.search(r"user(name)?=", metrics.text)


# --- what an operator does


def test_sighup_and_admin_nonsense_are_survived(lab, edge):
    client = _allocated(lab)
    for _ in range(20):
        edge.process.signal(signal.SIGHUP)
    for nonsense in (b"\0" * 100, b"{" * 5000, b'{"command": "status", "password": "wrong"}\n',
                     b"%n%n%n\n"):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(lab.directory / "admin.sock"))
            admin.sendall(nonsense)
    assert edge.ask("status").returncode == 0
    assert client.refresh(600).error is None


def test_relay_ports_that_the_kernel_may_give_away_are_warned_about(lab):
    lab.edge.sysctl("net.ipv4.ip_local_reserved_ports", "\n")
    edge = Edge(lab)
    edge.process.expect_output("ip_local_reserved_ports")
    edge.stop()
    lab.edge.sysctl("net.ipv4.ip_local_reserved_ports", "50000-59999")
    edge = Edge(lab)
    assert "ip_local_reserved_ports" not in edge.process.output()
    edge.stop()


# --- 1:1 NAT


_PUBLIC, _PUBLIC6 = "192.0.2.7", "2001:db8:7::7"


def test_dual_allocation_works_behind_nat(lab):
    edge = Edge(lab, internal=((EDGE_INTERNAL, _PUBLIC), (EDGE_INTERNAL6, _PUBLIC6)))
    client, other = turn.over_udp(lab), turn.over_udp(lab)
    both = stun.first_byte(stun.ADDITIONAL_ADDRESS_FAMILY, stun.IPV6)
    relayed, far = client.allocate(both).relayed_addresses, other.allocate(both).relayed_addresses
    assert sorted(address for address, _ in relayed) == sorted([_PUBLIC, _PUBLIC6])
    # The NAT would have translated: what comes to the local address is the client's.
    ports = dict(relayed)
    assert client.permit(INSIDE, INSIDE6).error is None
    for host, local, public in ((INSIDE, EDGE_INTERNAL, _PUBLIC), (INSIDE6, EDGE_INTERNAL6, _PUBLIC6)):
        peer = lab.udp_socket(lab.inside, host)
        peer.sendto(b"through the NAT", (local, ports[public]))
        assert client.receive_data() == (peer.getsockname()[:2], b"through the NAT")
    # Relay to relay: each knows the other by its public address.
    for one, here in ((client, far), (other, relayed)):
        for index, peer in enumerate(sorted(here)):
            assert one.bind(0x4000 + index, *peer).error is None
    for channel in 0x4000, 0x4001:
        client.send_channel_data(channel, b"to the other")
        assert other.receive_channel_data() == (channel, b"to the other")
    edge.stop()
