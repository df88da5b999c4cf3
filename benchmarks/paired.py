"""Times of several callables, taken in turns, and the spread of their ratios."""

import time

import numpy as np


def times(calls, rounds):
    """Seconds, (rounds, len(calls)): each round runs every call once, beginning at another one."""
    for call in calls:
        call()
        call()
    taken = np.empty((rounds, len(calls)))
    for r in range(rounds):
        for i in np.roll(np.arange(len(calls)), r):
            start = time.perf_counter()
            calls[i]()
            taken[r, i] = time.perf_counter() - start
    return taken


def ratio(above, below):
    """Median and quartiles of the ratios within each round."""
    low, middle, high = np.percentile(above / below, [25, 50, 75])
    return {"median": round(middle, 3), "low": round(low, 3), "high": round(high, 3)}


def rounds_for(call, seconds):
    """How many rounds fit into the time, at least 7."""
    call()
    start = time.perf_counter()
    call()
    return max(7, min(2000, int(seconds / max(time.perf_counter() - start, 1e-6))))
