"""The trace: every message in the file and at the Homer collector, secrets masked, calls drawn.

Two readers that know nothing of the edge judge what it wrote: a few lines of Python the file, by the form
of the servers' logs, and sngrep with tshark the packets for the collector.
"""

import dataclasses
import json
import re
import stat
import xml.etree.ElementTree

import pytest

import calls
import edge as program
import sip_trace
import sipp
from edge import SIP_PORT, Edge, Route
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EXT, INSIDE, wait_until

_DOMAIN = "traced.example"
_CALLER_PORT, _CALLEE_PORT = 6000, 7000
_COLLECTOR_PORT = 9060
_RESPONSE = "6629fae49393a05397450978507c4ef1"
_AUTHORIZATION = (f'Authorization: Digest username="usera", realm="{_DOMAIN}", nonce="dcd98b7102dd2f0e", '
                  f'uri="sip:{_DOMAIN}", response="{_RESPONSE}"')
# INVITE, 180, 200, ACK, BYE, 200, each on both sides of the edge, and its own 100.
_PLAIN = 13


@dataclasses.dataclass(frozen=True)
class Record:
    about: dict   # the fields in front of Start-Line
    message: bytes

    @property
    def incoming(self):
        return self.about["Direction"].startswith("incoming")

    @property
    def start_line(self):
        return self.message.split(b"\r\n", 1)[0].decode()

    @property
    def body(self):
        return self.message.partition(b"\r\n\r\n")[2]

    @property
    def call_id(self):
        return re.search(rb"(?mi)^call-id: *(\S+)\r$", self.message)[1].decode()


_RECORD = re.compile(
    rb"TL_INFO\(TF_PROTOCOL\) \[\d\][0-9A-F]{4,}\.[0-9A-F]{4,}::\d\d/\d\d/\d{4}-\d\d:\d\d:\d\d\.\d{3}\."
    rb"[0-9a-f]{8} \(SIPStack,\S+\)\$\$begin_record\r\n(.*?)\r\n\$\$end_record\r\n\r\n", re.DOTALL)


def _records(path):
    """The records of a file that holds nothing else."""
    data = path.read_bytes() if path.exists() else b""
    assert _RECORD.sub(b"", data) == b"", "something between the records"
    return [_record(match[1]) for match in _RECORD.finditer(data)]


def _record(content):
    about, _, message = content.partition(b"\r\nStart-Line: ")
    head, _, body = message.partition(b"\r\nMessage-Body: ")
    body = b"" if body == "–".encode() else body
    fields = dict(line.split(": ", 1) for line in about.decode().split("\r\n"))
    assert list(fields) == ["Trace-Correlation-Id", "Instance-Id", "Direction", "Peer", "Message-Type"]
    return Record(fields, head + b"\r\n\r\n" + body)


