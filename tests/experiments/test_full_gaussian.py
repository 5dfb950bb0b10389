import numpy as np
import pytest
from scipy import stats

from vae_np import gaussian
from vae_np.experiments import full_gaussian, linear_gaussian


@pytest.fixture
def q(rng):
    return tuple(0.5 * rng.standard_normal(shape) for shape in ((3, 4), (3, 4), (3, 4, 4)))


def test_draws_have_the_covariance(q, rng):
    z = full_gaussian.sample(*q, rng.standard_normal((3, 60_000, 4)))
    covariance = full_gaussian.covariance(*q[1:])
    for mean, draws, expected in zip(q[0], z, covariance, strict=True):
        np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.05)
        np.testing.assert_allclose(np.cov(draws, rowvar=False), expected, atol=0.15)


def test_the_kl_is_that_of_the_general_formula(q):
    covariance = full_gaussian.covariance(*q[1:])
    for i, value in enumerate(full_gaussian.kl_from_standard(*q)):
        args = q[0][i : i + 1], covariance[i], np.zeros((1, 4)), np.eye(4)
        assert value == pytest.approx(linear_gaussian.gaussian_kl(*args)[0])


def test_the_kl_is_the_mean_log_ratio_of_draws(q, rng):
    mean, covariance = q[0][0], full_gaussian.covariance(*q[1:])[0]
    exact = full_gaussian.kl_from_standard(*q)[0]
    own = stats.multivariate_normal(mean, covariance)
    z = own.rvs(40_000, random_state=rng)
    ratios = own.logpdf(z) - stats.norm.logpdf(z).sum(axis=1)
    assert ratios.mean() == pytest.approx(exact, abs=4 * ratios.std() / 200)


def test_without_correlations_it_is_the_diagonal_gaussian(q, rng):
    mean, log_std, below = q
    eps = rng.standard_normal((3, 5, 4))
    flat = mean, log_std, np.triu(below)  # what is above the diagonal does not count
    diagonal = gaussian.sample(mean[:, None], log_std[:, None], eps)
    np.testing.assert_array_equal(full_gaussian.sample(*flat, eps), diagonal)
    np.testing.assert_array_equal(
        full_gaussian.kl_from_standard(*flat), gaussian.kl_from_standard(mean, log_std)
    )


def test_a_box_holds_every_gaussian():
    pair = (np.zeros(2), np.diag([1.0, 4.0])), (np.array([3.0, 0.0]), np.eye(2))
    low, high = full_gaussian.box(pair, reach=2)
    np.testing.assert_allclose([low, high], [[-2, -4], [5, 4]])
