"""Known mistakes of the one-file form, beside those of the library's. Reference side only.

The others are shared with the bank of the library's form, names and all.
"""

# ruff: noqa: ARG005 (what a wrong version leaves out is its point)

from collections.abc import Callable
from typing import Any, NamedTuple

import autograd.numpy as np

from vae_np import adam, bernoulli, gaussian, vae
from vae_np.course import mistakes
from vae_np.course.texts import N_

LOOP = 3  # steps that a run makes in an epoch


class Row(NamedTuple):
    """A name, its message, and the wrong function; with `warning`, right all the same."""

    name: str
    message: str
    function: Callable[..., Any]
    warning: bool = False


def shared(exercise: str, function: str, names: tuple[str, ...] = (), without: tuple = ()):
    """Rows of the library's bank: those with these names, or all but some."""
    dotted = f"vae_np.{function}"
    messages = {}
    for row in mistakes.MISTAKES:
        if row.exercise == exercise and row.message:
            messages.setdefault(row.name, row.message)
    return [
        Row(row.name, messages[row.name], row.functions[dotted], row.warning)
        for row in mistakes.MISTAKES
        if row.exercise == exercise and dotted in row.functions
        if (not names or row.name in names) and row.name not in without
    ]


# Exercise 1.1: functions of (mean, log_std, eps) that are linear in eps
SAMPLE = [
    *shared(
        "1.1",
        "gaussian.sample",
        (
            "noise times log_std",
            "log variance",
            "variance as std",
            "no mean",
            "mean and log_std exchanged",
            "std never below 1",
            "noise not scaled",
            "std added",
            "mean scaled too",
        ),
    ),
    Row(
        N_("std never below 1"),
        N_("log_std passes through a softplus or a ReLU: it may be negative, leave it so."),
        lambda mean, log_std, eps: mean + np.exp(np.maximum(log_std, 0)) * eps,
    ),
    Row(
        N_("noise times the size of log_std"),
        N_("eps is multiplied by the absolute value of log_std: take the exponential."),
        lambda mean, log_std, eps: mean + np.abs(log_std) * eps,
    ),
]

BERNOULLI = shared("1.2", "bernoulli.log_prob", without=("targets and logits exchanged",))

KL = shared("1.3", "gaussian.kl_from_standard")


# Exercise 1.4: functions of (log_likelihood, kl, train_size)
TERMS = [
    Row(
        N_("KL added"),
        N_("The KL is added to the log-likelihood; it is subtracted."),
        lambda ll, kl, n: np.mean(ll + kl),
    ),
    Row(
        N_("sign reversed"),
        N_("The sign of the whole result is reversed."),
        lambda ll, kl, n: np.mean(kl - ll),
    ),
    *(
        Row(
            N_("terms weighted differently"),
            N_("One of the two terms is scaled by N, the batch or the pixels, the other is not."),
            weighted,
        )
        for weighted in (
            lambda ll, kl, n: n * np.mean(ll) - np.mean(kl),
            lambda ll, kl, n: n * np.mean(ll) - np.sum(kl),
            lambda ll, kl, n: n / len(ll) * np.mean(ll) - np.mean(kl),
            lambda ll, kl, n: np.mean(ll) - np.sum(kl),
            lambda ll, kl, n: np.sum(ll) - np.mean(kl),
            lambda ll, kl, n: np.mean(ll) - np.mean(kl) / n,
            lambda ll, kl, n: np.mean(ll) - np.mean(kl) / len(ll),
            lambda ll, kl, n: np.mean(ll) - np.mean(kl) / 784,
            lambda ll, kl, n: np.mean(ll) - np.mean(kl) / len(ll) / 784,
        )
    ),
    Row(
        N_("logarithm of the mean"),
        N_("The logarithm of an average of exponentials is taken; the bound is a plain average."),
        lambda ll, kl, n: np.log(np.mean(np.exp(ll - kl))),
    ),
]

# The same: elbo_terms of the library's bank whose mean difference is wrong
BOUND_TERMS = [
    *shared(
        "1.4",
        "vae.elbo_terms",
        (
            "KL left out",
            "likelihood left out",
            "likelihood per pixel",
            "no noise",
            "decoded from pure noise",
            "noise not scaled",
            "std passed as log_std",
            "mean and log_std exchanged",
            "targets and logits exchanged",
        ),
    ),
    *(
        row._replace(message=message)
        for name, message in (
            (
                "probabilities passed as logits",
                N_("bernoulli_log_prob gets probabilities: it takes the decoder's logits."),
            ),
            ("std passed to the KL", N_("compute_KL gets std: it takes the encoder's output.")),
            (
                "std passed to the sampler",
                N_("The sampling function gets std: it takes the encoder's output."),
            ),
            (
                "KL with its arguments exchanged",
                N_("compute_KL gets log_std first: it takes the encoder's output as it is."),
            ),
        )
        for row in shared("1.4", "vae.elbo_terms", (name,))
    ),
]


def _one_draw(log_ratio):
    """elbo_terms whose second term is estimated with the draw itself."""

    def elbo_terms(model, images, eps):
        mean, log_std = vae.encode(model, images)
        latents = gaussian.sample(mean, log_std, eps)
        logits = vae.decode(model, latents)
        return bernoulli.log_prob(images, logits), log_ratio(latents, mean, log_std)

    return elbo_terms


