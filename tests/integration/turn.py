"""A TURN client small enough to send what a real one never would, and to speak what no packaged one
does. What a well-behaved client does is tested with coturn's, aioice and a browser instead."""

import base64
import collections
import hashlib
import socket
import ssl
import struct
import time

import stun
from edge import PASSWORD, STUN_PORT, USER
from lab import EDGE_EXTERNAL, EXT

# Long enough that nothing which is only slow is repeated, in seconds.
_REPEAT_AFTER = 5.0


class Datagrams:
    """The way to a server over UDP. `socket` may be replaced: the client has moved then."""

    def __init__(self, udp, server):
        self.socket, self.server = udp, server

    def send(self, data):
        self.socket.sendto(data, self.server)

    def receive(self):
        return self.socket.recv(65536)

    def exchange(self, request, await_response):
        """Sends it again when nothing has come for a while (RFC 8489 §6.2.1): any datagram may be lost,
        on a busy machine even here."""
        patience = self.socket.gettimeout()
        deadline = time.monotonic() + patience
        try:
            while True:
                self.send(request)
                self.socket.settimeout(min(_REPEAT_AFTER, patience))
                try:
                    return await_response()
                except TimeoutError:
                    if time.monotonic() >= deadline:
                        raise
        finally:
            self.socket.settimeout(patience)


class Stream:
    """The way to a server over a connected TCP or TLS socket: the same messages, one after another.
    ChannelData is padded there (RFC 8656 §12.5)."""

    def __init__(self, connected):
        self.socket = connected
        self._buffer = b""

    def send(self, data):
        self.socket.sendall(data + bytes(-len(data) % 4))

    def receive(self):
        head = self.read(4)
        (length,) = struct.unpack_from("!H", head, 2)
        if head[0] < 0x40:
            return head + self.read(16 + length)
        return head + self.read(length + -length % 4)[:length]

    def exchange(self, request, await_response):
        self.send(request)
        return await_response()

    def read(self, count):
        """Exactly so many bytes; EOFError when the server has ended the connection."""
        while len(self._buffer) < count:
            self._fill()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def ended(self):
        """Waits until the server ends the connection; the bytes that came before."""
        try:
            while True:
                self._fill()
        except (EOFError, ConnectionResetError):
            return self._buffer

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server has ended the connection")
        self._buffer += data

    def close(self):
        self.socket.close()


def connect(lab, address=EXT, server=(EDGE_EXTERNAL, STUN_PORT), authority=None, first=b"",
            alpn=None):
    """A Stream to the edge: TLS with an authority, TCP without; `first` goes out before anything."""
    tcp = lab.tcp_socket(lab.ext, address)
    tcp.connect(server)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if first:
        tcp.sendall(first)
    if authority is None:
        return Stream(tcp)
    context = ssl.create_default_context(cafile=authority.certificate)
    if alpn:
        context.set_alpn_protocols(alpn)
    return Stream(context.wrap_socket(tcp, server_hostname=server[0]))


class Credentials:
    """The long-term mechanism with the older key (RFC 8489 §9.2, MD5 and SHA-1)."""

    def __init__(self, user=USER, password=PASSWORD):
        self.user, self.password = user, password
        self.challenge = None

    def learn(self, challenge):
        self.challenge = challenge

    def sign(self, kind, attributes, transaction=None):
        """The request as it goes out; without integrity as long as there was no challenge."""
        if self.challenge is None:
            return stun.message(kind, *attributes, transaction=transaction)
        return stun.message(kind, *attributes, *self.attributes(), transaction=transaction,
                            **{self.key_word: self.key()})

    integrity = stun.MESSAGE_INTEGRITY
    key_word = "key"

    def attributes(self):
        return [self.name(), stun.attribute(stun.REALM, self.challenge[stun.REALM]),
                stun.attribute(stun.NONCE, self.challenge[stun.NONCE])]

    def name(self):
        return stun.attribute(stun.USERNAME, self.user.encode())

    def key(self):
        return hashlib.md5(self._key_text()).digest()

    def _key_text(self):
        return b":".join([self.user.encode(), self.challenge[stun.REALM], self.password.encode()])


