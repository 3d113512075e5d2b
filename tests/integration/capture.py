"""Captures a host's interface from inside this process and reads what was seen: IPv4 with UDP, TCP
or ICMP in Ethernet frames. A packet socket is live as soon as it is bound and can be drained to its
last packet, so there is nothing to wait for and nothing to lose at either end.
"""

import dataclasses
import select
import socket
import struct
import threading

_ETH_P_ALL = 0x0003
_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_SO_RCVBUFFORCE = 33
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}


@dataclasses.dataclass(frozen=True)
class Packet:
    protocol: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    payload: bytes
    sequence: int = 0  # TCP only

    @property
    def addresses(self):
        return {self.source, self.destination}

    @property
    def ports(self):
        return {self.source_port, self.destination_port}


def _enlarge(made, size):
    """Beyond the system's bound, where root is root: a busy machine leaves its readers waiting."""
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except PermissionError:
        pass  # root of a user namespace only


class Capture:
    """Live when the constructor returns."""

    def __init__(self, host, device):
        with host.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        _enlarge(self._socket, 1 << 24)
        self._socket.bind((device, _ETH_P_ALL))
        self._frames = []
        self._ending = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            # Asked first: what was sent before the end was announced is still drained.
            ending = self._ending.is_set()
            ready, _, _ = select.select([self._socket], [], [], 0 if ending else 0.05)
            if ready:
                self._frames.append(self._socket.recv(1 << 17))
            elif ending:
                return

    def stop(self):
        """Returns everything seen so far, in order."""
        if not self._ending.is_set():
            self._ending.set()
            self._reader.join()
            lost = struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))[1]
            self._socket.close()
            assert lost == 0, f"the capture is not complete: {lost} packets lost"
        return list(_parse(self._frames))


def _parse(frames):
    """Puts fragments together on the way: an INVITE with its candidates is larger than the MTU."""
    partial = {}
    for frame in frames:
        if frame[12:14] != b"\x08\x00":
            continue
        ip = frame[14:]
        total_length, identification, fragment = struct.unpack_from("!HHH", ip, 2)
        body = ip[(ip[0] & 0x0F) * 4:total_length]
        more, offset = fragment & 0x2000, (fragment & 0x1FFF) * 8
        if more or offset:
            body = _collect(partial, (ip[12:20], ip[9], identification), offset, body, more)
        protocol = _PROTOCOLS.get(ip[9])
        if body and protocol:
            yield _packet(protocol, socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20]), body)


def _collect(partial, key, offset, body, more):
    """The whole when this fragment completes it, else None."""
    pieces = partial.setdefault(key, {})
    pieces[offset] = (body, more)
    whole = b""
    for start in sorted(pieces):
        if start != len(whole):
            return None
        whole += pieces[start][0]
    if pieces[max(pieces)][1]:
        return None
    del partial[key]
    return whole


def _packet(protocol, source, destination, segment):
    if protocol == "icmp":
        return Packet(protocol, source, 0, destination, 0, segment)
    ports = struct.unpack_from("!HH", segment)
    if protocol == "udp":
        return Packet(protocol, source, ports[0], destination, ports[1], segment[8:])
    (sequence,) = struct.unpack_from("!I", segment, 4)
    payload = segment[(segment[12] >> 4) * 4:]
    return Packet(protocol, source, ports[0], destination, ports[1], payload, sequence)


def tcp_streams(packets):
    """The bytes of each direction of each connection, by (source, port, destination, port)."""
    flows = {}
    for packet in packets:
        if packet.protocol == "tcp" and packet.payload:
            key = (packet.source, packet.source_port, packet.destination, packet.destination_port)
            flows.setdefault(key, []).append(packet)
    return {key: _assemble(segments) for key, segments in flows.items()}


def _assemble(segments):
    start = segments[0].sequence
    data = bytearray()
    for segment in sorted(segments, key=lambda one: (one.sequence - start) & 0xFFFFFFFF):
        position = (segment.sequence - start) & 0xFFFFFFFF
        assert position <= len(data), "a segment is missing"
        data[position:position + len(segment.payload)] = segment.payload
    return bytes(data)
