"""RTP of one stream, sent by hand: what a party says about it, and its socket."""

import re
import secrets
import socket

from lab import PATIENCE


def sdp(address, port, *more, media="RTP/AVP 0"):
    family = "IP6" if ":" in address else "IP4"
    lines = ["v=0", f"o=- 0 0 IN {family} {address}", "s=-", f"c=IN {family} {address}", "t=0 0",
             f"m=audio {port} {media}", *more]
    return "".join(line + "\r\n" for line in lines)


def place_in(text, line=0):
    """Where a description wants RTP of its n-th m= line: (address, port)."""
    sections = re.split(r"(?m)^(?=m=)", text)
    section = sections[line + 1]
    connection = (re.search(r"(?m)^c=IN IP[46] (\S+)", section) or
                  re.search(r"(?m)^c=IN IP[46] (\S+)", sections[0]))
    return connection[1], int(section.split()[1])


class Media:
    """One party's RTP socket."""

    def __init__(self, lab, host, address, port):
        self.address, self.port = address, port
        self._udp = lab.udp_socket(host, address, port)
        self._sent = 0

    def send(self, to, count=5):
        packets = []
        for _ in range(count):
            self._sent += 1
            packets.append(b"\x80\x00" + self._sent.to_bytes(2, "big") + secrets.token_bytes(168))
            self._udp.sendto(packets[-1], to)
        return packets

    def send_bytes(self, to, data):
        self._udp.sendto(data, to)

    def receive(self, count=5):
        """So many packets and the addresses they came from."""
        self._udp.settimeout(PATIENCE)
        packets = [self._udp.recvfrom(2048) for _ in range(count)]
        return [data for data, _ in packets], {sender[:2] for _, sender in packets}

    def is_silent(self, seconds=0.5):
        self._udp.settimeout(seconds)
        try:
            self._udp.recvfrom(2048)
        except socket.timeout:
            return True
        return False

    def close(self):
        self._udp.close()


def assert_talk(one, one_sees, other, other_sees):
    """RTP both ways: each sends to where the SDP it saw points, and hears from there."""
    for sender, to, receiver, source in ((one, one_sees, other, other_sees),
                                         (other, other_sees, one, one_sees)):
        sent = sender.send(to)
        assert receiver.receive(len(sent)) == (sent, {source})
