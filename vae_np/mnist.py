"""The four files of MNIST: their names, shapes and checksums; finding and reading them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from numpy.typing import NDArray

from vae_np import idx


class File(NamedTuple):
    """One file of MNIST as published, decompressed."""

    name: str
    shape: tuple[int, ...]
    sha256: str


FILES = {
    "train_images": File(
        "train-images-idx3-ubyte",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train_labels": File(
        "train-labels-idx1-ubyte",
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "test_images": File(
        "t10k-images-idx3-ubyte",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "test_labels": File(
        "t10k-labels-idx1-ubyte",
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """The first file of that name, gzipped or not, in FOLDER/mnist or FOLDER of each; else None.

    Both spellings in use are found: `train-images-idx3-ubyte` and `train-images.idx3-ubyte`.
    """
    dotted = name.replace("-idx", ".idx")
    spellings = [name, dotted, f"{name}.gz", f"{dotted}.gz"]
    paths = [
        place / spelling
        for folder in folders
        for place in (folder / "mnist", folder)
        for spelling in spellings
    ]
    return next((path for path in paths if os.path.isfile(path)), None)


def read(
    folders: Sequence[Path],
) -> tuple[NDArray, NDArray, NDArray, NDArray, tuple[int, int]]:
    """Training images (N, D), their labels, test images (M, D), their labels, and (H, W).

    Raises ValueError if a file is missing or damaged, or if images and labels disagree.
    """
    paths = {key: find(file.name, folders) for key, file in FILES.items()}
    missing = [FILES[key].name for key, path in paths.items() if path is None]
    if missing:
        raise ValueError(
            f"MNIST is not here: {', '.join(missing)} not found in {', '.join(map(str, folders))}. "
            "Either fetch it with `make mnist` (python -m vae_np data), or place the four files, "
            f"gzipped or not, in {folders[0]}"
        )
    train_images, train_labels = _read_pair(paths["train_images"], paths["train_labels"])
    test_images, test_labels = _read_pair(paths["test_images"], paths["test_labels"])
    image_shape, test_shape = train_images.shape[1:], test_images.shape[1:]
    if image_shape != test_shape:
        raise ValueError(
            f"{paths['test_images']}: test images are {test_shape} pixels, "
            f"training images {image_shape}; expected one size"
        )
    train_rows, test_rows = (
        images.reshape(len(images), -1) for images in (train_images, test_images)
    )
    return train_rows, train_labels, test_rows, test_labels, image_shape


def _read_pair(images_path: Path, labels_path: Path) -> tuple[NDArray, NDArray]:
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
