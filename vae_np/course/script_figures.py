"""The figures of a classic script, judged by what it decoded and encoded to make them.

A run notes every image that is saved, and every call that turns latents into logits or images into
an encoder's output. So each saved image is traced back to its latents, and these are judged.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from vae_np.course import diagnose, laws
from vae_np.course.diagnose import Verdict
from vae_np.course.records import Answer, Array, Outcome
from vae_np.course.texts import N_, _

PIXELS = 784
ALIKE = 2e-4  # of pixels; single precision loses more in a sum of 784
EXACT = 1e-4  # of latents
NEAR = 0.6  # of a latent to its mean: standard deviations are near 0.05 in these networks
SAMPLES, SHOWN, FRAMES, PAIRS = 25, 10, 25, 5

LOGITS = (
    N_("logits, not probabilities"),
    N_("The decoder's output is saved as it is: these are logits, not probabilities."),
)
TWICE = (
    N_("sigmoid twice"),
    N_("The logistic sigmoid is applied twice: all values crowd into the middle."),
)
BINARISED = (
    N_("binarised"),
    N_("The pixels are 0 or 1: save the probabilities as they are."),
)
INVERTED = (
    N_("black and white exchanged"),
    N_("These are the probabilities of 0: a large logit must mean a probability near 1."),
)
TANH = (
    N_("tanh instead of the sigmoid"),
    N_("tanh gives values from -1 to 1: a probability comes from the logistic sigmoid."),
)
COUNT = N_("wrong number of images")
UNTRAINED = (
    N_("parameters from before training"),
    N_("The figure is made with the initial parameters: use those that training ended with."),
)
NOT_IMAGES = N_("no images of 784 pixels")
REPEATED = (
    N_("one image repeated"),
    N_("All images come from the same latents: draw anew for each."),
)
PRIOR = (
    N_("latents not from the prior"),
    N_("Their mean is {mean:.3g} and their std {std:.3g}: the prior is standard normal."),
)
NO_ORIGINALS = (
    N_("originals missing"),
    N_("The first ten test images belong in the figure, before their reconstructions."),
)
SEPARATE = (
    N_("originals in another figure"),
    N_("Originals and reconstructions belong in one figure: 10 and then 10."),
)
NOT_TEST = (
    N_("not the first test images"),
    N_("The originals are not the first ten test images."),
)
TRAINING = (
    N_("training images shown"),
    N_("These are training images: the first ten test images are asked for."),
)
NO_RECONSTRUCTIONS = (
    N_("reconstructions missing"),
    N_("The ten reconstructions are missing from the figure."),
)
UNCHANGED = (
    N_("the images themselves"),
    N_("The reconstructions are the images themselves: encode, draw, decode."),
)
MEANS = (
    N_("no noise"),
    N_("The mean is decoded; one draw from q(z|x) is asked for."),
)
UNRELATED = (
    N_("not drawn from q(z|x)"),
    N_("The latents have nothing to do with the images: encode each image, draw, decode."),
)
ORDER = (
    N_("another order"),
    N_("Full marks; but the originals should come first, then the reconstructions."),
)
ONE_PAIR = (
    N_("one pair only"),
    N_("There is one interpolation: five pairs of test images are asked for."),
)
WRONG_PAIRS = (
    N_("wrong pairs"),
    N_("The pairs are not test images 1 and 2, 3 and 4, ..., 9 and 10."),
)
SAME_FILE = (
    N_("one file name for all pairs"),
    N_("Every pair is saved under the same name, so only the last one is left."),
)
SAME_CONTENT = (
    N_("the same figure for all pairs"),
    N_("The files of different pairs hold the same images."),
)
OTHER_FIGURE = (
    N_("another figure saved"),
    N_("The files hold the images of another exercise."),
)
PIXEL_BLEND = (
    N_("pixels blended"),
    N_("The two images are blended pixel by pixel: blend their latents, then decode."),
)
DECODED_BLEND = (
    N_("decoded ends blended"),
    N_("The two decoded images are blended: blend the latents, then decode."),
)
BETWEEN_DRAWS = (
    N_("between draws, not means"),
    N_("The ends are draws from q(z|x): the path runs between the two means."),
)
FRESH_DRAWS = (
    N_("a fresh draw for each frame"),
    N_("Every frame has noise of its own: the path between the means has none."),
)
END_LEFT_OUT = (
    N_("end left out"),
    N_("s stops before 1: both ends belong to the path."),
)
WEIGHTS = (
    N_("weights do not sum to 1"),
    N_("The two weights are not 1 - s and s: their sum must be 1."),
)
UNEVEN = (
    N_("straight line bent"),
    N_("The weights are not even in s: the sheet's path is a straight line."),
)
NO_PATH = (N_("no path"), N_("All frames are the same image: s is not used."))
OTHER_ENDS = (
    N_("other ends"),
    N_("The first and the last frame are not decoded from the means of two test images."),
)
LOG_STD = (
    N_("log_std blended"),
    N_("The path runs between the two log_std: it runs between the two means."),
)
NO_EXTENSION = (
    N_("file name without extension"),
    N_("Full marks; but the name {name!r} has no extension such as .png."),
)
SCALED = (
    N_("grey scale not fixed"),
    N_("Full marks; but without vmin=0 and vmax=1 every figure has a grey scale of its own."),
)


class Dataset(NamedTuple):
    """The images that the script was given, in [0, 1]."""

    train: Array
    test: Array


class Figure(NamedTuple):
    """A saved figure, and when in the run it was saved."""

    when: int
    name: str
    images: Array
    fixed: bool
    where: str


class Seen(NamedTuple):
    """All that a run showed of the two networks, row by row."""

    latents: Array  # (R, K)
    logits: Array  # (R, 784)
    origin: Array  # (R,) 0: parameters from before training, 1: from after it, 2: others
    inputs: Array  # (S, 784)
    outputs: Array  # (S, 2K)


class Traced(NamedTuple):
    """Images traced back to latents: how they were shown, and the row of each, or -1."""

    shown: str  # right | logits | twice | inverted | tanh | binarised | unknown
    rows: Array


def verdict(
    exercise: str,
    answer: Answer,
    dataset: Dataset,
    trained: bool,
    failed: Callable[[Outcome], Verdict],
) -> Verdict:
    """The verdict on exercise 3.1, 3.2 or 3.3, from the events of one run."""
    figures, seen, errors = events(answer)
    assigned = assign(figures, seen, dataset)
    found = assigned[exercise]
    if not found and not (exercise == "3.2" and assigned["originals"]):
        return _missing(exercise, assigned, errors, answer, failed)
    if exercise == "3.1":
        verdict = generated(_sized(found, SAMPLES)[-1], seen)
    elif exercise == "3.2":
        verdict = reconstructed(found, assigned["originals"], seen, dataset)
    else:
        pairs = _sized(found, FRAMES)
        found = pairs if len(pairs) == PAIRS else found
        verdict = interpolated(found, assigned, seen, dataset)
        later = [o for when, o in errors if when > found[0].when]
        if verdict.status == "wrong" and verdict.mistake in (ONE_PAIR[0], COUNT) and later:
            return failed(later[0])
    if verdict.status == "right":
        verdict = _used_training(found, seen, trained) or verdict
    if verdict.status == "right" and verdict.mistake is None:
        verdict = _remark(found) or verdict
    place = (found or assigned["originals"])[-1].where
    return verdict._replace(where=place if verdict.mistake or verdict.status != "right" else "")


def events(answer: Answer) -> tuple[list[Figure], Seen, list[tuple[int, Outcome]]]:
    """Figures, network calls and errors of a run; what has an unexpected form is left out."""
    figures, errors = [], []
    decoded: list[tuple[Array, Array, Array]] = []
    encoded: list[tuple[Array, Array]] = []
    for when, event in enumerate(answer.outcomes):
        label, arrays = event.message, event.arrays
        if event.status != "value":
            errors.append((when, event))
        elif label.startswith("figure ") and len(arrays) == 2:
            images = _rows_of_images(arrays[0])
            figures.append(Figure(when, label[7:], images, bool(arrays[1].any()), event.where))
        elif label in ("decode", "encode") and len(arrays) == 3:
            inputs, outputs = (np.asarray(array, float) for array in arrays[:2])
            if inputs.ndim != 2 or outputs.ndim != 2 or len(inputs) != len(outputs):
                continue
            if label == "encode" and inputs.shape[1] == PIXELS:
                encoded.append((inputs, outputs))
            elif label == "decode" and outputs.shape[1] == PIXELS:
                origin = np.full(len(inputs), int(arrays[2].reshape(-1)[0]))
                decoded.append((inputs, outputs, origin))
    return figures, Seen(*_stacked(decoded, 3), *_stacked(encoded, 2)), errors


def _rows_of_images(images: Array) -> Array:
    images = np.asarray(images, float)
    if images.ndim == 1 and images.size == PIXELS:
        return images[None]
    if images.ndim > 2 and images[0].size == PIXELS:
        return images.reshape(len(images), PIXELS)
    return images


def _stacked(parts: Sequence[tuple[Array, ...]], count: int) -> list[Array]:
    """Each of the arrays one below the other, those of the commonest widths."""
    if not parts:
        return [np.zeros((0, PIXELS))] * (count if count == 2 else 2) + [np.zeros(0)] * (count - 2)
    widths = [(part[0].shape[1], part[1].shape[1]) for part in parts]
    common = max(set(widths), key=widths.count)
    chosen = [part for part, width in zip(parts, widths, strict=True) if width == common]
    return [np.concatenate(column) for column in zip(*chosen, strict=True)]


# Which figure is which


def assign(figures: Sequence[Figure], seen: Seen, dataset: Dataset) -> dict[str, list[Figure]]:
    """The figures of each exercise, by their names or else by what they show."""
    assigned: dict[str, list[Figure]] = {name: [] for name in ("3.1", "3.2", "3.3", "originals")}
    for figure in figures:
        name = named(figure.name)
        kind = name or shows(figure, seen, dataset, assigned)
        if _is_originals(figure, dataset) and kind != "3.3":
            kind = "originals"
        assigned[kind].append(figure)
    return assigned


def named(name: str) -> str | None:
    """The exercise that a file name tells, or None."""
    stem = re.split(r"[\\/]", name.lower())[-1].rsplit(".", 1)[0] if name else ""
    if "interp" in stem:
        return "3.3"
    if "recon" in stem:
        return "3.2"
    number = re.search(r"(?<!\d)3[\W_]*([123])(?!\d)", stem)
    if number:
        return f"3.{number[1]}"
    return "3.1" if re.search(r"prior|gener|sampl|muestr", stem) else None


def shows(figure: Figure, seen: Seen, dataset: Dataset, assigned: dict[str, list[Figure]]) -> str:
    """The exercise that a figure's images tell."""
    images = figure.images
    if images.ndim != 2 or images.shape[1] != PIXELS:
        return "3.3" if assigned["3.2"] else "3.2" if assigned["3.1"] else "3.1"
    rows = trace(images, seen).rows
    latents = seen.latents[rows] if len(rows) and np.all(rows >= 0) else None
    if latents is not None and len(latents) > 4 and _straight(latents) and np.ptp(latents) > EXACT:
        return "3.3"
    if np.any(_same_rows(images, dataset.test) >= 0) and len(images) not in (FRAMES, 5 * FRAMES):
        return "3.2"
    if assigned["3.2"] or assigned["3.3"]:
        return "3.3"
    if latents is not None and np.all(_nearest_mean(latents, seen, dataset)[1] < NEAR):
        return "3.2"
    if len(images) in (SHOWN, 2 * SHOWN) and assigned["3.1"]:
        return "3.2"
    return "3.3" if assigned["3.1"] and len(images) in (FRAMES, 5 * FRAMES) else "3.1"


