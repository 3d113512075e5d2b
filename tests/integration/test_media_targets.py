"""Where an SDP may send the other party's media before its own party has shown itself, without any
configuration, and the rules that say otherwise."""

import pytest

import ng
import turn
from edge import EDGE_EXTERNAL, EDGE_INTERNAL, Edge, Route, WrittenRoute, start
from lab import EXT, EXT_OTHERS, INSIDE, INSIDE_OTHERS, wait_until
from media import Media, assert_talk, place_in, sdp
from user_agent import Dialog, on_udp

_SIP = (EDGE_EXTERNAL, 5060)
_PUBLIC, _MANAGEMENT = "9.9.9.9", "10.77.0.99"
_ROUTES = [
    Route("inside.example", INSIDE, 7000),
    Route("pbx.example", EDGE_INTERNAL, 7000),
    WrittenRoute('from = "external"', 'domain = "nat.example"',
                 f'next_hops = ["sip:{INSIDE}:7000"]', 'latching = "sip-source"')]
_PBX_RULE = f"""
[[media.peer_rule]]
interface = "internal"
action = "allow"
prefix = "{EDGE_INTERNAL}/32"
ports = "30000-30001"
"""


def _add_addresses(lab):
    lab.edge.ip("addr", "replace", f"{_PUBLIC}/32", "dev", "external")
    lab.edge.ip("addr", "replace", f"{_MANAGEMENT}/24", "dev", "internal")


@pytest.fixture(scope="module")
def world(module_lab):
    """A two-interface DMZ without a rule for the office, whose host has addresses of its own; beside
    it runs a PBX, which a rule admits."""
    _add_addresses(module_lab)
    edge = Edge(module_lab, _ROUTES, more=_PBX_RULE + ng.LISTENERS)
    yield module_lab, edge
    edge.stop()


class _Call:
    """From outside to inside; `offer` and `answer` are descriptions."""

    def __init__(self, lab, offer, domain="inside.example", host=None, address=INSIDE):
        self.caller = on_udp(lab, lab.ext, EXT, proxy=_SIP)
        self.callee = on_udp(lab, host or lab.inside, address, 7000)
        self.dialog = Dialog(self.caller, f"sip:bob@{domain}")
        self.dialog.send("INVITE", sdp=offer)

    def answer(self, description):
        """The media addresses that callee and caller see."""
        invite = self.callee.expect_request("INVITE")
        self.callee.reply(invite, 200, "b", sdp=description)
        ok = self.caller.expect_response(200)
        self.dialog = self.dialog.established_by(ok)
        self.dialog.send("ACK")
        self.callee.expect_request("ACK")
        return place_in(invite.sdp), place_in(ok.sdp)

    def hang_up(self):
        self.dialog.send("BYE")
        self.callee.reply(self.callee.expect_request("BYE"), 200)
        self.caller.expect_response(200, "BYE")
        self.close()

    def close(self):
        self.caller.close()
        self.callee.close()


_ELSEWHERE = {
    "another host of the office": ("inside", INSIDE_OTHERS[0], 53),
    "the callee itself": ("inside", INSIDE, 5353),
    "a management address of the edge's host": ("edge", _MANAGEMENT, 161),
    "a second public address of the edge's host": ("edge", _PUBLIC, 161),
    "loopback": ("edge", "127.0.0.1", 2300),
}


@pytest.mark.parametrize("place", _ELSEWHERE)
def test_outside_caller_is_refused_who_names(world, place):
    """488: without ICE, and not at its SIP source, it could never be latched."""
    lab, edge = world
    host, address, port = _ELSEWHERE[place]
    target = lab.udp_socket(getattr(lab, host), address, port)
    call = _Call(lab, sdp(address, port))
    call.caller.expect_response(488)
    assert call.callee.is_silent(0.1)
    edge.process.expect_output(rf'call refused for its media address .*prefix = .*{address}/32')
    call.close()
    target.close()


