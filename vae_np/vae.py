"""The variational autoencoder on one page: encode, sample, decode, bound.

    images x -> encoder -> q(z|x) -> z -> decoder -> p(x|z)
                             |                          |
                             +--- KL to the prior       +--- log-likelihood of x

The prior is p(z) = N(0, I), the approximate posterior q(z|x) is a diagonal Gaussian, and the pixels
of p(x|z) are independent Bernoulli variables (Kingma & Welling 2014, section 3, appendix C.1).
"""

from typing import NamedTuple

import autograd.numpy as np

from vae_np import bernoulli, gaussian, mlp, ops
from vae_np.mlp import Params
from vae_np.ops import Activation, Array


class Model(NamedTuple):
    """A VAE's two perceptrons: encoder D -> ... -> 2K, decoder K -> ... -> D."""

    encoder: Params
    decoder: Params
    activation: Activation = ops.tanh


def encode(model: Model, images: Array) -> tuple[Array, Array]:
    """Mean and log standard deviation of q(z|x): the two halves of the encoder's output.

    Shapes: images (B, D) -> (B, K), (B, K).
    """
    return ops.halves(mlp.predict(model.encoder, images, model.activation))


def decode(model: Model, latents: Array) -> Array:
    """Logits of the pixels of p(x|z).

    Shapes: latents (B, K) -> (B, D).
    """
    return mlp.predict(model.decoder, latents, model.activation)


def elbo_terms(model: Model, images: Array, eps: Array) -> tuple[Array, Array]:
    """The evidence lower bound's terms in nats: log p(x|z), z drawn from q(z|x), and KL(q || p(z)).

    Shapes: images (B, D), eps (B, K) -> (B,), (B,).

        z = mean + std · eps,    ELBO = E_q[log p(x|z)] - KL(q(z|x) || p(z)) ≤ log p(x)

    The first term is estimated with one draw, the second is exact: the second estimator of
    Kingma & Welling 2014, section 2.3.
    """
    mean, log_std = encode(model, images)
    latents = gaussian.sample(mean, log_std, eps)
    logits = decode(model, latents)
    return bernoulli.log_prob(images, logits), gaussian.kl_from_standard(mean, log_std)


def elbo(log_likelihood: Array, kl: Array) -> Array:
    """The evidence lower bound in nats per image, the mean over the batch: larger is better.

    Shapes: log_likelihood (B,), kl (B,) -> ().
    """
    return np.mean(log_likelihood - kl)


def generate(model: Model, latents: Array) -> Array:
    """Pixel probabilities of the images that the decoder makes of draws from the prior.

    Shapes: latents (B, K) -> (B, D), values in [0, 1].
    """
    return bernoulli.mean(decode(model, latents))


def reconstruct(model: Model, images: Array, eps: Array) -> Array:
    """Pixel probabilities decoded from one draw of q(z|x), made from standard normal noise eps.

    Shapes: images (B, D), eps (B, K) -> (B, D), values in [0, 1].
    """
    latents = gaussian.sample(*encode(model, images), eps)
    return generate(model, latents)


def interpolate(model: Model, first: Array, second: Array, steps: int = 25) -> Array:
    """Pixel probabilities along the line from the first image's posterior mean to the second's.

    Shapes: first (D,), second (D,) -> (steps, D), values in [0, 1].

        z_s = (1 - s) mean(first) + s mean(second),    s = 0, 1/(steps - 1), ..., 1
    """
    mean, _ = encode(model, np.stack([first, second]))
    s = np.linspace(0, 1, steps, dtype=mean.dtype)[:, None]
    return generate(model, (1 - s) * mean[0] + s * mean[1])
