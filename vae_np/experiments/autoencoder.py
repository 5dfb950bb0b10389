"""Whatever encodes and decodes: one pair of functions, so that PCA and VAEs stand side by side."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vae_np import evaluate, vae
from vae_np.experiments import pca
from vae_np.experiments.pca import PCA
from vae_np.ops import Array
from vae_np.vae import Model

BLOCK = 1_000  # rows that go through a perceptron at once


class Autoencoder(NamedTuple):
    """Images to codes and back."""

    encode: Callable[[Array], Array]  # (N, D) -> (N, K)
    decode: Callable[[Array], Array]  # (N, K) -> (N, D)


def from_pca(fitted: PCA) -> Autoencoder:
    """The linear autoencoder."""
    return Autoencoder(lambda x: pca.encode(fitted, x), lambda z: pca.decode(fitted, z))


def from_vae(model: Model) -> Autoencoder:
    """A VAE without its noise: the code is the posterior mean."""

    def decode(codes):
        parts = np.split(codes, range(BLOCK, len(codes), BLOCK))
        return np.concatenate([vae.generate(model, part) for part in parts])

    return Autoencoder(lambda x: evaluate.posterior(model, x)[0], decode)


def squared_error(coder: Autoencoder, images: Array) -> Array:
    """|x - decode(encode(x))|² of each image: (N, D) -> (N,)."""
    return np.sum((images - coder.decode(coder.encode(images))) ** 2, axis=1)


def between(coder: Autoencoder, first: Array, second: Array, steps: int) -> Array:
    """What is decoded along the line between two codes, ends included: (K,), (K,) -> (steps, D)."""
    s = np.linspace(0, 1, steps, dtype=first.dtype)[:, None]
    return coder.decode((1 - s) * first + s * second)