@pytest.mark.parametrize("place", _ELSEWHERE)
def test_media_goes_nowhere_until_who_may_be_latched_by_its_sip_source_is(world, place):
    lab, edge = world
    host, address, port = _ELSEWHERE[place]
    target = lab.udp_socket(getattr(lab, host), address, port)
    before = edge.metrics()
    call = _Call(lab, sdp(address, port), "nat.example")
    callee = Media(lab, lab.inside, INSIDE, 30000)
    callee_sees, caller_sees = call.answer(sdp(INSIDE, 30000))
    callee.send(callee_sees, 3)
    wait_until("the packets to be dropped", lambda: edge.metrics().drops("no_destination")
               == before.drops("no_destination") + 3)
    target.setblocking(False)
    with pytest.raises(BlockingIOError):
        target.recv(2048)
    # Its NAT has another address, which its SIP came from.
    caller = Media(lab, lab.ext, EXT, 20000)
    assert_talk(caller, caller_sees, callee, callee_sees)
    assert edge.metrics().total("avedge_media_targets_refused_total") == before.total(
        "avedge_media_targets_refused_total") + 1
    call.hang_up()
    for one in (caller, callee, target):
        one.close()


def test_two_parties_that_need_no_rule(world):
    lab, _ = world
    call = _Call(lab, sdp(EXT, 20000))
    caller, callee = Media(lab, lab.ext, EXT, 20000), Media(lab, lab.inside, INSIDE, 30000)
    callee_sees, caller_sees = call.answer(sdp(INSIDE, 30000))
    sent = callee.send(callee_sees)
    assert caller.receive(len(sent)) == (sent, {caller_sees}), "before it has sent anything"
    assert_talk(caller, caller_sees, callee, callee_sees)
    call.hang_up()
    caller.close()
    callee.close()


def test_phone_of_another_office_host_behind_its_pbx(world):
    """Two office phones on the inner interface: the PBX names a phone's address, not its own."""
    lab, _ = world
    call = _Call(lab, sdp(EXT, 20000))
    caller, phone = Media(lab, lab.ext, EXT, 20000), Media(lab, lab.inside, INSIDE_OTHERS[1], 30000)
    callee_sees, caller_sees = call.answer(sdp(INSIDE_OTHERS[1], 30000))
    assert_talk(caller, caller_sees, phone, callee_sees)
    call.hang_up()
    caller.close()
    phone.close()


def test_turn_client_as_party(world):
    """Its relayed address is one of the edge's own: leased, and so a target."""
    lab, _ = world
    client = turn.over_udp(lab)
    relayed = client.allocate().relayed
    assert relayed[0] == EDGE_INTERNAL
    call = _Call(lab, sdp(EXT, 20000))
    caller = Media(lab, lab.ext, EXT, 20000)
    callee_sees, caller_sees = call.answer(sdp(*relayed))
    assert client.permit(callee_sees[0]).succeeded
    caller.send(caller_sees, 1)
    assert client.receive_data()[0] == callee_sees
    client.send(*callee_sees, b"\x80\x00from the relayed address")
    assert caller.receive(1)[0] == [b"\x80\x00from the relayed address"]
    call.hang_up()
    caller.close()
    assert client.refresh(0).succeeded


# --- programs on the edge's own machine: as beside Kamailio


def test_pbx_on_the_same_machine_takes_a_rule_with_ports(world):
    lab, _ = world
    call = _Call(lab, sdp(EXT, 20000), "pbx.example", lab.edge, EDGE_INTERNAL)
    caller, pbx = Media(lab, lab.ext, EXT, 20000), Media(lab, lab.edge, EDGE_INTERNAL, 30000)
    callee_sees, caller_sees = call.answer(sdp(EDGE_INTERNAL, 30000))
    assert_talk(caller, caller_sees, pbx, callee_sees)
    call.hang_up()
    caller.close()
    pbx.close()


def test_ng_names_the_rule_that_is_missing(world):
    """A program at another port than the rule's, known to the proxy by an address of the edge."""
    lab, _ = world
    client = ng.Client(lab)
    client.sdp(ng.offer("call", ng.audio(*ng.CALLER), received_from=["IP4", EXT]))
    reply = client.ask(ng.answer("call", ng.audio(EDGE_INTERNAL, 31000),
                                 received_from=["IP4", EDGE_INTERNAL]))
    assert reply["result"] == "error"
    assert reply["error-reason"].endswith(
        f'this would admit it: [[media.peer_rule]] interface = "internal", action = "allow", '
        f'prefix = "{EDGE_INTERNAL}/32", ports = "31000-31000"'), reply
    client.sdp(ng.answer("call", ng.audio(EDGE_INTERNAL, 30000), received_from=["IP4", EDGE_INTERNAL]))
    client.ask(ng.delete("call"))