def _is_originals(figure: Figure, dataset: Dataset) -> bool:
    images = figure.images
    return (
        images.ndim == 2
        and images.shape[1] == PIXELS
        and len(images) <= SHOWN
        and len(images) > 1
        and bool(np.all(_same_rows(images, np.concatenate([dataset.test, dataset.train])) >= 0))
    )


def _missing(
    exercise: str,
    assigned: dict[str, list[Figure]],
    errors: Sequence[tuple[int, Outcome]],
    answer: Answer,
    failed: Callable[[Outcome], Verdict],
) -> Verdict:
    """The verdict where a figure is missing: the error that is to blame, or not written yet."""
    earlier = [f.when for name in ("3.1", "3.2", "3.3") if name < exercise for f in assigned[name]]
    start = max(earlier, default=-1)
    later = [f.when for name in ("3.1", "3.2", "3.3") if name > exercise for f in assigned[name]]
    end = min(later, default=len(answer.outcomes))
    window = [outcome for when, outcome in errors if start < when < end]
    if window or errors:
        return failed((window or [errors[0][1]])[0])
    ending = diagnose.ending(answer)
    if ending:
        return ending
    if any(o.message == "stopped" for o in answer.outcomes):
        return diagnose.ending(Answer([], "timeout"))
    return Verdict("blank", message=_("not written yet"))


