"""One server under a spray of prebuilt frames, and what comes out of it.

The frames enter by a packet socket on the sender's device; what the server sends is counted and
dropped where it enters the receiver's namespace, before any socket: neither end takes part in what
is measured.
"""

import json
import re
import time
from dataclasses import dataclass

import machine
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, INSIDE
from servers import PORT, start_turn_load

# So long the server has to settle into a load before it is looked at, in seconds.
SETTLING = 0.7


@dataclass
class Window:
    """What happened while a load was steady."""
    seconds: float
    offered: float        # packets per second
    delivered: float      # packets per second
    loss: float           # share of what was sent over the whole spray
    server_cpu: float     # seconds of the server's threads
    core_busy: float      # seconds of its core, the kernel's work included

    def per_cpu_second(self):
        return self.delivered * self.seconds / self.server_cpu if self.server_cpu > 0 else 0.0


class Sink:
    """Counts and drops UDP datagrams by an nftables rule on the receiving device."""

    def __init__(self, host, rule):
        self._host = host
        self._nft(f"""
            table netdev sink {{
              counter arrived {{}}
              chain in {{
                type filter hook ingress device "eth0" priority 0; policy accept;
                {rule} counter name "arrived" drop
              }}
            }}
            """)

    def _nft(self, text):
        done = self._host.run(["nft", "-f", "-"], input=text)
        if done.returncode != 0:
            raise RuntimeError(f"nft: {done.stdout}")

    def count(self):
        done = self._host.run(["nft", "-j", "list", "counters"])
        for entry in json.loads(done.stdout)["nftables"]:
            if entry.get("counter", {}).get("name") == "arrived":
                return entry["counter"]["packets"]
        raise RuntimeError("the sink is gone")

    def close(self):
        self._nft("delete table netdev sink")


class Sprayed:
    """A running TURN server with its allocations, ready to be sprayed from either side."""

    def __init__(self, lab, running, programs, core, allocations, size):
        self._lab, self._running, self._core = lab, running, core
        self._spray = programs / "spray"
        self._flows = lab.directory / "flows"
        self._holder = start_turn_load(lab, programs / "turn_load", "--allocations", allocations,
                                       "--size", size, "--flows-to", self._flows, "--hold", 500)
        self._holder.expect_output(r"^holding", seconds=60)

    def close(self):
        self._holder.kill()

    def run(self, direction, rate, seconds, generator_core, burst=1):
        """A Window of a load of `rate` packets per second."""
        if direction == "up":
            sender, receiver, device = self._lab.ext, self._lab.inside, "external"
            rule = f"ip saddr {EDGE_INTERNAL} ip daddr {INSIDE} udp dport 7000-7003"
        else:
            sender, receiver, device = self._lab.inside, self._lab.ext, "internal"
            rule = f"ip saddr {EDGE_EXTERNAL} udp sport {PORT}"
        sink = Sink(receiver, rule)
        try:
            return self._spray_into(sink, sender, device, f"{self._flows}.{direction}", rate,
                                    seconds, generator_core, burst)
        finally:
            sink.close()

    def _spray_into(self, sink, sender, device, flows, rate, seconds, generator_core, burst):
        process = self._lab.start(sender, [
            "taskset", "-c", generator_core, self._spray, "--flows", flows, "--device", "eth0",
            "--to-mac", self._mac(device), "--rate", rate, "--burst", burst,
            "--seconds", SETTLING + seconds], "spray")
        time.sleep(SETTLING)
        before = self._look(sink)
        time.sleep(max(seconds - 0.2, 0.1))
        after = self._look(sink)
        process.expect_exit(seconds=seconds + 30)
        report = json.loads(process.output().splitlines()[-1])
        arrived = self._settled(sink)
        elapsed, delivered, cpu, busy = (b - a for a, b in zip(before, after))
        return Window(elapsed, report["rate"], delivered / elapsed,
                      1 - arrived / report["sent"], cpu, busy)

    def _look(self, sink):
        return (time.monotonic(), sink.count(), self._running.cpu_seconds(),
                machine.core_busy_seconds(self._core))

    @staticmethod
    def _settled(sink):
        """The count once nothing has come for a while."""
        last = sink.count()
        while True:
            time.sleep(0.1)
            count = sink.count()
            if count == last:
                return count
            last = count

    def _mac(self, device):
        text = self._lab.edge.run(["ip", "link", "show", device]).stdout
        return re.search(r"link/ether ([0-9a-f:]{17})", text).group(1)