def _log_prior(z, log_std=0.0):
    return gaussian.log_prob(z, np.zeros_like(z), log_std * np.ones_like(z))


BOUND_TERMS += [
    Row(
        N_("KL from one draw"),
        N_("Full marks: log q - log p of the draw estimates the KL; the closed form has no noise."),
        _one_draw(lambda z, m, s: gaussian.log_prob(z, m, s) - _log_prior(z)),
        True,
    ),
    Row(
        N_("prior with std e"),
        N_("The prior has log_std 1; the standard normal has log_std 0."),
        _one_draw(lambda z, m, s: gaussian.log_prob(z, m, s) - _log_prior(z, 1.0)),
    ),
    Row(
        N_("prior with std e"),
        "",
        _one_draw(
            lambda z, m, s: (
                gaussian.kl_from_standard(m, s)
                - np.sum(-0.5 * (m**2 + np.exp(2 * s)) * (np.exp(-2) - 1) - 1, axis=-1)
            )
        ),
    ),
    Row(
        N_("log q without its normaliser"),
        N_("log q(z|x) lacks the term -log_std."),
        _one_draw(lambda z, m, s: gaussian.log_prob(z, m, s) + np.sum(s, axis=-1) - _log_prior(z)),
    ),
    Row(
        N_("logarithm of the logits"),
        N_("The logarithm of the logits is taken; it belongs to the probabilities."),
        lambda model, x, eps: (
            _log_of_logits(model, x, eps),
            gaussian.kl_from_standard(*vae.encode(model, x)),
        ),
    ),
]


def _log_of_logits(model, x, eps):
    a = vae.decode(model, gaussian.sample(*vae.encode(model, x), eps))
    return np.sum(x * np.log(a) + (1 - x) * np.log(1 - a), axis=-1)


# Exercise 2: functions of (gradients) -> parameters after each step, from zero
def chain(init, update, **settings):
    """A trajectory: the library's init and update, or wrong ones, step after step."""

    def trajectory(gradients):
        state, found = init(np.zeros(gradients.shape[1])), []
        for gradient in gradients:
            state = update(state, gradient, **settings)
            found.append(np.array(state.theta))
        return np.array(found)

    return trajectory


def counted(count):
    """A trajectory whose t is another function of the step's number, 0 at the first."""

    def trajectory(gradients):
        state, found = adam.init(np.zeros(gradients.shape[1])), []
        for step, gradient in enumerate(gradients):
            state = adam.update(state._replace(t=count(step) - 1), gradient)
            found.append(np.array(state.theta))
        return np.array(found)

    return trajectory


def _reset_each_epoch(gradients):
    state, found = adam.init(np.zeros(gradients.shape[1])), []
    for step, gradient in enumerate(gradients):
        if step % LOOP == 0:
            state = state._replace(m=0 * state.m, v=0 * state.v)
        state = adam.update(state, gradient)
        found.append(np.array(state.theta))
    return np.array(found)


def _plain(advance):
    return lambda gradients: np.cumsum(advance(gradients), axis=0)


PER_EPOCH = (
    N_("t counts epochs"),
    N_("t is the number of the epoch: it counts steps, 1 at the first and one more each time."),
)
TRAJECTORIES = [
    *(
        row._replace(function=chain(row.function, adam.update))
        for row in shared("2", "adam.init", ("v starts at one", "averages start at one"))
    ),
    *(
        row._replace(function=chain(adam.init, row.function))
        for row in shared(
            "2",
            "adam.update",
            without=(
                "settings written in",
                "step size written in",
                "the step instead of theta",
                "averages not kept",
            ),
        )
    ),
    Row(
        N_("epsilon outside the fraction"),
        N_("Parentheses: epsilon is added to the fraction; it belongs to the denominator."),
        lambda g: (
            chain(adam.init, adam.update, epsilon=0.0)(g) + 1e-8 * np.arange(1, len(g) + 1)[:, None]
        ),
    ),
    Row(*PER_EPOCH, counted(lambda step: step // LOOP + 1)),
    Row(*PER_EPOCH, counted(lambda step: step // LOOP)),
    Row(
        N_("t starts anew every epoch"),
        N_("t starts anew in every epoch: it counts all steps, from the first to the last."),
        counted(lambda step: step % LOOP + 1),
    ),
    Row(
        N_("averages reset every epoch"),
        N_("m and v are zeros again in every epoch: set them before the loops, once."),
        _reset_each_epoch,
    ),
    Row(
        N_("epsilon is -14"),
        N_("10^-8 is -14 in Python, where ^ is no power: write 1e-8."),
        chain(adam.init, adam.update, epsilon=-14.0),
    ),
    Row(
        N_("other settings of Adam"),
        N_("These are beta1 0.99 and epsilon 1e-4: 0.9 and 1e-8 are asked for."),
        chain(adam.init, adam.update, beta1=0.99, epsilon=1e-4),
    ),
    *(
        Row(
            N_("downhill"),
            N_("The step goes down: the bound is to grow, so the step is added."),
            lambda g, row=row: -row(g),
        )
        for row in (counted(lambda step: step // LOOP + 1), counted(lambda step: step + 2))
    ),
    Row(
        N_("plain gradient step"),
        N_("theta moves along the gradient itself: the averages are not used."),
        _plain(lambda g: -1e-3 * g),
    ),
]
