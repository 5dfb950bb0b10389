"""Autograd primitives with gradients derived by hand: the speed of the library, no statistics.

autograd can differentiate everything here by itself. A primitive is worth its derivation where one
pass over memory replaces several. Each derivation starts from the gradient g of the objective with
respect to the primitive's output, and gives the gradient with respect to each input (a
vector-Jacobian product).

The gradients keep the dtype of what they are gradients of, even if g comes in another: one float64
in a student's code would otherwise make every matrix product after it take twice the time. They
are written in plain NumPy, so they have no derivatives of their own.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from autograd.extend import SparseObject, defvjp, defvjp_argnums, primitive, vspace
from autograd.numpy.numpy_vjps import unbroadcast_f
from numpy.typing import NDArray
from scipy import special

Array = NDArray[Any]


class Activation(NamedTuple):
    """An elementwise function h = f(a), and its gradient in terms of its own output h."""

    name: str
    apply: Callable[[Array], Array]  # a -> h; may overwrite a, which is fresh
    vjp: Callable[[Array, Array], Array]  # g, h -> g f'(a)


def _tanh_vjp(g: Array, h: Array) -> Array:
    da = np.square(h)  # tanh' = 1 - tanh²
    np.subtract(1, da, out=da)
    da *= g
    return da


tanh = Activation("tanh", lambda a: np.tanh(a, out=a), _tanh_vjp)
relu = Activation(
    "relu",
    lambda a: np.maximum(a, 0, out=a),
    lambda g, h: np.multiply(g, h > 0, dtype=h.dtype, casting="same_kind"),
)
identity = Activation("identity", lambda a: a, lambda g, h: np.asarray(g, h.dtype))

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
        2: lambda da: np.ones(len(da), da.dtype) @ da,
    }

    def vjp(g):
        da = activation.vjp(g, outputs)
        return tuple(wanted[argnum](da) for argnum in argnums)

    return vjp


defvjp_argnums(dense, _dense_vjp)


@primitive
def softplus(x: Array) -> Array:
    """log(1 + exp(x)), elementwise, for arrays of float32 or float64 of any size.

    Above 80, long before exp(x) overflows, it is x itself to the last digit.

    Gradient: dy/dx is the logistic sigmoid exp(x) / (1 + exp(x)) of x. Since y = log(1 + exp(x)),
    that is exp(x - y): dx = g exp(x - y), which cannot overflow, because y ≥ x.
    """
    y = np.minimum(x, 80)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    return np.maximum(x, y, out=y)


def _softplus_vjp(y, x):
    def vjp(g):
        dx = x - y
        np.exp(dx, out=dx)
        dx *= g
        return dx

    return vjp


defvjp(softplus, _softplus_vjp)


@primitive
def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), elementwise; exact for large |x|.

    Gradient: dy/dx = exp(-x) / (1 + exp(-x))² = y (1 - y), so dx = g y (1 - y).
    """
    return special.expit(x)


defvjp(sigmoid, lambda y, _: lambda g: np.multiply(g, y * (1 - y), dtype=y.dtype))


@primitive
def inner(x: Array, y: Array) -> Array:
    """Inner products over the last axis: sums of x times y, without their product in memory.

    Shapes: x (..., D), y (..., D), which may broadcast -> (...).

    Gradient: s = Σ_d x_d y_d, so dx_d = g y_d and dy_d = g x_d, with the g of their row; where a
    row was broadcast, the sum of its copies' gradients.
    """
    return np.vecdot(x, y)


defvjp(
    inner,
    lambda _, x, y: unbroadcast_f(x, lambda g: _for_rows(g, x) * y),
    lambda _, x, y: unbroadcast_f(y, lambda g: _for_rows(g, y) * x),
)


@primitive
def logsumexp(x: Array) -> Array:
    """log Σ exp(x) over the last axis, which overflows for no x: (..., S) -> (...).

    Gradient: s = log Σ_i exp(x_i), so ds/dx_i = exp(x_i) / Σ_j exp(x_j) = exp(x_i - s), and
    dx_i = g exp(x_i - s), with the g of its row.
    """
    return special.logsumexp(x, axis=-1)


defvjp(logsumexp, lambda s, x: lambda g: _for_rows(g, x) * np.exp(x - _for_rows(s, x)))


@primitive
def row_sum(x: Array) -> Array:
    """Sums over the last axis: (..., D) -> (...).

    As a product with a vector of ones, which BLAS does in a third of the time of `x.sum`.

    Gradient: s = Σ_d x_d, so dx_d = g for every d: one number a row, seen D times, not copied.
    """
    return x @ np.ones(x.shape[-1], x.dtype)


defvjp(row_sum, lambda _, x: lambda g: np.broadcast_to(_for_rows(g, x), x.shape))


def _for_rows(g: Array, like: Array) -> Array:
    """One number a row, to be broadcast along it: in the dtype of `like`, whatever g came in."""
    return np.asarray(g, like.dtype)[..., None]


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
