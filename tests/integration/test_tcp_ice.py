"""ICE over TCP (RFC 6544, and Lync's dialect) between agents that are not ours, through the edge: with no
way over UDP on one side or on both, checks and SRTP cross nevertheless."""

import base64

import pytest

from edge import Edge, Route, SIP_PORT
from ice_agent import Agent, assert_srtp_crosses
from lab import EDGE_EXTERNAL, EXT, INSIDE
from media import sdp
from user_agent import Dialog, on_udp

_DOMAIN = "streams.example"
_CALLER_KEY, _CALLEE_KEY = (base64.b64encode(bytes(range(first, first + 30))).decode()
                            for first in (0, 100))


@pytest.mark.parametrize("compat, callee_has_tcp", [
    pytest.param("rfc5245", True, id="rfc6544"),
    pytest.param("oc2007r2", True, id="lync"),
    pytest.param("rfc5245", False, id="datagrams_inside"),
])
def test_ice_finds_the_way_over_tcp(lab, compat, callee_has_tcp):
    edge = Edge(lab, [Route(_DOMAIN, INSIDE, 7000)])
    caller = on_udp(lab, lab.ext, EXT, 6000, (EDGE_EXTERNAL, SIP_PORT))
    callee = on_udp(lab, lab.inside, INSIDE, 7000)
    call = Dialog(caller, f"sip:userb@{_DOMAIN}")
    outer = Agent(lab, lab.ext, EXT, compat, controlling=True, tcp=True)
    inner = Agent(lab, lab.inside, INSIDE, compat, tcp=callee_has_tcp)
    as_lync = compat == "oc2007r2"

    call.send("INVITE", sdp=sdp(EXT, 5000, *outer.lines(as_lync)))
    invite = callee.expect_request("INVITE")
    # Where the callee has no TCP, it learns of the caller by the checks alone: its default is one of them.
    port = 7002 if callee_has_tcp else inner.port(1)
    rtcp = [] if callee_has_tcp else [f"a=rtcp:{inner.port(2)}"]
    callee.reply(invite, 200, "b", sdp=sdp(INSIDE, port, *rtcp, *inner.lines(as_lync)))
    response = caller.expect_response(200, "INVITE")
    dialog = call.established_by(response)
    dialog.send("ACK")
    callee.expect_request("ACK")
    assert EXT not in invite.sdp and INSIDE not in response.sdp

    inner.hear(invite.sdp)
    outer.hear(response.sdp)
    outer.expect_ready()
    inner.expect_ready()
    assert_srtp_crosses(outer, _CALLER_KEY, inner, _CALLEE_KEY)

    dialog.send("BYE")
    callee.reply(callee.expect_request("BYE"), 200)
    caller.expect_response(200, "BYE")
    edge.wait_until_no_port_is_in_use()
    edge.stop()
    caller.close()
    callee.close()
