"""Laws that tie the modules together, each checked by a route that shares no code with them."""

import numpy as np
import pytest
from scipy import stats

from vae_np import gaussian, vae

STD = 0.7  # of the observation noise


@pytest.fixture
def line(rng):
    """Probabilistic PCA, p(x|z) = N(W z + b, STD² I), whose posterior is a Gaussian in closed form.

    The columns of W are orthogonal, so that the exact posterior has a diagonal covariance and
    q(z|x) can be equal to it (Tipping & Bishop 1999).
    """
    W = np.linalg.qr(rng.standard_normal((5, 2)))[0].T * np.array([[1.5], [0.4]])
    b = rng.standard_normal(5)
    images = rng.standard_normal((6, 5)) * 2
    precision = 1 + np.sum(W**2, axis=1) / STD**2
    mean = (images - b) @ W.T / STD**2 / precision
    log_std = np.tile(-0.5 * np.log(precision), (6, 1))
    exact = stats.multivariate_normal(b, W.T @ W + STD**2 * np.eye(5)).logpdf(images)
    return W, b, images, mean, log_std, exact


def log_likelihood(line, latents):
    W, b, images, *_ = line
    return gaussian.log_prob(images, latents @ W + b, np.full(5, np.log(STD)))


def test_with_the_exact_posterior_every_weight_is_log_p(line, rng):
    *_, mean, log_std, exact = line
    for _ in range(3):
        z = gaussian.sample(mean, log_std, rng.standard_normal(mean.shape))
        log_weight = (
            log_likelihood(line, z)
            + gaussian.log_prob(z, 0.0, np.zeros(2))
            - gaussian.log_prob(z, mean, log_std)
        )
        np.testing.assert_allclose(log_weight, exact, rtol=1e-12)


def expected_elbo(line, mean, log_std):
    """The bound with its expectation done exactly, by Gauss-Hermite quadrature over the plane."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    weights = weights / weights.sum()
    total = 0.0
    for x, wx in zip(nodes, weights, strict=True):
        for y, wy in zip(nodes, weights, strict=True):
            z = gaussian.sample(mean, log_std, np.tile([x, y], (len(mean), 1)))
            total = total + wx * wy * log_likelihood(line, z)
    return total - gaussian.kl_from_standard(mean, log_std)


def test_the_bound_is_tight_at_the_exact_posterior(line):
    *_, mean, log_std, exact = line
    np.testing.assert_allclose(expected_elbo(line, mean, log_std), exact, rtol=1e-10)


def test_the_gap_of_the_bound_is_the_kl_to_the_posterior(line, rng):
    *_, mean, log_std, exact = line
    q_mean = mean + rng.standard_normal(mean.shape)
    q_log_std = log_std + rng.standard_normal(log_std.shape) / 2
    # KL(q || posterior), both diagonal: by moving both so that the posterior becomes N(0, I)
    gap = gaussian.kl_from_standard((q_mean - mean) * np.exp(-log_std), q_log_std - log_std)
    bound = expected_elbo(line, q_mean, q_log_std)
    assert np.all(gap > 0)
    np.testing.assert_allclose(bound + gap, exact, rtol=1e-10)


def test_the_gradient_of_the_bound_vanishes_at_the_exact_posterior(line):
    *_, mean, log_std, _ = line
    h = 1e-5
    for shift in np.eye(4):
        by_mean, by_log_std = h * shift[:2], h * shift[2:]
        rise = np.sum(expected_elbo(line, mean + by_mean, log_std + by_log_std))
        fall = np.sum(expected_elbo(line, mean - by_mean, log_std - by_log_std))
        assert abs(rise - fall) / (2 * h) < 1e-6


def test_one_draw_estimates_the_bound_without_bias(small_model, rng):
    image = (rng.random((1, 6)) < 0.5).astype(float)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    grid_weights = np.outer(weights, weights).ravel()
    many = np.tile(image, (len(grid), 1))
    log_likelihood, kl = vae.elbo_terms(small_model, many, grid)
    exact = grid_weights @ (log_likelihood - kl)

    draws = 40_000
    terms = vae.elbo_terms(small_model, np.tile(image, (draws, 1)), rng.standard_normal((draws, 2)))
    values = terms[0] - terms[1]
    assert abs(vae.elbo(*terms) - exact) < 6 * values.std() / np.sqrt(draws)
