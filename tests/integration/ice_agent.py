"""An ICE agent that is not ours (libnice) on a host of the lab, and SRTP and SRTCP between two of them."""

import json
import os
import re

_COMPONENTS = (1, 2)  # RTP and RTCP
_COUNT = 50  # packets each way and component


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
    """An ICE agent; a program uses a component of it by plain sockets on loopback."""

    def __init__(self, lab, host, address, compat, controlling=False, tcp=False):
        self._lab, self._host = lab, host
        self.address, self._uses_tcp = address, tcp
        self._remote = lab.directory / f"remote-{address}"
        self._process = lab.start(host, [
            os.environ["AVEDGE_ICE_PARTY"], "--compat", compat, "--bind", address,
            *(["--controlling"] if controlling else []), *(["--tcp"] if tcp else []),
            "--remote", self._remote,
            *(word for component in _COMPONENTS
              for word in ("--in", self.inlet(component), "--out", self.outlet(component)))],
            "ice_party")
        said = json.loads(self._process.expect_output(r"^\{.*\}$")[0])
        self.ufrag, self.password = said["ufrag"], said["password"]
        self.candidates = said["candidates"]

    @staticmethod
    def inlet(component):
        return f"127.0.0.1:{40000 + component}"

    @staticmethod
    def outlet(component):
        return f"127.0.0.1:{40010 + component}"

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

    def assert_talks_with(self, edge):
        """The pairs that its checks have selected: from its own sockets to the ports that its SDP
        named, RTCP's above RTP's."""
        address, port = edge
        pairs = [json.loads(said) for said in
                 re.findall(r"(?m)^selected (\{.*\})$", self._process.output())]
        selected = {pair["component"]: (pair["base"], pair["remote"]) for pair in pairs}
        assert selected == {
            component: (f"{self.address}:{self.port(component)}", f"{address}:{port + component - 1}")
            for component in _COMPONENTS}

    def send_srtp(self, component, key):
        return self._srtp("send", component, key, "--from", f"127.0.0.1:{40020 + component}", "--to",
                          self.inlet(component), "--ssrc", 7, "--interval-ms", 10)

    def receive_srtp(self, component, key):
        process = self._srtp("receive", component, key, "--bind", self.outlet(component),
                             "--timeout", 40)
        process.expect_output("ready")
        return process

    def _srtp(self, action, component, key, *more):
        return self._lab.start(self._host, [
            os.environ["AVEDGE_SRTP_STREAM"], action, *(["--rtcp"] if component == 2 else []),
            "--key", key, "--count", _COUNT, *more], "srtp")


def assert_srtp_crosses(one, one_key, other, other_key):
    """Both ways, and SRTCP with it on the second component."""
    ways = [(sender, key, receiver, component) for component in _COMPONENTS
            for sender, key, receiver in ((one, one_key, other), (other, other_key, one))]
    running = [receiver.receive_srtp(component, key) for _, key, receiver, component in ways]
    running += [sender.send_srtp(component, key) for sender, key, _, component in ways]
    for process in running:
        assert process.expect_exit() == 0, process.output()
