"""The multilayer perceptron: one loop over (W, b)."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import DTypeLike

from vae_np import ops
from vae_np.ops import Activation, Array

Params = list[tuple[Array, Array]]


def init(
    sizes: Sequence[int], rng: Generator, scale: float | None = None, dtype: DTypeLike = np.float32
) -> Params:
    """Random parameters [(W, b), ...] of a perceptron with the given layer sizes.

    Shapes: W (inputs, outputs), b (outputs,).

    With no scale, W is uniform on ±√(6 / (inputs + outputs)) and b is zero, which keeps the spread
    of tanh layers and of their gradients alike from layer to layer (Glorot & Bengio, AISTATS 2010).
    With a scale, every weight and every bias is drawn from N(0, scale²).
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes is {tuple(sizes)}: expected two or more positive layer sizes")
    params = []
    for n_in, n_out in pairwise(sizes):
        if scale is None:
            limit = np.sqrt(6 / (n_in + n_out))
            W, b = rng.uniform(-limit, limit, (n_in, n_out)), np.zeros(n_out)
        else:
            W, b = rng.normal(0, scale, (n_in, n_out)), rng.normal(0, scale, n_out)
        params.append((W.astype(dtype), b.astype(dtype)))
    return params


def predict(params: Params, inputs: Array, activation: Activation = ops.tanh) -> Array:
    """The perceptron's outputs; the last layer is linear.

    Shapes: inputs (B, sizes[0]) -> (B, sizes[-1]).
    """
    *hidden, (W, b) = params
    for W_hidden, b_hidden in hidden:
        inputs = ops.dense(inputs, W_hidden, b_hidden, activation)
    return ops.dense(inputs, W, b)


def flatten(*nets: Params) -> Array:
    """All parameters of some perceptrons as one vector theta, layer by layer, W before b."""
    return np.concatenate([array.ravel() for net in nets for layer in net for array in layer])


def count(sizes: Sequence[int]) -> int:
    """How many parameters a perceptron with the given layer sizes has."""
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


def unflatten(theta: Array, *sizes: Sequence[int]) -> list[Params]:
    """The perceptrons with the given layer sizes as views of theta: the inverse of flatten.

    No parameter is copied, and the gradient with respect to theta is one vector too.
    """
    nets, start = [], 0
    for net_sizes in sizes:
        net = []
        for n_in, n_out in pairwise(net_sizes):
            middle, end = start + n_in * n_out, start + (n_in + 1) * n_out
            W = ops.view(theta, slice(start, middle), (n_in, n_out))
            b = ops.view(theta, slice(middle, end))
            net.append((W, b))
            start = end
        nets.append(net)
    if start != theta.size:
        raise ValueError(f"theta has {theta.size} elements: expected {start} for sizes {sizes}")
    return nets