def test_rules_are_reloaded(lab):
    edge = Edge(lab, _ROUTES)
    call = _Call(lab, sdp("192.168.1.5", 20000))
    call.caller.expect_response(488)
    call.close()
    rule = '[[media.peer_rule]]\ninterface = "external"\naction = "allow"\nprefix = "192.168.1.0/24"\n'
    edge.config.write_text(edge.config.read_text() + rule)
    assert edge.ask("reload").returncode == 0
    call = _Call(lab, sdp("192.168.1.5", 20000))
    call.answer(sdp(INSIDE, 30000))
    call.hang_up()
    edge.stop()


def test_address_that_is_added_later_is_no_target_any_more(lab):
    edge = Edge(lab, _ROUTES)
    call = _Call(lab, sdp(EXT_OTHERS[0], 20000))
    caller, callee = Media(lab, lab.ext, EXT_OTHERS[0], 20000), Media(lab, lab.inside, INSIDE, 30000)
    callee_sees, _ = call.answer(sdp(INSIDE, 30000))
    assert caller.receive(len(callee.send(callee_sees)))
    lab.edge.ip("addr", "add", f"{EXT_OTHERS[0]}/32", "dev", "external")

    def is_dropped():
        callee.send(callee_sees, 1)
        return edge.metrics().drops("no_destination") > 0
    wait_until("media to go nowhere", is_dropped)
    call.close()
    edge.stop()


# --- one interface: proxy, phones and edge in one network


_ONE = """\
realm = "lab.example"
workers = 1
[[interface]]
name = "only"
addresses = [{{ local = "{address}"{advertised} }}]
[[relay]]
interface = "only"
ports = "50000-50999"
{listeners}
[metrics]
http = "127.0.0.1:9464"
[admin]
socket = "{directory}/one.sock"
"""


class _OneInterface(Edge):
    """An edge with one interface that speaks ng."""

    def __init__(self, lab, address, advertised=None):
        self._lab = lab
        self.config = lab.directory / "one.toml"
        self.config.write_text(_ONE.format(
            address=address, advertised=f', advertised = "{advertised}"' if advertised else "",
            listeners=ng.LISTENERS, directory=lab.directory), encoding="ascii")
        self.process = start(lab, ["serve", "--config", self.config])
        self.wait_until_healthy()


def test_proxy_and_phones_in_the_private_network_of_the_only_interface(lab):
    edge = _OneInterface(lab, EDGE_INTERNAL)
    client = ng.Client(lab)
    one, other = (Media(lab, lab.inside, address, 30000) for address in INSIDE_OTHERS)
    for source in ({"received_from": ["IP4", INSIDE]}, {}):
        words = {"direction": ["only", "only"]} | source
        other_sees = place_in(client.sdp(ng.offer("call", ng.audio(one.address, one.port), **words)))
        one_sees = place_in(client.sdp(ng.answer("call", ng.audio(other.address, other.port), **source)))
        assert_talk(one, one_sees, other, other_sees)
        client.ask(ng.delete("call"))
        edge.wait_until_no_port_is_in_use()
    edge.stop()


def test_stranger_names_no_private_address_behind_the_nat_of_the_only_interface(lab):
    """1:1 NAT: the edge itself stands in a private network, and must not be sent into it."""
    edge = _OneInterface(lab, EDGE_INTERNAL, "203.0.113.7")
    client = ng.Client(lab)
    for source, place in (({"received_from": ["IP4", "203.0.113.99"]}, INSIDE), ({}, INSIDE),
                          ({}, "203.0.113.7")):
        request = ng.offer("call", ng.audio(place, 30000), direction=["only", "only"], **source)
        reply = client.ask(request)
        if source:  # It is latched where its proxy heard it, and gets nothing before.
            assert reply["result"] == "ok", reply
            client.ask(ng.delete("call"))
        else:
            assert reply["result"] == "error" and "[[media.peer_rule]]" in reply["error-reason"]
    assert edge.metrics().total("avedge_media_targets_refused_total", reason="private_address") == 2
    assert edge.metrics().total("avedge_media_targets_refused_total", reason="own_address") == 1
    edge.stop()
