"""What may be done where the tests run: root of a user namespace makes network namespaces, but loads no
programs into the kernel."""

import os
import pathlib
import re

import pytest


def _is_root_of_the_machine():
    whole_machine = ["0", "0", "4294967295"]
    return os.geteuid() == 0 and pathlib.Path("/proc/self/uid_map").read_text().split() == whole_machine


# Numbers of <linux/capability.h>.
_REACHES_INTO_THE_KERNEL = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_SYS_ADMIN": 21, "CAP_BPF": 39}


def rights_left(pid):
    """What any thread of that process could still do to the kernel's network, if it were taken over."""
    left = set()
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        for held in re.findall(r"(?m)^Cap(?:Prm|Eff|Inh|Amb):\s*([0-9a-f]+)$", status.read_text()):
            left |= {name for name, bit in _REACHES_INTO_THE_KERNEL.items() if int(held, 16) >> bit & 1}
    return left


def as_the_service(name):
    """The command that starts another one, as root, with what the unit's drop-in of that name grants and no
    other right."""
    text = (pathlib.Path(__file__).parents[2] / f"docker/avedge-{name}.conf").read_text(encoding="utf-8")
    granted = re.search(r"(?m)^AmbientCapabilities=(.*)$", text)[1].lower().replace("cap_", "+").split()
    return ["setpriv", "--bounding-set", ",".join(["-all", *granted]), "--inh-caps", "-all"]


needs_bpf = pytest.mark.skipif(not _is_root_of_the_machine(),
                               reason="loading programs into the kernel takes root of the machine")
