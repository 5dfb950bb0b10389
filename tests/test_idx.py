"""The IDX reader: what it accepts comes back unchanged, and it refuses everything else."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from vae_np import idx

arrays = npst.arrays(np.uint8, npst.array_shapes(min_dims=1, max_dims=3, max_side=5))


def encode(array):
    """IDX by its description: 0, 0, 8 for bytes, the number of sizes, the sizes big-endian."""
    header = bytes([0, 0, 8, array.ndim])
    return header + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


TINY = encode(np.arange(12, dtype=np.uint8).reshape(3, 2, 2))


@given(arrays)
def test_an_array_comes_back_as_it_was(array):
    np.testing.assert_array_equal(idx.parse(encode(array), array.ndim), array, strict=True)


@given(arrays)
def test_gzip_changes_nothing(array):
    content = encode(array)
    assert idx.decompress(gzip.compress(content)) == idx.decompress(content) == content


def test_the_array_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        idx.parse(TINY, 3)[0] = 0


@pytest.mark.parametrize("content", [TINY, gzip.compress(TINY)], ids=["plain", "gzip"])
def test_a_file_cut_at_any_byte_is_refused_by_name(content, tmp_path):
    path = tmp_path / "cut-idx3-ubyte"
    for end in range(len(content)):
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"cut-idx3-ubyte: .*(expected|announces|damaged)"):
            idx.read(path, 3)


def test_a_gzip_file_with_any_byte_of_its_data_flipped_is_refused_or_harmless():
    content = gzip.compress(TINY)
    for position in range(2, len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        try:
            array = idx.parse(idx.decompress(bytes(damaged)), 3)
        except ValueError:
            continue
        assert position < 10  # time stamp, flags and operating system in gzip's header
        np.testing.assert_array_equal(array, idx.parse(TINY, 3))


@given(st.binary(max_size=40))
def test_arbitrary_bytes_are_an_array_or_a_value_error(content):
    try:
        array = idx.parse(idx.decompress(content), 1)
    except ValueError:
        return
    assert encode(array) == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found an empty file"),
        (b"<html>not found</html>", "starts with 00 00 08 03; found 3c 68 74 6d"),
        (bytes([0, 0, 13, 3]) + TINY[4:], "found 00 00 0d 03"),  # floats
        (encode(np.arange(3, dtype=np.uint8)), "3 dimension.* found 00 00 08 01"),  # labels
        (TINY + b"\0", r"announces \(3, 2, 2\), 12 values; found 13.*something else"),
        (TINY[:-1], r"announces \(3, 2, 2\), 12 values; found 11.*cut short"),
        (TINY[:4] + b"\xff" * 12 + TINY[16:], "announces .* found 12.*cut short"),
        (TINY[:9], "expected a header of 16 bytes, found 9"),
    ],
)
def test_what_was_found_and_what_was_expected_is_said(content, message):
    with pytest.raises(ValueError, match=message):
        idx.parse(content, 3)
