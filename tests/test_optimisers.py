import numpy as np
import pytest

from vae_np import adam, optimisers


def walk(update, gradients, step_size=0.1, in_place=False):
    state = adam.init(np.zeros(3))
    for gradient in gradients:
        state = update(state, gradient, step_size, out=state if in_place else None)
    return state


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_in_place_or_not_is_the_same(name, rng):
    gradients = rng.standard_normal((6, 3))
    update = optimisers.OPTIMISERS[name]
    fresh, reused = walk(update, gradients), walk(update, gradients, in_place=True)
    assert fresh.t == reused.t == 6
    for name in ("theta", "m", "v"):
        np.testing.assert_array_equal(getattr(fresh, name), getattr(reused, name))


@pytest.mark.parametrize("name", optimisers.OPTIMISERS)
def test_a_state_is_left_alone(name):
    state = adam.init(np.zeros(3))
    optimisers.OPTIMISERS[name](state, np.ones(3), 0.1)
    assert state.t == 0
    assert not np.any(state.theta)
    assert not np.any(state.m)


def test_sgd_adds_its_gradients(rng):
    gradients = rng.standard_normal((5, 3))
    np.testing.assert_allclose(walk(optimisers.sgd, gradients).theta, 0.1 * gradients.sum(axis=0))


def test_momentum_is_sgd_on_a_decaying_sum(rng):
    gradients = rng.standard_normal((5, 3))
    weights = [sum(0.9**age for age in range(5 - i)) for i in range(5)]
    expected = 0.1 * np.tensordot(weights, gradients, 1)
    np.testing.assert_allclose(walk(optimisers.momentum, gradients).theta, expected)


def test_uncorrected_adam_is_algorithm_1_without_its_hats(rng):
    gradients = rng.standard_normal((4, 3))
    theta, m, v = np.zeros(3), np.zeros(3), np.zeros(3)
    for g in gradients:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta + 0.1 * m / (np.sqrt(v) + 1e-8)
    np.testing.assert_allclose(walk(optimisers.adam_uncorrected, gradients).theta, theta)


def test_bias_correction_makes_every_step_of_a_constant_gradient_the_step_size():
    corrected = optimisers.step_lengths(adam.update, 20, 0.01)
    np.testing.assert_allclose(corrected, 0.01, rtol=1e-6)
    first = optimisers.step_lengths(optimisers.adam_uncorrected, 20, 0.01)[0]
    assert first == pytest.approx(0.01 * 0.1 / np.sqrt(0.001), rel=1e-5)
