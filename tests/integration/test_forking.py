"""Forks and races: four devices ring, two pick up, CANCEL meets a 200, both sides speak at once. One
party is the forking proxy inside and answers for all its devices."""

import pytest

from edge import Edge, Route, SIP_PORT
from lab import EDGE_EXTERNAL, EXT, INSIDE
from media import Media, assert_talk, place_in, sdp
from user_agent import Dialog, on_udp

_DOMAIN = "fork.example"
_RELIABLE = ("Require: 100rel", "RSeq: 1")


class Stage:
    """A caller outside, and devices inside behind one SIP address."""

    def __init__(self, lab, devices=4):
        self.edge = Edge(lab, [Route(_DOMAIN, INSIDE, 7000)])
        self.caller = on_udp(lab, lab.ext, EXT, 6000, (EDGE_EXTERNAL, SIP_PORT))
        self.call = Dialog(self.caller, f"sip:userb@{_DOMAIN}")
        self.callee = on_udp(lab, lab.inside, INSIDE, 7000)
        self.caller_media = Media(lab, lab.ext, EXT, 20000)
        self.devices = [Media(lab, lab.inside, INSIDE, 30000 + 10 * number) for number in range(devices)]
        self.invite = None

    def dial(self):
        self.call.send("INVITE", headers=["Supported: 100rel"], sdp=sdp(EXT, 20000))
        self.invite = self.callee.expect_request("INVITE")
        assert EXT not in self.invite.sdp
        return place_in(self.invite.sdp)

    def ring(self, number, headers=()):
        """The device's 183 as the caller sees it."""
        device = self.devices[number]
        self.callee.reply(self.invite, 183, f"tag{number}", headers=headers, sdp=sdp(INSIDE, device.port))
        seen = self.caller.expect_response(183, "INVITE", f"tag{number}")
        assert INSIDE not in seen.sdp
        return seen

    def pick_up(self, number):
        device = self.devices[number]
        self.callee.reply(self.invite, 200, f"tag{number}", sdp=sdp(INSIDE, device.port))
        seen = self.caller.expect_response(200, "INVITE", f"tag{number}")
        dialog = self.call.established_by(seen)
        dialog.send("ACK")
        self.callee.expect_request("ACK")
        return seen, dialog

    def hang_up(self, dialog):
        dialog.send("BYE")
        self.callee.reply(self.callee.expect_request("BYE"), 200)
        self.caller.expect_response(200, "BYE")

    def pairs_in_use(self):
        return self.edge.metrics().total("avedge_ports_in_use", protocol="udp") / 2

    def close(self):
        self.edge.wait_until_no_port_is_in_use()
        assert self.edge.metrics().total("avedge_media_sessions") == 0
        self.edge.stop()
        for party in (self.caller, self.callee, self.caller_media, *self.devices):
            party.close()


@pytest.fixture
def stage(lab):
    made = Stage(lab)
    yield made
    made.close()


def test_four_devices_ring_with_early_media_of_their_own(stage):
    callee_sees = stage.dial()
    seen = [place_in(stage.ring(number, _RELIABLE).sdp) for number in range(4)]
    assert len(set(seen)) == 4, "each early dialog has ports of its own for the caller"
    assert stage.pairs_in_use() == 5, "and all share those for the callees"
    for number, device in enumerate(stage.devices):
        assert_talk(stage.caller_media, seen[number], device, callee_sees)

    answer, dialog = stage.pick_up(2)
    assert place_in(answer.sdp) == seen[2]
    assert_talk(stage.caller_media, seen[2], stage.devices[2], callee_sees)
    assert stage.pairs_in_use() == 2, "the 200 of one device frees what the others had"
    stage.devices[0].send(callee_sees, 3)
    assert stage.caller_media.is_silent(), "a device that lost is not heard any more"
    stage.hang_up(dialog)


def test_prack_of_each_branch_reaches_its_device(stage):
    stage.dial()
    for number in range(3):
        early = stage.call.established_by(stage.ring(number, _RELIABLE))
        early.send("PRACK", headers=["RAck: 1 1 INVITE"])
        prack = stage.callee.expect_request("PRACK")
        assert prack.tag("To") == f"tag{number}"
        stage.callee.reply(prack, 200)
        stage.caller.expect_response(200, "PRACK", f"tag{number}")
    stage.hang_up(stage.pick_up(1)[1])


