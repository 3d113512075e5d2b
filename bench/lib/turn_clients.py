"""Clients of a TURN server and their peers: who they are, and the programs that play them."""

import secrets
import signal
from contextlib import contextmanager

from certificates import Authority
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from spraying import Path

PORT, TLS_PORT = 3478, 5349
REALM = "bench.example"
USER, PASSWORD = "load", "load-password"
# What is sprayed is counted where it arrives, and goes no further: see `Sink`. Other ports are heard.
_COUNTED_PORTS = range(7000, 7004)
HEARD_PORT = 7100
_CHANNEL_HEADER = 4


def certificate(directory):
    """Chain and key of the server's certificate."""
    chain, key = directory / "edge.crt", directory / "edge.key"
    return (chain, key) if chain.exists() else Authority(directory).issue()


def binding_probe(lab):
    udp = lab.udp_socket(lab.ext, EXT)
    udp.settimeout(0.001)
    request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + secrets.token_bytes(12)

    def answers():
        udp.sendto(request, (EDGE_EXTERNAL, PORT))
        try:
            answer = udp.recv(1500)
        except (TimeoutError, ConnectionError):
            return False
        return answer[:2] == b"\x01\x01" and answer[4:20] == request[4:20]
    return answers


def start_turn_load(lab, programs, *words, peer_ports=_COUNTED_PORTS, port=PORT, core=None):
    """The program outside, its peers inside."""
    return lab.start(lab.ext, [
        *(["taskset", "-c", core] if core is not None else []), programs / "turn_load",
        "--server", f"{EDGE_EXTERNAL}:{port}", "--user", USER, "--password", PASSWORD,
        "--client-bind", EXT, "--peer-netns", f"/proc/{lab.inside.pid}/ns/net",
        "--peer-bind", ",".join(f"{INSIDE}:{peer}" for peer in peer_ports), *words], "turn_load")


@contextmanager
def held_allocations(lab, programs, count, *words):
    """Open from the first line of the `with` block to its end."""
    holder = start_turn_load(lab, programs, "--allocations", count, "--hold", 500, *words)
    try:
        holder.expect_output(r"^holding", seconds=120)
        yield
        holder.signal(signal.SIGINT)
        holder.expect_exit()
    finally:
        holder.kill()


@contextmanager
def turn_paths(lab, programs, allocations, size):
    """By direction, the paths of that many channels, ready to be sprayed."""
    flows = lab.directory / "flows"
    with held_allocations(lab, programs, allocations, "--size", size, "--flows-to", flows):
        yield {
            "up": Path(lab.ext, "external", f"{flows}.up", lab.inside,
                       f"ip saddr {EDGE_INTERNAL} ip daddr {INSIDE} "
                       f"udp dport {_COUNTED_PORTS[0]}-{_COUNTED_PORTS[-1]}", size),
            "down": Path(lab.inside, "internal", f"{flows}.down", lab.ext,
                         f"ip saddr {EDGE_EXTERNAL} udp sport {PORT}", _CHANNEL_HEADER + size)}


@contextmanager
def paired_paths(lab, programs, allocations, size):
    """From client to client, each behind an allocation that is the other one's peer."""
    flows = lab.directory / "flows"
    with held_allocations(lab, programs, allocations, "--size", size, "--flows-to", flows,
                          "--relay-to-relay"):
        yield {"up": Path(lab.ext, "external", f"{flows}.up", lab.ext,
                          f"ip saddr {EDGE_EXTERNAL} udp sport {PORT}", _CHANNEL_HEADER + size)}
