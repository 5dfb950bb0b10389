"""The built-in digits repeat to the bit, keep MNIST's conventions and are what they say."""

import importlib.resources
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from vae_np import data, digits

STREAM = 3000  # images: three blocks
INK = 127  # what counts as ink, of 255
AMONG = np.array([name.split()[0] for name in digits.variant_names()], np.uint8)


@pytest.fixture(scope="module")
def drawn():
    return digits.draw(STREAM, seed=7)


@pytest.fixture(scope="module")
def squares(drawn):
    return drawn.images.reshape(-1, 28, 28)


@pytest.fixture(scope="module")
def counters(squares):
    """How many patches of paper the ink of each image encloses."""
    return np.array([ndimage.label(np.pad(image, 1) <= INK)[1] - 1 for image in squares])


def assert_same(left, right):
    np.testing.assert_array_equal(left.images, right.images, strict=True)
    np.testing.assert_array_equal(left.labels, right.labels, strict=True)
    assert left.attributes.keys() == right.attributes.keys()
    for name, column in left.attributes.items():
        np.testing.assert_array_equal(column, right.attributes[name], strict=True)


def part(whole, first, last):
    attributes = {name: column[first:last] for name, column in whole.attributes.items()}
    return digits.Digits(whole.images[first:last], whole.labels[first:last], attributes)


def longest_sides(squares):
    """The longer side of the box around all that is not paper, in pixels."""
    rows, columns = squares.any(2), squares.any(1)
    heights = 28 - rows.argmax(1) - rows[:, ::-1].argmax(1)
    widths = 28 - columns.argmax(1) - columns[:, ::-1].argmax(1)
    return np.maximum(heights, widths)


def moments(squares):
    """Centre of mass (row, column), and the slant that makes row and column uncorrelated."""
    mass, index = squares / squares.sum((1, 2), keepdims=True), np.arange(28)
    row, column = mass.sum(2) @ index, mass.sum(1) @ index
    down, right = index - row[:, None], index - column[:, None]
    covariance = np.einsum("nij,ni,nj->n", mass, down, right)
    return row, column, -covariance / np.einsum("nij,ni->n", mass, down**2)


# The stream


def test_a_seed_gives_the_same_digits_again(drawn):
    assert_same(digits.draw(STREAM, seed=7), drawn)


def test_another_seed_gives_other_digits(drawn):
    other = digits.draw(1000, seed=8)
    assert not (other.images == drawn.images[:1000]).all(1).any()


@settings(max_examples=15, deadline=None)
@given(start=st.integers(0, STREAM), count=st.integers(0, 1200))
def test_any_range_is_a_part_of_the_stream(drawn, start, count):
    count = min(count, STREAM - start)
    assert_same(digits.draw(count, 7, start), part(drawn, start, start + count))


def test_the_global_generator_of_numpy_plays_no_part(drawn):
    np.random.seed(0)  # noqa: NPY002 (it is what is tested)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert_same(digits.draw(10, 7), part(drawn, 0, 10))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_no_image_comes_twice(drawn):
    assert len(np.unique(drawn.images, axis=0)) == STREAM


def test_every_block_holds_a_hundred_of_each_digit(drawn):
    for first in range(0, STREAM, 1000):
        counts = np.bincount(drawn.labels[first : first + 1000], minlength=10)
        np.testing.assert_array_equal(counts, 100)


def test_the_digits_come_in_no_order(drawn):
    repeats = (drawn.labels[1:] == drawn.labels[:-1]).mean()
    assert 0.07 < repeats < 0.13


@pytest.mark.parametrize("count", [0, 1])
def test_types_and_shapes_do_not_depend_on_the_count(count):
    few = digits.draw(count, 3)
    assert few.images.shape == (count, 784)
    assert few.images.dtype == few.labels.dtype == np.uint8
    assert few.labels.shape == (count,)
    expected = {"slant": np.float32, "thickness": np.float32, "variant": np.int16}
    expected |= dict.fromkeys(digits.FLAGS, np.bool_)
    assert {name: column.dtype for name, column in few.attributes.items()} == expected
    assert {column.shape for column in few.attributes.values()} == {(count,)}


def test_progress_is_told_after_each_block():
    told = []
    digits.draw(1700, 7, start=900, progress=told.append)
    assert told == [100, 1100, 1700]


@pytest.mark.parametrize("argument", ["count", "seed", "start"])
@pytest.mark.parametrize("value", [-1, 2.0, "3", None])
def test_what_is_not_a_natural_number_is_refused_by_name(argument, value):
    arguments = {"count": 1, "seed": 1, "start": 0, argument: value}
    with pytest.raises(ValueError, match=rf"^{argument} = .*: expected an integer of at least 0$"):
        digits.draw(**arguments)


def test_a_numpy_integer_is_an_integer(drawn):
    assert_same(digits.draw(np.int32(5), np.uint8(7), np.int64(0)), part(drawn, 0, 5))


def test_importing_the_module_does_not_import_the_splines():
    code = "import sys, vae_np.digits; sys.exit('scipy.interpolate' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# MNIST's conventions


def test_the_longer_side_is_twenty_pixels(squares):
    sides = longest_sides(squares)
    assert sides.max() == 20
    assert sides.min() >= 19
    assert (sides == 20).mean() > 0.99  # measured: 0.999


