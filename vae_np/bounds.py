"""Bounds on log p(x) from several draws of q(z|x): importance weights and what is made of them."""

import autograd.numpy as np

from vae_np import bernoulli, gaussian, ops, vae
from vae_np.ops import Array
from vae_np.vae import Model


def log_likelihood(model: Model, images: Array, latents: Array) -> Array:
    """log p(x|z) in nats, for S latents of each image.

    Shapes: images (B, D), latents (B, S, K) -> (B, S).
    """
    count, samples, latent_dim = latents.shape
    logits = vae.decode(model, np.reshape(latents, (count * samples, latent_dim)))
    return bernoulli.log_prob(images[:, None], np.reshape(logits, (count, samples, -1)))


def log_prior(latents: Array) -> Array:
    """log p(z) = log N(z; 0, I) in nats: (..., K) -> (...)."""
    return gaussian.log_prob(latents, 0, np.zeros(1, latents.dtype))


def log_weights(
    model: Model, images: Array, eps: Array, q: tuple[Array, Array] | None = None
) -> Array:
    """log p(x, z_s) - log q(z_s|x) in nats, for S draws of each image's posterior.

    Shapes: images (B, D), eps (B, S, K) -> (B, S). The encoder gives q, unless it is given as a
    mean and a log standard deviation, (B, K) each.

        z_s = mean + std · eps_s,    log w_s = log p(x|z_s) + log p(z_s) - log q(z_s|x)

    The mean of log w_s is the first estimator of the ELBO (Kingma & Welling 2014, section 2.3);
    the mean of w_s itself estimates p(x) without bias (Burda et al. 2016, section 3).
    """
    mean, log_std = (np.expand_dims(a, 1) for a in q or vae.encode(model, images))
    latents = gaussian.sample(mean, log_std, eps)
    log_joint = log_likelihood(model, images, latents) + log_prior(latents)
    return log_joint - gaussian.log_prob(latents, mean, log_std)


def importance_weighted(log_weights: Array) -> Array:
    """The k-sample bound on log p(x) in nats, k weights an image: larger is better.

    Shapes: log_weights (B, k) -> (B,).

        L_k = log 1/k Σ_s w_s

    The weights themselves may be too small for a number, as exp(-104) is in single precision, so
    the logarithm of their sum is taken without them.

    On average L_1 is the ELBO, L_k never falls as k grows, and it tends to log p(x)
    (Burda, Grosse & Salakhutdinov 2016, section 3).
    """
    return ops.logsumexp(log_weights) - float(np.log(log_weights.shape[-1]))


def effective_samples(log_weights: Array) -> Array:
    """How many equally weighted draws the weighted ones are worth, between 1 and S.

    Shapes: log_weights (B, S) -> (B,).

        (Σ_s w_s)² / Σ_s w_s²
    """
    return np.exp(2 * ops.logsumexp(log_weights) - ops.logsumexp(2 * log_weights))
