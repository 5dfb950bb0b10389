"""Whether draws follow a law, told from the numbers alone, at a false-alarm rate below 1e-6.

A draw is z = centre + scale * eps. For each known reading of centre and scale, eps is recovered and
tested: its distribution, its independence across rows and columns, and that every call draws anew.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from vae_np.course.diagnose import Verdict
from vae_np.course.records import Array
from vae_np.course.texts import N_, _

# The distance from the normal distribution function exceeds this with probability 2 exp(-2 x^2),
# 4e-9 (Dvoretzky, Kiefer and Wolfowitz's inequality with Massart's constant)
DISTANCE = 3.2
# In standard deviations, for sums that are normal or chi-square: below 1e-9 each
DEVIATION, CHI_SQUARE = 7.0, 9.0
EXACT = 1e-4  # the key's numbers are in single precision

Reading = tuple[Array, Array]  # centre and scale

NO_NOISE = (N_("no noise"), N_("There is no noise: the mean is returned instead of a draw."))
SAME_NOISE = (
    N_("the same noise at every call"),
    N_("Two calls return the same draw: do not set the seed inside the function."),
)
ONE_NUMBER = (
    N_("one number for all noise"),
    N_("One number of noise is used for all images and latents: each has its own."),
)
PER_BATCH = (
    N_("one noise for the whole batch"),
    N_("All images share one row of noise: each image has its own."),
)
PER_IMAGE = (
    N_("one noise for all latents"),
    N_("All latents of an image share one number of noise: each latent has its own."),
)
UNIFORM = (
    N_("uniform noise"),
    N_("The noise is uniform: it is standard normal."),
)
SMALL = (
    N_("tiny noise"),
    N_("The noise has standard deviation {std:.3g}: it is 1, leave it so."),
)
LARGE = (
    N_("noise of another size"),
    N_("The noise has standard deviation {std:.3g}: it is 1, leave it so."),
)
SHIFTED = (
    N_("noise not centred"),
    N_("The noise has mean {mean:.3g}: it is standard normal, with mean 0."),
)


def verdict(
    draws: Sequence[Array], right: Reading, readings: Sequence[tuple[str, str, Reading]]
) -> Verdict:
    """The verdict on some draws, (B, K) each, of which no two should be alike."""
    if not all(np.isfinite(draw).all() for draw in draws):
        return Verdict(
            "wrong", None, _("The result holds values that are not finite (nan or inf).")
        )
    noise = recovered(draws, right)
    fresh = all(
        not np.allclose(a, b, 0, EXACT) for i, a in enumerate(noise) for b in noise[i + 1 :]
    )
    if fresh and is_standard_normal(noise):
        return Verdict("right", share=1.0)
    shown = {"expected": _("eps has mean 0 and std 1"), "found": _described(noise)}
    for name, message, reading in readings:
        if is_standard_normal(recovered(draws, reading)):
            return Verdict("wrong", name, _(message), **shown)
    return _structure(noise, fresh, shown)


def recovered(draws: Sequence[Array], reading: Reading) -> list[Array]:
    """eps of each draw, under one reading of centre and scale."""
    centre, scale = (array.astype(float) for array in reading)
    with np.errstate(all="ignore"):
        return [(draw - centre) / scale for draw in draws]


def is_standard_normal(noise: Sequence[Array]) -> bool:
    """Whether all numbers look like independent draws from N(0, 1)."""
    if not all(np.isfinite(part).all() for part in noise):
        return False
    values = np.concatenate([part.ravel() for part in noise])
    checks = [
        _distance(values) < DISTANCE,
        abs(values.mean()) * np.sqrt(values.size) < DEVIATION,
        abs(np.mean(values**2) - 1) * np.sqrt(values.size / 2) < DEVIATION,
    ]
    for part in noise:
        for axis in (0, 1):
            # Means along an axis, each scaled to N(0, 1): they tell what is shared along it
            means = part.mean(axis=axis) * np.sqrt(part.shape[axis])
            spread = (np.sum(means**2) - means.size) / np.sqrt(2 * means.size)
            checks.append(spread < CHI_SQUARE)
        for a, b in ((part[:-1], part[1:]), (part[:, :-1], part[:, 1:])):
            checks.append(abs(np.mean(a * b)) * np.sqrt(a.size) < DEVIATION)
    for a, b in itertools.pairwise(noise):
        checks.append(abs(np.mean(a * b)) * np.sqrt(a.size) < DEVIATION)
    return all(checks)


def _distance(values: Array) -> float:
    """The Kolmogorov-Smirnov distance from N(0, 1), times the root of the number of values."""
    steps = np.arange(values.size + 1) / values.size
    law = ndtr(np.sort(values))
    distance = max(np.max(steps[1:] - law), np.max(law - steps[:-1]))
    return float(distance * np.sqrt(values.size))


def _structure(noise: Sequence[Array], fresh: bool, shown: dict[str, str]) -> Verdict:
    """The verdict on noise that no reading makes standard normal: what it has in common."""
    first = noise[0]
    mean, std = float(first.mean()), float(first.std())

    def wrong(named):
        text = _(named[1]).format(mean=mean, std=std)
        return Verdict("wrong", named[0], text, **shown)

    if np.all(np.abs(first) < EXACT):
        return wrong(NO_NOISE)
    rows = np.allclose(first, first[:1], 0, 10 * EXACT)
    columns = np.allclose(first, first[:, :1], 0, 10 * EXACT)
    if rows or columns:
        return wrong(ONE_NUMBER if rows and columns else PER_BATCH if rows else PER_IMAGE)
    if not fresh:
        return wrong(SAME_NOISE)
    bounded = first.max() <= 1 + EXACT and first.min() >= -1 - EXACT
    if bounded and first.max() > 0.95 and abs(std - np.ptp(first) / np.sqrt(12)) < 0.05:
        return wrong(UNIFORM)
    if std > 0 and is_standard_normal([part / std for part in noise]):
        return wrong(SMALL if std < 1 else LARGE)
    if is_standard_normal([(part - part.mean()) / part.std() for part in noise]):
        return wrong(SHIFTED)
    message = _("The draws do not follow N(mean, std^2), with std = exp(log_std).")
    return Verdict("wrong", None, message, **shown)


def _described(noise: Sequence[Array]) -> str:
    first = noise[0]
    text = _("eps has mean {mean:.3g} and std {std:.3g}")
    return text.format(mean=first.mean(), std=first.std())
