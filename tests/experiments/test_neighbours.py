import numpy as np
import pytest
from scipy.spatial import distance

from vae_np.experiments import neighbours


def test_the_nearest_is_scipys(rng):
    points, among = rng.random((700, 9)), rng.random((40, 9))
    squared, index = neighbours.nearest(points, among)
    all_pairs = distance.cdist(points, among, "sqeuclidean")
    np.testing.assert_allclose(squared, all_pairs.min(axis=1), atol=1e-12)
    np.testing.assert_array_equal(index, all_pairs.argmin(axis=1))


def test_a_shift_moves_every_pixel_right_by_one():
    image = np.arange(6.0).reshape(1, 6)
    np.testing.assert_array_equal(neighbours.shifted(image, (2, 3)), [[0, 0, 1, 0, 3, 4]])


def test_relative_distance_does_not_depend_on_the_scale(rng):
    codes = rng.standard_normal((100, 2))
    nudged = codes + 0.01
    small = neighbours.relative_distance(codes, nudged)
    assert neighbours.relative_distance(50 * codes, 50 * nudged) == pytest.approx(small)
    assert 0 < small < 0.05


def test_the_widest_gap_crosses_the_empty_side():
    angle = np.linspace(0, np.pi, 50)  # codes on half a circle: its diameter crosses nothing
    codes = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    pairs = neighbours.widest_gaps(codes, codes[[0, 1, 2, -1]], count=2)
    np.testing.assert_array_equal(pairs, [[0, 3], [1, 3]])
