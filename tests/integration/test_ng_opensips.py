"""OpenSIPS drives the edge: each function of its rtpengine module, with each documented flag, as the
module serialises it. Media crosses; what cannot be had is refused, and the reason can be read."""

import itertools

import pytest

import ng
from edge import BOTH_FAMILIES, Edge
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, EDGE_INTERNAL6, EXT, EXT_OTHERS, INSIDE, wait_until
from ng_edge import NgEdge
from opensips import Module, Refused, SipCall, SipMessage, request

_IN = "in-iface=external out-iface=internal"
_OUT = "in-iface=internal out-iface=external"
_REPLACE = "trust-address replace-origin replace-session-connection"
_ICE = ("a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
        f"a=candidate:1 1 UDP 2130706431 {EXT} 20000 typ host\r\n")
_calls = itertools.count(1)


@pytest.fixture(scope="module")
def edge(module_lab):
    running = Edge(module_lab, more=ng.LISTENERS, **BOTH_FAMILIES)
    yield running
    running.wait_until_no_port_is_in_use()
    running.stop()


@pytest.fixture
def module(module_lab, edge):
    return Module(module_lab, ng.PORT)


class Call(SipCall):
    """One with sockets for media at both ends."""

    def __init__(self, lab):
        number = next(_calls)
        super().__init__(f"call-{number}@opensips.example")
        self._ports = (EXT, 20000 + 10 * number), (INSIDE, 30000 + 10 * number)
        self._parties = ng.Parties(lab, *self._ports)
        self.offered, self.answered = (ng.audio(*port) for port in self._ports)

    def assert_media_flows(self, offered, answered):
        """The descriptions are those that their receivers see."""
        assert ng.place(offered)[0] == EDGE_INTERNAL and EXT not in offered
        assert ng.place(answered)[0] == EDGE_EXTERNAL and INSIDE not in answered
        seen = self._parties.exchange(offered, answered)
        assert seen == (ng.place(answered), ng.place(offered))


@pytest.fixture
def call(module_lab):
    return Call(module_lab)


def establish(module, call):
    offered = module.offer(call.invite(call.offered), _IN)
    return offered, module.answer(call.reply(200, call.answered), _OUT)


def ports_in_use(edge):
    return edge.metrics().total("avedge_ports_in_use", protocol="udp")


# --- the messages of a call -----------------------------------------------------------------------

def test_a_call_is_managed_from_invite_to_bye(edge, module, call):
    """rtpengine_manage() alone, at every message."""
    offered = module.manage(call.invite(call.offered), f"{_IN} {_REPLACE}")
    early = module.manage(call.reply(183, call.answered), f"{_OUT} {_REPLACE}")
    answered = module.manage(call.reply(200, call.answered), f"{_OUT} {_REPLACE}")
    assert answered == early, "the answer of the 183 once more"
    assert module.manage(call.request("ACK")) is None
    call.assert_media_flows(offered, answered)

    held = call.answered + "a=sendonly\r\n"
    back = module.manage(call.callee_request("INVITE", held), _OUT)
    assert ng.place(back) == ng.place(answered) and "a=sendonly" in back
    module.manage(call.reply_of_caller(200, call.offered), _IN)
    again = module.manage(call.request("UPDATE", call.offered), _IN)
    assert ng.place(again) == ng.place(offered), "the ports stay"
    module.manage(call.reply(200, call.answered), _OUT)
    call.assert_media_flows(offered, answered)
    module.manage(call.request("BYE"))
    edge.wait_until_no_port_is_in_use()


def test_an_offer_in_the_200_is_answered_in_the_ack(edge, module, call):
    """The tags change places: who offers stands first."""
    assert module.manage(call.invite(), _IN) is None
    answered = module.manage(call.reply(200, call.answered, invite_had_sdp=False), _OUT)
    offered = module.manage(call.request("ACK", call.offered), _IN)
    call.assert_media_flows(offered, answered)
    module.manage(call.callee_request("BYE"))
    edge.wait_until_no_port_is_in_use()


@pytest.mark.parametrize("end", [
    pytest.param(lambda call: SipMessage("CANCEL", call.call_id, call.caller), id="CANCEL"),
    pytest.param(lambda call: call.reply(486), id="486")])
