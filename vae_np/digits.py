"""Handwritten-looking digits, drawn by strokes: images to learn from without a network.

Each digit is a pen path from the table `digit_strokes.txt`. A block of 1,000 images flows through
one pipeline, in the order of `_draw_block`:

    template -> jitter -> spline -> warp -> slant, rotation, aspect -> 20-pixel box -> ink -> 28 x 28

The last steps follow MNIST's conventions (LeCun, Bottou, Bengio & Haffner, 1998, "Gradient-based
learning applied to document recognition"): the digit fills a box of 20 x 20 pixels, and the box is
placed by its centre of mass in a field of 28 x 28. The middle steps are the elastic and affine
variation of Simard, Steinkraus & Platt (2003, "Best practices for convolutional neural networks
applied to visual document analysis"), applied to the pen points and not to the image: that is
cheaper by far, and the pen keeps its width.
"""

from __future__ import annotations

import functools
import importlib.resources
import operator
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 1000  # images that share a generator, seeded by [seed, block]
BOX, FIELD = 20, 28  # pixels: MNIST's size normalisation, and its image
FLAGS = ("has_flag", "has_base", "has_loop", "closed", "has_bar")

PEN_POINTS = 64  # along a whole digit: about a pixel apart
SOFTNESS = 0.75  # pixels: width of the Gaussians whose soft minimum is the distance to the pen
RAMP = 1.25  # pixels over which the edge of a stroke fades

WOBBLE, WARP, WAVES, FREQUENCY = 0.035, 0.03, 3, 4.0
SLANT, ANGLE, ASPECT = 0.26, 0.08, 0.18
RADIUS, RADIUS_SPREAD, PRESSURE = 1.28, 0.27, 0.16
EDGE, MARGIN = 0.17, 0.0

# One value a digit 0..9, for what differs between digits in the MNIST training images.
WIDTH = np.float32([1, 1, 1, 1, 1, 1, 1.08, 1.14, 1.12, 1])
STEADY = np.float32([0.8, 0.35, 1, 1, 1, 1, 0.9, 0.8, 0.8, 0.9])
LEAN = np.float32([0.12, 0.22, 0.08, 0.08, 0.18, 0.08, 0.08, 0, 0.02, 0.08])
LARGEST_RADIUS = np.float32([2.8, 3.3, 2.6, 2.6, 2.6, 2.6, 2.6, 2.8, 2.4, 2.4])
ROOM = np.float32([0.22, 9, 0.24, 0.24, 0.24, 0.24, 0.22, 0.24, 0.2, 0.22])


