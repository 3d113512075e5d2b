"""What RFC 8489, 8656, 8016, 7635 and 5780 added, by a client of the tests' own: hardly any other
speaks it. What coturn's programs speak of it they do here too."""

import base64
import hashlib
import re
import struct
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import stun
import turn
import uclient
from certificates import EDGE_NAME, Authority
from edge import BOTH_FAMILIES, EVERY_LISTENER, PASSWORD, REALM, STUN_PORT, USER, Edge
from lab import (EDGE_EXTERNAL, EDGE_EXTERNAL6, EDGE_SECOND, EXT, EXT6, EXT_OTHERS, INSIDE, INSIDE6,
                 INSIDE_OTHERS)

_OTHER_PORT = STUN_PORT + 1
_BOTH_ALGORITHMS = struct.pack("!HHHH", stun.SHA256, 0, stun.MD5, 0)


def _prepared_keys(user, password):
    text = ":".join([user, REALM, password]).encode()
    return {"md5_key": hashlib.md5(text).hexdigest(), "sha256_key": hashlib.sha256(text).hexdigest()}


# The three keys that coturn's client makes its access tokens with.
_TOKEN_KEYS = {
    "north": ("A256GCM", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEK"),
    "union": ("A128GCM", "MTIzNDU2Nzg5MDEyMzQ1Ngo="),
    "oldempire": ("A256GCM", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIK"),
}

_MORE = f"""
[turn.nat_discovery]
primary = "{EDGE_EXTERNAL}:{STUN_PORT}"
alternate = "{EDGE_SECOND}:{_OTHER_PORT}"
""" + "".join(f"""
[[turn.oauth]]
kid = "{kid}"
algorithm = "{algorithm}"
key = "{key}"
""" for kid, (algorithm, key) in _TOKEN_KEYS.items())

_REALM_PORT = 3481


class _Running:
    def __init__(self, lab):
        self.lab = lab
        self.authority = Authority(lab.directory)
        self.edge = Edge(lab, certificate=self.authority.issue(), **BOTH_FAMILIES | {
            "external": (EDGE_EXTERNAL, EDGE_SECOND, EDGE_EXTERNAL6)},
            listeners=[EVERY_LISTENER, {"bind": f"external:{_OTHER_PORT}", "transports": ["udp"]},
                       {"bind": f"external:{_REALM_PORT}", "transports": ["udp"],
                        "realm": "other.example"}],
            users={USER: PASSWORD, "carol": _prepared_keys("carol", "never written down")},
            turn={"mobility": True, "server_name": EDGE_NAME}, more=_MORE)


@pytest.fixture(scope="module")
def running(module_lab):
    made = _Running(module_lab)
    yield made
    made.edge.stop()


def _client(running, credentials=None, **options):
    return turn.over_udp(running.lab, credentials=credentials, **options)


# --- credentials: RFC 8489 §9.2


_CREDENTIALS = {
    "SHA-256": turn.Sha256Credentials,
    "SHA-256, name hidden": lambda: turn.Sha256Credentials(hides_name=True),
    "MD5 chosen from the list": lambda: turn.Sha256Credentials(algorithm=stun.MD5),
    "MD5, name hidden": lambda: turn.Sha256Credentials(algorithm=stun.MD5, hides_name=True),
    "as in RFC 5389": turn.Credentials,
    "keys instead of a password": lambda: turn.Sha256Credentials("carol", "never written down"),
    "keys, name hidden": lambda: turn.Sha256Credentials("carol", "never written down", hides_name=True),
    "keys, as in RFC 5389": lambda: turn.Credentials("carol", "never written down"),
}


@pytest.mark.parametrize("kind", _CREDENTIALS)
def test_clients_of_every_password_algorithm_are_served(running, kind):
    peer = running.lab.udp_socket(running.lab.inside, INSIDE)
    client = _client(running, _CREDENTIALS[kind]())
    assert client.allocate().error is None
    assert client.bind(0x4000, *peer.getsockname()).error is None
    client.send_channel_data(0x4000, b"hello")
    assert peer.recv(2048) == b"hello"
    assert client.refresh(0).error is None


@pytest.mark.parametrize("credentials", [
    pytest.param(lambda: turn.Sha256Credentials(password="wrong"), id="wrong password"),
    pytest.param(lambda: turn.Sha256Credentials(password="wrong", hides_name=True),
                 id="of a hidden name"),
    pytest.param(lambda: turn.Sha256Credentials("nobody", hides_name=True), id="unknown user")])
def test_wrong_credentials_get_401(running, credentials):
    assert _client(running, credentials()).allocate().error == 401


def _challenge(running, client=None):
    client = client or _client(running)
    return client.ask(stun.message(stun.ALLOCATE, stun.first_byte(stun.REQUESTED_TRANSPORT, stun.UDP)))


def test_rfc8489_9_2_4_challenge_announces_what_the_server_can(running):
    challenge = _challenge(running)
    assert challenge.error == 401
    assert challenge[stun.PASSWORD_ALGORITHMS] == _BOTH_ALGORITHMS
    assert stun.SOFTWARE not in challenge
    # Names that others made up, for tokens and for time-limited passwords, cannot be found by a hash.
    assert turn.security_features(challenge[stun.NONCE]) == turn.PASSWORD_ALGORITHMS_BIT


def test_rfc8489_9_2_4_hidden_names_are_announced_where_all_are_known(lab):
    edge = Edge(lab, turn={"shared_secret_file": None})
    client = turn.over_udp(lab, credentials=turn.Sha256Credentials(hides_name=True))
    assert client.allocate().error is None
    assert turn.security_features(client.credentials.challenge[stun.NONCE]) == (
        turn.PASSWORD_ALGORITHMS_BIT | turn.USERNAME_ANONYMITY_BIT)
    edge.stop()


def _answer(running, *password_attributes, nonce=lambda issued: issued):
    """What an Allocate gets that was signed by SHA-256, with these instead of the right attributes."""
    client = _client(running, turn.Sha256Credentials())
    challenge = _challenge(running, client)
    client.credentials.learn(challenge)
    key = client.credentials.key()
    return client.ask(stun.message(
        stun.ALLOCATE, stun.first_byte(stun.REQUESTED_TRANSPORT, stun.UDP),
        stun.attribute(stun.USERNAME, USER.encode()), stun.attribute(stun.REALM, challenge[stun.REALM]),
        stun.attribute(stun.NONCE, nonce(challenge[stun.NONCE])), *password_attributes, key_sha256=key))


def _algorithms(listed=_BOTH_ALGORITHMS):
    return stun.attribute(stun.PASSWORD_ALGORITHMS, listed)


def _algorithm(chosen=stun.SHA256):
    return stun.attribute(stun.PASSWORD_ALGORITHM, struct.pack("!HH", chosen, 0))


@pytest.mark.parametrize("attributes", [
    pytest.param([_algorithms(_BOTH_ALGORITHMS[4:]), _algorithm(stun.MD5)], id="list without SHA-256"),
    pytest.param([_algorithms(_BOTH_ALGORITHMS[4:] + _BOTH_ALGORITHMS[:4]), _algorithm()],
                 id="another order"),
    pytest.param([_algorithms(b""), _algorithm()], id="empty list"),
    pytest.param([_algorithms()], id="list without choice"),
    pytest.param([_algorithm()], id="choice without list"),
    pytest.param([_algorithms(), _algorithm(3)], id="choice that is not listed"),
    pytest.param([_algorithms(), stun.attribute(stun.PASSWORD_ALGORITHM, b"\0")], id="half a choice")])
def test_rfc8489_9_2_4_bid_down_gets_400(running, attributes):
    assert _answer(running, *attributes).error == 400


@pytest.mark.parametrize("forge", [
    pytest.param(lambda nonce: nonce[13:], id="without its cookie"),
    pytest.param(lambda nonce: nonce[:9] + b"AAAA" + nonce[13:], id="without features"),
    pytest.param(lambda nonce: nonce[:9] + b"AAAC" + nonce[13:], id="with fewer features"),
    pytest.param(lambda nonce: nonce[:-1] + (b"A" if nonce[-1:] != b"A" else b"B"), id="last character"),
    pytest.param(lambda nonce: b"x" * 127, id="made up")])
def test_rfc8489_9_2_4_nonce_that_is_not_ours_gets_438(running, forge):
    response = _answer(running, _algorithms(), _algorithm(), nonce=forge)
    assert response.error == 438
    assert stun.NONCE in response and stun.REALM in response


def test_nonce_is_good_for_one_client_only(running):
    other = _challenge(running)[stun.NONCE]
    assert _answer(running, _algorithms(), _algorithm(), nonce=lambda _: other).error == 438


def test_both_integrities_are_checked_by_the_better_one(running):
    """RFC 8489 §9.2.3: a client that knows of no list may send both, made with the same key."""
    client = _client(running)
    client.credentials.learn(_challenge(running, client))
    key = client.credentials.key()
    request = [stun.first_byte(stun.REQUESTED_TRANSPORT, stun.UDP), *client.credentials.attributes()]
    good = client.ask(stun.message(stun.ALLOCATE, *request, key=key, key_sha256=key))
    assert good.error is None and good.is_signed(key, stun.MESSAGE_INTEGRITY_SHA256)
    wrong = client.ask(stun.message(stun.REFRESH, *client.credentials.attributes(), key=key,
                                    key_sha256=bytes(16)))
    assert wrong.error == 401


@pytest.mark.parametrize("size", [0, 4, 12, 16, 28])
def test_rfc8489_14_6_shortened_integrity_proves_nothing(running, size):
    """TURN does not allow what a STUN usage may. Too short a one is malformed and not answered."""
    client = _client(running, turn.Sha256Credentials())
    client.credentials.learn(_challenge(running, client))
    body = [stun.first_byte(stun.REQUESTED_TRANSPORT, stun.UDP), *client.credentials.attributes()]
    # As if it had been made that short: the tag covers a length of its own.
    body += [stun.shortened_sha256(stun.ALLOCATE, body, client.credentials.key(), size, _TRANSACTION)]
    before = running.edge.metrics().total("avedge_allocations")
    client.way.send(stun.message(stun.ALLOCATE, *body, transaction=_TRANSACTION))
    client.binding()
    assert running.edge.metrics().total("avedge_allocations") == before


_TRANSACTION = bytes(range(12))


# --- retransmission: RFC 8489 §6.3.1


def _twice(client, kind, *attributes):
    """The two answers to one request that is sent twice, byte by byte."""
    request = client.credentials.sign(kind, attributes)
    client.way.send(request)
    client.way.send(request)
    return [stun.Message(client.receive()) for _ in range(2)]


def test_allocate_that_comes_again_gets_the_same_answer(running):
    client = _client(running)
    client.credentials.learn(_challenge(running, client))
    before = running.edge.metrics().total("avedge_allocations")
    one, other = _twice(client, stun.ALLOCATE, stun.first_byte(stun.REQUESTED_TRANSPORT, stun.UDP),
                        stun.attribute(stun.EVEN_PORT, b"\x80"))
    assert one.succeeded and one.data == other.data
    assert stun.RESERVATION_TOKEN in one
    assert running.edge.metrics().total("avedge_allocations") == before + 1
    # Another request is no retransmission.
    assert client.allocate().error == 437


def test_other_requests_that_come_again_get_the_same_answer(running):
    client = _client(running)
    assert client.allocate().error is None
    for kind, attributes in (
            (stun.CREATE_PERMISSION, [stun.peer_address(INSIDE)]),
            (stun.CHANNEL_BIND, [stun.attribute(stun.CHANNEL_NUMBER, b"\x40\x00\x00\x00"),
                                 stun.peer_address(INSIDE, 4000)]),
            (stun.REFRESH, [stun.number(stun.LIFETIME, 700)]),
            (stun.REFRESH, [stun.number(stun.LIFETIME, 0)])):
        one, other = _twice(client, kind, *attributes)
        assert one.succeeded and one.data == other.data, hex(kind)


# --- the ICMP attribute: RFC 8656 §11.5


@pytest.mark.parametrize("peer, family, icmp", [
    pytest.param(INSIDE, stun.IPV4, (3, 3), id="IPv4"),
    pytest.param(INSIDE6, stun.IPV6, (1, 4), id="IPv6")])
@pytest.mark.parametrize("by_channel", [False, True], ids=["Send", "ChannelData"])
def test_rfc8656_11_5_closed_port_of_a_peer_is_reported(running, peer, family, icmp, by_channel):
    closed = running.lab.udp_socket(running.lab.inside, peer)
    port = closed.getsockname()[1]
    closed.close()
    client = _client(running)
    assert client.allocate(stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, family)).error is None
    if by_channel:
        assert client.bind(0x4000, peer, port).error is None
        client.send_channel_data(0x4000, b"anybody?")
    else:
        assert client.permit(peer).error is None
        client.send(peer, port, b"anybody?")
    data = stun.Message(client.receive())
    assert data.kind == stun.DATA
    assert data.address(stun.XOR_PEER_ADDRESS) == (peer, port)
    assert stun.DATA_VALUE not in data
    _, type_and_code, error_data = struct.unpack("!HHI", data[stun.ICMP])
    assert (type_and_code >> 9, type_and_code & 0x1FF, error_data) == (*icmp, 0)


def test_error_of_one_peer_leaves_the_others_alone(running):
    """A socket's pending error would be that of the next, innocent packet."""
    client = _client(running)
    echo = running.lab.udp_socket(running.lab.inside, INSIDE)
    assert client.allocate().error is None
    assert client.permit(INSIDE).error is None
    for index in range(20):
        client.send(INSIDE, 9, b"to nobody")
        client.send(*echo.getsockname(), b"%d" % index)
        assert echo.recv(2048) == b"%d" % index


# --- mobility: RFC 8016


def _moved(client, running, address=EXT):
    """The same client from another socket, as it sees itself after its network has changed."""
    way = turn.Datagrams(running.lab.udp_socket(running.lab.ext, address), client.way.server)
    return turn.TurnClient(way, turn.Credentials())


def _ticket(value=b""):
    return stun.attribute(stun.MOBILITY_TICKET, value)


def test_rfc8016_client_takes_its_allocation_along(running):
    """Again and again, so that it comes by every worker."""
    peer = running.lab.udp_socket(running.lab.inside, INSIDE)
    client = _client(running)
    allocation = client.allocate(_ticket())
    ticket = allocation[stun.MOBILITY_TICKET]
    assert client.bind(0x4000, *peer.getsockname()).error is None
    for address in [EXT, *EXT_OTHERS] * 2:
        client, left = _moved(client, running, address), client
        refreshed = client.refresh(600, _ticket(ticket))
        assert refreshed.error is None
        assert refreshed[stun.MOBILITY_TICKET] != ticket, "a ticket is good for one journey"
        ticket = refreshed[stun.MOBILITY_TICKET]
        peer.sendto(b"where are you?", allocation.relayed)
        assert client.receive_channel_data() == (0x4000, b"where are you?")
        client.send_channel_data(0x4000, b"here")
        assert peer.recvfrom(2048) == (b"here", allocation.relayed)
        assert left.refresh(600).error == 437
    assert client.refresh(0).error is None


def test_rfc8016_ticket_is_good_once_and_not_made_up(running):
    client = _client(running)
    ticket = client.allocate(_ticket())[stun.MOBILITY_TICKET]
    moved = _moved(client, running)
    assert moved.refresh(600, _ticket(ticket)).error is None
    assert _moved(client, running).refresh(600, _ticket(ticket)).error is not None
    forged = bytes([ticket[0]]) + bytes(len(ticket) - 1)
    assert _moved(client, running).refresh(600, _ticket(forged)).error == 400
    assert _moved(client, running).refresh(600, _ticket(b"short")).error == 400
    assert moved.refresh(0).error is None


def test_rfc8016_ticket_is_good_for_its_user_only(running):
    client = _client(running)
    ticket = client.allocate(_ticket())[stun.MOBILITY_TICKET]
    thief = _moved(client, running)
    thief.credentials = turn.Credentials("carol", "never written down")
    assert thief.refresh(600, _ticket(ticket)).error == 441
    assert client.refresh(600).error is None


def test_allocation_without_a_ticket_stays_where_it_is(running):
    client = _client(running)
    assert stun.MOBILITY_TICKET not in client.allocate()
    assert _moved(client, running).refresh(600).error == 437


# --- both families: RFC 8656 §7


@pytest.mark.parametrize("address, server", [(EXT, EDGE_EXTERNAL), (EXT6, EDGE_EXTERNAL6)],
                         ids=["client of IPv4", "client of IPv6"])
def test_additional_address_family_gives_both(running, address, server):
    client = _client(running, address=address, server=server)
    allocation = client.allocate(stun.first_byte(stun.ADDITIONAL_ADDRESS_FAMILY, stun.IPV6))
    assert allocation.error is None and stun.ADDRESS_ERROR_CODE not in allocation
    relayed = allocation.relayed_addresses
    assert sorted(":" in one for one, _ in relayed) == [False, True]
    assert client.permit(INSIDE, INSIDE6).error is None
    for host, here in zip((INSIDE, INSIDE6), sorted(relayed, key=lambda one: ":" in one[0])):
        peer = running.lab.udp_socket(running.lab.inside, host)
        client.send(*peer.getsockname()[:2], b"from both")
        assert peer.recv(2048) == b"from both"
        peer.sendto(b"to both", here)
        assert client.receive_data() == (peer.getsockname()[:2], b"to both")
    # RFC 8656 §8: each has a lifetime of its own.
    assert client.refresh(0, stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, stun.IPV6)).error is None
    assert client.permit(INSIDE).error is None
    assert client.permit(INSIDE6).error == 443
    assert client.refresh(0).error is None


