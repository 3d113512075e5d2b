"""RTP and RTCP as the tests need them: a file for SIPp to play, and judging loss from captures."""

import socket
import struct
import threading


def write_pcap(path, payload_type, ssrc, first_sequence, count, interval=0.02, size=160):
    """A file for SIPp's play_pcap_audio: `count` packets, `interval` seconds apart, each with a
    payload of its own. The addresses in it do not matter: SIPp puts in those of the call."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for index in range(count):
            header = struct.pack("!BBHII", 0x80, payload_type, (first_sequence + index) & 0xFFFF,
                                 index * size, ssrc)
            frame = _udp_frame(header + bytes((index + byte) & 0xFF for byte in range(size)))
            micros = round(index * interval * 1e6)
            file.write(struct.pack("<IIII", *divmod(micros, 1_000_000), len(frame), len(frame)))
            file.write(frame)


def _udp_frame(payload):
    udp = struct.pack("!HHHH", 6000, 6000, 8 + len(payload), 0) + payload
    nowhere = socket.inet_aton("127.0.0.1")
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, nowhere, nowhere)
    return bytes(12) + b"\x08\x00" + ip + udp


def is_rtp(payload):
    return len(payload) >= 12 and payload[0] >> 6 == 2 and not 192 <= payload[1] <= 223


def is_rtcp(payload):
    return len(payload) >= 8 and payload[0] >> 6 == 2 and 192 <= payload[1] <= 223


def sender_report(ssrc, count):
    """An RTCP sender report (RFC 3550 §6.4.1) that differs from the one before."""
    return struct.pack("!BBHIIIIII", 0x80, 200, 6, ssrc, count, 0, count * 160, count, count * 160)


class RtcpParty:
    """One end of a call's RTCP: binds the port beside the RTP port, sends a report now and then to
    where the SDP says, and keeps what arrives. Starts sending when `destination` is set."""

    def __init__(self, lab, host, address, port, ssrc):
        self._udp = lab.udp_socket(host, address, port)
        self._udp.settimeout(0.1)
        self._ssrc = ssrc
        self._ended = threading.Event()
        self.destination = None
        self.sent = []
        self.received = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ended.is_set():
            if self.destination:
                report = sender_report(self._ssrc, len(self.sent) + 1)
                self._udp.sendto(report, self.destination)
                self.sent.append(report)
            try:
                self.received.append(self._udp.recv(2048))
            except TimeoutError:
                pass

    def stop(self):
        self._ended.set()
        self._thread.join()
        self._udp.close()