def test_a_call_that_comes_to_nothing_frees_its_ports(edge, module, call, end):
    module.manage(call.invite(call.offered), _IN)
    module.manage(call.reply(183, call.answered), _OUT)
    module.manage(end(call))
    edge.wait_until_no_port_is_in_use()
    assert module.delete(end(call))["warning"], "a second time does no harm"


def test_repeated_requests_are_answered_from_memory(module_lab, edge, module, call):
    """rtpengine_retr: the same cookie again when the reply is late."""
    udp = module_lab.udp_socket(module_lab.edge, ng.ADDRESS)
    before = edge.metrics().total("avedge_ng_repeated_total")
    data = b"4711_first " + ng.encode(request("offer", call.invite(call.offered), _IN))
    replies = set()
    for _ in range(5):
        udp.sendto(data, (ng.ADDRESS, ng.PORT))
        replies.add(udp.recv(65536))
    assert len(replies) == 1
    assert edge.metrics().total("avedge_ng_repeated_total") == before + 4
    module.delete(call.invite())


# --- branches and names -----------------------------------------------------------------------------

@pytest.mark.parametrize("in_request, in_reply", [("auto", "auto"), ("1", "2")])
def test_the_branch_of_a_via_names_the_offer(edge, module, call, in_request, in_reply):
    offered = module.offer(call.invite(call.offered), f"{_IN} via-branch={in_request}")
    answered = module.answer(call.reply(200, call.answered), f"{_OUT} via-branch={in_reply}")
    call.assert_media_flows(offered, answered)
    module.delete(call.request("BYE"), "via-branch=extra", extra_id="z9hG4bK-other")
    call.assert_media_flows(offered, answered)
    module.delete(call.request("BYE"))
    edge.wait_until_no_port_is_in_use()


def test_a_failed_branch_does_not_take_the_next_one_along(edge, module, call):
    """Serial forking: the second target is offered before the first one's ports are given back."""
    first, second = ({"extra_id": f"{call.call_id}-{number}"} for number in (0, 1))
    flags = "via-branch=extra"
    lost = module.offer(call.invite(call.offered), f"{_IN} {flags}", **first)
    offered = module.offer(call.invite(call.offered), f"{_IN} {flags}", **second)
    assert ng.place(lost) != ng.place(offered), "each branch has ports of its own"
    before = ports_in_use(edge)
    module.delete(call.reply(404), flags, **first)
    wait_until("the first branch to be gone", lambda: ports_in_use(edge) < before)
    answered = module.answer(call.reply(200, call.answered), f"{_OUT} {flags}", **second)
    call.assert_media_flows(offered, answered)
    module.delete(call.request("BYE"))
    edge.wait_until_no_port_is_in_use()


def test_a_script_may_name_the_call_and_its_parties(edge, module, call):
    """call-id=, from-tag= and to-tag= instead of those of the message."""
    names = "call-id=leg-2 from-tag=x"
    offered = module.offer(call.invite(call.offered), f"{_IN} {names}")
    answered = module.answer(call.reply(200, call.answered), f"{_OUT} {names} to-tag=y")
    call.assert_media_flows(offered, answered)
    reply = module.call("query", call.request("INFO"), "call-id=leg-2")
    assert set(reply["tags"]) == {"x", "y"}
    assert "warning" in module.delete(call.request("BYE")), "the message's own Call-ID is unknown"
    assert "warning" not in module.delete(call.request("BYE"), names)
    edge.wait_until_no_port_is_in_use()


@pytest.mark.parametrize("flags, leaves_another", [
    ("to-tag", False),  # The key alone counts for nothing, as with rtpengine of today.
    ("to-tag rtpp-flags=to-tag", True)])
def test_one_dialog_of_a_forked_call_may_be_deleted(edge, module, call, flags, leaves_another):
    offered, answered = establish(module, call)
    other = SipCall(call.call_id, callee="c")
    module.answer(other.reply(200, ng.audio(INSIDE, 39000)), _OUT)
    module.delete(other.request("BYE"), flags)
    if leaves_another:
        call.assert_media_flows(offered, answered)
        module.delete(call.request("BYE"), flags)
    edge.wait_until_no_port_is_in_use()


