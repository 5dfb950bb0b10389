"""Images to learn from: the built-in digits, MNIST or your own; and minibatches of them."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from vae_np import built_in, files, idx, mnist

LARGEST_HELD_OUT_SPLIT = 10_000


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

    The four files are looked for in DIR/mnist and DIR, for each DIR of `files.search_path`.
    Raises ValueError if one is missing or damaged, or if images and labels disagree.
    """
    folders = files.search_path(data_dir)
    paths = {key: mnist.find(file.name, folders) for key, file in mnist.FILES.items()}
    missing = [mnist.FILES[key].name for key, path in paths.items() if path is None]
    if missing:
        raise ValueError(
            f"MNIST is not here: {', '.join(missing)} not found in {', '.join(map(str, folders))}. "
            "Either fetch it with `make mnist` (python -m vae_np data), or place the four files, "
            f"gzipped or not, in {folders[0]}"
        )
    train_images, train_labels = _read_idx_pair(paths["train_images"], paths["train_labels"])
    test_images, test_labels = _read_idx_pair(paths["test_images"], paths["test_labels"])
    if train_images.shape[1:] != test_images.shape[1:]:
        raise ValueError(
            f"{paths['test_images']}: test images are {test_images.shape[1:]} pixels, "
            f"training images {train_images.shape[1:]}; expected one size"
        )
    flat_train, flat_test = _one_a_row(train_images), _one_a_row(test_images)
    return Dataset(
        "mnist", flat_train, train_labels, flat_test, test_labels, train_images.shape[1:]
    )


def _read_idx_pair(images_path: Path, labels_path: Path) -> tuple[NDArray, NDArray]:
    """The images (N, H, W) and their labels (N,), 0 to 9."""
    images, labels = idx.read(images_path, dimensions=3), idx.read(labels_path, dimensions=1)
    if images.size == 0:
        raise ValueError(f"{images_path}: expected images, found the shape {images.shape}")
    if len(images) != len(labels):
        raise ValueError(
            f"{images_path} has {len(images)} images, but {labels_path} has {len(labels)} labels; "
            "expected as many: they come from different data sets"
        )
    if labels.max() > 9:
        raise ValueError(f"{labels_path}: expected labels 0 to 9, found {labels.max()}")
    return images, labels


def load_npz(path: Path | str) -> Dataset:
    """Your own images, from a .npz file with `images`, (N, H, W) or (N, D), uint8 or in [0, 1].

    Images of D pixels are taken to be square unless the file has an `image_shape`, (H, W).
    `labels` (N,) are optional. So are `test_images` and `test_labels`; without them the last tenth
    of the images, at least one and at most 10,000, is held out for the test. Raises ValueError
    for anything else.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(
            f"{path}: no such file; save one with "
            f"numpy.savez_compressed({path.name!r}, images=images)"
        )
    try:
        return _dataset_from_entries(path.stem, files.read_npz(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _dataset_from_entries(name: str, entries: dict[str, NDArray]) -> Dataset:
    if "images" not in entries:
        raise ValueError(f"expected an entry `images`, found {sorted(entries) or 'no entries'}")
    images, labels = entries["images"], entries.get("labels")
    image_shape = _image_shape(images, entries.get("image_shape"))
    _check_images("images", images)
    _check_labels("labels", labels, len(images))
    images = _one_a_row(images)
    if "test_images" not in entries:
        if "test_labels" in entries:
            raise ValueError("found `test_labels` without `test_images`; give both or neither")
        if len(images) < 2:
            raise ValueError(
                "expected at least 2 images, one to learn from and one to test on, found 1"
            )
        kept = len(images) - min(max(1, len(images) // 10), LARGEST_HELD_OUT_SPLIT)
        train_labels, test_labels = (
            (None, None) if labels is None else (labels[:kept], labels[kept:])
        )
        return Dataset(name, images[:kept], train_labels, images[kept:], test_labels, image_shape)
    test_images, test_labels = entries["test_images"], entries.get("test_labels")
    test_shape = _image_shape(test_images, entries.get("image_shape"))
    if test_shape != image_shape:
        raise ValueError(
            f"`test_images` are {test_shape} pixels, `images` {image_shape}; expected one size"
        )
    _check_images("test_images", test_images)
    _check_labels("test_labels", test_labels, len(test_images))
    return Dataset(name, images, labels, _one_a_row(test_images), test_labels, image_shape)


def _image_shape(images: NDArray, stated: NDArray | None) -> tuple[int, int]:
    """Height and width of `images`, (N, H, W) or (N, D)."""
    if images.ndim not in (2, 3) or images.size == 0:
        raise ValueError(
            f"expected images of shape (N, H, W) or (N, D), at least one, found {images.shape}"
        )
    if images.ndim == 3:
        return images.shape[1:]
    pixels = images.shape[1]
    if stated is None:
        side = math.isqrt(pixels)
        if side * side != pixels:
            raise ValueError(
                f"images of {pixels} pixels are not square; save them as (N, H, W), "
                "or add `image_shape`, (H, W)"
            )
        return side, side
    if (
        stated.shape != (2,)
        or stated.dtype.kind not in "iu"
        or min(stated) < 1
        or math.prod(stated.tolist()) != pixels
    ):
        raise ValueError(
            f"image_shape {stated.tolist()}: expected two whole numbers whose product is {pixels}"
        )
    return int(stated[0]), int(stated[1])


def _check_images(name: str, images: NDArray) -> None:
    """Refuse pixels that are neither uint8 nor floats in [0, 1]."""
    if images.dtype == np.uint8:
        if images.max() <= 1:
            raise ValueError(f"`{name}` are uint8 up to {images.max()}; white is 255, not 1")
        return
    if images.dtype.kind != "f":
        raise ValueError(f"`{name}` are {images.dtype}; give uint8 in 0..255, or floats in [0, 1]")
    low, high = images.min(), images.max()
    if not np.isfinite(low + high):
        raise ValueError(f"`{name}` hold NaN or infinite pixels; expected floats in [0, 1]")
    if low >= 0 and 1 < high <= 255:
        raise ValueError(
            f"`{name}` are floats up to {high:g}; divide by 255, or give uint8: expected [0, 1]"
        )
    if low < 0 or high > 1:
        raise ValueError(f"`{name}` are floats from {low:g} to {high:g}; expected [0, 1]")


def _check_labels(name: str, labels: NDArray | None, count: int) -> None:
    if labels is not None and labels.shape != (count,):
        raise ValueError(
            f"`{name}` have the shape {labels.shape}; expected ({count},), one for each image"
        )


def _one_a_row(images: NDArray) -> NDArray:
    return images.reshape(len(images), -1)


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
