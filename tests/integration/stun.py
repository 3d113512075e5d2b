"""STUN messages as RFC 8489, 8656, 6062 and 8016 have them: made, taken apart and verified.

Attributes are bytes, or functions of the transaction id that give bytes: an IPv6 address is hidden
with it (RFC 8489 §14.2).
"""

import hashlib
import hmac
import ipaddress
import os
import struct
import zlib

COOKIE = 0x2112A442

BINDING, ALLOCATE, REFRESH, SEND, DATA = 0x0001, 0x0003, 0x0004, 0x0016, 0x0017
CREATE_PERMISSION, CHANNEL_BIND = 0x0008, 0x0009
CONNECT, CONNECTION_BIND, CONNECTION_ATTEMPT = 0x000A, 0x000B, 0x001C
INDICATION, SUCCESS, ERROR = 0x0010, 0x0100, 0x0110

CHANGE_REQUEST, USERNAME, MESSAGE_INTEGRITY, ERROR_CODE = 0x0003, 0x0006, 0x0008, 0x0009
UNKNOWN_ATTRIBUTES, CHANNEL_NUMBER, LIFETIME, XOR_PEER_ADDRESS = 0x000A, 0x000C, 0x000D, 0x0012
DATA_VALUE, REALM, NONCE, XOR_RELAYED_ADDRESS = 0x0013, 0x0014, 0x0015, 0x0016
REQUESTED_ADDRESS_FAMILY, EVEN_PORT, REQUESTED_TRANSPORT = 0x0017, 0x0018, 0x0019
DONT_FRAGMENT, ACCESS_TOKEN, MESSAGE_INTEGRITY_SHA256 = 0x001A, 0x001B, 0x001C
PASSWORD_ALGORITHM, USERHASH, XOR_MAPPED_ADDRESS = 0x001D, 0x001E, 0x0020
RESERVATION_TOKEN, CONNECTION_ID = 0x0022, 0x002A
ADDITIONAL_ADDRESS_FAMILY, ADDRESS_ERROR_CODE, PASSWORD_ALGORITHMS = 0x8000, 0x8001, 0x8002
ICMP, SOFTWARE, ALTERNATE_SERVER, FINGERPRINT = 0x8004, 0x8022, 0x8023, 0x8028
RESPONSE_ORIGIN, OTHER_ADDRESS, THIRD_PARTY_AUTHORIZATION = 0x802B, 0x802C, 0x802E
MOBILITY_TICKET = 0x8030

IPV4, IPV6 = 0x01, 0x02
UDP, TCP = 17, 6
MD5, SHA256 = 0x0001, 0x0002


def attribute(kind, value=b""):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def number(kind, value):
    """An attribute of 32 bits: LIFETIME, CONNECTION-ID."""
    return attribute(kind, struct.pack("!I", value))


def first_byte(kind, value):
    """An attribute whose first byte says all: REQUESTED-TRANSPORT, REQUESTED-ADDRESS-FAMILY."""
    return attribute(kind, bytes([value, 0, 0, 0]))


def _mask(transaction):
    return struct.pack("!I", COOKIE) + (transaction or b"")


def xor_address(address, port, transaction=None):
    packed = ipaddress.ip_address(address).packed
    assert len(packed) == 4 or transaction, "IPv6 is hidden with the transaction id"
    hidden = bytes(a ^ b for a, b in zip(packed, _mask(transaction)))
    return struct.pack("!BBH", 0, IPV4 if len(packed) == 4 else IPV6, port ^ (COOKIE >> 16)) + hidden


def parse_xor_address(value, transaction=None):
    (port,) = struct.unpack_from("!H", value, 2)
    packed = bytes(a ^ b for a, b in zip(value[4:], _mask(transaction)))
    return str(ipaddress.ip_address(packed)), port ^ (COOKIE >> 16)


def parse_address(value):
    return str(ipaddress.ip_address(value[4:])), struct.unpack_from("!H", value, 2)[0]


