import numpy as np
import pytest

from vae_np.experiments import latent_arithmetic


def test_the_vector_is_taken_within_each_digit(rng):
    labels = np.repeat([0, 1], 500)
    has = rng.random(1_000) < np.where(labels == 0, 0.9, 0.1)  # more common in one digit
    latents = np.stack([5.0 * labels, 2.0 * has], axis=1)
    vector = latent_arithmetic.attribute_vector(latents, has, ~has, labels)
    np.testing.assert_allclose(vector, [0, 2])


def test_a_digit_without_both_groups_does_not_count():
    latents = np.array([[0.0], [1.0], [10.0]])
    labels, has = np.array([7, 7, 1]), np.array([False, True, True])
    assert latent_arithmetic.attribute_vector(latents, has, ~has, labels) == 1
    with pytest.raises(ValueError, match="expected a label with images of both kinds"):
        latent_arithmetic.attribute_vector(latents, has, ~has, np.array([0, 1, 2]))


def test_extremes_are_quarters_of_each_digit(rng):
    labels = np.repeat([0, 1], 200)
    high, low = latent_arithmetic.extremes(rng.random(400) + labels, labels)
    for label in (0, 1):
        assert high[labels == label].sum() == low[labels == label].sum() == 50
    assert not np.any(high & low)


def test_adding_with_strength_zero_changes_nothing(rng):
    latents, vector = rng.random((3, 4)), rng.random(4)
    moved = latent_arithmetic.add(latents, vector, np.array([-1.0, 0, 2]))
    np.testing.assert_array_equal(moved[:, 1], latents)
    np.testing.assert_allclose(moved[:, 2] - moved[:, 0], np.tile(3 * vector, (3, 1)))
