"""Decoders for grey images: Gaussian pixels with one fixed sigma, or a sigma for every pixel."""

from collections.abc import Sequence

import autograd.numpy as np

from vae_np import gaussian, mlp, ops, vae
from vae_np.ops import Array
from vae_np.vae import Model

FIXED_STD = 0.1  # of a grey level between 0 and 1
STD_FLOOR = FIXED_STD  # never surer than the fixed one, so that the two bounds compare
LARGEST_STD = 0.5  # that grey levels between 0 and 1 can have


def decode_fixed(model: Model, latents: Array) -> tuple[Array, float]:
    """Mean of p(x|z) = N(f(z), σ² I), f the perceptron, and its one log standard deviation.

    Shapes: latents (B, K) -> (B, D), ().
    """
    return mlp.predict(model.decoder, latents, model.activation), float(np.log(FIXED_STD))


def decode(model: Model, latents: Array) -> tuple[Array, Array]:
    """Mean and log standard deviation of every pixel: two linear heads on one hidden layer.

    Shapes: latents (B, K) -> (B, D), (B, D).

        mean = first head,    log_std = log STD_FLOOR + softplus(second head - log STD_FLOOR)

    (Kingma & Welling 2014, appendix C.2. Departs from the paper: log_std stays above a floor. Where
    a pixel has the same grey in every image, a density has no largest value: it grows without
    bound as std goes to 0, and drowns the pixels that differ.)
    """
    mean, head = ops.halves(mlp.predict(model.decoder, latents, model.activation))
    floor = float(np.log(STD_FLOOR))
    return mean, floor + ops.softplus(head - floor)


def log_prob_from_error(squared_error: Array, pixels: int) -> Array:
    """log N(x; f(z), σ² I) in nats from the squared error alone: any shape, kept.

        log p(x|z) = -|x - f(z)|² / 2σ² - D log(σ √2π)

    Only the first term depends on the net, so with a fixed σ the largest likelihood is the least
    squared error.
    """
    constant = pixels * (float(np.log(FIXED_STD)) + gaussian.LOG_2PI / 2)
    return -squared_error / (2 * FIXED_STD**2) - constant


def elbo_terms(decoder, model: Model, images: Array, eps: Array) -> tuple[Array, Array]:
    """The two terms of the bound, as in `vae.elbo_terms`, for one of the decoders above.

    Shapes: images (B, D) in [0, 1], eps (B, K) -> (B,), (B,); densities, so log p(x|z) may be > 0.
    """
    mean, log_std = vae.encode(model, images)
    latents = gaussian.sample(mean, log_std, eps)
    log_likelihood = gaussian.log_prob(images, *decoder(model, latents))
    return log_likelihood, gaussian.kl_from_standard(mean, log_std)


def density_by_floor(images: Array, floors: Sequence[float]) -> tuple[Array, Array]:
    """Mean log density in nats of the best Gaussian without a latent, its sigma above a floor.

    Shapes: images (N, D), F floors -> (F,) for all pixels, (F,) for those that vary.

    Each pixel has its own mean and standard deviation over the images. A pixel that never varies
    adds -log(floor √2π) without limit.
    """
    std = images.std(axis=0, dtype=np.float64)
    log_std = np.log(np.maximum(std, np.array(floors)[:, None]))
    # The images' mean of (x - mean)² is std², so no loop over images is needed
    each = -0.5 * ((std / np.exp(log_std)) ** 2 + 2 * log_std + gaussian.LOG_2PI)
    return each.sum(axis=1), each[:, std > 0].sum(axis=1)
