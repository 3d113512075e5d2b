"""What a run of `bench/compare` found: kept as JSON, shown as text or as a page."""

import json
from dataclasses import asdict, dataclass

from figure import Figure, Target, median


@dataclass
class Finding:
    """The answers to one question, round by round."""
    figure: Figure
    contest: str        # who was asked
    reference: str      # server that the others are compared with, or nothing
    rounds: dict        # by server: an answer for each round, None where there was none

    def answers(self, server):
        return [answer for answer in self.rounds[server] if answer is not None]

    def median(self, server):
        return median(self.answers(server))

    def ratio(self, server):
        """To the reference: the median of the rounds' ratios, because what a machine has to give
        changes more from round to round than within one. None for the reference itself and where
        there is none."""
        if server == self.reference or not self.reference or not self.figure.is_compared:
            return None
        return median([answer / base for answer, base in zip(self.rounds[server],
                                                             self.rounds[self.reference])
                       if answer is not None and base])

    def verdict(self, server, target):
        """"reached" or "missed"; nothing for the reference, and where nobody can tell."""
        if target is None or server == self.reference:
            return ""
        measured = self.ratio(server) if target.is_ratio else self.median(server)
        reached = self.figure.reaches(target, measured)
        return "" if reached is None else "reached" if reached else "missed"

    def sense(self, target):
        """The target as "≥ 1.25 × coturn"."""
        sign = "≥" if self.figure.more_is_better else "≤"
        unit = f"× {self.reference}" if target.is_ratio else self.figure.unit.split()[0]
        return f"{sign} {target.bound:g} {unit}"

    def summary(self):
        """By server, for programs that read the JSON."""
        return {server: {"median": self.median(server), "ratio": self.ratio(server),
                         "must": self.verdict(server, self.figure.must),
                         "reach_for": self.verdict(server, self.figure.reach_for)}
                for server in self.rounds}


@dataclass
class Results:
    machine: dict
    command: str
    rounds: int
    seconds: float      # that the run took
    versions: dict      # by server
    findings: list
    remarks: list       # what went otherwise than a reader would expect

    def is_complete(self):
        """Whether everybody answered every question at least once."""
        return all(finding.answers(server) for finding in self.findings for server in finding.rounds)

    def limit_of(self, finding):
        """What the machine itself did, if that was measured, and how it is called."""
        for other in self.findings:
            if finding.figure.limit and other.figure.key == finding.figure.limit:
                (server,) = other.rounds
                return (server, other.median(server)) if other.answers(server) else None
        return None

    def write(self, path):
        findings = [asdict(one) | {"summary": one.summary()} for one in self.findings]
        text = json.dumps(asdict(self) | {"findings": findings}, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    @staticmethod
    def read(path):
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Results(**raw | {"findings": [_read_finding(one) for one in raw["findings"]]})


def _read_finding(raw):
    raw.pop("summary")  # follows from the rest
    targets = {name: Target(**raw["figure"][name]) if raw["figure"][name] else None
               for name in ("must", "reach_for")}
    return Finding(**raw | {"figure": Figure(**raw["figure"] | targets)})


def number(value):
    """As a person reads it."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
