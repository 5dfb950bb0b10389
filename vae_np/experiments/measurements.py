"""Simple measurements on an image of one digit, by which a change of an attribute is seen."""

import numpy as np

from vae_np.ops import Array


def slant(images: Array, image_shape: tuple[int, int]) -> Array:
    """How far the ink leans to the right, in pixels across per pixel upwards.

    Shapes: images (N, H W) -> (N,). Minus the regression of the ink's column on its row:
    covariance over variance, each pixel weighted by its ink.
    """
    rows, columns, weights = _places(images, image_shape)
    row = rows - np.sum(weights * rows, axis=1, keepdims=True)
    column = columns - np.sum(weights * columns, axis=1, keepdims=True)
    return -np.sum(weights * row * column, axis=1) / np.sum(weights * row**2, axis=1)


def thickness(images: Array, image_shape: tuple[int, int]) -> Array:
    """Width of the stroke in pixels: twice the ink over the length of its edge.

    Shapes: images (N, H W), in [0, 1] -> (N,). A stroke of length l and width w has the ink l w and
    an edge of about 2 l; the edge is the sum of the size of the image's gradient.
    """
    pixels = np.pad(images.reshape(-1, *image_shape), ((0, 0), (1, 1), (1, 1)))
    down, across = np.gradient(pixels, axis=(1, 2))
    edge = np.hypot(down, across).sum(axis=(1, 2))
    return 2 * images.sum(axis=1) / np.maximum(edge, 1e-12)


def place(present: Array, absent: Array, share: float = 0.5) -> Array:
    """Where two sets of images differ most: pixels whose mean is darker in the first set.

    Shapes: present (N, D), absent (M, D) -> (D,) of bool; pixels above a share of the largest
    difference.
    """
    difference = present.mean(axis=0) - absent.mean(axis=0)
    return difference > share * difference.max()


def ink_in(images: Array, pixels: Array) -> Array:
    """Mean ink in some pixels: (N, D), (D,) of bool -> (N,)."""
    return images[:, pixels].mean(axis=1)


def _places(images: Array, image_shape: tuple[int, int]) -> tuple[Array, Array, Array]:
    """Row and column of every pixel, and its share of the image's ink."""
    rows, columns = (grid.ravel() for grid in np.indices(image_shape))
    return rows, columns, images / np.maximum(images.sum(axis=1, keepdims=True), 1e-12)
