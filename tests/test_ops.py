"""Every primitive against the same function in plain autograd, and against finite differences."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from vae_np import ops

PLAIN_ACTIVATIONS = {
    "tanh": anp.tanh,
    "relu": lambda a: anp.maximum(a, 0),
    "identity": lambda a: a,
}


def _dense(name):
    return lambda x, W, b: ops.dense(x, W, b, ops.ACTIVATIONS[name])


def _plain_dense(name):
    return lambda x, W, b: PLAIN_ACTIVATIONS[name](anp.dot(x, W) + b)


# name: primitive, the same in plain autograd, shapes of the arguments
PRIMITIVES = {
    **{
        f"dense {name}": (_dense(name), _plain_dense(name), [(5, 4), (4, 3), (3,)])
        for name in ops.ACTIVATIONS
    },
    "softplus": (ops.softplus, lambda x: anp.log(1 + anp.exp(x)), [(5, 4)]),
    "sigmoid": (ops.sigmoid, lambda x: 1 / (1 + anp.exp(-x)), [(5, 4)]),
    "inner": (ops.inner, lambda x, y: anp.sum(x * y, axis=-1), [(5, 4), (5, 4)]),
    "inner, rows repeated": (
        ops.inner,
        lambda x, y: anp.sum(x * y, axis=-1),
        [(5, 1, 4), (5, 3, 4)],
    ),
    "inner, one row": (ops.inner, lambda x, y: anp.sum(x * y, axis=-1), [(5, 4), (4,)]),
    "logsumexp": (
        ops.logsumexp,
        lambda x: anp.log(anp.sum(anp.exp(x), axis=-1)),
        [(5, 4)],
    ),
    "row_sum": (ops.row_sum, lambda x: anp.sum(x, axis=-1), [(2, 5, 4)]),
    "row_sum of one row": (ops.row_sum, lambda x: anp.sum(x, axis=-1), [(4,)]),
    "view": (
        lambda x: ops.view(x, slice(2, 8), (3, 2)),
        lambda x: anp.reshape(x[2:8], (3, 2)),
        [(10,)],
    ),
    "view of columns": (
        lambda x: ops.view(x, (..., slice(1, 3))),
        lambda x: x[:, 1:3],
        [(5, 4)],
    ),
    "halves": (
        lambda x: ops.halves(x)[0] * anp.exp(ops.halves(x)[1]),
        lambda x: x[:, :2] * anp.exp(x[:, 2:]),
        [(5, 4)],
    ),
}


def arguments(shapes, rng, dtype=np.float64):
    # no zeros, where relu has no derivative
    return [
        ((rng.random(shape) + 0.05) * rng.choice([-2, 2], shape)).astype(dtype) for shape in shapes
    ]


def weighted(function, weights):
    """A scalar of all outputs, each with a weight of its own."""
    return lambda *args: anp.sum(function(*args) * weights)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_is_its_plain_form_in_value_and_every_gradient(name, rng):
    fused, plain, shapes = PRIMITIVES[name]
    args = arguments(shapes, rng)
    np.testing.assert_allclose(fused(*args), plain(*args), rtol=1e-12)
    weights = rng.standard_normal(np.shape(plain(*args)))
    for argnum in range(len(args)):
        found, expected = (
            autograd.grad(weighted(function, weights), argnum)(*args) for function in (fused, plain)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_rises_along_a_random_direction_as_its_gradients_say(name, rng):
    fused, _, shapes = PRIMITIVES[name]
    args = arguments(shapes, rng)
    scalar = weighted(fused, rng.standard_normal(np.shape(fused(*args))))
    directions = [rng.standard_normal(shape) for shape in shapes]
    h = 1e-6
    there, back = (
        scalar(*(a + sign * h * d for a, d in zip(args, directions, strict=True)))
        for sign in (1, -1)
    )
    gradients = autograd.grad(scalar, tuple(range(len(args))))(*args)
    slope = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    assert (there - back) / (2 * h) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_float32_stays_float32_even_if_the_gradient_arrives_in_float64(name, rng):
    fused, _, shapes = PRIMITIVES[name]
    args = arguments(shapes, rng, np.float32)
    assert fused(*args).dtype == np.float32
    for argnum in range(len(args)):
        vjp, value = autograd.make_vjp(fused, argnum)(*args)
        gradient = vjp(np.ones(value.shape, np.float64))
        assert gradient.dtype == np.float32
        assert gradient.shape == shapes[argnum]


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_changes_neither_its_arguments_nor_its_output(name, rng):
    fused, _, shapes = PRIMITIVES[name]
    args = arguments(shapes, rng)
    kept = [array.copy() for array in args]
    for argnum in range(len(args)):
        vjp, value = autograd.make_vjp(fused, argnum)(*args)
        output, g = value.copy(), rng.standard_normal(value.shape)
        kept_g = g.copy()
        vjp(g)
        np.testing.assert_array_equal(value, output)
        np.testing.assert_array_equal(g, kept_g)
    for array, before in zip(args, kept, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(st.floats(-1000, 1000))
def test_softplus_and_its_slope_are_exact_and_finite_far_out(dtype, x):
    x = np.array([x], dtype)
    vjp, value = autograd.make_vjp(ops.softplus)(x)
    epsilon = np.finfo(dtype).eps
    # for large x, exp(x - y) knows x - y to the rounding of x
    rounding = 4 * epsilon * max(1, abs(x[0]))
    exact = np.logaddexp(0, x.astype(np.float64))
    np.testing.assert_allclose(value, exact, rtol=4 * epsilon, atol=np.finfo(dtype).tiny)
    np.testing.assert_allclose(
        vjp(np.ones(1, dtype)),
        special.expit(x.astype(np.float64)),
        rtol=rounding,
        atol=np.finfo(dtype).tiny,
    )


def test_a_view_shares_memory_and_is_traced_without_a_copy(rng):
    theta = rng.standard_normal(10)
    assert np.shares_memory(ops.view(theta, slice(2, 8), (3, 2)), theta)


def test_the_gradients_of_overlapping_views_add_up():
    def twice(theta):
        return anp.sum(ops.view(theta, slice(0, 3))) + anp.sum(ops.view(theta, slice(2, 5)))

    np.testing.assert_array_equal(autograd.grad(twice)(np.zeros(5)), [1, 1, 2, 1, 1])
