"""Experiments with a spray of frames: made with one server at a time, which is started for it.

Each makes or is a function of a Setting and a server, and answers with one number for each of its
figures.
"""

import time
from contextlib import contextmanager
from statistics import median

import kernel_forwarding
from anchored_calls import anchored_paths
from peak import RESOLUTION, find_peak
from setting import VIDEO, VOICE, json_line
from spraying import Sprayer
from turn_clients import HEARD_PORT, paired_paths, start_turn_load, turn_paths

# Less of a steady load, and there was more to it than the moments at which it was counted.
_NEARLY_ALL = 0.97
# Of an overload and what comes before it.
_PAIRS = 2


# What is sprayed: functions of a Setting that open paths for as long as a `with` block takes.


def channels(allocations=200, size=VOICE):
    return lambda setting: turn_paths(setting.lab, setting.programs, allocations, size)


def pairs(allocations, size=VOICE):
    return lambda setting: paired_paths(setting.lab, setting.programs, allocations, size)


def calls(count=200, size=VOICE):
    return lambda setting: anchored_paths(setting.lab, count, size)


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


def efficiency(open_paths, *directions, rate=100_000, **how):
    """Packets delivered for each second of CPU that the server's threads take."""
    return lambda setting, server: [
        _watch(setting, server, rate, open_paths, directions, **how).per_cpu_second()]


def share_of_core(open_paths, direction, rate):
    """Per cent."""
    def run(setting, server):
        window = _watch(setting, server, rate, open_paths, [direction])
        return [100 * window.cpu / window.seconds]
    return run


def _find_peak(setting, server, *where, resolution=RESOLUTION, **how):
    return find_peak(lambda: _sprayed(setting, server, *where, **how), setting.try_seconds, resolution)


def peak(open_paths, *directions, **how):
    """The highest rate that is carried."""
    return lambda setting, server: [_find_peak(setting, server, open_paths, directions, **how)]


def overload(setting, server):
    """What is left of the highest rate when five times that is offered. No generator could offer it to a
    server with a core of its own: it gets a fifth. What a fifth of a core does changes from second to second,
    so the two are offered in turn, to a server that is started for each pair."""
    pairs = []
    with setting.crowded():
        rate = _find_peak(setting, server, channels(), ["up"], resolution=2 * RESOLUTION)
        if rate == 0:
            return [0.0, 0.0]
        for _ in range(_PAIRS):
            with _sprayed(setting, server, channels(), ["up"]) as sprayer:
                pairs.append([sprayer.watch(times * rate, setting.seconds / _PAIRS, setting.settling)
                              for times in (1, 5)])
    return [100 * median(five.delivered / one.delivered for one, five in pairs),
            median(five.offered / one.offered for one, five in pairs)]


def _half_load(setting):
    """Half of what the reference carries; found out once, so that it is the same for everybody."""
    if setting.half_load is None:
        reference = setting.servers["turn"][-1]
        setting.half_load = _find_peak(setting, reference, channels(), ["up"]) / 2
    return setting.half_load


def latency(setting, server):
    """Of single probes among a load of frames; p50 and p99 in microseconds."""
    rate = _half_load(setting)
    with _sprayed(setting, server, channels(), ["up"]) as sprayer, sprayer.spraying(rate):
        time.sleep(setting.settling)
        probes = start_turn_load(
            setting.lab, setting.programs, "--allocations", 8, "--rate", 2000, "--seconds",
            setting.seconds, "--max-loss", 100, "--json", peer_ports=[HEARD_PORT],
            core=setting.generator_core)
        probes.expect_exit(seconds=60)
    shares = json_line(probes)["legs"][0]["latency_us"]
    return [shares["p50"], shares["p99"]]


def kernel(setting, _server):
    """What the machine itself does."""
    lab, load, seconds = setting.lab, setting.load(), setting.try_seconds
    bursts = setting.load(burst=30, runs=True)
    voice, generator = kernel_forwarding.measure_limit(lab, load, VOICE, seconds)
    video, _ = kernel_forwarding.measure_limit(lab, bursts, VIDEO, seconds)
    return [kernel_forwarding.measure_peak(lab, load, VOICE, seconds), voice, video, generator]
