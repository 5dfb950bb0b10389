"""Ways uphill with the state and the arguments of `adam.update`, to compare with it."""

from collections.abc import Callable

import numpy as np

from vae_np import adam
from vae_np.adam import State
from vae_np.ops import Array

Update = Callable[..., State]

LONG_AFTER_THE_START = 10**6  # steps: 1 - β₂ᵗ is 1 in float64


def sgd(state: State, gradient: Array, step_size: float, out: State | None = None) -> State:
    """One step of stochastic gradient ascent: θ ← θ + step_size · g.

    Shapes: gradient (P,).
    """
    theta = _into(out and out.theta, state.theta)
    theta += step_size * gradient
    return state._replace(theta=theta, t=state.t + 1)


def momentum(
    state: State, gradient: Array, step_size: float, beta: float = 0.9, out: State | None = None
) -> State:
    """One step of gradient ascent with a velocity, kept in m.

    Shapes: gradient (P,).

        m ← β m + g,    θ ← θ + step_size · m
    """
    m = _into(out and out.m, state.m)
    m *= beta
    m += gradient
    theta = _into(out and out.theta, state.theta)
    theta += step_size * m
    return state._replace(theta=theta, m=m, t=state.t + 1)


def adam_uncorrected(
    state: State, gradient: Array, step_size: float, out: State | None = None
) -> State:
    """Adam without bias correction: every step is taken as if it came long after the first.

    Shapes: gradient (P,). m and v start at 0 and stay too small for 1/(1 - β) steps or so, which
    the correction repairs (Kingma & Ba 2015, algorithm 1).
    """
    late = state._replace(t=LONG_AFTER_THE_START)
    return adam.update(late, gradient, step_size, out=out)._replace(t=state.t + 1)


def _into(out: Array | None, values: Array) -> Array:
    """A copy of some values to work on, in `out` if it is given; they may be the same array."""
    if out is None:
        return values.copy()
    out[...] = values
    return out


def step_lengths(update: Update, steps: int, step_size: float) -> Array:
    """How far a lone parameter moves in each of the first steps if its gradient stays 1: (steps,).

    Adam with bias correction moves by exactly step_size each time, for any constant gradient.
    """
    state, moved = adam.init(np.zeros(1)), []
    for _ in range(steps):
        after = update(state, np.ones(1), step_size)
        moved.append(after.theta[0] - state.theta[0])
        state = after
    return np.array(moved)


OPTIMISERS = {
    "adam": adam.update,
    "sgd": sgd,
    "momentum": momentum,
    "adam uncorrected": adam_uncorrected,
}
