"""coturn, for the same clients."""

import machine
import turn_clients
from lab import EDGE_EXTERNAL, EDGE_INTERNAL
from turn_clients import PASSWORD, PORT, REALM, TLS_PORT, USER

_CONFIG = """\
listening-ip={external}
listening-port={port}
tls-listening-port={tls_port}
cert={chain}
pkey={key}
relay-ip={internal}
min-port=50000
max-port=59999
realm={realm}
lt-cred-mech
user={user}:{password}
no-dtls
no-cli
no-stdout-log
simple-log
log-file={directory}/turnserver.log
pidfile={directory}/turnserver.pid
userdb={directory}/turnserver.db
"""


class Coturn:
    name = "coturn"
    probe = staticmethod(turn_clients.binding_probe)

    def __init__(self, binary="turnserver", workers=0):
        self._binary, self._workers = binary, workers

    def version(self):
        return "coturn " + machine.first_line([self._binary, "--version"])

    def command(self, directory):
        config = directory / "turnserver.conf"
        chain, key = turn_clients.certificate(directory)
        threads = f"relay-threads={self._workers}\n" if self._workers else ""
        config.write_text(_CONFIG.format(
            external=EDGE_EXTERNAL, internal=EDGE_INTERNAL, port=PORT, tls_port=TLS_PORT, realm=REALM,
            user=USER, password=PASSWORD, chain=chain, key=key, directory=directory) + threads,
            encoding="utf-8")
        return [self._binary, "-c", config]
