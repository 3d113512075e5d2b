"""SIP user agents (RFC 3261) that do what a test says, message by message, over UDP, TCP and TLS: for
calls whose shape no tool knows, and for messages that no tool writes. They repeat nothing."""

import itertools
import re
import ssl

from lab import PATIENCE

_numbers = itertools.count(1)

_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "l": "content-length",
            "c": "content-type", "m": "contact"}
_LISTS = ("via", "route", "record-route")
_MAKE_DIALOGS = ("INVITE", "UPDATE", "SUBSCRIBE", "REFER")
_SDP_TYPE = ("Content-Type: application/sdp",)


class Message:
    """A request or response as it came. Names of headers compare without case and in either form."""

    def __init__(self, data, sender=None):
        head, separator, self.body = data.partition(b"\r\n\r\n")
        assert separator, f"half a message: {data!r}"
        self.data, self.sender = data, sender
        self.start_line, *lines = head.decode().split("\r\n")
        self._headers = [_header(line) for line in lines]

    @property
    def status(self):
        """None for a request."""
        return int(self.start_line.split(" ")[1]) if self.start_line.startswith("SIP/") else None

    @property
    def method(self):
        """Of a response: what it answers."""
        return self.start_line.split(" ")[0] if self.status is None else self["CSeq"].split()[1]

    @property
    def uri(self):
        """Of a request."""
        return self.start_line.split(" ")[1]

    @property
    def cseq(self):
        return int(self["CSeq"].split()[0])

    @property
    def sdp(self):
        return self.body.decode()

    def all(self, name):
        """The values of a header, one for each element of a list."""
        values = [value for have, value in self._headers if have == name.lower()]
        if name.lower() in _LISTS:
            return [part.strip() for value in values
                    for part in re.split(r",(?=\s*(?:<|SIP/))", value)]
        return values

    def __getitem__(self, name):
        values = self.all(name)
        assert values, f"no {name} in\n{self}"
        return values[0]

    def tag(self, name):
        match = re.search(r";tag=([^;>]+)", self[name].rpartition(">")[2])
        return match and match[1]

    def __repr__(self):
        return self.data.decode(errors="replace")


def _header(line):
    name, colon, value = line.partition(":")
    assert colon, f"no header: {line!r}"
    name = name.strip().lower()
    return _COMPACT.get(name, name), value.strip()


