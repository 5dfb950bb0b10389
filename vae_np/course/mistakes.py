"""The bank of known mistakes: wrong versions of the exercises' functions, each with its name.

Reference side only: students get what these return on the probes, and the texts, never this code.
Two versions that give the same numbers share one row. A row with `warning` is right all the same.
"""

# ruff: noqa: ARG001, ARG005 (what a wrong version leaves out is its point)

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd.numpy as np
from autograd.scipy.special import expit
from autograd.tracer import getval

from vae_np import adam, bernoulli, gaussian, mlp, ops, vae
from vae_np.course.examine import LOG_VARIANCE
from vae_np.course.texts import N_


class Mistake(NamedTuple):
    """A wrong version of one or more functions of an exercise."""

    exercise: str
    name: str
    message: str
    functions: dict[str, Callable[..., Any]]
    warning: bool = False


def bank(
    exercise: str, function: str, rows: Sequence[tuple], warning: bool = False
) -> list[Mistake]:
    return [
        Mistake(exercise, name, message, {f"vae_np.{function}": wrong}, warning)
        for name, message, wrong in rows
    ]


# Slips that several exercises share: (name, message)
GRADIENT_CUT = (
    N_("gradient cut"),
    N_("The values are right, but their gradient is zero: keep every step in autograd.numpy."),
)
FILLED = (
    N_("an array filled element by element"),
    N_("autograd cannot follow assignments into an array: put the pieces together at the end."),
)
EXCHANGED = (
    N_("mean and log_std exchanged"),
    N_("mean and log_std have changed places."),
)
OVER_BATCH = (
    N_("sum over the batch"),
    N_("The sum runs over the images: sum over the last axis, and keep one value per image."),
)
ONE_NUMBER = (
    N_("one number for the whole batch"),
    N_("Everything is summed or averaged into one number; one value per image is wanted."),
)
BATCH_MEAN = (
    N_("mean over the batch"),
    N_("The mean over the batch is taken here; it is taken later, once, in elbo."),
)
AVERAGED = (
    N_("mean instead of sum"),
    N_("The terms are averaged; they are independent, so their logarithms add up: sum them."),
)
NOT_SUMMED = (
    N_("no sum"),
    N_("The terms are not summed over the last axis: one value per image is wanted."),
)
KEPT_AXIS = (
    N_("an axis too many"),
    N_("The result has a second axis of length 1, which later spreads to all pairs of images."),
)
SIGN = (N_("sign reversed"), N_("The sign of the whole result is reversed."))
BLANK_ZERO = (N_("always zero"), N_("The result is zero whatever the arguments are."))
LOGITS_SHOWN = (
    N_("logits, not probabilities"),
    N_("The decoder's output is returned as it is: these are logits, not probabilities."),
)
SIGMOID_TWICE = (
    N_("sigmoid twice"),
    N_("The logistic sigmoid is applied twice: all values crowd into the middle."),
)
BINARISED = (
    N_("binarised"),
    N_("The probabilities are rounded to 0 or 1: keep them as they are."),
)
NOT_DRAWN = (
    N_("no noise"),
    N_("The noise eps is not used: the mean is taken instead of a draw."),
)
NOT_CENTRED = (N_("no mean"), N_("The mean is not added: the noise is scaled around zero."))
STD_FOR_LOG_STD = (
    N_("std passed as log_std"),
    N_("The exponential is taken before the call and again inside it: pass log_std itself."),
)
INVERTED = (
    N_("black and white exchanged"),
    N_("These are the probabilities of 0: a large logit must mean a probability near 1."),
)
DOWNHILL = (
    N_("downhill"),
    N_("The step goes down: the bound is to grow, so the step is added."),
)
FROM_EPS = (
    N_("decoded from pure noise"),
    N_("eps itself is decoded: it must be scaled by std and shifted by the mean first."),
)


def filled(function):
    """The function, with its result copied into an array of zeros, row by row."""

    def wrong(*args):
        result = function(*args)
        array = np.zeros(result.shape)
        for i in range(len(result)):
            array[i] = result[i]
        return array

    return wrong


