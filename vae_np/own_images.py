"""Images of your own, from a .npz file: read, checked and split."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_np import files

LARGEST_HELD_OUT_SPLIT = 10_000


def read(
    path: Path,
) -> tuple[NDArray, NDArray | None, NDArray, NDArray | None, tuple[int, int]]:
    """Training images (N, D), their labels, test images (M, D), their labels, and (H, W).

    The file has `images`, (N, H, W) or (N, D), uint8 or floats in [0, 1]. Images of D pixels are
    taken to be square unless there is an `image_shape`, (H, W). `labels` (N,) are optional. So are
    `test_images` and `test_labels`; without them the last tenth of the images, at least one and at
    most 10,000, is held out for the test. Raises ValueError, naming the file, for anything else.
    """
    if not path.is_file():
        example = f"numpy.savez_compressed({path.name!r}, images=images)"
        raise ValueError(f"{path}: no such file; save one with {example}")
    try:
        entries = files.read_npz(path)
        images, labels, image_shape = _checked(entries, "images", "labels")
        if "test_images" not in entries:
            if "test_labels" in entries:
                raise ValueError("found `test_labels` without `test_images`; give both or neither")
            return *_hold_out(images, labels), image_shape
        test_images, test_labels, test_shape = _checked(entries, "test_images", "test_labels")
        if test_shape != image_shape:
            raise ValueError(
                f"`test_images` are {test_shape} pixels, `images` {image_shape}; expected one size"
            )
        return images, labels, test_images, test_labels, image_shape
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _checked(
    entries: dict[str, NDArray], images_name: str, labels_name: str
) -> tuple[NDArray, NDArray | None, tuple[int, int]]:
    """The images as rows (N, D), their labels (N,) or None, and the shape of an image."""
    if images_name not in entries:
        found = sorted(entries) or "no entries"
        raise ValueError(f"expected an entry `{images_name}`, found {found}")
    images, labels = entries[images_name], entries.get(labels_name)
    image_shape = _image_shape(images, entries.get("image_shape"))
    _check_pixels(images_name, images)
    if labels is not None and labels.shape != (len(images),):
        raise ValueError(
            f"`{labels_name}` have the shape {labels.shape}; "
            f"expected ({len(images)},), one for each image"
        )
    return images.reshape(len(images), -1), labels, image_shape


def _hold_out(
    images: NDArray, labels: NDArray | None
) -> tuple[NDArray, NDArray | None, NDArray, NDArray | None]:
    """The last tenth of the images becomes the test split."""
    if len(images) < 2:
        raise ValueError("expected at least 2 images, one to learn from and one to test on")
    kept = len(images) - min(max(1, len(images) // 10), LARGEST_HELD_OUT_SPLIT)
    if labels is None:
        return images[:kept], None, images[kept:], None
    return images[:kept], labels[:kept], images[kept:], labels[kept:]


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


def _check_pixels(name: str, images: NDArray) -> None:
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
    if low < 0 or high > 1:
        advice = "; divide by 255, or give uint8" if low >= 0 and 2 < high <= 255 else ""
        raise ValueError(f"`{name}` are floats from {low} to {high}, expected [0, 1]{advice}")
