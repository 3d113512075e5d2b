"""A spray of prebuilt frames into a server, and what comes out of it.

The frames enter by a packet socket on the sender's device; what the server sends is counted and
dropped where it enters the receiver's namespace, before any socket: neither end takes part in what
is measured.
"""

import json
import re
import signal
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sink import Sink


# Seconds in which the last packets of a load arrive, if they do not have to wait.
_ON_THE_WAY = 0.01


@dataclass
class Path:
    """One way through the server, for many flows."""
    sender: object      # host that the frames leave from
    device: str         # of the edge, where they arrive
    flows: object       # file for `spray`
    receiver: object    # host that they come out at
    rule: str           # what they look like there, in the words of nftables
    payload: int        # bytes of a datagram that comes out
    receiving_device: str = "eth0"


@dataclass
class Load:
    """What the generator sends, and with what."""
    spray: object       # the program
    core: int
    burst: int = 1      # packets of one flow in a row
    runs: bool = False  # which arrive in one piece, as from a driver that aggregates (GRO)
    rtp: bool = False

    def start(self, lab, path, rate, seconds):
        return lab.start(path.sender, [
            "taskset", "-c", self.core, self.spray, "--flows", path.flows, "--device", "eth0",
            "--to-mac", _mac(lab.edge, path.device), "--rate", rate, "--seconds", seconds,
            "--burst", self.burst, *(["--runs"] if self.runs else []),
            *(["--rtp"] if self.rtp else [])], "spray")


@dataclass
class Window:
    """What happened while a load was steady."""
    seconds: float
    offered: float        # packets per second
    delivered: float      # packets per second
    cpu: float            # seconds of the server's threads

    def per_cpu_second(self):
        return self.delivered * self.seconds / self.cpu if self.cpu > 0 else 0.0


@dataclass
class ForwardContext:
    """What became of a whole load, from its first packet to its last."""
    offered: float        # packets per second that were sent
    delivered: float      # packets per second that arrived
    loss: float           # share of them that did not


class Sprayer:
    """Sprays the same paths again and again; they share the rate. `cpu_seconds` tells what the server
    has taken so far."""

    def __init__(self, lab, paths, load, cpu_seconds=lambda: 0.0):
        self._lab, self._paths, self._load = lab, paths, load
        self._cpu_seconds = cpu_seconds
        self._sinks, self._stack = [], ExitStack()

    def __enter__(self):
        self._sinks = [self._stack.enter_context(
            Sink(path.receiver, path.rule, path.payload, path.receiving_device)) for path in self._paths]
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def send(self, rate, seconds):
        """A ForwardContext of a load that begins and ends. What then still waits in a long queue was not
        carried."""
        before = self._settled_count()
        sprays = self._start(rate, seconds)
        reports = [_report(spray) for spray in sprays]
        time.sleep(_ON_THE_WAY)
        arrived = self._count() - before
        sent = sum(report["sent"] for report in reports)
        took = max(report["seconds"] for report in reports)
        return ForwardContext(sent / took, arrived / took, 1 - arrived / sent)

    def watch(self, rate, seconds, settling):
        """A Window of that many seconds, once the load has been steady for `settling`."""
        with self.spraying(rate) as sprays:
            time.sleep(settling)
            before = time.monotonic(), self._count(), self._cpu_seconds()
            time.sleep(seconds)
            after = time.monotonic(), self._count(), self._cpu_seconds()
        offered = sum(_report(spray)["rate"] for spray in sprays)
        elapsed, delivered, cpu = (b - a for a, b in zip(before, after))
        return Window(elapsed, offered, delivered / elapsed, cpu)

    @contextmanager
    def spraying(self, rate):
        """A load for as long as the `with` block takes."""
        sprays = self._start(rate, 600)
        try:
            yield sprays
        finally:
            for spray in sprays:
                spray.signal(signal.SIGINT)

    def _start(self, rate, seconds):
        return [self._load.start(self._lab, path, rate / len(self._paths), seconds)
                for path in self._paths]

    def _count(self):
        return sum(sink.count() for sink in self._sinks)

    def _settled_count(self):
        """The count once nothing has come for a while."""
        last = self._count()
        while True:
            time.sleep(0.05)
            count = self._count()
            if count == last:
                return count
            last = count


def _report(spray):
    """Once it has ended."""
    if spray.expect_exit() != 0:
        raise RuntimeError(spray.output())
    return json.loads(spray.output().splitlines()[-1])


def _mac(host, device):
    text = host.run(["ip", "link", "show", device]).stdout
    return re.search(r"link/ether ([0-9a-f:]{17})", text).group(1)
