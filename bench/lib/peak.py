"""The highest rate that a server carries."""

# Below this share of lost packets a rate counts as carried.
_CARRIED = 0.001
# Less than this share of the wanted rate, and the generator is the one that cannot.
_OFFERED = 0.97
_FIRST_RATE, _LOWEST_RATE, _RESOLUTION = 100_000, 5_000, 0.04


def find_peak(sprayer, seconds):
    """Packets per second that arrive while less than 0.1 % is lost: doubled until too much, then
    approached in halves. A rate that is not carried gets a second chance, for what else the machine
    did in that moment."""
    peak, low, high, rate = 0.0, 0.0, None, _FIRST_RATE
    while rate >= _LOWEST_RATE and (high is None or high - low > _RESOLUTION * high):
        passage = sprayer.send(rate, seconds)
        if passage.loss >= _CARRIED:
            passage = sprayer.send(rate, seconds)
        if passage.loss < _CARRIED:
            peak, low = max(peak, passage.delivered), rate
            if passage.offered < _OFFERED * rate:
                break
        else:
            high = rate
        rate = 2 * low if high is None else (low + high) / 2
    return peak
