"""What the machine itself can do: the edge's kernel forwards the same frames to the far host.

On veth forwarding happens in the sender's context, so generator and kernel share one core here, and the
server's core is idle. What forwarding costs is told apart by sending flat out twice: once with the
frames dropped where they enter the edge, once with the frames forwarded and counted as ever.
"""

import platform
from contextlib import contextmanager

from lab import EDGE_INTERNAL, EXT, INSIDE
from peak import find_peak
from spraying import Path, Sprayer

_MORE_THAN_EVER = 10_000_000
_FLOWS = 200


class KernelForwarding:
    name = "kernel forwarding"

    @staticmethod
    def version():
        return f"Linux {platform.release()}"


@contextmanager
def _forwarded_path(lab, size):
    flows = lab.directory / "forwarded"
    flows.write_text("".join(f"{EXT}:{20000 + i} {INSIDE}:7000 {size}\n" for i in range(_FLOWS)),
                     encoding="ascii")
    with lab.udp_socket(lab.edge, EDGE_INTERNAL) as any_socket:
        any_socket.sendto(b"", (INSIDE, 7000))  # so that the edge knows its neighbour
    lab.edge.sysctl("net.ipv4.ip_forward", 1)
    try:
        yield Path(lab.ext, "external", flows, lab.inside, f"ip saddr {EXT} ip daddr {INSIDE}",
                   size)
    finally:
        lab.edge.sysctl("net.ipv4.ip_forward", 0)


def _dropped_at_entry(lab, path):
    return Path(path.sender, path.device, path.flows, lab.edge, path.rule, path.payload,
                path.device)


def _flat_out(lab, path, load, seconds):
    with Sprayer(lab, [path], load) as sprayer:
        return sprayer.send(_MORE_THAN_EVER, seconds).delivered


def measure_limit(lab, load, size, seconds):
    """Packets that the kernel forwards in a second of CPU, and that the generator sends in one."""
    with _forwarded_path(lab, size) as path:
        forwarded = _flat_out(lab, path, load, seconds)
        generated = _flat_out(lab, _dropped_at_entry(lab, path), load, seconds)
    return 1 / (1 / forwarded - 1 / generated) if forwarded < generated else generated, generated


def measure_peak(lab, load, size, seconds):
    """Packets per second, of one core that generates and forwards."""
    with _forwarded_path(lab, size) as path:
        return find_peak(lambda: Sprayer(lab, [path], load), seconds)