def peer_address(address, port=0):
    """XOR-PEER-ADDRESS, to be hidden when its message is made."""
    return lambda transaction: attribute(XOR_PEER_ADDRESS, xor_address(address, port, transaction))


def _head(kind, attributes, transaction, length):
    return struct.pack("!HHI", kind, length, COOKIE) + transaction + attributes


def message(kind, *attributes, transaction=None, key=None, key_sha256=None, fingerprint=False):
    """Ends with MESSAGE-INTEGRITY by `key` and MESSAGE-INTEGRITY-SHA256 by `key_sha256`."""
    transaction = transaction or os.urandom(12)
    body = b"".join(one(transaction) if callable(one) else one for one in attributes)
    if key is not None:
        body += _integrity(kind, body, transaction, MESSAGE_INTEGRITY, key, hashlib.sha1)
    if key_sha256 is not None:
        body += _integrity(kind, body, transaction, MESSAGE_INTEGRITY_SHA256, key_sha256, hashlib.sha256)
    if fingerprint:
        # RFC 8489 §14.7
        check = zlib.crc32(_head(kind, body, transaction, len(body) + 8)) ^ 0x5354554E
        body += number(FINGERPRINT, check)
    return _head(kind, body, transaction, len(body))


def _integrity(kind, body, transaction, attribute_kind, key, digest, size=None):
    # RFC 8489 §14.5: the length covers the attribute itself already.
    size = digest().digest_size if size is None else size
    code = hmac.new(key, _head(kind, body, transaction, len(body) + 4 + size), digest).digest()
    return attribute(attribute_kind, code[:size])


def shortened_sha256(kind, attributes, key, size, transaction):
    """MESSAGE-INTEGRITY-SHA256 behind those attributes, correct but for its size."""
    return _integrity(kind, b"".join(attributes), transaction, MESSAGE_INTEGRITY_SHA256, key,
                      hashlib.sha256, size)


class Message:
    """A received message; `attributes` has the first of each kind (RFC 8489 §14)."""

    def __init__(self, data):
        self.data = data
        self.kind, length = struct.unpack_from("!HH", data)
        assert len(data) == 20 + length, "the length field covers the message"
        self.transaction = data[8:20]
        self.attributes, self._offsets = {}, {}
        offset = 20
        while offset < len(data):
            kind, size = struct.unpack_from("!HH", data, offset)
            if kind not in self.attributes:
                self.attributes[kind] = data[offset + 4:offset + 4 + size]
                self._offsets[kind] = offset
            offset += 4 + size + -size % 4

    def __contains__(self, kind):
        return kind in self.attributes

    def __getitem__(self, kind):
        assert kind in self, f"attribute {kind:#06x} is not in it, error {self.error}"
        return self.attributes[kind]

    @property
    def error(self):
        value = self.attributes.get(ERROR_CODE)
        return value[2] * 100 + value[3] if value else None

    @property
    def succeeded(self):
        return self.kind & 0x0110 == SUCCESS

    def number(self, kind):
        return struct.unpack("!I", self[kind])[0]

    def address(self, kind):
        return parse_xor_address(self[kind], self.transaction)

    @property
    def relayed(self):
        return self.address(XOR_RELAYED_ADDRESS)

    @property
    def relayed_addresses(self):
        """All of them: an allocation of two families has two (RFC 8656 §7.3)."""
        found, offset = [], 20
        while offset < len(self.data):
            kind, size = struct.unpack_from("!HH", self.data, offset)
            if kind == XOR_RELAYED_ADDRESS:
                value = self.data[offset + 4:offset + 4 + size]
                found.append(parse_xor_address(value, self.transaction))
            offset += 4 + size + -size % 4
        return found

    def is_signed(self, key, kind=MESSAGE_INTEGRITY):
        """Whether it carries that integrity attribute, and by that key."""
        if kind not in self:
            return False
        digest = hashlib.sha1 if kind == MESSAGE_INTEGRITY else hashlib.sha256
        body = self.data[20:self._offsets[kind]]
        made = _integrity(self.kind, body, self.transaction, kind, key, digest)
        return made[4:] == self[kind]
