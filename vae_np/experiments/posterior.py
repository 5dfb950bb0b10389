"""A posterior of its own for every image, climbed to directly: what the encoder's haste costs.

The encoder guesses q(z|x) in one pass for any image. Gradient ascent on the mean and the standard
deviation of one image's q does better; the difference in ELBO is the amortisation gap
(Cremer, Li & Duvenaud 2018). A q with correlations can do better still.
"""

from collections.abc import Callable
from typing import NamedTuple

import autograd.numpy as np
from numpy.random import Generator

from vae_np import adam, bounds, ops, train, vae
from vae_np.experiments import full_gaussian
from vae_np.ops import Array
from vae_np.vae import Model


class Posterior(NamedTuple):
    """q(z|x) = N(mean, L Lᵀ) for each of B images; see `full_gaussian`."""

    mean: Array  # (B, K)
    log_std: Array  # (B, K)
    below: Array  # (B, K, K)


def amortised(model: Model, images: Array) -> Posterior:
    """The encoder's q(z|x), which has no correlations: (B, D)."""
    mean, log_std = vae.encode(model, images)
    return Posterior(mean, log_std, np.zeros((*mean.shape, mean.shape[1]), mean.dtype))


def elbo(model: Model, images: Array, q: Posterior, eps: Array) -> Array:
    """The ELBO in nats, the mean over S draws, one value per image.

    Shapes: images (B, D), eps (B, S, K) -> (B,).
    """
    latents = full_gaussian.sample(*q, eps)
    log_likelihood = np.mean(bounds.log_likelihood(model, images, latents), axis=1)
    return log_likelihood - full_gaussian.kl_from_standard(*q)


def climb(
    model: Model,
    images: Array,
    start: Posterior,
    rng: Generator,
    steps: int,
    correlated: bool,
    draws: int = 8,
    step_size: float = 0.03,
    on_step: Callable[[], None] = lambda: None,
) -> Posterior:
    """The start after some steps of Adam on every image's own ELBO; the decoder stays as it is.

    Shapes: images (B, D). Each step takes the mean over some draws an image, and the step size
    falls to 0 along a line. Without `correlated`, `below` stays as it is.
    """
    shapes = [array.shape for array in start]
    state = adam.init(np.concatenate([array.ravel() for array in start]))
    mask = _free(start, correlated)
    for step in range(steps):
        eps = rng.standard_normal((len(images), draws, shapes[0][1]), dtype=state.theta.dtype)

        def objective(theta, eps=eps):
            return np.sum(elbo(model, images, _unflatten(theta, shapes), eps)), ()

        gradient, _ = train.gradient(objective, state.theta)
        state = adam.update(state, gradient * mask, step_size * (1 - step / steps), out=state)
        on_step()
    return _unflatten(state.theta, shapes)


def _free(start: Posterior, correlated: bool) -> Array:
    """1 for every parameter that may move, 0 for the others."""
    parts = [np.ones_like(start.mean), np.ones_like(start.log_std)]
    parts.append(np.full_like(start.below, float(correlated)))
    return np.concatenate([part.ravel() for part in parts])


def _unflatten(theta: Array, shapes: list[tuple[int, ...]]) -> Posterior:
    parts, first = [], 0
    for shape in shapes:
        last = first + int(np.prod(shape))
        parts.append(ops.view(theta, slice(first, last), shape))
        first = last
    return Posterior(*parts)
