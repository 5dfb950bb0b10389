import autograd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from vae_np import gaussian

means = st.floats(-5, 5)
log_stds = st.floats(-3, 2)


def test_a_sample_has_the_mean_and_the_standard_deviation_asked_for(rng):
    mean, log_std = np.array([[1.0, -2.0]]), np.array([[-1.0, 0.5]])
    draws = gaussian.sample(mean, log_std, rng.standard_normal((200_000, 2)))
    # Standard errors of 200,000 draws; six of them are passed by chance once in 500 million.
    error = np.exp(log_std[0]) / np.sqrt(len(draws))
    assert np.all(abs(draws.mean(axis=0) - mean[0]) < 6 * error)
    assert np.all(abs(draws.std(axis=0) - np.exp(log_std[0])) < 6 * error)


def test_a_sample_is_its_mean_where_the_noise_is_zero(rng):
    mean, log_std = rng.standard_normal((2, 3, 4))
    np.testing.assert_array_equal(gaussian.sample(mean, log_std, np.zeros((3, 4))), mean)


def test_gradients_pass_a_sample_to_mean_and_log_std(rng):
    mean, log_std, eps = rng.standard_normal((3, 2, 4))
    by_mean = autograd.elementwise_grad(gaussian.sample, 0)(mean, log_std, eps)
    by_log_std = autograd.elementwise_grad(gaussian.sample, 1)(mean, log_std, eps)
    np.testing.assert_allclose(by_mean, np.ones_like(mean))
    np.testing.assert_allclose(by_log_std, eps * np.exp(log_std))


@given(means, log_stds)
def test_kl_agrees_with_quadrature(mean, log_std):
    q, p = stats.norm(mean, np.exp(log_std)), stats.norm(0, 1)
    reach = 12 * q.std()
    expected, _ = integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean - reach, mean + reach, limit=200
    )
    found = gaussian.kl_from_standard(np.array([[mean]]), np.array([[log_std]]))
    np.testing.assert_allclose(found, [expected], rtol=1e-7, atol=1e-9)


@given(st.lists(st.tuples(means, log_stds), min_size=1, max_size=5))
def test_kl_is_never_negative_and_adds_up_over_dimensions(pairs):
    mean, log_std = np.array(pairs).T
    whole = gaussian.kl_from_standard(mean[None], log_std[None])
    parts = gaussian.kl_from_standard(mean[:, None], log_std[:, None])
    assert whole.shape == (1,)
    assert np.all(parts >= 0)
    np.testing.assert_allclose(whole[0], parts.sum(), rtol=1e-12, atol=1e-15)


def test_kl_is_zero_only_at_the_prior():
    assert gaussian.kl_from_standard(np.zeros((1, 3)), np.zeros((1, 3))) == 0


def test_kl_keeps_its_digits_near_the_prior():
    # For std = exp(h): KL = (exp(2h) - 1 - 2h)/2 = h² + O(h³), lost in rounding if 1 is subtracted.
    h = np.float32(1e-3)
    kl = gaussian.kl_from_standard(np.zeros((1, 1), np.float32), np.full((1, 1), h))
    assert kl[0] == pytest.approx(1e-6, rel=2e-3)


@given(means, means, log_stds)
def test_log_prob_agrees_with_scipy(value, mean, log_std):
    found = gaussian.log_prob(np.array([value]), np.array([mean]), np.array([log_std]))
    assert found == pytest.approx(stats.norm(mean, np.exp(log_std)).logpdf(value), rel=1e-9)


def test_log_prob_sums_the_last_axis_and_broadcasts(rng):
    values, mean, log_std = rng.standard_normal((3, 5, 2)), np.ones(2), np.zeros(2)
    expected = stats.norm(1, 1).logpdf(values).sum(axis=-1)
    np.testing.assert_allclose(gaussian.log_prob(values, mean, log_std), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    ones = np.ones((2, 3), dtype)
    assert gaussian.sample(ones, ones, ones).dtype == dtype
    assert gaussian.kl_from_standard(ones, ones).dtype == dtype
    assert gaussian.log_prob(ones, ones, ones).dtype == dtype
