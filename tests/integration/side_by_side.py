"""Calls of the tests that run side by side: SIPp at both ends, and RTP played from captures."""

import dataclasses

import rtp
import sipp


@dataclasses.dataclass(frozen=True)
class Plan:
    """One of the calls; the number keeps their ports and SSRCs apart."""
    number: int

    @property
    def domain(self):
        return f"call{self.number}.example"

    @property
    def caller(self):
        return sipp.caller_party(20000 + 10 * self.number)

    @property
    def callee(self):
        return sipp.callee_party(30000 + 10 * self.number)

    @property
    def caller_port(self):
        return 6000 + self.number

    @property
    def callee_port(self):
        return 7000 + self.number


def start(lab, form, plan, packets, length):
    """The callee and the caller of that form of a call (calls.py); each plays so many packets of RTP, and
    the call lasts `length` milliseconds."""
    pcaps = [lab.directory / f"{side}{plan.number}.pcap" for side in ("caller", "callee")]
    for pcap, ssrc in zip(pcaps, (0x1000, 0x2000)):
        rtp.write_pcap(pcap, 0, ssrc + plan.number, 1, packets)
    caller, callee = form(plan.domain, plan.caller, plan.callee, *pcaps, length)
    return (sipp.start_callee(lab, plan.callee_port, callee, f"callee{plan.number}", media=plan.callee),
            sipp.start_caller(lab, plan.caller_port, caller, f"caller{plan.number}", media=plan.caller))
