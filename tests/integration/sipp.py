"""SIPp scenarios, put together from steps so that the long INVITE stands here once.

The INVITE follows the Skype-federation trace: it comes from a mediation server behind a SIP trunk, in
`fixtures/skype_offer.sdp` with host, server-reflexive and relayed candidates of RTP and RTCP, and with
SRTP keys. The relayed address is where the media really is; the other two exist only in the SDP and
must go no further than the edge. SIPp makes no ICE checks: the answer declines ICE (a=ice-mismatch).
"""

import base64
import dataclasses
import pathlib
import re

from edge import SIP_PORT
from lab import EDGE_EXTERNAL, EXT, INSIDE, wait_until

_FIXTURES = pathlib.Path(__file__).parent / "fixtures"


@dataclasses.dataclass(frozen=True)
class MediaParty:
    """Addresses one side names in its SDP; `relay` is the real one."""
    relay: str
    rtp: int
    host: str
    reflexive: str
    key: str

    @property
    def rtcp(self):
        return self.rtp + 1

    @property
    def secrets(self):
        """What must not be seen on the far side."""
        return {self.relay, self.host, self.reflexive}

    def sdp(self, fixture):
        text = (_FIXTURES / fixture).read_text(encoding="ascii")
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return text.format(rtcp=self.rtcp, **fields).strip()


def caller_party(rtp):
    return MediaParty(EXT, rtp, "192.168.0.16", "203.0.113.121",
                      base64.b64encode(bytes(range(30))).decode())


def callee_party(rtp):
    return MediaParty(INSIDE, rtp, "10.6.0.5", "203.0.113.69",
                      base64.b64encode(bytes(range(100, 130))).decode())


# --- steps -------------------------------------------------------------------------------------

def send(message, retransmit=True):
    retrans = ' retrans="500"' if retransmit else ""
    return f"  <send{retrans}><![CDATA[\n\n{message}\n]]></send>"


def expect_response(status, optional=False, actions=(), record_route=False):
    return _recv(f'response="{status}"', optional, actions, record_route)


def expect_request(method, optional=False, actions=(), record_route=False):
    return _recv(f'request="{method}"', optional, actions, record_route)


def _recv(what, optional, actions, record_route):
    action = f"<action>{''.join(actions)}</action>" if actions else ""
    attributes = (' optional="true"' if optional else "") + (' rrs="true"' if record_route else "")
    # The bound turns a message that never comes into a failed call.
    bound = "" if optional else ' timeout="20000"'
    return f"  <recv {what}{attributes}{bound}>{action}</recv>"


def pause(milliseconds):
    return f'  <pause milliseconds="{milliseconds}"/>'


def play(pcap):
    return f'  <nop><action><exec play_pcap_audio="{pcap}"/></action></nop>'


def _keep(header, variable, occurrence=1):
    return (f'<ereg regexp=".*" search_in="hdr" header="{header}" occurrence="{occurrence}" '
            f'assign_to="{variable}"/>')


_HEAD = """\
<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="{name}">
"""


def scenario(name, *steps):
    """`{back}` in a step becomes its distance from the last INVITE, whose branch it repeats."""
    if any("play_pcap_audio" in step for step in steps):
        # What tells SIPp where its own media leaves; the value is that of the party.
        steps = [re.sub(r"(?m)^m=audio \d+ ", "m=audio [media_port] ", step) for step in steps]
    body = "\n".join(step.replace("{back}", str(index - _last_invite(steps[:index + 1])))
                     for index, step in enumerate(steps))
    return _HEAD.format(name=name) + body + _references(body) + "\n</scenario>\n"


def _last_invite(steps):
    return max((index for index, step in enumerate(steps) if "\nINVITE " in step), default=0)


def _references(body):
    """SIPp refuses a scenario that keeps what it does not use, unless told that this is meant."""
    kept = sorted(set(",".join(re.findall(r'assign_to="([^"]+)"', body)).split(",")) - {""})
    return f'\n  <Reference variables="{",".join(kept)}"/>' if kept else ""


