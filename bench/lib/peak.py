"""The highest rate that a server carries."""

from contextlib import ExitStack

# Below this share of lost packets a rate counts as carried.
_CARRIED = 0.001
# Less than this share of the wanted rate, and the generator is the one that cannot.
_OFFERED = 0.97
# How near two rates are that need nothing between them, as a share of the higher one.
RESOLUTION = 0.05
_FIRST_RATE, _HIGHEST_RATE, _MOST_TRIES = 100_000, 3_200_000, 12


def find_peak(open_sprayer, seconds, resolution=RESOLUTION):
    """Packets per second that arrive while less than 0.1 % is lost: doubled until too much, then
    approached in halves. `open_sprayer` makes a context manager for a Sprayer on a
    fresh server."""
    peak, low, high, rate = 0.0, 0.0, 2.0 * _HIGHEST_RATE, _FIRST_RATE
    with _Candidate(open_sprayer, seconds) as candidate:
        for _ in range(_MOST_TRIES):
            passage = candidate.try_rate(rate)
            if passage.loss < _CARRIED:
                peak, low = max(peak, passage.delivered), max(low, passage.offered)
            else:
                high = min(high, passage.offered)
            if high - low < resolution * high or rate >= _HIGHEST_RATE:
                break
            rate = 2 * rate if high > _HIGHEST_RATE else (low + high) / 2
    return peak


class _Candidate:
    """Starts anew after a rate that it did not carry: not every server recovers from one."""

    def __init__(self, open_sprayer, seconds):
        self._open_sprayer, self._seconds = open_sprayer, seconds
        self._stack, self._sprayer = ExitStack(), None

    def __enter__(self):
        self._renew()
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def try_rate(self, rate):
        """A ForwardContext. A rate that is not carried, or not even offered, gets a second chance: in that
        moment the machine may have done something else."""
        passage = self._sprayer.send(rate, self._seconds)
        if passage.loss >= _CARRIED or passage.offered < _OFFERED * rate:
            self._renew()
            passage = self._sprayer.send(rate, self._seconds)
        if passage.loss >= _CARRIED:
            self._renew()
        return passage

    def _renew(self):
        self._stack.close()
        self._sprayer = self._stack.enter_context(self._open_sprayer())
