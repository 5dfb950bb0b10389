"""What training may climb, by name: the page's ELBO, other bounds, other decoders, ablations.

Every objective takes a model, images (B, D) and noise (B S, K), S draws an image. It returns the
number to climb, and the two terms of the ELBO to look at, one value per image or per draw.
"""

from collections.abc import Callable
from typing import NamedTuple

import autograd.numpy as np
from scipy.special import logit

from vae_np import ablations, bounds, data, gaussian, gaussian_decoder, vae
from vae_np.ops import Array
from vae_np.vae import Model

Value = Callable[[Model, Array, Array], tuple[Array, tuple[Array, Array]]]


def elbo(model: Model, images: Array, eps: Array) -> tuple[Array, tuple[Array, Array]]:
    """The page's bound, and its terms."""
    terms = vae.elbo_terms(model, images, eps)
    return vae.elbo(*terms), terms


def iwae(model: Model, images: Array, eps: Array) -> tuple[Array, tuple[Array, Array]]:
    """The importance-weighted bound with k draws an image, and the ELBO's terms of the same draws.

    (Burda, Grosse & Salakhutdinov 2016, section 3.)
    """
    eps = np.reshape(eps, (len(images), -1, eps.shape[-1]))
    log_weights = bounds.log_weights(model, images, eps)
    kl = gaussian.kl_from_standard(*vae.encode(model, images))
    terms = np.mean(log_weights, axis=1) + kl, kl  # the mean log weight estimates the ELBO
    return np.mean(bounds.importance_weighted(log_weights)), terms


def fixed_gaussian(model: Model, images: Array, eps: Array) -> tuple[Array, tuple[Array, Array]]:
    """The ELBO of `gaussian_decoder.decode_fixed`: one sigma for all pixels."""
    terms = gaussian_decoder.elbo_terms(gaussian_decoder.decode_fixed, model, images, eps)
    return vae.elbo(*terms), terms


def gaussian_pixels(model: Model, images: Array, eps: Array) -> tuple[Array, tuple[Array, Array]]:
    """The ELBO of `gaussian_decoder.decode`: a mean and a sigma for every pixel."""
    terms = gaussian_decoder.elbo_terms(gaussian_decoder.decode, model, images, eps)
    return vae.elbo(*terms), terms


def each_draw(value: Value) -> Value:
    """An objective of one draw an image, for S draws an image: they are rows of a larger batch.

    That is the mean over S draws (Kingma & Welling 2014, section 2.3, which finds S = 1 enough
    for batches of 100).
    """

    def of_all_draws(model, images, eps):
        draws = len(eps) // len(images)
        return value(model, images if draws == 1 else np.repeat(images, draws, axis=0), eps)

    return of_all_draws


def grey(images: Array, rng: np.random.Generator) -> Array:  # noqa: ARG001 (as data.binarise)
    """Targets that are the images as they are, in [0, 1]."""
    return data.unit(images)


class Objective(NamedTuple):
    """A number to climb, and what it asks of the data and of the decoder."""

    value: Value
    targets: Callable[..., Array] = data.binarise  # (images, rng) -> what is to be explained
    output_bias: Callable[[Array], Array] = logit  # from the pixels' mean grey, (D,) -> (heads D,)
    heads: int = 1  # decoder outputs per pixel
    is_page: bool = False  # the model of `vae`, of which `symptoms` knows what is healthy


OBJECTIVES = {
    "elbo": Objective(each_draw(elbo), is_page=True),
    "iwae": Objective(iwae, is_page=True),
    "autoencoder": Objective(each_draw(ablations.autoencoder), targets=grey),
    "without KL": Objective(each_draw(ablations.without_kl)),
    "KL alone": Objective(each_draw(ablations.kl_alone)),
    "fixed Gaussian": Objective(
        each_draw(fixed_gaussian), targets=grey, output_bias=lambda means: means
    ),
    "Gaussian": Objective(
        each_draw(gaussian_pixels),
        targets=grey,
        output_bias=lambda means: np.concatenate([means, np.zeros_like(means)]),
        heads=2,
    ),
}