# --- messages ----------------------------------------------------------------------------------

def invite(domain, party, fixture="skype_offer.sdp"):
    """Without a fixture the offer is left to the callee."""
    return _INVITE.format(domain=domain) + _content(party.sdp(fixture) if fixture else "")


def _content(sdp):
    if not sdp:
        return "Content-Length: 0\n"
    return f"Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}"


_INVITE = """\
INVITE sip:userb@{domain} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 68
From: "Skype user" <sip:usera@skype.example>;tag=c0138[call_number];epid=0639570a7f
To: <sip:userb@{domain}>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:usera@[local_ip]:[local_port];transport=[transport]>
User-Agent: RTCC/4.0.0.0 MediationServer
Ms-Conversation-ID: AdAVcjHDbpcTqsLsQBy5Ppeyyu8QEw==
ms-skip-rnl: true
Supported: 100rel, timer
Allow: ACK, BYE, CANCEL, INVITE, OPTIONS, PRACK, UPDATE
"""


def in_dialog_invite(cseq, party, fixture, side):
    return _in_dialog("INVITE", cseq, side, _contact(side) + _content(party.sdp(fixture)))


def update(cseq, side, party=None, fixture=None):
    """Without a fixture it only refreshes the session (RFC 4028)."""
    return _in_dialog("UPDATE", cseq, side,
                      _contact(side) + _content(party.sdp(fixture) if fixture else ""))


def prack(cseq):
    return _in_dialog("PRACK", cseq, "caller", "RAck: 1 1 INVITE\nContent-Length: 0\n")


def _contact(side):
    return f"Contact: <sip:{_USER[side]}@[local_ip]:[local_port];transport=[transport]>\n"


def bye(cseq, side):
    return _in_dialog("BYE", cseq, side, "Content-Length: 0\n")


def ack(cseq, side, party=None, fixture=None):
    return _in_dialog("ACK", cseq, side, _content(party.sdp(fixture) if fixture else ""))


def refusal_ack(cseq, side):
    """ACK of a final response to a re-INVITE that is no 2xx (RFC 3261 §17.1.1.3)."""
    return ack(cseq, side).replace("[branch]", "[branch-{back}]")


_USER = {"caller": "usera", "callee": "userb"}


def _in_dialog(method, cseq, side, rest):
    """A request inside the dialog. The callee's addresses are those of the INVITE, exchanged, which
    the callee's scenario keeps in variables (KEEP_DIALOG)."""
    if side == "caller":
        names = ('From: "Skype user" <sip:usera@skype.example>;tag=c0138[call_number];epid=0639570a7f\n'
                 "To:[$to]")
    else:
        names = "From:[$to];tag=callee[pid][call_number]\nTo:[$from]"
    return f"""\
{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
[routes]
{names}
Call-ID: [call_id]
CSeq: {cseq} {method}
{rest}"""


# What a later request of the dialog needs: the caller keeps To of the 200, for it has the callee's
# tag; the callee keeps both names of the INVITE. And where the far side's SDP says that media goes.
KEEP_TO = _keep("To:", "to")
KEEP_FROM = _keep("From:", "from")
# CANCEL goes hop by hop: the 487 to the INVITE takes the way of the INVITE's own Vias.
KEEP_VIAS = _keep("Via:", "via", 1) + _keep("Via:", "next_via", 2)
# A 200 to the INVITE that comes behind PRACK or UPDATE takes the INVITE's way, too.
KEEP_WAY = KEEP_VIAS + _keep("Record-Route:", "route", 1) + _keep("Record-Route:", "next_route", 2)
KEEP_MEDIA = """
    <ereg regexp="c=IN IP4 ([0-9.]+)" search_in="body" check_it="true" assign_to="c,address"/>
    <ereg regexp="m=audio ([0-9]+)" search_in="body" check_it="true" assign_to="m,port"/>
    <log message="media [$address] [$port]"/>
"""


