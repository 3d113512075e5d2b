"""What is malformed is counted and refused, and the edge goes on as if nothing had been."""

import random
import struct

import pytest

import stun
import turn
from edge import SIP_PORT, STUN_PORT, run, start, write_config
from lab import EDGE_EXTERNAL, EXT, wait_until

_STUN = (EDGE_EXTERNAL, STUN_PORT)
_SIP = (EDGE_EXTERNAL, SIP_PORT)
_TRANSACTION = bytes(range(12))


def _binding(udp):
    """A good request: its answer shows that the edge lives and has read all that was sent before."""
    return turn.TurnClient(turn.Datagrams(udp, _STUN), turn.Credentials()).binding()


def test_binding_tells_the_client_its_address(lab, edge):
    udp = lab.udp_socket(lab.ext, EXT)
    assert _binding(udp) == udp.getsockname()


def _header(kind, length, cookie=stun.COOKIE):
    return struct.pack("!HHI", kind, length, cookie) + _TRANSACTION


_UNANSWERED_STUN = {
    "cut short": (_header(stun.BINDING, 0)[:19], "stun_malformed"),
    "length beyond the datagram": (_header(stun.BINDING, 8), "stun_malformed"),
    "length not a multiple of four": (_header(stun.BINDING, 2) + b"xx", "stun_malformed"),
    "attribute beyond the message": (
        _header(stun.BINDING, 8) + struct.pack("!HHI", 0x8022, 100, 0), "stun_malformed"),
    "another cookie": (_header(stun.BINDING, 0, 0x12345678), "stun_malformed"),
    "wrong fingerprint": (
        _header(stun.BINDING, 8) + struct.pack("!HHI", 0x8028, 4, 0xDEADBEEF), "stun_fingerprint"),
    "a response nobody asked for": (_header(stun.BINDING | stun.SUCCESS, 0), "stun_unexpected"),
    "no protocol of ours": (b"\xc8" * 40, "not_for_us"),
    "ChannelData without an allocation": (struct.pack("!HH", 0x4000, 4) + b"data", "no_channel"),
}


@pytest.mark.parametrize("name", _UNANSWERED_STUN)
def test_stun_that_deserves_no_answer_is_counted(lab, edge, name):
    datagram, reason = _UNANSWERED_STUN[name]
    udp = lab.udp_socket(lab.ext, EXT)
    udp.sendto(datagram, _STUN)
    wait_until(f"{reason} to be counted", lambda: edge.metrics().drops(reason) == 1)
    # The first thing to come back is the answer to the good request.
    request = stun.message(stun.BINDING)
    udp.sendto(request, _STUN)
    assert udp.recv(2048)[8:20] == request[8:20]


def test_unknown_comprehension_required_attribute_gets_420(lab, edge):
    response = turn.over_udp(lab).ask(stun.message(stun.BINDING, stun.attribute(0x7F00, b"what")))
    assert response.error == 420
    assert response[stun.UNKNOWN_ATTRIBUTES][:2] == b"\x7f\x00", "it is named"
    assert edge.metrics().drops("unknown_attribute") == 1


def test_allocate_without_transport_gets_400(lab, edge):
    assert turn.over_udp(lab).request(stun.ALLOCATE).error == 400
    assert edge.metrics().drops("stun_bad_request") == 1


def test_allocate_for_another_transport_gets_442(lab, edge):
    assert turn.over_udp(lab).allocate(protocol=132).error == 442


def test_random_bytes_do_no_harm(lab, edge):
    generator = random.Random(7)
    udp = lab.udp_socket(lab.ext, EXT)
    client = turn.over_udp(lab)
    assert client.allocate().error is None
    for index in range(2000):
        datagram = generator.randbytes(generator.randrange(1, 400))
        if index % 2:  # Half of them get past the first look.
            datagram = _header(generator.choice([1, 3, 4, 8, 9, 0x16]), len(datagram) & ~3) + datagram
        udp.sendto(datagram, _STUN)
        client.way.send(datagram)
        udp.sendto(datagram, _SIP)
    assert _binding(lab.udp_socket(lab.ext, EXT))
    assert edge.metrics().total("avedge_drops_total") > 1000
    assert client.refresh(0).error is None


_VIA = "Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bKbad"

_MALFORMED_SIP = {
    "CSeq of another method": "INVITE sip:userb@x.example SIP/2.0\r\n{via}\r\nFrom: <sip:a@b>;tag=1\r\n"
                              "To: <sip:userb@x.example>\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n"
                              "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
    "Content-Length beyond the datagram": "INVITE sip:userb@x.example SIP/2.0\r\n{via}\r\n"
                                          "From: <sip:a@b>;tag=1\r\nTo: <sip:userb@x.example>\r\n"
                                          "Call-ID: 1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
                                          "Content-Length: 999\r\n\r\nshort",
}