# From images to latents


def trace(images: Array, seen: Seen) -> Traced:
    """How images were made of logits, and of which; the first way that explains every image."""
    if images.size and np.all((images == 0) | (images == 1)):
        return Traced("binarised", np.full(len(images), -1))
    ways = {
        "right": expit,
        "logits": lambda a: a,
        "twice": lambda a: expit(expit(a)),
        "inverted": lambda a: expit(-a),
        "tanh": np.tanh,
    }
    best = np.full(len(images), -1)
    for name, show in ways.items():
        rows = _same_rows(images, show(seen.logits))
        if len(rows) and np.all(rows >= 0):
            return Traced(name, rows)
        if name == "right":
            best = rows
    return Traced("unknown", best)


def _same_rows(rows: Array, table: Array) -> Array:
    """For each row the index of the same row of the table, or -1."""
    if not len(table) or not len(rows) or rows.shape[1] != table.shape[1]:
        return np.full(len(rows), -1)
    with np.errstate(all="ignore"):
        squares = np.sum(rows**2, 1)[:, None] - 2 * rows @ table.T + np.sum(table**2, 1)
        nearest = np.argmin(np.where(np.isfinite(squares), squares, np.inf), axis=1)
        same = np.abs(rows - table[nearest]).max(axis=1) < ALIKE
    return np.where(same, nearest, -1)


