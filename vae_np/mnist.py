"""The four files of MNIST: names, shapes, checksums, and where they are on this machine."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


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


def find(name: str, folders: Iterable[Path]) -> Path | None:
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
    return next((path for path in paths if path.is_file()), None)
