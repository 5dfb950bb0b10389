"""Arithmetic with latents: what an attribute adds to an image, as one vector."""

import numpy as np

from vae_np.ops import Array


def attribute_vector(latents: Array, has: Array, lacks: Array, labels: Array) -> Array:
    """Mean latent with an attribute minus mean latent without, digit by digit, then averaged.

    Shapes: latents (N, K), has and lacks (N,) of bool, labels (N,) -> (K,).

        v = 1/M Σ_d (mean of z where d has it - mean of z where d lacks it),    d of M digits

    Taken within each digit, the vector does not point from one digit to another when the
    attribute is more common in one. Digits that lack one of the two groups do not count. Raises
    ValueError if no digit has both.
    """
    differences = [
        latents[has & (labels == label)].mean(axis=0)
        - latents[lacks & (labels == label)].mean(axis=0)
        for label in np.unique(labels)
        if np.any(has & (labels == label)) and np.any(lacks & (labels == label))
    ]
    if not differences:
        raise ValueError("has and lacks: expected a label with images of both kinds, found none")
    return np.mean(differences, axis=0)


def extremes(values: Array, labels: Array, share: float = 0.25) -> tuple[Array, Array]:
    """Which images are in the upper and in the lower share of their digit: (N,) -> (N,), (N,)."""
    high, low = np.zeros(len(values), bool), np.zeros(len(values), bool)
    for label in np.unique(labels):
        here = labels == label
        high[here] = values[here] >= np.quantile(values[here], 1 - share)
        low[here] = values[here] <= np.quantile(values[here], share)
    return high, low


def add(latents: Array, vector: Array, strengths: Array) -> Array:
    """Latents with a vector added at several strengths: (B, K), (K,), (S,) -> (B, S, K)."""
    return latents[:, None] + strengths[:, None] * vector
