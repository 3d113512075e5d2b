"""A client of the ng protocol, as small as a proxy's: bencode, cookies, UDP and TCP."""

import itertools

from lab import EXT, INSIDE

ADDRESS, PORT = "127.0.0.1", 2223
HTTP_PORT = 2224

LISTENERS = f"""
[[ng.listener]]
bind = "{ADDRESS}:{PORT}"
transports = ["udp", "tcp"]
[[ng.listener]]
bind = "{ADDRESS}:{HTTP_PORT}"
transports = ["http", "ws"]
"""

RTP = b"\x80\x00" + bytes(range(170))
CALLER, CALLEE = (EXT, 20000), (INSIDE, 30000)

_cookies = itertools.count(1)


def encode(value):
    if isinstance(value, bytes):
        return str(len(value)).encode() + b":" + value
    if isinstance(value, str):
        return encode(value.encode())
    if isinstance(value, int):
        return b"i" + str(value).encode() + b"e"
    if isinstance(value, (list, tuple)):
        return b"l" + b"".join(map(encode, value)) + b"e"
    return b"d" + b"".join(encode(key) + encode(item) for key, item in value.items()) + b"e"


def decode(data):
    """The value at the start of `data`, with texts as str."""
    return _decode(data)[0]


def _decode(data):
    """A value and what stands behind it."""
    kind = data[:1]
    if kind == b"i":
        number, rest = data[1:].split(b"e", 1)
        return int(number), rest
    if kind in (b"l", b"d"):
        items, rest = [], data[1:]
        while not rest.startswith(b"e"):
            item, rest = _decode(rest)
            items.append(item)
        if kind == b"d":
            items = dict(zip(items[::2], items[1::2]))
        return items, rest[1:]
    size, rest = data.split(b":", 1)
    return rest[:int(size)].decode(), rest[int(size):]


def message(request, cookie=None):
    cookie = cookie or f"{id(request)}_{next(_cookies)}"
    return cookie.encode() + b" " + encode(request)


class Client:
    """Speaks from the edge's own host, as a proxy beside it would."""

    def __init__(self, lab, address=ADDRESS, port=PORT, source=ADDRESS):
        self._udp = lab.udp_socket(lab.edge, source)
        self._server = (address, port)

    def ask(self, request, cookie=None):
        data = message(request, cookie)
        self._udp.sendto(data, self._server)
        reply, sender = self._udp.recvfrom(65536)
        assert sender == self._server, "a reply leaves from the address that was asked"
        sent_cookie, payload = reply.split(b" ", 1)
        assert data.startswith(sent_cookie + b" ")
        return decode(payload)

    def send(self, data):
        self._udp.sendto(data, self._server)

    def hears_nothing(self, seconds=0.5):
        self._udp.settimeout(seconds)
        try:
            return not self._udp.recv(65536)
        except TimeoutError:
            return True

    def sdp(self, request):
        reply = self.ask(request)
        assert reply["result"] == "ok", reply
        return reply["sdp"]


def offer(call_id, sdp, **more):
    return {"command": "offer", "call-id": call_id, "from-tag": "a", "sdp": sdp,
            "direction": ["external", "internal"]} | _keys(more)


def answer(call_id, sdp, **more):
    return {"command": "answer", "call-id": call_id, "from-tag": "a", "to-tag": "b",
            "sdp": sdp} | _keys(more)


def delete(call_id, **more):
    return {"command": "delete", "call-id": call_id, "from-tag": "a"} | _keys(more)


def _keys(more):
    return {key.replace("_", "-"): value for key, value in more.items()}


def audio(address, port):
    family = "IP6" if ":" in address else "IP4"
    return (f"v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\n")


def place(sdp):
    """(address, port) where the first m= line of `sdp` wants media."""
    address = next(line.split()[-1] for line in sdp.splitlines() if line.startswith("c="))
    port = next(line.split()[1] for line in sdp.splitlines() if line.startswith("m="))
    return address, int(port)


class Parties:
    """Both ends of a call, each with one socket."""

    def __init__(self, lab, caller=CALLER, callee=CALLEE):
        self.caller = lab.udp_socket(lab.ext, *caller)
        self.callee = lab.udp_socket(lab.inside, *callee)

    def exchange(self, offered, answered):
        """RTP both ways, by the ports that the two descriptions name; returns who was seen."""
        to_callee, to_caller = place(answered), place(offered)
        self.caller.sendto(RTP + b"out", to_callee)
        payload, seen_inside = self.callee.recvfrom(2048)
        assert payload == RTP + b"out"
        self.callee.sendto(RTP + b"in", to_caller)
        payload, seen_outside = self.caller.recvfrom(2048)
        assert payload == RTP + b"in"
        return seen_outside[:2], seen_inside[:2]


def curl(lab, *arguments):
    """Status and body."""
    completed = lab.edge.run(["curl", "-s", "-w", "\n%{http_code}", *arguments], timeout=30)
    body, status = completed.stdout.rsplit("\n", 1)
    return int(status), body
