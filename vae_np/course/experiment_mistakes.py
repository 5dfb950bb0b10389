"""The bank of known mistakes in the exercises on tasks 4 to 9; see `mistakes`."""

# ruff: noqa: ARG001, ARG005 (what a wrong version leaves out is its point)

import autograd.numpy as np
from autograd.tracer import getval
from scipy.special import ndtr, ndtri

from vae_np import adam, bounds, gaussian_decoder, mlp, ops
from vae_np.course.mistakes import (
    DOWNHILL,
    FILLED,
    GRADIENT_CUT,
    KEPT_AXIS,
    ONE_NUMBER,
    SIGN,
    bank,
    filled,
)
from vae_np.course.texts import N_
from vae_np.experiments import latent_arithmetic, latent_plane


def _plane(ticks):
    """manifold with other ticks along both axes."""
    return lambda steps: latent_plane.cells(ticks(steps), ticks(steps)[::-1])


def _shares(steps):
    return (np.arange(steps) + 0.5) / steps


def _ticks(steps):
    return ndtri(_shares(steps))


EVEN = (
    N_("an even grid"),
    N_("The coordinates are evenly spaced: where the prior is dense, they must be close together."),
)

MANIFOLD = bank(
    "5.1",
    "experiments.latent_plane.manifold",
    [
        (*EVEN, _plane(lambda steps: np.linspace(-3, 3, steps))),
        (*EVEN, _plane(lambda steps: np.linspace(-2, 2, steps))),
        (*EVEN, _plane(_shares)),
        (*EVEN, _plane(lambda steps: np.linspace(-1, 1, steps))),
        (
            N_("the CDF instead of its inverse"),
            N_("The normal CDF is taken; its inverse turns shares of [0, 1] into coordinates."),
            _plane(lambda steps: ndtr(_shares(steps))),
        ),
        (
            N_("ends of [0, 1] included"),
            N_("The shares run from 0 to 1, whose quantiles are infinite: take the middles."),
            _plane(lambda steps: ndtri(np.linspace(0, 1, steps))),
        ),
        (
            N_("from 5 to 95 per cent"),
            N_("The shares run from 0.05 to 0.95, so those at the edge are not equal."),
            _plane(lambda steps: ndtri(np.linspace(0.05, 0.95, steps))),
        ),
        (
            N_("from 1 to 99 per cent"),
            N_("The shares run from 0.01 to 0.99, so those at the edge are not equal."),
            _plane(lambda steps: ndtri(np.linspace(0.01, 0.99, steps))),
        ),
        (
            N_("edges instead of middles"),
            N_("The lower edges are taken, of which the first is 0: take the middles, i + 1/2."),
            _plane(lambda steps: ndtri(np.arange(steps) / steps)),
        ),
        (
            N_("one part too many"),
            N_("These are the inner edges of steps + 1 parts; the middles of steps are wanted."),
            _plane(lambda steps: ndtri((np.arange(steps) + 1) / (steps + 1))),
        ),
        (
            N_("upside down"),
            N_("The second coordinate grows downwards: the first row of images is the top one."),
            lambda steps: latent_plane.cells(_ticks(steps), _ticks(steps)),
        ),
        (
            N_("left and right exchanged"),
            N_("The first coordinate falls from left to right; it grows."),
            lambda steps: latent_plane.cells(_ticks(steps)[::-1], _ticks(steps)[::-1]),
        ),
        (
            N_("coordinates exchanged"),
            N_("The first coordinate is the one from left to right, the second the one upwards."),
            lambda steps: latent_plane.manifold(steps)[:, ::-1],
        ),
        (
            N_("column by column"),
            N_("The points come column by column; they come row by row."),
            lambda steps: _square(steps).swapaxes(0, 1).reshape(-1, 2),
        ),
        (
            N_("rows not joined"),
            N_("The points stand in a square: make one list of them, a row of two numbers each."),
            lambda steps: _square(steps),
        ),
        (
            N_("the diagonal alone"),
            N_("Only points with two equal coordinates are there: every pair of ticks is wanted."),
            lambda steps: np.stack([_ticks(steps), _ticks(steps)], axis=1),
        ),
    ],
)


def _square(steps):
    return latent_plane.manifold(steps).reshape(steps, steps, 2)


