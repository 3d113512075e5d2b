"""Addresses of the edge's host that the configuration does not name: out of reach of TURN clients, but
for ports that a rule opens."""

import pathlib
import sys

import pytest

import stun
import turn
import without_netlink
from edge import (BOTH_FAMILIES, EDGE_EXTERNAL, EDGE_INTERNAL, SIP_PORT, STUN_PORT, UDP_LISTENER, Edge,
                  run, write_config)
from lab import INSIDE, INSIDE_OTHERS, PATIENCE, Lab, wait_until

_PUBLIC, _MANAGEMENT, _MANAGEMENT6 = "9.9.9.9", "10.77.0.99", "fd00:77::99"
_ANY_IP = "10.77.0.192"  # of a network that is routed to the host, and no device's address
_EVERY_TRANSPORT = ({"bind": f"external:{STUN_PORT}", "transports": ["udp", "tcp"]},)


@pytest.fixture(scope="module")
def shared(module_lab):
    """The host has addresses beside those of the edge, and the office's prefix is allowed."""
    host = module_lab.edge
    host.ip("addr", "add", f"{_PUBLIC}/32", "dev", "external")
    host.ip("addr", "add", f"{_MANAGEMENT}/24", "dev", "internal")
    host.ip("addr", "add", f"{_MANAGEMENT6}/64", "dev", "internal", "nodad")
    host.ip("route", "add", "local", f"{_ANY_IP}/28", "dev", "lo")
    edge = Edge(module_lab, **BOTH_FAMILIES, listeners=_EVERY_TRANSPORT, turn={"tcp_relay": True})
    yield module_lab, edge
    edge.stop()


def _over_udp(lab, family=stun.IPV4):
    client = turn.over_udp(lab)
    assert client.allocate(stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, family)).succeeded
    return client


@pytest.mark.parametrize("address", [_PUBLIC, _MANAGEMENT, _ANY_IP, "10.77.0.255", _MANAGEMENT6])
def test_permission_and_channel_are_refused(shared, address):
    lab, edge = shared
    before = edge.metrics().drops("peer_forbidden")
    client = _over_udp(lab, stun.IPV6 if ":" in address else stun.IPV4)
    assert client.permit(address).error == 403
    assert client.bind(0x4000, address, 161).error == 403
    assert edge.metrics().drops("peer_forbidden") == before + 2
    assert client.permit("fd00:77::20" if ":" in address else INSIDE).succeeded, "its neighbours"


@pytest.mark.parametrize("address", [_PUBLIC, _MANAGEMENT, _ANY_IP])
def test_connect_reaches_no_service_of_the_host(shared, address):
    lab, _ = shared
    client = turn.over_stream(lab)
    assert client.allocate(protocol=stun.TCP).succeeded
    service = lab.tcp_socket(lab.edge, address, 22)
    service.listen()
    service.setblocking(False)
    assert client.request(stun.CONNECT, stun.peer_address(address, 22)).error == 403
    with pytest.raises(BlockingIOError):
        service.accept()
    service.close()


def test_operator_hears_which_rule_is_missing(shared):
    lab, edge = shared
    _over_udp(lab).permit(_PUBLIC)
    edge.process.expect_output(r"peer refused: an address of this host.*ports = ")
    assert edge.metrics().total("avedge_local_addresses") > 5


def test_address_that_is_added_later_falls_silent(lab):
    """It was somebody else's when it was permitted, bound and connected to."""
    moving = INSIDE_OTHERS[0]
    edge = Edge(lab, listeners=_EVERY_TRANSPORT, turn={"tcp_relay": True})
    client, peer = _over_udp(lab), lab.udp_socket(lab.inside, moving, 4000)
    assert client.permit(moving).succeeded and client.bind(0x4000, moving, 4000).succeeded
    client.send_channel_data(0x4000, b"hello")
    assert peer.recv(2048) == b"hello"
    stream = turn.over_stream(lab)
    assert stream.allocate(protocol=stun.TCP).succeeded
    listener = lab.tcp_socket(lab.inside, moving, 4001)
    listener.listen()
    assert stream.request(stun.CONNECT, stun.peer_address(moving, 4001)).succeeded
    connection, _ = listener.accept()

    lab.edge.ip("addr", "add", f"{moving}/32", "dev", "internal")
    wait_until("the permission to be taken back", lambda: client.permit(moving).error == 403)
    taken = lab.udp_socket(lab.edge, moving, 4000)
    before = edge.metrics()
    client.send_channel_data(0x4000, b"by channel")
    client.send(moving, 4000, b"by indication")
    wait_until("both to be refused", lambda: edge.metrics().drops("no_channel") == before.drops("no_channel") + 1
               and edge.metrics().drops("no_permission") == before.drops("no_permission") + 1)
    taken.setblocking(False)
    with pytest.raises(BlockingIOError):
        taken.recv(2048)
    assert stream.request(stun.CONNECT, stun.peer_address(moving, 4001)).error == 403
    lab.edge.ip("addr", "del", f"{moving}/32", "dev", "internal")  # so that packets reach it again
    assert _has_ended(connection)
    edge.stop()


def _has_ended(connection):
    """Its other end is gone: it says so itself, or its kernel does when it hears of it again."""
    connection.settimeout(PATIENCE)
    try:
        connection.sendall(b"still there?")
        return connection.recv(1) == b""
    except ConnectionError:
        return True


