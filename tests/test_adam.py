"""Adam against its algorithm written out by element, and against PyTorch where it is installed."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_np import adam


def by_element(theta, gradients, step_size, beta1, beta2, epsilon):
    """Algorithm 1 of Kingma & Ba 2015, uphill, on Python floats."""
    result = []
    for i, value in enumerate(theta.tolist()):
        m = v = 0.0
        for t, gradient in enumerate(gradients, start=1):
            g = float(gradient[i])
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
            value += step_size * m_hat / (math.sqrt(v_hat) + epsilon)
        result.append(value)
    return result


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(1, 12),
    step_size=st.floats(1e-4, 1),
    beta1=st.floats(0, 0.99),
    beta2=st.floats(0, 0.9999),
    epsilon=st.floats(1e-9, 1),
)
def test_update_is_algorithm_1_uphill(seed, steps, step_size, beta1, beta2, epsilon):
    rng = np.random.default_rng(seed)
    theta, gradients = rng.standard_normal(3), rng.standard_normal((steps, 3))
    state = adam.init(theta)
    for gradient in gradients:
        state = adam.update(state, gradient, step_size, beta1, beta2, epsilon)
    expected = by_element(theta, gradients, step_size, beta1, beta2, epsilon)
    assert state.t == steps
    np.testing.assert_allclose(state.theta, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("size", [1, adam.BLOCK - 1, adam.BLOCK, adam.BLOCK + 1, 2 * adam.BLOCK])
def test_blocks_leave_no_seam(size, rng):
    theta, gradient = rng.standard_normal((2, size))
    m, v = rng.standard_normal(size), rng.random(size)
    new = adam.update(adam.State(theta, m, v, 3), gradient, 0.1)
    # the two terms may cancel, but for the rounding of numbers of order one
    np.testing.assert_allclose(new.m, 0.9 * m + 0.1 * gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(new.v, 0.999 * v + 0.001 * gradient**2, rtol=1e-12)
    step = 0.1 * (new.m / (1 - 0.9**4)) / (np.sqrt(new.v / (1 - 0.999**4)) + 1e-8)
    np.testing.assert_allclose(new.theta, theta + step, rtol=1e-12)


def test_the_first_step_has_the_step_size_whatever_the_gradient(rng):
    gradient = rng.standard_normal(5) * 10.0 ** np.arange(5)
    new = adam.update(adam.init(np.zeros(5)), gradient, 0.01)
    np.testing.assert_allclose(new.theta, 0.01 * np.sign(gradient), rtol=1e-6)


def test_without_out_nothing_that_was_given_changes(rng):
    theta, gradient = rng.standard_normal((2, 7))
    state = adam.update(adam.init(theta), gradient)
    kept = [array.copy() for array in (*state[:3], gradient)]
    new = adam.update(state, gradient)
    for array, before in zip((*state[:3], gradient), kept, strict=True):
        np.testing.assert_array_equal(array, before)
    assert state.t == 1
    assert new.t == 2
    assert not any(np.shares_memory(a, b) for a, b in zip(state[:3], new[:3], strict=True))


def test_init_copies_theta(rng):
    theta = rng.standard_normal(3)
    assert not np.shares_memory(adam.init(theta).theta, theta)


@pytest.mark.parametrize("itself", [True, False])
def test_out_takes_the_new_state_and_the_same_numbers(itself, rng):
    theta, gradient = rng.standard_normal((2, 2 * adam.BLOCK + 5)).astype(np.float32)
    state = adam.update(adam.init(theta), gradient)
    expected = adam.update(state, gradient)
    out = state if itself else adam.init(theta)
    found = adam.update(state, gradient, out=out)
    assert found.t == 2
    for mine, given_array, array in zip(found[:3], out[:3], expected[:3], strict=True):
        assert mine is given_array
        np.testing.assert_array_equal(mine, array)


def test_in_place_an_update_needs_no_memory_of_the_size_of_theta(rng):
    theta = rng.standard_normal(50 * adam.BLOCK).astype(np.float32)
    state, gradient = adam.init(theta), theta.copy()
    tracemalloc.start()
    try:
        adam.update(state, gradient, out=state)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * adam.BLOCK * theta.itemsize


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    state = adam.update(adam.init(np.zeros(3, dtype)), np.ones(3, dtype), np.float64(0.1))
    assert {array.dtype for array in state[:3]} == {np.dtype(dtype)}


def test_it_climbs_a_hill():
    state = adam.init(np.array([3.0, -2.0]))
    for _ in range(2_000):
        state = adam.update(state, -2 * (state.theta - [1, 5]), 0.02, out=state)
    np.testing.assert_allclose(state.theta, [1, 5], atol=1e-3)


def test_fifty_steps_are_those_of_pytorch(rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: nothing to compare")
    theta, gradients = rng.standard_normal(40), rng.standard_normal((50, 40))
    state, peer = adam.init(theta), torch.nn.Parameter(torch.tensor(theta))
    optimiser = torch.optim.Adam([peer], lr=0.01, maximize=True)
    for gradient in gradients:
        state = adam.update(state, gradient, 0.01)
        peer.grad = torch.tensor(gradient)
        optimiser.step()
    np.testing.assert_allclose(state.theta, peer.detach().numpy(), rtol=1e-12, atol=1e-13)
