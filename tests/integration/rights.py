"""What may be done where the tests run: root of a user namespace makes network namespaces, but loads no
programs into the kernel."""

import os
import pathlib

import pytest


def _is_root_of_the_machine():
    whole_machine = ["0", "0", "4294967295"]
    return os.geteuid() == 0 and pathlib.Path("/proc/self/uid_map").read_text().split() == whole_machine


needs_bpf = pytest.mark.skipif(not _is_root_of_the_machine(),
                               reason="loading programs into the kernel takes root of the machine")
