import numpy as np
import pytest

from vae_np import vae
from vae_np.experiments import posterior


@pytest.fixture
def images(rng):
    return rng.integers(0, 2, (5, 6)).astype(float)


def test_the_encoders_posterior_has_the_pages_elbo(small_model, images, rng):
    eps = rng.standard_normal((5, 1, 2))
    ours = posterior.elbo(small_model, images, posterior.amortised(small_model, images), eps)
    log_likelihood, kl = vae.elbo_terms(small_model, images, eps[:, 0])
    np.testing.assert_allclose(ours, log_likelihood - kl)


def test_climbing_raises_every_elbo_and_correlation_can_only_help(small_model, images, rng):
    start = posterior.amortised(small_model, images)
    eps = rng.standard_normal((5, 4_000, 2))
    own, correlated = (
        posterior.climb(small_model, images, start, rng, 300, full) for full in (False, True)
    )
    before, diagonal, full = (
        posterior.elbo(small_model, images, q, eps) for q in (start, own, correlated)
    )
    assert np.all(diagonal > before)
    assert np.mean(full - diagonal) > -0.01
    assert not np.any(own.below)
    assert np.any(correlated.below)


def test_the_start_is_left_alone(small_model, images, rng):
    start = posterior.amortised(small_model, images)
    kept = [array.copy() for array in start]
    posterior.climb(small_model, images, start, rng, 3, True)
    for array, copy in zip(start, kept, strict=True):
        np.testing.assert_array_equal(array, copy)