SAMPLE = bank(
    "1.1",
    "gaussian.sample",
    [
        (
            N_("noise times log_std"),
            N_("eps is multiplied by log_std itself: take the exponential first."),
            lambda mean, log_std, eps: mean + log_std * eps,
        ),
        (
            LOG_VARIANCE,
            N_("log_std is read as the log of the variance: it is the log of std, no halving."),
            lambda mean, log_std, eps: mean + np.exp(log_std / 2) * eps,
        ),
        (
            N_("variance as std"),
            N_("eps is multiplied by the variance: it takes the standard deviation."),
            lambda mean, log_std, eps: mean + np.exp(2 * log_std) * eps,
        ),
        (*NOT_DRAWN, lambda mean, log_std, eps: mean + 0 * log_std),
        (*NOT_CENTRED, lambda mean, log_std, eps: 0 * mean + np.exp(log_std) * eps),
        (*EXCHANGED, lambda mean, log_std, eps: log_std + np.exp(mean) * eps),
        (*GRADIENT_CUT, lambda mean, log_std, eps: getval(gaussian.sample(mean, log_std, eps))),
        (*FILLED, filled(gaussian.sample)),
        (
            N_("one noise for the whole batch"),
            N_("Every row uses the first row of eps: each image has its own."),
            lambda mean, log_std, eps: mean + np.exp(log_std) * eps[:1],
        ),
        (
            N_("one noise for all latents"),
            N_("Every latent uses the first column of eps: each latent has its own."),
            lambda mean, log_std, eps: mean + np.exp(log_std) * eps[:, :1],
        ),
        (
            N_("tiny noise"),
            N_("eps is multiplied by 0.01 as well: it has standard deviation 1, leave it so."),
            lambda mean, log_std, eps: mean + np.exp(log_std) * 0.01 * eps,
        ),
        (
            N_("std never below 1"),
            N_("log_std passes through a softplus or a ReLU: it may be negative, leave it so."),
            lambda mean, log_std, eps: mean + np.exp(np.logaddexp(0, log_std)) * eps,
        ),
        (
            N_("noise not scaled"),
            N_("eps is added without being multiplied by the standard deviation."),
            lambda mean, log_std, eps: mean + 0 * log_std + eps,
        ),
        (
            N_("std added"),
            N_("The standard deviation is added; it must multiply eps."),
            lambda mean, log_std, eps: mean + np.exp(log_std) + eps,
        ),
        (
            N_("mean scaled too"),
            N_("Parentheses: only eps is multiplied by std, not the mean."),
            lambda mean, log_std, eps: (mean + eps) * np.exp(log_std),
        ),
        (
            N_("minus eps"),
            N_("eps is subtracted. A draw like any other, but the sheet adds it."),
            lambda mean, log_std, eps: mean - np.exp(log_std) * eps,
        ),
        (
            N_("noise in the exponent"),
            N_("eps is inside the exponential: first exp(log_std), then times eps."),
            lambda mean, log_std, eps: mean + np.exp(log_std * eps),
        ),
    ],
)


def _p(logits):
    return expit(logits)


def _naive(targets, logits, guard=0.0):
    p = _p(logits)
    return np.sum(np.log(targets * p + (1 - targets) * (1 - p) + guard), axis=-1)


def _clipped(targets, logits):
    p = np.clip(_p(logits), 1e-7, 1 - 1e-7)
    return np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p), axis=-1)


def _two_logs(targets, logits):
    p = _p(logits)
    return np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p), axis=-1)


def _pixels(targets, logits):
    return targets * logits - ops.softplus(logits)


BERNOULLI = bank(
    "1.2",
    "bernoulli.log_prob",
    [
        (
            N_("sign of the logits"),
            N_("The logits enter with the wrong sign: images would come out inverted."),
            lambda x, a: bernoulli.log_prob(x, -a),
        ),
        (
            N_("targets of -1 and 1 assumed"),
            N_("This form is for targets of -1 and 1; here they are 0 and 1, and 0 gets lost."),
            lambda x, a: np.sum(-ops.softplus(-a * x), axis=-1),
        ),
        (
            N_("only the pixels that are 1"),
            N_("The term of the pixels that are 0 is missing."),
            lambda x, a: np.sum(-x * ops.softplus(-a), axis=-1),
        ),
        (
            N_("only the pixels that are 0"),
            N_("The term of the pixels that are 1 is missing."),
            lambda x, a: np.sum(-(1 - x) * ops.softplus(a), axis=-1),
        ),
        (
            N_("no logarithm"),
            N_("Probabilities are summed; their logarithms must be."),
            lambda x, a: np.sum(x * _p(a) + (1 - x) * (1 - _p(a)), axis=-1),
        ),
        (
            N_("a product of probabilities"),
            N_("Probabilities are multiplied: with 784 pixels that is 0. Sum their logarithms."),
            lambda x, a: np.prod(x * _p(a) + (1 - x) * (1 - _p(a)), axis=-1),
        ),
        (*AVERAGED, lambda x, a: np.mean(_pixels(x, a), axis=-1)),
        (*OVER_BATCH, lambda x, a: np.sum(_pixels(x, a), axis=0)),
        (*ONE_NUMBER, lambda x, a: np.sum(_pixels(x, a))),
        (*BATCH_MEAN, lambda x, a: np.mean(bernoulli.log_prob(x, a))),
        (*NOT_SUMMED, _pixels),
        (*KEPT_AXIS, lambda x, a: np.sum(_pixels(x, a), axis=-1, keepdims=True)),
        (*SIGMOID_TWICE, lambda x, a: bernoulli.log_prob(x, _p(a))),
        (
            N_("logits used as probabilities"),
            N_("The logits go in where probabilities belong: a logit may be any number."),
            lambda x, a: np.sum(x * a + (1 - x) * (1 - a), axis=-1),
        ),
        (
            N_("logarithm of the logits"),
            N_("The logarithm of the logits is taken; it belongs to the probabilities."),
            lambda x, a: np.sum(x * np.log(a) + (1 - x) * np.log(1 - a), axis=-1),
        ),
        (
            N_("squared error"),
            N_("This is a squared error, as for Gaussian pixels: these pixels are Bernoulli."),
            lambda x, a: -np.sum((x - _p(a)) ** 2, axis=-1),
        ),
        (*SIGN, lambda x, a: -bernoulli.log_prob(x, a)),
        (
            N_("logarithm to base 2"),
            N_("The logarithm has base 2: nats need the natural logarithm."),
            lambda x, a: bernoulli.log_prob(x, a) / np.log(2),
        ),
        (
            N_("tanh on the logits"),
            N_("The logits pass through tanh first: they may be any number, leave them so."),
            lambda x, a: bernoulli.log_prob(x, np.tanh(a)),
        ),
        (
            N_("second term subtracted"),
            N_("The term of the pixels that are 0 is subtracted; it is added."),
            lambda x, a: np.sum(-x * ops.softplus(-a) + (1 - x) * ops.softplus(a), axis=-1),
        ),
        (
            N_("targets and logits exchanged"),
            N_("targets and logits have changed places."),
            lambda x, a: bernoulli.log_prob(a, x),
        ),
        (
            N_("a list instead of an array"),
            N_("A Python list is returned: make it an array, or sum over an axis."),
            lambda x, a: list(bernoulli.log_prob(x, a)),
        ),
        (
            N_("softplus missing"),
            N_("Only targets times logits is left: log(1 + exp(logit)) must be subtracted."),
            lambda x, a: np.sum(x * a, axis=-1),
        ),
        (*GRADIENT_CUT, lambda x, a: getval(bernoulli.log_prob(x, a))),
        (*FILLED, filled(bernoulli.log_prob)),
    ],
) + bank(
    "1.2",
    "bernoulli.log_prob",
    [
        (
            N_("unsafe logarithm"),
            N_(
                "Right for ordinary logits, and full marks. At large ones the sigmoid rounds to 0 "
                "or 1 and its logarithm is infinite: work with the logits."
            ),
            _naive,
        ),
        (N_("unsafe logarithm"), "", _two_logs),
        (
            N_("guarded logarithm"),
            N_(
                "Right for ordinary logits, and full marks. The guard inside the logarithm limits "
                "it at large ones, and its gradient vanishes: work with the logits."
            ),
            lambda x, a: _naive(x, a, 1e-8),
        ),
        (N_("guarded logarithm"), "", _clipped),
    ],
    warning=True,
)


