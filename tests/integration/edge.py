"""The program under test in the lab: writes its configuration, starts it, reads its metrics."""

import json
import os
import pathlib
import re
import signal

from lab import EDGE_EXTERNAL, EDGE_INTERNAL, PATIENCE, wait_until

BINARY = os.environ.get("AVEDGE_BINARY", "")

REALM = "lab.example"
USER, PASSWORD = "alice", "correct horse"
SECRET = "a secret shared with the web application"
STUN_PORT = 3478
SIP_PORT = 5060
METRICS = "127.0.0.1:9464"
RELAY_PORTS = "50000-59999"

# Each callee of the tests listens on a port of its own and has a domain of its own.
_CONFIG = """\
realm = "{realm}"
workers = {workers}

[[interface]]
name = "external"
addresses = [{{ local = "{external}" }}]
[[interface]]
name = "internal"
addresses = [{{ local = "{internal}" }}]

[[relay]]
interface = "external"
ports = "{external_ports}"
[[relay]]
interface = "internal"
ports = "{internal_ports}"

[turn]
relay_interface = "internal"
channel_numbers = "rfc5766"     # coturn's client chooses from the whole of the older range
default_lifetime = {lifetime}
max_lifetime = {lifetime}
shared_secret_file = "{secret_file}"
[turn.users]
{user} = "{password}"
[turn.limits]
# Every client of the lab shares one user and one address.
allocations_per_user = 5000
unauthenticated_answers_per_second = 5000
[[turn.listener]]
bind = "external:{stun_port}"
transports = ["udp"]
[[turn.peer_rule]]
action = "allow"
prefix = "10.77.0.0/24"

[[sip.listener]]
bind = "external:{sip_port}"
transports = ["udp", "tcp"]
[[sip.listener]]
bind = "internal:{sip_port}"
transports = ["udp", "tcp"]
{routes}

[metrics]
http = "{metrics}"
[admin]
socket = "{admin_socket}"
"""

_ROUTE = """
[[sip.route]]
from = "external"
domain = "{domain}"
next_hops = ["sip:{host}:{port};transport={transport}"]
latching = "signalled"
"""

SANITIZER_REPORT = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|"
                              r"WARNING: ThreadSanitizer|Assertion .* failed")


class Route:
    """`domain` outside leads to `host:port` inside."""

    def __init__(self, domain, host, port, transport="udp"):
        self.domain, self.host, self.port, self.transport = domain, host, port, transport

    def text(self):
        return _ROUTE.format(domain=self.domain, host=self.host, port=self.port,
                             transport=self.transport)


class Edge:
    """A running avedge."""

    def __init__(self, lab, routes=(), **options):
        self._lab = lab
        self.config = write_config(lab, routes, **options)
        self.process = start(lab, ["serve", "--config", self.config])
        self.wait_until_healthy()

    def wait_until_healthy(self):
        def healthy():
            assert self.process.exit_code() is None, f"the edge ended:\n{self.process.output()}"
            return self._lab.http_get(self._lab.edge, METRICS, "/healthz")[0] == 200
        wait_until("/healthz to answer 200", healthy)

    def metrics(self):
        status, text = self._lab.http_get(self._lab.edge, METRICS, "/metrics")
        assert status == 200, f"/metrics answered {status}; the edge said:\n{self.process.output()}"
        return Metrics(text)

    def wait_until_no_port_is_in_use(self, seconds=PATIENCE):
        wait_until("every port to be free", lambda: self.metrics().total("avedge_ports_in_use") == 0,
                   seconds)

    def ask(self, command, *options):
        """Runs `avedge status` and the like against this edge; the completed process."""
        return run(self._lab, command, "--socket", self._lab.directory / "admin.sock", *options)

    def stop(self):
        """Ends it as a service manager would; a crash, a leak or a sanitizer's word is a failure."""
        assert self.process.exit_code() is None, (
            f"the edge did not survive: {self.process.exit_code()}\n{self.process.output()}")
        self.process.signal(signal.SIGTERM)
        code = self.process.expect_exit()
        assert code == 0, f"the edge ended with {code}:\n{self.process.output()}"
        report = SANITIZER_REPORT.search(self.process.output())
        assert not report, self.process.output()


class Metrics:
    """One scrape in Prometheus' text format."""

    _SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")

    def __init__(self, text):
        self.text = text
        self._samples = []
        for line in text.splitlines():
            match = self._SAMPLE.match(line)
            if match:
                labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
                self._samples.append((match[1], labels, float(match[3])))

    def names(self):
        return {name for name, _, _ in self._samples}

    def total(self, name, **labels):
        """The sum of the samples of that name that carry these labels. An unknown name fails: a
        renamed metric must not read as zero."""
        assert name in self.names(), f"no metric {name} in:\n{self.text}"
        return sum(value for sample, have, value in self._samples
                   if sample == name and labels.items() <= have.items())

    def drops(self, reason):
        return self.total("avedge_drops_total", reason=reason)


def write_config(lab, routes=(), external_ports=RELAY_PORTS, internal_ports=RELAY_PORTS, workers=2,
                 lifetime=3600):
    secret_file = lab.directory / "turn.secrets"
    secret_file.write_text(SECRET + "\n", encoding="utf-8")
    secret_file.chmod(0o600)
    config = lab.directory / "avedge.toml"
    config.write_text(_CONFIG.format(
        realm=REALM, user=USER, password=PASSWORD, external=EDGE_EXTERNAL, internal=EDGE_INTERNAL,
        external_ports=external_ports, internal_ports=internal_ports, workers=workers, lifetime=lifetime,
        secret_file=secret_file, stun_port=STUN_PORT, sip_port=SIP_PORT, metrics=METRICS,
        admin_socket=lab.directory / "admin.sock",
        routes="".join(route.text() for route in routes)), encoding="utf-8")
    return config


def binary():
    assert BINARY and pathlib.Path(BINARY).exists(), "AVEDGE_BINARY must name the built program"
    return BINARY


def start(lab, arguments, name="avedge"):
    return lab.start(lab.edge, [binary(), *arguments], name, cwd=lab.directory)


def run(lab, *arguments):
    return lab.edge.run([binary(), *arguments], cwd=lab.directory, timeout=60)


def parse_json(completed):
    assert completed.returncode == 0, completed.stdout
    return json.loads(completed.stdout)
