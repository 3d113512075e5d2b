"""The lab: a host outside, the edge, a host inside, and what runs on them.

    ext 198.51.100.20/24 ── 198.51.100.10 edge 10.77.0.10 ── 10.77.0.20/24 inside
     2001:db8:1::20/64 ── 2001:db8:1::10      fd00:77::10 ── fd00:77::20/64

The edge does not forward IP packets: what crosses was relayed by the program under test. Waiting is
always for a condition with a bound (`wait_until`), never for a length of time.
"""

import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from capture import Capture
from namespaces import Namespace

EXT = "198.51.100.20"
EDGE_EXTERNAL = "198.51.100.10"
EDGE_INTERNAL = "10.77.0.10"
INSIDE = "10.77.0.20"
# More addresses of the two hosts, for tests that need several sources.
EXT_OTHERS = ["198.51.100.21", "198.51.100.22"]
INSIDE_OTHERS = ["10.77.0.21", "10.77.0.22"]
# A second address of the edge (RFC 5780 takes two), and the same hosts in IPv6.
EDGE_SECOND = "198.51.100.11"
EXT6 = "2001:db8:1::20"
EDGE_EXTERNAL6 = "2001:db8:1::10"
EDGE_INTERNAL6 = "fd00:77::10"
INSIDE6 = "fd00:77::20"

# Generous: a sanitizer build on a busy two-core machine. A passing test never waits this long.
PATIENCE = 30.0

# For sockets whose port nobody cares about; below those that SIPp plays from (side_by_side.py).
_FRESH_PORTS = range(10000, 20000)


def wait_until(what, condition, seconds=PATIENCE):
    """Polls `condition` until it returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.02)


class Process:
    """A program running on a host; its output goes to a file of the lab."""

    def __init__(self, lab, host, argv, name, **options):
        self.name = name
        self.log = lab.directory / f"{name}.log"
        with open(self.log, "wb") as log:
            self._popen = host.popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=subprocess.STDOUT, start_new_session=True, **options)

    @property
    def pid(self):
        return self._popen.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def exit_code(self):
        """None while it runs."""
        return self._popen.poll()

    def expect_output(self, pattern, seconds=PATIENCE):
        """Waits until the output matches; a program that ended without saying so fails at once."""
        def look():
            ended = self.exit_code() is not None
            match = re.search(pattern, self.output(), re.MULTILINE)
            assert match or not ended, (
                f"{self.name} ended with {self.exit_code()} before saying /{pattern}/:\n{self.output()}")
            return match
        return wait_until(f"{self.name} to say /{pattern}/", look, seconds)

    def expect_exit(self, seconds=PATIENCE):
        """Waits for the end and returns the exit code (negative: the signal that killed it)."""
        wait_until(f"{self.name} to end", lambda: self.exit_code() is not None, seconds)
        return self.exit_code()

    def signal(self, number):
        if self.exit_code() is None:
            self._popen.send_signal(number)

    def kill(self):
        """With its children, which outlive it otherwise (Kamailio's do)."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()


class Lab:
    """Three hosts and everything started on them; `with Lab() as lab:` cleans up in any case.

    Without `offload` no device cuts runs of datagrams (UDP_SEGMENT) for its sender, so that captures
    see one packet for each datagram; with it, they are as network cards are."""

    def __init__(self, offload=False):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="avedge-lab-"))
        self._processes = []
        self._namespaces = []
        self._fresh_ports = iter(_FRESH_PORTS)
        try:
            self.ext = self._host("ext")
            self.edge = self._host("edge")
            self.inside = self._host("inside")
            self._link(self.edge, "external", self.ext, [EDGE_EXTERNAL, EDGE_SECOND, EDGE_EXTERNAL6],
                       [EXT, *EXT_OTHERS, EXT6])
            self._link(self.edge, "internal", self.inside, [EDGE_INTERNAL, EDGE_INTERNAL6],
                       [INSIDE, *INSIDE_OTHERS, INSIDE6])
            # What an operator does too: outgoing sockets of other programs keep off the media ports.
            self.edge.sysctl("net.ipv4.ip_local_reserved_ports", "50000-59999")
            self.edge.sysctl("net.ipv4.ip_forward", 0)
            if not offload:
                for host, device in ((self.edge, "external"), (self.edge, "internal"),
                                     (self.ext, "eth0"), (self.inside, "eth0")):
                    host.run(["ethtool", "-K", device, "tx-udp-segmentation", "off"], check=True)
            self.edge.sysctl("net.ipv6.conf.all.forwarding", 0)
        except BaseException:
            self.close()
            raise

    def _host(self, name):
        host = Namespace(name)
        self._namespaces.append(host)
        return host

    @staticmethod
    def _link(edge, device, host, edge_addresses, host_addresses):
        edge.ip("link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
        for end, name, addresses in ((edge, device, edge_addresses), (host, "eth0", host_addresses)):
            for address in addresses:
                if ":" in address:  # Usable at once: nobody else can have it here.
                    end.ip("addr", "add", f"{address}/64", "dev", name, "nodad")
                else:
                    end.ip("addr", "add", f"{address}/24", "dev", name)
            end.ip("link", "set", name, "up")
        host.ip("-4", "route", "add", "default", "via", edge_addresses[0])
        host.ip("-6", "route", "add", "default", "via", edge_addresses[-1])

    def start(self, host, argv, name, **options):
        """The options are those of subprocess.Popen."""
        count = sum(process.name.split("#")[0] == name for process in self._processes)
        process = Process(self, host, argv, f"{name}#{count}" if count else name, **options)
        self._processes.append(process)
        return process

    def capture_outside(self):
        return Capture(self.ext, "eth0")

    def capture_inside(self):
        return Capture(self.inside, "eth0")

    def udp_socket(self, host, address, port=None):
        return self._socket(host, socket.SOCK_DGRAM, address, port)

    def tcp_socket(self, host, address, port=None):
        """Bound, and ready to connect or to listen."""
        return self._socket(host, socket.SOCK_STREAM, address, port)

    def _socket(self, host, kind, address, port):
        with host.entered():
            made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        made.settimeout(PATIENCE)
        # The kernel would hand out the port of a client that has gone again, and to the edge the new
        # client would be that one, with its allocation.
        made.bind((address, next(self._fresh_ports) if port is None else port))
        return made

    def http_get(self, host, address, path):
        """Status and text, or (0, "") while nobody answers."""
        target, port = address.rsplit(":", 1)
        connection = http.client.HTTPConnection(target, int(port), timeout=PATIENCE)
        try:
            with host.entered():
                connection.connect()
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def show_logs(self, stream=sys.stderr, tail=80):
        """What every program said, for a failed test."""
        for process in self._processes:
            lines = process.output().splitlines()
            print(f"--- {process.name} (exit {process.exit_code()}), last {tail} lines", file=stream)
            print("\n".join(lines[-tail:]), file=stream)
        for log in sorted(self.directory.glob("*.errors")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}", file=stream)

    def close(self):
        for process in reversed(self._processes):
            process.kill()
        for namespace in self._namespaces:
            namespace.close()
        if os.environ.get("AVEDGE_KEEP_LAB"):
            print(f"lab files kept in {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

