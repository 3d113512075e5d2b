"""What arrives for leased ports comes by one socket of the worker: the same datagrams, the same
refusals, the same errors as by sockets of their own."""

import signal
import socket
import struct

import pytest

import ng
import stun
import turn
from edge import BOTH_FAMILIES, Edge, binary, write_config
from lab import EDGE_EXTERNAL6, EDGE_INTERNAL, EXT, EXT6, INSIDE, INSIDE6, wait_until
from rights import as_the_service, needs_bpf, rights_left

pytestmark = needs_bpf

_CHANNEL = 0x4001


class _Relayed:
    """A client outside with a channel to a peer inside."""

    def __init__(self, lab, ipv6=False, **options):
        self.lab = lab
        self.edge = Edge(lab, ingress="fan-in", **BOTH_FAMILIES, **options)
        self.peer = lab.udp_socket(lab.inside, INSIDE6 if ipv6 else INSIDE)
        self.client = (turn.over_udp(lab, address=EXT6, server=EDGE_EXTERNAL6) if ipv6
                       else turn.over_udp(lab))
        self.relayed = self.allocate(*(
            [stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, stun.IPV6)] if ipv6 else []))

    def allocate(self, *more):
        allocated = self.client.allocate(*more)
        assert not allocated.error, allocated.error
        assert not self.client.bind(_CHANNEL, *self.peer.getsockname()[:2]).error
        return allocated.address(stun.XOR_RELAYED_ADDRESS)

    def fanned_in(self):
        return self.edge.metrics().total("avedge_fanned_in_total")

    def comes_back(self, data):
        self.peer.sendto(data, self.relayed)
        return self.client.receive_channel_data()[1] == data


@pytest.fixture(params=[False, True], ids=["IPv4", "IPv6"])
def relayed(lab, request):
    made = _Relayed(lab, request.param)
    yield made
    made.edge.stop()


def test_every_datagram_from_a_peer_comes_by_fan_in(relayed):
    for number in range(100):
        assert relayed.comes_back(b"%d" % number)
    assert relayed.fanned_in() == 100


def test_what_clients_send_does_not(relayed):
    for number in range(10):
        relayed.client.send_channel_data(_CHANNEL, b"%d" % number)
        assert relayed.peer.recv(100) == b"%d" % number
    assert relayed.fanned_in() == 0


def test_a_stranger_is_refused(relayed):
    address = EXT6 if ":" in relayed.relayed[0] else EXT
    stranger = relayed.lab.udp_socket(relayed.lab.ext, address)
    stranger.sendto(b"let me in", relayed.relayed)
    wait_until("the stranger to be refused", lambda: relayed.edge.metrics().drops("no_permission") == 1)
    assert relayed.comes_back(b"still here")


def test_a_port_that_was_given_back_is_closed(relayed):
    """The kernel says so itself, as of any port that nobody listens on."""
    assert relayed.comes_back(b"while it is leased")
    assert not relayed.client.refresh(0).error
    relayed.peer.connect(relayed.relayed)
    relayed.peer.settimeout(1)

    def refused():
        """The answer to the client left before the port was closed."""
        try:
            relayed.peer.send(b"anybody?")
            return not relayed.peer.recv(100)
        except TimeoutError:
            return False
        except ConnectionRefusedError:
            return True
    wait_until("the port to be closed", refused)
    assert relayed.fanned_in() == 1


def test_rfc8656_11_5_a_peer_that_is_gone_is_reported(relayed):
    """The kernel keeps no error for a socket that it does not look for."""
    peer = relayed.peer.getsockname()[:2]
    relayed.peer.close()
    relayed.client.send_channel_data(_CHANNEL, b"anybody?")
    data = stun.Message(relayed.client.receive())
    assert data.kind == stun.DATA
    assert data.address(stun.XOR_PEER_ADDRESS) == peer
    assert stun.ICMP in data


def test_a_run_of_datagrams_comes_apart_as_it_was_sent(lab):
    """The sender's kernel passes it on in one piece (UDP_SEGMENT)."""
    made = _Relayed(lab)
    lab.inside.run(["ethtool", "-K", "eth0", "tx-udp-segmentation", "on"], check=True)
    made.peer.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, 100)
    made.peer.sendto(b"".join(bytes([number]) * 100 for number in range(20)) + b"rest", made.relayed)
    assert [made.client.receive_channel_data()[1] for _ in range(21)] == [
        *(bytes([number]) * 100 for number in range(20)), b"rest"]
    assert made.fanned_in() == 21
    made.edge.stop()


