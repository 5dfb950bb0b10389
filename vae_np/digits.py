"""Handwritten-looking digits, drawn by strokes: images to learn from without a network.

Each digit starts as a pen path, one row of the table `digit_strokes.txt`. A block of 1,000 images
goes through one pipeline, in the order of `_draw_block`:

    template -> jitter -> spline -> warp -> slant and rotation -> box of 20 x 20 -> ink -> 28 x 28

Jitter, warp, slant and rotation are the elastic and affine variation of Simard, Steinkraus and
Platt (2003), "Best practices for convolutional neural networks applied to visual document
analysis". Here they move the pen and not the image: that is far cheaper, and the stroke keeps its
width. The last steps follow MNIST's conventions, in LeCun, Bottou, Bengio and Haffner (1998),
"Gradient-based learning applied to document recognition": a digit fills a box of 20 x 20 pixels,
which is placed by its centre of mass in an image of 28 x 28.
"""

import functools
import importlib.resources
import operator
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 1000  # images that share one generator
BOX, SIDE = 20, 28  # pixels
FLAGS = ("has_flag", "has_base", "has_loop", "closed", "has_bar")

# The style, tuned on MNIST's training images. Lengths are in heights of a digit until the box, in
# pixels after it; spreads are standard deviations, of the logarithm for aspect and radius.
JITTER, MESSINESS = 0.045, 0.2  # of control points; how much that differs between writers
WARP, WAVES, FREQUENCY = 0.05, 3, 4.0  # smooth displacement: amplitude, plane waves, radians
SLANT, ROTATION, ASPECT, SPREAD = 0.25, 0.08, 0.18, 0.27  # SPREAD is that of the pen's radius
PEN_POINTS = 64  # along a digit, so about a pixel apart
SOFTNESS = 0.75  # of the soft minimum that measures the distance to the pen's path
RAMP, ROUGHNESS = 1.2, 0.2  # an edge fades over RAMP and is jagged, like a scan's
SMALLEST = 0.7  # radius of the pen: a finer one would leave gaps
CROP = 0.1  # of a stroke beyond the box: MNIST is cut where the ink ends, so its rims are dark

# What differs from digit to digit, 0 to 9.
STEADINESS = np.float32([0.8, 0.35, 1, 1, 0.9, 1, 0.9, 0.8, 0.9, 0.9])  # times jitter and warp
WIDTH = np.float32([1.05, 1, 1.08, 1.05, 1, 1.08, 1.05, 1.13, 1.1, 0.94])  # times the template's
LEAN = np.float32([0.12, 0.25, 0.14, 0.06, 0.22, 0.13, 0.13, 0.02, 0.01, 0.11])  # mean slant
RADIUS = np.float32([1.35, 1.45, 1.26, 1.26, 1.2, 1.2, 1.2, 1.26, 1.1, 1.12])  # of the pen
# The largest radius as a share of the digit's width, so that counters stay open; a 1 has none.
LARGEST = np.float32([0.2, np.inf, 0.16, 0.18, 0.2, 0.18, 0.18, 0.22, 0.17, 0.18])


