"""A SIP party that does what a test says, message by message: for calls whose shape no tool knows
(forks, races, several bodies). Over UDP; it repeats nothing itself and reads each message once."""

import re
import secrets
import socket

from lab import PATIENCE


class Message:
    """A request or response as it arrived."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.start_line, *lines = head.decode().split("\r\n")
        self.sender = None  # where it came from
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]

    @property
    def status(self):
        """None for a request."""
        return int(self.start_line.split()[1]) if self.start_line.startswith("SIP/") else None

    @property
    def method(self):
        return self["CSeq"].split()[1]

    @property
    def cseq(self):
        return int(self["CSeq"].split()[0])

    def all(self, name):
        return [value for header, value in self.headers if header.lower() == name.lower()]

    def __getitem__(self, name):
        return self.all(name)[0]

    def tag(self, name):
        match = re.search(r";tag=([^;>]+)$|;tag=([^;>]+);", self[name])
        return match and (match[1] or match[2])

    @property
    def sdp(self):
        return self.body.decode()


def uri_of(value):
    return re.search(r"<([^>]+)>", value)[1]


class Peer:
    """One transport address with its UDP socket. `edge` is where its requests go first."""

    def __init__(self, lab, host, address, port, edge=None):
        self.address, self.port, self._edge = address, port, edge
        self._udp = lab.udp_socket(host, address, port)
        self._seen = set()
        self._waiting = []

    @property
    def place(self):
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def send(self, lines, body="", content_type="application/sdp", to=None):
        head = [*lines, *([f"Content-Type: {content_type}"] if body else []),
                f"Content-Length: {len(body.encode())}"]
        data = ("\r\n".join(head) + "\r\n\r\n" + body).encode()
        self._udp.sendto(data, to or self._edge)
        return data

    def receive(self, wanted, seconds=PATIENCE):
        """The next message that `wanted` accepts; others wait for their turn. A message that came
        before, byte for byte, is a retransmission and is passed over; 100 says nothing."""
        for message in self._waiting:
            if wanted(message):
                self._waiting.remove(message)
                return message
        self._udp.settimeout(seconds)
        while True:
            data, sender = self._udp.recvfrom(65535)
            if data in self._seen or not data.strip():
                continue
            self._seen.add(data)
            message = Message(data)
            message.sender = sender
            if wanted(message):
                return message
            if message.status != 100:
                self._waiting.append(message)

    def expect_request(self, method):
        return self.receive(lambda one: one.status is None and one.method == method)

    def expect_response(self, status, method, tag=None):
        return self.receive(lambda one: one.status == status and one.method == method
                            and (tag is None or one.tag("To") == tag))

    def is_silent(self, seconds=0.5):
        try:
            self.receive(lambda one: True, seconds)
        except socket.timeout:
            return True
        return False

    def reply(self, request, status, tag="", body="", extra=()):
        """Answers where the request came from (RFC 3261 §18.2.2, rport)."""
        to = request["To"] + (f";tag={tag}" if tag and not request.tag("To") else "")
        return self.send([f"SIP/2.0 {status} Whatever",
                          *(f"Via: {via}" for via in request.all("Via")),
                          *(f"Record-Route: {route}" for route in request.all("Record-Route")),
                          f"From: {request['From']}", f"To: {to}", f"Call-ID: {request['Call-ID']}",
                          f"CSeq: {request['CSeq']}", f"Contact: <sip:{self.place}>", *extra],
                         body, to=request.sender)

    def close(self):
        self._udp.close()


class Caller(Peer):
    """Makes one call."""

    def __init__(self, lab, host, address, port, edge, domain):
        super().__init__(lab, host, address, port, edge)
        self._domain = domain
        self._call_id = secrets.token_hex(8)
        self._from = f"<sip:usera@skype.example>;tag={secrets.token_hex(4)}"
        self._branch = None

    def _via(self, branch=None):
        return f"Via: SIP/2.0/UDP {self.place};branch={branch or 'z9hG4bK' + secrets.token_hex(8)};rport"

    def _initial(self, method, via):
        return [f"{method} sip:userb@{self._domain} SIP/2.0", via, "Max-Forwards: 70",
                f"From: {self._from}", f"To: <sip:userb@{self._domain}>", f"Call-ID: {self._call_id}",
                f"CSeq: 1 {method}"]

    def invite(self, body="", content_type="application/sdp", extra=()):
        self._branch = "z9hG4bK" + secrets.token_hex(8)
        return self.send([*self._initial("INVITE", self._via(self._branch)),
                          f"Contact: <sip:{self.place}>", "Supported: 100rel", *extra],
                         body, content_type)

    def cancel(self):
        return self.send(self._initial("CANCEL", self._via(self._branch)))

    def refusal_ack(self, response):
        """ACK of a final response to the initial INVITE that is no 2xx."""
        lines = self._initial("ACK", self._via(self._branch))
        return self.send([line if not line.startswith("To:") else f"To: {response['To']}"
                          for line in lines])

    def dialog(self, response):
        return Dialog(self, local=self._from, remote=response["To"], target=response["Contact"],
                      routes=response.all("Record-Route")[::-1], call_id=self._call_id, cseq=1)


class Dialog:
    """What a party knows once a dialog exists; its requests go through the edge."""

    def __init__(self, peer, local, remote, target, routes, call_id, cseq):
        self._peer, self._local, self._remote = peer, local, remote
        self._target, self._routes, self._call_id = uri_of(target), routes, call_id
        self.cseq = cseq
        self._branches = {}

    @classmethod
    def of_callee(cls, peer, invite, tag):
        return cls(peer, local=f"{invite['To']};tag={tag}", remote=invite["From"],
                   target=invite["Contact"], routes=invite.all("Record-Route"),
                   call_id=invite["Call-ID"], cseq=0)

    def request(self, method, body="", extra=(), cseq=None):
        if cseq is None and method != "ACK":
            self.cseq += 1
        number = cseq or self.cseq
        branch = "z9hG4bK" + secrets.token_hex(8)
        self._branches[method, number] = branch
        return self._send(method, number, branch, body, extra)

    def refusal_ack(self, response):
        return self._send("ACK", response.cseq, self._branches["INVITE", response.cseq], "", ())

    def _send(self, method, number, branch, body, extra):
        first = re.search(r"sips?:(?:\[([^\]]+)\]|([^:;>]+)):(\d+)", self._routes[0])
        return self._peer.send(
            [f"{method} {self._target} SIP/2.0",
             f"Via: SIP/2.0/UDP {self._peer.place};branch={branch};rport", "Max-Forwards: 70",
             *(f"Route: {route}" for route in self._routes), f"From: {self._local}",
             f"To: {self._remote}", f"Call-ID: {self._call_id}", f"CSeq: {number} {method}",
             f"Contact: <sip:{self._peer.place}>", *extra], body, to=(first[1] or first[2], int(first[3])))


# --- media ---------------------------------------------------------------------------------------

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
