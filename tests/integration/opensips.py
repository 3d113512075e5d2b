"""OpenSIPS' rtpengine module (3.x), which Debian does not have, as an edge sees it: what its functions
make of the flags in a script and of the SIP message at hand, and how it picks one of several edges.
From the documentation of the module."""

import dataclasses
import itertools

import ng
from lab import EXT, INSIDE

_WITH_SDP = ("offer", "answer")
_MEDIA_WITHOUT_TO_TAG = ("play media", "stop media")
_IN_REPLIES_AS_IN_SIP = ("answer", "delete", "stop media")

# Words that become members of a list of their own.
_LISTED = {"replace-origin": ("replace", "origin"),
           "replace-session-connection": ("replace", "session-connection"),
           **{f"rtcp-mux-{mode}": ("rtcp-mux", mode)
              for mode in ("demux", "reject", "offer", "require", "accept")}}
# Words that say something about the profile and leave the rest of it as it is.
_PROFILE_PARTS = {"RTP": ("is_secure", False), "SRTP": ("is_secure", True),
                  "AVP": ("has_feedback", False), "AVPF": ("has_feedback", True)}
_PROFILES = ("RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF")
_OVERRIDES = ("call-id", "from-tag", "to-tag")
_NUMBERS = ("repacketize", "delete-delay")
_RENAMED = {"address-family": "address family"}

# On these errors the next edge of the set is asked.
_OVERLOAD = ("Parallel session limit reached", "Ran out of ports", "CPU usage limit exceeded",
             "Load limit exceeded", "Bandwidth limit exceeded")


@dataclasses.dataclass(frozen=True)
class SipMessage:
    """What the module reads of the message that a script is at."""
    method: str
    call_id: str
    from_tag: str
    to_tag: str = ""
    status: int = 0  # of a reply; 0: a request
    branches: tuple = ()  # of the Vias, topmost first
    source: str = EXT
    sdp: str = ""
    invite_had_sdp: bool = True  # of the transaction that a reply belongs to


class SipCall:
    """The messages of one call between a caller outside and a callee inside, as they come to the
    proxy."""

    def __init__(self, call_id, caller="a", callee="b"):
        self.call_id, self.caller, self.callee = call_id, caller, callee

    def invite(self, sdp="", branch="z9hG4bK-caller"):
        return SipMessage("INVITE", self.call_id, self.caller, branches=(branch,), sdp=sdp)

    def reply(self, status, sdp="", branch="z9hG4bK-caller", **more):
        """To a request of the caller. Above its Via stands the proxy's own."""
        return SipMessage("INVITE", self.call_id, self.caller, self.callee, status,
                          ("z9hG4bK-proxy", branch), INSIDE, sdp, **more)

    def request(self, method, sdp="", **more):
        """Of the caller, inside the dialog."""
        return SipMessage(method, self.call_id, self.caller, self.callee,
                          branches=("z9hG4bK-later",), sdp=sdp, **more)

    def callee_request(self, method, sdp=""):
        return SipMessage(method, self.call_id, self.callee, self.caller,
                          branches=("z9hG4bK-callee",), source=INSIDE, sdp=sdp)

    def reply_of_caller(self, status, sdp="", method="INVITE"):
        """To a request of the callee."""
        return SipMessage(method, self.call_id, self.callee, self.caller, status,
                          ("z9hG4bK-proxy", "z9hG4bK-callee"), EXT, sdp)


# --- what is sent ------------------------------------------------------------------------------------

def request(command, message, flags="", extra_id="", more=None):
    """The dictionary for `command`, in the order of its keys. `extra_id` stands in the variable that
    via-branch=extra names."""
    words = _Words(flags)
    if words.forces_answer:
        command = "answer"
    keys = dict(more or {}) | ({"sdp": message.sdp} if command in _WITH_SDP else {}) | words.keys
    keys |= {name: found for name, found in words.found().items() if found}
    keys["call-id"] = words.overrides.get("call-id") or message.call_id
    if words.via:
        keys["via-branch"] = _via_branch(words.via, message, extra_id)
    keys["received-from"] = ["IP6" if ":" in message.source else "IP4", message.source]
    return keys | _tags(command, message, words) | {"command": command}


