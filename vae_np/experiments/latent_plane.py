"""A two-dimensional latent space: small enough to tile, to draw and to integrate over."""

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, ndtri

from vae_np import bernoulli, bounds, gaussian, vae
from vae_np.ops import Array
from vae_np.vae import Model

BLOCK = 2_000  # points that are decoded at once


def manifold(steps: int) -> Array:
    """Latents whose coordinates cut the prior into equal shares, row by row from the top left.

    Shapes: -> (steps², 2).

        ticks_i = Φ⁻¹((i + ½) / steps),    i = 0, 1, ..., steps - 1

    Φ⁻¹ is the inverse normal CDF, and its arguments are the middles of equal parts of [0, 1]
    (Kingma & Welling 2014, appendix A). The first coordinate runs from left to right, the second
    upwards.
    """
    ticks = ndtri((np.arange(steps) + 0.5) / steps)
    return cells(ticks, ticks[::-1])


def cells(across: Array, down: Array) -> Array:
    """All points with one coordinate of each axis, row by row: (M,), (N,) -> (N M, 2)."""
    first, second = np.meshgrid(across, down)
    return np.stack([first.ravel(), second.ravel()], axis=1)


def log_joint(model: Model, images: Array, latents: Array) -> Array:
    """log p(x, z) in nats of some images at many points of the plane: (N, D), (M, 2) -> (N, M)."""
    latents = latents.astype(images.dtype)
    columns = []
    for first in range(0, len(latents), BLOCK):
        logits = vae.decode(model, latents[first : first + BLOCK])
        columns.append(np.stack([bernoulli.log_prob(image, logits) for image in images]))
    return np.concatenate(columns, axis=1) + bounds.log_prior(latents)


def log_evidence(model: Model, images: Array, steps: int, reach: float = 5) -> Array:
    """log p(x) in nats by a sum over the whole plane, of `steps` cells each way: (N, D) -> (N,)."""
    ticks = np.linspace(-reach, reach, steps)
    joint = log_joint(model, images, cells(ticks, ticks))
    return np.array([log_integral(values, (ticks[1] - ticks[0]) ** 2) for values in joint])


def log_integral(log_values: Array, area: float) -> float:
    """log ∫ f by the sum of f over a grid whose cells have this area: (N,) -> ()."""
    return float(logsumexp(log_values.astype(np.float64)) + np.log(area))


def kl(log_q: Array, log_p: Array, area: float) -> float:
    """KL(q || p) in nats by a sum over a grid: log densities (N,), (N,) -> ()."""
    return float(np.sum(np.exp(log_q) * (log_q - log_p)) * area)


class Posterior(NamedTuple):
    """log p(z|x) on a grid over a part of the plane."""

    across: Array  # (M,)
    down: Array  # (M,), from the top
    log_density: Array  # (M²,)


def posterior(
    model: Model, image: Array, log_evidence: float, low: Array, high: Array, steps: int
) -> Posterior:
    """p(z|x) = p(x, z) / p(x) over the rectangle from low to high, of `steps` cells each way.

    Shapes: image (D,), low (2,), high (2,).
    """
    across, down = np.linspace(low[0], high[0], steps), np.linspace(high[1], low[1], steps)
    joint = log_joint(model, image[None], cells(across, down))[0]
    return Posterior(across, down, joint.astype(np.float64) - log_evidence)


def kl_of_encoder(
    model: Model, image: Array, log_evidence: float, steps: int, reach: float = 7
) -> float:
    """KL(q(z|x) || p(z|x)) in nats: (D,) -> ().

    The grid reaches so many standard deviations of q to either side of its mean; what q has
    beyond is taken to be nothing.
    """
    mean, log_std = (array[0] for array in vae.encode(model, image[None]))
    margin = reach * np.exp(log_std)
    grid = posterior(model, image, log_evidence, mean - margin, mean + margin, steps)
    log_q = gaussian.log_prob(cells(grid.across, grid.down), mean, log_std)
    area = (grid.across[1] - grid.across[0]) * (grid.down[0] - grid.down[1])
    return kl(log_q, grid.log_density, area)
