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

    The coordinates are the inverse normal CDF at the middles of `steps` equal parts of [0, 1]
    (Kingma & Welling 2014, appendix A). The first runs from left to right, the second upwards.
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
    """The true posterior of an image on a grid around q(z|x), and how far q is from it."""

    across: Array  # (M,)
    down: Array  # (M,)
    log_posterior: Array  # (M²,)
    kl: float  # KL(q(z|x) || p(z|x)) in nats


def posterior(
    model: Model, image: Array, log_evidence: float, steps: int, reach: float = 7
) -> Posterior:
    """p(z|x) = p(x, z) / p(x), on a grid of `steps` cells each way.

    Shapes: image (D,). The grid reaches so many standard deviations of q to either side of its
    mean; what q has beyond is taken to be nothing.
    """
    mean, log_std = (array[0] for array in vae.encode(model, image[None]))
    std = np.exp(log_std)
    across = np.linspace(mean[0] - reach * std[0], mean[0] + reach * std[0], steps)
    down = np.linspace(mean[1] + reach * std[1], mean[1] - reach * std[1], steps)
    points = cells(across, down)
    log_posterior = log_joint(model, image[None], points)[0].astype(np.float64) - log_evidence
    log_q = gaussian.log_prob(points, mean, log_std)
    area = (across[1] - across[0]) * (down[0] - down[1])
    return Posterior(across, down, log_posterior, kl(log_q, log_posterior, area))