def test_force_answer_needs_a_call(edge, module, call):
    """force-answer turns an offer into an answer, which begins nothing."""
    with pytest.raises(Refused, match="Unknown call-id"):
        module.offer(call.reply(200, call.answered), f"{_OUT} force-answer")
    edge.wait_until_no_port_is_in_use()
    offered = module.offer(call.invite(call.offered), _IN)
    answered = module.offer(call.reply(200, call.answered), f"{_OUT} force-answer")
    call.assert_media_flows(offered, answered)
    module.delete(call.request("BYE"))


# --- flags ----------------------------------------------------------------------------------------------

def has(line):
    return lambda sdp: f"{line}\r\n" in sdp


def lacks(text):
    return lambda sdp: text not in sdp


@pytest.mark.parametrize("flags, more, shown", [
    pytest.param("internal external", "", lambda sdp: ng.place(sdp)[0] == EDGE_EXTERNAL,
                 id="older names of the direction"),
    pytest.param("", "", lambda sdp: ng.place(sdp)[0] == EDGE_EXTERNAL, id="no direction"),
    pytest.param(f"{_IN} address-family=IP6", "", lambda sdp: ng.place(sdp)[0] == EDGE_INTERNAL6,
                 id="IPv6"),
    pytest.param(f"{_IN} address-family=IP4", "", lambda sdp: ng.place(sdp)[0] == EDGE_INTERNAL,
                 id="IPv4"),
    pytest.param(f"{_IN} media-address=203.0.113.9", "",
                 lambda sdp: ng.place(sdp)[0] == "203.0.113.9", id="media-address"),
    pytest.param(f"{_IN} replace-origin", "", has(f"o=- 1 1 IN IP4 {EDGE_INTERNAL}"),
                 id="replace-origin"),
    pytest.param(f"{_IN} ICE=remove", _ICE, lacks("a=ice"), id="ICE=remove"),
    pytest.param(f"{_IN} ICE=remove", _ICE, lacks("a=candidate"), id="ICE=remove, candidates"),
    pytest.param(f"{_IN} ICE=force", _ICE, has("a=ice-ufrag:abcd"), id="ICE=force"),
    pytest.param(f"{_IN} ICE=force", _ICE, lacks(EXT), id="ICE=force, candidates"),
    pytest.param(f"{_IN} ICE=force-relay", _ICE, has("a=ice-ufrag:abcd"), id="ICE=force-relay"),
    pytest.param(_IN, _ICE, lacks(EXT), id="ICE by default"),
    pytest.param(f"{_IN} rtcp-mux-demux", "a=rtcp-mux\r\n", lacks("rtcp-mux"), id="rtcp-mux-demux"),
    pytest.param(f"{_IN} rtcp-mux-reject", "a=rtcp-mux\r\n", lacks("rtcp-mux"),
                 id="rtcp-mux-reject"),
    *(pytest.param(f"{_IN} rtcp-mux-{mode}", "a=rtcp-mux\r\n", has("a=rtcp-mux"),
                   id=f"rtcp-mux-{mode}") for mode in ("offer", "require", "accept")),
    pytest.param(f"{_IN} AVPF", "", lambda sdp: " RTP/AVPF 0" in sdp, id="AVPF"),
    pytest.param(f"{_IN} RTP/AVPF", "", lambda sdp: " RTP/AVPF 0" in sdp, id="RTP/AVPF"),
    pytest.param(f"{_IN} RTP AVP", "", lambda sdp: " RTP/AVP 0" in sdp, id="RTP AVP"),
    pytest.param(f"{_IN} loop-protect", "", lambda sdp: "a=avedge-loop:" in sdp, id="loop-protect"),
])
def test_flags_that_the_receiver_sees(module, call, flags, more, shown):
    sdp = module.offer(call.invite(call.offered + more), flags)
    module.delete(call.request("BYE"))
    assert shown(sdp), sdp


@pytest.mark.parametrize("flags", [
    "trust-address", "symmetric", "force", "auto-bridge", "replace-session-connection",
    "repacketize=20", "label=caller", "metadata=7b7d", "DTLS=passive", "DTLS=off", "SDES=off",
    "SDES-no-AES_CM_128_HMAC_SHA1_32", "strict-source", "port-latching",
    "inject-DTMF", "generate-mid", "no-such-flag", "no-such-key=value"])
def test_flags_that_change_nothing_here_do_no_harm(module, call, flags):
    """What is sent on blindly, and what the edge does anyway."""
    plain = module.offer(call.invite(call.offered), _IN)
    reply = module.call("offer", call.invite(call.offered), f"{_IN} {flags}")
    module.delete(call.request("BYE"))
    assert reply == {"result": "ok", "sdp": plain}


