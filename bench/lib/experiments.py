"""The experiments of `bench/compare`, and the figures that each yields."""

from dataclasses import dataclass
from typing import Callable

from by_clients import allocations, churn, memory, streams
from by_spray import (calls, channels, efficiency, kernel, latency, overload, pairs, peak,
                      share_of_core)
from figure import Figure, plain, times
from setting import VIDEO
from turn_clients import PORT, TLS_PORT


@dataclass(frozen=True)
class Experiment:
    key: str
    contest: str           # who takes part: TURN servers, those that anchor calls, or the machine alone
    figures: list
    run: Callable          # (Setting, server) -> a number for each figure

    def has_target(self):
        return any(figure.must for figure in self.figures)


_PER_CPU = "packets per CPU-second"

_KERNEL = [
    Figure("kernel_peak", "highest rate with less than 0.1 % lost, generator included", "packets/s"),
    Figure("kernel_voice", "172 bytes", _PER_CPU),
    Figure("kernel_video", "1,200 bytes in bursts of 30, each in one piece", _PER_CPU),
    Figure("generator", "what the generator sends when all is dropped at once", "packets/s"),
]
_UP = Figure(
    "up", "ChannelData to peers, 100,000/s over 200 flows", _PER_CPU,
    must=times(1.25), reach_for=times(1.6), limit="kernel_voice")
_DOWN = Figure(
    "down", "peers to ChannelData, 100,000/s over 200 flows", _PER_CPU,
    must=times(1.6), reach_for=times(2), limit="kernel_voice")
_VIDEO_UP = Figure(
    "video_up", "video to peers: 1,200 bytes in bursts of 30, 100,000/s over 200 flows", _PER_CPU,
    must=times(2), reach_for=times(3), limit="kernel_video")
_VIDEO_DOWN = Figure(
    "video_down", "video from peers: 1,200 bytes in bursts of 30, 100,000/s over 200 flows", _PER_CPU,
    must=times(2), reach_for=times(3), limit="kernel_video")
_VOICE = Figure(
    "voice", "2,000 calls to peers, 50 packets a second each", "% of a core",
    more_is_better=False, must=times(0.7), reach_for=times(0.5))
_PEAK_UP = Figure(
    "peak_up", "highest rate to peers with less than 0.1 % lost", "packets/s",
    must=times(1.25), reach_for=times(1.6), limit="kernel_peak")
_OVERLOAD = [
    Figure("overload", "delivered when five times the highest rate is offered, by a fifth of a core",
           "% of that rate", must=plain(90), reach_for=plain(100), is_compared=False),
    Figure("overload_offered", "what was offered then", "times that rate", is_compared=False),
]
_PEAK_DOWN = Figure(
    "peak_down", "highest rate from peers with less than 0.1 % lost", "packets/s",
    must=times(1.25), reach_for=times(1.6), limit="kernel_peak")
_LATENCY = [
    Figure("latency_p50", "one way to a peer, at half of what coturn carries: median", "µs",
           more_is_better=False),
    Figure("latency_p99", "one way to a peer, at half of what coturn carries: 99th percentile", "µs",
           more_is_better=False, must=times(1), reach_for=times(0.7)),
]
_MEMORY = Figure(
    "memory", "resident memory of an allocation with a channel", "KiB",
    more_is_better=False, must=times(0.15), reach_for=plain(2))
_ALLOCATIONS = Figure(
    "allocations", "allocations opened and given back", "per CPU-second",
    must=times(3), reach_for=times(5))
_ANCHORED = Figure(
    "anchored", "200 calls, 100,000/s of 172 bytes of RTP, half of it each way", _PER_CPU,
    must=times(2), reach_for=times(2.5), limit="kernel_voice")
_ANCHORED_PEAK = Figure(
    "anchored_peak", "200 calls: highest rate of RTP, both ways, with less than 0.1 % lost", "packets/s",
    limit="kernel_peak")
_VIDEO_APART = Figure(
    "video_apart", "video to peers, where every packet of a burst arrives on its own", _PER_CPU)
_FAT_FLOW = Figure(
    "fat_flow", "one flow to a peer, 100,000/s of 1,200 bytes", _PER_CPU)
_RELAY_TO_RELAY = Figure(
    "relay_to_relay", "client to client by two allocations of one server, 50,000/s over 200 flows",
    _PER_CPU)
_TCP = Figure("tcp", "clients on TCP, 30,000/s over 200 flows, half of it each way", _PER_CPU)
_TLS = Figure("tls", "clients on TLS, 30,000/s over 200 flows, half of it each way", _PER_CPU)
_CHURN = Figure(
    "churn", "allocated, channel bound, ten packets sent and given back", "per CPU-second")

EXPERIMENTS = [
    Experiment("kernel", "machine", _KERNEL, kernel),
    Experiment("up", "turn", [_UP], efficiency(channels(), "up")),
    Experiment("down", "turn", [_DOWN], efficiency(channels(), "down")),
    Experiment("video_up", "turn", [_VIDEO_UP],
               efficiency(channels(size=VIDEO), "up", burst=30, runs=True)),
    Experiment("video_down", "turn", [_VIDEO_DOWN],
               efficiency(channels(size=VIDEO), "down", burst=30, runs=True)),
    Experiment("voice", "turn", [_VOICE], share_of_core(channels(2000), "up", 100_000)),
    Experiment("peak_up", "turn", [_PEAK_UP], peak(channels(), "up")),
    Experiment("overload", "turn", _OVERLOAD, overload),
    Experiment("peak_down", "turn", [_PEAK_DOWN], peak(channels(), "down")),
    Experiment("latency", "turn", _LATENCY, latency),
    Experiment("memory", "turn", [_MEMORY], memory),
    Experiment("allocations", "turn", [_ALLOCATIONS], allocations),
    Experiment("anchored", "anchor", [_ANCHORED], efficiency(calls(), "up", "down", rtp=True)),
    Experiment("anchored_peak", "anchor", [_ANCHORED_PEAK], peak(calls(), "up", "down", rtp=True)),
    Experiment("video_apart", "turn", [_VIDEO_APART],
               efficiency(channels(size=VIDEO), "up", burst=30)),
    Experiment("fat_flow", "turn", [_FAT_FLOW], efficiency(channels(1, VIDEO), "up")),
    Experiment("relay_to_relay", "turn", [_RELAY_TO_RELAY], efficiency(pairs(200), "up", rate=50_000)),
    Experiment("tcp", "turn", [_TCP], streams("tcp", PORT)),
    Experiment("tls", "turn", [_TLS], streams("tls", TLS_PORT)),
    Experiment("churn", "turn", [_CHURN], churn),
]
