"""rtpengine in user space, for the same calls."""

import anchored_calls
import machine
import ng
from lab import EDGE_EXTERNAL, EDGE_INTERNAL


class Rtpengine:
    name = "rtpengine"
    probe = staticmethod(anchored_calls.ping_probe)

    def __init__(self, binary="rtpengine", workers=1):
        self._binary, self._workers = binary, workers

    def version(self):
        return machine.first_line([self._binary, "--version"]).replace("Version:", "rtpengine")

    def command(self, directory):
        return [self._binary, "--foreground", "--log-stderr", "--log-level=4",
                "--table=-1",  # without its kernel module
                f"--num-threads={self._workers}", f"--pidfile={directory}/rtpengine.pid",
                f"--interface=external/{EDGE_EXTERNAL}", f"--interface=internal/{EDGE_INTERNAL}",
                f"--listen-ng={ng.ADDRESS}:{ng.PORT}",
                "--port-min=50000", "--port-max=59999"]