@pytest.mark.parametrize("flags, warning", [
    ("record-call=yes", "recording is not supported"),
    ("transcode-PCMA", "codecs are passed as they are"),
    ("codec-strip-opus", "codecs are passed as they are"),
    ("codec-mask-PCMA", "codecs are passed as they are"),
    ("TOS=184", "TOS is left to the edge"),
    ("media-handover", "media-handover: only to the addresses that the SDP or received-from admits, "
                       "after 2 s of silence"),
    ("ICE=force", "the description has no ICE, and gets none"),
])
def test_what_cannot_be_had_is_said_in_the_reply(module, call, flags, warning):
    reply = module.call("offer", call.invite(call.offered), f"{_IN} {flags}")
    module.delete(call.request("BYE"))
    assert (reply["result"], reply["warning"]) == ("ok", warning)


def test_where_the_sip_came_from_counts_for_phones_behind_nat(module, call):
    """received-from stands in every request; with SIP-source-address it alone counts."""
    behind_nat = ng.audio("192.168.1.5", ng.place(call.offered)[1])
    offered = module.offer(call.invite(behind_nat), f"{_IN} SIP-source-address")
    answered = module.answer(call.reply(200, call.answered), _OUT)
    call.assert_media_flows(offered, answered)
    module.delete(call.request("BYE"))


def test_a_phone_that_sends_from_elsewhere_is_heard_if_the_script_says_so(module_lab, module, call):
    elsewhere = (EXT_OTHERS[0], 45000)
    offered = module.offer(call.invite(ng.audio(*elsewhere)), f"{_IN} asymmetric")
    answered = module.answer(call.reply(200, call.answered), f"{_OUT} asymmetric")
    parties = ng.Parties(module_lab, caller=elsewhere, callee=(INSIDE, 45000))
    parties.callee.sendto(ng.RTP, ng.place(offered))
    payload, _ = parties.caller.recvfrom(2048)
    assert payload == ng.RTP and ng.place(answered)[0] == EDGE_EXTERNAL
    module.delete(call.request("BYE"))


def test_delete_delay_lets_the_last_words_through(edge, module, call):
    offered, answered = establish(module, call)
    module.delete(call.request("BYE"), "delete-delay=4")
    call.assert_media_flows(offered, answered)
    edge.wait_until_no_port_is_in_use()


# --- what is refused ----------------------------------------------------------------------------------

_RECORDING, _UNKNOWN = "Recording is not supported", "Unrecognized command"


@pytest.mark.parametrize("command, flags, reason", [
    ("start recording", "", _RECORDING),
    ("stop recording", "", _RECORDING),
    ("play media", "file=/music.wav", _UNKNOWN),
    ("play media", "from-tag=b blob=UklGRg==", _UNKNOWN),
    ("stop media", "", _UNKNOWN),
    ("play DTMF", "", _UNKNOWN),
    ("block media", "", _UNKNOWN),
    ("unblock media", "from-tag=a", _UNKNOWN),
    ("block DTMF", "", _UNKNOWN),
    ("unblock DTMF", "", _UNKNOWN),
    ("start forward", "", _UNKNOWN),
    ("stop forward", "", _UNKNOWN),
])
def test_what_takes_decoding_is_refused_and_the_call_goes_on(edge, module, call, command, flags,
                                                            reason):
    offered, answered = establish(module, call)
    label = "recording" if reason == _RECORDING else "unknown"
    before = edge.metrics().total("avedge_ng_requests_total", command=label)
    with pytest.raises(Refused, match=reason):
        module.call(command, call.request("INFO"), flags,
                    more={"code": "5"} if command == "play DTMF" else None)
    assert edge.metrics().total("avedge_ng_requests_total", command=label) == before + 1
    call.assert_media_flows(offered, answered)
    module.delete(call.request("BYE"))


@pytest.mark.parametrize("flags, reason", [
    ("SRTP", "asks for another keying"),
    ("SRTP AVPF", "asks for another keying"),
    ("RTP/SAVP", "asks for another keying"),
    ("UDP/TLS/RTP/SAVPF", "asks for another keying"),
    ("in-iface=dmz out-iface=internal", "Unknown interface in direction"),
])
def test_an_offer_that_cannot_be_carried_out_takes_no_port(edge, module, call, flags, reason):
    with pytest.raises(Refused, match=reason):
        module.offer(call.invite(call.offered), flags)
    edge.wait_until_no_port_is_in_use()
    assert call.call_id not in module.call("list", call.request("INFO"))["calls"]