def test_every_range_of_an_address_is_steered(lab):
    """Ports between two ranges are nobody's."""
    made = _Relayed(lab, internal_ports="50000-50003", more=_SECOND_RANGE)
    assert made.comes_back(b"by one range or the other")
    others = [turn.over_udp(lab) for _ in range(7)]
    relayed = {made.relayed[1]}
    for client in others:
        allocated = client.allocate()
        assert not allocated.error, allocated.error
        assert not client.bind(_CHANNEL, *made.peer.getsockname()[:2]).error
        address = allocated.address(stun.XOR_RELAYED_ADDRESS)
        made.peer.sendto(b"%d" % address[1], address)
        assert client.receive_channel_data()[1] == b"%d" % address[1]
        relayed.add(address[1])
    assert relayed == {*range(50000, 50004), *range(59996, 60000)}
    assert made.fanned_in() == 8
    made.edge.stop()


def test_errors_that_quote_others_datagrams_are_not_believed(lab):
    """Forged ones, of a host inside: about ports of ours and other protocols, about ports of nobody."""
    made = _Relayed(lab)
    peer = made.peer.getsockname()[:2]
    with lab.inside.entered():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    ours, nobodys = made.relayed, (made.relayed[0], 49999)
    for quoted in (_quote(ours, peer, socket.IPPROTO_TCP), _quote(nobodys, peer),
                   _quote(ours, peer)[:20], _quote((INSIDE, ours[1]), peer), b"", b"\x45"):
        raw.sendto(_icmp_error(quoted), (EDGE_INTERNAL, 0))
    raw.sendto(_icmp_error(_quote(ours, peer)), (EDGE_INTERNAL, 0))
    data = stun.Message(made.client.receive())
    assert stun.ICMP in data and data.address(stun.XOR_PEER_ADDRESS) == peer
    assert made.comes_back(b"and nothing else came before this")
    made.edge.stop()


def test_what_finds_the_shared_queue_full_is_counted(lab):
    made = _Relayed(lab)
    made.edge.process.signal(signal.SIGSTOP)
    for _ in range(40_000):
        made.peer.sendto(b"x" * 200, made.relayed)
    made.edge.process.signal(signal.SIGCONT)
    wait_until("the overflow to be counted",
               lambda: made.edge.metrics().total("avedge_receive_queue_overflows_total") > 0)
    made.edge.stop()


def test_a_call_is_anchored(lab):
    edge = Edge(lab, ingress="fan-in", more=ng.LISTENERS)
    client, parties = ng.Client(lab), ng.Parties(lab)
    offered = client.sdp(ng.offer("call", ng.audio(*ng.CALLER)))
    answered = client.sdp(ng.answer("call", ng.audio(*ng.CALLEE)))
    seen_outside, seen_inside = parties.exchange(offered, answered)
    assert (seen_outside, seen_inside) == (ng.place(answered), ng.place(offered))
    wait_until("both to be counted", lambda: edge.metrics().total("avedge_fanned_in_total") == 2)
    client.ask(ng.delete("call"))
    edge.wait_until_no_port_is_in_use()
    edge.stop()


def test_what_comes_by_another_device_stays_out(lab):
    """The relayed address belongs to the inner device, and the edge's configuration binds it there."""
    made = _Relayed(lab, internal_device="internal")
    assert made.comes_back(b"by its own device")
    outside = lab.udp_socket(lab.ext, EXT)
    outside.connect(made.relayed)
    assert made.relayed[0] == EDGE_INTERNAL
    outside.send(b"by the other one")
    with pytest.raises(ConnectionRefusedError):
        outside.recv(100)
    assert made.fanned_in() == 1
    made.edge.stop()


def test_the_rights_that_the_service_gets_suffice(lab):
    made = _Relayed(lab, under=as_the_service("fan-in"))
    assert made.comes_back(b"with these rights")
    assert made.fanned_in() == 1
    made.edge.stop()


def test_the_rights_are_given_up_before_anybody_is_served(lab):
    made = _Relayed(lab, egress="frames")
    assert rights_left(made.edge.process.pid) == set()
    assert made.comes_back(b"without them")
    made.edge.stop()


def test_without_the_right_to_steer_it_says_so(lab):
    config = write_config(lab, ingress="fan-in")
    done = lab.edge.run(["setpriv", "--bounding-set", "-bpf,-sys_admin", "--inh-caps", "-bpf,-sys_admin",
                         binary(), "serve", "--config", config], cwd=lab.directory, timeout=60)
    assert done.returncode == 1, done.stdout
    assert "CAP_BPF" in done.stdout


def _quote(source, destination, protocol=socket.IPPROTO_UDP):
    """The beginning of a datagram, as ICMP quotes it."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, protocol, 0,
                     socket.inet_aton(source[0]), socket.inet_aton(destination[0]))
    return ip + struct.pack("!HHHH", source[1], destination[1], 8, 0)


def _icmp_error(quoted):
    """Port unreachable (RFC 792), with its checksum (RFC 1071)."""
    message = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
    total = sum(struct.unpack(f"!{(len(message) + 1) // 2}H", message + b"\0" * (len(message) % 2)))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return message[:2] + struct.pack("!H", ~total & 0xFFFF) + message[4:]


_SECOND_RANGE = """
[[relay]]
interface = "internal"
ports = "59996-59999"
"""

# linux/udp.h
_UDP_SEGMENT = 103
