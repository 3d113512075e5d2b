"""A TURN client small enough to send what a real one never would. What a well-behaved client does is
tested with coturn's instead."""

import hashlib
import hmac
import os
import socket
import struct

COOKIE = 0x2112A442

BINDING, ALLOCATE, REFRESH, SEND, DATA = 0x0001, 0x0003, 0x0004, 0x0016, 0x0017
CREATE_PERMISSION, CHANNEL_BIND = 0x0008, 0x0009
SUCCESS, ERROR = 0x0100, 0x0110

USERNAME, MESSAGE_INTEGRITY, ERROR_CODE = 0x0006, 0x0008, 0x0009
CHANNEL_NUMBER, LIFETIME, XOR_PEER_ADDRESS = 0x000C, 0x000D, 0x0012
REALM, NONCE, XOR_RELAYED_ADDRESS = 0x0014, 0x0015, 0x0016
EVEN_PORT, REQUESTED_TRANSPORT, XOR_MAPPED_ADDRESS = 0x0018, 0x0019, 0x0020

_UDP = bytes([17, 0, 0, 0])


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def xor_address(address, port):
    packed = bytes(a ^ b for a, b in zip(socket.inet_aton(address), struct.pack("!I", COOKIE)))
    return struct.pack("!BBH", 0, 1, port ^ (COOKIE >> 16)) + packed


def parse_xor_address(value):
    (port,) = struct.unpack_from("!H", value, 2)
    packed = bytes(a ^ b for a, b in zip(value[4:8], struct.pack("!I", COOKIE)))
    return socket.inet_ntoa(packed), port ^ (COOKIE >> 16)


def message(kind, attributes=b"", transaction=None, key=None):
    transaction = transaction or os.urandom(12)
    if key is None:
        return struct.pack("!HHI", kind, len(attributes), COOKIE) + transaction + attributes
    # RFC 8489 §14.5: the length covers MESSAGE-INTEGRITY already.
    head = struct.pack("!HHI", kind, len(attributes) + 24, COOKIE) + transaction + attributes
    return head + attribute(MESSAGE_INTEGRITY, hmac.new(key, head, hashlib.sha1).digest())


class Response:
    def __init__(self, data):
        self.kind, length = struct.unpack_from("!HH", data)
        assert len(data) == 20 + length, "the length field covers the message"
        self.transaction = data[8:20]
        self.attributes = {}
        offset = 20
        while offset < len(data):
            kind, size = struct.unpack_from("!HH", data, offset)
            self.attributes.setdefault(kind, data[offset + 4:offset + 4 + size])
            offset += 4 + size + -size % 4

    @property
    def error(self):
        value = self.attributes.get(ERROR_CODE)
        return value[2] * 100 + value[3] if value else None


class TurnClient:
    """One five-tuple. `request` answers a challenge once, as RFC 8489 §9.2.5 has it."""

    def __init__(self, udp, server, user, password):
        self.udp, self._server, self._user, self._password = udp, server, user, password
        self._realm = self._nonce = None

    def request(self, kind, attributes=b""):
        response = self._ask(kind, attributes)
        if response.error in (401, 438) and NONCE in response.attributes:
            self._realm = response.attributes[REALM]
            self._nonce = response.attributes[NONCE]
            response = self._ask(kind, attributes)
        return response

    def allocate(self, *more):
        return self.request(ALLOCATE, attribute(REQUESTED_TRANSPORT, _UDP) + b"".join(more))

    def refresh(self, seconds):
        return self.request(REFRESH, attribute(LIFETIME, struct.pack("!I", seconds)))

    def permit(self, address, port=0):
        return self.request(CREATE_PERMISSION, attribute(XOR_PEER_ADDRESS, xor_address(address, port)))

    def _ask(self, kind, attributes):
        key = None
        if self._nonce:
            attributes += (attribute(USERNAME, self._user.encode()) + attribute(REALM, self._realm)
                           + attribute(NONCE, self._nonce))
            key = hashlib.md5(b":".join([self._user.encode(), self._realm,
                                         self._password.encode()])).digest()
        return exchange(self.udp, self._server, message(kind, attributes, key=key))


def exchange(udp, server, request):
    """Sends a request and returns its response; what else arrives meanwhile is passed over."""
    udp.sendto(request, server)
    while True:
        data = udp.recv(2048)
        if data[:1] <= b"\x03" and data[8:20] == request[8:20]:
            return Response(data)
