"""What happens to a gradient on its way back, measured."""

from .flow import carry_back, contributions, gradient_norms, norm_bound, saturation, step_jacobians
from .matrices import angle, orthogonal, spectral_norm, spectral_radius, with_radius
from .memory import cache_bytes

__all__ = [
    "angle",
    "cache_bytes",
    "carry_back",
    "contributions",
    "gradient_norms",
    "norm_bound",
    "orthogonal",
    "saturation",
    "spectral_norm",
    "spectral_radius",
    "step_jacobians",
    "with_radius",
]
