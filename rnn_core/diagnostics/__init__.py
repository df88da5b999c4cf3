"""What happens to a gradient on its way back, measured."""

from .flow import carry_back, contributions, gradient_norms, norm_bound, saturation, step_jacobians
from .matrices import angle, orthogonal, spectral_norm, spectral_radius, with_radius
from .memory import cache_bytes
from .truncation import cosine_and_ratio, input_gradients, share_through, truncation_bias

__all__ = [
    "angle",
    "cache_bytes",
    "carry_back",
    "contributions",
    "cosine_and_ratio",
    "gradient_norms",
    "input_gradients",
    "norm_bound",
    "orthogonal",
    "saturation",
    "share_through",
    "spectral_norm",
    "spectral_radius",
    "step_jacobians",
    "truncation_bias",
    "with_radius",
]