@pytest.mark.parametrize("attributes", [
    pytest.param([stun.first_byte(stun.ADDITIONAL_ADDRESS_FAMILY, stun.IPV4)], id="IPv4 is no addition"),
    pytest.param([stun.first_byte(stun.ADDITIONAL_ADDRESS_FAMILY, stun.IPV6),
                  stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, stun.IPV4)], id="beside REQUESTED"),
    pytest.param([stun.first_byte(stun.ADDITIONAL_ADDRESS_FAMILY, stun.IPV6),
                  stun.attribute(stun.RESERVATION_TOKEN, bytes(8))], id="beside a reservation"),
    pytest.param([stun.first_byte(stun.ADDITIONAL_ADDRESS_FAMILY, stun.IPV6),
                  stun.attribute(stun.EVEN_PORT, b"\x80")], id="beside a reserving EVEN-PORT")])
def test_rfc8656_7_2_contradictions_get_400(running, attributes):
    assert _client(running).allocate(*attributes).error == 400


def test_rfc8656_7_2_family_that_is_unknown_gets_440(running):
    assert _client(running).allocate(stun.first_byte(stun.REQUESTED_ADDRESS_FAMILY, 7)).error == 440


def test_peer_of_another_family_gets_443(running):
    client = _client(running)
    assert client.allocate().error is None
    assert client.permit(INSIDE6).error == 443
    assert client.bind(0x4000, INSIDE6, 4000).error == 443


