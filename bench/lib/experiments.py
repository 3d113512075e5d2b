"""The experiments of `bench/compare`, and the figures that each yields.

An experiment is made with one server at a time, which is started for it and pinned to one core; the
generator has another one. It answers with one number for each of its figures: rounds and medians are
the caller's business.
"""

import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Callable

import kernel_forwarding
from anchored_calls import anchored_paths
from figure import Figure, plain, times
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from peak import find_peak
from running_server import RunningServer
from spraying import Load, Sink, Sprayer
from turn_clients import (HEARD_PORT, PASSWORD, PORT, TLS_PORT, USER, held_allocations, paired_paths,
                          start_turn_load, turn_paths)

VOICE, VIDEO = 172, 1200   # bytes of a packet

# Less of a steady load, and there was more to it than the moments at which it was counted.
_NEARLY_ALL = 0.97


@dataclass
class Setting:
    """Where the experiments are made."""
    lab: object
    programs: object      # folder of spray, turn_load and allocation_rate
    server_core: int
    generator_core: int
    seconds: float        # of a load that is watched
    settling: float       # before it is
    try_seconds: float    # of each rate on the way to the highest
    servers: dict = field(default_factory=dict)    # by contest, the reference last
    half_load: float | None = None                 # packets per second, once it is known
    step: str = ""                                 # what is being done
    remarks: list = field(default_factory=list)    # what a reader of the figures has to know

    def remark(self, words):
        self.remarks.append(f"{self.step}: {words}")

    def load(self, **how):
        return Load(self.programs / "spray", self.generator_core, **how)

    def running(self, server):
        return RunningServer(self.lab, server, self.server_core)


@dataclass(frozen=True)
class Experiment:
    key: str
    contest: str           # who takes part: TURN servers, those that anchor calls, or the machine alone
    figures: list
    run: Callable          # (Setting, server) -> a number for each figure
    most_rounds: int = 99


def _channels(allocations=200, size=VOICE):
    return lambda setting: turn_paths(setting.lab, setting.programs, allocations, size)


def _pairs(allocations, size=VOICE):
    return lambda setting: paired_paths(setting.lab, setting.programs, allocations, size)


def _calls(calls=200, size=VOICE):
    return lambda setting: anchored_paths(setting.lab, calls, size)


@contextmanager
def _sprayed(setting, server, open_paths, directions, **how):
    """A Sprayer on a server that has just been started."""
    with setting.running(server) as running, open_paths(setting) as paths:
        with Sprayer(setting.lab, [paths[one] for one in directions], setting.load(**how),
                     running.cpu_seconds) as sprayer:
            yield sprayer


def _watch(setting, server, rate, open_paths, directions, **how):
    """A Window of a load that any server should carry."""
    with _sprayed(setting, server, open_paths, directions, **how) as sprayer:
        window = sprayer.watch(rate, setting.seconds, setting.settling)
    if window.delivered < _NEARLY_ALL * min(rate, window.offered):
        setting.remark(f"delivered {window.delivered:,.0f} packets/s of {window.offered:,.0f}")
    return window


def _efficiency(open_paths, *directions, rate=100_000, **how):
    """Packets delivered for each second of CPU that the server's threads take."""
    return lambda setting, server: [
        _watch(setting, server, rate, open_paths, directions, **how).per_cpu_second()]


def _share_of_core(open_paths, direction, rate):
    def run(setting, server):
        window = _watch(setting, server, rate, open_paths, [direction])
        return [100 * window.cpu / window.seconds]
    return run


def _find_peak(setting, server, *where, **how):
    return find_peak(lambda: _sprayed(setting, server, *where, **how), setting.try_seconds)


def _peak(open_paths, *directions, **how):
    return lambda setting, server: [_find_peak(setting, server, open_paths, directions, **how)]


def _peak_and_overload(setting, server):
    """… and then what is left of it when five times that is offered, as far as the generator can."""
    peak = _find_peak(setting, server, _channels(), ["up"])
    if peak == 0:
        return [0.0, 0.0, 0.0]
    with _sprayed(setting, server, _channels(), ["up"]) as sprayer:
        window = sprayer.watch(5 * peak, setting.seconds, setting.settling)
    return [peak, 100 * window.delivered / peak, window.offered / peak]


def _half_load(setting):
    """Half of what the reference carries; found out once, so that it is the same for everybody."""
    if setting.half_load is None:
        reference = setting.servers["turn"][-1]
        setting.half_load = _find_peak(setting, reference, _channels(), ["up"]) / 2
    return setting.half_load


def _latency(setting, server):
    """Of single probes among a load of frames; p50 and p99 in microseconds."""
    rate = _half_load(setting)
    with _sprayed(setting, server, _channels(), ["up"]) as sprayer, sprayer.spraying(rate):
        time.sleep(setting.settling)
        probes = start_turn_load(
            setting.lab, setting.programs, "--allocations", 8, "--rate", 2000, "--seconds",
            setting.seconds, "--max-loss", 100, "--json", peer_ports=[HEARD_PORT],
            core=setting.generator_core)
        probes.expect_exit(seconds=60)
    latency = _json_line(probes)["legs"][0]["latency_us"]
    return [latency["p50"], latency["p99"]]


def _memory(setting, server):
    """KiB of resident memory for each allocation with a permission and a channel."""
    count = 2000
    with setting.running(server) as running:
        before = running.resident_kib()
        with held_allocations(setting.lab, setting.programs, count, "--flows-to",
                              setting.lab.directory / "unused"):
            return [(running.resident_kib() - before) / count]


def _streams(transport, port):
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
        return [sum(leg["received"] for leg in _json_line(load)["legs"]) / cpu]
    return run