def _kl_terms(mean, log_std):
    return mean**2 + np.exp(2 * log_std) - 1 - 2 * log_std


KL = bank(
    "1.3",
    "gaussian.kl_from_standard",
    [
        (
            LOG_VARIANCE,
            N_("log_std is read as the log of the variance: the variance is exp(log_std) squared."),
            lambda m, s: 0.5 * np.sum(np.exp(s) + m**2 - 1 - s, axis=-1),
        ),
        (
            N_("2 missing before log std"),
            N_("The logarithm of the variance is twice log_std."),
            lambda m, s: 0.5 * np.sum(np.exp(2 * s) + m**2 - 1 - s, axis=-1),
        ),
        (
            N_("std instead of the variance"),
            N_("The first term is the variance: std squared, not std."),
            lambda m, s: 0.5 * np.sum(np.exp(s) + m**2 - 1 - 2 * s, axis=-1),
        ),
        (
            N_("one half missing"),
            N_("The factor one half is missing: the result is twice the KL."),
            lambda m, s: np.sum(_kl_terms(m, s), axis=-1),
        ),
        (*SIGN, lambda m, s: -0.5 * np.sum(_kl_terms(m, s), axis=-1)),
        (
            N_("-1 missing"),
            N_("The -1 of every latent is missing: at mean 0, log_std 0 the KL must be zero."),
            lambda m, s: 0.5 * np.sum(_kl_terms(m, s) + 1, axis=-1),
        ),
        (
            N_("-1 only once"),
            N_("1 is subtracted once; it belongs to every latent, inside the sum."),
            lambda m, s: 0.5 * (np.sum(_kl_terms(m, s) + 1, axis=-1) - 1),
        ),
        (*AVERAGED, lambda m, s: 0.5 * np.mean(_kl_terms(m, s), axis=-1)),
        (
            N_("mean not squared"),
            N_("The mean enters as it is; its square is wanted."),
            lambda m, s: 0.5 * np.sum(_kl_terms(m, s) - m**2 + m, axis=-1),
        ),
        (
            N_("mean to the fourth"),
            N_("The mean is squared twice."),
            lambda m, s: 0.5 * np.sum(_kl_terms(m, s) - m**2 + m**4, axis=-1),
        ),
        (
            N_("mean missing"),
            N_("The square of the mean is missing."),
            lambda m, s: 0.5 * np.sum(_kl_terms(m, s) - m**2, axis=-1),
        ),
        (
            N_("mean subtracted"),
            N_("The square of the mean is subtracted; it is added."),
            lambda m, s: 0.5 * np.sum(_kl_terms(m, s) - 2 * m**2, axis=-1),
        ),
        (
            N_("log term missing"),
            N_("The logarithm of the variance is missing: this can fall below zero."),
            lambda m, s: 0.5 * np.sum(_kl_terms(m, s) + 2 * s, axis=-1),
        ),
        (
            N_("log term added"),
            N_("The logarithm of the variance is added; it is subtracted."),
            lambda m, s: 0.5 * np.sum(_kl_terms(m, s) + 4 * s, axis=-1),
        ),
        (
            N_("variance missing"),
            N_("The variance itself is missing: only its logarithm is there."),
            lambda m, s: 0.5 * np.sum(m**2 - 1 - 2 * s, axis=-1),
        ),
        (
            N_("the other way round"),
            N_("This is KL(p || q): the average is over q, the encoder's Gaussian."),
            lambda m, s: 0.5 * np.sum((1 + m**2) * np.exp(-2 * s) - 1 + 2 * s, axis=-1),
        ),
        (*EXCHANGED, lambda m, s: gaussian.kl_from_standard(s, m)),
        (
            N_("one half on one term"),
            N_("One half multiplies the first term only: put parentheses around all four."),
            lambda m, s: np.sum(0.5 * np.exp(2 * s) + m**2 - 1 - 2 * s, axis=-1),
        ),
        (*OVER_BATCH, lambda m, s: 0.5 * np.sum(_kl_terms(m, s), axis=0)),
        (*ONE_NUMBER, lambda m, s: 0.5 * np.sum(_kl_terms(m, s))),
        (*BATCH_MEAN, lambda m, s: np.mean(gaussian.kl_from_standard(m, s))),
        (*KEPT_AXIS, lambda m, s: gaussian.kl_from_standard(m, s)[:, None]),
        (*NOT_SUMMED, lambda m, s: 0.5 * _kl_terms(m, s)),
        (*BLANK_ZERO, lambda m, s: 0 * gaussian.kl_from_standard(m, s)),
        (
            N_("divided by the batch"),
            N_("The KL is divided by the number of images: one value per image needs no division."),
            lambda m, s: gaussian.kl_from_standard(m, s) / len(m),
        ),
        (*GRADIENT_CUT, lambda m, s: getval(gaussian.kl_from_standard(m, s))),
        (*FILLED, filled(gaussian.kl_from_standard)),
    ],
)


