"""Training: the minibatch loop, where the gradient is taken, here and nowhere else."""

import copy
from collections.abc import Callable
from math import cos, pi
from typing import Any, NamedTuple

import numpy as np
from autograd.core import VJPNode, backward_pass
from autograd.tracer import getval, isbox, new_box, trace_stack
from numpy.random import Generator

from vae_np import adam, data, mlp, objectives, ops, optimisers, streams, vae
from vae_np.ops import Array


class Settings(NamedTuple):
    """What makes a training run: with the images and a seed, it decides every bit of theta."""

    hidden: tuple[int, ...] = (200, 200)  # the encoder's hidden layers; the decoder's are reversed
    latent_dim: int = 50
    activation: str = "tanh"
    init_scale: float | None = None  # weights and biases N(0, init_scale²); None: Glorot's
    output_bias_from_data: bool = True  # start the decoder at the mean image
    shuffle: bool = True
    batch_size: int = 100
    epochs: int = 30
    step_size: float = 3e-3  # at the top of the schedule
    warmup_steps: int = 300  # rising to the top
    final_fraction: float = 0.02  # of the top, at the end of a cosine; 1 keeps the step constant
    objective: str = "elbo"  # one of objectives.OBJECTIVES
    samples: int = 1  # draws of q(z|x) an image: L of the ELBO, k of the importance-weighted bound
    optimiser: str = "adam"  # one of optimisers.OPTIMISERS
    processes: int = 1  # that share each step (parallel.py); another number rounds otherwise


class Run(NamedTuple):
    """All that training carries from one epoch to the next."""

    optimiser: adam.State
    epoch: int
    rngs: dict[str, Generator]


class Stepper(NamedTuple):
    """Who takes an epoch's steps: `alone`, or several processes (`parallel.team`)."""

    begin: Callable[[adam.State], adam.State]  # a copy, which the steps overwrite
    step: Callable[..., tuple[adam.State, float, float]]  # with the arguments of `step`
    end: Callable[[adam.State], adam.State]  # the last step's state, to be kept


class Averages(NamedTuple):
    """Means over an epoch, in nats per image, each batch scored just before its step."""

    log_likelihood: float
    kl: float