def test_reservation_is_picked_up_from_another_socket(running):
    """EVEN-PORT with R: the port above is kept for whoever has the token, on whichever worker."""
    for _ in range(4):
        first = _client(running).allocate(stun.attribute(stun.EVEN_PORT, b"\x80"))
        token = first[stun.RESERVATION_TOKEN]
        second = _client(running, address=EXT_OTHERS[0])
        assert second.allocate(stun.attribute(stun.RESERVATION_TOKEN, token)).relayed == (
            first.relayed[0], first.relayed[1] + 1)
        third = _client(running)
        assert third.allocate(stun.attribute(stun.RESERVATION_TOKEN, token)).error == 508


def test_realm_belongs_to_the_listener(running):
    client = _client(running, port=_REALM_PORT)
    assert _challenge(running, client)[stun.REALM] == b"other.example"
    assert client.allocate().error is None


# --- access tokens: RFC 7635


class _Token(turn.Credentials):
    """What an authorization server would have given to the client, and the key that goes with it."""

    def __init__(self, kid="north", issued=None, lifetime=3600, server=EDGE_NAME, spoil=bytes,
                 made_with=None):
        super().__init__(kid, "")
        self._mac_key = bytes(range(20))
        issued = int(time.time()) if issued is None else issued
        plain = (struct.pack("!H", len(self._mac_key)) + self._mac_key
                 + struct.pack("!QI", issued << 16, lifetime))
        algorithm, key = _TOKEN_KEYS[made_with or kid]
        secret = base64.b64decode(key)[:16 if algorithm == "A128GCM" else 32]
        nonce = bytes(range(100, 112))
        sealed = AESGCM(secret).encrypt(nonce, plain, server.encode())
        self._token = struct.pack("!H", len(nonce)) + nonce + spoil(sealed)

    def attributes(self):
        return [*super().attributes(), stun.attribute(stun.ACCESS_TOKEN, self._token)]

    def key(self):
        return self._mac_key


