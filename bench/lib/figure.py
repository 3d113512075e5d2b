"""What is asked: figures, and what they should reach."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A bound for a figure itself, or for its ratio to that of the reference."""
    bound: float
    is_ratio: bool = True


def times(bound):
    return Target(bound)


def plain(bound):
    return Target(bound, is_ratio=False)


@dataclass(frozen=True)
class Figure:
    key: str
    title: str
    unit: str
    more_is_better: bool = True
    must: Target | None = None
    reach_for: Target | None = None
    limit: str = ""             # key of the figure that says what the machine itself could do
    is_compared: bool = True    # with the reference

    def reaches(self, target, measured):
        """Whether that ratio, or that figure, does; None where nobody can tell."""
        if measured is None:
            return None
        return measured >= target.bound if self.more_is_better else measured <= target.bound


def median(answers):
    return statistics.median(answers) if answers else None