def _trace_section(lab, **keys):
    keys = {"file": str(lab.directory / "sip.log")} | keys
    return ("[sip]\ntrace = true\n[trace]\n"
            + "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items()))


def _run_call(lab, transport="udp"):
    caller, callee = sipp.caller_party(20000), sipp.callee_party(30000)
    caller_text, callee_text = calls.plain(_DOMAIN, caller, callee, 100)
    caller_text = caller_text.replace("Ms-Conversation-ID:", f"{_AUTHORIZATION}\nMs-Conversation-ID:", 1)
    callee_sipp = sipp.start_callee(lab, _CALLEE_PORT, callee_text, "callee", transport)
    caller_sipp = sipp.start_caller(lab, _CALLER_PORT, caller_text, "caller", transport)
    assert caller_sipp.succeeded() and callee_sipp.succeeded()
    return caller, callee


@dataclasses.dataclass
class Evidence:
    """What there is to look at after one call."""
    lab: object
    caller: object
    callee: object
    packets: dict     # by the address of the far end: what was captured there
    records: list
    collected: list   # (source, port, destination, port, Call-ID, method, status) of each message
    metrics: object


def _start_collector(lab):
    pcap = lab.directory / "collected.pcap"
    collector = lab.start(lab.inside, ["sngrep", "-F", "-N", "-L", f"udp:{INSIDE}:{_COLLECTOR_PORT}",
                                       "-O", pcap], "sngrep")
    wait_until("the collector to listen", lambda: lab.inside.run(
        ["ss", "-Hlnu", f"sport = :{_COLLECTOR_PORT}"]).stdout)
    return collector, pcap


_FIELDS = ["ip.src", "udp.srcport", "ip.dst", "udp.dstport", "sip.Call-ID", "sip.CSeq.method",
           "sip.Status-Code"]


def _dissect(lab, pcap):
    shown = lab.inside.run(["tshark", "-n", "-r", pcap, "-Y", "sip", "-T", "fields",
                            *(word for field in _FIELDS for word in ("-e", field))])
    assert shown.returncode == 0, shown.stdout
    return [tuple(line.split("\t")) for line in shown.stdout.splitlines() if "\t" in line]


@pytest.fixture(scope="module")
def evidence(module_lab):
    lab = module_lab
    collector, pcap = _start_collector(lab)
    edge = Edge(lab, [Route(_DOMAIN, INSIDE, _CALLEE_PORT)],
                more=_trace_section(lab, hep_collector=f"{INSIDE}:{_COLLECTOR_PORT}"))
    outside, inside = lab.capture_outside(), lab.capture_inside()
    caller, callee = _run_call(lab)
    file = lab.directory / "sip.log"
    wait_until("the trace to be complete", lambda: len(_records(file)) >= _PLAIN)
    wait_until("the collector to have it", lambda: len(_dissect(lab, pcap)) >= _PLAIN)
    packets = {EXT: outside.stop(), INSIDE: inside.stop()}
    metrics = edge.metrics()
    edge.stop()
    yield Evidence(lab, caller, callee, packets, _records(file), _dissect(lab, pcap), metrics)


def _unmasked(recorded, sent):
    """The record is the message, but for what is masked byte for byte."""
    return len(recorded) == len(sent) and all(
        mine in (theirs, ord("*")) for mine, theirs in zip(recorded, sent))


def test_file_holds_every_message_that_was_on_the_wire(evidence):
    for far, port, edge in ((EXT, _CALLER_PORT, EDGE_EXTERNAL), (INSIDE, _CALLEE_PORT, EDGE_INTERNAL)):
        seen = sip_trace.sip_messages(evidence.packets[far], [port])
        mine = [record for record in evidence.records if record.about["Peer"] == f"{far}:{port}"]
        for incoming, source in ((True, far), (False, edge)):
            sent = [message.head + b"\r\n\r\n" + message.body for message in seen
                    if message.source == source]
            recorded = [record.message for record in mine if record.incoming == incoming]
            assert len(sent) >= 3
            assert [one.split(b"\r\n")[0] for one in recorded] == [one.split(b"\r\n")[0] for one in sent]
            assert all(map(_unmasked, recorded, sent)), (recorded, sent)


def test_records_say_by_which_way_a_message_came(evidence):
    first = evidence.records[0]
    assert first.about["Direction"] == (f'incoming;source="external";destination="local";'
                                        f'transport="udp";local="{EDGE_EXTERNAL}:{SIP_PORT}"')
    assert first.about["Message-Type"] == "request" and first.start_line.startswith("INVITE ")
    assert len({record.about["Trace-Correlation-Id"] for record in evidence.records}) == 1
    numbers = [int(record.about["Instance-Id"], 16) for record in evidence.records]
    assert numbers == list(range(1, len(numbers) + 1))


def test_sdp_stands_there_before_and_after_the_edge(evidence):
    def addresses(method_or_status, incoming):
        return {sip_trace.media_address(record.body)[0] for record in evidence.records
                if record.incoming == incoming and record.body
                and record.start_line.startswith(method_or_status)}
    assert addresses("INVITE", True) == {EXT}
    assert addresses("INVITE", False) == {EDGE_INTERNAL}
    assert addresses("SIP/2.0 200", True) == {INSIDE}
    assert addresses("SIP/2.0 200", False) == {EDGE_EXTERNAL}


def test_secrets_are_in_neither_file_nor_packets(evidence):
    file = (evidence.lab.directory / "sip.log").read_bytes()
    packets = b"".join(packet.payload for packet in evidence.packets[INSIDE]
                       if _COLLECTOR_PORT in packet.ports)
    assert packets.count(b"HEP3") >= _PLAIN
    for secret in (evidence.caller.key, evidence.callee.key, _RESPONSE):
        for trace in (file, packets):
            assert secret.encode() not in trace
    stars = "*" * len(evidence.caller.key)
    assert f"inline:{stars}|".encode() in file
    assert f'realm="{_DOMAIN}", nonce="****************"'.encode() in file


def test_collector_gets_every_message_with_its_addresses(evidence):
    def row(record):
        peer, local = record.about["Peer"], re.search(r'local="(.*?)"', record.about["Direction"])[1]
        source, destination = (peer, local) if record.incoming else (local, peer)
        method = re.search(rb"(?m)^CSeq: \d+ (\w+)\r$", record.message)[1].decode()
        status = re.match(r"SIP/2\.0 (\d+)|", record.start_line)[1] or ""
        return (*source.split(":"), *destination.split(":"), record.call_id, method, status)
    assert evidence.collected == [row(record) for record in evidence.records]


def test_messages_are_counted_and_none_is_lost(evidence):
    assert evidence.metrics.total("avedge_sip_trace_messages_total") == len(evidence.records)
    assert evidence.metrics.total("avedge_sip_trace_lost_total") == 0


def test_file_is_for_owner_and_group(evidence):
    assert stat.S_IMODE((evidence.lab.directory / "sip.log").stat().st_mode) == 0o640


_ARROW = re.compile(r"^\d\d:\d\d:\d\d\.\d{3} +(.*)$", re.MULTILINE)


def _arrows(text):
    """(column left of the arrow, direction, label, where media goes) of each line of a ladder."""
    arrows = []
    for line in _ARROW.findall(text):
        head, _, media = line.rpartition("│") if "│" in line else (line, "", "")
        label = re.search(r"[─◀]+ (.*?) [─▶]+", line)[1]
        arrows.append((head.split("─")[0].split("◀")[0].count("│") - 1, "▶" if "▶" in line else "◀",
                       label, media.strip()))
    return arrows


def test_ladder_shows_who_sent_what_to_whom(evidence):
    done = program.run(evidence.lab, "trace", evidence.lab.directory / "sip.log",
                       "--call-id", evidence.records[0].call_id)
    assert done.returncode == 0, done.stdout
    titles = next(line for line in done.stdout.splitlines() if "avedge" in line)
    assert titles.split() == [f"{EXT}:{_CALLER_PORT}", "avedge", f"{INSIDE}:{_CALLEE_PORT}"]
    arrows = _arrows(done.stdout)
    assert len(arrows) == len(evidence.records)
    for expected in (
            (0, "▶", "INVITE", f"audio {EXT}:{evidence.caller.rtp}"),
            (0, "◀", "180 Ringing", ""), (1, "◀", "180 Ringing", ""),
            (1, "◀", "200 OK", f"audio {INSIDE}:{evidence.callee.rtp}"),
            (0, "▶", "ACK", ""), (1, "▶", "ACK", ""), (0, "▶", "BYE", ""), (1, "▶", "BYE", ""),
            (1, "◀", "200 OK (BYE)", ""), (0, "◀", "200 OK (BYE)", "")):
        assert expected in arrows, (expected, done.stdout)
    anchored = [arrow for arrow in arrows if arrow[:3] == (1, "▶", "INVITE")]
    assert anchored and anchored[0][3].startswith(f"audio {EDGE_INTERNAL}:")


@pytest.mark.parametrize("keys, found", [
    (["--uri", "userb@traced"], True), (["--uri", "nobody@"], False),
    (["--ip", INSIDE], True), (["--ip", "10.77.0.2"], False),
    (["--contains", "mediationserver"], True),
    (["--uri", "userb@", "--ip", "192.0.2.99"], True),
    (["--uri", "userb@", "--ip", "192.0.2.99", "--match-all"], False),
    (["--from", "2020-01-01", "--to", "2099-01-01T10:00"], True), (["--to", "2020-01-01"], False),
])
def test_search_keys_find_the_call_or_do_not(evidence, keys, found):
    done = program.run(evidence.lab, "trace", evidence.lab.directory / "sip.log", *keys)
    assert (done.returncode == 0) == found, done.stdout
    assert (evidence.records[0].call_id in done.stdout) == found


def test_svg_is_a_document_with_an_arrow_per_message(evidence):
    svg = evidence.lab.directory / "call.svg"
    done = program.run(evidence.lab, "trace", evidence.lab.directory / "sip.log", "--svg", svg)
    assert done.returncode == 0, done.stdout
    root = xml.etree.ElementTree.parse(svg).getroot()
    labels = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")
              if text.get("class") == "label"]
    assert len(labels) == len(evidence.records) and labels[0] == "INVITE"


