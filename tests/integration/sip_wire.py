"""SIP parties whose every byte a test decides: messages read and written by hand, over UDP, TCP and TLS."""

import itertools
import re
import ssl

from lab import PATIENCE

_COUNT = itertools.count(1)


class Message:
    """One SIP message as it came. Header names compare without case; compact forms are long ones."""

    _LONG = {"v": "via", "f": "from", "t": "to", "i": "call-id", "l": "content-length",
             "c": "content-type", "m": "contact"}

    def __init__(self, data):
        head, separator, self.body = data.partition(b"\r\n\r\n")
        assert separator, f"half a message: {data!r}"
        self.data = data
        self.start, *lines = head.decode().split("\r\n")
        self.headers = []
        for line in lines:
            name, colon, value = line.partition(":")
            assert colon, f"no header: {line!r} in\n{head.decode()}"
            self.headers.append((name.strip(), value.strip()))

    @property
    def method(self):
        """Of a request; None for a response."""
        return None if self.start.startswith("SIP/2.0 ") else self.start.split(" ")[0]

    @property
    def uri(self):
        return self.start.split(" ")[1]

    @property
    def status(self):
        """Of a response; None for a request."""
        return int(self.start.split(" ")[1]) if self.method is None else None

    def all(self, name):
        """The values of a header, one for each element of a list."""
        values = [value for have, value in self.headers
                  if self._LONG.get(have.lower(), have.lower()) == name.lower()]
        if name.lower() in ("via", "route", "record-route"):
            values = [part.strip() for value in values for part in re.split(r",(?=\s*(?:<|SIP/))", value)]
        return values

    def first(self, name):
        values = self.all(name)
        assert values, f"no {name} in\n{self.data.decode(errors='replace')}"
        return values[0]

    def to_tag(self):
        match = re.search(r";tag=([^;]+)", self.first("To"))
        return match[1] if match else None


class Datagrams:
    """A UDP socket and whom it talks with: whoever spoke last, unless told otherwise."""

    transport = "UDP"

    def __init__(self, udp, remote=None):
        self.socket, self.remote = udp, remote

    @property
    def address(self):
        return self.socket.getsockname()[:2]

    def send(self, data):
        self.socket.sendto(data, self.remote)

    def receive(self, seconds=PATIENCE):
        self.socket.settimeout(seconds)
        data, self.remote = self.socket.recvfrom(65536)
        return Message(data)


class Stream:
    """A connected TCP or TLS socket."""

    def __init__(self, connected, transport="TCP"):
        self.socket, self.transport, self._rest = connected, transport, b""

    @property
    def address(self):
        return self.socket.getsockname()[:2]

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, seconds=PATIENCE):
        """The next message; EOFError when there is none any more."""
        self.socket.settimeout(seconds)
        while True:
            data = self._rest.lstrip(b"\r\n")
            head, separator, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?mi)^(?:content-length|l)\s*:\s*(\d+)", head)
            if separator and len(body) >= int(length[1]):
                size = len(head) + 4 + int(length[1])
                self._rest = data[size:]
                return Message(data[:size])
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self._rest += more

    def receive_bytes(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def close(self):
        self.socket.close()


class Listener:
    """Takes connections on an address; with a context, by TLS."""

    def __init__(self, lab, host, address, port, context=None):
        self._socket = lab.tcp_socket(host, address, port)
        self._socket.listen(16)
        self._context = context

    def accept(self, seconds=PATIENCE):
        self._socket.settimeout(seconds)
        connected, _ = self._socket.accept()
        connected.settimeout(seconds)
        if not self._context:
            return Stream(connected)
        return Stream(self._context.wrap_socket(connected, server_side=True), "TLS")

    def close(self):
        self._socket.close()


def udp_party(lab, host, address, port=None, remote=None):
    return Datagrams(lab.udp_socket(host, address, port), remote)


def connect(lab, host, address, remote, context=None, server_name=None):
    connected = lab.tcp_socket(host, address)
    connected.connect(remote)
    if not context:
        return Stream(connected)
    return Stream(context.wrap_socket(connected, server_hostname=server_name), "TLS")


def tls_context(authority, chain=None, key=None, server=False):
    """Trusts `authority` and shows `chain`. A server asks for the client's certificate as well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    if chain:
        context.load_cert_chain(chain, key)
    if server:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Dialog:
    """What one party writes into the requests of one call, before and after it is a dialog."""

    def __init__(self, wire, uri, user="alice"):
        self.wire, self.uri, self.routes, self.cseq = wire, uri, [], 0
        number = next(_COUNT)
        self.call_id = f"call-{number}@{wire.address[0]}"
        self.local = f"<sip:{user}@{wire.address[0]}>;tag={user}{number}"
        self.remote = f"<{uri}>"
        self.user = user

    @classmethod
    def of_callee(cls, wire, invite, to):
        """The callee's side of the dialog that `invite` and an answer with the To value `to` make."""
        self = cls(wire, invite.first("Contact").strip("<>"))
        self.routes = invite.all("Record-Route")
        self.call_id, self.local, self.remote = invite.first("Call-ID"), to, invite.first("From")
        return self

    def answered_by(self, ok):
        """The caller's side, once a response made a dialog of it."""
        self.remote = ok.first("To")
        self.routes = list(reversed(ok.all("Record-Route")))
        self.uri = ok.first("Contact").strip("<>")

    def request(self, method, body=b"", headers=(), branch=None, max_forwards=70, cseq=None):
        if cseq is None and method != "ACK":
            self.cseq += 1
        address, port = self.wire.address
        lines = [f"{method} {self.uri} SIP/2.0",
                 f"Via: SIP/2.0/{self.wire.transport} {address}:{port}"
                 f";branch={branch or f'z9hG4bKp{next(_COUNT)}'};rport",
                 f"Max-Forwards: {max_forwards}",
                 *[f"Route: {route}" for route in self.routes],
                 f"From: {self.local}", f"To: {self.remote}", f"Call-ID: {self.call_id}",
                 f"CSeq: {cseq or self.cseq} {method}",
                 f"Contact: <sip:{self.user}@{address}:{port};transport={self.wire.transport.lower()}>",
                 *headers, f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def send(self, method, **options):
        self.wire.send(self.request(method, **options))


def response(request, status, to_tag=None, wire=None, headers=(), body=b""):
    """With `wire` it has a Contact, as one that makes a dialog needs."""
    to = request.first("To")
    if to_tag and not request.to_tag():
        to += f";tag={to_tag}"
    lines = [f"SIP/2.0 {status} Whatever", *[f"Via: {via}" for via in request.all("Via")],
             *[f"Record-Route: {route}" for route in request.all("Record-Route")],
             f"From: {request.first('From')}", f"To: {to}", f"Call-ID: {request.first('Call-ID')}",
             f"CSeq: {request.first('CSeq')}"]
    if wire:
        address, port = wire.address
        lines.append(f"Contact: <sip:callee@{address}:{port};transport={wire.transport.lower()}>")
    lines += [*headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


SDP = ["Content-Type: application/sdp"]


def sdp(address, port):
    return ("v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
            "m=audio {1} RTP/AVP 0\r\n").format(address, port).encode()


def expect(wire, what, seconds=PATIENCE):
    """The next message that is this method or status; a provisional response before it is passed over."""
    while True:
        message = wire.receive(seconds)
        got = message.method or message.status
        if got == what:
            return message
        assert message.status and message.status < 200, f"{got}, not {what}:\n{message.data.decode()}"
