"""What a party may see of a call: itself and the edge."""

import ipaddress

from sip_trace import sip_messages
from stun import COOKIE


class Side:
    """What one of the two networks sees: a party and the edge, and of the far party nothing."""

    def __init__(self, capture, party, port, edge, far_secrets, far_address):
        """`party` is a set of addresses, `port` where SIP comes in; the secrets are texts."""
        self._capture, self._party, self._port, self._edge = capture, party, port, edge
        self._far_secrets, self._far_address = far_secrets, far_address

    def assert_sees_the_edge_alone(self):
        packets = self._capture.stop()
        assert {address for packet in packets for address in packet.addresses} <= {
            *self._party, self._edge}
        bodies = [message.body.decode() for message in sip_messages(packets, [self._port])
                  if message.source == self._edge]
        assert any(bodies), "an offer or an answer at least"
        for body in bodies:
            assert_hidden(body, self._far_secrets)
        for check in _stun(packets):
            assert not [form for form in _forms(self._far_address, check) if form in check], check


def _stun(packets):
    """What RFC 7983 tells from SRTP by its first byte, of any dialect."""
    return [packet.payload for packet in packets
            if packet.protocol == "udp" and len(packet.payload) >= 20 and packet.payload[0] < 4]


def _forms(address, check):
    """As it may stand in an attribute: plainly, or under the mask of this or of an older draft. (The
    edge's own address on the far side does: it is what the far agent's checks come from.)"""
    number = int(ipaddress.ip_address(address))
    masks = (0, COOKIE, int.from_bytes(check[4:8], "big"))
    return [(number ^ mask).to_bytes(4, "big") for mask in masks]


def assert_hidden(text, secrets):
    assert not [secret for secret in secrets if secret in text], text
