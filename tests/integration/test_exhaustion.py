"""What is left of the edge when connections, descriptors or its own local clients are used against it,
and what a broken configuration file can do to a running edge."""

import contextlib
import re
import resource
import signal
import socket
import time

import pytest

import stun
import turn
from edge import METRICS, STUN_PORT, Edge, run, write_config
from lab import EDGE_EXTERNAL, INSIDE, PATIENCE, wait_until

_TCP_LISTENER = {"bind": f"external:{STUN_PORT}", "transports": ["udp", "tcp"]}


@pytest.fixture(autouse=True)
def many_descriptors():
    """Attackers have as many as they like."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


# --- half-open connections of TURN clients


def _attackers(lab, addresses, first=b""):
    """64 connections of each address that only say `first`, as many as one source may have."""
    for address in addresses:
        lab.ext.ip("addr", "add", f"{address}/24", "dev", "eth0")
    connected = []
    with lab.ext.entered():
        for address in addresses:
            for _ in range(64):
                one = socket.socket()
                one.settimeout(PATIENCE)
                one.bind((address, 0))
                one.connect((EDGE_EXTERNAL, STUN_PORT))
                one.sendall(first)
                connected.append(one)
    return connected


@pytest.mark.parametrize("first", [b"", stun.message(stun.BINDING)], ids=["silent", "binding"])
def test_half_open_connections_of_sixteen_sources_shut_nobody_out(lab, first):
    edge = Edge(lab, listeners=[_TCP_LISTENER], limits={"half_open_per_prefix": 2000})
    before = turn.over_stream(lab)
    assert before.allocate().error is None
    attackers = _attackers(lab, [f"198.51.100.{host}" for host in range(100, 117)], first)
    for _ in range(3):
        newcomer = turn.over_stream(lab)
        assert newcomer.allocate().error is None
        assert newcomer.refresh(600).error is None
    assert before.refresh(600).error is None
    metrics = edge.metrics()
    assert metrics.total("avedge_client_connections", state="half_open") <= 1024
    # 1,088 attackers, and three newcomers that were strangers for a moment.
    assert metrics.drops("connection_evicted") >= 17 * 64 - 1024
    assert metrics.drops("connection_limit") == 0
    edge.process.expect_output(r"half-open connections closed to make room .*count=\d+")
    for one in attackers:
        one.close()
    edge.stop()


def test_prefix_has_a_share_of_its_own(lab):
    edge = Edge(lab, listeners=[_TCP_LISTENER])
    attackers = _attackers(lab, [f"198.51.100.{host}" for host in range(100, 108)])
    wait_until("the last to be taken", lambda:
               edge.metrics().drops("connection_evicted") == len(attackers) - 4 * 64)
    assert edge.metrics().total("avedge_client_connections", state="half_open") == 4 * 64
    for one in attackers:
        one.close()
    edge.stop()


# --- descriptors


def _use_up(lab, most):
    """Allocations until the edge has nothing left for them."""
    clients = []
    for _ in range(most):
        clients.append(turn.over_udp(lab))
        error = clients[-1].allocate().error
        if error is not None:
            return clients, error
    return clients, None


def test_edge_without_descriptors_can_still_be_operated(lab):
    edge = Edge(lab, under=["prlimit", "--nofile=240:240"], listeners=[_TCP_LISTENER],
                limits={"allocations_per_source": 5000})
    assert re.search(r"limit of open files is lower .*limit=240 needed=\d{5} reserved=60",
                     edge.process.output()), edge.process.output()
    clients, error = _use_up(lab, 240)
    assert error == 508 and len(clients) > 50, (error, len(clients))
    with contextlib.suppress(OSError):
        assert turn.connect(lab).ended() == b"", "no place for one more connection either"

    assert lab.http_get(lab.edge, METRICS, "/healthz") == (200, "ok\n")
    assert edge.metrics().drops("descriptors_exhausted") >= 2
    assert edge.metrics().total("avedge_process_max_fds") == 240
    assert edge.ask("status").returncode == 0
    assert edge.ask("reload").returncode == 0
    edge.process.signal(signal.SIGHUP)
    wait_until("the second reload", lambda: len(re.findall("reloaded", edge.process.output())) == 2)
    edge.process.expect_output(r"file descriptors are used up.*LimitNOFILE")
    # Those who are there are served, and what they give back is used again.
    assert clients[0].refresh(0).error is None
    assert clients[-1].allocate().error is None
    assert edge.ask("drain").returncode == 0
    edge.stop()


def test_strangers_connections_make_room_when_descriptors_run_out(lab):
    edge = Edge(lab, under=["prlimit", "--nofile=240:240"], listeners=[_TCP_LISTENER])
    attackers = _attackers(lab, ["198.51.100.100", "198.51.100.101", "198.51.100.102"])
    newcomer = turn.over_stream(lab)
    assert newcomer.binding() is not None
    assert edge.metrics().drops("connection_evicted") > 0
    assert lab.http_get(lab.edge, METRICS, "/healthz")[0] == 200
    for one in attackers:
        one.close()
    edge.stop()


def test_soft_limit_is_raised_to_the_hard_one_and_that_is_enough(lab):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    edge = Edge(lab, under=["prlimit", f"--nofile=256:{hard}"], external_ports="50000-50499",
                internal_ports="50000-50499", limits={"connections": 500})
    with open(f"/proc/{edge.process.pid}/limits", encoding="ascii") as limits:
        assert re.search(rf"Max open files +{hard} +{hard}", limits.read())
    assert "limit of open files" not in edge.process.output()
    edge.stop()


@contextlib.contextmanager
def _stopped(edge):
    """It takes nothing meanwhile: what is asked of it waits in the kernel."""
    edge.process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        edge.process.signal(signal.SIGCONT)


def _order(lab, line):
    asking = socket.socket(socket.AF_UNIX)
    asking.settimeout(PATIENCE)
    asking.connect(str(lab.directory / "admin.sock"))
    asking.sendall(line)
    return asking


def test_order_whose_client_gave_up_is_not_carried_out_later(lab):
    edge = Edge(lab)
    with _stopped(edge):
        _order(lab, b'{"command":"drain"}\n').close()
        waits = _order(lab, b'{"command":"drain","expires":%d}\n' % (time.monotonic() * 1000))
    assert b"not carried out" in waits.recv(1000)
    # What comes after them is answered: the orders were looked at before.
    assert "draining" in edge.ask("status").stdout and "draining" not in edge.process.output()
    assert lab.http_get(lab.edge, METRICS, "/healthz")[0] == 200
    edge.stop()


# --- a configuration that is not meant


def test_file_without_a_listener_is_an_error(lab):
    config = write_config(lab)
    for text in "", "realm = \"lab.example\"\n", "[metrics]\nhttp = \"127.0.0.1:9464\"\n":
        config.write_text(text, encoding="utf-8")
        for words in ("check-config", str(config)), ("serve", "--config", str(config)):
            refused = run(lab, *words)
            assert refused.returncode == 2, refused.stdout
            assert "no listener is configured" in refused.stdout and "[[turn.listener]]" in refused.stdout


def test_reload_of_an_empty_file_changes_nothing(lab):
    edge = Edge(lab)
    good = edge.config.read_text(encoding="utf-8")
    client, peer = turn.over_udp(lab), lab.udp_socket(lab.inside, INSIDE)
    assert client.allocate().error is None
    assert client.bind(0x4000, *peer.getsockname()).error is None
    edge.config.write_text("", encoding="utf-8")
    edge.process.signal(signal.SIGHUP)
    edge.process.expect_output("reload refused.*no listener is configured")
    refused = edge.ask("reload")
    assert refused.returncode == 4 and "no listener" in refused.stdout
    client.send_channel_data(0x4000, b"still there")
    assert peer.recv(100) == b"still there"
    assert turn.over_udp(lab).allocate().error is None
    edge.config.write_text(good, encoding="utf-8")
    assert edge.ask("reload").returncode == 0
    edge.stop()


def test_reload_removes_users_only_if_the_file_says_so(lab):
    edge = Edge(lab)
    good = edge.config.read_text(encoding="utf-8")
    users = re.search(r"\[turn\.users\]\n(.+\n)", good)
    edge.config.write_text(good.replace(users[0], ""), encoding="utf-8")
    refused = edge.ask("reload")
    assert refused.returncode == 4 and "turn.users: missing" in refused.stdout, refused.stdout
    assert turn.over_udp(lab).allocate().error is None

    edge.config.write_text(good.replace(users[1], ""), encoding="utf-8")
    assert edge.ask("reload").returncode == 0
    assert turn.over_udp(lab).allocate().error == 401
    edge.stop()


# --- slow local clients


def _slow(lab, count, connect):
    with lab.edge.entered():
        return [connect() for _ in range(count)]


def _slow_http():
    slow = socket.create_connection(("127.0.0.1", 9464), PATIENCE)
    slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: e")
    return slow


def test_slow_http_clients_keep_nobody_from_health_and_metrics(lab):
    edge = Edge(lab)
    slow = _slow(lab, 300, _slow_http)
    for _ in range(3):
        assert lab.http_get(lab.edge, METRICS, "/healthz")[0] == 200
    assert edge.metrics().total("avedge_local_connections_evicted_total", service="http") >= 300 - 64
    for one in slow:
        one.close()
    edge.stop()


def test_slow_admin_clients_keep_nobody_from_the_admin_socket(lab):
    edge = Edge(lab)

    def slow_admin():
        slow = socket.socket(socket.AF_UNIX)
        slow.settimeout(PATIENCE)
        slow.connect(str(lab.directory / "admin.sock"))
        slow.sendall(b'{"command":')
        return slow
    slow = _slow(lab, 300, slow_admin)
    for _ in range(3):
        assert edge.ask("status").returncode == 0
    assert edge.metrics().total("avedge_local_connections_evicted_total", service="admin") >= 300 - 16
    for one in slow:
        one.close()
    edge.stop()


def test_slow_ng_clients_keep_no_proxy_out(lab):
    edge = Edge(lab, more='[[ng.listener]]\nbind = "127.0.0.1:2223"\ntransports = ["tcp"]\n')
    slow = _slow(lab, 300, lambda: socket.create_connection(("127.0.0.1", 2223), PATIENCE))
    with lab.edge.entered():
        proxy = socket.create_connection(("127.0.0.1", 2223), PATIENCE)
    proxy.sendall(b"1 d7:command4:pinge")
    assert b"pong" in proxy.recv(1000)
    assert edge.metrics().drops("connection_evicted") >= 300 - 256
    for one in slow:
        one.close()
    edge.stop()
