"""The built-in data set: one fixed choice of digits, drawn when first needed and then kept."""

import functools
import hashlib
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from vae_np import digits, files

# These constants define the data set, as four files define MNIST: other values, other images.
SEED = 1998
STARTS = {"train": 0, "test": 3_251_000}  # where the figures' ten digits are ten different ones
TRAIN_SIZE, TEST_SIZE = 60_000, 10_000  # MNIST's
LARGEST = 1_000_000


def attributes(split: str, size: int, data_dir: Path | str | None = None) -> dict[str, NDArray]:
    """What is known of the first `size` images of a split: name -> (size,), as in `digits.draw`."""
    return load(split, size, data_dir).attributes


def load(
    split: str, size: int, data_dir: Path | str | None = None, show_progress: bool = False
) -> digits.Digits:
    """The first `size` digits of the split "train" or "test", from the cache when it holds as many.

    Otherwise they are drawn, and cached in the first folder of `files.search_path` that takes
    them; where none does, a line on stderr says so. Raises ValueError for another split and for
    a size that is not between 1 and a million.
    """
    if split not in STARTS:
        raise ValueError(f"split {split!r}: expected 'train' or 'test'")
    if not 1 <= size <= LARGEST:
        raise ValueError(f"{split}_size {size}: expected 1 to {LARGEST:,}")
    folders = files.search_path(data_dir)
    name = f"digits-{split}-{_fingerprint()}.npz"
    for folder in folders:
        kept = _read(folder / name, size)
        if kept is not None:
            return kept
    drawn = _draw(split, size, show_progress)
    _keep(drawn, name, folders)
    return drawn


@functools.cache
def _fingerprint() -> str:
    """A name for exactly this data set, so that one drawn by other code is never taken for it."""
    package = Path(digits.__file__).parent
    definition = [repr((SEED, STARTS)).encode()]
    definition += [(package / name).read_bytes() for name in ("digits.py", "digit_strokes.txt")]
    return hashlib.sha256(b"\0".join(definition)).hexdigest()[:12]


def _draw(split: str, size: int, show_progress: bool) -> digits.Digits:
    with tqdm(
        total=size, desc=f"drawing digits ({split})", disable=None if show_progress else True
    ) as bar:
        return digits.draw(
            size, SEED, STARTS[split], progress=lambda done: bar.update(done - bar.n)
        )


def _keep(drawn: digits.Digits, name: str, folders: list[Path]) -> None:
    """Write a cache file into the first folder that takes it; a failure costs time, no more."""
    problem = "read-only"
    for folder in filter(files.accepts_files, folders):
        try:
            with files.replacing(folder / name) as file:
                np.savez(file, **_columns(drawn))
            return
        except OSError as error:
            problem = error.strerror or str(error)
    _note(f"the drawn digits are not kept, {folders[-1]}: {problem}; they are drawn anew each time")


def _columns(drawn: digits.Digits) -> dict[str, NDArray]:
    """The entries of a cache file."""
    attributes = {f"attributes/{name}": column for name, column in drawn.attributes.items()}
    return {"images": drawn.images, "labels": drawn.labels, **attributes}


def _read(path: Path, size: int) -> digits.Digits | None:
    """The first `size` digits of a cache file, or None if it is missing, too short or damaged."""
    if not os.path.isfile(path):
        return None
    try:
        entries = files.read_npz(path)
        if entries.keys() != _columns(digits.draw(0, SEED)).keys():
            raise ValueError(f"its entries are {sorted(entries)}")
    except ValueError as error:
        _note(f"{path} is damaged ({error}); drawing the digits anew")
        return None
    if len(entries["labels"]) < size:
        return None
    first = {name: column[:size] for name, column in entries.items()}
    images, labels = first.pop("images"), first.pop("labels")
    return digits.Digits(
        images, labels, {name.removeprefix("attributes/"): column for name, column in first.items()}
    )


@functools.cache
def _note(message: str) -> None:
    """Print a line on stderr, once: not a warning, since some turn those into errors."""
    print(f"note: {message}", file=sys.stderr)
