"""What `bench/compare` asks each server, and in which unit it answers.

Each question is measured on a server that was started for it, pinned to one core; the generator has
another one. Every answer is one number: rounds and medians are the caller's business.
"""

import json
import re
import signal
from dataclasses import dataclass
from typing import Callable

from lab import EDGE_EXTERNAL, EXT
from servers import PASSWORD, PORT, USER, RunningServer, start_turn_load
from spraying import Sprayed

# Below this share of lost packets a rate counts as carried.
_CARRIED = 0.001


@dataclass
class Setting:
    """Where the questions are asked."""
    lab: object
    programs: object   # folder of spray, turn_load and allocation_rate
    server_core: int
    generator_core: int
    seconds: float     # of each steady load


@dataclass
class Question:
    key: str
    title: str
    unit: str
    larger_is_better: bool
    ask: Callable      # (Setting, server) -> number


def _spray(setting, server, allocations, size, measure):
    with RunningServer(setting.lab, server, setting.server_core) as running:
        sprayed = Sprayed(setting.lab, running, setting.programs, setting.server_core, allocations, size)
        try:
            return measure(sprayed)
        finally:
            sprayed.close()


def _efficiency(direction, allocations=200, size=172, rate=100_000, burst=1):
    """Packets delivered for each second of CPU that the server's threads take."""
    def ask(setting, server):
        return _spray(setting, server, allocations, size, lambda sprayed: sprayed.run(
            direction, rate, setting.seconds, setting.generator_core, burst).per_cpu_second())
    return ask


def _cpu(direction, allocations, rate):
    """Per cent of a core."""
    def ask(setting, server):
        def measure(sprayed):
            window = sprayed.run(direction, rate, setting.seconds, setting.generator_core)
            return 100 * window.server_cpu / window.seconds
        return _spray(setting, server, allocations, 172, measure)
    return ask


def _find_peak(sprayed, setting, direction):
    """The highest delivered rate of a load that is carried, by doubling and then by halving the step."""
    carried, rate, step = 0.0, 100_000, 100_000
    while step >= 12_500:
        window = sprayed.run(direction, rate, min(setting.seconds, 1.5), setting.generator_core)
        is_offered = window.offered > 0.97 * rate
        if window.loss < _CARRIED:
            carried = max(carried, window.delivered)
        if window.loss < _CARRIED and is_offered and rate < 3_000_000:
            rate += step
        else:
            step /= 2
            rate -= step
    return carried


def _peak(direction):
    return lambda setting, server: _spray(
        setting, server, 200, 172, lambda sprayed: _find_peak(sprayed, setting, direction))


def _overload(direction):
    """Per cent of its own peak that it still delivers when five times that is offered."""
    def ask(setting, server):
        def measure(sprayed):
            peak = _find_peak(sprayed, setting, direction)
            window = sprayed.run(direction, 5 * peak, setting.seconds, setting.generator_core)
            return 100 * window.delivered / peak if peak > 0 else 0.0
        return _spray(setting, server, 200, 172, measure)
    return ask


def _latency(setting, server):
    """One way, microseconds, 99th percentile at a quarter of what the wall of plain sockets allows."""
    with RunningServer(setting.lab, server, setting.server_core):
        load = start_turn_load(setting.lab, setting.programs / "turn_load", "--allocations", 200,
                               "--rate", 50_000, "--seconds", setting.seconds, "--max-loss", 100,
                               "--json")
        load.expect_exit(seconds=setting.seconds + 60)
        report = json.loads(re.search(r"^\{.*\}$", load.output(), re.MULTILINE).group(0))
        return report["legs"][0]["latency_us"]["p99"]


def _memory(setting, server):
    """KiB of resident memory for each allocation with a permission and a channel."""
    count = 2000
    with RunningServer(setting.lab, server, setting.server_core) as running:
        before = running.resident_kib()
        load = start_turn_load(setting.lab, setting.programs / "turn_load", "--allocations", count,
                               "--flows-to", setting.lab.directory / "unused", "--hold", 100)
        load.expect_output(r"^holding", seconds=120)
        held = running.resident_kib()
        load.signal(signal.SIGINT)
        load.expect_exit()
    return (held - before) / count


def _allocations(setting, server):
    """Opened and given back for each second of the server's CPU."""
    with RunningServer(setting.lab, server, setting.server_core) as running:
        before = running.cpu_seconds()
        load = setting.lab.start(setting.lab.ext, [
            "taskset", "-c", setting.generator_core, setting.programs / "allocation_rate", "--server",
            f"{EDGE_EXTERNAL}:{PORT}", "--user", USER, "--password", PASSWORD, "--client-bind", EXT,
            "--clients", 64, "--seconds", setting.seconds], "allocation_rate")
        if load.expect_exit(seconds=setting.seconds + 60) != 0:
            raise RuntimeError(load.output())
        cpu = running.cpu_seconds() - before
    return json.loads(load.output().splitlines()[-1])["opened"] / cpu if cpu > 0 else 0.0


QUESTIONS = [
    Question("up", "ChannelData to peers, 100,000/s over 200 flows", "packets per CPU-second", True,
             _efficiency("up")),
    Question("down", "peers to ChannelData, 100,000/s over 200 flows", "packets per CPU-second", True,
             _efficiency("down")),
    Question("video_up", "video to peers: 1,200 bytes in bursts of 30, 100,000/s over 200 flows",
             "packets per CPU-second", True, _efficiency("up", size=1200, burst=30)),
    Question("video_down", "video from peers: 1,200 bytes in bursts of 30, 100,000/s over 200 flows",
             "packets per CPU-second", True, _efficiency("down", size=1200, burst=30)),
    Question("fat_flow", "one flow to a peer, 100,000/s of 1,200 bytes", "packets per CPU-second", True,
             _efficiency("up", allocations=1, size=1200)),
    Question("voice", "2,000 calls to peers, 50 packets a second each", "% of a core", False,
             _cpu("up", 2000, 100_000)),
    Question("peak_up", "highest rate to peers with less than 0.1 % lost", "packets/s", True,
             _peak("up")),
    Question("peak_down", "highest rate from peers with less than 0.1 % lost", "packets/s", True,
             _peak("down")),
    Question("overload", "delivered to peers at five times that rate", "% of its own peak", True,
             _overload("up")),
    Question("latency", "one way at 50,000/s, 99th percentile", "µs", False, _latency),
    Question("memory", "resident memory of an allocation with a channel", "KiB", False, _memory),
    Question("allocations", "allocations opened and given back", "per CPU-second", True, _allocations),
]
