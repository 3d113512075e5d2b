"""A name server whose zone a test writes: A, SRV and NAPTR with their TTLs, over UDP."""

import socket
import struct
import threading

A, SRV, NAPTR = 1, 33, 35
_NXDOMAIN = 3


class NameServer:
    """Answers on `address`:53 until it is closed; changes of `zone` count at once.

    `zone` maps (name, type) to a list of (ttl, data); what is not there does not exist."""

    def __init__(self, lab, host, address):
        self.zone, self.asked = {}, []
        self._socket = lab.udp_socket(host, address, 53)
        self._socket.settimeout(0.1)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def host(self, name, *addresses, ttl=60):
        self.zone[name, A] = [(ttl, socket.inet_aton(address)) for address in addresses]

    def srv(self, name, *records, ttl=60):
        """Records of priority, weight, port, target."""
        self.zone[name, SRV] = [(ttl, struct.pack("!HHH", *numbers) + _name(target))
                                for *numbers, target in records]

    def naptr(self, name, *records, ttl=60):
        """Records of order, preference, service, replacement."""
        self.zone[name, NAPTR] = [
            (ttl, struct.pack("!HH", order, preference) + _text("s") + _text(service) + _text("")
             + _name(replacement)) for order, preference, service, replacement in records]

    def close(self):
        self._stopped.set()
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while not self._stopped.is_set():
            try:
                query, client = self._socket.recvfrom(512)
            except TimeoutError:
                continue
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        end = query.index(b"\0", 12) + 5
        kind = struct.unpack("!H", query[end - 4:end - 2])[0]
        name = ".".join(_labels(query[12:end - 4])).lower()
        self.asked.append((name, kind))
        records = self.zone.get((name, kind), [])
        exists = any(known == name for known, _ in self.zone)
        flags = 0x8580 | (0 if exists else _NXDOMAIN)
        head = query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + query[12:end]
        return head + b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data
                               for ttl, data in records)


def _labels(data):
    while data and data[0]:
        yield data[1:1 + data[0]].decode()
        data = data[1 + data[0]:]


def _text(text):
    return bytes([len(text)]) + text.encode()


def _name(name):
    return b"".join(_text(label) for label in name.split(".") if label) + b"\0"
