"""The ways of SIP between two companies and a cloud, each as a chain of edges.

Every row says which machines a request passes, and each of them must have left its Via and its
Record-Route, in that order; requests within the dialog then take the same way from either side."""

import re

import pytest

from companies import USERS, Companies, address_of, edge_inside, edge_outside, registrar, uri_of
from media import sdp
from user_agent import Dialog

E1, E2, E0, R1, R2, R0 = "E1", "E2", "E0", "R1", "R2", "R0"

_PATHS = {
    # within a company
    ("a1i", "a1e"): [R1, E1],
    ("a1e", "a1i"): [E1, R1],
    # between a company and its users in the cloud
    ("a1i", "b1e"): [R1, E1, E0, R0, E0],
    ("a1e", "b1e"): [E1, R1, E1, E0, R0, E0],
    ("b1e", "a1i"): [E0, R0, E0, E1, R1],
    ("b1e", "a1e"): [E0, R0, E0, E1, R1, E1],
    # federation
    ("a1i", "a2i"): [R1, E1, E2, R2],
    ("a1i", "a2e"): [R1, E1, E2, R2, E2],
    ("a1e", "a2i"): [E1, R1, E1, E2, R2],
    ("a1e", "a2e"): [E1, R1, E1, E2, R2, E2],
    # federation with the cloud on either side
    ("a1i", "b2e"): [R1, E1, E2, R2, E2, E0, R0, E0],
    ("a1e", "b2e"): [E1, R1, E1, E2, R2, E2, E0, R0, E0],
    ("b1e", "a2i"): [E0, R0, E0, E2, R2],
    ("b1e", "a2e"): [E0, R0, E0, E2, R2, E2],
    ("b1e", "b2e"): [E0, R0, E0, E2, R2, E2, E0, R0, E0],
}

_NAMES = {}
for _number, _home in (("1", "firm1"), ("2", "firm2"), ("0", "cloud")):
    _NAMES[edge_outside(_home)] = _NAMES[edge_inside(_home)] = f"E{_number}"
    _NAMES[registrar(_home)] = f"R{_number}"


@pytest.fixture(scope="module")
def world():
    with Companies() as made:
        yield made
        made.stop_edges()


def _machine(value):
    """Whose Via or Record-Route that is."""
    return _NAMES[re.search(r"(?:sip:|SIP/2.0/\w+ )([\d.]+)", value)[1]]


def _machines(values):
    """The way they tell; an edge puts its two Record-Routes one after the other."""
    found = [_machine(value) for value in values]
    return [name for index, name in enumerate(found) if index == 0 or name != found[index - 1]]


def _answer(agent, method):
    request = agent.expect_request(method)
    agent.reply(request, 200)
    return request


def _register(agent):
    """From outside through the edge, whose Path then leads back (RFC 3327)."""
    user = agent.user
    registration = Dialog(agent, f"sip:{USERS[user]}.example")
    registration.remote = f"<{uri_of(user)}>"
    registration.send("REGISTER")
    assert len(agent.expect_response(200).all("Path")) == (user[-1] == "e")


@pytest.mark.parametrize("pair", _PATHS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def test_a_call_takes_its_way_and_keeps_to_it(world, pair):
    caller_name, callee_name = pair
    path = _PATHS[pair]
    caller, callee = world.party(caller_name), world.party(callee_name)
    _register(callee)
    alice = Dialog(caller, uri_of(callee_name))
    alice.send("INVITE", sdp=sdp(address_of(caller_name), 40000))

    invite = callee.expect_request("INVITE")
    assert [_machine(via) for via in invite.all("Via")[:-1]] == path[::-1]
    assert _machines(invite.all("Record-Route")) == path[::-1]
    edges = sum(name.startswith("E") for name in path)
    assert len(invite.all("Record-Route")) == len(path) + edges, "two of each edge"
    assert address_of(caller_name).encode() not in invite.body, "anchored on the way"
    callee.reply(invite, 180, "c1")
    callee.reply(invite, 200, "c1", sdp=sdp(address_of(callee_name), 41000))

    ok = caller.expect_response(200)
    assert len(ok.all("Via")) == 1, "every machine has taken its own away"
    assert ok.all("Record-Route") == invite.all("Record-Route")
    assert address_of(callee_name).encode() not in ok.body
    alice = alice.established_by(ok)
    # Both first hops are where the caller and the callee would have gone anyway: to their proxies.
    alice.send("ACK")
    callee.expect_request("ACK")

    # From the caller: nobody's Route is left at the end, everybody's Via is there.
    alice.send("INFO")
    info = _answer(callee, "INFO")
    assert [_machine(via) for via in info.all("Via")[:-1]] == path[::-1]
    assert info.all("Route") == []
    caller.expect_response(200)
    # From the callee, the other way round.
    bob = Dialog.of_callee(callee, invite, "c1")
    bob.send("INFO")
    info = _answer(caller, "INFO")
    assert [_machine(via) for via in info.all("Via")[:-1]] == path
    assert info.all("Route") == []
    callee.expect_response(200)
    bob.send("BYE")
    _answer(caller, "BYE")
    callee.expect_response(200)
    for agent in (caller, callee):
        agent.close()
