"""A two-dimensional latent space: small enough to tile, to draw and to integrate over."""

import numpy as np
from scipy.special import logsumexp, ndtri

from vae_np import bounds, gaussian
from vae_np.ops import Array
from vae_np.vae import Model


def manifold(steps: int) -> Array:
    """Latents whose coordinates cut the prior into equal shares, row by row from the top left.

    Shapes: -> (steps², 2).

    The coordinates are the inverse normal CDF at the middles of `steps` equal parts of [0, 1]
    (Kingma & Welling 2014, appendix A). The first runs from left to right, the second upwards.
    """
    ticks = ndtri((np.arange(steps) + 0.5) / steps)
    return cells(ticks, ticks[::-1])


def cells(across: Array, down: Array) -> Array:
    """All points with one coordinate of each axis, row by row: (M,), (N,) -> (N M, 2)."""
    first, second = np.meshgrid(across, down)
    return np.stack([first.ravel(), second.ravel()], axis=1)


def log_joint(model: Model, image: Array, latents: Array, block: int = 2_000) -> Array:
    """log p(x, z) in nats at many points of the plane: (D,), (N, 2) -> (N,)."""
    latents = latents.astype(image.dtype)
    values = []
    for first in range(0, len(latents), block):
        part = latents[None, first : first + block]
        values.append(bounds.log_likelihood(model, image[None], part)[0])
    return np.concatenate(values) + gaussian.log_prob(latents, 0, 0)


def log_integral(log_values: Array, area: float) -> float:
    """log ∫ f by the sum of f over a grid whose cells have this area: (N,) -> ()."""
    return float(logsumexp(log_values.astype(np.float64)) + np.log(area))


def kl(log_q: Array, log_p: Array, area: float) -> float:
    """KL(q || p) in nats by a sum over a grid: log densities (N,), (N,) -> ()."""
    return float(np.sum(np.exp(log_q) * (log_q - log_p)) * area)
