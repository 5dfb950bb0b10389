"""Gaussians whose dimensions are correlated: a diagonal one, plus what lies below the diagonal.

The covariance is L Lᵀ. The Cholesky factor L has std on its diagonal and `below` under it; of
`below` only the entries under the diagonal count.
"""

from collections.abc import Iterable

import autograd.numpy as np

from vae_np import gaussian
from vae_np.ops import Array


def sample(mean: Array, log_std: Array, below: Array, eps: Array) -> Array:
    """Reparameterised draws z = mean + L eps.

    Shapes: mean, log_std (B, K), below (B, K, K), eps (B, S, K) -> (B, S, K).
    """
    diagonal = gaussian.sample(np.expand_dims(mean, 1), np.expand_dims(log_std, 1), eps)
    return diagonal + np.matmul(eps, np.swapaxes(np.tril(below, -1), 1, 2))


def kl_from_standard(mean: Array, log_std: Array, below: Array) -> Array:
    """KL(N(mean, L Lᵀ) || N(0, I)) in nats: what correlation adds to the diagonal's KL.

    Shapes: mean, log_std (B, K), below (B, K, K) -> (B,).

        KL = KL(N(mean, diag(std²)) || N(0, I)) + ½ Σ_{i>j} L_ij²

    since trace(L Lᵀ) sums the squares of all entries of L and det L is the product of std.
    """
    correlation = np.sum(np.tril(below, -1) ** 2, axis=(1, 2))
    return gaussian.kl_from_standard(mean, log_std) + 0.5 * correlation


def covariance(log_std: Array, below: Array) -> Array:
    """L Lᵀ: (B, K), (B, K, K) -> (B, K, K)."""
    factor = np.tril(below, -1) + np.exp(log_std)[:, :, None] * np.eye(log_std.shape[1])
    return factor @ np.swapaxes(factor, 1, 2)


def box(gaussians: Iterable[tuple[Array, Array]], reach: float) -> tuple[Array, Array]:
    """The least box that holds all of them up to so many standard deviations.

    Shapes: each a mean (K,) and a covariance (K, K) -> (K,), (K,), its lowest and highest corner.
    """
    margins = [(mean, reach * np.sqrt(np.diag(covariance))) for mean, covariance in gaussians]
    low = np.min([mean - margin for mean, margin in margins], axis=0)
    return low, np.max([mean + margin for mean, margin in margins], axis=0)