def test_the_centre_of_mass_is_within_half_a_pixel_of_the_middle(squares):
    for centre in moments(squares)[:2]:
        off = np.abs(centre - 14)
        # Half a pixel and the rounding of the ink; more only where the image ends.
        assert (off < 0.51).mean() > 0.99  # measured: 0.999
        assert off.max() < 2
        assert abs(centre.mean() - 14) < 0.03


def test_brightness_is_that_of_mnist(drawn):
    assert drawn.images.mean() / 255 == pytest.approx(0.131, abs=0.003)
    assert (drawn.images > 0).mean() == pytest.approx(0.19, abs=0.005)
    assert drawn.images.max() == 255


# The attributes, against measurements that do not know them


@pytest.mark.parametrize("digit", range(10))
def test_slant_is_the_slant_of_the_ink(drawn, squares, digit):
    mine = drawn.labels == digit
    slant, measured = drawn.attributes["slant"][mine], moments(squares[mine])[2]
    assert np.corrcoef(slant, measured)[0, 1] > 0.65  # measured, four seeds: 0.72 to 0.93
    assert 0.5 < np.polyfit(slant, measured, 1)[0] < 1.5  # so its sign and its unit are right


@pytest.mark.parametrize("digit", range(10))
def test_thickness_is_the_thickness_of_the_ink(drawn, squares, digit):
    mine = drawn.labels == digit
    thickness = drawn.attributes["thickness"][mine]
    depth = [
        np.quantile(ndimage.distance_transform_edt(image > INK), 0.99) for image in squares[mine]
    ]
    assert np.corrcoef(thickness, depth)[0, 1] > 0.8  # measured, four seeds: 0.82 to 0.91
    assert (
        np.corrcoef(thickness, squares[mine].sum((1, 2)))[0, 1] > 0.7
    )  # measured, four seeds: 0.77 to 0.94


def test_variants_belong_to_their_digits(drawn):
    np.testing.assert_array_equal(AMONG[drawn.attributes["variant"]], drawn.labels)


def test_every_digit_is_written_in_at_least_six_ways(drawn):
    names = digits.variant_names()
    assert len(set(names)) == len(names)
    seen = np.unique(drawn.attributes["variant"])
    assert np.bincount(AMONG[seen], minlength=10).min() >= 6


@pytest.mark.parametrize(
    ("flag", "owners", "word"),
    [
        ("has_flag", {1}, "flag"),
        ("has_base", {1}, "base"),
        ("has_loop", {2}, "loop"),
        ("closed", {4}, "closed"),
        ("has_bar", {7}, "bar"),
    ],
)
def test_flags_are_those_of_the_named_variants(drawn, flag, owners, word):
    flagged = drawn.attributes[flag]
    assert set(drawn.labels[flagged]) == owners
    assert not flagged[np.isin(drawn.labels, list(owners))].all()
    names = np.array(digits.variant_names())[drawn.attributes["variant"]]
    named = np.array([word in name for name in names]) & np.isin(drawn.labels, list(owners))
    assert flagged[named].all()


def test_the_table_uses_no_flag_that_is_not_an_attribute():
    table = importlib.resources.files("vae_np").joinpath("digit_strokes.txt").read_text("utf-8")
    rows = [line.split(":")[0].split() for line in table.splitlines() if line[0] != "#"]
    assert {flag for row in rows for flag in row[3:]} == set(digits.FLAGS)


@pytest.mark.parametrize(("flag", "digit"), [("has_loop", 2), ("closed", 4)])
def test_a_loop_encloses_paper(drawn, counters, flag, digit):
    mine, flagged = drawn.labels == digit, drawn.attributes[flag]
    assert (counters[mine & flagged] > 0).mean() > 0.8  # measured: 0.92 and 0.97
    assert (counters[mine & ~flagged] > 0).mean() < 0.2  # measured: 0.10 and 0.09


def test_a_base_is_wide(drawn, squares):
    ones, base = drawn.labels == 1, drawn.attributes["has_base"]
    foot = np.array([(image[image.any(1)][-4:] > INK).any(0).sum() for image in squares])
    assert np.median(foot[ones & base]) > 2 * np.median(foot[ones & ~base])


# Legibility


@pytest.mark.parametrize(
    ("digit", "least"),
    [(0, 0.9), (6, 0.95), (8, 0.99), (9, 0.8)],  # measured: 0.95, 0.97, 1.00, 0.86
)
def test_counters_are_open(drawn, counters, digit, least):
    """Some ways to write a 0 or a 9 leave a gap, so that their counters are not enclosed."""
    assert (counters[drawn.labels == digit] > 0).mean() >= least


def test_most_eights_have_two_counters(drawn, counters):
    assert (counters[drawn.labels == 8] > 1).mean() > 0.85  # measured: 0.94


def nearest(drawn, images):
    """Label each image as the nearest of the drawn ones."""
    known, asked = drawn.images.astype(np.float32), images.astype(np.float32)
    return drawn.labels[np.argmax(asked @ known.T - np.square(known).sum(1) / 2, axis=1)]


def test_what_is_learnt_carries_over_to_digits_held_out(drawn):
    held_out = digits.draw(1000, seed=7, start=STREAM)
    right = nearest(drawn, held_out.images) == held_out.labels
    assert right.mean() > 0.88  # measured, four seeds: 0.94 to 0.95


def test_what_is_learnt_carries_over_to_mnist(mnist_dir):
    mnist = data.load_mnist(mnist_dir)
    read = nearest(digits.draw(5000, seed=7), mnist.test_images[:1000])
    assert (read == mnist.test_labels[:1000]).mean() > 0.86  # measured, four seeds: 0.89 to 0.90