class Digits(NamedTuple):
    """Images (N, 784), 0 paper .. 255 ink; labels (N,); attributes, each (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    attributes: dict[str, NDArray]


class _Templates(NamedTuple):
    """The stroke table compiled: T templates, P control points (zero-padded), S pen points."""

    control: NDArray[np.float32]  # (T, P, 2), height 1
    spline: NDArray[np.float32]  # (T, S, P): pen points = spline @ control points
    pen_down: NDArray[np.float32]  # (T, S - 1): 0 where the pen is lifted between two points


def draw(
    count: int, seed: int, start: int = 0, progress: Callable[[int], None] | None = None
) -> Digits:
    """Draw images start .. start + count of the endless stream of digits that `seed` names.

    The stream comes in blocks of 1,000, each with its own generator and exactly 100 images of each
    digit. So `draw(n, s)` begins with `draw(m, s)` for m <= n, and two ranges that do not overlap
    share no image: `draw(10_000, s, start=60_000)` is a test set for `draw(60_000, s)`.

    Attributes: "slant" (rightward shift per unit of height), "thickness" (pen width in pixels),
    "variant" (index into `variant_names()`), and the flags of that variant.
    `progress` is called after each block with the number of images drawn so far.
    Raises ValueError unless count, seed and start are integers >= 0.
    """
    count, seed, start = _whole("count", count), _whole("seed", seed), _whole("start", start)
    images = np.zeros((count, FIELD * FIELD), np.uint8)
    labels, variant = np.zeros(count, np.uint8), np.zeros(count, np.int16)
    slant, thickness = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for block in range(start // BLOCK, -(-(start + count) // BLOCK) if count else 0):
        first = max(block * BLOCK, start)
        last = min((block + 1) * BLOCK, start + count)
        here, there = slice(first - start, last - start), slice(first % BLOCK, last - block * BLOCK)
        drawn = _draw_block(np.random.default_rng([seed, block]))
        for column, values in zip((images, labels, variant, slant, thickness), drawn, strict=True):
            column[here] = values[there]
        if progress is not None:
            progress(last - start)
    flags = {flag: _table().flags[flag][variant] for flag in FLAGS}
    attributes = {"slant": slant, "thickness": thickness, "variant": variant, **flags}
    return Digits(images, labels, attributes)


def variant_names() -> tuple[str, ...]:
    """Name each row of the stroke table by digit and shape, such as "7 bar"."""
    table = _table()
    return tuple(f"{digit} {name}" for digit, name in zip(table.digit, table.name, strict=True))


def _draw_block(rng: np.random.Generator) -> tuple[NDArray, ...]:
    """Draw one block: images, labels, variants, slants, thicknesses."""

    def normal(*shape):
        return rng.standard_normal((BLOCK, *shape), dtype=np.float32)

    table, templates = _table(), _compile()
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), BLOCK // 10))
    variant = np.empty(BLOCK, np.int16)
    for digit in range(10):
        (rows,) = np.nonzero(table.digit == digit)
        chances = table.weight[rows] / table.weight[rows].sum()
        variant[labels == digit] = rng.choice(rows, BLOCK // 10, p=chances)

    control = templates.control[variant]
    wobble = WOBBLE * STEADY[labels] * np.exp(0.2 * normal())
    control = control + wobble[:, None, None] * _correlated(normal(control.shape[1], 2))
    points = templates.spline[variant] @ control
    angle = 2 * np.pi * rng.random((BLOCK, WAVES), dtype=np.float32)
    frequency = FREQUENCY * np.stack([np.cos(angle), np.sin(angle)], -1)
    points += _plane_waves(
        points,
        WARP * STEADY[labels][:, None, None] ** WP * normal(WAVES, 2),
        frequency,
        3 * normal(WAVES),
    )
    points[..., 0] *= (WIDTH[labels] * np.exp(ASPECT * normal()))[:, None]
    size = np.ptp(points, axis=1)
    room = BOX * size.min(-1) / size.max(-1)
    radius = RADIUS * np.exp(RADIUS_SPREAD * normal())
    radius = np.minimum(radius, np.minimum(LARGEST_RADIUS[labels], ROOM[labels] * room))
    radius = np.maximum(radius, 0.7)
    slant = LEAN[labels] + SLANT * normal()
    points = points @ _affine(slant, ANGLE * normal())
    points, radius = _fit(points, radius)
    pressure = np.exp(PRESSURE * normal(1))
    ink = _ink(points, templates.pen_down[variant], radius, pressure, EDGE * normal(BOX, BOX))
    return _place(ink), labels, variant, slant, 2 * radius


WP = 1.0


def _correlated(noise: NDArray) -> NDArray:
    """Average white noise (N, P, 2) over neighbours: a hand drifts, it does not tremble."""
    before, after = noise[:, :-2], noise[:, 2:]
    noise[:, 1:-1] = (noise[:, 1:-1] + 0.5 * (before + after)) / np.float32(1.5**0.5)
    return noise


def _plane_waves(points, amplitude, frequency, phase):
    """Displace points (N, S, 2) smoothly: a sum of waves, each with its own direction."""
    waves = np.sin(points @ frequency.transpose(0, 2, 1) + phase[:, None, :])  # (N, S, waves)
    return waves @ amplitude


def _affine(slant, angle):
    """Matrices (N, 2, 2) that slant, then rotate row vectors (x, y)."""
    one, zero = np.ones_like(slant), np.zeros_like(slant)
    shear = np.stack([np.stack([one, zero], -1), np.stack([-slant, one], -1)], -2)
    cos, sin = np.cos(angle), np.sin(angle)
    return shear @ np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], -2)


def _fit(points, radius):
    low, high = points.min(1), points.max(1)
    reach = (radius + MARGIN)[:, None]
    scale = (BOX - 2 * reach) / (high - low).max(1, keepdims=True)
    gap = (BOX - 2 * reach - (high - low) * scale) / 2
    corner = np.floor(gap) + reach  # whole pixels
    return (points - low[:, None]) * scale[:, None] + corner[:, None], radius


def _ink(points, pen_down, radius, pressure, edge):
    """Raster."""
    steps = np.sqrt(np.square(np.diff(points, axis=1)).sum(-1)) * pen_down
    length = np.zeros(points.shape[:2], np.float32)
    length[:, :-1] += steps / 2
    length[:, 1:] += steps / 2
    centres = np.arange(BOX, dtype=np.float32) + 0.5
    # exp(-38) squared is still a normal float32: denormals would slow the product down sixfold.
    exponent = np.square(points[..., None] - centres) / (-2 * SOFTNESS**2)
    g = np.exp(np.maximum(exponent, -38))  # (N, S, 2, BOX)
    weights = length * pressure / (SOFTNESS * (2 * np.pi) ** 0.5)
    near = (g[:, :, 1] * weights[..., None]).transpose(0, 2, 1) @ g[:, :, 0]
    distance = np.sqrt(np.maximum(-2 * SOFTNESS**2 * np.log(near), 0))
    return np.clip(0.5 + (radius[:, None, None] + edge - distance) / RAMP, 0, 1)


def _place(ink):
    """Put boxes (N, 20, 20) into images (N, 784) by whole pixels, centre of mass nearest 14."""
    pixels = np.rint(255 * ink).astype(np.uint8)
    index = np.arange(BOX, dtype=np.float32)
    mass = ink.sum((1, 2))
    row, column = ink.sum(2) @ index / mass, ink.sum(1) @ index / mass
    images = np.zeros((len(ink), FIELD, FIELD), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(images, (BOX, BOX), (1, 2), writeable=True)
    corner = np.clip(np.rint(FIELD / 2 - np.stack([row, column])), 0, FIELD - BOX).astype(int)
    windows[np.arange(len(ink)), corner[0], corner[1]] = pixels
    return images.reshape(len(ink), -1)


class _Table(NamedTuple):
    """The rows of digit_strokes.txt, as columns."""

    digit: NDArray[np.uint8]
    weight: NDArray[np.float64]
    name: tuple[str, ...]
    flags: dict[str, NDArray[np.bool_]]
    strokes: tuple[str, ...]


@functools.cache
def _table() -> _Table:
    text = importlib.resources.files(__package__).joinpath("digit_strokes.txt").read_text("utf-8")
    rows = [line.split(":") for line in text.splitlines() if line and not line.startswith("#")]
    digit, weight, name, *_ = zip(*(head.split()[:3] for head, _ in rows), strict=True)
    flags = {flag: np.array([flag in head.split() for head, _ in rows]) for flag in FLAGS}
    strokes = tuple(strokes for _, strokes in rows)
    return _Table(np.array(digit, np.uint8), np.array(weight, float), name, flags, strokes)


@functools.cache
def _compile() -> _Templates:
    from scipy.interpolate import CubicSpline  # slow to import, and only needed to draw

    rows = []
    for text in _table().strokes:
        strokes = [[p.split() for p in stroke.split("|")] for stroke in text.split("/")]
        xy = (
            np.array([p.split(",") for s in strokes for piece in s for p in piece], np.float32)
            / 100
        )
        pieces, seen = [], 0
        for stroke in strokes:
            for i, piece in enumerate(stroke):
                # after a corner, a piece starts where the last one ended
                pieces.append((np.arange(seen - (i > 0), seen + len(piece)), i == 0))
                seen += len(piece)
        chords = [np.sqrt(np.square(np.diff(xy[k], axis=0)).sum(1)) for k, _ in pieces]
        total = np.array([c.sum() for c in chords])
        ends = np.rint(PEN_POINTS * np.cumsum(total) / total.sum()).astype(int)
        counts = np.diff(ends, prepend=0)
        spline, down = [], np.ones(PEN_POINTS - 1, np.float32)
        for (k, new), chord, n, end in zip(pieces, chords, counts, ends):
            t = np.append(0, np.cumsum(chord**0.5))
            basis = CubicSpline(t, np.eye(len(xy))[k], bc_type="natural")
            spline.append(basis(np.linspace(0, t[-1], n)))
            if new and end > n:
                down[end - n - 1] = 0
        rows.append((xy, np.concatenate(spline), down))
    most = max(len(r[0]) for r in rows)
    control = np.stack([np.pad(r[0], ((0, most - len(r[0])), (0, 0))) for r in rows])
    spline = np.stack([np.pad(r[1], ((0, 0), (0, most - len(r[0])))) for r in rows])
    return _Templates(control, spline.astype(np.float32), np.stack([r[2] for r in rows]))


def _whole(name: str, value: int) -> int:
    try:
        value = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} = {value!r}: expected an integer >= 0") from None
    if value < 0:
        raise ValueError(f"{name} = {value}: expected an integer >= 0")
    return value
