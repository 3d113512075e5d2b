"""The ng protocol, spoken by scripts: media crosses the edge, and nothing is left behind."""

import contextlib
import json

import pytest

import ng
from edge import BOTH_FAMILIES, Edge
from lab import (EDGE_EXTERNAL, EDGE_INTERNAL, EDGE_INTERNAL6, EXT, EXT_OTHERS, INSIDE, INSIDE6,
                 wait_until)


@contextlib.contextmanager
def running(lab, **options):
    edge = Edge(lab, more=options.pop("more", ng.LISTENERS), **options)
    yield edge
    edge.stop()


def call(client, name="call", **more):
    """Offer and answer; what each side sees."""
    offered = client.sdp(ng.offer(name, ng.audio(*ng.CALLER), **more))
    answered = client.sdp(ng.answer(name, ng.audio(*ng.CALLEE)))
    return offered, answered


def test_a_call_over_udp(lab):
    with running(lab) as edge:
        client, parties = ng.Client(lab), ng.Parties(lab)
        assert client.ask({"command": "ping"}) == {"result": "pong"}
        offered, answered = call(client)
        assert ng.place(offered)[0] == EDGE_INTERNAL and EXT not in offered
        assert ng.place(answered)[0] == EDGE_EXTERNAL and INSIDE not in answered
        seen_outside, seen_inside = parties.exchange(offered, answered)
        assert seen_outside == ng.place(answered), "media leaves from the port it is sent to"
        assert seen_inside == ng.place(offered)
        (row,) = json.loads(edge.ask("sessions", "--json").stdout)["calls"]
        assert (row["call_id"], row["from"], row["to"]) == ("call", "external", "internal")

        def counted():
            totals = client.ask({"command": "query", "call-id": "call"})["totals"]
            return totals["RTP"]["packets"] == 2
        wait_until("the worker's figures", counted)
        assert client.ask({"command": "list"})["calls"] == ["call"]
        assert client.ask(ng.delete("call"))["totals"]["RTP"]["packets"] == 2
        edge.wait_until_no_port_is_in_use()
        assert client.ask(ng.delete("call"))["warning"] == "Call-ID not found or tags didn't match"
        metrics = edge.metrics()
        assert metrics.total("avedge_media_sessions_ended_total", reason="bye") == 1
        assert metrics.total("avedge_ng_requests_total", command="offer") == 1
        assert metrics.total("avedge_ng_replies_total", result="error") == 0


def test_a_reinvite_of_either_side_moves_media_and_keeps_ports(lab):
    with running(lab) as edge:
        client = ng.Client(lab)
        offered, answered = call(client)
        again = client.sdp(ng.offer("call", ng.audio(EXT, 20002), to_tag="b"))
        assert ng.place(again) == ng.place(offered)
        client.sdp(ng.answer("call", ng.audio(*ng.CALLEE)))
        ng.Parties(lab, caller=(EXT, 20002)).exchange(offered, answered)
        back = client.sdp(ng.offer("call", ng.audio(INSIDE, 30002), from_tag="b", to_tag="a"))
        assert ng.place(back) == ng.place(answered)
        client.sdp(ng.answer("call", ng.audio(EXT, 20002), from_tag="b", to_tag="a"))
        callee = lab.udp_socket(lab.inside, INSIDE, 30002)
        callee.sendto(ng.RTP, ng.place(offered))
        client.ask(ng.delete("call"))
        edge.wait_until_no_port_is_in_use()


def test_a_phone_behind_nat_is_found_where_the_proxy_heard_it(lab):
    with running(lab) as edge:
        client = ng.Client(lab)
        offered = client.sdp(ng.offer("call", ng.audio("192.168.1.5", 4000),
                                      received_from=["IP4", EXT]))
        answered = client.sdp(ng.answer("call", ng.audio(*ng.CALLEE)))
        stranger = lab.udp_socket(lab.ext, EXT_OTHERS[0])
        stranger.sendto(ng.RTP, ng.place(answered))
        wait_until("the stranger to be refused",
                   lambda: edge.metrics().drops("unknown_source") == 1)
        ng.Parties(lab).exchange(offered, answered)


def test_a_call_between_ipv4_and_ipv6(lab):
    with running(lab, **BOTH_FAMILIES) as edge:
        client = ng.Client(lab)
        offered = client.sdp(ng.offer("call", ng.audio(*ng.CALLER)) | {"address family": "IP6"})
        assert ng.place(offered)[0] == EDGE_INTERNAL6
        answered = client.sdp(ng.answer("call", ng.audio(INSIDE6, 30000)))
        ng.Parties(lab, callee=(INSIDE6, 30000)).exchange(offered, answered)
        client.ask(ng.delete("call"))
        edge.wait_until_no_port_is_in_use()


def test_repeated_and_large_requests(lab):
    with running(lab) as edge:
        client = ng.Client(lab)
        large = ng.audio(*ng.CALLER) + "".join(f"a=x-filler:{i:060}\r\n" for i in range(300))
        assert len(large) > 20000
        request = ng.offer("call", large)
        first = client.ask(request, "7_1")
        assert client.ask(request, "7_1") == first, "the reply to the first try was lost"
        assert edge.metrics().total("avedge_ng_repeated_total") == 1
        assert edge.metrics().total("avedge_media_sessions") == 1
        client.send(b"neither-cookie-nor-dictionary")
        assert client.hears_nothing()
        assert edge.metrics().drops("ng_malformed") == 1