def compose(start_line, headers, body=b""):
    lines = [start_line, *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def response(request, status, tag="", contact="", headers=(), sdp="", body=b""):
    """`sdp` is a body that brings its Content-Type along."""
    to = request["To"] + (f";tag={tag}" if tag and not request.tag("To") else "")
    return compose(f"SIP/2.0 {status} Whatever", [
        *(f"Via: {via}" for via in request.all("Via")),
        *(f"Record-Route: {route}" for route in request.all("Record-Route")),
        f"From: {request['From']}", f"To: {to}", f"Call-ID: {request['Call-ID']}",
        f"CSeq: {request['CSeq']}", *([f"Contact: {contact}"] if contact else []),
        *headers, *_SDP_TYPE[:bool(sdp)]], sdp.encode() or body)


# --- transports -----------------------------------------------------------------------------------------

class Datagrams:
    """A UDP socket. What names no destination goes to whoever spoke last."""

    name = "UDP"

    def __init__(self, udp):
        self.socket, self._last = udp, None

    def send(self, data, to=None):
        self.socket.sendto(data, to or self._last)

    def receive(self, seconds):
        """The next message."""
        self.socket.settimeout(seconds)
        while True:
            data, self._last = self.socket.recvfrom(65536)
            if data.strip():
                return Message(data, self._last)


class Stream:
    """A connected TCP or TLS socket."""

    def __init__(self, connected, name="TCP"):
        self.socket, self.name, self._rest = connected, name, b""

    def send(self, data, to=None):
        """There is only one way to go, whatever `to` says."""
        self.socket.sendall(data)

    def receive(self, seconds):
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
            self._rest += self._more(65536)

    def receive_bytes(self, size):
        """What is no message."""
        data = b""
        while len(data) < size:
            data += self._more(size - len(data))
        return data

    def _more(self, size):
        data = self.socket.recv(size)
        if not data:
            raise EOFError
        return data


class Listener:
    """Takes connections on an address; with a context, by TLS."""

    def __init__(self, lab, host, address, port, context=None):
        self._socket = lab.tcp_socket(host, address, port)
        self._socket.listen(16)
        self._context = context

    def accept(self, seconds=PATIENCE):
        """The agent that the connection leads to."""
        self._socket.settimeout(seconds)
        made, _ = self._socket.accept()
        made.settimeout(seconds)
        if not self._context:
            return UserAgent(Stream(made))
        return UserAgent(Stream(self._context.wrap_socket(made, server_side=True), "TLS"))

    def close(self):
        self._socket.close()


def tls_context(authority, chain=None, key=None, server=False):
    """Trusts `authority` and shows `chain`. A server asks for the client's certificate as well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    if chain:
        context.load_cert_chain(chain, key)
    if server:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


# --- agents ---------------------------------------------------------------------------------------------

def on_udp(lab, host, address, port=None, proxy=None, user="party"):
    return UserAgent(Datagrams(lab.udp_socket(host, address, port)), proxy, user)


def connected(lab, host, address, remote, context=None, server_name=None):
    """An agent with a connection to `remote`."""
    made = lab.tcp_socket(host, address)
    made.connect(remote)
    if not context:
        return UserAgent(Stream(made))
    return UserAgent(Stream(context.wrap_socket(made, server_hostname=server_name), "TLS"))


class UserAgent:
    """One party. `proxy` is where its requests go over UDP; without one, to whoever spoke last."""

    def __init__(self, transport, proxy=None, user="party"):
        self.transport, self.proxy, self.user = transport, proxy, user
        self._seen = set()
        self.waiting = []  # messages that came before their turn

    @property
    def address(self):
        return self.transport.socket.getsockname()[:2]

    @property
    def place(self):
        """Address and port as they stand in a Via and a URI."""
        address, port = self.address
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    @property
    def contact(self):
        return f"<sip:{self.user}@{self.place};transport={self.transport.name.lower()}>"

    def send(self, data, to=None):
        self.transport.send(data, to or self.proxy)

    def reply(self, request, status, tag="", **content):
        """Answers where the request came from (§18.2.2, RFC 3581)."""
        self.transport.send(self.response(request, status, tag, **content), request.sender)

    def response(self, request, status, tag="", **content):
        """Made, not sent."""
        is_contact_due = request.method in _MAKE_DIALOGS and 100 < status < 300
        return response(request, status, tag, self.contact if is_contact_due else "", **content)

    def receive(self, seconds=PATIENCE):
        """The next message, whatever it is. One that came before, byte for byte, is a retransmission
        and is passed over."""
        if self.waiting:
            return self.waiting.pop(0)
        while True:
            message = self.transport.receive(seconds)
            if message.data not in self._seen:
                self._seen.add(message.data)
                return message

    def expect_request(self, method, seconds=PATIENCE):
        return self._expect(lambda one: one.status is None and one.method == method, seconds)

    def expect_response(self, status, method=None, tag=None, seconds=PATIENCE):
        return self._expect(lambda one: one.status == status and method in (None, one.method)
                            and tag in (None, one.tag("To")), seconds)

    def _expect(self, wanted, seconds):
        """Others wait for their turn; 100 says nothing."""
        found = next((one for one in self.waiting if wanted(one)), None)
        if found:
            self.waiting.remove(found)
            return found
        passed_over, self.waiting = self.waiting, []
        try:
            while not wanted(message := self.receive(seconds)):
                if message.status != 100:
                    passed_over.append(message)
            return message
        except TimeoutError as late:
            raise TimeoutError(f"only this came: {passed_over}") from late
        finally:
            self.waiting = passed_over

    def is_silent(self, seconds=0.5):
        try:
            self._expect(lambda one: one.status != 100, seconds)
        except TimeoutError:
            return True
        return False

    def close(self):
        self.transport.socket.close()


class Dialog:
    """What one party writes into the requests of a call, before it is a dialog (§12) and after."""

    def __init__(self, agent, uri):
        self.agent, self.uri, self.routes, self.cseq = agent, uri, [], 0
        number = next(_numbers)
        self.call_id = f"call-{number}@{agent.address[0]}"
        self.local = f"<sip:{agent.user}@{agent.place}>;tag={agent.user}{number}"
        self.remote = f"<{uri}>"
        self._branches = {}  # of each request, by CSeq

    @classmethod
    def of_callee(cls, agent, invite, tag):
        """The side of who answers `invite` with that tag (§12.1.1)."""
        self = cls(agent, _uri_in(invite["Contact"]))
        self.routes, self.call_id = invite.all("Record-Route"), invite["Call-ID"]
        self.local, self.remote = f"{invite['To']};tag={tag}", invite["From"]
        return self

    def established_by(self, response):
        """The dialog that a response makes of this call (§12.1.2): each tag of a fork makes one."""
        made = Dialog(self.agent, _uri_in(response["Contact"]))
        made.routes, made.remote = response.all("Record-Route")[::-1], response["To"]
        made.call_id, made.local, made.cseq = self.call_id, self.local, self.cseq
        made._branches = dict(self._branches)
        return made

    def request(self, method, headers=(), sdp="", body=b"", branch=None, max_forwards=70):
        """The next request, made and not sent; an ACK belongs to the last one."""
        if method != "ACK":
            self.cseq += 1
        branch = branch or f"z9hG4bK{next(_numbers)}"
        self._branches[self.cseq, method] = branch
        return self._compose(method, self.cseq, branch, self.remote, max_forwards, headers, sdp, body)

    def send(self, method, **content):
        data = self.request(method, **content)
        self.agent.send(data)
        return data

    def send_cancel(self):
        """Of the INVITE that was sent last (§9.1)."""
        self.agent.send(self._compose("CANCEL", self.cseq, self._branches[self.cseq, "INVITE"],
                                      self.remote))

    def acknowledge_refusal(self, response):
        """ACK of a final response that is no 2xx: of the same transaction (§17.1.1.3)."""
        self.agent.send(self._compose("ACK", response.cseq, self._branches[response.cseq, "INVITE"],
                                      response["To"]))

    def _compose(self, method, cseq, branch, to, max_forwards=70, headers=(), sdp="", body=b""):
        via = f"SIP/2.0/{self.agent.transport.name} {self.agent.place};branch={branch};rport"
        return compose(f"{method} {self.uri} SIP/2.0", [
            f"Via: {via}", f"Max-Forwards: {max_forwards}",
            *(f"Route: {route}" for route in self.routes), f"From: {self.local}", f"To: {to}",
            f"Call-ID: {self.call_id}", f"CSeq: {cseq} {method}", f"Contact: {self.agent.contact}",
            *headers, *_SDP_TYPE[:bool(sdp)]], sdp.encode() or body)


def _uri_in(value):
    return re.search(r"<([^>]+)>", value)[1]
