"""What one client can take of the edge, and what happens to the one who takes more; certificates that
change under way."""

import socket
import ssl
import struct

import pytest

import stun
import turn
import uclient
from certificates import Authority
from edge import EVERY_LISTENER, PASSWORD, STUN_PORT, USER, Edge, run, write_config
from lab import EDGE_EXTERNAL, EXT, EXT_OTHERS, INSIDE, PATIENCE, wait_until

_USERS = {USER: PASSWORD, "bob": "another"}


def _bob(lab, **options):
    return turn.over_udp(lab, "bob", "another", **options)


# --- allocations, permissions, channels


def test_quota_of_a_user_is_that_users_only(lab):
    edge = Edge(lab, users=_USERS, limits={"allocations_per_user": 2})
    alices = [turn.over_udp(lab, address=address) for address in (EXT, *EXT_OTHERS)]
    assert [client.allocate().error for client in alices] == [None, None, 486]
    assert _bob(lab).allocate().error is None
    assert edge.metrics().drops("allocation_quota") == 1
    # What is given back may be taken again.
    assert alices[0].refresh(0).error is None
    assert alices[2].allocate().error is None
    edge.stop()


def test_quota_of_a_source_address_is_that_addresss_only(lab):
    edge = Edge(lab, users=_USERS, limits={"allocations_per_source": 2})
    clients = [turn.over_udp(lab), _bob(lab), turn.over_udp(lab), _bob(lab)]
    assert [client.allocate().error for client in clients] == [None, None, 486, 486]
    assert turn.over_udp(lab, address=EXT_OTHERS[0]).allocate().error is None
    edge.stop()


def test_quota_of_the_edge_is_everybodys(lab):
    edge = Edge(lab, users=_USERS, limits={"allocations_total": 3})
    clients = [turn.over_udp(lab), _bob(lab), _bob(lab, address=EXT_OTHERS[0]),
               turn.over_udp(lab, address=EXT_OTHERS[1])]
    # RFC 8656 §5: 508 is what the server lacks, 486 what a user has too much of.
    assert [client.allocate().error for client in clients] in ([None] * 3 + [486], [None] * 3 + [508])
    edge.stop()


def test_mobility_is_no_way_around_the_quotas(lab):
    edge = Edge(lab, turn={"mobility": True}, limits={"allocations_per_user": 1})
    client = turn.over_udp(lab)
    ticket = client.allocate(stun.attribute(stun.MOBILITY_TICKET))[stun.MOBILITY_TICKET]
    for address in EXT_OTHERS:
        moved = turn.over_udp(lab, address=address)
        refreshed = moved.refresh(600, stun.attribute(stun.MOBILITY_TICKET, ticket))
        ticket = refreshed[stun.MOBILITY_TICKET]
        assert client.allocate().error == 486
        assert edge.metrics().total("avedge_allocations") == 1
    assert moved.refresh(0).error is None
    assert client.allocate().error is None
    edge.stop()


def test_permissions_and_channels_of_an_allocation_are_limited(lab):
    edge = Edge(lab, limits={"permissions_per_allocation": 4, "channels_per_allocation": 2})
    client = turn.over_udp(lab)
    assert client.allocate().error is None
    peers = [f"10.77.0.{last}" for last in range(30, 35)]
    assert client.permit(*peers[:4]).error is None
    assert client.permit(peers[4]).error == 508
    assert client.permit(peers[0]).error is None, "refreshing takes nothing more"
    bound = [client.bind(0x4000 + index, peers[index], 4000).error for index in range(3)]
    assert bound == [None, None, 508]
    edge.stop()


# --- connections


@pytest.fixture(scope="module")
def authority(module_lab):
    return Authority(module_lab.directory)


@pytest.fixture(scope="module")
def guarded(module_lab, authority):
    """One edge with a narrow limit for the connections of a source; what waits for time to pass begins at once."""
    edge = Edge(module_lab, listeners=[EVERY_LISTENER], certificate=authority.issue(),
                limits={"half_open_per_source": 8})
    edge.strangers = _strangers(module_lab, authority)
    yield edge
    edge.stop()