WAYS = {
    "logits": LOGITS,
    "twice": TWICE,
    "inverted": INVERTED,
    "tanh": TANH,
    "binarised": BINARISED,
}


def _values(images: Array, traced: Traced) -> Verdict | None:
    """What is wrong with the values of images, whatever they show."""
    if images.ndim != 2 or images.shape[1] != PIXELS:
        message = _("The figure's array has shape {shape}: a row of 784 pixels an image is wanted.")
        text = message.format(shape="x".join(map(str, images.shape)))
        return Verdict("wrong", NOT_IMAGES, text)
    if not np.all(np.isfinite(images)):
        message = _("The images hold values that are not finite (nan or inf).")
        return Verdict("wrong", None, message)
    span = _("from {low:.3g} to {high:.3g}").format(low=images.min(), high=images.max())
    if traced.shown in WAYS:
        return Verdict("wrong", *_named(WAYS[traced.shown]), _("from 0 to 1"), span)
    if images.min() < -ALIKE or images.max() > 1 + ALIKE:
        return Verdict("wrong", *_named(LOGITS), _("from 0 to 1"), span)
    return None


def _named(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0], _(pair[1])


def _wrong(pair: tuple[str, str], **values) -> Verdict:
    return Verdict("wrong", pair[0], _(pair[1]).format(**values))


def _counted(expected: int, found: int) -> Verdict:
    return Verdict(
        "wrong",
        COUNT,
        _("The figure holds another number of images than asked for."),
        str(expected),
        str(found),
    )


def _sized(figures: Sequence[Figure], count: int) -> list[Figure]:
    """The figures of this many images, if there are any, or else all: scripts save more."""
    return [figure for figure in figures if len(figure.images) == count] or list(figures)


# The three exercises


