"""coturn's client and echo peer, run through the edge."""

import re

from edge import PASSWORD, STUN_PORT, USER
from lab import EDGE_EXTERNAL, EDGE_EXTERNAL6, EXT, EXT6, INSIDE

PEER_PORT = 3480
# Options of a client on the other side of the edge's IPv6 addresses; see command().
OVER_IPV6 = {"address": EXT6, "server": EDGE_EXTERNAL6}


def start_peer(lab, *addresses):
    """Echoes on PEER_PORT and the next (the client sends RTCP there)."""
    for address in addresses or [INSIDE]:
        for port in PEER_PORT, PEER_PORT + 1:
            lab.start(lab.inside, ["turnutils_peer", "-L", address, "-p", port], "turnutils_peer")


def command(*options, user=USER, password=PASSWORD, peer=INSIDE, address=EXT, server=EDGE_EXTERNAL,
            port=STUN_PORT):
    """turnutils_uclient against the edge; later options win."""
    return ["turnutils_uclient", "-L", address, "-p", port, "-u", user, "-w", password, "-e", peer,
            "-r", PEER_PORT, *options, server]


def run_all(lab, modes, seconds=90):
    """Runs clients side by side: their processes, by the names of the modes, after their end."""
    processes = {name: lab.start(lab.ext, mode.command(), f"uclient-{name}")
                 for name, mode in modes.items()}
    for process in processes.values():
        process.expect_exit(seconds)
    return processes


class Mode:
    """So many clients that send so many messages each, with options of coturn's client."""

    def __init__(self, clients, messages, *options, **target):
        self.clients, self.messages = clients, messages
        self._options, self._target = options, target

    def command(self):
        return command("-m", self.clients, "-n", self.messages, *self._options, **self._target)

    def assert_no_loss(self, process):
        assert process.exit_code() == 0, process.output()
        summary = Summary(process.output())
        assert summary.sent == self.clients * self.messages, process.output()
        assert summary.received == summary.sent, process.output()
        assert (summary.lost, summary.dropped) == (0, 0), process.output()


class Summary:
    """What the client says at its end."""

    def __init__(self, output):
        self.output = output
        counts = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", output)
        self.sent, self.received = map(int, counts[-1]) if counts else (0, 0)
        lost = re.search(r"Total lost packets (\d+) .*total send dropped (\d+)", output)
        self.lost, self.dropped = (int(lost[1]), int(lost[2])) if lost else (None, None)
