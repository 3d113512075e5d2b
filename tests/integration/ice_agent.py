"""An ICE agent that is not ours (libnice) on a host of the lab, and SRTP between two of them."""

import json
import os
import re

_COUNT = 50  # SRTP packets each way


def _padded(text):
    """libnice decodes base64 that is padded, the SDP has none."""
    return text + "=" * (-len(text) % 4)


def _candidate(word):
    """The words of an a=candidate line, as the agent takes them."""
    if word[6] == "typ":
        return {"foundation": word[0], "component": int(word[1]), "transport": _transport(word),
                "priority": int(word[3]), "address": word[4], "port": int(word[5])}
    return {"foundation": "1", "component": int(word[1]), "transport": _OLDER[word[3]], "priority": 830,
            "address": word[5], "port": int(word[6]), "username": _padded(word[0]),
            "password": _padded(word[2])}


_OLDER = {"UDP": "udp", "TCP": "passive"}  # ICE-06 says both ends in one
_LYNC = {"TCP-PASS": "passive", "TCP-ACT": "active"}


def _transport(word):
    if word[2].upper() == "UDP":
        return "udp"
    return word[word.index("tcptype") + 1] if "tcptype" in word else _LYNC[word[2]]


class Agent:
    """An ICE agent with a plain socket on loopback for the program that uses it."""

    def __init__(self, lab, host, address, compat, controlling=False, tcp=False):
        self._lab, self._host = lab, host
        self.address, self._uses_tcp = address, tcp
        self._remote = lab.directory / f"remote-{address}"
        self.inlet, self.outlet = "127.0.0.1:40000", "127.0.0.1:40002"
        components = 1 if compat == "oc2007" else 2
        self._process = lab.start(host, [
            os.environ["AVEDGE_ICE_PARTY"], "--compat", compat, "--bind", address, "--components",
            components, *(["--controlling"] if controlling else []), *(["--tcp"] if tcp else []),
            "--remote", self._remote, "--in", self.inlet, "--out", self.outlet], "ice_party")
        said = json.loads(self._process.expect_output(r"^\{.*\}$")[0])
        self.ufrag, self.password = said["ufrag"], said["password"]
        self.candidates = said["candidates"]

    def port(self, component):
        return next(one["port"] for one in self.candidates if one["component"] == component)

    def lines(self, as_lync=False):
        """Its own candidates, and credentials, for SDP."""
        return [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}",
                *(self._line(one, as_lync) for one in self.candidates)]

    def _line(self, one, as_lync):
        role = one["transport"]
        transport = next((name for name, of in _LYNC.items() if as_lync and of == role),
                         "UDP" if role == "udp" else "TCP")
        end = f" tcptype {role}" if transport == "TCP" else ""
        return (f"a=candidate:{one['foundation']} {one['component']} {transport} "
                f"{1000 - one['component']} {self.address} {one['port'] or 9} typ host{end}")

    def hear(self, sdp):
        """Takes in the far side's description, in either grammar."""
        def attribute(name):
            match = re.search(rf"(?m)^a={name}:(\S+)", sdp)
            return match[1] if match else ""
        lines = re.findall(r"(?m)^a=candidate:(.*?)\r?$", sdp)
        candidates = [one for one in (_candidate(line.split()) for line in lines)
                      if (one["transport"] == "udp") != self._uses_tcp]
        for one in candidates:
            # Lync names the port that it connects from. libnice, which names none itself, makes no pair
            # with a candidate that it knows, only with one that it finds.
            one["port"] = 9 if one["transport"] == "active" else one["port"]
        temporary = self._remote.with_suffix(".new")
        temporary.write_text(json.dumps({"ufrag": attribute("ice-ufrag"),
                                         "password": attribute("ice-pwd"), "candidates": candidates}))
        temporary.rename(self._remote)

    def expect_ready(self):
        self._process.expect_output("^ready$")

    def stream(self, *words):
        return self._lab.start(self._host, [os.environ["AVEDGE_SRTP_STREAM"], *words], "srtp")


def assert_srtp_crosses(one, one_key, other, other_key):
    for sender, key, receiver in ((one, one_key, other), (other, other_key, one)):
        listening = receiver.stream("receive", "--key", key, "--bind", receiver.outlet, "--count",
                                    _COUNT, "--timeout", 40)
        listening.expect_output("ready")
        sending = sender.stream("send", "--key", key, "--from", "127.0.0.1:40004", "--to",
                                sender.inlet, "--count", _COUNT, "--ssrc", 7, "--interval-ms", 10)
        assert sending.expect_exit() == 0, sending.output()
        assert listening.expect_exit() == 0, listening.output()