def test_secrets_are_shown_if_asked_for_and_files_rotate(lab):
    edge = Edge(lab, [Route(_DOMAIN, INSIDE, _CALLEE_PORT, "tcp")],
                more=_trace_section(lab, mask=False, file_size=1, files=2))
    caller, callee = _run_call(lab, "tcp")
    file = lab.directory / "sip.log"
    wait_until("the trace to be complete", lambda: len(_records(file)) >= _PLAIN)
    for secret in (caller.key, callee.key, _RESPONSE):
        assert secret.encode() in file.read_bytes()
    noise = lab.udp_socket(lab.ext, EXT)
    while not (lab.directory / "sip.log.1").exists():
        noise.sendto(b"no message\r\n" * 1000, (EDGE_EXTERNAL, SIP_PORT))
    edge.stop()
    assert sorted(path.name for path in lab.directory.glob("sip.log*")) == ["sip.log", "sip.log.1"]
    assert all(path.stat().st_size <= 1 << 20 for path in lab.directory.glob("sip.log*"))


def test_reload_switches_the_trace(lab):
    edge = Edge(lab, [Route(_DOMAIN, INSIDE, _CALLEE_PORT)], more=_trace_section(lab))
    file, config = lab.directory / "sip.log", edge.config.read_text()

    def probe(call_id):
        before = edge.metrics().total("avedge_sip_requests_total")
        lab.udp_socket(lab.ext, EXT).sendto(
            f"OPTIONS sip:nobody@elsewhere.example SIP/2.0\r\nVia: SIP/2.0/UDP {EXT};branch=z9hG4bK1\r\n"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\n"
            f"Max-Forwards: 70\r\n\r\n".encode(), (EDGE_EXTERNAL, SIP_PORT))
        wait_until("the request to be seen",
                   lambda: edge.metrics().total("avedge_sip_requests_total") > before)

    probe("first")
    wait_until("a record", lambda: [record.call_id for record in _records(file)][:1] == ["first"])
    edge.config.write_text(config.replace("trace = true", "trace = false"))
    assert edge.ask("reload").returncode == 0
    probe("second")
    edge.config.write_text(config)
    assert edge.ask("reload").returncode == 0
    probe("third")
    wait_until("a record", lambda: [record.call_id for record in _records(file)][-1] == "third")
    edge.config.write_text(config.replace(str(file), str(lab.directory / "no" / "such")))
    refused = edge.ask("reload")
    assert refused.returncode == 4 and "No such file or directory" in refused.stdout
    probe("fourth")
    wait_until("a record", lambda: [record.call_id for record in _records(file)][-1] == "fourth")
    edge.stop()
    assert "second" not in {record.call_id for record in _records(file)}
