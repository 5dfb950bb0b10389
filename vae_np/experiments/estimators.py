"""Sampling what cannot be summed: estimates of log p(x), of the ELBO and of its gradient.

Each function returns one value per draw, so that their spread can be seen; averaging comes last.
"""

import numpy as np
from numpy.random import Generator

from vae_np import bernoulli, bounds, gaussian, train, vae
from vae_np.ops import Array
from vae_np.vae import Model

BLOCK = 1_000  # draws that are decoded at once


def prior_log_likelihoods(model: Model, images: Array, samples: int, rng: Generator) -> Array:
    """log p(x|z_s) in nats for draws of the prior, the same draws for every image.

    Shapes: images (N, D) -> (N, samples).

        p(x) = E_{p(z)}[p(x|z)]:    the mean of p(x|z_s) is the naive estimate of p(x)

    It has no bias, and hardly a draw that explains the image.
    """
    latent_dim = len(model.decoder[0][0])
    columns = []
    for first in range(0, samples, BLOCK):
        count = min(BLOCK, samples - first)
        latents = rng.standard_normal((count, latent_dim), dtype=images.dtype)
        logits = vae.decode(model, latents)
        columns.append(np.stack([bernoulli.log_prob(image, logits) for image in images]))
    return np.concatenate(columns, axis=1)


def running_log_mean(log_values: Array, counts: list[int]) -> Array:
    """log of the mean of the first n values, for each n of some counts: (N, S) -> (N, counts).

    With importance weights these are estimates of log p(x) from ever more draws.
    """
    columns = [bounds.importance_weighted(log_values[:, :count]) for count in counts]
    return np.stack(columns, axis=1)


def sgvb(model: Model, images: Array, eps: Array, widen: float = 1) -> tuple[Array, Array]:
    """The two estimators of the ELBO in nats, one value per draw.

    Shapes: images (B, D), eps (B, S, K) -> (B, S), (B, S).

        A: log p(x, z) - log q(z|x)        B: log p(x|z) - KL(q(z|x) || p(z))

    Both have the ELBO as their mean; B is the less noisy as a rule (Kingma & Welling 2014, section
    2.3), but not of a q that fits: where q is the true posterior, A is log p(x) for every draw.
    `widen` multiplies the encoder's standard deviations, to see both sides.
    """
    mean, log_std = vae.encode(model, images)
    q = mean, log_std + float(np.log(widen))
    latents = gaussian.sample(mean[:, None], q[1][:, None], eps)
    second = bounds.log_likelihood(model, images, latents) - gaussian.kl_from_standard(*q)[:, None]
    return bounds.log_weights(model, images, eps, q), second


def reparameterised(model: Model, image: Array, eps: Array) -> Array:
    """Gradients of E_q[log p(x|z)] with respect to q's mean and log_std, one per draw.

    Shapes: image (D,), eps (S, K) -> (S, 2K).

        z = mean + std · eps:    ∇_mean = ∇_z log p(x|z),    ∇_log_std = std · eps · ∇_z log p(x|z)

    (Kingma & Welling 2014, section 2.4.)
    """
    mean, log_std = vae.encode(model, image[None])
    latents = gaussian.sample(mean, log_std, eps)

    def log_likelihood(flat):
        logits = vae.decode(model, flat.reshape(latents.shape))
        return bernoulli.log_prob(image, logits).sum(), ()

    slope, _ = train.gradient(log_likelihood, latents.ravel())
    slope = slope.reshape(latents.shape)
    return np.concatenate([slope, slope * eps * np.exp(log_std)], axis=1)


def score_function(model: Model, image: Array, eps: Array, baseline: bool = False) -> Array:
    """The same gradients by the score of q, which never differentiates the decoder.

    Shapes: image (D,), eps (S, K) -> (S, 2K).

        ∇ E_q[f(z)] = E_q[f(z) ∇ log q(z)]
        ∇_mean log q = eps / std,    ∇_log_std log q = eps² - 1

    Its variance is very high (Kingma & Welling 2014, section 2.2). A baseline subtracts from f the
    mean of the other draws, which changes no mean, because E_q[∇ log q] = 0.
    """
    mean, log_std = vae.encode(model, image[None])
    latents = gaussian.sample(mean, log_std, eps)
    f = bernoulli.log_prob(image, vae.decode(model, latents))[:, None]
    if baseline:
        f = (f - f.mean()) * len(f) / (len(f) - 1)
    score = np.concatenate([eps * np.exp(-log_std), eps**2 - 1], axis=1)
    return f * score


def variance_of_mean(draws: Array, group: int) -> float:
    """Total variance, over all components, of the mean of L draws, from S // L groups of them.

    Shapes: draws (S, P), L = group -> ().
    """
    groups = len(draws) // group
    if groups < 2:
        raise ValueError(f"group is {group}: expected at most {len(draws) // 2}, half of the draws")
    means = draws[: groups * group].reshape(groups, group, -1).mean(axis=1, dtype=np.float64)
    return float(means.var(axis=0, ddof=1).sum())


def standard_error(values: Array) -> float:
    """Of the mean of independent values: their standard deviation over √N."""
    return float(np.std(values, ddof=1) / np.sqrt(np.size(values)))
