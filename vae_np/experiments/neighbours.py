"""How near things lie to one another: memorisation, gaps and continuity, in numbers."""

import numpy as np
from scipy.spatial import cKDTree

from vae_np.ops import Array

BLOCK = 500  # rows compared at once


def nearest(points: Array, among: Array) -> tuple[Array, Array]:
    """Squared distance to, and index of, the nearest of other points.

    Shapes: points (N, D), among (M, D) -> (N,), (N,). Suits images, where D is large.
    """
    squares = np.sum(among**2, axis=1)
    distances, indices = [], []
    for first in range(0, len(points), BLOCK):
        part = points[first : first + BLOCK]
        apart = np.sum(part**2, axis=1)[:, None] + squares - 2 * part @ among.T
        index = np.argmin(apart, axis=1)
        indices.append(index)
        distances.append(np.maximum(apart[np.arange(len(part)), index], 0))
    return np.concatenate(distances), np.concatenate(indices)


def shifted(images: Array, image_shape: tuple[int, int]) -> Array:
    """Images moved to the right by one pixel, with paper coming in at the left: (N, D), kept."""
    pixels = images.reshape(-1, *image_shape)
    moved = np.zeros_like(pixels)
    moved[:, :, 1:] = pixels[:, :, :-1]
    return moved.reshape(images.shape)


def relative_distance(codes: Array, others: Array, quantile: float = 0.5) -> float:
    """A quantile of the distance from code to partner, over the median between unrelated codes.

    Shapes: codes (N, K), others (N, K) -> (). Unrelated codes are those half the set apart. The
    ratio does not depend on the scale of the latent space.
    """
    partner = np.linalg.norm(codes - others, axis=1)
    unrelated = np.linalg.norm(codes - np.roll(codes, len(codes) // 2, axis=0), axis=1)
    return float(np.quantile(partner, quantile) / np.median(unrelated))


def widest_gaps(codes: Array, candidates: Array, count: int, steps: int = 25) -> Array:
    """The pairs of candidate codes whose connections stay farthest from every code, widest first.

    Shapes: codes (N, K), candidates (M, K) -> (count, 2), indices into the candidates.

    The emptiness of a connection is the mean distance of its points to the nearest code.
    """
    tree = cKDTree(codes)
    s = np.linspace(0, 1, steps)[None, :, None]
    first, second = np.triu_indices(len(candidates), 1)
    path = (1 - s) * candidates[first][:, None] + s * candidates[second][:, None]
    distance, _ = tree.query(path.reshape(-1, codes.shape[1]))
    emptiness = distance.reshape(len(first), steps).mean(axis=1)
    widest = np.argsort(emptiness)[::-1][:count]
    return np.stack([first[widest], second[widest]], axis=1)
