"""TURN clients that others wrote: a browser, and aioice."""

import asyncio
import pathlib
import ssl

import pytest
from aioice import turn as aioice

from browser import Browser
from certificates import Authority
from edge import EVERY_LISTENER, PASSWORD, STUN_PORT, USER, Edge
from lab import EDGE_EXTERNAL, EDGE_INTERNAL, INSIDE, PATIENCE

_LIFETIME = 60  # seconds, of an allocation
_PAGE = pathlib.Path(__file__).parent / "two_peers.html"


class _Running:
    def __init__(self, lab):
        self.lab = lab
        self.authority = Authority(lab.directory)
        self.edge = Edge(lab, listeners=[EVERY_LISTENER], certificate=self.authority.issue(),
                         lifetime=_LIFETIME)


@pytest.fixture(scope="module")
def running(module_lab):
    made = _Running(module_lab)
    yield made
    # A browser that closes a connection while an Allocate is under way deletes nothing.
    made.edge.wait_until_no_port_is_in_use(seconds=_LIFETIME + PATIENCE)
    made.edge.stop()


@pytest.fixture(scope="module")
def browser(running):
    made = Browser(running.lab, running.lab.ext, _PAGE, running.authority)
    yield made
    made.close()


_SERVERS = {
    "udp": f"turn:{EDGE_EXTERNAL}:{STUN_PORT}?transport=udp",
    "tcp": f"turn:{EDGE_EXTERNAL}:{STUN_PORT}?transport=tcp",
    "tls": f"turns:{EDGE_EXTERNAL}:{STUN_PORT}?transport=tcp",
}


@pytest.mark.parametrize("transport", _SERVERS)
def test_browser_moves_audio_video_and_data_through_the_edge(running, browser, transport):
    before = running.edge.metrics().total("avedge_bytes_total")
    server = {"urls": _SERVERS[transport], "username": USER, "credential": PASSWORD}
    done = browser.call("connectThroughRelay", server, seconds=60)
    assert done["pair"]["types"] == ["relay", "relay"]
    assert done["pair"]["relayProtocol"] == transport
    assert done["pair"]["relayed"] == [EDGE_INTERNAL, EDGE_INTERNAL]
    assert done["echoed"] == "echo of hello"
    received = done["received"]
    assert min(received["audio"], received["video"], received["data"]) > 0, received
    # Relay to relay: the edge has seen all of it, twice.
    carried = running.edge.metrics().total("avedge_bytes_total") - before
    assert carried > received["audio"] + received["video"] + received["data"]


class _Queue(asyncio.DatagramProtocol):
    """What arrived, with its sender."""

    def __init__(self):
        self.arrived = asyncio.Queue()

    def datagram_received(self, data, addr):
        self.arrived.put_nowait((data, addr))

    async def next(self):
        return await asyncio.wait_for(self.arrived.get(), PATIENCE)


async def _endpoint(running, transport, user=USER, password=PASSWORD):
    trusting = ssl.create_default_context(cafile=running.authority.certificate)
    return await aioice.create_turn_endpoint(
        _Queue, server_addr=(EDGE_EXTERNAL, STUN_PORT), username=user, password=password,
        ssl=trusting if transport == "tls" else False, transport="udp" if transport == "udp" else "tcp")


async def _exchange_with_a_peer(running, transport, peer):
    turned, queue = await _endpoint(running, transport)
    relayed = turned.get_extra_info("sockname")
    for size in (1, 2, 3, 4, 1200):
        turned.sendto(b"p" * size, peer.getsockname())
        data, sender = await asyncio.to_thread(peer.recvfrom, 2048)
        assert (data, sender) == (b"p" * size, relayed)
        peer.sendto(b"c" * size, relayed)
        assert await queue.next() == (b"c" * size, peer.getsockname())
    turned.close()


async def _exchange_relay_to_relay(running, transports):
    pair = [await _endpoint(running, transport) for transport in transports]
    addresses = [turned.get_extra_info("sockname") for turned, _ in pair]
    arrived = [asyncio.ensure_future(queue.next()) for _, queue in pair]
    # The first packet of each opens the way for the other's, and may itself come too early.
    while not all(one.done() for one in arrived):
        for (turned, _), far in zip(pair, reversed(addresses)):
            turned.sendto(b"hello", far)
        await asyncio.wait(arrived, timeout=0.1)
    assert [one.result() for one in arrived] == [(b"hello", far) for far in reversed(addresses)]
    for turned, _ in pair:
        turned.close()


def _run(running, exchange):
    """asyncio in the namespace of the client."""
    with running.lab.ext.entered():
        asyncio.run(exchange)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_aioice_exchanges_data_through_channels(running, transport):
    with running.lab.udp_socket(running.lab.inside, INSIDE) as peer:
        _run(running, _exchange_with_a_peer(running, transport, peer))


@pytest.mark.parametrize("transports", [("udp", "tcp"), ("tcp", "tls"), ("tls", "udp")], ids="_".join)
def test_aioice_meets_aioice_relay_to_relay(running, transports):
    _run(running, _exchange_relay_to_relay(running, transports))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_aioice_with_a_wrong_password_is_refused(running, transport):
    with pytest.raises(Exception, match="401"):
        _run(running, _endpoint(running, transport, password="wrong"))
