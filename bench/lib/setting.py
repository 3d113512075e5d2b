"""Where the experiments are made, and with what patience."""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field

from running_server import RunningServer
from spraying import Load

VOICE, VIDEO = 172, 1200   # bytes of a packet


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
    niceness: int = 0     # of servers that are started
    half_load: float | None = None                 # packets per second, once it is known
    step: str = ""                                 # what is being done
    remarks: list = field(default_factory=list)    # what a reader of the figures has to know

    def remark(self, words):
        self.remarks.append(f"{self.step}: {words}")

    def load(self, **how):
        return Load(self.programs / "spray", self.generator_core, **how)

    def running(self, server):
        return RunningServer(self.lab, server, self.server_core, self.niceness)

    @contextmanager
    def crowded(self):
        """Servers that are started meanwhile get a fifth of their core: somebody else is busy there, and
        they are nice to it (the scheduler's weights of 6 and 0 are 272 and 1,024)."""
        busy = self.lab.start(self.lab.edge, ["taskset", "-c", str(self.server_core), "sh", "-c",
                                              "while :; do :; done"], "busy")
        self.niceness = 6
        try:
            yield
        finally:
            self.niceness = 0
            busy.kill()


def json_line(process):
    """What a measuring program reports when it is done."""
    line = re.search(r"^\{.*\}$", process.output(), re.MULTILINE)
    if not line:
        raise RuntimeError(f"{process.name} reported nothing:\n{process.output()}")
    return json.loads(line.group(0))