class Digits(NamedTuple):
    """Images (N, 784), 0 paper to 255 ink; labels (N,); attributes by name, each (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    attributes: dict[str, NDArray]


def draw(
    count: int, seed: int, start: int = 0, progress: Callable[[int], None] | None = None
) -> Digits:
    """Draw images start to start + count of the endless stream that `seed` names.

    The stream comes in blocks of 1,000, each with a generator of its own and exactly 100 of every
    digit. So `draw(n, seed)` begins with `draw(m, seed)` for m <= n, and ranges that do not
    overlap are independent: `draw(10_000, seed, start=60_000)` is a test set for
    `draw(60_000, seed)`.

    Attributes: "slant" (float32, shift to the right per height, in addition to the template's
    own), "thickness" (float32, width of the pen in pixels), "variant" (int16, an index into
    `variant_names()`), and what is true of that variant (bool): "has_flag" and "has_base" of a 1,
    "has_loop" of a 2, "closed" of a 4, "has_bar" of a 7.

    One machine repeats the images to the bit. Another processor may round a few pixels to the next
    grey level, and NumPy does not promise that a later version draws the same numbers.

    `progress` is called after each block with the number of images drawn so far.
    Raises ValueError unless count, seed and start are integers of at least 0.
    """
    count, seed, start = _natural("count", count), _natural("seed", seed), _natural("start", start)
    images = np.zeros((count, SIDE * SIDE), np.uint8)
    labels, variant = np.zeros(count, np.uint8), np.zeros(count, np.int16)
    slant, thickness = np.zeros(count, np.float32), np.zeros(count, np.float32)
    done = 0
    while done < count:
        block, skip = divmod(start + done, BLOCK)
        here = slice(done, min(done + BLOCK - skip, count))
        drawn = _draw_block(np.random.default_rng([seed, block]))
        for column, values in zip((images, labels, variant, slant, thickness), drawn, strict=True):
            column[here] = values[skip : skip + here.stop - here.start]
        done = here.stop
        if progress is not None:
            progress(done)
    attributes = {"slant": slant, "thickness": thickness, "variant": variant}
    attributes |= {flag: rows[variant] for flag, rows in _templates().flags.items()}
    return Digits(images, labels, attributes)


def variant_names() -> tuple[str, ...]:
    """Name the rows of the stroke table by digit and shape, such as "7 bar"."""
    return _templates().names


def _draw_block(rng: np.random.Generator) -> tuple[NDArray, ...]:
    """Draw BLOCK digits: images, labels, variants, slants and thicknesses."""

    def noise(*shape: int) -> NDArray[np.float32]:
        # Clipped: the rare extremes of a normal distribution are illegible.
        return np.clip(rng.standard_normal((BLOCK, *shape), dtype=np.float32), -2.5, 2.5)

    templates = _templates()
    labels, variant = _choose(rng, templates)
    steadiness = STEADINESS[labels, None, None]
    jitter = JITTER * steadiness * np.exp(MESSINESS * noise(1, 1))
    control = templates.control[variant]
    points = templates.spline[variant] @ (control + jitter * _drift(noise(*control.shape[1:])))
    points += WARP * steadiness * _waves(points, noise(WAVES, 2), rng.random((2, BLOCK, WAVES)))
    points[..., 0] *= (WIDTH[labels] * np.exp(ASPECT * noise()))[:, None]

    width = np.ptp(points, axis=1).min(1)
    slant = LEAN[labels] + SLANT * noise()
    points = _lean(points, slant, ROTATION * noise())
    largest = LARGEST[labels] * BOX * width / np.ptp(points, axis=1).max(1)
    radius = np.maximum(np.minimum(RADIUS[labels] * np.exp(SPREAD * noise()), largest), SMALLEST)
    points = _to_box(points, radius)
    distance = _distance(points, templates.pen_down[variant])
    edge = radius[:, None, None] + ROUGHNESS * noise(BOX, BOX)
    ink = np.clip(0.5 + (edge - distance) / RAMP, 0, 1)
    return _centre(ink), labels, variant, slant, 2 * radius


def _choose(rng: np.random.Generator, templates: "_Templates") -> tuple[NDArray, NDArray]:
    """Choose labels (BLOCK,), as many of each digit, and for each a template (BLOCK,) by weight."""
    each = BLOCK // 10
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), each))
    variant = np.empty(BLOCK, np.int16)
    for digit in range(10):
        chances = templates.weights * (templates.digits == digit)
        variant[labels == digit] = rng.choice(len(chances), each, p=chances / chances.sum())
    return labels, variant


def _drift(noise: NDArray) -> NDArray:
    """Correlate noise (N, P, 2) along the path at equal variance: a hand drifts, not trembles."""
    drift = noise.copy()
    drift[:, 1:-1] += (noise[:, :-2] + noise[:, 2:]) / 2
    drift[:, 1:-1] /= np.float32(1.5**0.5)
    return drift


def _waves(points: NDArray, amplitude: NDArray, random: NDArray) -> NDArray:
    """Sum plane waves of random direction and phase at points (N, S, 2) -> (N, S, 2)."""
    direction, phase = (2 * np.pi * random).astype(np.float32)  # (N, WAVES) each
    wave_vector = FREQUENCY * np.stack([np.cos(direction), np.sin(direction)], 1)
    return np.sin(points @ wave_vector + phase[:, None]) @ amplitude


def _lean(points: NDArray, slant: NDArray, angle: NDArray) -> NDArray:
    """Slant, then rotate points (N, S, 2) by (N,) each."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    y = points[..., 1]
    x = points[..., 0] - slant[:, None] * y
    return np.stack([x * cos - y * sin, x * sin + y * cos], -1)


def _to_box(points: NDArray, radius: NDArray) -> NDArray:
    """Scale points (N, S, 2) until the stroke's longer side fills the box, on whole pixels."""
    low, high = points.min(1), points.max(1)
    reach = radius[:, None] - CROP
    scale = (BOX - 2 * reach) / (high - low).max(1, keepdims=True)
    corner = np.rint((BOX - 2 * reach - (high - low) * scale) / 2) + reach
    return (points - low[:, None]) * scale[:, None] + corner[:, None]