def _terms(model, images, latents, mean, log_std):
    logits = vae.decode(model, latents)
    return bernoulli.log_prob(images, logits), gaussian.kl_from_standard(mean, log_std)


def _bound(change):
    """elbo_terms with its two terms changed afterwards."""

    def elbo_terms(model, images, eps):
        mean, log_std = vae.encode(model, images)
        latents = gaussian.sample(mean, log_std, eps)
        return change(*_terms(model, images, latents, mean, log_std))

    return elbo_terms


def _latents(choose):
    """elbo_terms that decodes other latents."""

    def elbo_terms(model, images, eps):
        mean, log_std = vae.encode(model, images)
        return _terms(model, images, choose(mean, log_std, eps), mean, log_std)

    return elbo_terms


def _posterior(change):
    """elbo_terms that changes what the encoder gives."""

    def elbo_terms(model, images, eps):
        mean, log_std = change(*vae.encode(model, images))
        return _terms(model, images, gaussian.sample(mean, log_std, eps), mean, log_std)

    return elbo_terms


def _likelihood(score):
    """elbo_terms with another first term."""

    def elbo_terms(model, images, eps):
        mean, log_std = vae.encode(model, images)
        logits = vae.decode(model, gaussian.sample(mean, log_std, eps))
        return score(images, logits), gaussian.kl_from_standard(mean, log_std)

    return elbo_terms


def _kl_arguments(change):
    """elbo_terms that calls the KL with other arguments."""

    def elbo_terms(model, images, eps):
        mean, log_std = vae.encode(model, images)
        logits = vae.decode(model, gaussian.sample(mean, log_std, eps))
        kl = gaussian.kl_from_standard(*change(mean, log_std))
        return bernoulli.log_prob(images, logits), kl

    return elbo_terms


def _nets_exchanged(model, images, eps):
    return vae.elbo_terms(model._replace(encoder=model.decoder, decoder=model.encoder), images, eps)