# --- a media server that shares the TURN server's address: BigBlueButton, Nextcloud Talk, Jitsi, …


_SERVER_PORTS = "4000-20000"


@pytest.fixture(scope="module", params=["the relayed address", "another address"])
def beside(request):
    """An edge whose host runs a media server on ports that a rule opens, and the server's address; in
    a lab of its own, for the one of the file has an edge already."""
    with Lab() as own_lab:
        own_lab.edge.ip("addr", "add", f"{_PUBLIC}/32", "dev", "external")
        address = EDGE_INTERNAL if request.param == "the relayed address" else _PUBLIC
        edge = Edge(own_lab, listeners=_EVERY_TRANSPORT, turn={"tcp_relay": True},
                    peer_rules=[("allow", f"{address}/32", _SERVER_PORTS)])
        yield own_lab, edge, address
        edge.stop()


def test_media_server_on_the_edges_own_address_is_reached(beside):
    lab, _, address = beside
    server, client = lab.udp_socket(lab.edge, address, 16384), _over_udp(lab)
    assert client.permit(address).succeeded
    client.send(address, 16384, b"by indication")
    data, relayed = server.recvfrom(2048)
    assert (data, relayed[0]) == (b"by indication", EDGE_INTERNAL)
    server.sendto(b"back", relayed)
    assert client.receive_data() == ((address, 16384), b"back")
    assert client.bind(0x4000, address, 16384).succeeded
    client.send_channel_data(0x4000, b"by channel")
    assert server.recv(2048) == b"by channel"
    server.sendto(b"back by channel", relayed)
    assert client.receive_channel_data() == (0x4000, b"back by channel")
    server.close()


def test_other_ports_and_the_edges_own_stay_closed(beside):
    """The edge's SIP listener is within the ports of the rule."""
    lab, edge, address = beside
    client = _over_udp(lab)
    assert client.permit(address).succeeded
    for port in [22, 3999, 20001] + ([SIP_PORT] if address == EDGE_INTERNAL else []):
        before = edge.metrics().drops("peer_not_leased")
        client.send(address, port, b"is anybody there?")
        wait_until("it to be counted",
                   lambda was=before: edge.metrics().drops("peer_not_leased") == was + 1)
        assert client.bind(0x4000, address, port).error == 403, port
    stream = turn.over_stream(lab)
    assert stream.allocate(protocol=stun.TCP).succeeded
    assert stream.request(stun.CONNECT, stun.peer_address(address, 16384)).error == 403, "for UDP"


def test_only_open_ports_of_the_host_are_heard(beside):
    lab, edge, address = beside
    stranger, client = lab.udp_socket(lab.edge, address, 30000), turn.over_udp(lab)
    relayed = client.allocate().relayed
    assert client.permit(address).succeeded
    before = edge.metrics().drops("peer_not_leased")
    stranger.sendto(b"from a port that no rule opens", relayed)
    wait_until("it to be counted", lambda: edge.metrics().drops("peer_not_leased") == before + 1)
    stranger.close()


def test_rule_without_ports_opens_nothing_and_check_config_says_so(lab):
    config = write_config(lab, peer_rules=[("allow", f"{EDGE_INTERNAL}/32")])
    checked = run(lab, "check-config", config)
    assert checked.returncode == 0, checked.stdout
    assert f"'{EDGE_INTERNAL}' is an address of this host" in checked.stdout
    assert 'add ports = "FIRST-LAST"' in checked.stdout


def test_peer_rule_with_ports_holds_elsewhere_too(lab):
    edge = Edge(lab, peer_rules=[("allow", f"{INSIDE}/32", "4000-4001"),
                                 ("deny", f"{INSIDE_OTHERS[0]}/32", "53-53"), ("allow", "10.77.0.0/24")])
    client = _over_udp(lab)
    peer = lab.udp_socket(lab.inside, INSIDE_OTHERS[0], 54)
    assert client.permit(INSIDE_OTHERS[0]).succeeded
    client.send(INSIDE_OTHERS[0], 53, b"denied")
    client.send(INSIDE_OTHERS[0], 54, b"allowed")
    assert peer.recv(2048) == b"allowed"
    assert client.bind(0x4000, INSIDE_OTHERS[0], 53).error == 403
    assert edge.metrics().drops("peer_not_leased") == 1
    edge.stop()


# --- where the kernel does not tell its addresses


@pytest.mark.skipif(not without_netlink.is_supported(), reason="system calls have other numbers here")
def test_without_netlink_the_edge_says_so_and_works(lab):
    script = pathlib.Path(without_netlink.__file__)
    edge = Edge(lab, under=[sys.executable, script], listeners=(UDP_LISTENER,))
    edge.process.expect_output("the kernel does not tell the addresses of this host")
    assert edge.metrics().total("avedge_local_addresses") == 0
    client, peer = _over_udp(lab), lab.udp_socket(lab.inside, INSIDE, 4000)
    for own in (EDGE_EXTERNAL, "127.0.0.1"):
        assert client.permit(own).error == 403, "what the configuration names stays out of reach"
    assert client.permit(INSIDE).succeeded
    client.send(INSIDE, 4000, b"hello")
    assert peer.recv(2048) == b"hello"
    edge.stop()
