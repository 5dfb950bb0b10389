"""The linear-Gaussian latent variable model, in which every quantity of a VAE is exact.

    p(z) = N(0, I),    p(x|z) = N(W z + mean, σ² I)

This is probabilistic PCA (Tipping & Bishop 1999). Its evidence and posterior are Gaussian, so it
answers, by an independent route, what a VAE can only bound or sample.
"""

from typing import NamedTuple

import numpy as np

from vae_np import bounds, gaussian
from vae_np.experiments.pca import PCA
from vae_np.ops import Array


class Model(NamedTuple):
    """The decoder: a linear map with noise."""

    weights: Array  # (D, K)
    mean: Array  # (D,)
    std: float


def from_pca(pca: PCA) -> Model:
    """The maximum likelihood model of the images that a PCA was fitted to.

    σ² is the mean of the variances left out, and W the components times √(variance - σ²)
    (Tipping & Bishop 1999).
    """
    latent_dim = len(pca.components)
    noise = pca.variances[latent_dim:].mean()
    scale = np.sqrt(pca.variances[:latent_dim] - noise)
    return Model(pca.components.T * scale, pca.mean, float(np.sqrt(noise)))


def log_prob(model: Model, points: Array) -> Array:
    """log p(x) in nats, x ~ N(mean, W Wᵀ + σ² I): (B, D) -> (B,)."""
    dimension = len(model.mean)
    covariance = model.weights @ model.weights.T + model.std**2 * np.eye(dimension)
    centred = points - model.mean
    _, log_determinant = np.linalg.slogdet(covariance)
    distance = np.sum(centred * np.linalg.solve(covariance, centred.T).T, axis=1)
    return -0.5 * (distance + log_determinant + dimension * gaussian.LOG_2PI)


def posterior(model: Model, points: Array) -> tuple[Array, Array]:
    """Mean and covariance of p(z|x), which has the same covariance for every x.

    Shapes: points (B, D) -> (B, K), (K, K).

        M = WᵀW + σ² I,    p(z|x) = N(M⁻¹ Wᵀ (x - mean), σ² M⁻¹)

    (Tipping & Bishop 1999.)
    """
    latent_dim = model.weights.shape[1]
    M = model.weights.T @ model.weights + model.std**2 * np.eye(latent_dim)
    mean = np.linalg.solve(M, model.weights.T @ (points - model.mean).T).T
    return mean, model.std**2 * np.linalg.inv(M)


def log_joint(model: Model, points: Array, latents: Array) -> Array:
    """log p(x, z) in nats: (..., D), (..., K) -> (...)."""
    expected = latents @ model.weights.T + model.mean
    log_likelihood = gaussian.log_prob(points, expected, np.log(model.std))
    return log_likelihood + bounds.log_prior(latents)


def elbo_terms(model: Model, points: Array, mean: Array, covariance: Array) -> tuple[Array, Array]:
    """E_q[log p(x|z)] and KL(q || p(z)) in nats, q = N(mean, covariance), without sampling.

    Shapes: points (B, D), mean (B, K), covariance (K, K) -> (B,), (B,).

        E_q |x - W z - mean_x|² = |x - W mean_q - mean_x|² + trace(W covariance Wᵀ)
    """
    dimension, latent_dim = model.weights.shape
    error = points - mean @ model.weights.T - model.mean
    spread = np.trace(model.weights @ covariance @ model.weights.T)
    squared = (np.sum(error**2, axis=1) + spread) / model.std**2
    log_likelihood = -0.5 * (squared + dimension * (2 * np.log(model.std) + gaussian.LOG_2PI))
    kl = gaussian_kl(mean, covariance, np.zeros_like(mean), np.eye(latent_dim))
    return log_likelihood, kl


def gaussian_kl(mean: Array, covariance: Array, other_mean: Array, other: Array) -> Array:
    """KL(N(mean, covariance) || N(other_mean, other)) in nats.

    Shapes: means (B, K), covariances (K, K) -> (B,).
    """
    gap = other_mean - mean
    distance = np.sum(gap * np.linalg.solve(other, gap.T).T, axis=1)
    trace = np.trace(np.linalg.solve(other, covariance))
    logs = np.linalg.slogdet(other)[1] - np.linalg.slogdet(covariance)[1]
    return 0.5 * (distance + trace - len(covariance) + logs)
