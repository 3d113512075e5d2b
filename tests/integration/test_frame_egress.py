"""What leaves as frames of the edge's own takes the way that the kernel would take, whatever becomes of
that way: changed neighbours, routes, devices and sizes."""

import ctypes
import fcntl
import socket
import struct

import pytest

import stun
import turn
from edge import BOTH_FAMILIES, Edge, binary, write_config
from lab import EDGE_EXTERNAL6, EXT6, INSIDE, INSIDE6, wait_until
from rights import as_the_service, rights_left

_CHANNEL = 0x4001


class _Relayed:
    """A client outside with a channel to a peer inside, by an edge that writes frames."""

    def __init__(self, lab, ipv6=False, **options):
        self.lab = lab
        self.edge = Edge(lab, egress="frames", **BOTH_FAMILIES, **options)
        self.peer = lab.udp_socket(lab.inside, INSIDE6 if ipv6 else INSIDE)
        self.peer.settimeout(0.2)
        self.client = (turn.over_udp(lab, address=EXT6, server=EDGE_EXTERNAL6) if ipv6
                       else turn.over_udp(lab))
        family = [stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, stun.IPV6)] if ipv6 else []
        allocated = self.client.allocate(*family)
        assert not allocated.error, allocated.error
        self.relayed = allocated.address(stun.XOR_RELAYED_ADDRESS)
        assert not self.client.bind(_CHANNEL, *self.peer.getsockname()[:2]).error

    def frames(self):
        return self.edge.metrics().total("avedge_frames_sent_total")

    def passes(self, data=b"up"):
        """Whether one datagram reaches the peer."""
        self.client.send_channel_data(_CHANNEL, data)
        try:
            return self.peer.recv(65535) == data
        except socket.timeout:
            return False

    def comes_back(self, data=b"down"):
        self.peer.sendto(data, self.relayed)
        return self.client.receive_channel_data()[1] == data

    def wait_until_frames_leave(self):
        """The first datagram asks for the neighbour; those after it leave as frames."""
        def one_left():
            before = self.frames()
            assert self.passes()
            return self.frames() > before
        wait_until("a datagram to leave as a frame", one_left)


@pytest.fixture
def relayed(lab):
    made = _Relayed(lab)
    made.wait_until_frames_leave()
    yield made
    made.edge.stop()


def test_both_directions_leave_as_frames(relayed):
    def both_left():
        before = relayed.frames()
        assert relayed.passes() and relayed.comes_back()
        return relayed.frames() == before + 2
    wait_until("a datagram of each direction to leave as a frame", both_left)


def test_ipv6_leaves_as_frames(lab):
    made = _Relayed(lab, ipv6=True)
    made.wait_until_frames_leave()
    assert made.comes_back()
    made.edge.stop()


def test_the_checksum_is_right_where_no_card_completes_it(relayed):
    """The receiving kernel drops what has a wrong one."""
    _switch_off_checksum_offload(relayed.lab.edge, "internal")
    before = relayed.frames()
    assert all(relayed.passes(b"x" * size) for size in (1, 2, 171, 172, 1200))
    assert relayed.frames() >= before + 4


def test_a_neighbour_that_moved_is_followed(relayed):
    """The peer's host has another hardware address, and the kernel has heard of it."""
    moved = "02:00:00:00:00:77"
    relayed.lab.inside.ip("link", "set", "eth0", "address", moved)
    relayed.lab.edge.ip("neigh", "replace", INSIDE, "lladdr", moved, "dev", "internal")
    wait_until("datagrams to pass again", relayed.passes)
    relayed.wait_until_frames_leave()


def test_a_route_that_was_taken_away_is_not_used(relayed):
    relayed.lab.edge.ip("route", "add", "unreachable", f"{INSIDE}/32")
    wait_until("nothing to pass", lambda: not relayed.passes())
    before = relayed.frames()
    assert not relayed.passes()
    assert relayed.frames() == before
    relayed.lab.edge.ip("route", "del", "unreachable", f"{INSIDE}/32")
    relayed.wait_until_frames_leave()


def test_what_is_larger_than_the_device_takes_is_fragmented_by_the_kernel(relayed):
    relayed.lab.edge.ip("link", "set", "internal", "mtu", "1280")

    def left_to_the_kernel():
        before = relayed.frames()
        return relayed.passes(b"x" * 1300) and relayed.frames() == before
    wait_until("a large datagram to be left to the kernel", left_to_the_kernel)
    relayed.wait_until_frames_leave()


def test_a_device_that_comes_back_is_used_again(relayed):
    relayed.lab.edge.ip("link", "set", "internal", "down")
    assert not relayed.passes()
    relayed.lab.edge.ip("link", "set", "internal", "up")
    wait_until("datagrams to pass again", relayed.passes)
    relayed.wait_until_frames_leave()


def test_the_order_is_kept(relayed):
    """Now and then one datagram leaves by its socket, between those that leave as frames."""
    count = 3000
    expected = 0
    for first in range(0, count, 50):
        for number in range(first, first + 50):
            relayed.client.send_channel_data(_CHANNEL, b"%d" % number)
        for _ in range(50):
            assert relayed.peer.recv(100) == b"%d" % expected
            expected += 1


def test_the_rights_that_the_service_gets_suffice(lab):
    made = _Relayed(lab, under=as_the_service("frames"))
    made.wait_until_frames_leave()
    assert rights_left(made.edge.process.pid) == set()
    made.edge.stop()


def test_without_the_right_to_write_frames_it_says_so(lab):
    config = write_config(lab, egress="frames")
    done = lab.edge.run(["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", binary(),
                         "serve", "--config", config], cwd=lab.directory, timeout=60)
    assert done.returncode == 1, done.stdout
    assert "CAP_NET_RAW" in done.stdout


def _switch_off_checksum_offload(host, device):
    """As `ethtool -K DEVICE tx off` does (linux/ethtool.h)."""
    siocethtool, stxcsum = 0x8946, 0x17
    value = struct.pack("=II", stxcsum, 0)
    with host.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        buffer = bytearray(value)
        address = (struct.pack("P", _address_of(buffer)))
        fcntl.ioctl(any_socket.fileno(), siocethtool, struct.pack("16s8s8x", device.encode(), address))


def _address_of(buffer):
    return ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))
