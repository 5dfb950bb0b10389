import numpy as np
import pytest

from vae_np import digits
from vae_np.experiments import measurements

SHAPE = 28, 28


def stroke(width: int, shear: float = 0.0) -> np.ndarray:
    """An upright or leaning bar, 20 pixels high, (1, 784)."""
    image = np.zeros(SHAPE)
    for row in range(4, 24):
        left = round(14 - width / 2 + shear * (14 - row))
        image[row, left : left + width] = 1
    return image.reshape(1, -1)


@pytest.mark.parametrize("shear", [-0.4, 0.0, 0.3])
def test_the_slant_of_a_leaning_bar_is_its_shear(shear):
    assert measurements.slant(stroke(3, shear), SHAPE)[0] == pytest.approx(shear, abs=0.03)


@pytest.mark.parametrize("width", [2, 3, 5])
def test_the_thickness_of_a_bar_is_about_its_width(width):
    assert measurements.thickness(stroke(width), SHAPE)[0] == pytest.approx(width, rel=0.25)


def test_measurements_follow_what_the_built_in_digits_were_drawn_with():
    drawn = digits.draw(1_000, seed=5)
    images = drawn.images / 255
    for name, least in (("slant", 0.7), ("thickness", 0.8)):
        measured = getattr(measurements, name)(images, SHAPE)
        assert np.corrcoef(measured, drawn.attributes[name])[0, 1] > least


def test_ink_is_read_where_two_sets_differ():
    present, absent = np.zeros((3, 6)), np.zeros((2, 6))
    present[:, 2:4] = 1
    place = measurements.place(present, absent)
    np.testing.assert_array_equal(np.flatnonzero(place), [2, 3])
    np.testing.assert_array_equal(measurements.ink_in(present, place), [1, 1, 1])
    np.testing.assert_array_equal(measurements.ink_in(absent, place), [0, 0])
