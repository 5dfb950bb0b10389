"""A small classifier in closed form: one Gaussian a class, on principal components."""

from typing import NamedTuple

import numpy as np

from vae_np.experiments import pca
from vae_np.experiments.pca import PCA
from vae_np.ops import Array


class Classifier(NamedTuple):
    """Class-conditional Gaussians of the first principal components."""

    pca: PCA
    labels: Array  # (C,)
    means: Array  # (C, K)
    whitening: Array  # (C, K, K): maps a class's deviations to unit covariance
    log_determinants: Array  # (C,) of the whitening


def fit(images: Array, labels: Array, components: int = 40, ridge: float = 0.05) -> Classifier:
    """Mean and covariance of each class; quadratic discriminant analysis.

    Shapes: images (N, D) in [0, 1], labels (N,). The ridge is added to every variance, which keeps
    the classifier calm about images that are blurrier than those it has seen.
    """
    reduced = pca.fit(images, components)
    codes = pca.encode(reduced, images).astype(np.float64)
    classes = np.unique(labels)
    means, whitening = [], []
    for label in classes:
        members = codes[labels == label]
        covariance = np.cov(members, rowvar=False) + ridge * np.eye(components)
        means.append(members.mean(axis=0))
        whitening.append(np.linalg.inv(np.linalg.cholesky(covariance)))
    _, log_determinants = np.linalg.slogdet(np.stack(whitening))
    return Classifier(reduced, classes, np.stack(means), np.stack(whitening), log_determinants)


def predict(classifier: Classifier, images: Array) -> Array:
    """The most probable label, all labels being equally probable beforehand: (N, D) -> (N,)."""
    codes = pca.encode(classifier.pca, images).astype(np.float64)
    scores = [
        log_determinant - 0.5 * np.sum(((codes - mean) @ W.T) ** 2, axis=1)
        for mean, W, log_determinant in zip(*classifier[2:], strict=True)
    ]
    return classifier.labels[np.argmax(scores, axis=0)]