def _strangers(lab, authority):
    """Connections of another source that never show credentials."""
    address = EXT_OTHERS[0]
    return {
        "silent": turn.connect(lab, address),
        "half a message": turn.connect(lab, address, first=stun.message(stun.BINDING)[:10]),
        "half a handshake": turn.connect(lab, address, first=b"\x16\x03\x01\x02\x00\x01\x00"),
        "silent after the handshake": turn.connect(lab, address, authority=authority),
    }


def _is_open(way):
    """A Binding answered says that the edge has taken the connection."""
    client = turn.TurnClient(way, turn.Credentials())
    try:
        return client.binding() is not None
    except (EOFError, ConnectionError):
        return False


def test_one_too_many_of_a_source_takes_the_place_of_its_oldest(module_lab, guarded):
    before = guarded.metrics().drops("connection_evicted")
    ways = [turn.connect(module_lab) for _ in range(8)]
    assert all(_is_open(way) for way in ways)
    ways.append(turn.connect(module_lab))
    assert _is_open(ways[-1])
    ways[0].ended()
    assert guarded.metrics().drops("connection_evicted") == before + 1
    # Half open is who has no allocation: it takes one to make room for the next.
    client = turn.TurnClient(ways[1], turn.Credentials())
    assert client.allocate().error is None
    ways.append(turn.connect(module_lab))
    assert _is_open(ways[-1])
    assert guarded.metrics().drops("connection_evicted") == before + 1
    assert client.refresh(600).error is None
    for way in ways:
        way.close()


def test_half_open_connections_of_all_sources_make_room_for_the_next(lab):
    edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=Authority(lab.directory).issue(),
                limits={"half_open_per_source": 8, "half_open_total": 12, "connections": 16})
    client = turn.over_stream(lab)
    assert client.allocate().error is None
    ways = [turn.connect(lab, address) for address in EXT_OTHERS for _ in range(6)]
    assert all(_is_open(way) for way in ways)
    ways += [turn.connect(lab) for _ in range(3)]
    assert all(_is_open(way) for way in ways[3:])
    for way in ways[:3]:
        way.ended()
    assert client.refresh(600).error is None
    assert edge.metrics().drops("connection_evicted") == 3
    edge.stop()


def test_clients_with_allocations_are_limited_and_make_no_room(lab):
    edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=Authority(lab.directory).issue(),
                limits={"connections": 5})
    stranger = turn.connect(lab)
    assert _is_open(stranger)
    clients = []
    for _ in range(5):
        clients.append(turn.over_stream(lab))
        assert clients[-1].allocate().error is None
    stranger.ended()
    assert not _is_open(turn.connect(lab))
    assert edge.metrics().drops("connection_limit") == 1
    clients[0].way.close()
    wait_until("the next to be taken", lambda: _is_open(turn.connect(lab)))
    for client in clients[1:]:
        assert client.refresh(600).error is None
    edge.stop()


# --- a client that reads slowly


