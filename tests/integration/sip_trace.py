"""SIP messages as a capture saw them, over UDP and TCP."""

import dataclasses
import re

from capture import tcp_streams


@dataclasses.dataclass(frozen=True)
class SipMessage:
    source: str
    destination: str
    head: bytes
    body: bytes

    @property
    def start_line(self):
        return self.head.split(b"\r\n", 1)[0].decode()

    @property
    def has_sdp(self):
        return bool(self.body) and re.search(rb"(?mi)^(content-type|c)\s*:\s*application/sdp", self.head)


def sip_messages(packets, ports):
    """All messages from or to one of `ports`. Those of a TCP connection are in order; between
    connections there is none."""
    messages = []
    mine = [packet for packet in packets if packet.ports & set(ports)]
    for packet in mine:
        if packet.protocol == "udp" and packet.payload.strip():
            messages += _split(packet.source, packet.destination, packet.payload)
    for (source, _, destination, _), stream in tcp_streams(mine).items():
        messages += _split(source, destination, stream)
    return messages


def _split(source, destination, data):
    messages = []
    while data := data.lstrip(b"\r\n"):
        head, separator, rest = data.partition(b"\r\n\r\n")
        assert separator, f"half a message: {data[:80]!r}"
        length = re.search(rb"(?mi)^(?:content-length|l)\s*:\s*(\d+)", head)
        size = int(length[1]) if length else len(rest)
        assert size <= len(rest), f"a message cut short: {head[:80]!r}"
        messages.append(SipMessage(source, destination, head, rest[:size]))
        data = rest[size:]
    return messages


def media_address(sdp):
    """Where the SDP wants RTP of its first stream."""
    address = re.search(rb"(?m)^c=IN IP4 (\S+)\r$", sdp)[1].decode()
    return address, int(re.search(rb"(?m)^m=\w+ (\d+) ", sdp)[1])


def lines_without_addresses(sdp):
    """The lines an anchor has no business with."""
    rewritten = (b"o=", b"c=", b"m=", b"a=rtcp:", b"a=candidate:")
    return [line for line in sdp.split(b"\r\n") if not line.startswith(rewritten)]