def generated(figure: Figure, seen: Seen) -> Verdict:
    """Exercise 3.1: images decoded from draws of the prior."""
    images = figure.images
    empty = images.ndim != 2 or images.shape[1] != PIXELS
    traced = Traced("unknown", np.full(0, -1)) if empty else trace(images, seen)
    bad = _values(images, traced)
    if bad:
        return bad
    if len(images) != SAMPLES:
        return _counted(SAMPLES, len(images))
    if np.ptp(images, axis=0).max() < 1e-9:
        return _wrong(REPEATED)
    if traced.shown != "right":
        return Verdict("right") if not len(seen.latents) else _unexplained()
    latents = seen.latents[traced.rows]
    if len(np.unique(latents.round(9), axis=0)) < SAMPLES:
        return _wrong(REPEATED)
    if not laws.is_standard_normal([latents]):
        return _wrong(PRIOR, mean=latents.mean(), std=latents.std())
    return Verdict("right")


def _unexplained() -> Verdict:
    message = _("The images are not what the decoder makes of the latents that it was given.")
    return Verdict("wrong", None, message)


def reconstructed(
    figures: Sequence[Figure], originals: Sequence[Figure], seen: Seen, dataset: Dataset
) -> Verdict:
    """Exercise 3.2: ten test images, then one draw of each, decoded."""
    if not figures:
        shown = originals[-1].images
        same = len(shown) == 2 * SHOWN
        return _wrong(UNCHANGED if same else NO_RECONSTRUCTIONS)
    images = _sized(figures, 2 * SHOWN)[-1].images
    if images.ndim != 2 or images.shape[1] != PIXELS:
        return _values(images, Traced("unknown", np.full(0, -1))) or _unexplained()
    known = np.concatenate([dataset.test, dataset.train])
    which = _same_rows(images, known)
    rounded = _same_rows(images, np.round(known))
    which = np.where(which >= 0, which, rounded)
    first, second = images[which < 0], which[which >= 0]
    if not len(first):
        return _wrong(UNCHANGED if len(images) == 2 * SHOWN else NO_RECONSTRUCTIONS)
    traced = trace(first, seen)
    bad = _values(first, traced)
    if bad:
        return bad
    if not len(second):
        return _wrong(SEPARATE if originals else NO_ORIGINALS)
    if len(first) != SHOWN or len(second) != SHOWN:
        return _counted(2 * SHOWN, len(images))
    if np.any(second >= len(dataset.test)):
        return _wrong(TRAINING)
    if sorted(second) != list(range(SHOWN)):
        return _wrong(NOT_TEST)
    if traced.shown != "right":
        return Verdict("right") if not len(seen.latents) else _unexplained()
    bad = _posterior(traced.rows, second, seen, dataset)
    if bad:
        return bad
    in_order = np.array_equal(second, np.arange(SHOWN)) and np.all(which[:SHOWN] >= 0)
    return Verdict("right") if in_order else Verdict("right", *_named(ORDER))


def _posterior(rows: Array, tests: Array, seen: Seen, dataset: Dataset) -> Verdict | None:
    """What is wrong with the latents of reconstructions of these test images."""
    latents = seen.latents[rows]
    means = test_means(seen, dataset)
    if means is None or means.shape[1] != latents.shape[1]:
        return _wrong(UNRELATED) if not len(seen.inputs) else None
    distance = np.abs(latents - means[tests]).max(axis=1)
    if np.any(np.isnan(distance)):
        return _wrong(UNRELATED)
    if np.all(distance < EXACT):
        return _wrong(MEANS)
    trained = np.all(seen.origin[rows] == 1)
    if trained and np.any(distance > NEAR):
        return _wrong(UNRELATED)
    return None


