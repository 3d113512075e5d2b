"""Two companies and a cloud that federate: three edges in the Internet, each before a registrar.

    a1i ─ R1 ─ E1 ┐                 ┌ E2 ─ R2 ─ a2i         E1 198.51.100.11   10.1.0.10
                  ├─ the Internet ──┤                       E2 198.51.100.12   10.2.0.10
     (cloud) R0 ─ E0 ┘  a1e a2e b1e b2e                     E0 198.51.100.13   10.0.0.10

Users named a have their home in their company, users named b in the cloud, under their company's domain;
i is inside, e outside. So a call to a b user first goes to the company, which knows better. The edges speak mutual TLS with each other, UDP with everybody else. Registrars record-route, as Lync's do.
"""

import os
import pathlib
import re
import shutil
import socket
import tempfile
import threading

from certificates import Authority
from edge import BINARY
from lab import Process
from namespaces import Namespace
from user_agent import Datagrams, Message, UserAgent, response

HOMES = {"firm1": 1, "firm2": 2, "cloud": 0}
# Where users have their home.
USERS = {"a1i": "firm1", "a1e": "firm1", "a2i": "firm2", "a2e": "firm2", "b1e": "cloud", "b2e": "cloud"}
_OUTSIDE = {"a1e": "198.51.100.21", "a2e": "198.51.100.22", "b1e": "198.51.100.31",
            "b2e": "198.51.100.32"}


def uri_of(user):
    return f"sip:{user}@firm{user[1]}.example"


def address_of(user):
    return _OUTSIDE.get(user) or f"10.{HOMES[USERS[user]]}.0.30"


def edge_outside(home):
    return f"198.51.100.{HOMES[home] + (10 if HOMES[home] else 13)}"


def edge_inside(home):
    return f"10.{HOMES[home]}.0.10"


def registrar(home):
    return f"10.{HOMES[home]}.0.20"


_CONFIG = """
realm = "{home}.example"
workers = 1
[[interface]]
name = "external"
addresses = [{{ local = "{outside}" }}]
[[interface]]
name = "internal"
addresses = [{{ local = "{inside}" }}]
[[relay]]
interface = "external"
ports = "50000-50999"
[[relay]]
interface = "internal"
ports = "50000-50999"
[[certificate]]
name = "edge"
chain = "{chain}"
key = "{key}"
[sip]
next_hop_ca = "{authority}"
[[sip.listener]]
bind = "external:5060"
transports = ["udp"]
[[sip.listener]]
bind = "external:5061"
transports = ["tls"]
certificate = "edge"
verify = "required"
client_ca = "{authority}"
partners = {partners}
[[sip.listener]]
bind = "internal:5060"
transports = ["udp"]
[[sip.route]]
from = "external"
next_hops = ["sip:{registrar}:5060"]
trust = true
path = true
{routes}
[metrics]
http = "127.0.0.1:9464"
[admin]
socket = "{folder}/{home}.sock"
"""

_ROUTE = """[[sip.route]]
from = "internal"
domain = "{domain}"
next_hops = ["sip:{hop}"]
"""


