import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from vae_np import bernoulli


@given(st.lists(st.tuples(st.booleans(), st.floats(-15, 15)), min_size=1, max_size=8))
def test_log_prob_agrees_with_scipy(pixels):
    targets, logits = np.array(pixels, dtype=float).T
    expected = stats.bernoulli(special.expit(logits)).logpmf(targets.astype(int)).sum()
    found = bernoulli.log_prob(targets[None], logits[None])
    assert found.shape == (1,)
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_grey_targets_mix_the_two_outcomes(rng):
    grey, logits = rng.random((4, 3)), rng.standard_normal((4, 3))
    white, black = (bernoulli.log_prob(np.full((4, 3), x), logits) for x in (0.0, 1.0))
    np.testing.assert_allclose(
        bernoulli.log_prob(np.full((4, 3), 0.25), logits), 0.75 * white + 0.25 * black
    )
    assert np.all(bernoulli.log_prob(grey, logits) < 0)


def test_the_probabilities_of_all_images_add_up_to_one(rng):
    logits = rng.standard_normal((1, 6)) * 3
    images = np.array(np.meshgrid(*[[0.0, 1.0]] * 6)).reshape(6, -1).T
    assert np.exp(bernoulli.log_prob(images, logits)).sum() == pytest.approx(1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("logit", [-1000, -88, -40, 0, 17, 40, 88, 1000])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_extreme_logits_give_finite_values_and_gradients(dtype, logit, target):
    targets, logits = np.full((1, 3), target, dtype), np.full((1, 3), logit, dtype)
    value = bernoulli.log_prob(targets, logits)
    gradient = autograd.grad(lambda x: anp.sum(bernoulli.log_prob(targets, x)))(logits)
    assert value.dtype == gradient.dtype == dtype
    # log p of a pixel is -log(1 + exp(∓logit)); a logit is known to its own rounding, no better
    sign = 1 if target else -1
    rounding = 3 * np.finfo(dtype).eps * abs(logit)
    exact = -3 * np.logaddexp(0, np.float64(-sign * logit))
    np.testing.assert_allclose(value, exact, rtol=1e-6, atol=rounding)
    np.testing.assert_allclose(gradient, target - special.expit(logits), atol=1e-7)


def test_a_net_that_knows_nothing_pays_log_2_a_pixel():
    assert bernoulli.log_prob(np.ones((1, 784)), np.zeros((1, 784)))[0] == pytest.approx(
        -784 * np.log(2)
    )


def test_the_mean_of_draws_is_the_mean(rng):
    logits = np.array([-3.0, 0.0, 2.0])
    draws = rng.random((100_000, 3)) < stats.logistic.cdf(logits)
    error = np.sqrt(bernoulli.mean(logits) * (1 - bernoulli.mean(logits)) / len(draws))
    assert np.all(abs(draws.mean(axis=0) - bernoulli.mean(logits)) < 6 * error)