def response(status, reason, side="callee", party=None, fixture=None, in_dialog=False, extra=""):
    to_tag = "" if in_dialog else ";tag=callee[pid][call_number]"
    head = f"""\
SIP/2.0 {status} {reason}
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:]{to_tag}
[last_Call-ID:]
[last_CSeq:]
{_contact(side)}{extra}"""
    return head + _answer_content(party, fixture)


def _answer_content(party, fixture):
    if party is None:
        return _content("")
    return ("User-Agent: UCCAPI/4.0.7577.314 OC/4.0.7577.314 (Microsoft Lync 2010)\n" +
            _content(party.sdp(fixture)))


# A provisional response that asks for PRACK (RFC 3262).
RELIABLE = "Require: 100rel\nRSeq: 1\n"


def late_ok(party=None, fixture=None):
    """The 200 to the initial INVITE, behind another request of the dialog; needs KEEP_WAY."""
    return f"""\
SIP/2.0 200 OK
Via:[$via]
Via:[$next_via]
Record-Route:[$route]
Record-Route:[$next_route]
[last_From:]
[last_To:]
[last_Call-ID:]
CSeq: 1 INVITE
{_contact("callee")}""" + _answer_content(party, fixture)


def request_terminated():
    return """\
SIP/2.0 487 Request Terminated
Via:[$via]
Via:[$next_via]
[last_From:]
[last_To:];tag=callee[pid][call_number]
[last_Call-ID:]
CSeq: 1 INVITE
Content-Length: 0
"""


def failure_ack(domain):
    """ACK of a final response that is no 2xx: same branch, same request URI (RFC 3261 §17.1.1.3)."""
    return _same_transaction("ACK", domain, "[last_To:]")


def cancel(domain):
    return _same_transaction("CANCEL", domain, f"To: <sip:userb@{domain}>")


def _same_transaction(method, domain, to):
    return f"""\
{method} sip:userb@{domain} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch-{{back}}]
Max-Forwards: 68
From: "Skype user" <sip:usera@skype.example>;tag=c0138[call_number];epid=0639570a7f
{to}
Call-ID: [call_id]
CSeq: 1 {method}
Content-Length: 0
"""


# --- running -----------------------------------------------------------------------------------

class Party:
    """One SIPp process with one call."""

    def __init__(self, lab, host, address, port, text, name, transport="udp", media=None, remote=None):
        self.name = name
        script = lab.directory / f"{name}.xml"
        script.write_text(text, encoding="iso-8859-1")
        self._media_log = lab.directory / f"{name}.media"
        arguments = ["sipp", "-sf", script, "-m", 1, "-i", address, "-p", port, "-nostdin",
                     "-t", "t1" if transport == "tcp" else "u1",
                     "-timeout", 60, "-timeout_error",
                     "-trace_err", "-error_file", lab.directory / f"{name}.errors",
                     "-trace_logs", "-log_file", self._media_log]
        if media:
            arguments += ["-mi", media.relay, "-mp", media.rtp]
        self.process = lab.start(host, arguments + ([remote] if remote else []), name,
                                 cwd=lab.directory)

    def expect_media_address(self):
        """Where the far side's SDP, as it arrived here, wants RTP."""
        def logged():
            text = self._media_log.read_text() if self._media_log.exists() else ""
            return re.search(r"media (\S+) (\d+)", text)
        match = wait_until(f"{self.name} to learn where media goes", logged)
        return match[1], int(match[2])

    def succeeded(self):
        return self.process.expect_exit(70) == 0


def start_callee(lab, port, text, name, transport="udp", media=None):
    party = Party(lab, lab.inside, INSIDE, port, text, name, transport, media)
    listening = ["ss", "-Hln", "-t" if transport == "tcp" else "-u", f"sport = :{port}"]
    wait_until(f"{name} to listen", lambda: lab.inside.run(listening).stdout)
    return party


def start_caller(lab, port, text, name, transport="udp", media=None,
                 edge=f"{EDGE_EXTERNAL}:{SIP_PORT}"):
    return Party(lab, lab.ext, EXT, port, text, name, transport, media, edge)
