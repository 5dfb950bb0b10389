"""Messages between processes: what is written is read, and nothing else is believed."""

import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vae_np.course import frames

ARRAYS = hnp.arrays(
    st.sampled_from(["<f8", "<f4", "<f2", "<i8", "|u1", "|b1", ">f8"]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


def written(header, arrays=()) -> bytes:
    stream = io.BytesIO()
    frames.write(stream, header, arrays)
    return stream.getvalue()


def raw(header: bytes, payload: bytes = b"") -> io.BytesIO:
    return io.BytesIO(b"VNP1" + struct.pack("<I", len(header)) + header + payload)


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3),
    st.lists(ARRAYS, max_size=3),
)
def test_what_is_written_is_read(header, arrays):
    header.pop("arrays", None)
    found, values = frames.read(io.BytesIO(written(header, arrays)))
    assert found == header
    for value, array in zip(values, arrays, strict=True):
        assert value.shape == array.shape
        assert value.dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(value, array)


@given(st.binary(max_size=60))
def test_random_bytes_are_refused_or_an_end(content):
    try:
        message = frames.read(io.BytesIO(content))
    except frames.FrameError:
        return
    assert message is None
    assert content == b""


@given(st.data())
def test_a_message_cut_short_is_refused(data):
    content = written({"id": "1.1"}, [np.arange(5.0)])
    end = data.draw(st.integers(1, len(content) - 1))
    with pytest.raises(frames.FrameError):
        frames.read(io.BytesIO(content[:end]))


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b'{"a": 1, "a": 2, "arrays": []}', b""),
        (b'{"a": NaN, "arrays": []}', b""),
        (b'{"a": Infinity, "arrays": []}', b""),
        (b'{"a": 1}', b""),
        (b"[]", b""),
        (b"\xff", b""),
        (b"[" * 100_000, b""),
        (b'{"a": ' + b"1" * 5_000 + b', "arrays": []}', b""),
        (b'{"arrays": [["O", [1]]]}', b"12345678"),
        (b'{"arrays": [["<f8", [-1]]]}', b""),
        (b'{"arrays": [["<f8", [true]]]}', b"12345678"),
        (b'{"arrays": [["<f8", [1.0]]]}', b"12345678"),
        (b'{"arrays": [["<f8", 1]]}', b"12345678"),
        (b'{"arrays": [["<f8", [1, 1, 1, 1, 1, 1, 1, 1, 1]]]}', b"12345678"),
        (b'{"arrays": [["<f8", [67108864, 67108864, 0]]]}'.replace(b" 0]", b" 8]"), b""),
        (b'{"arrays": [["|b1", [1]]]}', b"\x02"),
        (json.dumps({"arrays": [["|u1", [0]]] * 5000}).encode(), b""),
    ],
)
def test_what_is_not_well_formed_is_refused(header, payload):
    with pytest.raises(frames.FrameError):
        frames.read(raw(header, payload))


def test_too_long_a_header_is_refused_before_it_is_read():
    stream = io.BytesIO(b"VNP1" + struct.pack("<I", 2**31) + b"x")
    with pytest.raises(frames.FrameError, match="too long"):
        frames.read(stream)


def test_too_large_an_array_is_never_sent():
    with pytest.raises(frames.FrameError, match="too large"):
        frames.write(io.BytesIO(), {}, [np.zeros(frames.MAX_BYTES + 1, np.uint8)])