def test_means(seen: Seen, dataset: Dataset) -> Array | None:
    """The mean of q(z|x) of the first test images, as the script encoded them; NaN if it did not.

    An image may have been binarised before: then the nearest binary input stands for it.
    """
    if not len(seen.inputs):
        return None
    tests = dataset.test[:SHOWN]
    exact = _same_rows(tests, seen.inputs)
    binary = np.all((seen.inputs == 0) | (seen.inputs == 1), axis=1)
    means = np.full((SHOWN, seen.outputs.shape[1] // 2), np.nan)
    for i, row in enumerate(exact):
        if row < 0 and binary.any():
            distance = np.sum((seen.inputs - tests[i]) ** 2, axis=1) + np.where(binary, 0, np.inf)
            others = np.sum((dataset.test - seen.inputs[distance.argmin()]) ** 2, axis=1)
            row = distance.argmin() if others.argmin() == i else -1
        if row >= 0:
            means[i] = seen.outputs[row, : means.shape[1]]
    return means


def _nearest_mean(latents: Array, seen: Seen, dataset: Dataset) -> tuple[Array, Array]:
    """For each latent the test image whose mean is nearest, and how far it is."""
    means = test_means(seen, dataset)
    if means is None or means.shape[1] != latents.shape[1]:
        return np.full(len(latents), -1), np.full(len(latents), np.inf)
    distance = np.abs(latents[:, None] - means).max(axis=2)
    distance = np.where(np.isnan(distance), np.inf, distance)
    return distance.argmin(axis=1), distance.min(axis=1)


def interpolated(
    figures: Sequence[Figure], assigned: dict[str, list[Figure]], seen: Seen, dataset: Dataset
) -> Verdict:
    """Exercise 3.3: five straight paths between means of test images, 25 frames each."""
    for figure in figures:
        if figure.images.ndim != 2 or figure.images.shape[1] != PIXELS:
            return _values(figure.images, Traced("unknown", np.full(0, -1))) or _unexplained()
    others = [*assigned["3.1"], *assigned["3.2"]]
    for other in others:
        if any(
            figure.images.shape == other.images.shape
            and np.array_equal(figure.images, other.images)
            for figure in figures
        ):
            return _wrong(OTHER_FIGURE)
    images = np.concatenate([figure.images for figure in figures])
    blended = _blend(figures, seen, dataset)
    if blended:
        return blended
    traced = trace(images, seen)
    bad = _values(images, traced)
    if bad:
        return bad
    if len(figures) > 1 and len({figure.name for figure in figures}) == 1 and figures[0].name:
        return _wrong(SAME_FILE)
    if len(images) != PAIRS * FRAMES or any(len(f.images) not in SIZES for f in figures):
        if len(images) == FRAMES:
            return _wrong(ONE_PAIR)
        return _counted(PAIRS * FRAMES, len(images))
    groups = images.reshape(PAIRS, FRAMES, PIXELS)
    if np.abs(groups - groups[0]).max() < 1e-9:
        return _wrong(SAME_CONTENT)
    if traced.shown != "right":
        return Verdict("right") if not len(seen.latents) else _unexplained()
    paths = seen.latents[traced.rows].reshape(PAIRS, FRAMES, -1)
    return _paths(paths, seen, dataset)


SIZES = (1, 5, FRAMES, PAIRS * FRAMES)  # of a figure: a frame, a row, a pair, all pairs


def _blend(figures: Sequence[Figure], seen: Seen, dataset: Dataset) -> Verdict | None:
    """The verdict on frames that are weighted sums of two images."""
    for figure in figures:
        images = figure.images
        if len(images) < 5 or not _straight(images) or np.ptp(images, axis=0).max() < ALIKE:
            continue
        if np.all(trace(images, seen).rows >= 0):
            continue
        ends = _same_rows(images[[0, -1]], dataset.test)
        return _wrong(PIXEL_BLEND if np.any(ends >= 0) else DECODED_BLEND)
    return None


def _straight(points: Array) -> bool:
    """Whether points lie on a straight line, evenly spaced."""
    return bool(np.abs(np.diff(points, 2, axis=0)).max() < EXACT)


def _paths(paths: Array, seen: Seen, dataset: Dataset) -> Verdict:
    """The verdict on five paths of latents, (5, 25, K)."""
    pairs, straight = [], True
    for path in paths:
        if np.ptp(path, axis=0).max() < EXACT:
            return _wrong(NO_PATH)
        ends, distance = _nearest_mean(path[[0, -1]], seen, dataset)
        bad = _one_path(path, ends, distance, seen, dataset)
        if bad:
            return bad
        straight = straight and _straight(path)
        pairs.append(tuple(sorted(int(end) for end in ends)))
    if not straight:
        return _wrong(UNEVEN)
    if pairs and all(end >= 0 for pair in pairs for end in pair):
        wanted = {(2 * i, 2 * i + 1) for i in range(PAIRS)}
        if set(pairs) != wanted:
            shown = ", ".join(f"{a + 1}-{b + 1}" for a, b in pairs)
            return _wrong(WRONG_PAIRS)._replace(expected="1-2, 3-4, 5-6, 7-8, 9-10", found=shown)
    return Verdict("right")


def _one_path(
    path: Array, ends: Array, distance: Array, seen: Seen, dataset: Dataset
) -> Verdict | None:
    """What is wrong with a path of latents, (25, K), whose ends are nearest to these images."""
    means = test_means(seen, dataset)
    if means is None or means.shape[1] != path.shape[1]:
        return None if _straight(path) else _wrong(UNEVEN)
    if np.all(distance < EXACT):
        if _straight(path):
            return None
        first, last = means[ends]
        residual, weights = _weights(path, first, last)
        if residual > EXACT:
            return _wrong(FRESH_DRAWS if residual < 2 * NEAR else UNEVEN)
        return _wrong(WEIGHTS if np.abs(weights.sum(axis=0) - 1).max() > EXACT else UNEVEN)
    if not _straight(path):
        if np.all(distance < NEAR):
            return _wrong(FRESH_DRAWS)
        return _wrong(WEIGHTS) if _in_span(path, means) else _wrong(UNEVEN)
    return _other_ends(path, distance, means, seen, dataset)


def _other_ends(
    path: Array, distance: Array, means: Array, seen: Seen, dataset: Dataset
) -> Verdict:
    """What is wrong with a straight path that does not run from mean to mean."""
    step = path[1] - path[0]
    for longer in (path[-1] + step, path[0] - step):
        if _nearest_mean(longer[None], seen, dataset)[1][0] < EXACT:
            return _wrong(END_LEFT_OUT)
    if _in_span(path, means):
        return _wrong(WEIGHTS)
    scales = seen.outputs[:, means.shape[1] :]
    if len(scales) and np.abs(path[0] - scales).max(axis=1).min() < EXACT:
        return _wrong(LOG_STD)
    halves = seen.outputs[:, : means.shape[1]]
    if len(halves) and np.abs(path[0] - halves).max(axis=1).min() < EXACT:
        return _wrong(WRONG_PAIRS)
    if np.all(distance < 2 * NEAR):
        return _wrong(BETWEEN_DRAWS)
    if np.all(np.isnan(means)):
        return Verdict("right")
    return _wrong(OTHER_ENDS)


def _weights(path: Array, first: Array, last: Array) -> tuple[float, Array]:
    """The weights of two ends in every point, (2, 25), and what they leave unexplained."""
    basis = np.stack([first, last], axis=1)
    weights = np.linalg.lstsq(basis, path.T, rcond=None)[0]
    return float(np.abs(basis @ weights - path.T).max()), weights


def _in_span(path: Array, means: Array) -> bool:
    """Whether two means explain all points by some weights."""
    usable = means[~np.isnan(means).any(axis=1)]
    return any(
        _weights(path, usable[i], usable[j])[0] < EXACT
        for i in range(len(usable))
        for j in range(i + 1, len(usable))
    )


# Remarks


def _used_training(figures: Sequence[Figure], seen: Seen, trained: bool) -> Verdict | None:
    """Wrong if a figure was made with the initial parameters, unless nothing was trained."""
    for figure in figures:
        rows = trace(figure.images, seen).rows
        rows = rows[rows >= 0]
        if trained and len(rows) and np.all(seen.origin[rows] == 0):
            return _wrong(UNTRAINED)
    return None


def _remark(figures: Sequence[Figure]) -> Verdict | None:
    for figure in figures:
        if figure.name and "." not in re.split(r"[\\/]", figure.name)[-1]:
            text = _(NO_EXTENSION[1]).format(name=figure.name)
            return Verdict("right", NO_EXTENSION[0], text)
        if not figure.fixed:
            return Verdict("right", *_named(SCALED))
    return None
