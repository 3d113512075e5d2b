"""TCP allocations of RFC 6062: coturn's client relays to itself, a scripted one does the rest."""

import threading

import pytest

import stun
import turn
import uclient
from certificates import Authority
from edge import EVERY_LISTENER, SIP_PORT, STUN_PORT, Edge, parse_json, run
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, INSIDE, INSIDE_OTHERS, wait_until

_MODES = {
    "tcp": uclient.Mode(6, 30, "-T"),
    "tls": uclient.Mode(6, 30, "-T", "-S"),
    "large_messages": uclient.Mode(4, 30, "-T", "-l", "1200"),
}


class _Running:
    def __init__(self, lab):
        self.lab = lab
        self.authority = Authority(lab.directory)
        self.edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=self.authority.issue(),
                         turn={"tcp_relay": True}, limits={"half_open_per_source": 1000})

    def connect(self, secure=False):
        return turn.connect(self.lab, authority=self.authority if secure else None)

    def client(self, secure=False):
        """With a TCP allocation; `.relayed` is its address."""
        client = turn.TurnClient(self.connect(secure), turn.Credentials())
        client.relayed = client.allocate(protocol=stun.TCP).relayed
        return client

    def listener(self, address=INSIDE):
        peer = self.lab.tcp_socket(self.lab.inside, address)
        peer.listen()
        return peer

    def bind(self, connection, secure=False, credentials=turn.Credentials, behind=b""):
        """A new connection to the edge that asks for `connection`, with bytes right `behind` the
        request; the response and what is a Stream of the peer's bytes from then on."""
        way, asked = self.connect(secure), credentials()
        wanted = [stun.number(stun.CONNECTION_ID, connection)]
        # It has a nonce of its own (RFC 8489 §9.2.4).
        asked.learn(turn.TurnClient(way, asked).ask(asked.sign(stun.CONNECTION_BIND, wanted)))
        way.socket.sendall(asked.sign(stun.CONNECTION_BIND, wanted) + behind)
        return stun.Message(way.receive()), way

    def joined(self, secure=False):
        """A client, its data connection, and the peer's end, by Connect."""
        client, listener = self.client(secure), self.listener()
        response = _connect(client, *listener.getsockname())
        assert response.error is None
        peer, _ = listener.accept()
        bound, data = self.bind(response.number(stun.CONNECTION_ID), secure)
        assert bound.error is None
        return client, data, turn.Stream(peer)


def _connect(client, address, port):
    """Asks for no permission first: RFC 6062 §5.2 wants none."""
    return client.request(stun.CONNECT, stun.peer_address(address, port))


def _attempt(client):
    """The connection id and the peer of the next ConnectionAttempt."""
    attempt = stun.Message(client.receive())
    assert attempt.kind == stun.CONNECTION_ATTEMPT, hex(attempt.kind)
    return attempt.number(stun.CONNECTION_ID), attempt.address(stun.XOR_PEER_ADDRESS)


@pytest.fixture(scope="module")
def running(module_lab):
    made = _Running(module_lab)
    yield made
    made.edge.stop()


@pytest.fixture(scope="module")
def clients(running):
    return uclient.run_all(running.lab, _MODES)


@pytest.mark.parametrize("mode", _MODES)
def test_coturns_clients_lose_nothing(clients, mode):
    _MODES[mode].assert_no_loss(clients[mode])


