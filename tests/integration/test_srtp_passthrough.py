"""SRTP stays end to end: what one party protects under the key of its SDP, the other unprotects."""

import json
import os
import re

import calls
import sip_trace
import sipp
from edge import Edge, Route
from lab import EXT, INSIDE

_STREAM = os.environ.get("AVEDGE_SRTP_STREAM", "")
_COUNT = 150  # 3 s
_DOMAIN = "srtp.example"
_CALLER_PORT, _CALLEE_PORT = 6000, 7000


def _key(sdp):
    """The key of the SDP's first a=crypto line, as it arrived."""
    return re.search(rb"(?m)^a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:([^|\r]+)", sdp)[1].decode()


def _receive(lab, host, address, port, key, name):
    process = lab.start(host, [_STREAM, "receive", "--key", key, "--bind", f"{address}:{port}",
                               "--count", _COUNT, "--timeout", 40], name)
    process.expect_output("ready")
    return process


def _send(lab, host, address, port, key, to, ssrc, name):
    return lab.start(host, [_STREAM, "send", "--key", key, "--from", f"{address}:{port}",
                            "--to", f"{to[0]}:{to[1]}", "--count", _COUNT, "--ssrc", ssrc], name)


def _arrived_intact(process):
    code = process.expect_exit(60)
    report = json.loads(process.output()[process.output().index("{"):])
    assert code == 0, report


def test_srtp_unprotects_at_the_far_end_byte_for_byte(lab):
    edge = Edge(lab, [Route(_DOMAIN, INSIDE, _CALLEE_PORT)])
    caller, callee = sipp.caller_party(20000), sipp.callee_party(30000)
    # A stream each way; each leaves from where its party says that it receives.
    caller_text, callee_text = calls.plain(_DOMAIN, caller, callee, 12000)
    outside, inside = lab.capture_outside(), lab.capture_inside()
    callee_sipp = sipp.start_callee(lab, _CALLEE_PORT, callee_text, "callee")
    caller_sipp = sipp.start_caller(lab, _CALLER_PORT, caller_text, "caller")
    seen_by_caller = caller_sipp.expect_media_address()
    seen_by_callee = callee_sipp.expect_media_address()

    # Each receiver uses the key that reached it in the SDP, not the one that was sent.
    offer = _sdp_arrived(inside, INSIDE, _CALLEE_PORT)
    answer = _sdp_arrived(outside, EXT, _CALLER_PORT)
    assert (_key(offer), _key(answer)) == (caller.key, callee.key)

    at_callee = _receive(lab, lab.inside, INSIDE, callee.rtp, _key(offer), "srtp-to-callee")
    _arrives(lab, at_callee, _send(lab, lab.ext, EXT, caller.rtp, caller.key, seen_by_caller, 0x11,
                                   "srtp-from-caller"))
    at_caller = _receive(lab, lab.ext, EXT, caller.rtp, _key(answer), "srtp-to-caller")
    _arrives(lab, at_caller, _send(lab, lab.inside, INSIDE, callee.rtp, callee.key, seen_by_callee,
                                   0x22, "srtp-from-callee"))

    assert caller_sipp.succeeded() and callee_sipp.succeeded()
    edge.wait_until_no_port_is_in_use()
    edge.stop()


def _sdp_arrived(capture, host, port):
    return next(message.body for message in sip_trace.sip_messages(capture.stop(), [port])
                if message.has_sdp and message.destination == host)


def _arrives(lab, receiver, sender):
    assert sender.expect_exit(60) == 0, sender.output()
    _arrived_intact(receiver)
