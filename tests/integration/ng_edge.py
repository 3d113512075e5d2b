"""Edges that speak nothing but ng: several of them behind one proxy share the lab's edge host."""

import dataclasses
import re

import edge
import ng
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, wait_until

_EDGE = """\
realm = "{realm}"
workers = 1
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
[[ng.listener]]
bind = "127.0.0.1:{port}"
transports = ["udp", "ws"]
[metrics]
http = "{metrics}"
[admin]
socket = "{directory}/{name}.sock"
"""


@dataclasses.dataclass
class NgEdge:
    """One of them, and its ports: on the way to the proxy, and for media."""
    lab: object
    name: str
    port: int
    external_ports: str = "50000-50999"
    internal_ports: str = "50000-50999"

    def __post_init__(self):
        self._metrics = f"127.0.0.1:{self.port + 7000}"
        config = self.lab.directory / f"{self.name}.toml"
        config.write_text(_EDGE.format(
            realm=edge.REALM, external=EDGE_EXTERNAL, internal=EDGE_INTERNAL, port=self.port,
            external_ports=self.external_ports, internal_ports=self.internal_ports,
            metrics=self._metrics, directory=self.lab.directory, name=self.name), encoding="ascii")
        self.process = edge.start(self.lab, ["serve", "--config", config], self.name)
        wait_until(f"{self.name} to be healthy",
                   lambda: self.lab.http_get(self.lab.edge, self._metrics, "/healthz")[0] == 200)

    @property
    def udp(self):
        return f"udp:{ng.ADDRESS}:{self.port}"

    @property
    def ws(self):
        return f"ws://{ng.ADDRESS}:{self.port}/"

    def metrics(self):
        status, text = self.lab.http_get(self.lab.edge, self._metrics, "/metrics")
        assert status == 200, self.process.output()
        return edge.Metrics(text)

    def ask(self, command):
        """Runs `avedge drain` and the like against this edge; the completed process."""
        return edge.run(self.lab, command, "--socket", self.lab.directory / f"{self.name}.sock")

    def calls(self):
        """Call-IDs of the calls that began here."""
        return re.findall(r"call started call_id=(\S+)", self.process.output())

    def wait_until_no_port_is_in_use(self):
        wait_until(f"every port of {self.name} to be free",
                   lambda: self.metrics().total("avedge_ports_in_use") == 0)

    def stop(self):
        edge.Edge.stop(self)
