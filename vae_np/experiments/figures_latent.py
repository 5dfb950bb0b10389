"""Arrays to figures of latent spaces: scatters, ellipses, densities, and images in named rows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.patheffects as effects
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy.typing import NDArray

from vae_np import figures

# Ten muted colours that stay apart for most eyes; the numeral on each cloud says which is which.
DIGITS = (
    *("#1b3a5c", "#c8553d", "#5b8e7d", "#d9a441", "#7d6b91"),
    *("#4f9bc1", "#a23b5a", "#8a8d4a", "#33673b", "#b98b73"),
)
TITLE = 13
TEXT = 11
WHITE_HALO = (effects.withStroke(linewidth=3, foreground="white"),)


class Cloud(NamedTuple):
    """A latent space: codes (N, 2) with labels (N,), and some posteriors as mean and std (M, 2)."""

    title: str
    codes: NDArray
    labels: NDArray | None
    mean: NDArray | None = None
    std: NDArray | None = None


def clouds(spaces: Sequence[Cloud], title: str) -> Figure:
    """Latent spaces side by side, coloured by digit; ellipses are two standard deviations wide."""
    figure = Figure(figsize=(3.2 * len(spaces), 4.1), layout="constrained")
    figure.suptitle(title, size=TITLE + 2, x=0.01, ha="left")
    for axes, space in zip(figure.subplots(1, len(spaces), squeeze=False)[0], spaces, strict=True):
        _cloud(axes, space)
    return figure


def _cloud(axes: Axes, space: Cloud) -> None:
    colours = figures.INK if space.labels is None else np.array(DIGITS)[space.labels]
    axes.scatter(*space.codes.T, c=colours, s=6, alpha=0.5, linewidths=0, rasterized=True)
    if space.mean is not None:
        for mean, std in zip(space.mean, space.std, strict=True):
            outline = Ellipse(mean, *(4 * std), fill=False, color="black", linewidth=1.1, zorder=3)
            axes.add_patch(outline)
    for digit in () if space.labels is None else np.unique(space.labels):
        middle = np.median(space.codes[space.labels == digit], axis=0)
        axes.text(
            *middle,
            str(digit),
            color=DIGITS[digit],
            size=15,
            weight="bold",
            ha="center",
            va="center",
            path_effects=WHITE_HALO,
            zorder=4,
        )
    axes.set_title(space.title, size=TITLE, loc="left")
    axes.set_aspect("equal", adjustable="datalim")
    axes.tick_params(labelsize=TEXT - 2, color=figures.PALE)
    for side in axes.spines.values():
        side.set_color(figures.PALE)


def image_rows(
    rows: Mapping[str, NDArray],
    image_shape: tuple[int, int],
    title: str,
    columns: Sequence[str] = (),
) -> Figure:
    """Rows of images with a name at their left and, if given, a name above each column.

    Shapes: each row (N, H W) in [0, 1].
    """
    count = len(next(iter(rows.values())))
    label = 0.115 * max(len(line) for name in rows for line in name.split("\n")) + 0.2  # inches
    head = 0.75 if columns else 0.5
    width, height = label + count * figures.TILE, head + len(rows) * figures.TILE
    figure = Figure(figsize=(width, height))
    grid = figure.add_gridspec(
        len(rows),
        count,
        left=label / width,
        right=1,
        bottom=0,
        top=1 - head / height,
        wspace=0.05,
        hspace=0.05,
    )
    for row, (name, images) in enumerate(rows.items()):
        for column, image in enumerate(images):
            axes = figure.add_subplot(grid[row, column])
            axes.set_axis_off()
            figures.show_image(axes, image, image_shape)
            if row == 0 and columns:
                axes.set_title(columns[column], size=TEXT, pad=3)
        middle = 1 - (head + (row + 0.5) * figures.TILE) / height
        figure.text(0.1 / width, middle, name, size=TEXT, va="center", color=figures.INK)
    figure.text(0.1 / width, 1 - 0.28 / height, title, size=TITLE, va="center")
    return figure


def image_blocks(
    blocks: Mapping[str, NDArray], image_shape: tuple[int, int], columns: int, title: str
) -> Figure:
    """Square blocks of images side by side, each with a title: (N, H W) in [0, 1]."""
    tile = 0.55
    rows = max(-(-len(images) // columns) for images in blocks.values())
    figure = Figure(
        figsize=(len(blocks) * (columns * tile + 0.3), rows * tile + 1.1), layout="constrained"
    )
    figure.suptitle(title, size=TITLE + 1, x=0.01, ha="left")
    for axes, (name, images) in zip(
        figure.subplots(1, len(blocks), squeeze=False)[0], blocks.items(), strict=True
    ):
        height, width = image_shape
        sheet = np.zeros((rows * columns, height * width), images.dtype)
        sheet[: len(images)] = images
        sheet = sheet.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
        figures.show_image(axes, sheet.reshape(-1), (rows * height, columns * width))
        axes.set_axis_off()
        axes.set_title(name, size=TITLE - 1, loc="left")
    return figure


class Density(NamedTuple):
    """A density over a part of the plane; Gaussians by name, mean (2,) and covariance (2, 2)."""

    title: str
    across: NDArray  # (M,)
    down: NDArray  # (N,)
    density: NDArray  # (N, M)
    gaussians: Mapping[str, tuple[NDArray, NDArray]]


def densities(panels: Sequence[Density], title: str) -> Figure:
    """Densities as shades, with Gaussians drawn as ellipses of two standard deviations."""
    figure = Figure(figsize=(3.6 * len(panels), 4.6), layout="constrained")
    figure.suptitle(title, size=TITLE + 1, x=0.01, ha="left")
    styles = ((figures.ACCENT, "-"), (figures.INK, "--"), ("#5b8e7d", "-"))
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        levels = np.linspace(0, panel.density.max(), 13)
        axes.contourf(panel.across, panel.down, panel.density, levels, cmap="Greys", vmin=0)
        axes.set_facecolor(colormaps["Greys"](0.04))  # as the lowest level
        for (name, (mean, covariance)), (colour, line) in zip(
            panel.gaussians.items(), styles, strict=False
        ):
            axes.plot(*_outline(mean, covariance), line, color=colour, linewidth=2.4, label=name)
        axes.set_title(panel.title, size=TITLE - 1, loc="left")
        axes.set_aspect("equal")
        outlines = np.concatenate([_outline(*each) for each in panel.gaussians.values()], axis=1)
        low, high = outlines.min(axis=1), outlines.max(axis=1)
        middle, half = (low + high) / 2, 0.6 * (high - low).max()
        axes.set_xlim(middle[0] - half, middle[0] + half)
        axes.set_ylim(middle[1] - half, middle[1] + half)
        axes.tick_params(labelsize=TEXT - 2)
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower left", ncols=3, frameon=False, fontsize=TEXT)
    return figure


def _outline(mean: NDArray, covariance: NDArray) -> NDArray:
    """The ellipse of two standard deviations: (2,), (2, 2) -> (2, 200)."""
    angle = np.linspace(0, 2 * np.pi, 200)
    return mean[:, None] + 2 * np.linalg.cholesky(covariance) @ [np.cos(angle), np.sin(angle)]