@pytest.mark.parametrize("kid", _TOKEN_KEYS)
def test_access_token_lets_a_client_in(running, kid):
    client = _client(running, _Token(kid))
    challenge = _challenge(running, client)
    assert challenge[stun.THIRD_PARTY_AUTHORIZATION] == EDGE_NAME.encode()
    assert client.allocate().error is None
    assert client.permit(INSIDE).error is None


@pytest.mark.parametrize("token", [
    pytest.param(lambda: _Token(issued=int(time.time()) - 7200), id="expired"),
    pytest.param(lambda: _Token(issued=int(time.time()) + 7200), id="of the future"),
    pytest.param(lambda: _Token(server="another.example"), id="for another server"),
    pytest.param(lambda: _Token("union", made_with="north"), id="of another key"),
    pytest.param(lambda: _Token(spoil=lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1])),
                 id="altered"),
    pytest.param(lambda: _Token(spoil=lambda sealed: sealed[:20]), id="cut short"),
    pytest.param(lambda: _Token(spoil=lambda sealed: b""), id="empty")])
def test_access_token_that_is_not_good_gets_401(running, token):
    assert _client(running, token()).allocate().error == 401


def test_rfc7635_allocation_ends_with_its_token(running):
    client = _client(running, _Token(lifetime=100))
    allocation = client.allocate(stun.number(stun.LIFETIME, 3000))
    assert allocation.error is None
    # With the few seconds that clocks may differ (RFC 7635 §4.1.1).
    assert allocation.number(stun.LIFETIME) <= 110


