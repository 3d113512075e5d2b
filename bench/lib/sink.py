"""Where a spray ends: counted, and dropped before any socket."""

import json
from dataclasses import dataclass

_HEADERS = 20 + 8   # of IPv4 and UDP


@dataclass
class Sink:
    """Counts and drops datagrams by an nftables rule on the receiving device. Several of them can come in
    one piece, as the kernel passes them on between its own devices; a card would cut it."""
    host: object
    rule: str
    payload: int        # bytes of each datagram
    device: str = "eth0"

    def __enter__(self):
        self._nft(f"""
            table netdev sink {{
              counter arrived {{}}
              chain in {{
                type filter hook ingress device "{self.device}" priority 0; policy accept;
                {self.rule} counter name "arrived" drop
              }}
            }}
            """)
        return self

    def __exit__(self, kind, value, trace):
        self._nft("delete table netdev sink")

    def _nft(self, text):
        done = self.host.run(["nft", "-f", "-"], input=text)
        if done.returncode != 0:
            raise RuntimeError(f"nft: {done.stdout}")

    def count(self):
        done = self.host.run(["nft", "-j", "list", "counters"])
        for entry in json.loads(done.stdout)["nftables"]:
            if entry.get("counter", {}).get("name") == "arrived":
                pieces, size = entry["counter"]["packets"], entry["counter"]["bytes"]
                return (size - _HEADERS * pieces) // self.payload
        raise RuntimeError("the sink is gone")
