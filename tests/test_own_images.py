"""Your own images are split and kept as they are, or refused with the reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_np import data


@pytest.fixture
def save(tmp_path):
    def save(**entries):
        path = tmp_path / "own.npz"
        np.savez(path, **entries)
        return path

    return save


GREY = np.linspace(0, 1, 20 * 12).reshape(20, 12)


def test_the_last_tenth_of_your_images_is_held_out(save):
    labels = np.arange(20)
    dataset = data.load_npz(save(images=GREY.reshape(20, 3, 4), labels=labels))
    assert (dataset.name, dataset.image_shape) == ("own", (3, 4))
    np.testing.assert_array_equal(dataset.train_images, GREY[:18], strict=True)
    np.testing.assert_array_equal(dataset.test_images, GREY[18:], strict=True)
    np.testing.assert_array_equal(dataset.train_labels, labels[:18])
    np.testing.assert_array_equal(dataset.test_labels, labels[18:])


@pytest.mark.parametrize(("count", "held_out"), [(2, 1), (19, 1), (20, 2), (100_100, 10_000)])
def test_a_tenth_is_at_least_one_and_at_most_ten_thousand(save, count, held_out):
    dataset = data.load_npz(save(images=np.full((count, 1), 255, np.uint8)))
    assert len(dataset.test_images) == held_out
    assert len(dataset.train_images) == count - held_out
    assert dataset.train_labels is dataset.test_labels is None


def test_your_own_test_split_is_kept(save):
    path = save(images=GREY, test_images=GREY[:3], test_labels=np.arange(3), image_shape=(2, 6))
    dataset = data.load_npz(path)
    assert dataset.image_shape == (2, 6)
    assert dataset.train_images.shape == (20, 12)
    np.testing.assert_array_equal(dataset.test_images, GREY[:3])
    np.testing.assert_array_equal(dataset.test_labels, [0, 1, 2])


@given(
    side=st.integers(1, 5), count=st.integers(2, 9), dtype=st.sampled_from(["u1", "f2", "f4", "f8"])
)
def test_rows_of_a_square_number_of_pixels_are_squares(tmp_path_factory, side, count, dtype):
    path = tmp_path_factory.mktemp("square") / "square.npz"
    images = np.full((count, side * side), 255 if dtype == "u1" else 1, dtype)
    np.savez_compressed(path, images=images)
    dataset = data.load_npz(path)
    assert dataset.image_shape == (side, side)
    assert dataset.train_images.dtype == images.dtype


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"pictures": GREY}, r"expected an entry `images`, found \['pictures'\]"),
        ({}, "expected an entry `images`, found no entries"),
        ({"images": np.array([{}])}, "Object arrays cannot be loaded"),
        ({"images": GREY[:, :4] * np.nan}, "`images` hold NaN or infinite"),
        ({"images": GREY[:, :4] + np.inf}, "`images` hold NaN or infinite"),
        ({"images": GREY[:, :4] * 255}, "`images` are floats from 0.0 to .*divide by 255"),
        ({"images": GREY[:, :4] - 0.5}, "`images` are floats from -0.5 to .*expected .0, 1."),
        ({"images": GREY[:, :4] * 1.1}, r"expected \[0, 1\]$"),
        ({"images": GREY[:, :4] * 999}, r"expected \[0, 1\]$"),
        ({"images": np.ones((3, 4), int)}, "`images` are int64; give uint8 .*or floats"),
        ({"images": np.ones((3, 4), bool)}, "`images` are bool; give uint8 .*or floats"),
        ({"images": np.ones((3, 4), np.uint8)}, "uint8 up to 1; white is 255, not 1"),
        ({"images": np.array(["ab"] * 4).reshape(2, 2)[:, :1]}, "`images` are <U2; give uint8"),
        ({"images": GREY[0]}, r"expected images of shape .* found \(12,\)"),
        ({"images": np.zeros((2, 3, 4, 3))}, r"expected images of shape .* found \(2, 3, 4, 3\)"),
        ({"images": GREY[:0]}, r"at least one, found \(0, 12\)"),
        ({"images": np.zeros((3, 0))}, r"at least one, found \(3, 0\)"),
        ({"images": GREY[:1, :4]}, "at least 2 images, one to learn from"),
        ({"images": GREY}, "images of 12 pixels are not square; save them as"),
        ({"images": GREY, "image_shape": (5, 2)}, r"image_shape \[5, 2\]: .* product is 12"),
        ({"images": GREY, "image_shape": (-3, -4)}, "image_shape .* product is 12"),
        ({"images": GREY, "image_shape": 12}, "image_shape 12: expected two"),
        ({"images": GREY, "image_shape": (3.0, 4.0)}, "expected two whole numbers"),
        ({"images": GREY[:, :4], "labels": np.arange(19)}, r"`labels` have the shape \(19,\)"),
        ({"images": GREY[:, :4], "test_labels": np.arange(2)}, "`test_labels` without `test_im"),
        ({"images": GREY[:, :4], "test_images": GREY[:, :9]}, r"are \(3, 3\) pixels, .*\(2, 2\)"),
        ({"images": GREY[:, :4], "test_images": -GREY[:, :4]}, "`test_images` are floats from"),
        (
            {"images": GREY[:, :4], "test_images": GREY[:, :4], "test_labels": np.arange(2)},
            r"`test_labels` have the shape \(2,\); expected \(20,\)",
        ),
    ],
)
def test_images_that_cannot_be_learnt_from_are_refused(save, entries, message):
    with pytest.raises(ValueError, match=rf"own\.npz: .*{message}"):
        data.load_npz(save(**entries))


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "own.npz"
    path.write_text("text")
    with pytest.raises(ValueError, match=r"own\.npz: not a \.npz file"):
        data.load_npz(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(ValueError, match=r"none\.npz: no such file"):
        data.load_npz(tmp_path / "none.npz")
