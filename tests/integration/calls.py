"""The calls of the tests: each a scenario for the caller outside and one for the callee inside."""

from sipp import (KEEP_FROM, KEEP_MEDIA, KEEP_TO, KEEP_VIAS, KEEP_WAY, RELIABLE, ack, bye, cancel,
                  expect_request, expect_response, failure_ack, in_dialog_invite, invite, late_ok,
                  pause, play, prack, refusal_ack, request_terminated, response, scenario, send,
                  update)

OFFER_AFTER_ICE = "skype_offer_after_ice.sdp"
ANSWER = "inside_answer.sdp"
HELD = "held.sdp"


def _dial(domain, party):
    """INVITE to ACK, with everything kept that later requests need."""
    return [send(invite(domain, party)),
            expect_response(100, optional=True),
            expect_response(180),
            expect_response(200, actions=(KEEP_TO, KEEP_MEDIA), record_route=True),
            send(ack(1, "caller"), retransmit=False)]


# Milliseconds: Kamailio's processes pass on what they take in at once in any order, and SIPp gives up a call
# whose 200 overtakes its 180.
_RINGING = 200


def _answer(party):
    return [expect_request("INVITE", actions=(KEEP_TO, KEEP_FROM, KEEP_MEDIA), record_route=True),
            send(response(180, "Ringing"), retransmit=False),
            pause(_RINGING),
            send(response(200, "OK", party=party, fixture=ANSWER)),
            expect_request("ACK")]


def _hang_up(cseq):
    return [send(bye(cseq, "caller")), expect_response(200)]


_HUNG_UP = [expect_request("BYE"), send(response(200, "OK", in_dialog=True), retransmit=False)]


def _reinvite(side, cseq, party, fixture):
    return [send(in_dialog_invite(cseq, party, fixture, side)),
            expect_response(100, optional=True),
            expect_response(200),
            send(ack(cseq, side), retransmit=False)]


def _reinvited(side, party, fixture):
    return [expect_request("INVITE"),
            send(response(200, "OK", side, party, fixture, in_dialog=True)),
            expect_request("ACK")]


def caller_reinvites(domain, caller, callee, caller_pcap, callee_pcap, half):
    """Both play while the caller offers its final candidates; `half` the length in milliseconds."""
    return (scenario("caller, re-INVITE", *_dial(domain, caller), play(caller_pcap), pause(half),
                     *_reinvite("caller", 2, caller, OFFER_AFTER_ICE), pause(half), *_hang_up(3)),
            scenario("callee, re-INVITE", *_answer(callee), play(callee_pcap),
                     *_reinvited("callee", callee, ANSWER), *_HUNG_UP))


def callee_reinvites(domain, caller, callee, caller_pcap, callee_pcap, half):
    return (scenario("caller, re-INVITE of callee", *_dial(domain, caller), play(caller_pcap),
                     *_reinvited("caller", caller, OFFER_AFTER_ICE), pause(half), *_hang_up(2)),
            scenario("callee, re-INVITE of callee", *_answer(callee), play(callee_pcap), pause(half),
                     *_reinvite("callee", 1, callee, ANSWER), *_HUNG_UP))


def plain(domain, caller, callee, length):
    """No media from SIPp: the test sends its own."""
    return (scenario("caller", *_dial(domain, caller), pause(length), *_hang_up(2)),
            scenario("callee", *_answer(callee), *_HUNG_UP))


def cancelled(domain, caller):
    """The caller gives up while it rings."""
    return (scenario("caller, CANCEL", send(invite(domain, caller)),
                     expect_response(100, optional=True),
                     expect_response(180),
                     pause(300),
                     send(cancel(domain)),
                     expect_response(200),
                     expect_response(487),
                     send(failure_ack(domain), retransmit=False)),
            scenario("callee, CANCEL", expect_request("INVITE", actions=(KEEP_VIAS,)),
                     send(response(180, "Ringing"), retransmit=False),
                     expect_request("CANCEL"),
                     send(response(200, "OK"), retransmit=False),
                     send(request_terminated()),
                     expect_request("ACK")))


def refused(domain, caller, status):
    """The callee answers with a final error; with None there is no callee and the edge answers."""
    return (scenario(f"caller, {status}", send(invite(domain, caller)),
                     expect_response(100, optional=True),
                     expect_response(180, optional=True),
                     expect_response(status),
                     send(failure_ack(domain), retransmit=False)),
            scenario(f"callee, {status}", expect_request("INVITE"),
                     send(response(status, "Refused")),
                     expect_request("ACK")))


# --- every form of offer and answer: both parties play `length` milliseconds once it is through ----

def _talk(pcap, length):
    # The last message of the signalling must not be overtaken by the media it announces.
    return [pause(300), play(pcap), pause(length)]


def _two_sides(name, dialled, answered, caller_pcap, callee_pcap, length, cseq=9):
    return (scenario(f"caller, {name}", *dialled, *_talk(caller_pcap, length), *_hang_up(cseq)),
            scenario(f"callee, {name}", *answered, *_talk(callee_pcap, 0), *_HUNG_UP))


def offer_in_invite(domain, caller, callee, *media):
    return _two_sides("offer in INVITE", _dial(domain, caller), _answer(callee), *media)