def test_tcp_carries_requests_back_to_back(lab):
    with running(lab):
        stream = lab.tcp_socket(lab.edge, ng.ADDRESS)
        stream.connect((ng.ADDRESS, ng.PORT))
        requests = (ng.message(ng.offer("call", ng.audio(*ng.CALLER)), "9_1") +
                    ng.message(ng.answer("call", ng.audio(*ng.CALLEE)), "9_2") +
                    ng.message(ng.delete("call"), "9_3"))
        for start in range(0, len(requests), 7):
            stream.sendall(requests[start:start + 7])
        replies = b""
        while b"6:totals" not in replies or b"9_3 " not in replies:
            replies += stream.recv(65536)
        assert replies.count(b"6:result2:ok") == 3, replies


def test_http_by_curl(lab):
    url = f"http://{ng.ADDRESS}:{ng.HTTP_PORT}"
    plain = ["-H", "Content-Type: application/json", f"{url}/ng-plain", "-d"]
    with running(lab) as edge:
        assert ng.curl(lab, f"{url}/ping") == (200, "pong\n")
        status, body = ng.curl(lab, *plain, json.dumps(ng.offer("call", ng.audio(*ng.CALLER))))
        offered = json.loads(body)
        assert (status, offered["result"]) == (200, "ok")
        _, body = ng.curl(lab, *plain, json.dumps(ng.answer("call", ng.audio(*ng.CALLEE))))
        ng.Parties(lab).exchange(offered["sdp"], json.loads(body)["sdp"])
        framed = ng.message(ng.delete("call"), "11_1").decode()
        status, body = ng.curl(lab, "-H", "Content-Type: application/x-rtpengine-ng",
                               f"{url}/ng", "-d", framed)
        assert status == 200 and body.startswith("11_1 d6:result2:ok")
        edge.wait_until_no_port_is_in_use()
        assert ng.curl(lab, f"{url}/ng-plain", "-d", "{}")[0] == 415, "as a form of a web page"
        assert ng.curl(lab, f"{url}/metrics")[0] == 404


@pytest.mark.parametrize("client_knows", ["load limit", "the text"])
def test_a_drained_edge_sends_proxies_elsewhere(lab, client_knows):
    with running(lab) as edge:
        client = ng.Client(lab)
        call(client)
        edge.ask("drain")
        more = {"supports": ["load limit"]} if client_knows == "load limit" else {}
        reply = client.ask(ng.offer("new", ng.audio(*ng.CALLER), **more))
        if more:
            assert reply["result"] == "load limit"
        else:
            assert reply["error-reason"] == "Parallel session limit reached"
        client.sdp(ng.offer("call", ng.audio(*ng.CALLER), to_tag="b"))
        client.ask(ng.delete("call"))
        edge.wait_until_no_port_is_in_use()


def test_ports_that_ran_out(lab):
    with running(lab, internal_ports="50000-50001") as edge:
        client = ng.Client(lab)
        call(client)
        reply = client.ask(ng.offer("second", ng.audio(*ng.CALLER)))
        assert reply == {"result": "error", "error-reason": "Ran out of ports"}
        client.ask(ng.delete("call"))
        edge.wait_until_no_port_is_in_use()


def test_who_is_not_allowed_hears_nothing(lab):
    listener = ('[[ng.listener]]\nbind = "internal:2223"\ntransports = ["udp", "tcp"]\n'
                'allow = ["10.77.0.0/28"]\n')
    with running(lab, more=listener) as edge:
        allowed = ng.Client(lab, EDGE_INTERNAL, source=EDGE_INTERNAL)
        assert allowed.ask({"command": "ping"}) == {"result": "pong"}
        stranger = lab.udp_socket(lab.inside, INSIDE)
        stranger.sendto(ng.message({"command": "ping"}), (EDGE_INTERNAL, 2223))
        wait_until("the stranger to be counted", lambda: edge.metrics().drops("ng_forbidden") == 1)
        stranger.settimeout(0.2)
        with pytest.raises(TimeoutError):
            stranger.recv(1024)


def test_media_cannot_speak_ng(lab):
    """A party whose SDP names the edge's own control port must not get its packets there: they would
    come from an address that is allowed."""
    listener = ('[[ng.listener]]\nbind = "internal:2223"\ntransports = ["udp"]\n'
                'allow = ["10.77.0.0/24"]\n')
    with running(lab, more=listener) as edge:
        client = ng.Client(lab, EDGE_INTERNAL, source=EDGE_INTERNAL)
        client.sdp(ng.offer("call", ng.audio(*ng.CALLER)))
        reply = client.ask(ng.answer("call", ng.audio(EDGE_INTERNAL, 2223)))
        assert reply["result"] == "error" and "the edge itself listens there" in reply["error-reason"]
        # What may be latched otherwise is not refused, and gets nothing before.
        answered = client.sdp(ng.answer("call", ng.audio(EDGE_INTERNAL, 2223),
                                        received_from=["IP4", INSIDE]))
        attacker = lab.udp_socket(lab.ext, *ng.CALLER)
        attacker.sendto(ng.message({"command": "list"}), ng.place(answered))
        wait_until("the packet to be refused", lambda: edge.metrics().drops("no_destination") == 1)
        assert edge.metrics().total("avedge_ng_requests_total", command="list") == 0
