"""The VAE with a part taken away: what each part of the bound is for.

Each function is something to climb, one number, and beside it the two terms of the ELBO, which
are only looked at. Shapes: images (B, D), eps (B, K) -> (), ((B,), (B,)).
"""

import autograd.numpy as np

from vae_np import bernoulli, vae
from vae_np.ops import Array
from vae_np.vae import Model

Terms = tuple[Array, Array]


def squared_error(model: Model, images: Array) -> Array:
    """Squared error of a plain autoencoder, whose code is the posterior mean: (B, D) -> (B,)."""
    code, _ = vae.encode(model, images)
    return np.sum((images - bernoulli.mean(vae.decode(model, code))) ** 2, axis=-1)


def autoencoder(model: Model, images: Array, eps: Array) -> tuple[Array, Terms]:
    """Minus the squared error of a plain autoencoder: no noise, no prior, eps only looked at."""
    return -np.mean(squared_error(model, images)), vae.elbo_terms(model, images, eps)


def without_kl(model: Model, images: Array, eps: Array) -> tuple[Array, Terms]:
    """The log-likelihood alone: the noise costs fidelity, nothing asks for it, and it goes."""
    terms = vae.elbo_terms(model, images, eps)
    return np.mean(terms[0]), terms


def kl_alone(model: Model, images: Array, eps: Array) -> tuple[Array, Terms]:
    """Minus the KL alone: nothing asks for fidelity, and every q(z|x) becomes the prior."""
    terms = vae.elbo_terms(model, images, eps)
    return -np.mean(terms[1]), terms
