"""One message between two processes that need not trust each other: a header and raw arrays.

    b"VNP1" | length of the header, uint32 little-endian | header, JSON | the arrays' bytes, C order

The header's "arrays" lists dtype and shape of each array. Nothing in a message can run code, and
what is read is checked before it is believed. Imports nothing of the package: the other process
loads this file by its path.
"""

import json
import struct

import numpy as np

MAGIC = b"VNP1"
MAX_HEADER = 2**20  # bytes
MAX_ARRAYS = 4096
MAX_DIMENSIONS = 8
MAX_BYTES = 2**26
DTYPES = ("<f8", "<f4", "<f2", "<i8", "<i4", "<i2", "|i1", "|u1", "<u2", "<u4", "<u8", "|b1")


class FrameError(ValueError):
    """A message that is not well formed."""


def write(stream, header, arrays=()):
    """Write one message and flush it."""
    blocks = [np.ascontiguousarray(array).reshape(np.shape(array)) for array in arrays]
    blocks = [block.astype(block.dtype.newbyteorder("<"), copy=False) for block in blocks]
    described = [[block.dtype.str, list(block.shape)] for block in blocks]
    text = json.dumps({**header, "arrays": described}, allow_nan=False).encode()
    if len(text) > MAX_HEADER or sum(block.nbytes for block in blocks) > MAX_BYTES:
        raise FrameError("too large")
    stream.write(MAGIC + struct.pack("<I", len(text)) + text)
    for block in blocks:
        stream.write(block.tobytes())
    stream.flush()


def read(stream):
    """The next message as (header, arrays), or None at the end of the stream.

    Raises FrameError for anything but a well-formed message.
    """
    start = stream.read(8)
    if not start:
        return None
    if len(start) < 8 or start[:4] != MAGIC:
        raise FrameError("not a message")
    (length,) = struct.unpack("<I", start[4:])
    if length > MAX_HEADER:
        raise FrameError("the header is too long")
    header = _header(_exactly(stream, length))
    shapes = [_described(item) for item in header.pop("arrays")]
    if sum(dtype.itemsize * _size(shape) for dtype, shape in shapes) > MAX_BYTES:
        raise FrameError("the arrays are too large")
    arrays = []
    for dtype, shape in shapes:
        content = _exactly(stream, dtype.itemsize * _size(shape))
        if dtype.kind == "b" and content.strip(b"\x00\x01"):
            raise FrameError("a truth value is neither 0 nor 1")
        arrays.append(np.frombuffer(content, dtype).reshape(shape).copy())
    return header, arrays


def _header(content):
    try:
        header = json.loads(content, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FrameError("the header is not strict JSON") from error
    arrays = header.get("arrays") if isinstance(header, dict) else None
    if not isinstance(arrays, list) or len(arrays) > MAX_ARRAYS:
        raise FrameError("the header lists no arrays, or too many")
    return header


def _unique(pairs):
    if len({key for key, _ in pairs}) < len(pairs):
        raise FrameError("a key appears twice")
    return dict(pairs)


def _refuse(constant):
    raise FrameError(f"{constant} is not a number of JSON")


def _described(item):
    """dtype and shape of an array that is to follow."""
    if not (isinstance(item, list) and len(item) == 2 and item[0] in DTYPES):
        raise FrameError("an array of an unknown kind")
    shape = item[1]
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise FrameError("an array of an unknown shape")
    if not all(type(length) is int and 0 <= length <= MAX_BYTES for length in shape):
        raise FrameError("an array of an impossible shape")
    return np.dtype(item[0]), tuple(shape)


def _size(shape):
    size = 1
    for length in shape:
        size *= length
    return size


def _exactly(stream, length):
    content = bytearray()
    while len(content) < length:
        piece = stream.read(length - len(content))
        if not piece:
            raise FrameError("the message ends too early")
        content += piece
    return bytes(content)