def delayed_offer(domain, caller, callee, *media):
    dialled = [send(invite(domain, caller, None)),
               expect_response(100, optional=True),
               expect_response(180),
               expect_response(200, actions=(KEEP_TO, KEEP_MEDIA), record_route=True),
               send(ack(1, "caller", caller, OFFER_AFTER_ICE), retransmit=False)]
    answered = [expect_request("INVITE", actions=(KEEP_TO, KEEP_FROM), record_route=True),
                send(response(180, "Ringing"), retransmit=False),
                pause(_RINGING),
                send(response(200, "OK", party=callee, fixture=ANSWER)),
                expect_request("ACK", actions=(KEEP_MEDIA,))]
    return _two_sides("delayed offer", dialled, answered, *media)


def _ring_reliably(party):
    return [expect_request("INVITE", actions=(KEEP_TO, KEEP_FROM, KEEP_MEDIA, KEEP_WAY),
                           record_route=True),
            send(response(183, "Session Progress", party=party, fixture=ANSWER, extra=RELIABLE)),
            expect_request("PRACK"),
            send(response(200, "OK", in_dialog=True), retransmit=False)]


def _dial_reliably(domain, party):
    return [send(invite(domain, party)),
            expect_response(100, optional=True),
            expect_response(183, actions=(KEEP_TO, KEEP_MEDIA), record_route=True),
            send(prack(2)),
            expect_response(200)]


def reliable_answer(domain, caller, callee, *media):
    """The 183 holds the answer, the 200 nothing."""
    dialled = [*_dial_reliably(domain, caller), expect_response(200),
               send(ack(1, "caller"), retransmit=False)]
    answered = [*_ring_reliably(callee), pause(200), send(late_ok()), expect_request("ACK")]
    return _two_sides("reliable 183", dialled, answered, *media)


def update_while_ringing(domain, caller, callee, *media):
    """RFC 3311: a new offer before the call is answered."""
    dialled = [*_dial_reliably(domain, caller),
               send(update(3, "caller", caller, OFFER_AFTER_ICE)),
               expect_response(200),
               expect_response(200),
               send(ack(1, "caller"), retransmit=False)]
    answered = [*_ring_reliably(callee), *_updated("callee", callee, ANSWER), pause(200),
                send(late_ok(callee, ANSWER)), expect_request("ACK")]
    return _two_sides("UPDATE while ringing", dialled, answered, *media)


def _updated(side, party=None, fixture=None, extra=""):
    return [expect_request("UPDATE"),
            send(response(200, "OK", side, party, fixture, in_dialog=True, extra=extra),
                 retransmit=False)]


def update_of_callee(domain, caller, callee, *media):
    dialled = [*_dial(domain, caller), *_updated("caller", caller, OFFER_AFTER_ICE)]
    answered = [*_answer(callee), send(update(1, "callee", callee, ANSWER)), expect_response(200)]
    return _two_sides("UPDATE of callee", dialled, answered, *media)


def refused_reinvite(domain, caller, callee, *media):
    """491 leaves everything as it was; the second attempt succeeds."""
    dialled = [*_dial(domain, caller),
               send(in_dialog_invite(2, caller, HELD, "caller")),
               expect_response(100, optional=True),
               expect_response(491),
               send(refusal_ack(2, "caller"), retransmit=False),
               *_reinvite("caller", 3, caller, OFFER_AFTER_ICE)]
    answered = [*_answer(callee),
                expect_request("INVITE"),
                send(response(491, "Request Pending", in_dialog=True)),
                expect_request("ACK"),
                *_reinvited("callee", callee, ANSWER)]
    return _two_sides("491", dialled, answered, *media)


def hold_and_resume(domain, caller, callee, *media):
    dialled = [*_dial(domain, caller),
               *_reinvite("caller", 2, caller, HELD),
               *_reinvite("caller", 3, caller, OFFER_AFTER_ICE)]
    answered = [*_answer(callee),
                *_reinvited("callee", callee, HELD),
                *_reinvited("callee", callee, ANSWER)]
    return _two_sides("hold", dialled, answered, *media)


def session_timer(domain, caller, callee, *media):
    """RFC 4028: refreshed by an UPDATE without SDP."""
    timer = "Require: timer\nSession-Expires: 90;refresher=uac\n"
    dialled = [*_dial(domain, caller), send(update(2, "caller")), expect_response(200)]
    answered = [expect_request("INVITE", actions=(KEEP_TO, KEEP_FROM, KEEP_MEDIA), record_route=True),
                send(response(180, "Ringing"), retransmit=False),
                send(response(200, "OK", party=callee, fixture=ANSWER, extra=timer)),
                expect_request("ACK"),
                *_updated("callee", extra=timer)]
    return _two_sides("session timer", dialled, answered, *media)


def callee_hangs_up(domain, caller, callee, caller_pcap, callee_pcap, length):
    return (scenario("caller, BYE of callee", *_dial(domain, caller), *_talk(caller_pcap, 0),
                     *_HUNG_UP),
            scenario("callee, BYE of callee", *_answer(callee), *_talk(callee_pcap, length),
                     send(bye(1, "callee")), expect_response(200)))


def caller_reinvites_silently(domain, caller, callee, *media):
    return _two_sides("re-INVITE",
                      [*_dial(domain, caller), *_reinvite("caller", 2, caller, OFFER_AFTER_ICE)],
                      [*_answer(callee), *_reinvited("callee", callee, ANSWER)], *media)


def callee_reinvites_silently(domain, caller, callee, *media):
    return _two_sides("re-INVITE of callee",
                      [*_dial(domain, caller), *_reinvited("caller", caller, OFFER_AFTER_ICE)],
                      [*_answer(callee), *_reinvite("callee", 1, callee, ANSWER)], *media)
