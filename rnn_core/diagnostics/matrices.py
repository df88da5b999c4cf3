"""Numbers that say what a matrix can do to a vector."""

import numpy as np

from ..shapes import as_array, as_int, as_positive


def spectral_radius(W):
    """The largest absolute value of an eigenvalue: how fast W^n grows for large n."""
    return float(np.abs(np.linalg.eigvals(_square(W))).max())


def spectral_norm(W):
    """||W||_2, the largest singular value: the most by which W can lengthen one vector."""
    return float(np.linalg.norm(_square(W), 2))


def with_radius(W, radius):
    """W times a number, such that its spectral radius is `radius`."""
    now = spectral_radius(W)
    if now < 1e-6 * spectral_norm(W) or now == 0:  # zero, but for the rounding of eigenvalues
        raise ValueError(
            f"W should have an eigenvalue other than 0, got spectral radius {now:.1e}: "
            f"no factor gives it another"
        )
    return as_array("W", W, "H H") * (as_positive("radius", radius, zero=True) / now)


def orthogonal(size, rng):
    """A random matrix (size, size) that turns and mirrors: every vector keeps its length.

    Every such matrix is equally likely (Stewart 1980: QR of a Gaussian matrix, signs of R's
    diagonal moved into Q).
    """
    size = as_int("size", size)
    Q, R = np.linalg.qr(rng.normal(size=(size, size)))
    return Q * np.sign(np.diag(R))


def angle(u, v):
    """The angle between two arrays of one shape, in degrees: 0 when they point the same way."""
    u, v = as_array("u", u, "..."), as_array("v", v, "...")
    if u.shape != v.shape:
        raise ValueError(
            f"v should have the shape of u, {u.shape}, got {v.shape}: compare like with like"
        )
    u, v = _unit("u", u.ravel()), _unit("v", v.ravel())
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))))


def _unit(name, v):
    largest = np.abs(v).max()
    if largest == 0:
        raise ValueError(f"{name} should point somewhere, got only zeros: they have no direction")
    v = v / largest  # first, so that squares neither overflow nor vanish
    return v / np.linalg.norm(v)


def _square(W):
    W = as_array("W", W, "H H")
    return as_array("W", W, "H H", H=len(W))
