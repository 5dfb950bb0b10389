"""Autograd primitives with gradients derived by hand: the speed of the library, no statistics.

autograd can differentiate everything here by itself. A primitive is worth its derivation where one
pass over memory replaces several. Each derivation starts from the gradient g of the objective with
respect to the primitive's output, and gives the gradient with respect to each input (a
vector-Jacobian product).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from autograd.extend import SparseObject, defvjp, defvjp_argnums, primitive, vspace
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[Any]


class Activation(NamedTuple):
    """An elementwise function, with its derivative written in terms of its own output."""

    name: str
    apply: Callable[[Array], Array]  # may overwrite its argument, which is fresh
    slope: Callable[[Array], Array]  # h = f(a)  ->  f'(a)


def _tanh_slope(outputs: Array) -> Array:
    slope = np.square(outputs)
    return np.subtract(1, slope, out=slope)


tanh = Activation("tanh", lambda a: np.tanh(a, out=a), _tanh_slope)
relu = Activation("relu", lambda a: np.maximum(a, 0, out=a), lambda h: h > 0)
identity = Activation("identity", lambda a: a, lambda h: np.ones_like(h))

ACTIVATIONS = {activation.name: activation for activation in (tanh, relu, identity)}


@primitive
def dense(inputs: Array, W: Array, b: Array, activation: Activation = identity) -> Array:
    """One layer of a multilayer perceptron, h = f(x W + b).

    Shapes: inputs (B, I), W (I, O), b (O,) -> (B, O).

    Gradient: with a = x W + b, da = g f'(a), and f'(a) is a function of h alone; then
    dx = da Wᵀ, dW = xᵀ da, and db sums da over the batch. The three share one da.
    """
    outputs = inputs @ W
    outputs += b
    return activation.apply(outputs)


def _dense_vjp(argnums, outputs, args, kwargs):
    inputs, W = args[0], args[1]
    activation = args[3] if len(args) > 3 else kwargs.get("activation", identity)
    wanted = {
        0: lambda da: da @ W.T,
        1: lambda da: inputs.T @ da,
        2: lambda da: da.sum(axis=0),
    }

    def vjp(g):
        da = g if activation is identity else g * activation.slope(outputs)
        return tuple(wanted[argnum](da) for argnum in argnums)

    return vjp


defvjp_argnums(dense, _dense_vjp)


@primitive
def softplus(x: Array) -> Array:
    """log(1 + exp(x)), elementwise, exact for large |x|.

    Written as max(x, 0) + log1p(exp(-|x|)), where the exponential cannot overflow.
    Gradient: dx = g / (1 + exp(-x)), the logistic sigmoid of x.
    """
    tail = np.abs(x)
    np.negative(tail, out=tail)
    np.exp(tail, out=tail)
    np.log1p(tail, out=tail)
    tail += np.maximum(x, 0)
    return tail


defvjp(softplus, lambda _, x: lambda g: g * expit(x))


@primitive
def view(array: Array, index: Any, shape: tuple[int, ...] | None = None) -> Array:
    """array[index] without a copy, given a new shape if one is asked for; index holds slices only.

    Gradient: g is added to zeros of the whole array at the same place. autograd would make those
    zeros anew for every view; a SparseObject lets all views of one array share them.
    """
    return array[index] if shape is None else array[index].reshape(shape)


def _view_vjp(ans, array, index, shape=None):  # noqa: ARG001 (autograd's signature)
    space = vspace(array)

    def vjp(g):
        def add_to(total):
            part = total[index]
            part += g.reshape(part.shape)
            return total

        return SparseObject(space, add_to)

    return vjp


defvjp(view, _view_vjp, None, None)


def halves(array: Array) -> tuple[Array, Array]:
    """The first and the last half of the columns, as views: (B, 2K) -> (B, K), (B, K)."""
    middle = array.shape[-1] // 2
    return view(array, (..., slice(None, middle))), view(array, (..., slice(middle, None)))
