"""The calls of the tests: each a scenario for the caller outside and one for the callee inside."""

from sipp import (KEEP_FROM, KEEP_MEDIA, KEEP_TO, KEEP_VIAS, ack, bye, cancel, expect_request,
                  expect_response, failure_ack, in_dialog_invite, invite, pause, play,
                  request_terminated, response, scenario, send)

OFFER_AFTER_ICE = "skype_offer_after_ice.sdp"
ANSWER = "inside_answer.sdp"


def _dial(domain, party):
    """INVITE to ACK, with everything kept that later requests need."""
    return [send(invite(domain, party)),
            expect_response(100, optional=True),
            expect_response(180),
            expect_response(200, actions=(KEEP_TO, KEEP_MEDIA), record_route=True),
            send(ack(1, "caller"), retransmit=False)]


def _answer(party):
    return [expect_request("INVITE", actions=(KEEP_TO, KEEP_FROM, KEEP_MEDIA), record_route=True),
            send(response(180, "Ringing"), retransmit=False),
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