def _carry(sender, receiver, size=1 << 20):
    """More than the buffers on the way hold; the sender's end is closed behind it."""
    text = bytes(range(251)) * (size // 251)

    def send():
        sender.socket.sendall(text)
        sender.close()

    writer = threading.Thread(target=send)
    writer.start()
    assert receiver.ended() == text
    writer.join()


@pytest.mark.parametrize("towards", ["peer", "client"])
@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
def test_rfc6062_4_3_connect_joins_the_client_and_the_peer(running, secure, towards):
    """All that was sent arrives, and then the end of it."""
    _, data, peer = running.joined(secure)
    data.socket.sendall(b"hello")
    assert peer.read(5) == b"hello"
    peer.socket.sendall(b"hello yourself")
    assert data.read(14) == b"hello yourself"
    _carry(*((data, peer) if towards == "peer" else (peer, data)))


def test_connect_leaves_from_the_relayed_address(running):
    client, listener = running.client(), running.listener()
    assert _connect(client, *listener.getsockname()).error is None
    assert listener.accept()[1] == client.relayed


def test_connections_of_one_allocation_are_kept_apart(running):
    """More of them than the edge has workers: each data connection finds its allocation."""
    client = running.client()
    pairs = []
    for address in [INSIDE, *INSIDE_OTHERS] * 3:
        listener = running.listener(address)
        connection = _connect(client, *listener.getsockname()).number(stun.CONNECTION_ID)
        peer, _ = listener.accept()
        bound, data = running.bind(connection)
        assert bound.error is None
        pairs.append((data, turn.Stream(peer)))
    for index, (data, peer) in enumerate(pairs):
        data.socket.sendall(b"to peer %d" % index)
        peer.socket.sendall(b"to client %d" % index)
    for index, (data, peer) in enumerate(pairs):
        assert peer.read(9) == b"to peer %d" % index
        assert data.read(11) == b"to client %d" % index


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
def test_rfc6062_4_4_peer_that_connects_is_announced(running, secure):
    client = running.client(secure)
    assert client.permit(INSIDE).error is None
    peer = running.lab.tcp_socket(running.lab.inside, INSIDE)
    peer.connect(client.relayed)
    peer.sendall(b"spoken before anybody bound")
    connection, address = _attempt(client)
    assert address == peer.getsockname()
    bound, data = running.bind(connection, secure)
    assert bound.error is None
    assert data.read(27) == b"spoken before anybody bound"
    data.socket.sendall(b"heard")
    assert turn.Stream(peer).read(5) == b"heard"


def test_what_stands_behind_connection_bind_belongs_to_the_peer(running):
    client, listener = running.client(), running.listener()
    connection = _connect(client, *listener.getsockname()).number(stun.CONNECTION_ID)
    peer, _ = listener.accept()
    bound, _data = running.bind(connection, behind=b"at once")
    assert bound.error is None
    assert turn.Stream(peer).read(7) == b"at once"


def test_peer_without_permission_is_turned_away(running):
    before = running.edge.metrics().drops("no_permission")
    client = running.client()
    assert client.permit(INSIDE).error is None
    stranger = running.lab.tcp_socket(running.lab.inside, INSIDE_OTHERS[0])
    stranger.connect(client.relayed)
    assert turn.Stream(stranger).ended() == b""
    assert running.edge.metrics().drops("no_permission") == before + 1
    # The first to be announced is the one who may.
    peer = running.lab.tcp_socket(running.lab.inside, INSIDE)
    peer.connect(client.relayed)
    assert _attempt(client)[1] == peer.getsockname()


def test_446_for_a_second_connection_to_the_same_peer(running):
    client, listener, other = running.client(), running.listener(), running.listener()
    assert _connect(client, *listener.getsockname()).error is None
    assert _connect(client, *listener.getsockname()).error == 446
    # Another port is another peer.
    assert _connect(client, *other.getsockname()).error is None


def test_447_for_a_peer_that_does_not_take_the_connection(running):
    client = running.client()
    assert _connect(client, INSIDE, 9).error == 447
    assert _connect(client, INSIDE, 9).error == 447, "a failed attempt is over"


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.99.0.1", "169.254.169.254", EDGE_EXTERNAL])
def test_403_for_a_forbidden_peer(running, peer):
    assert _connect(running.client(), peer, 80).error == 403


@pytest.mark.parametrize("port", [SIP_PORT, 9464, 49999])
def test_403_for_services_of_the_edge(running, port):
    """Of its own addresses only relayed ones are peers, and only those that are leased."""
    assert _connect(running.client(), EDGE_INTERNAL, port).error == 403


def test_400_for_connect_without_a_peer_and_437_without_an_allocation(running):
    assert running.client().request(stun.CONNECT).error == 400
    stranger = turn.TurnClient(running.connect(), turn.Credentials())
    assert _connect(stranger, INSIDE, 80).error == 437


@pytest.mark.parametrize("unfitting", [
    pytest.param(stun.attribute(stun.DONT_FRAGMENT), id="DONT-FRAGMENT"),
    pytest.param(stun.attribute(stun.EVEN_PORT, b"\x00"), id="EVEN-PORT"),
    pytest.param(stun.attribute(stun.RESERVATION_TOKEN, bytes(8)), id="RESERVATION-TOKEN")])
def test_rfc6062_5_1_400_for_what_is_of_udp(running, unfitting):
    client = turn.TurnClient(running.connect(), turn.Credentials())
    assert client.allocate(unfitting, protocol=stun.TCP).error == 400


def test_rfc6062_5_1_400_for_a_tcp_allocation_asked_for_over_udp(running):
    assert turn.over_udp(running.lab).allocate(protocol=stun.TCP).error == 400


def test_rfc6062_5_4_connection_is_bound_once_and_by_its_user(running):
    client, listener = running.client(), running.listener()
    connection = _connect(client, *listener.getsockname()).number(stun.CONNECTION_ID)
    peer, _ = listener.accept()
    assert running.bind(connection ^ 1)[0].error == 400
    assert running.bind(connection, credentials=_another_user(running))[0].error is not None
    bound, data = running.bind(connection)
    assert bound.error is None
    assert running.bind(connection)[0].error == 400
    data.socket.sendall(b"still mine")
    assert turn.Stream(peer).read(10) == b"still mine"


def _another_user(running):
    made = parse_json(run(running.lab, "credentials", "bob", "--ttl", "1h", "--config",
                          running.edge.config, "--json"))
    return lambda: turn.Credentials(made["username"], made["credential"])


@pytest.mark.parametrize("leaver", ["client", "peer"])
def test_either_side_ends_both(running, leaver):
    _, data, peer = running.joined()
    (data if leaver == "client" else peer).close()
    assert (peer if leaver == "client" else data).ended() == b""


def test_peer_may_be_called_again_when_its_connection_is_over(running):
    client, listener = running.client(), running.listener()
    connection = _connect(client, *listener.getsockname()).number(stun.CONNECTION_ID)
    peer, _ = listener.accept()
    _, data = running.bind(connection)
    # An orderly end by the peer first: then its own side, not the edge's, remembers the port pair.
    peer.close()
    assert data.ended() == b""
    wait_until("a second call to be taken",
               lambda: _connect(client, *listener.getsockname()).error is None)


def test_end_of_the_allocation_is_the_end_of_its_connections(running):
    client, data, peer = running.joined()
    assert client.refresh(0).error is None
    assert data.ended() == b"" and peer.ended() == b""


def test_client_that_leaves_takes_its_connections_along(running):
    client, data, peer = running.joined()
    client.way.close()
    assert data.ended() == b"" and peer.ended() == b""


def test_nothing_is_left_behind(running):
    """Reads what the tests above have left: clients that were dropped without a word."""
    client, data, peer = running.joined()
    for end in (client.way, data, peer):
        end.close()
    running.edge.wait_until_no_port_is_in_use()
    assert running.edge.metrics().total("avedge_allocations") == 0


def test_tcp_allocations_are_off_unless_configured(lab):
    edge = Edge(lab, listeners=[{"bind": f"external:{STUN_PORT}", "transports": ["tcp"]}])
    assert turn.over_stream(lab).allocate(protocol=stun.TCP).error == 442
    edge.stop()