# --- coturn's programs


# Those that move have an address each: a program leaves allocations behind, and to move to a port that
# one of them has is 437, which coturn's client does not survive.
_MODES = {
    "mobility": uclient.Mode(4, 20, "-M", address=EXT_OTHERS[0]),
    "mobility_with_send_indications": uclient.Mode(4, 20, "-M", "-s", address=EXT_OTHERS[1]),
    "mobility_over_tcp": uclient.Mode(4, 20, "-M", "-t"),
    "oauth": uclient.Mode(6, 20, "-J"),
    "oauth_over_tcp": uclient.Mode(6, 20, "-J", "-t"),
}


@pytest.fixture(scope="module")
def clients(running):
    uclient.start_peer(running.lab)
    return uclient.run_all(running.lab, _MODES)


@pytest.mark.parametrize("mode", _MODES)
def test_coturns_clients_lose_no_packet(clients, mode):
    _MODES[mode].assert_no_loss(clients[mode])


def _discover(running, *options):
    done = running.lab.ext.run(["turnutils_natdiscovery", "-p", STUN_PORT, "-L", EXT, *options,
                                EDGE_EXTERNAL], timeout=60)
    assert done.returncode == 0, done.stdout
    assert f"Other addr: : {EDGE_SECOND}:{_OTHER_PORT}" in done.stdout, done.stdout
    return done.stdout


