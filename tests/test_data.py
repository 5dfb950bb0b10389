"""Every source gives the same kind of record; bad files are named; binarisation keeps its law."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from tests.test_idx import encode
from vae_np import data, download, mnist

GREY = np.linspace(0, 1, 20 * 12).reshape(20, 12)
FALSE_ALARM = 1e-9  # chance that a right program fails one such test


def write_mnist(folder, train=(5, 3, 4), test=(2, 3, 4), label=3, **changed):
    """Four small files in MNIST's format; `changed` gives the content of some of them."""
    arrays = {
        "train_images": np.arange(np.prod(train), dtype=np.uint8).reshape(train),
        "train_labels": np.arange(train[0], dtype=np.uint8) % 10,
        "test_images": np.full(test, 7, np.uint8),
        "test_labels": np.full(test[0], label, np.uint8),
    }
    for key, array in arrays.items():
        (folder / mnist.FILES[key].name).write_bytes(changed.get(key, encode(array)))
    return arrays


def test_four_files_placed_by_hand_become_a_data_set(tmp_path):
    arrays = write_mnist(tmp_path)
    dataset = data.load("mnist", tmp_path)
    assert (dataset.name, dataset.image_shape) == ("mnist", (3, 4))
    np.testing.assert_array_equal(dataset.train_images, arrays["train_images"].reshape(5, 12))
    np.testing.assert_array_equal(dataset.test_images, arrays["test_images"].reshape(2, 12))
    np.testing.assert_array_equal(dataset.train_labels, arrays["train_labels"])
    np.testing.assert_array_equal(dataset.test_labels, arrays["test_labels"])
    assert dataset.train_images.dtype == np.uint8


def test_sizes_keep_the_first_images_and_their_labels(tmp_path):
    write_mnist(tmp_path)
    whole, part = data.load("mnist", tmp_path), data.load("mnist", tmp_path, 3, 1)
    np.testing.assert_array_equal(part.train_images, whole.train_images[:3])
    np.testing.assert_array_equal(part.train_labels, whole.train_labels[:3])
    assert len(part.test_images) == len(part.test_labels) == 1


@pytest.mark.parametrize("size", [0, -1, 6])
def test_a_size_that_the_data_set_does_not_have_is_refused(tmp_path, size):
    write_mnist(tmp_path)
    with pytest.raises(ValueError, match=f"train_size {size}: expected 1 to 5, .* mnist"):
        data.load("mnist", tmp_path, train_size=size)