def _resident_bytes(process):
    with open(f"/proc/{process.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def _slow_client(lab, authority):
    """Takes little at a time: its receive buffer is as small as the kernel lets it be."""
    tcp = lab.tcp_socket(lab.ext, EXT)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    tcp.connect((EDGE_EXTERNAL, STUN_PORT))
    if authority:
        tcp = ssl.create_default_context(cafile=authority.certificate).wrap_socket(
            tcp, server_hostname=EDGE_EXTERNAL)
    return turn.TurnClient(turn.Stream(tcp), turn.Credentials())


def _flood(peer, relayed, count, first=0):
    for index in range(first, first + count):
        peer.sendto(struct.pack("!I", index) + bytes(996), relayed)


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
def test_client_that_does_not_read_costs_a_bounded_queue(lab, secure):
    authority = Authority(lab.directory)
    edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=authority.issue(), workers=1,
                limits={"stream_queue_bytes": 66_000})
    peer = lab.udp_socket(lab.inside, INSIDE)
    slow, other = _slow_client(lab, authority if secure else None), turn.over_udp(lab)
    relayed = slow.allocate().relayed
    for client in slow, other:
        assert client.allocate().error in (None, 437)
        assert client.bind(0x4000, *peer.getsockname()).error is None
    _flood(peer, relayed, 2000)
    before = _resident_bytes(edge.process)
    for _ in range(10):
        _flood(peer, relayed, 1000)
        # The only worker there is has time for somebody else.
        other.send_channel_data(0x4000, b"echo")
        data, address = peer.recvfrom(2048)
        assert data == b"echo"
        peer.sendto(data, address)
        assert other.receive_channel_data() == (0x4000, b"echo")
    assert _resident_bytes(edge.process) - before < 4 << 20, "ten megabytes were sent to it"
    assert edge.metrics().drops("stream_queue_full") > 1000
    # What it reads now is whole, begins with the oldest, which were on their way already, and ends with
    # the newest.
    _flood(peer, relayed, 5, first=1_000_000)
    indices = _read_until(slow, 1_000_004)
    assert indices[0] == 0 and len(indices) < 6000
    edge.stop()


def _read_until(client, last):
    """The indices of a flood's packets, as far as `last`."""
    indices = []
    while not indices or indices[-1] != last:
        channel, data = client.receive_channel_data()
        assert channel == 0x4000 and len(data) == 1000
        indices.append(struct.unpack_from("!I", data)[0])
    return indices


def test_what_waits_too_long_is_dropped_too(lab):
    """Audio of half a second ago is of no use to anybody."""
    edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=Authority(lab.directory).issue(),
                limits={"stream_queue_bytes": 1 << 20, "stream_queue_age": 100})
    peer = lab.udp_socket(lab.inside, INSIDE)
    slow = _slow_client(lab, None)
    relayed = slow.allocate().relayed
    assert slow.bind(0x4000, *peer.getsockname()).error is None

    def one_more_is_dropped():
        # Far less than the megabyte that the queue may hold, but some of it grows old.
        _flood(peer, relayed, 5)
        return edge.metrics().drops("stream_queue_full") > 0
    wait_until("something to grow too old", one_more_is_dropped)
    edge.stop()


# --- bandwidth


def _send_all(client, peer, count, size=1000):
    """As fast as it goes, from the client; how many arrived at the peer. No queue of the kernel is to be
    what drops: after some the edge is asked for something, and the peer's are read."""
    arrived = 0
    for index in range(count):
        client.send_channel_data(0x4000, bytes(size))
        if index % 50 == 49:
            assert client.refresh(600).error is None
            arrived += _drain(peer, 0)
    return arrived + _drain(peer, 0.2)


def _drain(udp, seconds):
    """How many datagrams there are, and come within that time of each other."""
    count = 0
    udp.settimeout(seconds)
    try:
        while udp.recv(2048):
            count += 1
    except (TimeoutError, BlockingIOError):
        udp.settimeout(PATIENCE)
        return count


def _bound(lab, client):
    """A client with an allocation and its peer on channel 0x4000."""
    peer = lab.udp_socket(lab.inside, INSIDE)
    client.relayed = client.allocate().relayed
    assert client.bind(0x4000, *peer.getsockname()).error is None
    return client, peer


# 80,000 bytes a second: what is sent below is far more than any burst that this may allow.
_KBIT = 640
_FLOOD = 2000


@pytest.mark.parametrize("limit", ["bandwidth_per_allocation", "bandwidth_per_user", "bandwidth_total"])
def test_bandwidth_above_the_limit_is_dropped_and_counted(lab, limit):
    edge = Edge(lab, users=_USERS, limits={limit: _KBIT})
    client, peer = _bound(lab, turn.over_udp(lab))
    arrived = _send_all(client, peer, _FLOOD)
    dropped = edge.metrics().drops("bandwidth")
    assert arrived > 0 and dropped > _FLOOD / 2, (arrived, dropped)
    assert arrived + dropped == _FLOOD
    edge.stop()


