"""Slips that need no library: a whole number too large or too small, the sign, axes exchanged."""

import itertools

import numpy as np

from ..words import t
from .compare import TINY, bare, length, listed, same, sizes


def slip(exercise, gots, wants):
    """(name, words) if all that is wrong is wrong by one whole factor, a sign, or two axes."""
    found = _scaled(exercise, gots, wants)
    if found:
        return found
    wrong = [
        (name, g.get(name), w[name])
        for g, w in zip(gots, wants, strict=True)
        for name in w
        if name not in g or not same(g[name], w[name], exercise.tol)
    ]
    crossed = [
        name
        for name, got, want in wrong
        if got is not None
        and got.ndim == want.ndim >= 2
        and same(got.swapaxes(0, 1), want, exercise.tol)
    ]
    if wrong and len(crossed) == len(wrong):
        names = listed(dict.fromkeys(bare(n) for n in crossed))
        return "axes exchanged", t(
            "The first two axes of {names} are exchanged: transpose it.", names=names
        )
    return None


def _scaled(exercise, gots, wants):
    factors, names = [], []
    for got, want in zip(gots, wants, strict=True):
        here = []
        for name in want:
            if name not in got:
                return None
            if same(got[name], want[name], exercise.tol):
                continue
            factor = _factor(got[name], want[name], exercise.tol)
            if factor is None or (here and abs(factor / here[0] - 1) > 1e-4):
                return None
            here.append(factor)
            names.append(bare(name))
        factors.append(here[0] if here else None)
    seen = [(f, sizes(w)) for f, w in zip(factors, wants, strict=True) if f is not None]
    alone = all(array.ndim == 0 for want in wants for array in want.values())
    if not seen or (alone and len(seen) < 2):
        return None
    return _said(list(dict.fromkeys(names)), seen)


def _factor(got, want, tol):
    """c where got = c want with c or 1/c whole (or -1), else None."""
    if got.shape != want.shape or want.dtype.kind != "f" or got.dtype.kind not in "fiu":
        return None
    got, want = got.astype(np.float64), want.astype(np.float64)
    with np.errstate(all="ignore"):
        size = length(want)
        if not np.isfinite(got).all() or not TINY <= size < np.inf:
            return None
        c = float(np.vdot(want, got) / size**2)
        if c == 0 or not length(got - c * want) <= 10 * tol * abs(c) * size:
            return None
    whole = abs(c) if abs(c) >= 1 else 1 / abs(c)
    if not whole < 1e6 or abs(whole - round(whole)) >= 1e-3:
        return None
    return c if (c > 0 and round(whole) >= 2) or (c < 0 and round(whole) == 1) else None


def _said(names, seen):
    """Words for the factors of the cases that were wrong: one number, or a product of sizes."""
    what, first = listed(names), seen[0][0]
    if all(abs(c + 1) < 1e-3 for c, _ in seen):
        return "sign", t("Right but for the sign: {names}. Look for a lost minus.", names=what)
    letters = _letters_of(seen)
    if any((c > 1) != (first > 1) for c, _ in seen):
        return None
    if letters is None and any(abs(c / first - 1) > 1e-3 for c, _ in seen):
        return None
    number = round(abs(first) if abs(first) >= 1 else 1 / abs(first))
    reason = t(" ({number} = {letters} here)", number=number, letters=letters) if letters else ""
    size = (
        t("Exactly {number} times too large", number=number)
        if abs(first) > 1
        else t("Exactly {number} times too small", number=number)
    )
    return "normalization", t(
        "{size}{reason}, in every entry of {names}: the direction is right and the normalization "
        "is not. Look for a mean that should be a sum, or a sum that should be a mean.",
        size=size, reason=reason, names=what,
    )  # fmt: skip


def _letters_of(seen):
    """The product of sizes that explains the factor in every case, such as ``"N * T"``."""
    known = sorted(set.intersection(*(set(s) for _, s in seen)))
    values = [abs(c) if abs(c) >= 1 else 1 / abs(c) for c, _ in seen]
    for count in (1, 2, 3):
        for letters in itertools.combinations(known, count):
            products = [np.prod([s[a] for a in letters]) for _, s in seen]
            if all(abs(v / p - 1) < 1e-3 for v, p in zip(values, products, strict=True)):
                return " * ".join(letters)
    return None
