"""The program under test in the lab: writes its configuration, starts it, reads its metrics."""

import json
import os
import pathlib
import re
import signal

from lab import EDGE_EXTERNAL, EDGE_EXTERNAL6, EDGE_INTERNAL, EDGE_INTERNAL6, PATIENCE, wait_until

BINARY = os.environ.get("AVEDGE_BINARY", "")

REALM = "lab.example"
USER, PASSWORD = "alice", "correct horse"
SECRET = "a secret shared with the web application"
STUN_PORT = 3478
SIP_PORT = 5060
METRICS = "127.0.0.1:9464"
RELAY_PORTS = "50000-59999"

# How datagrams arrive and how those that are relayed leave, unless a test says otherwise: some tests
# run once for each way.
INGRESS = os.environ.get("AVEDGE_INGRESS", "sockets")
EGRESS = os.environ.get("AVEDGE_EGRESS", "sockets")

# Each callee of the tests listens on a port of its own and has a domain of its own.
_CONFIG = """\
realm = "{realm}"
workers = {workers}
ingress = "{ingress}"
egress = "{egress}"

[[interface]]
name = "external"
addresses = {external}
[[interface]]
name = "internal"
addresses = {internal}
{internal_device}

[[relay]]
interface = "external"
ports = "{external_ports}"
[[relay]]
interface = "internal"
ports = "{internal_ports}"

{certificate}
[turn]
{turn}
[turn.users]
{users}
[turn.limits]
{limits}
{listeners}
{peer_rules}
{more}

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
candidates = "{candidates}"
tcp = {tcp}
"""

UDP_LISTENER = {"bind": f"external:{STUN_PORT}", "transports": ["udp"]}
# Every transport on one port, told apart by the first bytes.
EVERY_LISTENER = {"bind": f"external:{STUN_PORT}", "transports": ["udp", "tcp", "tls", "dtls"],
                  "certificate": "edge"}

SANITIZER_REPORT = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:|"
                              r"WARNING: ThreadSanitizer|Assertion .* failed")


class Route:
    """`domain` outside leads to `host:port` inside."""

    def __init__(self, domain, host, port, transport="udp", candidates="replace", tcp=True):
        self.domain, self.host, self.port, self.transport = domain, host, port, transport
        self.candidates, self.tcp = candidates, tcp

    def text(self):
        return _ROUTE.format(domain=self.domain, host=self.host, port=self.port,
                             transport=self.transport, candidates=self.candidates,
                             tcp=_toml(self.tcp))


class WrittenRoute:
    """One with keys of the test's own choice: the lines of its [[sip.route]]."""

    def __init__(self, *lines):
        self._lines = lines

    def text(self):
        return "\n".join(["", "[[sip.route]]", *self._lines, ""])


class Edge:
    """A running avedge, started by the command `under` if there is one."""

    def __init__(self, lab, routes=(), under=(), **options):
        self._lab = lab
        self.config = write_config(lab, routes, **options)
        self.process = start(lab, ["serve", "--config", self.config], under=under)
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
        try:
            wait_until("every port to be free",
                       lambda: self.metrics().total("avedge_ports_in_use") == 0, seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}; still open:\n{self.ask('sessions').stdout}") from late

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


def write_config(lab, routes=(), external=(EDGE_EXTERNAL,), internal=(EDGE_INTERNAL,),
                 external_ports=RELAY_PORTS, internal_ports=RELAY_PORTS, workers=2, ingress=INGRESS, egress=EGRESS,
                 lifetime=3600, internal_device=None, listeners=(UDP_LISTENER,), certificate=None, turn=None, users=None, limits=None,
                 peer_rules=(("allow", "10.77.0.0/24"), ("allow", "fd00:77::/64")), more=""):
    """Addresses are local ones, or pairs with what is advertised. `turn`, `users` and `limits` are keys
    on top of the lab's own; None as a value takes one away. `certificate` is a chain and a key, called
    "edge"; `internal_device` is what the inner interface is bound to; `more` stands behind the [turn]
    tables; a rule may have ports, too."""
    secret_file = lab.directory / "turn.secrets"
    secret_file.write_text(SECRET + "\n", encoding="utf-8")
    secret_file.chmod(0o600)
    config = lab.directory / "avedge.toml"
    config.write_text(_CONFIG.format(
        realm=REALM, external=_toml([_address(one) for one in external]),
        internal=_toml([_address(one) for one in internal]),
        internal_device=f'device = "{internal_device}"' if internal_device else "", external_ports=external_ports,
        internal_ports=internal_ports, workers=workers, ingress=ingress, egress=egress,
        certificate=_certificate_table(*certificate) if certificate else "",
        turn=_toml_lines(_TURN | {"default_lifetime": lifetime, "max_lifetime": lifetime,
                                  "shared_secret_file": str(secret_file)} | (turn or {})),
        users=_toml_lines({USER: PASSWORD} if users is None else users),
        limits=_toml_lines(_LIMITS | (limits or {})),
        listeners="\n".join("[[turn.listener]]\n" + _toml_lines(one) for one in listeners),
        peer_rules="\n".join("[[turn.peer_rule]]\n" + _toml_lines(
            {"action": action, "prefix": prefix, "ports": ports[0] if ports else None})
                             for action, prefix, *ports in peer_rules), more=more,
        sip_port=SIP_PORT, metrics=METRICS, admin_socket=lab.directory / "admin.sock",
        routes="".join(route.text() for route in routes)), encoding="utf-8")
    return config


_TURN = {
    "relay_interface": "internal",
    # coturn's client chooses from the whole of the older range.
    "channel_numbers": "rfc5766",
}

# Every client of the lab shares one user and one address.
_LIMITS = {"allocations_per_user": 5000, "unauthenticated_answers_per_second": 5000}

BOTH_FAMILIES = {"external": (EDGE_EXTERNAL, EDGE_EXTERNAL6),
                 "internal": (EDGE_INTERNAL, EDGE_INTERNAL6)}


def _address(one):
    return {"local": one} if isinstance(one, str) else dict(zip(("local", "advertised"), one))


def _certificate_table(chain, key):
    return "[[certificate]]\n" + _toml_lines({"name": "edge", "chain": str(chain), "key": str(key)})


def _toml_lines(settings):
    return "\n".join(f"{key} = {_toml(value)}" for key, value in settings.items() if value is not None)


def _toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value)


def binary():
    assert BINARY and pathlib.Path(BINARY).exists(), "AVEDGE_BINARY must name the built program"
    return BINARY


def start(lab, arguments, name="avedge", under=()):
    return lab.start(lab.edge, [*under, binary(), *arguments], name, cwd=lab.directory)


def run(lab, *arguments):
    return lab.edge.run([binary(), *arguments], cwd=lab.directory, timeout=60)


def parse_json(completed):
    assert completed.returncode == 0, completed.stdout
    return json.loads(completed.stdout)