@pytest.mark.parametrize("sdp, reason", [("v=0\r\nnonsense\r\n", "Failed to parse SDP"),
                                         ("", "No SDP body in message")])
def test_a_broken_description_is_refused(module, call, sdp, reason):
    with pytest.raises(Refused, match=reason):
        module.offer(call.invite(sdp), _IN)


# --- what scripts read -----------------------------------------------------------------------------

def test_rtpstat_and_rtpquery(module, call):
    """$rtpstat is a line of totals, $rtpquery the whole reply."""
    call.assert_media_flows(*establish(module, call))
    size = 2 * len(ng.RTP) + len(b"out") + len(b"in")
    expected = f"RTP: {size} bytes, 2 packets, 0 errors; RTCP: 0 bytes, 0 packets, 0 errors"
    wait_until("the worker's figures", lambda: module.statistics(call.request("INFO")) == expected)
    reply = module.call("query", call.request("INFO"))
    assert reply["tags"]["a"]["in dialogue with"] == "b"
    assert isinstance(reply["created"], int)
    # The statistics of a call may also be read after its end: from the reply to delete.
    assert module.delete(call.request("BYE"))["totals"]["RTP"] == {
        "packets": 2, "bytes": size, "errors": 0}


# --- several edges ----------------------------------------------------------------------------------

class Two:
    """A set of two edges, and calls by their Call-IDs."""

    def __init__(self, lab, **first):
        self.edges = [NgEdge(lab, "first", ng.PORT, **({"internal_ports": "51000-51999"} | first)),
                      NgEdge(lab, "second", ng.PORT + 1, internal_ports="52000-52999",
                             external_ports="52000-52999")]
        self.module = Module(lab, *(edge.port for edge in self.edges))
        assert not any(edge.is_disabled for edge in self.module.edges), "both answered with pong"

    def dial(self, numbers):
        calls = [SipCall(f"call-{number}") for number in numbers]
        for call in calls:
            self.module.offer(call.invite(ng.audio(EXT, 40000)), _IN)
        return calls

    def calls_of_each(self):
        return [len(edge.ask({"command": "list"})["calls"]) for edge in self.module.edges]

    def hang_up(self, calls):
        """At each edge: a call that was passed on is where its Call-ID does not lead to."""
        for call in calls:
            for edge in self.module.edges:
                edge.ask(request("delete", call.request("BYE")))

    def stop(self, *edges):
        for edge in edges or self.edges:
            edge.wait_until_no_port_is_in_use()
            edge.stop()


def test_calls_are_spread_by_call_id(lab):
    two = Two(lab)
    calls = two.dial(range(4))
    assert two.calls_of_each() == [2, 2]
    two.hang_up(calls)
    two.stop()


def test_an_edge_that_is_gone_is_passed_over_until_it_answers_a_ping(lab):
    two = Two(lab)
    two.stop(two.edges[0])
    calls = two.dial(range(4))
    assert two.module.edges[0].is_disabled
    two.module.edges[0].test()
    assert two.module.edges[0].is_disabled, "nobody said pong"
    back = NgEdge(lab, "back", ng.PORT)
    two.module.edges[0].test()
    calls += two.dial(range(4, 8))
    assert two.calls_of_each() == [2, 6]
    two.hang_up(calls)
    two.stop(back, two.edges[1])


def test_an_edge_without_ports_passes_calls_on(lab):
    two = Two(lab, internal_ports="51000-51001")
    calls = two.dial(range(6))
    assert two.calls_of_each() == [1, 5]
    assert two.edges[0].metrics().drops("ports_exhausted") == 2
    two.hang_up(calls)
    two.stop()


def test_a_drained_edge_keeps_its_calls_and_takes_no_more(lab):
    two = Two(lab)
    kept = two.dial(range(4))
    two.edges[0].ask("drain")
    calls = two.dial(range(4, 8))
    assert two.calls_of_each() == [2, 6]
    for call in kept:
        two.module.answer(call.reply(200, ng.audio(INSIDE, 40000)), _OUT)
    two.hang_up(kept + calls)
    two.stop()
