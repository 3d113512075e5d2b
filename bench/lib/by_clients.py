"""Experiments with clients that are real to the end: sockets, requests, streams.

Each makes or is a function of a Setting and a server that is started for it, and answers with one number
for each of its figures.
"""

from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from setting import VOICE, json_line
from sink import Sink
from turn_clients import PASSWORD, PORT, USER, held_allocations, start_turn_load


def memory(setting, server):
    """KiB of resident memory for each allocation with a permission and a channel."""
    count = 2000
    with setting.running(server) as running:
        before = running.resident_kib()
        with held_allocations(setting.lab, setting.programs, count, "--flows-to",
                              setting.lab.directory / "unused"):
            return [(running.resident_kib() - before) / count]


def streams(transport, port):
    """Packets delivered for each second of CPU, half of them each way, between real sockets."""
    def run(setting, server):
        with setting.running(server) as running:
            load = start_turn_load(
                setting.lab, setting.programs, "--transport", transport, "--direction", "both",
                "--rate", 30_000, "--seconds", setting.seconds, "--max-loss", 100, "--json", "--hold",
                60, port=port, core=setting.generator_core)
            load.expect_output(r"(\d+) of \1 allocations")
            before = running.cpu_seconds()
            load.expect_output(r"^holding", seconds=60)
            cpu = running.cpu_seconds() - before
            load.kill()
        return [sum(leg["received"] for leg in json_line(load)["legs"]) / cpu]
    return run


def allocations(setting, server):
    """Opened and given back for each second of the server's CPU."""
    with setting.running(server) as running:
        opened, cpu = _open_and_give_back(setting, running)
    return [opened / cpu]


def churn(setting, server):
    """… with a channel, and ten packets sent; counted are those that arrived."""
    packets, peer = 10, 7000
    sink = Sink(setting.lab.inside, f"ip saddr {EDGE_INTERNAL} udp dport {peer}", VOICE)
    with setting.running(server) as running, sink:
        _, cpu = _open_and_give_back(setting, running, "--talk-to", f"{INSIDE}:{peer}",
                                     "--packets", packets)
        return [sink.count() / packets / cpu]


def _open_and_give_back(setting, running, *words):
    """How many allocations, and the CPU seconds that they took."""
    before = running.cpu_seconds()
    clients = setting.lab.start(setting.lab.ext, [
        "taskset", "-c", setting.generator_core, setting.programs / "allocation_rate", "--server",
        f"{EDGE_EXTERNAL}:{PORT}", "--user", USER, "--password", PASSWORD, "--client-bind", EXT,
        "--clients", 64, "--seconds", setting.seconds, *words], "allocation_rate")
    if clients.expect_exit(seconds=setting.seconds + 60) != 0:
        raise RuntimeError(clients.output())
    return json_line(clients)["opened"], running.cpu_seconds() - before
