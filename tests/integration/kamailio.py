"""Debian's Kamailio as a record-routing proxy between the two networks, with its media on edges that
it speaks ng to."""

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