def _bound(log_weights):
    return bounds.importance_weighted(log_weights)


def _one_maximum(log_weights):
    largest = np.max(log_weights)
    return np.log(np.mean(np.exp(log_weights - largest), axis=-1)) + largest


def _scaled(log_weights):
    return log_weights - np.max(log_weights, axis=-1, keepdims=True)


WEIGHTED = bank(
    "6.1",
    "bounds.importance_weighted",
    [
        (
            N_("weights too small for a number"),
            N_(
                "exp makes small weights 0 and large ones inf: take each image's largest out first."
            ),
            lambda a: np.log(np.mean(np.exp(a), axis=-1)),
        ),
        (
            N_("one maximum for the whole batch"),
            N_("The largest log weight of all images is taken out; each image needs its own."),
            _one_maximum,
        ),
        (
            N_("maximum not added again"),
            N_("The largest log weight is taken out before exp, and must be added after log."),
            lambda a: _bound(_scaled(a)),
        ),
        (
            N_("mean of the logarithms"),
            N_("The log weights are averaged, which gives the ELBO: the mean goes inside the log."),
            lambda a: np.mean(a, axis=-1),
        ),
        (
            N_("sum instead of mean"),
            N_("log k is not subtracted: it is the logarithm of a mean, not of a sum."),
            ops.logsumexp,
        ),
        (
            N_("log k added"),
            N_("log k is added; 1/k inside the logarithm is minus log k outside."),
            lambda a: _bound(a) + 2 * float(np.log(a.shape[-1])),
        ),
        (
            N_("divided by k outside the logarithm"),
            N_("The logarithm is divided by k; the sum inside it must be."),
            lambda a: ops.logsumexp(a) / a.shape[-1],
        ),
        (
            N_("log of the batch size"),
            N_("The logarithm of the number of images is subtracted; k is the number of weights."),
            lambda a: ops.logsumexp(a) - float(np.log(len(a))),
        ),
        (
            N_("mean over the images"),
            N_("The mean runs over the images; it runs over the k weights of each, the last axis."),
            lambda a: _bound(a.T),
        ),
        (*ONE_NUMBER, lambda a: np.mean(_bound(a))),
        (*ONE_NUMBER, lambda a: np.sum(_bound(a))),
        (
            N_("the largest weight alone"),
            N_("Only the largest weight of each image counts here; all of them do."),
            lambda a: np.max(a, axis=-1),
        ),
        (
            N_("no logarithm at the end"),
            N_("This is the mean weight; its logarithm is wanted."),
            lambda a: np.mean(np.exp(a), axis=-1),
        ),
        (*SIGN, lambda a: -_bound(a)),
        (*KEPT_AXIS, lambda a: _bound(a)[:, None]),
        (*GRADIENT_CUT, lambda a: getval(_bound(a))),
        (*FILLED, filled(_bound)),
    ],
)

FLOOR = gaussian_decoder.STD_FLOOR
LOG_FLOOR = float(np.log(FLOOR))


def _heads(change):
    """decode that makes something else of the two heads."""

    def decode(model, latents):
        heads = mlp.predict(model.decoder, latents, model.activation)
        return change(*ops.halves(heads))

    return decode


def _floored(head):
    return LOG_FLOOR + ops.softplus(head - LOG_FLOOR)


def _interleaved(model, latents):
    heads = mlp.predict(model.decoder, latents, model.activation)
    return heads[:, ::2], _floored(heads[:, 1::2])


