"""Numbers that say what a matrix can do to a vector."""

import numpy as np

from ..norms import length, power_of_two, scaled
from ..shapes import SIDE, as_array, as_int, as_positive, as_rng, check_shape

__all__ = ["angle", "orthogonal", "spectral_norm", "spectral_radius", "with_radius"]


def spectral_radius(W):
    """The largest absolute value of an eigenvalue: how fast W^n grows for large n."""
    (W,), exponent = scaled(_square(W))
    return power_of_two(np.abs(np.linalg.eigvals(W)).max(), exponent)


def spectral_norm(W):
    """||W||_2, the largest singular value: the most by which W can lengthen one vector."""
    (W,), exponent = scaled(_square(W))
    return power_of_two(np.linalg.norm(W, 2), exponent)


def with_radius(W, radius):
    """W times a number, such that its spectral radius is `radius`."""
    radius, W = as_positive("radius", radius, zero=True), _square(W)
    (unit,), _ = scaled(W)  # a factor of W changes nothing of the result
    now = spectral_radius(unit)
    if now < 1e-6 * spectral_norm(unit) or now == 0:  # zero, but for the rounding of eigenvalues
        raise ValueError(
            f"W should have an eigenvalue other than 0, got spectral radius "
            f"{spectral_radius(W):.1e}: "
            f"no factor gives it another"
        )
    return (unit * (radius / now)).astype(W.dtype)


def orthogonal(size, rng):
    """A random matrix (size, size) that turns and mirrors: every vector keeps its length.

    Every such matrix is equally likely (Stewart 1980: QR of a Gaussian matrix, signs of R's
    diagonal moved into Q).
    """
    size, rng = as_int("size", size, most=SIDE), as_rng(rng)
    Q, R = np.linalg.qr(rng.normal(size=(size, size)))
    return Q * np.sign(np.diag(R))


def angle(u, v):
    """The angle between two arrays of one shape, in degrees: 0 when they point the same way."""
    u, v = as_array("u", u, "...", real=True), as_array("v", v, "...", real=True)
    if u.shape != v.shape:
        raise ValueError(
            f"v should have the shape of u, {u.shape}, got {v.shape}: compare like with like"
        )
    u, v = _unit("u", u.ravel()), _unit("v", v.ravel())
    return float(np.degrees(2 * np.arctan2(length(u - v), length(u + v))))


def _unit(name, v):
    largest = np.abs(v).max()
    if largest == 0:
        raise ValueError(f"{name} should point somewhere, got only zeros: they have no direction")
    (v,), _ = scaled(v)
    return v / length(v)


def _square(W):
    W = as_array("W", W, "H H", real=True)
    check_shape("W", W, "H H", H=len(W))
    return W if W.itemsize <= 8 else W.astype(np.float64)  # LAPACK knows no longer numbers
