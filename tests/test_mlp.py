from itertools import pairwise

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from vae_np import mlp, ops

SIZES = (7, 5, 4, 3)


def test_init_gives_one_weight_matrix_and_one_bias_a_layer(rng):
    params = mlp.init(SIZES, rng)
    assert [(W.shape, b.shape) for W, b in params] == [
        ((7, 5), (5,)),
        ((5, 4), (4,)),
        ((4, 3), (3,)),
    ]
    assert all(array.dtype == np.float32 for layer in params for array in layer)


def test_glorot_weights_fill_their_interval_and_biases_are_zero(rng):
    ((W, b),) = mlp.init((300, 100), rng, dtype=np.float64)
    limit = np.sqrt(6 / 400)
    assert 0.99 * limit < abs(W).max() <= limit
    # A uniform variable on ±limit has variance limit²/3; 30,000 draws know it to about 0.6 %.
    assert W.var() == pytest.approx(limit**2 / 3, rel=0.05)
    assert not b.any()


def test_a_scale_draws_weights_and_biases_from_one_normal(rng):
    ((W, b),) = mlp.init((300, 300), rng, scale=0.01)
    assert W.std() == pytest.approx(0.01, rel=0.05)
    assert b.std() == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (3, -1, 2)])
def test_impossible_layer_sizes_are_refused(sizes, rng):
    with pytest.raises(ValueError, match="two or more positive layer sizes"):
        mlp.init(sizes, rng)


@pytest.mark.parametrize(
    ("activation", "function"),
    [(ops.tanh, np.tanh), (ops.relu, lambda x: np.maximum(x, 0)), (ops.identity, lambda x: x)],
)
def test_predict_is_the_composition_of_its_layers(activation, function, rng):
    (W1, b1), (W2, b2), (W3, b3) = params = mlp.init(SIZES, rng, scale=1.0, dtype=np.float64)
    inputs = rng.standard_normal((11, 7))
    expected = function(function(inputs @ W1 + b1) @ W2 + b2) @ W3 + b3
    np.testing.assert_allclose(mlp.predict(params, inputs, activation), expected, rtol=1e-12)


def test_predict_leaves_its_inputs_alone(rng):
    params, inputs = mlp.init(SIZES, rng), rng.random((4, 7), dtype=np.float32)
    kept = inputs.copy(), [(W.copy(), b.copy()) for W, b in params]
    mlp.predict(params, inputs)
    np.testing.assert_array_equal(inputs, kept[0])
    for (W, b), (old_W, old_b) in zip(params, kept[1], strict=True):
        np.testing.assert_array_equal(W, old_W)
        np.testing.assert_array_equal(b, old_b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predict_keeps_the_dtype(dtype, rng):
    params = mlp.init(SIZES, rng, dtype=dtype)
    assert mlp.predict(params, rng.random((2, 7)).astype(dtype)).dtype == dtype


def test_unflatten_inverts_flatten_without_a_copy(rng):
    nets = mlp.init(SIZES, rng), mlp.init((2, 3), rng)
    theta = mlp.flatten(*nets)
    back = mlp.unflatten(theta, SIZES, (2, 3))
    for net, net_back in zip(nets, back, strict=True):
        for layer, layer_back in zip(net, net_back, strict=True):
            for array, view in zip(layer, layer_back, strict=True):
                np.testing.assert_array_equal(array, view)
                assert np.shares_memory(theta, view)


def test_unflatten_refuses_a_vector_of_another_length():
    with pytest.raises(ValueError, match=r"theta has 9 elements: expected 8"):
        mlp.unflatten(np.zeros(9), (3, 2))


def test_the_gradient_of_the_flat_vector_is_that_of_a_plain_network(rng):
    theta = mlp.flatten(mlp.init(SIZES, rng, scale=1.0, dtype=np.float64))
    inputs = rng.standard_normal((6, 7))

    def fused(theta):
        (net,) = mlp.unflatten(theta, SIZES)
        return anp.sum(mlp.predict(net, inputs) ** 2)

    def plain(theta):
        start, outputs = 0, inputs
        for layer, (n_in, n_out) in enumerate(pairwise(SIZES)):
            W = anp.reshape(theta[start : start + n_in * n_out], (n_in, n_out))
            start += n_in * n_out
            outputs = anp.dot(outputs, W) + theta[start : start + n_out]
            start += n_out
            if layer < 2:
                outputs = anp.tanh(outputs)
        return anp.sum(outputs**2)

    np.testing.assert_allclose(autograd.grad(fused)(theta), autograd.grad(plain)(theta), rtol=1e-10)