DECODE = bank(
    "7.1",
    "gaussian_decoder.decode",
    [
        (
            N_("no floor"),
            N_("The second head is returned as it is: its density could grow without bound."),
            _heads(lambda mean, head: (mean, head)),
        ),
        (
            N_("heads exchanged"),
            N_("The first half of the output is the mean, the second half makes log_std."),
            _heads(lambda mean, head: (head, _floored(mean))),
        ),
        (
            N_("every second column"),
            N_("The heads are the two halves of the output, not its even and odd columns."),
            _interleaved,
        ),
        (
            N_("std instead of its logarithm"),
            N_("The standard deviation is returned; its logarithm is wanted."),
            _heads(lambda mean, head: (mean, np.exp(_floored(head)))),
        ),
        (
            N_("log variance"),
            N_("The log of the variance is returned: half of it, the log of std, is wanted."),
            _heads(lambda mean, head: (mean, 2 * _floored(head))),
        ),
        (
            N_("floor without its logarithm"),
            N_("The floor itself is used; log_std must stay above its logarithm."),
            _heads(lambda mean, head: (mean, FLOOR + ops.softplus(head - FLOOR))),
        ),
        (
            N_("softplus from zero"),
            N_("softplus takes the head minus the floor's logarithm, not the head itself."),
            _heads(lambda mean, head: (mean, LOG_FLOOR + ops.softplus(head))),
        ),
        (
            N_("floor not added"),
            N_("The floor's logarithm must be added to softplus: this log_std is never negative."),
            _heads(lambda mean, head: (mean, ops.softplus(head - LOG_FLOOR))),
        ),
        (
            N_("floor not added"),
            "",
            _heads(lambda mean, head: (mean, ops.softplus(head))),
        ),
        (
            N_("softplus for std"),
            N_("softplus makes std itself here; the sheet's makes log_std."),
            _heads(lambda mean, head: (mean, np.log(FLOOR + ops.softplus(head)))),
        ),
        (
            N_("cut off at the floor"),
            N_("A maximum has no gradient below the floor: what falls there stays. Use softplus."),
            _heads(lambda mean, head: (mean, np.maximum(head, LOG_FLOOR))),
        ),
        (
            N_("sigmoid on the mean"),
            N_("The mean passes through a sigmoid; both heads are linear."),
            _heads(lambda mean, head: (ops.sigmoid(mean), _floored(head))),
        ),
        (
            N_("mean has a floor too"),
            N_("The floor belongs to log_std alone; the mean is its head as it is."),
            _heads(lambda mean, head: (_floored(mean), _floored(head))),
        ),
    ],
)


def _groups(difference, average=lambda rows: np.mean(rows, axis=0), counts=np.any):
    """attribute_vector with another difference within a digit, or another average over digits."""

    def vector(latents, has, lacks, labels):
        rows = []
        for label in np.unique(labels):
            here = labels == label
            if counts(has & here) and counts(lacks & here):
                rows.append(difference(latents, has & here, lacks & here, here))
        return average(np.array(rows))

    return vector


def _difference(latents, has, lacks, here):
    return latents[has].mean(axis=0) - latents[lacks].mean(axis=0)


def _lone_as_zero(latents, has, lacks, labels):
    vector = latent_arithmetic.attribute_vector(latents, has, lacks, labels)
    digits = np.unique(labels)
    both = [np.any(has & (labels == d)) and np.any(lacks & (labels == d)) for d in digits]
    return vector * np.mean(both)


ATTRIBUTE = bank(
    "8.1",
    "experiments.latent_arithmetic.attribute_vector",
    [
        (*SIGN, _groups(lambda *args: -_difference(*args))),
        (
            N_("all digits in one mean"),
            N_("The means run over all digits: the vector also points to the digits that have it."),
            lambda latents, has, lacks, labels: _difference(latents, has, lacks, None),
        ),
        (
            N_("sum over the digits"),
            N_("The digits' differences are summed; average them."),
            _groups(_difference, lambda rows: np.sum(rows, axis=0)),
        ),
        (
            N_("digits that lack a group"),
            N_("A mean over no image is nan: leave out digits without one of the two groups."),
            _groups(_difference, counts=lambda rows: True),
        ),
        (
            N_("digits without both groups counted"),
            N_("Digits without both groups count as zero in the average: they do not count."),
            _lone_as_zero,
        ),
        (
            N_("no difference"),
            N_("The mean of those that lack the attribute is not subtracted."),
            _groups(lambda latents, has, lacks, here: latents[has].mean(axis=0)),
        ),
        (
            N_("difference from all images"),
            N_("The digit's mean is subtracted; subtract the mean of those that lack it."),
            _groups(lambda z, has, lacks, here: z[has].mean(axis=0) - z[here].mean(axis=0)),
        ),
        (
            N_("lacks not used"),
            N_("Whatever does not have it is taken to lack it; some images do neither."),
            _groups(lambda z, has, lacks, h: z[has].mean(axis=0) - z[h & ~has].mean(axis=0)),
        ),
        (
            N_("sums instead of means"),
            N_("Sums of latents are subtracted: the larger group wins. Take means."),
            _groups(lambda z, has, lacks, here: z[has].sum(axis=0) - z[lacks].sum(axis=0)),
        ),
        (
            N_("length made 1"),
            N_("The vector is divided by its length, so strength 1 is no longer one attribute."),
            lambda *args: _unit(latent_arithmetic.attribute_vector(*args)),
        ),
        (
            N_("digits not averaged"),
            N_("There is one vector for each digit: average them into one."),
            _groups(_difference, lambda rows: rows),
        ),
    ],
)


