"""Calls that a proxy has anchored by rtpengine's ng protocol, and the RTP that both ends send."""

from contextlib import contextmanager

import ng
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE
from spraying import Path

# Where the SDP says that the ends want their media, and where they send from.
_CALLER_PORT, _CALLEE_PORT = 20000, 30000
# Media comes from the addresses in the SDP, and nobody has to learn any.
_TERMS = {"flags": ["trust-address", "asymmetric"], "ICE": "remove"}
# RFC 3550 §5.1: version 2, payload type 0, then sequence number and time stamp, which `spray` counts up.
_RTP_START = "8000" + "0000" + "00000000"


def ping_probe(lab):
    client = ng.Client(lab)

    def answers():
        client.send(ng.message({"command": "ping"}))
        return not client.hears_nothing(seconds=0.01)
    return answers


@contextmanager
def anchored_paths(lab, calls, size):
    """By direction, the paths of that many calls, a stream each way, ready to be sprayed. `size`: of
    the RTP packets. They end with the server."""
    client = ng.Client(lab)
    up, down = lab.directory / "rtp.up", lab.directory / "rtp.down"
    with open(up, "w", encoding="ascii") as from_callers, open(down, "w", encoding="ascii") as from_callees:
        for call in range(calls):
            to_callee, to_caller = _open_call(client, call)
            start = f"{size} {_RTP_START}{call + 1:08x}"  # SSRC last
            print(f"{EXT}:{_CALLER_PORT + 2 * call} {to_callee} {start}", file=from_callers)
            print(f"{INSIDE}:{_CALLEE_PORT + 2 * call} {to_caller} {start}", file=from_callees)
    yield {
        "up": Path(lab.ext, "external", up, lab.inside,
                   f"ip saddr {EDGE_INTERNAL} ip daddr {INSIDE} udp dport >= {_CALLEE_PORT}", size),
        "down": Path(lab.inside, "internal", down, lab.ext,
                     f"ip saddr {EDGE_EXTERNAL} ip daddr {EXT} udp dport >= {_CALLER_PORT}", size)}


def _open_call(client, number):
    """Where the caller and the callee have to send, each as IP:PORT."""
    offered = client.sdp(ng.offer(
        f"call{number}", ng.audio(EXT, _CALLER_PORT + 2 * number), **_TERMS))
    answered = client.sdp(ng.answer(
        f"call{number}", ng.audio(INSIDE, _CALLEE_PORT + 2 * number), **_TERMS))
    return [f"{address}:{port}" for address, port in (ng.place(answered), ng.place(offered))]