def sizes(settings: Settings, data_dim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Layer sizes of the encoder and the decoder."""
    hidden, latent_dim = settings.hidden, settings.latent_dim
    outputs = objectives.OBJECTIVES[settings.objective].heads * data_dim
    return (data_dim, *hidden, 2 * latent_dim), (latent_dim, *reversed(hidden), outputs)


def model(theta: Array, settings: Settings, data_dim: int) -> vae.Model:
    """The VAE whose parameters are theta."""
    nets = mlp.unflatten(theta, *sizes(settings, data_dim))
    return vae.Model(*nets, ops.ACTIVATIONS[settings.activation])


def start(settings: Settings, images: Array, seed: int) -> Run:
    """The run before its first epoch. Raises ValueError where a setting does not fit the images.

    Shapes: images (N, D).
    """
    rngs = {
        purpose: streams.generator(seed, purpose) for purpose in ("shuffle", "binarise", "noise")
    }
    return Run(adam.init(initial_theta(settings, images, seed)), 0, rngs)


def initial_theta(settings: Settings, images: Array, seed: int) -> Array:
    """The parameters before the first step. Raises ValueError where a setting does not fit.

    Shapes: images (N, D) -> (P,).
    """
    check(settings, images)
    rng = streams.generator(seed, "init")
    encoder, decoder = (
        mlp.init(layers, rng, settings.init_scale) for layers in sizes(settings, images.shape[1])
    )
    if settings.output_bias_from_data:
        W, b = decoder[-1]
        bias = objectives.OBJECTIVES[settings.objective].output_bias(pixel_means(images))
        decoder[-1] = W, bias.astype(b.dtype)
    return mlp.flatten(encoder, decoder)


def pixel_means(images: Array) -> Array:
    """Mean of each pixel, (N, D) -> (D,), half a count off 0 and 1 so that its logit is finite."""
    total = sum(
        data.unit(images[i : i + 1_000], np.float64).sum(axis=0)
        for i in range(0, len(images), 1_000)
    )
    return (total + 0.5) / (len(images) + 1)


def step_size(settings: Settings, step: int, steps: int) -> float:
    """The step size before step 0 <= step < steps: a linear rise, times half a cosine down."""
    rise = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    fall = (1 + cos(pi * step / steps)) / 2
    return (
        settings.step_size * rise * (settings.final_fraction + (1 - settings.final_fraction) * fall)
    )


def steps_per_epoch(settings: Settings, images: Array) -> int:
    """Full batches in one pass over the images."""
    return len(images) // settings.batch_size


def epoch(
    run: Run,
    settings: Settings,
    images: Array,
    on_step: Callable[[float, float], None] | None = None,
    stepper: Stepper | None = None,
) -> tuple[Run, Averages]:
    """One pass over the images, each pixel binarised anew; `run` itself is left as it was.

    Shapes: images (N, D), uint8 or in [0, 1]. After each step on_step, if given, gets the batch's
    two terms of the bound. Several processes need a stepper, their `parallel.team`. Raises
    FloatingPointError at the first step whose bound is not finite.
    """
    if stepper is None and settings.processes != 1:
        raise ValueError(f"processes is {settings.processes}: expected a stepper that has them")
    keep_freed_memory()
    begin, take_step, end = stepper or ALONE
    state = begin(run.optimiser)
    rngs = copy.deepcopy(run.rngs)
    batches = data.minibatches(
        len(images), settings.batch_size, rngs["shuffle"] if settings.shuffle else None
    )
    per_epoch = steps_per_epoch(settings, images)
    draw_targets = objectives.OBJECTIVES[settings.objective].targets
    totals = np.zeros(2)

    for batch in batches:
        targets = draw_targets(images[batch], rngs["binarise"])
        shape = len(targets) * settings.samples, settings.latent_dim
        eps = rngs["noise"].standard_normal(shape, dtype=np.float32)
        size = step_size(settings, state.t, per_epoch * settings.epochs)
        state, log_likelihood, kl = take_step(state, settings, targets, eps, size)
        totals += log_likelihood, kl
        if on_step:
            on_step(log_likelihood, kl)

    return Run(end(state), run.epoch + 1, rngs), Averages(*(totals / per_epoch).tolist())


def step(
    state: adam.State, settings: Settings, targets: Array, eps: Array, size: float
) -> tuple[adam.State, float, float]:
    """The state after one step uphill, and the means of the ELBO's two terms just before it.

    Shapes: targets (B, D), eps (B S, K). The arrays of `state` are overwritten.
    """
    gradient, log_likelihood, kl = ascent_direction(state.theta, settings, targets, eps)
    require_finite(log_likelihood - kl, state.t)
    update = optimisers.OPTIMISERS[settings.optimiser]
    return update(state, gradient, size, out=state), log_likelihood, kl


def require_finite(elbo: float, t: int) -> None:
    """Raise FloatingPointError for a bound, after t steps, from which no step can be taken."""
    if not np.isfinite(elbo):
        raise FloatingPointError(f"the ELBO is {elbo} at step {t + 1}")


def keep_freed_memory() -> None:
    """Let the arrays of a step reuse the memory of the last one's.

    glibc gives large blocks back to the system when they are freed, and takes them anew page by
    page. It keeps those up to the size of the largest that it has seen freed (32 MiB at most).
    """
    np.empty(31 * 2**20, np.uint8)


ALONE = Stepper(begin=copy.deepcopy, step=step, end=lambda state: state)


def ascent_direction(
    theta: Array, settings: Settings, targets: Array, eps: Array, out: Array | None = None
) -> tuple[Array, float, float]:
    """Gradient of the objective, the ELBO by default, and the batch's mean of the ELBO's terms.

    Shapes: theta (P,), targets (B, D), eps (B S, K), S = settings.samples -> (P,), (), (). The
    gradient is written to `out`, if given.
    """
    objective = objectives.OBJECTIVES[settings.objective].value
    activation = ops.ACTIVATIONS[settings.activation]
    ascent, terms = gradient(
        lambda nets: objective(vae.Model(*nets, activation), targets, eps),
        theta,
        lambda vector: mlp.unflatten(vector, *sizes(settings, targets.shape[1])),
        out,
    )
    log_likelihood, kl = (float(np.mean(term)) for term in terms)
    return ascent, log_likelihood, kl


def gradient(
    objective: Callable[[Any], tuple[Array, Any]],
    at: Array,
    parts: Callable[[Array], Any] = lambda at: at,
    out: Array | None = None,
) -> tuple[Array, Any]:
    """The gradient of a scalar at a point, and the arrays that were computed with the scalar.

    Shapes: at (P,) -> (P,). The objective is given parts(at), which cuts `at` whole into views, in
    lists or tuples of any depth; or `at` itself. It returns the scalar and a tuple of arrays. The
    gradient is written to `out`, if given.

    Every part is a variable of its own, whose gradient is written to the same part of the whole
    one. autograd.grad of objective(parts(at)) is the same, but it would trace each view, make
    zeros of the whole, and add to them.
    """
    ascent = np.empty_like(at) if out is None else out
    unwritten = {}

    def variables(part, place):
        if isinstance(part, list | tuple):
            return [variables(*pair) for pair in zip(part, place, strict=True)]

        def write(g):
            np.copyto(place, g)
            del unwritten[id(place)]
            return ()  # gradients of parents, which a root has not

        unwritten[id(place)] = place
        root = VJPNode.new_root()
        root.vjp = write
        return new_box(part, trace, root)

    with trace_stack.new_trace() as trace:
        value, others = objective(variables(parts(at), parts(ascent)))
    if isbox(value):
        backward_pass(np.ones_like(getval(value)), value._node)
    for place in unwritten.values():
        place[...] = 0
    return ascent, tuple(getval(array) for array in others)


def check(settings: Settings, images: Array) -> None:
    """Raise ValueError, with its name, for a setting that cannot train on these images."""
    for name in ("latent_dim", "batch_size", "epochs", "step_size", "samples", "processes"):
        if not getattr(settings, name) > 0:
            raise ValueError(f"{name} is {getattr(settings, name)}: expected a positive number")
    if not settings.hidden or min(settings.hidden) < 1:
        raise ValueError(f"hidden is {settings.hidden}: expected positive layer sizes")
    for name, known in (
        ("activation", ops.ACTIVATIONS),
        ("objective", objectives.OBJECTIVES),
        ("optimiser", optimisers.OPTIMISERS),
    ):
        if getattr(settings, name) not in known:
            raise ValueError(
                f"{name} is {getattr(settings, name)!r}: expected one of {', '.join(known)}"
            )
    if settings.batch_size > len(images):
        raise ValueError(
            f"batch_size is {settings.batch_size}: expected at most {len(images)}, the images"
        )
    if settings.batch_size % settings.processes:
        raise ValueError(
            f"processes is {settings.processes}: expected a divisor of batch_size, "
            f"{settings.batch_size}"
        )
