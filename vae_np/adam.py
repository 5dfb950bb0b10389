"""Adam, on one flat vector of parameters, ascending."""

from typing import NamedTuple

import numpy as np

from vae_np.ops import Array

BLOCK = 32_768  # elements: a block of the arrays below stays in a core's own cache


class State(NamedTuple):
    """What Adam carries from step to step."""

    theta: Array  # (P,) the parameters
    m: Array  # (P,) moving average of the gradient
    v: Array  # (P,) moving average of its square
    t: int  # steps taken


def init(theta: Array) -> State:
    """The state before the first step: m = 0, v = 0, t = 0.

    Shapes: theta (P,). (Kingma & Ba 2015, algorithm 1.)
    """
    return State(theta.copy(), np.zeros_like(theta), np.zeros_like(theta), 0)


def update(
    state: State,
    gradient: Array,
    step_size: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    out: State | None = None,
) -> State:
    """The state after one step uphill.

    Shapes: gradient (P,).

        t ← t + 1
        m ← β₁ m + (1 - β₁) g            m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²           v̂ = v / (1 - β₂ᵗ)
        θ ← θ + step_size · m̂ / (√v̂ + ε)

    (Kingma & Ba 2015, algorithm 1. Departs from the paper: plus, because a bound is maximised.)
    The arrays of `out`, if given, are overwritten with the new state; it may be `state` itself.
    """
    t = state.t + 1
    # Both corrections in two scalars: the efficient order of Kingma & Ba 2015, section 2
    root = np.sqrt(1 - beta2**t)
    step, epsilon_hat = float(step_size * root / (1 - beta1**t)), float(epsilon * root)

    new = out or State(*(np.empty_like(array) for array in state[:3]), t)
    scratch = np.empty(min(BLOCK, gradient.size), gradient.dtype)
    for start in range(0, gradient.size, BLOCK):
        block = slice(start, start + BLOCK)
        theta, m, v, g = state.theta[block], state.m[block], state.v[block], gradient[block]
        new_theta, new_m, new_v = new.theta[block], new.m[block], new.v[block]
        work = scratch[: g.size]

        np.multiply(g, 1 - beta1, out=work)
        np.multiply(m, beta1, out=new_m)
        new_m += work

        np.square(g, out=work)
        work *= 1 - beta2
        np.multiply(v, beta2, out=new_v)
        new_v += work

        np.sqrt(new_v, out=work)
        work += epsilon_hat
        np.divide(new_m, work, out=work)
        work *= step
        np.add(theta, work, out=new_theta)
    return new._replace(t=t)
