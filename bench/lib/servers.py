"""The servers that are measured: how each is configured, started and watched.

All stand in the lab of the integration tests (`tests/integration/lab.py`): clients outside, peers
inside, and no way between them but the server.
"""

import os
import pathlib
import re
import secrets
import signal
import socket
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE  # noqa: E402

from machine import TICKS, first_line  # noqa: E402

PORT = 3478
USER, PASSWORD = "load", "load-password"
PEERS = [f"{INSIDE}:{port}" for port in (7000, 7001, 7002, 7003)]

AVEDGE_CONFIG = f"""\
realm = "bench.example"
workers = {{workers}}
egress = "{{egress}}"

[[interface]]
name = "external"
addresses = [{{{{ local = "{EDGE_EXTERNAL}" }}}}]
[[interface]]
name = "internal"
addresses = [{{{{ local = "{EDGE_INTERNAL}" }}}}]
[[relay]]
interface = "internal"
ports = "50000-59999"

[turn]
relay_interface = "internal"
[turn.users]
{USER} = "{PASSWORD}"
[turn.limits]
allocations_per_user = 10000
allocations_per_source = 10000
unauthenticated_answers_per_second = 10000
[[turn.listener]]
bind = "external:{PORT}"
transports = ["udp"]
[[turn.peer_rule]]
action = "allow"
prefix = "{INSIDE}/32"

[metrics]
http = "127.0.0.1:9464"
[admin]
socket = "{{directory}}/admin.sock"
"""

COTURN_CONFIG = f"""\
listening-ip={EDGE_EXTERNAL}
listening-port={PORT}
relay-ip={EDGE_INTERNAL}
min-port=50000
max-port=59999
realm=bench.example
lt-cred-mech
user={USER}:{PASSWORD}
no-tls
no-dtls
no-cli
no-stdout-log
simple-log
log-file={{directory}}/turnserver.log
pidfile={{directory}}/turnserver.pid
userdb={{directory}}/turnserver.db
"""


class Avedge:
    def __init__(self, binary, workers=0, egress="sockets"):
        self.binary, self.workers, self.egress = binary, workers, egress
        self.name = "avedge" if egress == "sockets" else f"avedge, {egress}"

    def command(self, directory):
        config = directory / "avedge.toml"
        config.write_text(AVEDGE_CONFIG.format(directory=directory, workers=self.workers,
                                               egress=self.egress))
        return [self.binary, "serve", "--config", config]

    def version(self):
        return first_line([self.binary, "--version"])


class Coturn:
    name = "coturn"

    def __init__(self, binary="turnserver", workers=0):
        self.binary, self.workers = binary, workers

    def command(self, directory):
        config = directory / "turnserver.conf"
        threads = f"relay-threads={self.workers}\n" if self.workers else ""
        config.write_text(COTURN_CONFIG.format(directory=directory) + threads)
        return [self.binary, "-c", config]

    def version(self):
        return "coturn " + first_line([self.binary, "--version"])


class RunningServer:
    """The server in its namespace, from its start until the end of the `with` block; on one core only,
    if one is named."""

    def __init__(self, lab, server, core=None):
        self._lab = lab
        command = server.command(lab.directory)
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        udp = lab.udp_socket(lab.ext, EXT)
        udp.settimeout(0.001)
        begin = time.monotonic()
        self._process = lab.start(lab.edge, command, "server")
        self._await_binding(udp)
        self.seconds_to_first_answer = time.monotonic() - begin
        udp.close()

    def _await_binding(self, udp):
        request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + secrets.token_bytes(12)

        def answered():
            if self._process.exit_code() is not None:
                raise RuntimeError(f"the server ended:\n{self._process.output()}")
            udp.sendto(request, (EDGE_EXTERNAL, PORT))
            try:
                answer = udp.recv(1500)
            except (socket.timeout, ConnectionError):
                return False
            return answer[:2] == b"\x01\x01" and answer[4:20] == request[4:20]

        deadline = time.monotonic() + 30
        while not answered():
            if time.monotonic() > deadline:
                raise RuntimeError("no answered Binding within 30 s")

    def cpu_seconds(self):
        """User and system time of all its threads."""
        stat = pathlib.Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii")
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE).group(1))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._process.signal(signal.SIGTERM)
        try:
            self._process.expect_exit(seconds=10)
        finally:
            self._process.kill()


def start_turn_load(lab, turn_load, *words):
    """The program outside, its peers inside."""
    return lab.start(lab.ext, [
        turn_load, "--server", f"{EDGE_EXTERNAL}:{PORT}", "--user", USER, "--password",
        PASSWORD, "--client-bind", EXT, "--peer-netns", f"/proc/{lab.inside.pid}/ns/net",
        "--peer-bind", ",".join(PEERS), *words], "turn_load")
