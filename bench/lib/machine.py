"""What the figures were made on, and what a program takes of it."""

import os
import pathlib
import platform
import re
import subprocess
import time

_TICKS = os.sysconf("SC_CLK_TCK")


def describe():
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
    return {"cpu": model.group(1) if model else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load_average": round(os.getloadavg()[0], 2),
            "time": time.strftime("%Y-%m-%d %H:%M")}


def first_line(argv):
    """Of what a program says; for its version."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return next(iter(done.stdout.splitlines()), "unknown").strip()


def cpu_seconds(pid):
    """User and system time of all threads of a process. The scheduler knows it to the nanosecond; a
    kernel that does not tell leaves hundredths of a second."""
    tasks = pathlib.Path(f"/proc/{pid}/task")
    nanoseconds = sum(int((task / "schedstat").read_text(encoding="ascii").split()[0])
                      for task in tasks.iterdir())
    return nanoseconds / 1e9 if nanoseconds > 0 else _cpu_ticks(pid) / _TICKS


def _cpu_ticks(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    fields = stat.rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE).group(1))
