"""How good a trained model is: the bound over a whole set, log p(x), and which latents are used.

All of it runs in blocks, in memory that does not grow with the number of images or samples.
"""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator

from vae_np import bounds, gaussian, objectives, vae
from vae_np.ops import Array
from vae_np.vae import Model

BLOCK = 1_000  # rows that go through a perceptron at once
ACTIVE_VARIANCE = 0.01  # Burda et al. 2016, section 5


def _blocks(images: Array, size: int) -> Iterator[Array]:
    if len(images) == 0:
        raise ValueError("images is empty: expected at least one image to evaluate")
    for start in range(0, len(images), size):
        yield images[start : start + size]


def elbo_terms(
    model: Model, images: Array, rng: Generator, objective: objectives.Value = objectives.elbo
) -> tuple[Array, Array]:
    """The two terms of the bound in nats, one value per image, with one draw of q(z|x) each.

    Shapes: images (N, D), already binarised -> (N,), (N,). The objective decides what p(x|z) is.
    """
    dtype, latent_dim = _kind(model)
    terms = [
        objective(
            model, block.astype(dtype), rng.standard_normal((len(block), latent_dim), dtype=dtype)
        )[1]
        for block in _blocks(images, BLOCK)
    ]
    log_likelihood, kl = zip(*terms, strict=True)
    return np.concatenate(log_likelihood), np.concatenate(kl)


def log_prob(model: Model, images: Array, samples: int, rng: Generator) -> Array:
    """log p(x) in nats by importance sampling, one value per image.

    Shapes: images (N, D), already binarised -> (N,).

        log p(x) ≈ log 1/S Σ_s p(x|z_s) p(z_s) / q(z_s|x),    z_s ~ q(z|x)

    On average the estimate is too low, the less so the more samples S there are
    (Burda, Grosse & Salakhutdinov 2016, sections 3 and 5).
    """
    if samples < 1:
        raise ValueError(f"samples is {samples}: expected one or more")
    dtype, latent_dim = _kind(model)
    at_once = min(samples, BLOCK)
    values = []
    for block in _blocks(images, BLOCK // at_once):
        targets, pieces = block.astype(dtype), []
        for first in range(0, samples, at_once):
            shape = len(block), min(at_once, samples - first), latent_dim
            eps = rng.standard_normal(shape, dtype=dtype)
            pieces.append(bounds.log_weights(model, targets, eps))
        values.append(bounds.importance_weighted(np.concatenate(pieces, axis=1)))
    return np.concatenate(values)


def posterior(model: Model, images: Array) -> tuple[Array, Array]:
    """Mean and log standard deviation of q(z|x) for a whole set: (N, D) -> (N, K), (N, K)."""
    dtype, _ = _kind(model)
    means, log_stds = zip(
        *(vae.encode(model, block.astype(dtype)) for block in _blocks(images, BLOCK)), strict=True
    )
    return np.concatenate(means), np.concatenate(log_stds)


def active_units(mean: Array) -> Array:
    """Which latents are used: the variance of their posterior mean over images exceeds 0.01.

    Shapes: mean (N, K) -> (K,) of bool. (Burda, Grosse & Salakhutdinov 2016, section 5.)
    """
    return np.var(mean, axis=0) > ACTIVE_VARIANCE


def kl_per_latent(mean: Array, log_std: Array) -> Array:
    """The KL term of each latent in nats, averaged over the images: (N, K), (N, K) -> (K,)."""
    return np.mean(gaussian.kl_from_standard(mean[..., None], log_std[..., None]), axis=0)


def _kind(model: Model) -> tuple[np.dtype, int]:
    W, _ = model.decoder[0]
    return W.dtype, len(W)