BOUND = bank(
    "1.4",
    "vae.elbo_terms",
    [
        (
            N_("the two terms exchanged"),
            N_("The log-likelihood comes first, the KL second."),
            _bound(lambda ll, kl: (kl, ll)),
        ),
        (
            N_("likelihood negated"),
            N_("The first term is minus the log-likelihood: nothing is negated here."),
            _bound(lambda ll, kl: (-ll, kl)),
        ),
        (
            N_("KL negated"),
            N_("The second term is minus the KL: elbo subtracts it, nothing is negated here."),
            _bound(lambda ll, kl: (ll, -kl)),
        ),
        (
            N_("the bound instead of its terms"),
            N_("The difference is returned; return the two terms, elbo subtracts them."),
            _bound(lambda ll, kl: ll - kl),
        ),
        (
            N_("the mean bound instead of its terms"),
            N_("The mean of the bound is returned; return the two terms, one value per image."),
            _bound(lambda ll, kl: np.mean(ll - kl)),
        ),
        (
            N_("KL subtracted already"),
            N_("The first term is the whole bound: elbo would subtract the KL again."),
            _bound(lambda ll, kl: (ll - kl, kl)),
        ),
        (*BATCH_MEAN, _bound(lambda ll, kl: (np.mean(ll), np.mean(kl)))),
        (*ONE_NUMBER, _bound(lambda ll, kl: (np.sum(ll), np.sum(kl)))),
        (*KEPT_AXIS, _bound(lambda ll, kl: (ll, kl[:, None]))),
        (
            N_("KL left out"),
            N_("The second term is zero: it is the KL of q(z|x) from the prior."),
            _bound(lambda ll, kl: (ll, 0 * kl)),
        ),
        (
            N_("likelihood left out"),
            N_("The first term is zero: it is the log-likelihood of the images."),
            _bound(lambda ll, kl: (0 * ll, kl)),
        ),
        (
            N_("likelihood per pixel"),
            N_("The log-likelihood is divided by the number of pixels: the KL weighs too much."),
            _likelihood(lambda x, a: bernoulli.log_prob(x, a) / x.shape[-1]),
        ),
        (*NOT_DRAWN, _latents(lambda mean, log_std, eps: mean)),
        (*FROM_EPS, _latents(lambda mean, log_std, eps: eps)),
        (
            N_("noise not scaled"),
            N_("eps is added without being multiplied by the standard deviation."),
            _latents(lambda mean, log_std, eps: mean + eps),
        ),
        (
            STD_FOR_LOG_STD[0],
            STD_FOR_LOG_STD[1],
            _posterior(lambda mean, log_std: (mean, np.exp(log_std))),
        ),
        (
            N_("std passed to the sampler"),
            N_("gaussian.sample gets std: it takes log_std, and makes the exponential itself."),
            _latents(lambda mean, log_std, eps: gaussian.sample(mean, np.exp(log_std), eps)),
        ),
        (
            N_("std passed to the KL"),
            N_("gaussian.kl_from_standard gets std: it takes log_std."),
            _kl_arguments(lambda mean, log_std: (mean, np.exp(log_std))),
        ),
        (*EXCHANGED, _posterior(lambda mean, log_std: (log_std, mean))),
        (
            N_("KL with its arguments exchanged"),
            N_("gaussian.kl_from_standard gets log_std first: it takes mean, log_std."),
            _kl_arguments(lambda mean, log_std: (log_std, mean)),
        ),
        (
            N_("probabilities passed as logits"),
            N_("bernoulli.log_prob gets probabilities: it takes the decoder's logits."),
            _likelihood(lambda x, a: bernoulli.log_prob(x, bernoulli.mean(a))),
        ),
        (
            N_("targets and logits exchanged"),
            N_("targets and logits have changed places."),
            _likelihood(lambda x, a: bernoulli.log_prob(a, x)),
        ),
        (
            N_("encoder and decoder exchanged"),
            N_("Images go into the encoder, latents into the decoder: the shapes do not fit."),
            _nets_exchanged,
        ),
    ],
)


INIT = bank(
    "2",
    "adam.init",
    [
        (
            N_("v starts at one"),
            N_("v starts at ones: both averages start at zero."),
            lambda theta: adam.State(theta, np.zeros_like(theta), np.ones_like(theta), 0),
        ),
        (
            N_("averages start at one"),
            N_("m and v start at ones: both averages start at zero."),
            lambda theta: adam.State(theta, np.ones_like(theta), np.ones_like(theta), 0),
        ),
        (
            N_("t starts at one"),
            N_("t counts the steps taken: before the first it is 0, and update adds 1."),
            lambda theta: adam.State(theta, np.zeros_like(theta), np.zeros_like(theta), 1),
        ),
        (
            N_("averages start at theta"),
            N_("m and v start as copies of theta: both averages start at zero."),
            lambda theta: adam.State(theta, theta, theta, 0),
        ),
        (
            N_("theta lost"),
            N_("The parameters become zeros: keep the theta that is passed in."),
            lambda theta: adam.State(0 * theta, np.zeros_like(theta), np.zeros_like(theta), 0),
        ),
        (
            N_("averages are single numbers"),
            N_("m and v are single numbers: they are arrays of the shape of theta."),
            lambda theta: adam.State(theta, 0.0, 0.0, 0),
        ),
    ],
)


def _adam(
    first=lambda beta, m, g: beta * m + (1 - beta) * g,
    second=lambda beta, v, g: beta * v + (1 - beta) * g**2,
    correct_m=lambda m, beta, t: m / (1 - beta**t),
    correct_v=lambda v, beta, t: v / (1 - beta**t),
    direction=lambda m, v, epsilon: m / (np.sqrt(v) + epsilon),
    count=lambda t: t + 1,
    advance=lambda theta, step, direction: theta + step * direction,
    stored=lambda raw, corrected: raw,
):
    """Adam from its parts, any of which can be exchanged for a wrong one."""

    def update(state, g, step_size=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, out=None):
        t = state.t + 1
        m, v = first(beta1, state.m, g), second(beta2, state.v, g)
        m_hat, v_hat = correct_m(m, beta1, count(state.t)), correct_v(v, beta2, count(state.t))
        theta = advance(state.theta, step_size, direction(m_hat, v_hat, epsilon))
        return adam.State(theta, stored(m, m_hat), stored(v, v_hat), t)

    return update


def _uncorrected(average, beta, t):
    return average


def _frozen_count(state, g, *args, **kwargs):
    return _adam(count=lambda t: t + 1)(state, g, *args, **kwargs)._replace(t=state.t)


def _not_stored(state, g, *args, **kwargs):
    new = _adam()(state, g, *args, **kwargs)
    return state._replace(theta=new.theta, t=new.t)


def _betas_exchanged(state, g, step_size=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, out=None):
    return _adam()(state, g, step_size, beta2, beta1, epsilon)


def _defaults_only(state, g, step_size=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, out=None):
    return _adam()(state, g, step_size)


def _step_written_in(state, g, step_size=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, out=None):
    return _adam()(state, g, 1e-3, beta1, beta2, epsilon)


def _huge_epsilon(state, g, step_size=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, out=None):
    return _adam()(state, g, step_size, beta1, beta2, 1 / epsilon)


