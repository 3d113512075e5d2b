"""/metrics as Prometheus itself sees it."""

import json
import subprocess
import urllib.parse

import turn
from edge import METRICS
from lab import wait_until

_PROMETHEUS = "127.0.0.1:9090"

_CONFIG = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: avedge
    static_configs:
      - targets: ["{target}"]
"""

# Names and labels that dashboards hold on to.
_CONTRACT = {
    "avedge_allocations", "avedge_media_sessions", "avedge_ports_in_use", "avedge_packets_total",
    "avedge_bytes_total", "avedge_drops_total", "avedge_sip_requests_total", "avedge_build_info",
}


def _allocate(lab):
    client = turn.over_udp(lab)
    assert client.allocate().error is None
    return client


def _query(lab, expression):
    """The value of the one sample that the expression gives, or None."""
    path = "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    status, text = lab.http_get(lab.edge, _PROMETHEUS, path)
    if status != 200:
        return None
    samples = json.loads(text)["data"]["result"]
    return float(samples[0]["value"][1]) if len(samples) == 1 else None


def test_prometheus_scrapes_the_edge(lab, edge):
    _allocate(lab)
    config = lab.directory / "prometheus.yml"
    config.write_text(_CONFIG.format(target=METRICS), encoding="ascii")
    prometheus = lab.start(lab.edge, ["prometheus", f"--config.file={config}",
                                      f"--storage.tsdb.path={lab.directory / 'tsdb'}",
                                      f"--web.listen-address={_PROMETHEUS}"], "prometheus")
    wait_until("Prometheus to have scraped the edge", lambda: _query(lab, 'up{job="avedge"}') == 1, 60)
    assert _query(lab, "sum(avedge_allocations)") == 1
    assert _query(lab, "sum(avedge_ports_in_use)") == 1
    assert _query(lab, "count(avedge_build_info)") == 1
    assert prometheus.exit_code() is None


def test_promtool_accepts_the_metrics(lab, edge):
    _allocate(lab)
    checked = subprocess.run(["promtool", "check", "metrics"], input=edge.metrics().text, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert checked.returncode == 0 and not checked.stdout.strip(), checked.stdout


def test_metrics_keep_their_names(edge):
    missing = _CONTRACT - edge.metrics().names()
    assert not missing


def test_every_drop_reason_is_there_from_the_start(edge):
    metrics = edge.metrics()
    for reason in ("stun_malformed", "no_permission", "ports_exhausted", "sip_malformed"):
        assert metrics.drops(reason) == 0


def test_nothing_but_metrics_and_health_is_served(lab, edge):
    assert lab.http_get(lab.edge, METRICS, "/healthz")[0] == 200
    for path in ("/", "/metrics/", "/admin", "/../etc/passwd"):
        assert lab.http_get(lab.edge, METRICS, path)[0] == 404, path


def test_health_turns_bad_while_draining(lab, edge):
    assert edge.ask("drain").returncode == 0
    assert lab.http_get(lab.edge, METRICS, "/healthz")[0] == 503