def test_bandwidth_towards_the_client_is_limited_too(lab):
    edge = Edge(lab, limits={"bandwidth_per_allocation": _KBIT})
    client, peer = _bound(lab, turn.over_udp(lab))

    def drops_after_more():
        # Little at a time: no queue of the kernel is to be what drops.
        _flood(peer, client.relayed, 50)
        return edge.metrics().drops("bandwidth") > _FLOOD / 2
    wait_until("drops to be counted", drops_after_more)
    assert _drain(client.way.socket, 0.2) > 0
    edge.stop()


def test_bandwidth_of_an_allocation_is_not_its_neighbours(lab):
    edge = Edge(lab, limits={"bandwidth_per_allocation": _KBIT})
    greedy, greedy_peer = _bound(lab, turn.over_udp(lab))
    modest, modest_peer = _bound(lab, turn.over_udp(lab))
    _send_all(greedy, greedy_peer, _FLOOD)
    assert _send_all(modest, modest_peer, 20, 100) == 20
    edge.stop()


def test_bandwidth_of_a_user_is_shared_by_its_allocations_and_nobody_else(lab):
    edge = Edge(lab, users=_USERS, limits={"bandwidth_per_user": _KBIT})
    alices = [_bound(lab, turn.over_udp(lab)) for _ in range(4)]
    bob, bobs_peer = _bound(lab, _bob(lab))
    arrived = sum(_send_all(client, peer, _FLOOD // 4) for client, peer in alices)
    dropped = edge.metrics().drops("bandwidth")
    # Four of them get no four times as much as one got above.
    assert arrived + dropped == _FLOOD and dropped > _FLOOD / 2, (arrived, dropped)
    assert _send_all(bob, bobs_peer, 20, 100) == 20
    edge.stop()


def test_traffic_below_every_limit_passes_whole(lab):
    edge = Edge(lab, limits={"bandwidth_per_allocation": 100_000, "bandwidth_per_user": 1_000_000,
                             "bandwidth_total": 1_000_000})
    client, peer = _bound(lab, turn.over_udp(lab))
    assert _send_all(client, peer, 200) == 200
    assert edge.metrics().drops("bandwidth") == 0
    edge.stop()


# --- certificates


def _serial(lab, authority):
    """Of the certificate that a newcomer is shown."""
    way = turn.connect(lab, authority=authority)
    serial = way.socket.getpeercert()["serialNumber"]
    way.close()
    return serial


@pytest.fixture
def with_certificate(lab):
    authority = Authority(lab.directory)
    edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=authority.issue(),
                limits={"half_open_per_source": 1000})
    yield edge, authority
    edge.stop()


def test_renewed_certificate_is_shown_to_newcomers_and_ends_no_session(lab, with_certificate):
    edge, authority = with_certificate
    old = turn.over_stream(lab, authority=authority)
    assert old.allocate().error is None
    serials = {_serial(lab, authority)}
    authority.issue()
    assert _serial(lab, authority) in serials, "files alone change nothing"
    for _ in range(3):
        authority.issue()
        assert edge.ask("reload").returncode == 0
        assert _serial(lab, authority) not in serials
        serials.add(_serial(lab, authority))
        assert old.refresh(600).error is None


_SESSIONS = {
    "udp": uclient.Mode(4, 100),
    "tcp": uclient.Mode(4, 100, "-t"),
    "tls": uclient.Mode(4, 100, "-t", "-S"),
    "dtls": uclient.Mode(4, 100, "-S"),
}


def test_reloads_lose_no_packet_of_any_transport(lab, with_certificate):
    edge, authority = with_certificate
    uclient.start_peer(lab)
    processes = {name: lab.start(lab.ext, mode.command(), f"uclient-{name}")
                 for name, mode in _SESSIONS.items()}
    # Configuration and certificate, over and over while they run.
    while any(process.exit_code() is None for process in processes.values()):
        authority.issue()
        assert edge.ask("reload").returncode == 0
    for name, process in processes.items():
        _SESSIONS[name].assert_no_loss(process)


def _another_key(authority, chain, key):
    authority.issue("another")[1].replace(key)


_BROKEN = {
    "no PEM": lambda authority, chain, key: chain.write_text("no certificate\n"),
    "empty": lambda authority, chain, key: chain.write_text(""),
    "missing": lambda authority, chain, key: chain.unlink(),
    "key missing": lambda authority, chain, key: key.unlink(),
    "key that is none": lambda authority, chain, key: key.write_text("no key\n"),
    "key of another certificate": _another_key,
}


@pytest.mark.parametrize("fault", _BROKEN)
def test_broken_certificate_on_reload_leaves_the_old_one(lab, with_certificate, fault):
    edge, authority = with_certificate
    serial = _serial(lab, authority)
    chain, key = lab.directory / "edge.crt", lab.directory / "edge.key"
    _BROKEN[fault](authority, chain, key)
    refused = edge.ask("reload")
    assert refused.returncode == 4, refused.stdout
    assert str(key if fault.startswith("key") else chain) in refused.stdout, refused.stdout
    assert _serial(lab, authority) == serial
    authority.issue()
    assert edge.ask("reload").returncode == 0
    assert _serial(lab, authority) != serial


def test_a_reload_takes_effect_as_a_whole_or_not_at_all(lab, with_certificate):
    """The trace is opened last of all that can fail."""
    edge, authority = with_certificate
    serial, config = _serial(lab, authority), edge.config.read_text()
    authority.issue()
    changed = config.replace(PASSWORD, "another")
    trace = '\n[sip]\ntrace = true\n[trace]\nfile = "{}/sip.log"\n'
    edge.config.write_text(changed + trace.format(lab.directory / "missing"))
    assert edge.ask("reload").returncode == 4
    assert _serial(lab, authority) == serial
    assert turn.over_udp(lab).allocate().error is None
    edge.config.write_text(changed + trace.format(lab.directory))
    assert edge.ask("reload").returncode == 0
    assert _serial(lab, authority) != serial
    wait_until("the new password", lambda: turn.over_udp(lab, password="another").allocate().error is None)
    assert turn.over_udp(lab).allocate().error == 401


@pytest.mark.parametrize("fault", _BROKEN)
def test_broken_certificate_at_start_is_named(lab, fault):
    authority = Authority(lab.directory)
    chain, key = authority.issue()
    _BROKEN[fault](authority, chain, key)
    config = write_config(lab, listeners=[EVERY_LISTENER], certificate=(chain, key))
    for arguments in (["check-config", config], ["serve", "--config", config]):
        done = run(lab, *arguments)
        assert done.returncode == 2, done.stdout
        assert f"{config}:" in done.stdout, done.stdout
        assert ("key: " if fault.startswith("key") else "chain: ") in done.stdout, done.stdout
        assert str(key if fault.startswith("key") else chain) in done.stdout, done.stdout


def test_listener_that_names_no_certificate_is_an_error(lab):
    for listener in ({**EVERY_LISTENER, "certificate": "egde"}, {**EVERY_LISTENER, "certificate": None}):
        config = write_config(lab, listeners=[listener], certificate=Authority(lab.directory).issue())
        done = run(lab, "check-config", config)
        assert done.returncode == 2 and "certificate" in done.stdout, done.stdout


# --- what was begun at the beginning


@pytest.mark.parametrize("stranger", ["silent", "half a message", "half a handshake",
                                      "silent after the handshake"])
def test_strangers_that_show_no_credentials_are_shown_the_door(guarded, stranger):
    way = guarded.strangers[stranger]
    way.socket.settimeout(2 * PATIENCE)
    way.ended()
    wait_until("it to be counted", lambda: guarded.metrics().drops("connection_idle") >= 1)
