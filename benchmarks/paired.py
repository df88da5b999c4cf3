"""Times of several callables, taken in turns, and the spread of their ratios."""

import time

import numpy as np

LEAST = 0.005  # seconds of one sample: a training, too, does the same step again and again


def times(calls, rounds):
    """Seconds per call, (rounds, len(calls)): each round runs every call in turn, beginning at
    another one, and short calls as often as fills a sample."""
    repeats = [repeats_for(call) for call in calls]
    taken = np.empty((rounds, len(calls)))
    for r in range(rounds):
        for i in np.roll(np.arange(len(calls)), r):
            start = time.perf_counter()
            for _ in range(repeats[i]):
                calls[i]()
            taken[r, i] = (time.perf_counter() - start) / repeats[i]
    return taken


def repeats_for(call):
    """How many calls make a sample; the first two, which are slower, are not counted."""
    call()
    call()
    start = time.perf_counter()
    call()
    return max(1, int(LEAST / max(time.perf_counter() - start, 1e-6)))


def ratio(above, below):
    """Median and quartiles of the ratios within each round."""
    low, middle, high = np.percentile(above / below, [25, 50, 75])
    return {"median": round(middle, 3), "low": round(low, 3), "high": round(high, 3)}


def rounds_for(calls, seconds):
    """How many rounds of `times` fit into the time, at least 7."""
    one = sum(max(LEAST, took) for took in times(calls, 1)[0])
    return max(7, int(seconds / one))