def _unit(vector):
    return vector / np.sqrt(np.sum(vector**2))


def _momentum(
    velocity=lambda m, g, beta: beta * m + g,
    advance=lambda theta, step, m, old, g, beta: theta + step * m,
    stored=lambda m, old: m,
    count=lambda t: t + 1,
):
    """momentum from its parts, any of which can be exchanged for a wrong one."""

    def update(state, gradient, step_size, beta=0.9, out=None):
        m = velocity(state.m, gradient, beta)
        theta = advance(state.theta, step_size, m, state.m, gradient, beta)
        return adam.State(theta, stored(m, state.m), state.v, count(state.t))

    return update


def _step_inside(state, gradient, step_size, beta=0.9, out=None):
    m = beta * state.m + step_size * gradient
    return adam.State(state.theta + m, m, state.v, state.t + 1)


MOMENTUM = bank(
    "9.1",
    "optimisers.momentum",
    [
        (*DOWNHILL, _momentum(advance=lambda theta, step, m, *rest: theta - step * m)),
        (
            N_("velocity of the other sign"),
            N_("The velocity points downhill and is subtracted: let it point uphill, and add it."),
            _momentum(
                velocity=lambda m, g, beta: beta * m - g,
                advance=lambda theta, step, m, *rest: theta - step * m,
            ),
        ),
        (
            N_("gradient averaged"),
            N_("The gradient is multiplied by 1 - beta, as in Adam; here it is added whole."),
            _momentum(velocity=lambda m, g, beta: beta * m + (1 - beta) * g),
        ),
        (
            N_("no memory"),
            N_("The velocity is the gradient alone: the old velocity, times beta, must be added."),
            _momentum(velocity=lambda m, g, beta: g + 0 * m),
        ),
        (
            N_("no friction"),
            N_("The old velocity is kept whole: it must be multiplied by beta."),
            _momentum(velocity=lambda m, g, beta: m + g),
        ),
        (
            N_("beta on the gradient"),
            N_("beta multiplies the gradient; it belongs to the old velocity."),
            _momentum(velocity=lambda m, g, beta: m + beta * g),
        ),
        (
            N_("velocity not kept"),
            N_("The new velocity does not reach the new state: each step forgets the last one."),
            _momentum(stored=lambda m, old: old),
        ),
        (
            N_("step along the old velocity"),
            N_("The step uses the velocity from before the gradient was added."),
            _momentum(advance=lambda theta, step, m, old, *rest: theta + step * old),
        ),
        (
            N_("step along the gradient"),
            N_("The step uses the gradient; it goes along the velocity."),
            _momentum(advance=lambda theta, step, m, old, g, beta: theta + step * g),
        ),
        (
            N_("step size inside the velocity"),
            N_("The velocity holds the step size, so old steps keep theirs: multiply afterwards."),
            _step_inside,
        ),
        (
            N_("a look ahead"),
            N_("The step goes along beta m + g with the new m, as in Nesterov's variant."),
            _momentum(advance=lambda theta, step, m, old, g, beta: theta + step * (beta * m + g)),
        ),
        (
            N_("beta always 0.9"),
            N_("0.9 is written into the body: use the argument beta."),
            _momentum(velocity=lambda m, g, beta: 0.9 * m + g),
        ),
        (
            N_("steps not counted"),
            N_("The new state has the old t: it counts the steps taken."),
            _momentum(count=lambda t: t),
        ),
    ],
)

MISTAKES = [*MANIFOLD, *WEIGHTED, *DECODE, *ATTRIBUTE, *MOMENTUM]