@pytest.mark.parametrize("name", _MALFORMED_SIP)
def test_malformed_sip_with_a_way_back_gets_400(lab, edge, name):
    udp = lab.udp_socket(lab.ext, EXT)
    address, port = udp.getsockname()
    text = _MALFORMED_SIP[name].format(via=_VIA.format(address=address, port=port))
    udp.sendto(text.encode(), _SIP)
    assert udp.recv(4096).startswith(b"SIP/2.0 400 ")
    assert edge.metrics().drops("sip_malformed") == 1


@pytest.mark.parametrize("datagram", [
    pytest.param(b"INVITE\r\n\r\n", id="no start line"),
    pytest.param(b"INVITE sip:a@b SIP/2.0\r\nFrom: <sip:a@b>\r\n\r\n", id="no Via"),
    # A response repeats From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2): without one there is none.
    pytest.param(b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20;branch=z9hG4bKx\r\n"
                 b"To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n", id="no From"),
    pytest.param(b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.20;branch=z9hG4bKx\r\n"
                 b"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCSeq: 1 INVITE\r\n\r\n", id="no Call-ID"),
    pytest.param(b"\xff\xfe\xfd" * 50, id="no text"),
])
def test_sip_that_cannot_be_answered_is_dropped_and_counted(lab, edge, datagram):
    lab.udp_socket(lab.ext, EXT).sendto(datagram, _SIP)
    wait_until("sip_malformed to be counted", lambda: edge.metrics().drops("sip_malformed") == 1)


def test_endless_header_over_tcp_ends_the_connection(lab, edge):
    with lab.tcp_socket(lab.ext, EXT) as tcp:
        tcp.connect(_SIP)
        try:
            for _ in range(4096):
                tcp.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")
            while tcp.recv(4096):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert edge.metrics().drops("sip_too_large") + edge.metrics().drops("sip_malformed") >= 1


_CONFIG_MISTAKES = {
    "unknown key": ('realm = ', 'relm = ', 'relm'),
    "unknown interface": ('relay_interface = "internal"', 'relay_interface = "intern"',
                          'turn.relay_interface'),
    "no address": ('local = "198.51.100.10"', 'local = "198.51.100.300"', 'local'),
    "no range": ('ports = "50000-59999"', 'ports = "59999-50000"', 'ports'),
    "no transport": ('transports = ["udp"]', 'transports = ["upd"]', 'transports'),
    "no prefix": ('prefix = "10.77.0.0/24"', 'prefix = "10.77.0.0/33"', 'prefix'),
    "wrong type": ('workers = 2', 'workers = "two"', 'workers'),
    "no TOML": ('realm = "', 'realm = ', ''),
}


@pytest.mark.parametrize("name", _CONFIG_MISTAKES)
def test_configuration_mistakes_are_named_with_file_line_and_key(lab, name):
    right, wrong, key = _CONFIG_MISTAKES[name]
    config = write_config(lab)
    lines = config.read_text().split("\n")
    line = next(number for number, text in enumerate(lines, 1) if right in text)
    lines[line - 1] = lines[line - 1].replace(right, wrong)
    config.write_text("\n".join(lines))
    for arguments in (["check-config", config], ["serve", "--config", config]):
        done = run(lab, *arguments)
        assert done.returncode == 2, done.stdout
        assert f"{config}:{line}" in done.stdout, done.stdout
        assert key in done.stdout, done.stdout


def test_missing_configuration_file_is_exit_code_2(lab):
    done = run(lab, "serve", "--config", lab.directory / "nowhere.toml")
    assert done.returncode == 2 and "nowhere.toml" in done.stdout, done.stdout


def test_second_edge_on_the_same_listeners_gets_a_clear_error(lab, edge):
    """SO_REUSEPORT alone would let it in, and it would take half of the clients."""
    other = lab.directory / "other.toml"
    text = edge.config.read_text().replace("127.0.0.1:9464", "127.0.0.1:9465")
    other.write_text(text.replace("admin.sock", "other.sock"))
    second = start(lab, ["serve", "--config", other], "second")
    assert second.expect_exit() == 1, second.output()
    assert f"{EDGE_EXTERNAL}:{STUN_PORT}" in second.output(), second.output()
    assert _binding(lab.udp_socket(lab.ext, EXT))


def test_listener_taken_by_another_program_is_a_clear_error(lab):
    taken = lab.udp_socket(lab.edge, EDGE_EXTERNAL, STUN_PORT)
    done = run(lab, "serve", "--config", write_config(lab))
    assert done.returncode == 1, done.stdout
    assert f"{EDGE_EXTERNAL}:{STUN_PORT}" in done.stdout, done.stdout
    taken.close()
