"""How far a long run is."""

import sys
import time

_WIDTH = 118


class Progress:
    """One line on a terminal that is written over; a line each elsewhere."""

    def __init__(self, total):
        self._total, self._done, self._begun = total, 0, time.monotonic()

    def step(self, words):
        share = self._done / self._total
        left = self._seconds() / share - self._seconds() if share > 0.05 else None
        bar = ("#" * round(30 * share)).ljust(30, "·")
        left_words = f", {left:.0f} s left" if left is not None else ""
        line = f"[{bar}] {100 * share:3.0f} %{left_words}  {words}"
        end = "\r" if sys.stderr.isatty() else "\n"
        print(line[:_WIDTH].ljust(_WIDTH), end=end, file=sys.stderr, flush=True)
        self._done += 1

    def close(self):
        """Returns the seconds that it took."""
        if sys.stderr.isatty():
            print(" " * _WIDTH, end="\r", file=sys.stderr)
        return self._seconds()

    def _seconds(self):
        return time.monotonic() - self._begun
