"""What a cache weighs."""

import numpy as np

__all__ = ["cache_bytes"]


def cache_bytes(cache):
    """Bytes of memory that the arrays of a cache keep alive.

    Parameters
    ----------
    cache : array, or tuple, list or dict of such
        What a `forward` returned.  An array that appears twice, or of which the cache holds only a
        view, counts once and whole: that is what stays in memory.
    """
    arrays = list(_arrays(cache))
    if not arrays:
        raise ValueError("cache should hold arrays, got none: pass what a forward returned")
    owners = {id(a): a for a in map(_owner, arrays)}
    return sum(a.nbytes for a in owners.values())


def _arrays(cache):
    if isinstance(cache, np.ndarray):
        yield cache
    elif isinstance(cache, (tuple, list, dict)):
        for part in cache.values() if isinstance(cache, dict) else cache:
            yield from _arrays(part)
    elif cache is not None:
        raise ValueError(
            f"cache should hold arrays, or tuples, lists and dicts of them, got {cache!r:.60}: "
            f"pass what a forward returned"
        )


def _owner(a):
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a
