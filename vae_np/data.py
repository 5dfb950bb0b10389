"""Images to learn from: the built-in digits, MNIST or your own; and minibatches of them."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from vae_np import built_in, files, mnist, own_images


class Dataset(NamedTuple):
    """Images, one a row, and their labels; images stay as they were stored, which saves memory."""

    name: str
    train_images: NDArray  # (N, D), uint8 in 0..255 or floats in [0, 1]
    train_labels: NDArray | None  # (N,)
    test_images: NDArray  # (M, D)
    test_labels: NDArray | None  # (M,)
    image_shape: tuple[int, int]  # height, width; D = height * width


def load(
    name: str | Path,
    data_dir: Path | str | None = None,
    train_size: int | None = None,
    test_size: int | None = None,
    show_progress: bool = False,
) -> Dataset:
    """The data set "digits" or "mnist", or the one in a file of your own, such as "faces.npz".

    The sizes keep the first images of each split; all of them by default. Raises ValueError for
    an unknown name, a file that is missing or wrong, and a size that the data set does not have.
    """
    if name == "digits":
        sizes = {"train_size": train_size, "test_size": test_size}
        given = {key: size for key, size in sizes.items() if size is not None}
        return load_digits(data_dir, show_progress=show_progress, **given)
    if name == "mnist":
        dataset = load_mnist(data_dir)
    elif Path(name).suffix == ".npz":
        dataset = load_npz(name)
    else:
        raise ValueError(
            f"data set {str(name)!r}: expected 'digits', 'mnist' or the path of a .npz file"
        )
    return _first(dataset, train_size, test_size)


def load_digits(
    data_dir: Path | str | None = None,
    train_size: int = built_in.TRAIN_SIZE,
    test_size: int = built_in.TEST_SIZE,
    show_progress: bool = False,
) -> Dataset:
    """The first `train_size` and `test_size` built-in digits, 28 x 28: always the same images."""
    train = built_in.load("train", train_size, data_dir, show_progress)
    test = built_in.load("test", test_size, data_dir, show_progress)
    return Dataset("digits", train.images, train.labels, test.images, test.labels, (28, 28))


def load_mnist(data_dir: Path | str | None = None) -> Dataset:
    """MNIST, or any data set in files of the same names and format, such as Fashion-MNIST.

    Raises ValueError if a file is missing or damaged, or if images and labels disagree.
    """
    return Dataset("mnist", *mnist.read(files.search_path(data_dir)))


def load_npz(path: Path | str) -> Dataset:
    """Your own images, from a .npz file as `own_images.read` describes it, named after the file."""
    path = Path(path).expanduser()
    return Dataset(path.stem, *own_images.read(path))


def _first(dataset: Dataset, train_size: int | None, test_size: int | None) -> Dataset:
    """The first images of each split; ValueError if it has fewer."""
    for split, size, images in (
        ("train", train_size, dataset.train_images),
        ("test", test_size, dataset.test_images),
    ):
        if size is not None and not 1 <= size <= len(images):
            raise ValueError(
                f"{split}_size {size}: expected 1 to {len(images)}, the images of {dataset.name}"
            )
    train_labels, test_labels = dataset.train_labels, dataset.test_labels
    return dataset._replace(
        train_images=dataset.train_images[:train_size],
        train_labels=None if train_labels is None else train_labels[:train_size],
        test_images=dataset.test_images[:test_size],
        test_labels=None if test_labels is None else test_labels[:test_size],
    )


def unit(images: ArrayLike, dtype: DTypeLike = np.float32) -> NDArray:
    """Pixels as floats in [0, 1]: uint8 divided by 255, floats as they are; any shape, kept."""
    images = np.asarray(images)
    pixels = images.astype(dtype)
    return pixels / pixels.dtype.type(255) if images.dtype == np.uint8 else pixels


def binarise(images: NDArray, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> NDArray:
    """One stochastic binarisation: every pixel 0 or 1, a 1 with the pixel's grey as probability.

    Any shape, kept. That probability is exactly pixel / 255 for uint8. For floats it is the pixel
    rounded up to a multiple of 2**-24, the grid of float32 uniforms (2**-53 for float64 images).
    So 0 stays 0, and 255 or 1.0 becomes 1. Raises ValueError for any other dtype.
    """
    if images.dtype == np.uint8:
        return (_bytes_below_255(images.shape, rng) < images).astype(dtype)
    if images.dtype.kind != "f":
        raise ValueError(f"images are {images.dtype}; expected uint8 or floats in [0, 1]")
    precision = np.float64 if images.dtype == np.float64 else np.float32
    return (rng.random(images.shape, dtype=precision) < images).astype(dtype)


def _bytes_below_255(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Uniform draws from 0, ..., 254: three times as fast as `rng.random`, in every step."""
    count = math.prod(shape)
    words = rng.integers(0, 2**64, size=-(-count // 8), dtype=np.uint64)  # eight draws a word
    draws = words.view(np.uint8)[:count]
    rejected = np.flatnonzero(draws == 255)
    draws[rejected] = rng.integers(0, 255, size=rejected.size, dtype=np.uint8)
    return draws.reshape(shape)


def minibatches(
    count: int, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[NDArray[np.intp]]:
    """One epoch's minibatches: indices (B,) into `count` images, shuffled by `rng` if given.

    Every batch is full, so that all count alike in an epoch's mean: there are
    count // batch_size. Images left over wait for another epoch, where the order is another;
    in file order, without `rng`, they are the last ones and are never seen.
    """
    if not 1 <= batch_size <= count:
        raise ValueError(f"batch_size {batch_size}: expected 1 to {count}, the number of images")
    order = np.arange(count) if rng is None else rng.permutation(count)
    return (
        order[start : start + batch_size] for start in range(0, count - batch_size + 1, batch_size)
    )