def _efficient(state, g, step_size=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, out=None):
    t = state.t + 1
    step = step_size * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return _adam(correct_m=_uncorrected, correct_v=_uncorrected)(
        state, g, step, beta1, beta2, epsilon
    )


UPDATE = bank(
    "2",
    "adam.update",
    [
        (*DOWNHILL, _adam(advance=lambda theta, step, d: theta - step * d)),
        (
            N_("no bias correction"),
            N_("m and v are used as they are: divide each by 1 - beta to the power t first."),
            _adam(correct_m=_uncorrected, correct_v=_uncorrected),
        ),
        (
            N_("m not corrected"),
            N_("The correction of m is missing: only v is divided."),
            _adam(correct_m=_uncorrected),
        ),
        (
            N_("v not corrected"),
            N_("The correction of v is missing: only m is divided."),
            _adam(correct_v=_uncorrected),
        ),
        (
            N_("t one behind"),
            N_("The old t is used: at the first step it is 0, and the correction divides by 0."),
            _adam(count=lambda t: t),
        ),
        (
            N_("t one ahead"),
            N_("t is increased twice before it is used: at the first step it must be 1."),
            _adam(count=lambda t: t + 2),
        ),
        (
            N_("t does not count"),
            N_("The new state has the old t: every step looks like the first."),
            _frozen_count,
        ),
        (
            N_("epsilon inside the root"),
            N_("epsilon is added inside the square root; it belongs outside."),
            _adam(direction=lambda m, v, epsilon: m / np.sqrt(v + epsilon)),
        ),
        (
            N_("times t instead of to the power t"),
            N_("The correction has beta times t; it is beta to the power t."),
            _adam(
                correct_m=lambda m, beta, t: m / (1 - beta * t),
                correct_v=lambda v, beta, t: v / (1 - beta * t),
            ),
        ),
        (
            N_("corrected averages stored"),
            N_("The corrected m and v go into the state: keep the raw ones, correct for the step."),
            _adam(stored=lambda raw, corrected: corrected),
        ),
        (
            N_("averages not kept"),
            N_("The new m and v do not reach the new state: each step starts from zero."),
            _not_stored,
        ),
        (
            N_("averages reset"),
            N_("m and v forget their past: the old averages, times beta, must be added."),
            _adam(
                first=lambda beta, m, g: (1 - beta) * g,
                second=lambda beta, v, g: (1 - beta) * g**2,
            ),
        ),
        (
            N_("gradient not squared"),
            N_("v averages the gradient; it averages its square."),
            _adam(second=lambda beta, v, g: beta * v + (1 - beta) * g),
        ),
        (
            N_("gradient to the fourth"),
            N_("The gradient is squared twice in v."),
            _adam(second=lambda beta, v, g: beta * v + (1 - beta) * g**4),
        ),
        (
            N_("absolute gradient"),
            N_("v averages the absolute gradient; it averages its square."),
            _adam(second=lambda beta, v, g: beta * v + (1 - beta) * np.abs(g)),
        ),
        (
            N_("no square root"),
            N_("The step is divided by v; it is divided by the square root of v."),
            _adam(direction=lambda m, v, epsilon: m / (v + epsilon)),
        ),
        (
            N_("betas exchanged"),
            N_("beta1 belongs to m, beta2 to v; they have changed places."),
            _betas_exchanged,
        ),
        (
            N_("beta and 1 - beta exchanged"),
            N_("beta multiplies the new gradient; it belongs to the old average."),
            _adam(
                first=lambda beta, m, g: (1 - beta) * m + beta * g,
                second=lambda beta, v, g: (1 - beta) * v + beta * g**2,
            ),
        ),
        (
            N_("1 - beta missing"),
            N_("The new gradient is added with weight 1; its weight is 1 - beta."),
            _adam(
                first=lambda beta, m, g: beta * m + g,
                second=lambda beta, v, g: beta * v + g**2,
            ),
        ),
        (
            N_("settings written in"),
            N_("beta1, beta2 or epsilon are written into the body: use the arguments."),
            _defaults_only,
        ),
        (
            N_("step size written in"),
            N_("The step size 0.001 is written into the body: use the argument step_size."),
            _step_written_in,
        ),
        (
            N_("huge epsilon"),
            N_("epsilon is a huge number: 1e-8, not 10 to the power 8."),
            _huge_epsilon,
        ),
        (
            N_("epsilon outside the fraction"),
            N_("Parentheses: epsilon is added to the fraction; it belongs to the denominator."),
            _adam(direction=lambda m, v, epsilon: m / np.sqrt(v) + epsilon),
        ),
        (
            N_("no epsilon"),
            N_("epsilon is missing: where the gradient is always 0 this is 0/0."),
            _adam(direction=lambda m, v, epsilon: m / np.sqrt(v)),
        ),
        (
            N_("multiplied by the root"),
            N_("The step is multiplied by the square root of v; it is divided by it."),
            _adam(direction=lambda m, v, epsilon: m * (np.sqrt(v) + epsilon)),
        ),
        (
            N_("no step size"),
            N_("The step is not multiplied by step_size."),
            _adam(advance=lambda theta, step, d: theta + d),
        ),
        (
            N_("plain gradient step"),
            N_("theta moves along the gradient itself: the averages are not used."),
            lambda s, g, step_size=1e-3, *_, **__: _adam()(s, g, step_size, *_, **__)._replace(
                theta=s.theta + step_size * g
            ),
        ),
        (
            N_("momentum only"),
            N_("theta moves along m: the division by the square root of v is missing."),
            _adam(correct_m=_uncorrected, direction=lambda m, v, epsilon: m),
        ),
        (
            N_("gradient instead of m"),
            N_("The step uses the gradient itself over the square root of v; it uses m."),
            _adam(first=lambda beta, m, g: g, correct_m=_uncorrected),
        ),
        (
            N_("theta not moved"),
            N_("The new state has the old theta: the step is not added."),
            _adam(advance=lambda theta, step, d: theta),
        ),
        (
            N_("the step instead of theta"),
            N_("The new theta is the step alone: add it to the old theta."),
            _adam(advance=lambda theta, step, d: step * d),
        ),
        (
            N_("corrections multiplied"),
            N_("m and v are multiplied by 1 - beta to the power t; they are divided by it."),
            _adam(
                correct_m=lambda m, beta, t: m * (1 - beta**t),
                correct_v=lambda v, beta, t: v * (1 - beta**t),
            ),
        ),
    ],
) + bank(
    "2",
    "adam.update",
    [
        (
            N_("epsilon not corrected"),
            N_(
                "The efficient order of the paper, and full marks. Its epsilon counts for more in "
                "the first steps than the sheet's, unless it is corrected too."
            ),
            _efficient,
        )
    ],
    warning=True,
)


