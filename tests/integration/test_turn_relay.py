"""TURN over UDP with coturn's client: whatever it sends comes back, and what must not pass does not."""

import pytest

import stun
import turn
import uclient
from edge import USER, Edge
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, INSIDE, INSIDE_OTHERS, PATIENCE, wait_until

_MODES = {
    "channels": uclient.Mode(24, 50),
    "send_indications": uclient.Mode(24, 50, "-s"),
    "padded_channels": uclient.Mode(20, 50, "-D"),
    "extra_requests": uclient.Mode(20, 50, "-s", "-G"),
    "large_messages_without_rtcp": uclient.Mode(20, 50, "-c", "-l", "1200"),
    "relay_to_relay": uclient.Mode(20, 25, "-y"),
}


@pytest.fixture(scope="module")
def relayed(module_lab):
    """All modes at once through one edge; the clients' processes after their end, and the edge."""
    edge = Edge(module_lab, lifetime=60)
    uclient.start_peer(module_lab)
    yield uclient.run_all(module_lab, _MODES), edge
    edge.stop()


@pytest.mark.parametrize("mode", _MODES)
def test_coturns_clients_lose_no_packet(relayed, mode):
    _MODES[mode].assert_no_loss(relayed[0][mode])


def test_coturns_clients_leave_no_port_in_use(relayed):
    """They give back most of their allocations and walk away from some: those end with their lifetime
    of 60 s, and a reservation that nobody came back for after 30 s (RFC 8656 §7.2)."""
    edge = relayed[1]
    edge.wait_until_no_port_is_in_use(seconds=60 + PATIENCE)
    metrics = edge.metrics()
    assert metrics.total("avedge_allocations") == 0
    messages = sum(mode.clients * mode.messages for mode in _MODES.values())
    assert metrics.total("avedge_packets_total") >= 2 * messages


def test_wrong_password_is_refused(lab, edge):
    done = lab.ext.run(uclient.command(password="wrong"), timeout=PATIENCE)
    assert done.returncode != 0, done.stdout
    assert "Cannot complete Allocation" in done.stdout
    assert turn.over_udp(lab, password="wrong").allocate().error == 401
    metrics = edge.metrics()
    assert metrics.drops("bad_credentials") >= 2
    assert metrics.total("avedge_ports_in_use") == 0


def test_unknown_user_is_refused_like_a_wrong_password(lab, edge):
    assert turn.over_udp(lab, user="nobody").allocate().error == 401
    assert edge.metrics().drops("bad_credentials") == 1


_FORBIDDEN_PEERS = ["127.0.0.1", "0.0.0.0", "10.99.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1",
                    "169.254.169.254", "224.0.0.1", "255.255.255.255", "198.51.100.20", EDGE_EXTERNAL]


def test_forbidden_peers_get_403_from_every_kind_of_request(lab, edge):
    client = turn.over_udp(lab)
    assert client.allocate().error is None
    for peer in _FORBIDDEN_PEERS:
        assert client.permit(peer).error == 403, peer
        assert client.bind(0x4000, peer, 4000).error == 403, peer
    # Decided for each address, answered for all: one allowed address admits no other.
    assert client.permit(INSIDE, "127.0.0.1").error == 403
    assert edge.metrics().drops("peer_forbidden") == 2 * len(_FORBIDDEN_PEERS) + 1


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.99.0.1"])
def test_forbidden_peer_ends_coturns_client_with_403(lab, edge, peer):
    done = lab.ext.run(uclient.command(peer=peer), timeout=PATIENCE)
    assert done.returncode != 0 and "error 403" in done.stdout, done.stdout


def test_only_permitted_peers_reach_the_client(lab, edge):
    client = turn.over_udp(lab)
    relayed = client.allocate().relayed
    assert relayed[0] == EDGE_INTERNAL
    permitted, other = lab.udp_socket(lab.inside, INSIDE), lab.udp_socket(lab.inside, INSIDE_OTHERS[0])
    assert client.permit(INSIDE).error is None
    other.sendto(b"not permitted", relayed)
    wait_until("the stranger to be counted", lambda: edge.metrics().drops("no_permission") == 1)
    permitted.sendto(b"permitted", relayed)
    assert client.receive_data() == (permitted.getsockname(), b"permitted")


def test_lifetime_zero_frees_the_port_at_once(lab, edge):
    client = turn.over_udp(lab)
    assert client.allocate().error is None
    assert edge.metrics().total("avedge_ports_in_use") == 1
    assert edge.metrics().total("avedge_allocations") == 1
    assert client.refresh(0).error is None
    wait_until("the port to be free", lambda: edge.metrics().total("avedge_ports_in_use") == 0)
    assert edge.metrics().total("avedge_allocations") == 0
    assert client.refresh(600).error == 437


def test_allocations_are_logged_once_at_their_start_and_once_at_their_end(lab, edge):
    client = turn.over_udp(lab)
    relayed = "%s:%d" % client.allocate().relayed
    assert client.refresh(0).error is None
    edge.process.expect_output(r"allocation closed")
    for event in ("allocation opened", "allocation closed"):
        lines = [line for line in edge.process.output().splitlines() if event in line]
        assert len(lines) == 1 and relayed in lines[0] and USER in lines[0], lines


def test_even_port_gives_an_even_port(lab, edge):
    client = turn.over_udp(lab)
    _, port = client.allocate(stun.attribute(stun.EVEN_PORT, b"\x00")).relayed
    assert port % 2 == 0 and 50000 <= port <= 59999


def test_exhausted_ports_are_508_and_running_allocations_live_on(lab):
    edge = Edge(lab, internal_ports="50000-50003")
    echo = lab.udp_socket(lab.inside, INSIDE)
    clients = [turn.over_udp(lab) for _ in range(5)]
    outcomes = [client.allocate().error for client in clients]
    assert outcomes == [None, None, None, None, 508]
    assert clients[0].permit(INSIDE).error is None
    clients[0].send(*echo.getsockname(), b"still here")
    assert echo.recv(2048) == b"still here"
    assert edge.metrics().drops("ports_exhausted") == 1
    edge.stop()


def test_ports_taken_by_another_program_are_skipped(lab):
    taken = [lab.udp_socket(lab.edge, EDGE_INTERNAL, port) for port in range(50000, 50008)]
    edge = Edge(lab, internal_ports="50000-50015")
    ports = set()
    for _ in range(8):
        allocation = turn.over_udp(lab).allocate()
        assert allocation.error is None
        ports.add(allocation.relayed[1])
    assert ports == set(range(50008, 50016))
    assert turn.over_udp(lab).allocate().error == 508
    for udp in taken:
        udp.close()
    edge.stop()