def _distance(points: NDArray, pen_down: NDArray) -> NDArray:
    """Measure the distance of every pixel to the path: (N, S, 2), (N, S - 1) -> (N, BOX, BOX).

    The sum of Gaussians along a line, spaced by arc length, is one Gaussian of the distance to the
    line; its logarithm gives that distance. A Gaussian is a product in x and y, so that the sum
    over the path is one product of matrices.
    """
    step = pen_down * np.sqrt(np.square(np.diff(points, axis=1)).sum(2))
    length = (np.pad(step, ((0, 0), (1, 0))) + np.pad(step, ((0, 0), (0, 1)))) / 2
    pixels = np.arange(BOX, dtype=np.float32) + 0.5
    exponent = np.square(points[..., None] - pixels) / (-2 * SOFTNESS**2)
    # Products of exp(-38) are still normal float32 numbers; denormal ones are several times slower.
    x, y = np.moveaxis(np.exp(np.maximum(exponent, -38)), 2, 0)
    weight = length[..., None] / (SOFTNESS * (2 * np.pi) ** 0.5)
    density = (weight * y).transpose(0, 2, 1) @ x
    return np.sqrt(np.maximum(-2 * SOFTNESS**2 * np.log(density), 0))


def _centre(ink: NDArray) -> NDArray[np.uint8]:
    """Place boxes (N, BOX, BOX) in images (N, 784): centre of mass at index 14, to half a pixel.

    As in MNIST, boxes move by whole pixels; one that would leave the image stops at its edge.
    """
    index, mass = np.arange(BOX, dtype=np.float32), ink.sum((1, 2))
    centre = np.stack([ink.sum(2) @ index, ink.sum(1) @ index]) / mass
    top, left = np.clip(np.rint(SIDE / 2 - centre), 0, SIDE - BOX).astype(int)
    images = np.zeros((len(ink), SIDE, SIDE), np.uint8)
    places = np.lib.stride_tricks.sliding_window_view(images, (BOX, BOX), (1, 2), writeable=True)
    places[np.arange(len(ink)), top, left] = np.rint(255 * ink)
    return images.reshape(len(ink), -1)


class _Templates(NamedTuple):
    """The stroke table: T templates, at most P control points each, S pen points."""

    digits: NDArray[np.uint8]  # (T,)
    weights: NDArray[np.float64]  # (T,)
    names: tuple[str, ...]
    flags: dict[str, NDArray[np.bool_]]  # (T,) each
    control: NDArray[np.float32]  # (T, P, 2), zero beyond a template's own points
    spline: NDArray[np.float32]  # (T, S, P): spline @ control are the pen points
    pen_down: NDArray[np.float32]  # (T, S - 1): 0 where the pen is lifted between two points


@functools.cache
def _templates() -> _Templates:
    """Read and compile the stroke table, once, when it is first needed."""
    text = importlib.resources.files(__package__).joinpath("digit_strokes.txt").read_text("utf-8")
    rows = [line.split(":") for line in text.splitlines() if not line.startswith("#")]
    heads = [head.split() for head, _ in rows]
    control, spline, pen_down = zip(*(_compile(path) for _, path in rows), strict=True)
    most = max(map(len, control))
    return _Templates(
        digits=np.array([head[0] for head in heads], np.uint8),
        weights=np.array([head[1] for head in heads], np.float64),
        names=tuple(f"{head[0]} {head[2]}" for head in heads),
        flags={flag: np.array([flag in head[3:] for head in heads]) for flag in FLAGS},
        control=np.stack([np.pad(c, ((0, most - len(c)), (0, 0))) for c in control]),
        spline=np.stack([np.pad(s, ((0, 0), (0, most - s.shape[1]))) for s in spline]),
        pen_down=np.stack(pen_down),
    )


def _compile(path: str) -> tuple[NDArray, NDArray, NDArray]:
    """Compile one row's path: control points (P, 2), spline (S, P) and pen_down (S - 1,)."""
    from scipy.interpolate import CubicSpline  # slow to import, and only drawing needs it

    control, pieces, lifts = [], [[]], []
    for token in path.split():
        if token == "/":
            lifts.append(len(pieces) - 1)
            pieces.append([])
        elif token == "|":
            pieces.append(pieces[-1][-1:])  # the next piece starts where this one ends
        else:
            pieces[-1].append(len(control))
            control.append(token.split(","))
    control = np.array(control, np.float32) / 100

    chords = [np.linalg.norm(np.diff(control[piece], axis=0), axis=1) for piece in pieces]
    lengths = np.cumsum([chord.sum() for chord in chords])
    ends = np.rint(PEN_POINTS * lengths / lengths[-1]).astype(int)
    spline, start = [], 0
    for piece, chord, end in zip(pieces, chords, ends, strict=True):
        knots = np.append(0, np.cumsum(np.sqrt(chord)))  # centripetal: no stray loops
        # A spline is linear in its control points: through the rows of 1 goes its matrix.
        matrix = CubicSpline(knots, np.eye(len(control))[piece], bc_type="natural")
        spline.append(matrix(np.linspace(0, knots[-1], end - start)))
        start = end
    pen_down = np.ones(PEN_POINTS - 1, np.float32)
    pen_down[ends[lifts] - 1] = 0
    return control, np.concatenate(spline).astype(np.float32), pen_down


def _natural(name: str, value: int) -> int:
    """Return `value` as an int; ValueError unless it is an integer of at least 0."""
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise ValueError(f"{name} = {value!r}: expected an integer of at least 0")
    return number
