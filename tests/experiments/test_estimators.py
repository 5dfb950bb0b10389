import numpy as np
import pytest
from scipy import special

from vae_np import bounds, train, vae
from vae_np.experiments import estimators, latent_plane


@pytest.fixture
def images(rng):
    return rng.integers(0, 2, (4, 6)).astype(float)


def within_errors(first, second):
    """Whether the means of two sets of draws (S, P) agree within four standard errors."""
    error = np.sqrt((first.var(axis=0) + second.var(axis=0)) / len(first))
    return np.all(np.abs(first.mean(axis=0) - second.mean(axis=0)) < 4 * error)


def test_both_ways_to_log_p_agree_with_a_sum_over_the_plane(small_model, images, rng):
    exact = latent_plane.log_evidence(small_model, images, 201)
    naive = estimators.prior_log_likelihoods(small_model, images, 20_000, rng)
    wide = np.zeros((4, 2)), np.full((4, 2), 0.3)  # no weight is much larger than the others
    weights = bounds.log_weights(small_model, images, rng.standard_normal((4, 20_000, 2)), wide)
    for log_values in (naive, weights):
        estimate = estimators.running_log_mean(log_values, [log_values.shape[1]])[:, 0]
        np.testing.assert_allclose(estimate, exact, atol=0.05)


def test_running_means_are_those_of_the_first_values(rng):
    values = rng.random((3, 20))
    ours = estimators.running_log_mean(np.log(values), [1, 7, 20])
    expected = np.log([[row[:n].mean() for n in (1, 7, 20)] for row in values])
    np.testing.assert_allclose(ours, expected)


@pytest.mark.parametrize("widen", [0.2, 1.0])
def test_the_two_estimators_agree_in_their_mean(small_model, images, rng, widen):
    a, b = estimators.sgvb(small_model, images, rng.standard_normal((4, 20_000, 2)), widen)
    difference = a - b
    error = difference.std(axis=1) / np.sqrt(20_000)
    assert np.all(np.abs(difference.mean(axis=1)) < 4 * error)


def test_the_analytic_kl_is_less_noisy_for_a_narrow_q(small_model, images, rng):
    a, b = estimators.sgvb(small_model, images, rng.standard_normal((4, 2_000, 2)), widen=0.1)
    assert np.all(b.var(axis=1) < 0.5 * a.var(axis=1))


def test_gradients_by_three_estimators_are_those_of_a_finite_difference(small_model, images, rng):
    image, eps = images[0], rng.standard_normal((40_000, 2))
    mean, log_std = vae.encode(small_model, image[None])
    q = np.concatenate([mean[0], log_std[0]])

    def expected(q):
        z = q[:2] + np.exp(q[2:]) * eps
        p = special.expit(vae.decode(small_model, z))
        return np.mean(np.log(np.where(image == 1, p, 1 - p)).sum(axis=1))

    step = 1e-5
    finite = [(expected(q + step * d) - expected(q - step * d)) / (2 * step) for d in np.eye(4)]
    reparameterised = estimators.reparameterised(small_model, image, eps)
    np.testing.assert_allclose(reparameterised.mean(axis=0), finite, rtol=1e-5, atol=1e-8)
    for baseline in (False, True):
        score = estimators.score_function(small_model, image, eps, baseline)
        assert within_errors(score, reparameterised)


def test_a_variance_falls_as_one_over_l(rng):
    draws = rng.standard_normal((40_000, 2))
    assert estimators.variance_of_mean(draws, 1) == pytest.approx(2, rel=0.05)
    assert estimators.variance_of_mean(draws, 20) == pytest.approx(0.1, rel=0.1)
    with pytest.raises(ValueError, match="group is 30000: expected at most 20000"):
        estimators.variance_of_mean(draws, 30_000)


def test_the_gradient_is_taken_by_train_alone(small_model, images, monkeypatch):
    called = []
    monkeypatch.setattr(train, "gradient", lambda *_: called.append(1) or (np.zeros(2), ()))
    estimators.reparameterised(small_model, images[0], np.zeros((1, 2)))
    assert called