def _allocations(setting, server):
    """Opened and given back for each second of the server's CPU."""
    with setting.running(server) as running:
        opened, cpu = _open_and_give_back(setting, running)
    return [opened / cpu]


def _churn(setting, server):
    """… with a channel, and ten packets sent; counted are those that arrived."""
    packets, peer = 10, 7000
    sink = Sink(setting.lab.inside, f"ip saddr {EDGE_INTERNAL} udp dport {peer}", "eth0")
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
    return _json_line(clients)["opened"], running.cpu_seconds() - before


def _json_line(process):
    return json.loads(re.search(r"^\{.*\}$", process.output(), re.MULTILINE).group(0))


def _kernel(setting, _server):
    lab, load, seconds = setting.lab, setting.load(), setting.try_seconds
    voice, generator = kernel_forwarding.measure_limit(lab, load, VOICE, seconds)
    video, _ = kernel_forwarding.measure_limit(lab, load, VIDEO, seconds)
    return [kernel_forwarding.measure_peak(lab, load, VOICE, seconds), voice, video, generator]


_PER_CPU = "packets per CPU-second"

EXPERIMENTS = [
    Experiment("kernel", "machine", [
        Figure("kernel_peak", "highest rate with less than 0.1 % lost, generator included", "packets/s"),
        Figure("kernel_voice", "172 bytes", _PER_CPU),
        Figure("kernel_video", "1,200 bytes", _PER_CPU),
        Figure("generator", "what the generator sends when all is dropped at once", "packets/s")],
        _kernel, most_rounds=3),
    Experiment("up", "turn", [
        Figure("up", "ChannelData to peers, 100,000/s over 200 flows", _PER_CPU, True,
               times(1.25), times(1.6), "kernel_voice")],
        _efficiency(_channels(), "up")),
    Experiment("down", "turn", [
        Figure("down", "peers to ChannelData, 100,000/s over 200 flows", _PER_CPU, True,
               times(1.6), times(2), "kernel_voice")],
        _efficiency(_channels(), "down")),
    Experiment("video_up", "turn", [
        Figure("video_up", "video to peers: 1,200 bytes in bursts of 30, 100,000/s over 200 flows",
               _PER_CPU, True, times(2), times(3), "kernel_video")],
        _efficiency(_channels(size=VIDEO), "up", burst=30)),
    Experiment("video_down", "turn", [
        Figure("video_down", "video from peers: 1,200 bytes in bursts of 30, 100,000/s over 200 flows",
               _PER_CPU, True, times(2), times(3), "kernel_video")],
        _efficiency(_channels(size=VIDEO), "down", burst=30)),
    Experiment("voice", "turn", [
        Figure("voice", "2,000 calls to peers, 50 packets a second each", "% of a core", False,
               times(0.7), times(0.5))],
        _share_of_core(_channels(2000), "up", 100_000)),
    Experiment("peak_up", "turn", [
        Figure("peak_up", "highest rate to peers with less than 0.1 % lost", "packets/s", True,
               times(1.25), times(1.6), "kernel_peak"),
        Figure("overload", "delivered when five times that is offered, or all the generator has",
               "% of its own peak", True, plain(90), plain(100), is_compared=False),
        Figure("overload_offered", "what was offered then", "times its own peak", is_compared=False)],
        _peak_and_overload),
    Experiment("peak_down", "turn", [
        Figure("peak_down", "highest rate from peers with less than 0.1 % lost", "packets/s", True,
               times(1.25), times(1.6), "kernel_peak")],
        _peak(_channels(), "down")),
    Experiment("latency", "turn", [
        Figure("latency_p50", "one way to a peer, at half of what coturn carries: median", "µs", False),
        Figure("latency_p99", "one way to a peer, at half of what coturn carries: 99th percentile",
               "µs", False, times(1), times(0.7))],
        _latency),
    Experiment("memory", "turn", [
        Figure("memory", "resident memory of an allocation with a channel", "KiB", False,
               times(0.15), plain(2))],
        _memory),
    Experiment("allocations", "turn", [
        Figure("allocations", "allocations opened and given back", "per CPU-second", True,
               times(3), times(5))],
        _allocations),
    Experiment("anchored", "anchor", [
        Figure("anchored", "200 calls, 100,000/s of 172 bytes of RTP, half of it each way", _PER_CPU,
               True, times(2), times(2.5), "kernel_voice")],
        _efficiency(_calls(), "up", "down", rtp=True)),
    Experiment("anchored_peak", "anchor", [
        Figure("anchored_peak", "200 calls: highest rate of RTP, both ways, with less than 0.1 % lost",
               "packets/s", True, limit="kernel_peak")],
        _peak(_calls(), "up", "down", rtp=True), most_rounds=3),
    Experiment("fat_flow", "turn", [
        Figure("fat_flow", "one flow to a peer, 100,000/s of 1,200 bytes", _PER_CPU, True,
               limit="kernel_video")],
        _efficiency(_channels(1, VIDEO), "up"), most_rounds=3),
    Experiment("relay_to_relay", "turn", [
        Figure("relay_to_relay", "client to client by two allocations of one server, 50,000/s over 200 "
               "flows", _PER_CPU)],
        _efficiency(_pairs(200), "up", rate=50_000), most_rounds=3),
    Experiment("tcp", "turn", [
        Figure("tcp", "clients on TCP, 30,000/s over 200 flows, half of it each way", _PER_CPU)],
        _streams("tcp", PORT), most_rounds=3),
    Experiment("tls", "turn", [
        Figure("tls", "clients on TLS, 30,000/s over 200 flows, half of it each way", _PER_CPU)],
        _streams("tls", TLS_PORT), most_rounds=3),
    Experiment("churn", "turn", [
        Figure("churn", "allocated, channel bound, ten packets sent and given back", "per CPU-second")],
        _churn, most_rounds=3),
]
