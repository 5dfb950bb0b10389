"""MNIST over the network, on request only: from the first mirror that serves the right bytes."""

import argparse
import hashlib
import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pooch
from tqdm import tqdm

from vae_np import files, idx, mnist

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
ADVICE = (
    "Name another mirror with --mirror URL, or place the files by hand as data/README.md says. "
    "The built-in digits need no network."
)


def download_mnist(
    data_dir: Path | str | None = None,
    mirrors: Sequence[str] = MIRRORS,
    rounds: int = 3,
    pause: float = 2.0,
    timeout: float = 30.0,
    show_progress: bool = False,
) -> list[Path]:
    """The paths of MNIST's four files; those that are missing or damaged are fetched first.

    They go, decompressed, into DIR/mnist, DIR being the first folder of `files.search_path` that
    takes new files. The mirrors are tried in turn, `rounds` times, with a pause (seconds) between
    rounds; `timeout` is the longest silence of a server (seconds). Nothing is kept whose SHA-256
    is not the published file's. Raises OSError when no mirror serves a file, or it cannot be
    written.
    """
    folders = files.search_path(data_dir)
    folder = next(filter(files.accepts_files, folders), folders[0]) / "mnist"
    paths = []
    for file in mnist.FILES.values():
        path = mnist.find(file.name, folders)
        if path is None or not _is_published(file, path):
            path = folder / file.name
            _check_writable(folder)
            content = _fetch_from_any(file, mirrors, rounds, pause, timeout, show_progress)
            with files.replacing(path) as target:
                target.write(content)
        paths.append(path)
    return paths


def _is_published(file: mnist.File, path: Path) -> bool:
    try:
        return _sha256(idx.decompress(path.read_bytes())) == file.sha256
    except ValueError:  # a damaged gzip file
        return False


def _check_writable(folder: Path) -> None:
    """Refuse before the download, not after it."""
    if not files.accepts_files(folder):
        raise OSError(f"cannot write into {folder}; choose another folder with --data-dir DIR")


def _fetch_from_any(
    file: mnist.File,
    mirrors: Sequence[str],
    rounds: int,
    pause: float,
    timeout: float,
    show_progress: bool,
) -> bytes:
    """The content of a file of MNIST, decompressed, from the first mirror that serves it right."""
    problems = {}
    for attempt in range(rounds):
        if attempt > 0:
            time.sleep(pause)
        for mirror in mirrors:
            url = f"{mirror.rstrip('/')}/{file.name}.gz"
            try:
                return _fetch(file, url, timeout, show_progress)
            except (OSError, ValueError) as error:
                problems[url] = str(error)
    reasons = "".join(f"\n  {url}: {problem}" for url, problem in problems.items())
    raise OSError(f"{file.name}: no mirror served it, tried {rounds} times each{reasons}")


def _fetch(file: mnist.File, url: str, timeout: float, show_progress: bool) -> bytes:
    """The decompressed content behind `url`; it stays in memory until its checksum is right."""
    buffer = io.BytesIO()
    options = {"unit": "B", "unit_scale": True, "leave": False, "disable": not show_progress}
    with tqdm(desc=file.name, total=1, **options) as bar:  # pooch learns the true total
        download = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=timeout)
        download(url, buffer, None)
    content = idx.decompress(buffer.getvalue())
    found = _sha256(content)
    if found != file.sha256:
        raise ValueError(
            f"got {len(content)} bytes with SHA-256 {found}; "
            f"expected the published file's, {file.sha256}"
        )
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of the command that fetches MNIST."""
    parser.description = (
        "Fetch the four files of MNIST (some 11 MB, and 55 MB on disk) and verify them.\n"
        "Files that are there and right are not fetched again."
    )
    parser.epilog = """examples:
  python -m vae_np data
  python -m vae_np data --data-dir ~/datasets
  python -m vae_np data --mirror http://mirror.example.org/mnist/"""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        type=Path,
        help="put them into DIR/mnist (default: $VAE_NP_DATA, else data/ of the checkout, "
        "else your cache folder)",
    )
    parser.add_argument(
        "--mirror",
        metavar="URL",
        type=_web_address,
        action="append",
        help="take URL/train-images-idx3-ubyte.gz and so on; repeat it for more mirrors "
        f"(default: {' and '.join(MIRRORS)})",
    )


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} does not start with http:// or https://")
    return text


def run(args: argparse.Namespace) -> int:
    """Fetch MNIST as `args` say; the exit status is 0, or 1 with the reason on stderr."""
    try:
        paths = download_mnist(args.data_dir, args.mirror or MIRRORS, show_progress=True)
    except OSError as error:
        print(f"MNIST was not fetched: {error}\n{ADVICE}", file=sys.stderr)
        return 1
    print(*paths, "MNIST is complete, and its checksums are right.", sep="\n")
    return 0