def _with_encoder_output(model, latents):
    return bernoulli.mean(mlp.predict(model.encoder, latents, model.activation))


def _shown(show):
    """generate that turns logits into something else."""
    return lambda model, latents: show(vae.decode(model, latents))


GENERATE = bank(
    "3.1",
    "vae.generate",
    [
        (*LOGITS_SHOWN, vae.decode),
        (*SIGMOID_TWICE, _shown(lambda a: _p(_p(a)))),
        (*BINARISED, _shown(lambda a: (a > 0).astype(float))),
        (*INVERTED, _shown(lambda a: _p(-a))),
        (
            N_("tanh instead of the sigmoid"),
            N_("tanh gives values from -1 to 1: a probability comes from the logistic sigmoid."),
            _shown(np.tanh),
        ),
        (
            N_("softplus instead of the sigmoid"),
            N_("softplus exceeds 1: a probability comes from the logistic sigmoid."),
            _shown(ops.softplus),
        ),
        (
            N_("exponential instead of the sigmoid"),
            N_("The exponential exceeds 1: a probability comes from the logistic sigmoid."),
            _shown(np.exp),
        ),
        (
            N_("softmax over the pixels"),
            N_("The pixels share one probability: they are independent, each has its own."),
            _shown(lambda a: np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)),
        ),
        (
            N_("one image repeated"),
            N_("All rows come from the first row of latents: each has its own image."),
            lambda model, z: vae.generate(model, np.repeat(z[:1], len(z), axis=0)),
        ),
        (
            N_("only one image"),
            N_("Only the first row of latents is decoded: one image per row is wanted."),
            lambda model, z: vae.generate(model, z[:1]),
        ),
        (
            N_("images averaged"),
            N_("The images are averaged over the batch: one image per row is wanted."),
            lambda model, z: vae.generate(model, z).mean(axis=0),
        ),
        (
            N_("encoder and decoder exchanged"),
            N_("Images go into the encoder, latents into the decoder: the shapes do not fit."),
            _with_encoder_output,
        ),
    ],
)


def _redrawn(choose):
    """reconstruct that decodes other latents."""

    def reconstruct(model, images, eps):
        mean, log_std = vae.encode(model, images)
        return vae.generate(model, choose(mean, log_std, eps))

    return reconstruct


def _logits(model, images, eps):
    return vae.decode(model, gaussian.sample(*vae.encode(model, images), eps))


RECONSTRUCT = bank(
    "3.2",
    "vae.reconstruct",
    [
        (*LOGITS_SHOWN, _logits),
        (*SIGMOID_TWICE, lambda *args: _p(vae.reconstruct(*args))),
        (*BINARISED, lambda *args: np.round(vae.reconstruct(*args))),
        (*INVERTED, lambda *args: 1 - vae.reconstruct(*args)),
        (*NOT_DRAWN, _redrawn(lambda mean, log_std, eps: mean)),
        (*FROM_EPS, _redrawn(lambda mean, log_std, eps: eps)),
        (*EXCHANGED, _redrawn(lambda mean, log_std, eps: gaussian.sample(log_std, mean, eps))),
        (
            *STD_FOR_LOG_STD,
            _redrawn(lambda mean, log_std, eps: gaussian.sample(mean, np.exp(log_std), eps)),
        ),
        (
            N_("noise not scaled"),
            N_("eps is added without being multiplied by the standard deviation."),
            _redrawn(lambda mean, log_std, eps: mean + eps),
        ),
        (
            N_("the images themselves"),
            N_("The images come back unchanged: encode, draw, decode."),
            lambda model, images, eps: images,
        ),
        (
            N_("images rounded first"),
            N_("The images are binarised before they are encoded: encode them as they are."),
            lambda model, images, eps: vae.reconstruct(model, np.round(images), eps),
        ),
        (
            N_("images returned too"),
            N_("Originals and reconstructions are returned: only the reconstructions are wanted."),
            lambda model, images, eps: (images, vae.reconstruct(model, images, eps)),
        ),
    ],
)