def test_without_mnist_both_ways_to_get_it_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"make mnist.* or place the four files") as refused:
        data.load("mnist", tmp_path)
    assert str(tmp_path) in str(refused.value)
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="is not here: t10k-labels-idx1-ubyte not found"):
        data.load("mnist", tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": 10}, "t10k-labels-idx1-ubyte: expected labels 0 to 9, found 10"),
        ({"test": (2, 4, 3)}, r"test images are \(4, 3\) pixels, training images \(3, 4\)"),
        (
            {"train_labels": encode(np.zeros(4, np.uint8))},
            "train-images-idx3-ubyte has 5 images, but .*train-labels-idx1-ubyte has 4 labels",
        ),
        ({"train_images": encode(np.zeros((0, 3, 4), np.uint8))}, "ubyte: expected images, found"),
        ({"test_images": encode(np.zeros(2, np.uint8))}, "t10k-images-idx3-ubyte: expected an IDX"),
        ({"test_labels": gzip.compress(b"\0" * 99)[:-9]}, "t10k-labels-idx1-ubyte: .*damaged"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, changes, message):
    write_mnist(tmp_path, **changes)
    with pytest.raises(ValueError, match=message):
        data.load("mnist", tmp_path)


@pytest.mark.parametrize("name", ["MNIST", "fashion", "", "images.npy"])
def test_an_unknown_name_is_refused_with_the_choice(name):
    with pytest.raises(ValueError, match=f"data set '{name}': expected 'digits', 'mnist' or"):
        data.load(name)


def test_the_built_in_digits_are_a_data_set_like_mnist(tmp_path):
    dataset = data.load("digits", tmp_path, train_size=30, test_size=20)
    assert dataset.name == "digits"
    assert dataset.image_shape == (28, 28)
    assert dataset.train_images.shape == (30, 784)
    assert dataset.test_images.shape == (20, 784)
    assert dataset.train_labels.shape == (30,)
    assert dataset.test_labels.shape == (20,)


# Real MNIST, where it is


@pytest.fixture(scope="module")
def real_mnist():
    if "VAE_NP_DATA" not in os.environ:
        pytest.skip("set VAE_NP_DATA to the folder of MNIST's four files to run this test")
    return data.load("mnist", os.environ["VAE_NP_DATA"])


def test_the_real_files_have_the_published_content(real_mnist):
    folder = [Path(os.environ["VAE_NP_DATA"])]
    for file in mnist.FILES.values():
        assert download._is_published(file, mnist.find(file.name, folder)), file.name
    assert real_mnist.train_images.shape == (60_000, 784)
    assert real_mnist.test_images.shape == (10_000, 784)


def test_the_real_counts_and_means_are_the_readmes(real_mnist):
    readme = (Path(__file__).parent.parent / "data" / "README.md").read_text(encoding="utf-8")
    for images, labels in (real_mnist[1:3], real_mnist[3:5]):
        counts = " | ".join(str(count) for count in np.bincount(labels))
        assert f"| {counts} | {images.mean() / 255:.4f} |" in readme


def test_a_file_of_your_own_is_a_data_set_named_after_it(tmp_path):
    np.savez(tmp_path / "faces.npz", images=GREY.reshape(20, 3, 4), labels=np.arange(20))
    dataset = data.load(str(tmp_path / "faces.npz"), train_size=5, test_size=2)
    assert (dataset.name, dataset.image_shape) == ("faces", (3, 4))
    np.testing.assert_array_equal(dataset.train_images, GREY[:5], strict=True)
    np.testing.assert_array_equal(dataset.test_labels, [18, 19])


# Pixels


@given(npst.arrays(np.uint8, npst.array_shapes()), st.sampled_from([np.float32, np.float64]))
def test_unit_divides_bytes_by_255(images, dtype):
    pixels = data.unit(images, dtype)
    assert pixels.dtype == dtype
    np.testing.assert_array_equal(pixels, (images / 255.0).astype(dtype))


def test_unit_keeps_floats_and_never_writes_into_its_argument():
    pixels = data.unit(GREY, np.float64)
    np.testing.assert_array_equal(pixels, GREY)
    pixels[:] = 0
    assert GREY.max() == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_each_grey_comes_out_white_with_its_own_probability(dtype):
    rng = np.random.default_rng(1)
    greys = np.arange(256, dtype=np.uint8)
    draws = 20_000
    images = greys if dtype == np.uint8 else data.unit(greys, dtype)
    white = sum(data.binarise(np.tile(images, (1000, 1)), rng).sum(0) for _ in range(draws // 1000))
    assert white[0] == 0
    assert white[255] == draws
    for grey in range(1, 255):
        assert stats.binomtest(int(white[grey]), draws, grey / 255).pvalue > FALSE_ALARM / 254


def test_bytes_are_compared_with_uniform_draws_from_0_to_254():
    draws = data._bytes_below_255((1000, 1021), np.random.default_rng(2))
    counts = np.bincount(draws.ravel(), minlength=256)
    assert counts[255] == 0
    assert stats.chisquare(counts[:255]).pvalue > FALSE_ALARM


def test_neighbouring_pixels_and_successive_calls_are_independent():
    rng = np.random.default_rng(3)
    images = np.full((1000, 784), 102, np.uint8)  # probability 0.4
    first, second = data.binarise(images, rng), data.binarise(images, rng)
    for left, right in ((first, second), (first[:, 1:], first[:, :-1]), (first[1:], first[:-1])):
        assert stats.binomtest(int((left * right).sum()), left.size, 0.16).pvalue > FALSE_ALARM


@given(
    npst.arrays(np.uint8, npst.array_shapes(min_side=0)),
    st.sampled_from([np.float32, np.float64, np.uint8]),
    st.integers(0, 2**32),
)
def test_binarise_is_pure_and_keeps_shape(images, dtype, seed):
    before = images.copy()
    binary = data.binarise(images, np.random.default_rng(seed), dtype)
    assert (binary.dtype, binary.shape) == (dtype, images.shape)
    assert np.isin(binary, (0, 1)).all()
    np.testing.assert_array_equal(images, before)
    again = data.binarise(images, np.random.default_rng(seed), dtype)
    np.testing.assert_array_equal(binary, again)


def test_binarise_refuses_whole_numbers_other_than_bytes():
    with pytest.raises(ValueError, match="images are int64; expected uint8 or floats"):
        data.binarise(np.array([[0, 255]]), np.random.default_rng(0))


# Minibatches


@given(st.data(), st.integers(1, 60))
def test_an_epoch_shows_each_image_at_most_once_in_full_batches(draw, count):
    batch_size = draw.draw(st.integers(1, count))
    rng = np.random.default_rng(draw.draw(st.integers(0, 9)))
    batches = list(data.minibatches(count, batch_size, rng))
    assert len(batches) == count // batch_size
    assert all(batch.shape == (batch_size,) for batch in batches)
    seen = np.concatenate(batches)
    assert len(set(seen.tolist())) == len(seen)
    assert set(seen.tolist()) <= set(range(count))


def test_without_rng_the_order_is_the_files():
    batches = list(data.minibatches(7, 3))
    np.testing.assert_array_equal(batches, [[0, 1, 2], [3, 4, 5]])


def test_every_epoch_is_shuffled_anew_and_a_seed_repeats_them():
    rng, same = np.random.default_rng(4), np.random.default_rng(4)
    first, second = (np.concatenate(list(data.minibatches(100, 10, rng))) for _ in range(2))
    assert (first != second).any()
    for epoch in (first, second):
        again = np.concatenate(list(data.minibatches(100, 10, same)))
        np.testing.assert_array_equal(epoch, again)


def test_over_the_epochs_every_image_is_left_over_as_often():
    rng, epochs = np.random.default_rng(5), 2000
    seen = np.zeros(7, int)
    for _ in range(epochs):
        seen[np.concatenate(list(data.minibatches(7, 3, rng)))] += 1
    for count in seen:
        assert stats.binomtest(int(count), epochs, 6 / 7).pvalue > FALSE_ALARM


@pytest.mark.parametrize(("count", "batch_size"), [(5, 6), (5, 0), (5, -1), (0, 1)])
def test_a_batch_size_that_cannot_be_is_refused_at_once(count, batch_size):
    with pytest.raises(ValueError, match=f"batch_size {batch_size}: expected 1 to {count}"):
        data.minibatches(count, batch_size)
