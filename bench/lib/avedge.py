"""avedge, as a TURN server and as what anchors the calls of a proxy."""

import anchored_calls
import machine
import ng
import turn_clients
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, INSIDE
from turn_clients import PASSWORD, PORT, REALM, TLS_PORT, USER

_CONFIG = """\
realm = "{realm}"
workers = {workers}
ingress = "{ingress}"
egress = "{egress}"

[[interface]]
name = "external"
addresses = [{{ local = "{external}" }}]
[[interface]]
name = "internal"
addresses = [{{ local = "{internal}" }}]
[[relay]]
interface = "internal"
ports = "50000-59999"

[metrics]
http = "127.0.0.1:9464"
[admin]
socket = "{directory}/admin.sock"
{service}
"""

_TURN = """
[turn]
relay_interface = "internal"
[turn.users]
{user} = "{password}"
[turn.limits]
allocations_per_user = 10000
allocations_per_source = 10000
unauthenticated_answers_per_second = 10000
half_open_per_source = 10000
half_open_total = 10000
[[turn.listener]]
bind = "external:{port}"
transports = ["udp", "tcp"]
[[turn.listener]]
bind = "external:{tls_port}"
transports = ["tls"]
certificate = "edge"
[[turn.peer_rule]]
action = "allow"
prefix = "{inside}/32"
[[certificate]]
name = "edge"
chain = "{chain}"
key = "{key}"
"""

_NG = """
[[relay]]
interface = "external"
ports = "50000-59999"
[[ng.listener]]
bind = "{address}:{port}"
transports = ["udp"]
"""


class _Avedge:
    """`ways` names how it receives and sends: by sockets unless told otherwise."""

    def __init__(self, binary, workers=0, ways=()):
        self._binary, self._workers = binary, workers
        self._ingress = "fan-in" if "fan-in" in ways else "sockets"
        self._egress = "frames" if "frames" in ways else "sockets"
        self.name = f"avedge, {' and '.join(ways) or 'sockets'}"

    def version(self):
        return machine.first_line([self._binary, "--version"])

    def command(self, directory):
        config = directory / "avedge.toml"
        config.write_text(_CONFIG.format(
            realm=REALM, workers=self._workers, ingress=self._ingress, egress=self._egress,
            external=EDGE_EXTERNAL, internal=EDGE_INTERNAL, directory=directory,
            service=self._service(directory)), encoding="utf-8")
        return [self._binary, "serve", "--config", config]


class AvedgeTurn(_Avedge):
    probe = staticmethod(turn_clients.binding_probe)

    @staticmethod
    def _service(directory):
        chain, key = turn_clients.certificate(directory)
        return _TURN.format(user=USER, password=PASSWORD, port=PORT, tls_port=TLS_PORT, inside=INSIDE,
                            chain=chain, key=key)


class AvedgeAnchor(_Avedge):
    probe = staticmethod(anchored_calls.ping_probe)

    @staticmethod
    def _service(_directory):
        return _NG.format(address=ng.ADDRESS, port=ng.PORT)