@pytest.mark.parametrize("padding", [[], ["-P"]], ids=["plain", "padded"])
def test_rfc5780_there_is_no_nat_in_the_lab(running, padding):
    said = _discover(running, "-m", "-f", *padding)
    assert said.count("No NAT! (Endpoint Independent Mapping)") == 2, said
    assert "NAT with Endpoint Independent Filtering!" in said, said
    # The answers came from three of the four addresses.
    for origin in (EDGE_EXTERNAL, STUN_PORT), (EDGE_SECOND, STUN_PORT), (EDGE_SECOND, _OTHER_PORT):
        assert "Response origin: : %s:%d" % origin in said, said


def test_rfc5780_hairpinning_collisions_and_lifetimes_are_discovered(running):
    assert "successful hairpinning" in _discover(running, "-H")
    assert f"UDP reflexive addr: {EXT_OTHERS[0]}:" in _discover(running, "-c", "-A", EXT_OTHERS[0])
    assert _discover(running, "-t", "-T", "1").count("UDP reflexive addr") == 2


@pytest.mark.parametrize("options", [[], ["-f"]], ids=["rfc5389", "rfc5780"])
def test_coturns_stun_client_hears_from_both_addresses(running, options):
    done = running.lab.ext.run(["turnutils_stunclient", "-p", STUN_PORT, "-L", EXT, *options,
                                EDGE_EXTERNAL], timeout=60)
    assert done.returncode == 0, done.stdout
    assert len(re.findall(f"UDP reflexive addr: {re.escape(EXT)}:", done.stdout)) == 3, done.stdout
    assert f"Response origin: : {EDGE_SECOND}:{_OTHER_PORT}" in done.stdout, done.stdout


