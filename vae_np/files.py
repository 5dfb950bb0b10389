"""Where data is looked for; files written whole or not at all, and read with suspicion."""

import contextlib
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pooch
from numpy.typing import NDArray


def search_path(data_dir: Path | str | None = None) -> list[Path]:
    """Folders that may hold data, in the order in which they are searched.

    A `data_dir` that is given is searched alone. Otherwise the folder that the environment
    variable VAE_NP_DATA names comes first, if it is set; then `data/` of the checkout, or the
    user's cache folder when the package is installed without one.
    """
    if data_dir is not None:
        return [Path(data_dir).expanduser()]
    root = Path(__file__).resolve().parent.parent
    in_checkout = (root / "pyproject.toml").is_file()
    home = root / "data" if in_checkout else Path(pooch.os_cache("vae_np"))
    from_environment = os.environ.get("VAE_NP_DATA")
    return [Path(from_environment).expanduser(), home] if from_environment else [home]


def accepts_files(folder: Path) -> bool:
    """Whether new files may be put into `folder`, or into a new folder of that name."""
    while not os.path.exists(folder) and folder != folder.parent:
        folder = folder.parent
    # An administrator can write anywhere; a folder that is marked read-only is left alone even so.
    marked_writable = folder.is_dir() and folder.stat().st_mode & 0o222 != 0
    return marked_writable and os.access(folder, os.W_OK)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends, complete, or never.

    The folder is made if need be. When the block fails, `path` is as it was. A process that is
    killed can leave a `.part` file beside `path`, but never half a file under its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def read_npz(path: Path) -> dict[str, NDArray]:
    """The entries of a .npz file; none is ever unpickled, since that could run code.

    Raises ValueError for a file that is damaged, of another kind, or that holds Python objects.
    """
    try:
        zipfile.ZipFile(path).close()  # NumPy would take any other file for a pickle
        with np.load(path, allow_pickle=False) as entries:
            return {name: entries[name] for name in entries.files}
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"not a .npz file, or a damaged one ({error})") from error
