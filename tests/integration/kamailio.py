"""Debian's Kamailio as a record-routing proxy between the two networks, with its media on edges that
it speaks ng to."""

import dataclasses
import re

import edge
import ng
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE, wait_until

_MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules/"

_CONFIG = """\
debug=2
log_stderror=yes
memdbg=5
children=2
auto_aliases=no
mhomed=1
listen=udp:{external}:5060
listen=udp:{internal}:5060
mpath="{modules}"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
{more_modules}
loadmodule "rtpengine.so"
modparam("rr", "enable_double_rr", 1)
modparam("rtpengine", "rtpengine_sock", "{sockets}")
modparam("rtpengine", "rtpengine_tout_ms", 500)
modparam("rtpengine", "rtpengine_retr", 1)
{more_parameters}

request_route {{
  if (is_method("CANCEL")) {{
    rtpengine_delete();
    if (t_check_trans()) t_relay();
    exit;
  }}
  if (has_totag()) {{
    if (!loose_route()) {{
      if (is_method("ACK") && t_check_trans()) t_relay();
      else if (!is_method("ACK")) sl_send_reply("404", "Not here");
      exit;
    }}
    route(MEDIA);
    t_on_reply("MEDIA");
    t_relay();
    exit;
  }}
  t_check_trans();
  record_route();
  route(MEDIA);
  t_on_reply("MEDIA");
{routes}
  t_relay();
}}

# Offers and answers wherever they travel; BYE ends the call.
route[MEDIA] {{
  if (is_method("BYE")) {{
    rtpengine_delete();
    return;
  }}
  if (!has_body("application/sdp")) return;
  if ($si == "{outside}") $var(way) = "direction=external direction=internal";
  else $var(way) = "direction=internal direction=external";
  if (!rtpengine_manage("trust-address replace-origin replace-session-connection $var(way)")) {{
    xlog("L_ERR", "no media for $rm $ci\\n");
    if (is_request() && !is_method("ACK")) sl_send_reply("503", "No media");
    exit;
  }}
}}

onreply_route[MEDIA] {{
  route(MEDIA);
}}
"""


def start(lab, domains, sockets, websocket=False):
    """`domains` maps the host of a request URI to the port of its callee inside."""
    routes = "".join(f'  if ($rd == "{domain}") $du = "sip:{INSIDE}:{port}";\n'
                     for domain, port in domains.items())
    file = lab.directory / "kamailio.cfg"
    file.write_text(_CONFIG.format(
        external=EDGE_EXTERNAL, internal=EDGE_INTERNAL, modules=_MODULES, outside=EXT,
        more_modules='loadmodule "lwsc.so"\nloadmodule "xlog.so"' if websocket
        else 'loadmodule "xlog.so"',
        more_parameters='modparam("rtpengine", "wsapi", "lwsc")' if websocket else "",
        sockets=" ".join(sockets), routes=routes), encoding="ascii")
    process = lab.start(lab.edge, ["kamailio", "-DD", "-E", "-f", file, "-Y", lab.directory,
                                   "-P", lab.directory / "kamailio.pid"], "kamailio",
                        cwd=lab.directory)
    listening = ["ss", "-Hlun", "sport = :5060"]
    wait_until("kamailio to listen",
               lambda: process.exit_code() is None and len(lab.edge.run(listening).stdout.splitlines()) >= 2)
    return process


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
    """An edge that speaks nothing but ng; several of them share the lab's edge host."""
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

    def calls(self):
        """Call-IDs of the calls that began here."""
        return re.findall(r"call started call_id=(\S+)", self.process.output())

    def wait_until_no_port_is_in_use(self):
        wait_until(f"every port of {self.name} to be free",
                   lambda: self.metrics().total("avedge_ports_in_use") == 0)

    def stop(self):
        edge.Edge.stop(self)