# --- redirect: RFC 8489 §10


_SERVERS = [("198.51.100.77", 3478), ("2001:db8:1::77", 5349)]
_REDIRECT = """
[turn.redirect]
servers = ["%s:%d", "[%s]:%d"]
""" % (*_SERVERS[0], *_SERVERS[1])


def _assert_redirected(client, server):
    answer = client.allocate()
    assert answer.error == 300
    assert stun.parse_address(answer[stun.ALTERNATE_SERVER]) == server
    assert answer.is_signed(client.credentials.key()), "nobody else may send clients away"


def test_draining_edge_sends_newcomers_to_a_server_of_their_family(lab):
    edge = Edge(lab, **BOTH_FAMILIES, more=_REDIRECT)
    old = turn.over_udp(lab)
    assert old.allocate().error is None
    assert edge.ask("drain").returncode == 0
    _assert_redirected(turn.over_udp(lab), _SERVERS[0])
    _assert_redirected(turn.over_udp(lab, address=EXT6, server=EDGE_EXTERNAL6), _SERVERS[1])
    assert edge.metrics().drops("redirected") == 2
    assert old.refresh(600).error is None and old.permit(INSIDE_OTHERS[0]).error is None
    edge.stop()


def test_edge_with_enough_allocations_sends_newcomers_away(lab):
    edge = Edge(lab, more=_REDIRECT + "above_allocations = 3\n")
    clients = [turn.over_udp(lab) for _ in range(4)]
    assert [client.allocate().error for client in clients] == [None, None, None, 300]
    assert clients[0].refresh(0).error is None
    assert clients[3].allocate().error is None
    edge.stop()