class _Words:
    """A script's flags, sorted by where they go."""

    def __init__(self, flags):
        self.keys, self.overrides = {}, {}
        self.lists = {"direction": [], "flags": [], "replace": [], "rtcp-mux": []}
        self.profile, self.via = None, None
        self.forces_to_tag = self.forces_answer = False
        self._is_secure = self._has_feedback = False
        for word in flags.split():
            self._sort(*word.partition("=")[::2])

    def found(self):
        """What several words have made, in the order of the module."""
        direction, flags, replace, rtcp_mux = self.lists.values()
        return {"direction": direction, "flags": flags, "replace": replace,
                "transport-protocol": self.profile, "rtcp-mux": rtcp_mux}

    def _sort(self, name, value):
        if name in _LISTED:
            where, member = _LISTED[name]
            self.lists[where].append(member)
        elif name in _PROFILES:
            self.profile = name
        elif name in _PROFILE_PARTS:
            self._set_profile_part(*_PROFILE_PARTS[name])
        elif name in ("in-iface", "out-iface"):
            self.lists["direction"].append(value)
        elif name in ("internal", "external"):  # the older spelling
            self.lists["direction"].append(name)
        elif name in _OVERRIDES:
            self.overrides[name] = value
            self.forces_to_tag = self.forces_to_tag or name == "to-tag"
        elif name == "via-branch":
            self.via = value
        elif name == "force-answer":
            self.forces_answer = True
        elif value:
            self.keys[_RENAMED.get(name, name)] = int(value) if name in _NUMBERS else value
        else:
            self.lists["flags"].append(name)

    def _set_profile_part(self, part, value):
        setattr(self, f"_{part}", value)
        self.profile = f"RTP/{'S' if self._is_secure else ''}AVP{'F' if self._has_feedback else ''}"


def _via_branch(kind, message, extra_id):
    if kind == "extra":
        return extra_id
    if kind == "auto":
        kind = "2" if message.status else "1"
    return message.branches[int(kind) - 1]


def _tags(command, message, words):
    """from-tag is who makes the offer; the other of an offer in a reply, and of an answer in a request."""
    own = words.overrides.get("from-tag") or message.from_tag
    other = words.overrides.get("to-tag") or message.to_tag
    is_as_in_sip = command in _IN_REPLIES_AS_IN_SIP if message.status else command != "answer"
    if not is_as_in_sip:
        return {"from-tag": other, "to-tag": own}
    tags = {"from-tag": own}
    is_wanted = command != "delete" or words.forces_to_tag
    if other and is_wanted and command not in _MEDIA_WITHOUT_TO_TAG:
        tags["to-tag"] = other
    return tags


def managed(message):
    """The command that rtpengine_manage() chooses; None if it does nothing."""
    if message.method in ("BYE", "CANCEL") or message.status >= 300:
        return "delete"
    if message.method not in ("INVITE", "ACK", "UPDATE") or not message.sdp:
        return None
    if message.status:
        return "answer" if message.invite_had_sdp else "offer"
    return "answer" if message.method == "ACK" else "offer"


# --- to whom ------------------------------------------------------------------------------------------

class Refused(Exception):
    """The function failed in the script, and this stands in the log."""


class Module:
    """A set of edges, by their ports for ng, and what became of them."""

    def __init__(self, lab, *ports):
        self.edges = [_Edge(lab, port) for port in ports]
        for edge in self.edges:
            edge.test()

    def manage(self, message, flags=""):
        """The SDP to go on with; None if there is none."""
        command = managed(message)
        return command and self.call(command, message, flags).get("sdp")

    def offer(self, message, flags="", **more):
        return self.call("offer", message, flags, **more)["sdp"]

    def answer(self, message, flags="", **more):
        return self.call("answer", message, flags, **more)["sdp"]

    def delete(self, message, flags="", **more):
        return self.call("delete", message, flags, **more)

    def call(self, command, message, flags="", **more):
        """The reply of the first edge that takes the call."""
        keys = request(command, message, flags, **more)
        asked = set()
        while edge := self._choose(keys["call-id"], asked):
            asked.add(edge)
            reply = edge.ask(keys)
            if reply and reply.get("error-reason") in _OVERLOAD:
                continue
            if reply and reply["result"] == "error":
                raise Refused(reply["error-reason"])
            if reply:
                return reply
        raise Refused("no available proxies")

    def _choose(self, call_id, asked):
        """By the sum of the Call-ID's bytes, and among those that answer."""
        usable = [edge for edge in self.edges if not edge.is_disabled and edge not in asked]
        return usable[(sum(call_id.encode()) & 0xFF) % len(usable)] if usable else None

    def statistics(self, message):
        """$rtpstat"""
        totals = self.call("query", message)["totals"]
        return "; ".join(f"{kind}: {totals[kind]['bytes']} bytes, {totals[kind]['packets']} packets, "
                         f"{totals[kind]['errors']} errors" for kind in ("RTP", "RTCP"))


class _Edge:
    _cookies = itertools.count()

    def __init__(self, lab, port):
        self.is_disabled = False
        self._udp = lab.udp_socket(lab.edge, ng.ADDRESS)
        self._udp.connect((ng.ADDRESS, port))

    def test(self):
        """What happens at start and whenever rtpengine_disable_tout has passed."""
        self.is_disabled = False
        self.is_disabled = self.ask({"command": "ping"}) != {"result": "pong"}

    def ask(self, keys):
        """The reply; None if there is none, and then nothing more is sent there."""
        data = f"4711_{next(self._cookies)} ".encode() + ng.encode(keys)
        try:
            self._udp.send(data)
            reply = self._udp.recv(65536)
        except OSError:
            self.is_disabled = True
            return None
        cookie = data[:data.index(b" ") + 1]
        assert reply.startswith(cookie), (data, reply)
        return ng.decode(reply[len(cookie):])
