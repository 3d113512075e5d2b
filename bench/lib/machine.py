"""What the figures were made on, and how busy it was."""

import os
import pathlib
import platform
import re
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def describe():
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
    return {"cpu": model.group(1) if model else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load_average": round(os.getloadavg()[0], 2)}


def first_line(argv):
    """Of what a program says; for its version."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return next(iter(done.stdout.splitlines()), "unknown").strip()


def core_busy_seconds(core):
    """Everything that core did but wait, since it was started: all programs, and the kernel's work on
    packets that is nobody's."""
    for line in pathlib.Path("/proc/stat").read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[0] == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq = map(int, words[1:8])
            return (user + nice + system + irq + softirq) / TICKS
    raise ValueError(f"no core {core}")