class Companies:
    """Everything of the picture, running; `with Companies() as world:` cleans up in any case."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="avedge-companies-"))
        self._closing = []
        self.hosts, self.edges, self.registrars = {}, {}, {}
        try:
            self._wire()
            authority = Authority(self.directory)
            for home in HOMES:
                self.registrars[home] = Registrar(self, home)
                self._closing.append(self.registrars[home].close)
                self._start_edge(home, authority)
        except BaseException:
            self.close()
            raise

    def _host(self, name):
        host = self.hosts[name] = Namespace(name)
        self._closing.append(host.close)
        return host

    def _wire(self):
        internet = self._host("internet")
        internet.ip("link", "add", "net", "type", "bridge")
        internet.ip("link", "set", "net", "up")
        for address in _OUTSIDE.values():
            internet.ip("addr", "add", f"{address}/24", "dev", "net")
        for home, number in HOMES.items():
            edge, inside = self._host(f"edge of {home}"), self._host(home)
            internet.ip("link", "add", f"to{number}", "type", "veth", "peer", "name", "external",
                        "netns", str(edge.pid))
            internet.ip("link", "set", f"to{number}", "master", "net", "up")
            inside.ip("link", "add", "eth0", "type", "veth", "peer", "name", "internal",
                      "netns", str(edge.pid))
            for host, device, address in ((edge, "external", edge_outside(home)),
                                          (edge, "internal", edge_inside(home)),
                                          (inside, "eth0", registrar(home)),
                                          (inside, "eth0", f"10.{number}.0.30")):
                host.ip("addr", "add", f"{address}/24", "dev", device)
                host.ip("link", "set", device, "up")

    def _start_edge(self, home, authority):
        others = [other for other in HOMES if other != home]
        chain, key = authority.issue(home, names=[f"DNS:sip.{home}.example",
                                                  f"IP:{edge_outside(home)}"])
        routes = "".join(_ROUTE.format(domain=f"{other}.example",
                                       hop=f"{edge_outside(other)}:5061;transport=tls")
                         for other in others)
        config = self.directory / f"{home}.toml"
        config.write_text(_CONFIG.format(
            home=home, outside=edge_outside(home), inside=edge_inside(home), chain=chain, key=key,
            authority=authority.certificate, folder=self.directory, registrar=registrar(home),
            partners=[f"sip.{other}.example" for other in others], routes=routes))
        host = self.hosts[f"edge of {home}"]
        edge = self.edges[home] = Process(self, host, [BINARY, "serve", "--config", config],
                                          f"edge-{home}")
        self._closing.append(edge.kill)
        edge.expect_output("is up")

    def party(self, user):
        host = self.hosts["internet" if user in _OUTSIDE else USERS[user]]
        return UserAgent(Datagrams(open_udp(host, address_of(user), 5060)), _proxy_of(user), user)

    def stop_edges(self):
        for home, edge in self.edges.items():
            edge.signal(15)
            assert edge.expect_exit() == 0, f"the edge of {home}:\n{edge.output()}"

    def close(self):
        for step in reversed(self._closing):
            step()
        if not os.environ.get("AVEDGE_KEEP_LAB"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()


def _proxy_of(user):
    """Its edge from outside, its registrar from inside."""
    home = USERS[user]
    return (edge_outside(home) if user in _OUTSIDE else registrar(home), 5060)


def open_udp(host, address, port):
    with host.entered():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(30)
    made.bind((address, port))
    return made


class Registrar:
    """A stateless record-routing proxy: home of its users, way out for all others.

    Inside dialogs it follows the Route headers, as every proxy does."""

    def __init__(self, world, home):
        self.home, self.address, self.count = home, registrar(home), 0
        self._edge = (edge_inside(home), 5060)
        self._bindings = {}  # contact and Path of each user
        self._socket = open_udp(world.hosts[home], self.address, 5060)
        self._socket.settimeout(0.1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while not self._stopped.is_set():
            try:
                data, source = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            if data.startswith(b"SIP/2.0"):
                self._response(data)
            else:
                self._request(data, source)

    def _register(self, message, source):
        user = re.search(r"sip:(\w+)@", message["To"])[1]
        self._bindings[user] = (message["Contact"].strip("<>"), message.all("Path"))
        paths = [f"Path: {path}" for path in message.all("Path")]
        self._socket.sendto(response(message, 200, "registrar", headers=paths), source)

    def _request(self, data, source):
        message = Message(data)
        if message.method == "REGISTER":
            return self._register(message, source)
        lines = data.split(b"\r\n")
        routes = message.all("Route")
        lines = [line for line in lines if not line.startswith(b"Route:")]
        if routes and self.address in routes[0]:
            routes = routes[1:]
        self.count += 1
        added = [f"Via: SIP/2.0/UDP {self.address}:5060;branch=z9hG4bK{self.home}{self.count}"]
        if message.tag("To") is None:
            lines[0], target, routes = self._by_user(message)
            added.append(f"Record-Route: <sip:{self.address}:5060;lr>")
        else:
            target = _hop(routes[0] if routes else message.uri)
        added += [f"Route: {route}" for route in routes]
        lines[1:1] = [line.encode() for line in added]
        self._socket.sendto(b"\r\n".join(lines), target)

    def _by_user(self, message):
        """Request line, next hop and routes: to the contact of a user of ours, by its Path if there is
        one; for others to the edge."""
        user, domain = re.match(r"sip:([^@]+)@([^;:]+)", message.uri).groups()
        if domain != f"{self.home}.example":
            return message.start_line.encode(), self._edge, []
        if USERS[user] != self.home:
            return f"{message.method} sip:{user}@{USERS[user]}.example SIP/2.0".encode(), self._edge, []
        contact, paths = self._bindings[user]
        return (f"{message.method} {contact} SIP/2.0".encode(),
                self._edge if paths else _hop(contact), paths)

    def _response(self, data):
        lines = data.split(b"\r\n")
        own = next(i for i, line in enumerate(lines) if line.startswith(b"Via:"))
        del lines[own]
        via = next(line for line in lines if line.startswith(b"Via:")).decode()
        host, port = re.match(r"Via: SIP/2.0/\w+ ([^;:]+):(\d+)", via).groups()
        received = re.search(r";received=([\d.]+)", via)
        rport = re.search(r";rport=(\d+)", via)
        self._socket.sendto(b"\r\n".join(lines), (received[1] if received else host,
                                                  int(rport[1] if rport else port)))


def _hop(value):
    host, port = re.search(r"sip:(?:[^@>]*@)?([\d.]+)(?::(\d+))?", value).groups()
    return host, int(port or 5060)

