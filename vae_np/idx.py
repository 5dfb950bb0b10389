"""The IDX format, in which MNIST is published: a header with the shape, then a byte a value."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08


def read(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The read-only uint8 array, of that many dimensions, in an IDX file, gzipped or not.

    Raises ValueError, naming the file, for anything but one whole IDX file of unsigned bytes
    that can be read.
    """
    try:
        return parse(decompress(path.read_bytes()), dimensions)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def decompress(content: bytes) -> bytes:
    """The bytes inside `content` if it is a gzip file, else `content` itself."""
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"the gzip file is damaged or cut short ({error}); fetch it again"
        ) from error


def parse(content: bytes, dimensions: int) -> NDArray[np.uint8]:
    """The read-only uint8 array, of that many dimensions, that the bytes of an IDX file hold."""
    expected_magic = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if content[:4] != expected_magic:
        raise ValueError(
            f"expected an IDX file of unsigned bytes with {dimensions} dimension(s), which starts "
            f"with {expected_magic.hex(' ')}; found {content[:4].hex(' ') or 'an empty file'}"
        )
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise ValueError(f"expected a header of {header} bytes, found {len(content)} bytes in all")
    shape = tuple(int(size) for size in np.frombuffer(content[4:header], dtype=">u4"))
    found, expected = len(content) - header, math.prod(shape)
    if found != expected:
        problem = "cut short" if found < expected else "followed by something else"
        raise ValueError(
            f"the header announces {shape}, {expected} values; found {found}: the file is {problem}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)
