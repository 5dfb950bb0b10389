"""Principal component analysis: the autoencoder whose encoder and decoder are linear."""

from typing import NamedTuple

import numpy as np

from vae_np.ops import Array


class PCA(NamedTuple):
    """The mean image and the directions in which images differ most."""

    mean: Array  # (D,)
    components: Array  # (K, D), orthonormal rows, the largest variance first
    variances: Array  # (D,) of the images along all directions, descending


def fit(images: Array, latent_dim: int) -> PCA:
    """The K directions of largest variance: eigenvectors of the images' covariance matrix.

    Shapes: images (N, D), floats. Among all K-dimensional planes theirs has the least squared
    reconstruction error. Each component's entry of largest size is positive, since an
    eigenvector's sign is arbitrary.
    """
    if not 1 <= latent_dim <= images.shape[1]:
        raise ValueError(f"latent_dim is {latent_dim}: expected 1 to {images.shape[1]}, the pixels")
    mean = images.mean(axis=0, dtype=np.float64)
    centred = images - mean.astype(images.dtype)
    variances, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64) / len(images))
    components = vectors[:, ::-1][:, :latent_dim].T
    largest = np.argmax(np.abs(components), axis=1)
    components = components * np.sign(components[np.arange(latent_dim), largest])[:, None]
    return PCA(
        mean.astype(images.dtype),
        components.astype(images.dtype),
        np.maximum(variances[::-1], 0),
    )


def encode(pca: PCA, images: Array) -> Array:
    """Coordinates of images along the components: (N, D) -> (N, K)."""
    return (images - pca.mean) @ pca.components.T


def decode(pca: PCA, codes: Array) -> Array:
    """The images with these coordinates: (N, K) -> (N, D). Pixels may leave [0, 1]."""
    return codes @ pca.components + pca.mean