class Sha256Credentials(Credentials):
    """What RFC 8489 §9.2 added: the server lists password algorithms, the client picks SHA-256, says
    both, signs by SHA-256, and may hide its name. `said` overrides the list that goes back."""

    integrity = stun.MESSAGE_INTEGRITY_SHA256
    key_word = "key_sha256"

    def __init__(self, user=USER, password=PASSWORD, algorithm=stun.SHA256, hides_name=False, said=None):
        super().__init__(user, password)
        self.algorithm, self.hides_name, self.said = algorithm, hides_name, said

    def name(self):
        if not self.hides_name:
            return super().name()
        text = self.user.encode() + b":" + self.challenge[stun.REALM]
        return stun.attribute(stun.USERHASH, hashlib.sha256(text).digest())

    def attributes(self):
        listed = self.challenge[stun.PASSWORD_ALGORITHMS] if self.said is None else self.said
        return [*super().attributes(),
                stun.attribute(stun.PASSWORD_ALGORITHMS, listed),
                stun.attribute(stun.PASSWORD_ALGORITHM, struct.pack("!HH", self.algorithm, 0))]

    def key(self):
        digest = hashlib.sha256 if self.algorithm == stun.SHA256 else hashlib.md5
        return digest(self._key_text()).digest()


# RFC 8489 §18.1. Counted from the right, as its vector B.1 does (and erratum 6290 says).
PASSWORD_ALGORITHMS_BIT, USERNAME_ANONYMITY_BIT = 1 << 0, 1 << 1


def security_features(nonce):
    """The 24 bits of the nonce cookie (RFC 8489 §9.2.1), or None."""
    if not nonce.startswith(b"obMatJos2"):
        return None
    return int.from_bytes(base64.b64decode(nonce[9:13]), "big")


class TurnClient:
    """One five-tuple. `request` answers a challenge once, as RFC 8489 §9.2.5 has it."""

    def __init__(self, way, credentials):
        self.way, self.credentials = way, credentials
        self._passed_over = collections.deque()

    def request(self, kind, *attributes):
        response = self.ask(self.credentials.sign(kind, attributes))
        if response.error in (401, 438) and stun.NONCE in response:
            self.credentials.learn(response)
            response = self.ask(self.credentials.sign(kind, attributes))
        if response.succeeded and self.credentials.challenge:
            assert response.is_signed(self.credentials.key(), self.credentials.integrity)
        return response

    def ask(self, request):
        """Sends these very bytes and returns the response; what else arrives is kept."""
        def await_response():
            while True:
                data = self.way.receive()
                if data[0] < 0x40 and data[8:20] == request[8:20]:
                    return stun.Message(data)
                self._passed_over.append(data)

        return self.way.exchange(request, await_response)

    def receive(self):
        """The next message that is no response."""
        return self._passed_over.popleft() if self._passed_over else self.way.receive()

    def receive_data(self):
        """The peer and the bytes of the next Data indication."""
        data = stun.Message(self.receive())
        assert data.kind == stun.DATA, hex(data.kind)
        return data.address(stun.XOR_PEER_ADDRESS), data[stun.DATA_VALUE]

    def receive_channel_data(self):
        """The channel and the bytes of the next ChannelData."""
        data = self.receive()
        channel, length = struct.unpack_from("!HH", data)
        assert channel >= 0x4000 and length == len(data) - 4, data[:20].hex()
        return channel, data[4:]

    def binding(self):
        """Where the server sees the client."""
        response = self.ask(stun.message(stun.BINDING))
        assert response.succeeded
        return response.address(stun.XOR_MAPPED_ADDRESS)

    def allocate(self, *more, protocol=stun.UDP):
        return self.request(stun.ALLOCATE, stun.first_byte(stun.REQUESTED_TRANSPORT, protocol), *more)

    def refresh(self, seconds, *more):
        return self.request(stun.REFRESH, stun.number(stun.LIFETIME, seconds), *more)

    def permit(self, *addresses):
        """Of several peers at once, as one request."""
        return self.request(stun.CREATE_PERMISSION, *[stun.peer_address(one) for one in addresses])

    def bind(self, channel, address, port):
        return self.request(stun.CHANNEL_BIND,
                            stun.attribute(stun.CHANNEL_NUMBER, struct.pack("!HH", channel, 0)),
                            stun.peer_address(address, port))

    def send(self, address, port, data, *more):
        self.way.send(stun.message(stun.SEND, stun.peer_address(address, port), *more,
                                   stun.attribute(stun.DATA_VALUE, data)))

    def send_channel_data(self, channel, data):
        self.way.send(struct.pack("!HH", channel, len(data)) + data)


def over_udp(lab, user=USER, password=PASSWORD, address=EXT, server=EDGE_EXTERNAL, port=STUN_PORT,
             credentials=None):
    way = Datagrams(lab.udp_socket(lab.ext, address), (server, port))
    return TurnClient(way, credentials or Credentials(user, password))


def over_stream(lab, user=USER, password=PASSWORD, credentials=None, **connection):
    """By connect(): TLS with an authority, TCP without."""
    return TurnClient(connect(lab, **connection), credentials or Credentials(user, password))