def test_two_devices_pick_up(stage):
    """RFC 3261 §13.2.2.4: the caller acknowledges both and hangs up on the later one."""
    callee_sees = stage.dial()
    for number in (0, 1):
        stage.ring(number)
    first, first_dialog = stage.pick_up(0)
    second, second_dialog = stage.pick_up(1)
    assert place_in(first.sdp) != place_in(second.sdp)
    assert_talk(stage.caller_media, place_in(second.sdp), stage.devices[1], callee_sees)
    stage.hang_up(second_dialog)
    assert_talk(stage.caller_media, place_in(first.sdp), stage.devices[0], callee_sees)
    stage.hang_up(first_dialog)


def test_a_200_that_crosses_the_cancel_still_makes_a_call(stage):
    callee_sees = stage.dial()
    stage.ring(0)
    stage.call.send_cancel()
    cancel = stage.callee.expect_request("CANCEL")
    answer, dialog = stage.pick_up(0)  # sent before the CANCEL was read
    stage.callee.reply(cancel, 200)
    assert_talk(stage.caller_media, place_in(answer.sdp), stage.devices[0], callee_sees)
    stage.hang_up(dialog)


def test_a_cancelled_call_frees_every_branch(stage):
    stage.dial()
    for number in range(4):
        stage.ring(number)
    stage.call.send_cancel()
    stage.callee.reply(stage.callee.expect_request("CANCEL"), 200)
    stage.callee.reply(stage.invite, 487, "tag0")
    stage.call.acknowledge_refusal(stage.caller.expect_response(487, "INVITE"))
    stage.edge.wait_until_no_port_is_in_use()
    stage.callee.reply(stage.invite, 183, "tag1", sdp=sdp(INSIDE, 30010))
    assert stage.pairs_in_use() == 0, "a straggler brings nothing back"


def test_retransmissions_look_the_same(stage):
    """What is sent twice arrives twice with the same bytes, or once, and takes no port."""
    stage.dial()
    stage.ring(0)
    early = stage.pairs_in_use()
    device = sdp(INSIDE, stage.devices[0].port)
    for _ in range(3):
        stage.callee.reply(stage.invite, 183, "tag0", sdp=device)
    assert stage.caller.is_silent(), "nothing that the caller has not seen already"
    assert stage.pairs_in_use() == early
    _, dialog = stage.pick_up(0)
    for _ in range(3):
        stage.callee.reply(stage.invite, 200, "tag0", sdp=device)
    assert stage.caller.is_silent()
    stage.hang_up(dialog)


def test_glare_leaves_the_media_where_it_was(stage):
    """RFC 3261 §14.1: both offer at once, both refuse with 491, one tries again."""
    callee_sees = stage.dial()
    answer, caller = stage.pick_up(0)
    callee = Dialog.of_callee(stage.callee, stage.invite, "tag0")
    caller.send("INVITE", sdp=sdp(EXT, 20500))
    callee.send("INVITE", sdp=sdp(INSIDE, 30500))
    at_callee, at_caller = stage.callee.expect_request("INVITE"), stage.caller.expect_request("INVITE")
    stage.callee.reply(at_callee, 491)
    stage.caller.reply(at_caller, 491)
    caller.acknowledge_refusal(stage.caller.expect_response(491, "INVITE"))
    callee.acknowledge_refusal(stage.callee.expect_response(491, "INVITE"))
    caller_sees = place_in(answer.sdp)
    assert_talk(stage.caller_media, caller_sees, stage.devices[0], callee_sees)

    callee.send("INVITE", sdp=sdp(INSIDE, stage.devices[3].port))
    again = stage.caller.expect_request("INVITE")
    assert place_in(again.sdp) == caller_sees, "the same port once more"
    stage.caller.reply(again, 200, sdp=sdp(EXT, 20000))
    stage.callee.expect_response(200, "INVITE")
    callee.send("ACK")
    stage.caller.expect_request("ACK")
    assert_talk(stage.caller_media, caller_sees, stage.devices[3], callee_sees)
    stage.hang_up(caller)


def test_bye_of_both_sides_at_once(stage):
    stage.dial()
    _, caller = stage.pick_up(0)
    callee = Dialog.of_callee(stage.callee, stage.invite, "tag0")
    caller.send("BYE")
    callee.send("BYE")
    stage.callee.reply(stage.callee.expect_request("BYE"), 200)
    stage.caller.reply(stage.caller.expect_request("BYE"), 200)
    stage.caller.expect_response(200, "BYE")
    stage.callee.expect_response(200, "BYE")