def _path(frames):
    """interpolate between the two means with other latents."""

    def interpolate(model, first, second, steps=25):
        mean, _ = vae.encode(model, np.stack([first, second]))
        return vae.generate(model, frames(mean[0], mean[1], np.linspace(0, 1, steps)[:, None]))

    return interpolate


def _open_path(model, first, second, steps=25):
    mean, _ = vae.encode(model, np.stack([first, second]))
    s = np.linspace(0, 1, steps, endpoint=False)[:, None]
    return vae.generate(model, (1 - s) * mean[0] + s * mean[1])


def _ends(model, first, second):
    mean, _ = vae.encode(model, np.stack([first, second]))
    return mean


def _blended_shown(show):
    """interpolate that blends what `show` makes of the two decoded ends."""

    def interpolate(model, first, second, steps=25):
        a, b = vae.decode(model, _ends(model, first, second))
        s = np.linspace(0, 1, steps)[:, None]
        return show(a, b, s)

    return interpolate


def _images_blended(model, first, second, steps=25):
    s = np.linspace(0, 1, steps)[:, None]
    mean, _ = vae.encode(model, (1 - s) * first + s * second)
    return vae.generate(model, mean)


def _pixels_blended(model, first, second, steps=25):
    s = np.linspace(0, 1, steps)[:, None]
    return (1 - s) * first + s * second


def _stds_blended(model, first, second, steps=25):
    _, log_std = vae.encode(model, np.stack([first, second]))
    s = np.linspace(0, 1, steps)[:, None]
    return vae.generate(model, (1 - s) * log_std[0] + s * log_std[1])


def _all_blended(model, first, second, steps=25):
    output = mlp.predict(model.encoder, np.stack([first, second]), model.activation)
    s = np.linspace(0, 1, steps)[:, None]
    return vae.generate(model, (1 - s) * output[0] + s * output[1])


def _logit_path(model, first, second, steps=25):
    mean = _ends(model, first, second)
    s = np.linspace(0, 1, steps)[:, None]
    return vae.decode(model, (1 - s) * mean[0] + s * mean[1])


INTERPOLATE = bank(
    "3.3",
    "vae.interpolate",
    [
        (*LOGITS_SHOWN, _logit_path),
        (*SIGMOID_TWICE, lambda *args, **kwargs: _p(vae.interpolate(*args, **kwargs))),
        (*BINARISED, lambda *args, **kwargs: np.round(vae.interpolate(*args, **kwargs))),
        (
            N_("end left out"),
            N_("s stops before 1: both ends belong to the path."),
            _open_path,
        ),
        (
            N_("a frame too many"),
            N_("There is one frame too many: steps counts both ends."),
            lambda model, first, second, steps=25: vae.interpolate(model, first, second, steps + 1),
        ),
        (
            N_("always 25 frames"),
            N_("The number of frames is written into the body: use the argument steps."),
            lambda model, first, second, steps=25: vae.interpolate(model, first, second),
        ),
        (
            N_("decoded ends blended"),
            N_("The two decoded images are blended: blend the latents, then decode."),
            _blended_shown(lambda a, b, s: (1 - s) * _p(a) + s * _p(b)),
        ),
        (
            N_("logits blended"),
            N_("The logits of the two ends are blended: blend the latents, then decode."),
            _blended_shown(lambda a, b, s: _p((1 - s) * a + s * b)),
        ),
        (
            N_("pixels blended"),
            N_("The two images are blended pixel by pixel: blend their latents, then decode."),
            _pixels_blended,
        ),
        (
            N_("blended images encoded"),
            N_("Blended images are encoded: encode the two images, and blend their means."),
            _images_blended,
        ),
        (
            N_("weights do not sum to 1"),
            N_("The two weights are not 1 - s and s: their sum must be 1."),
            _path(lambda a, b, s: a + s * b),
        ),
        (
            N_("extrapolated"),
            N_("The difference is taken the wrong way round: the path leads away from the end."),
            _path(lambda a, b, s: a + s * (a - b)),
        ),
        (
            N_("no path"),
            N_("All frames are the first image: s is not used."),
            _path(lambda a, b, s: a + 0 * s),
        ),
        (
            N_("log_std blended"),
            N_("The path runs between the two log_std: it runs between the two means."),
            _stds_blended,
        ),
        (
            N_("whole encoder output blended"),
            N_("The whole encoder output is blended: only the mean half is a latent."),
            _all_blended,
        ),
        (
            N_("straight line bent"),
            N_("The weights are not even in s: the sheet's path is a straight line."),
            _path(lambda a, b, s: np.cos(s * np.pi / 2) * a + np.sin(s * np.pi / 2) * b),
        ),
    ],
) + bank(
    "3.3",
    "vae.interpolate",
    [
        (
            N_("from the second image to the first"),
            N_("The path is right, and full marks; it runs from the second image to the first."),
            lambda model, first, second, steps=25: vae.interpolate(model, second, first, steps),
        )
    ],
    warning=True,
)

MISTAKES = [
    *SAMPLE,
    *BERNOULLI,
    *KL,
    *BOUND,
    *INIT,
    *UPDATE,
    *GENERATE,
    *RECONSTRUCT,
    *INTERPOLATE,
]
