"""coturn's client and echo peer, run through the edge."""

import re

from edge import PASSWORD, STUN_PORT, USER
from lab import EDGE_EXTERNAL, EXT, INSIDE

PEER_PORT = 3480


def start_peer(lab):
    """Echoes on PEER_PORT and the next (the client sends RTCP there)."""
    lab.start(lab.inside, ["turnutils_peer", "-L", INSIDE, "-p", PEER_PORT], "turnutils_peer")
    lab.start(lab.inside, ["turnutils_peer", "-L", INSIDE, "-p", PEER_PORT + 1], "turnutils_peer")


def command(*options, user=USER, password=PASSWORD, peer=INSIDE):
    """turnutils_uclient against the edge; later options win."""
    return ["turnutils_uclient", "-L", EXT, "-p", STUN_PORT, "-u", user, "-w", password, "-e", peer,
            "-r", PEER_PORT, *options, EDGE_EXTERNAL]


class Summary:
    """What the client says at its end."""

    def __init__(self, output):
        self.output = output
        counts = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", output)
        self.sent, self.received = map(int, counts[-1]) if counts else (0, 0)
        lost = re.search(r"Total lost packets (\d+) .*total send dropped (\d+)", output)
        self.lost, self.dropped = (int(lost[1]), int(lost[2])) if lost else (None, None)
