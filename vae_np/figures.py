"""Arrays to figures: image grids, curves and bars. Nothing here knows a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vae_np import files

INK = "#1b3a5c"
ACCENT = "#c8553d"
PALE = "#b9c4cf"
TILE = 0.8  # inches an image
DPI = 150


def image_grid(
    images: NDArray,
    image_shape: tuple[int, int],
    columns: int = 5,
    row_labels: Mapping[int, str] | None = None,
) -> Figure:
    """Images row by row, dark ink on white: 0 is white and 1 is black in every figure.

    Shapes: images (N, H * W), values in [0, 1]. row_labels names rows at their left.
    """
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(columns * TILE, rows * TILE * image_shape[0] / image_shape[1]))
    margin = 0.0 if not row_labels else 0.5 / columns
    grid = figure.add_gridspec(
        rows, columns, left=margin, right=1, bottom=0, top=1, wspace=0.04, hspace=0.04
    )
    for index in range(rows * columns):
        axes = figure.add_subplot(grid[index])
        axes.set_axis_off()
        if index < len(images):
            show_image(axes, images[index], image_shape)
    for row, label in (row_labels or {}).items():
        figure.text(
            margin / 2, 1 - (row + 0.5) / rows, label, rotation=90, ha="center", va="center", size=8
        )
    return figure


def show_image(axes: Axes, image: NDArray, image_shape: tuple[int, int]) -> None:
    """One image, (H * W,), on axes of its own, with a fixed grey scale."""
    axes.imshow(image.reshape(image_shape), cmap="binary", vmin=0, vmax=1, interpolation="nearest")


def curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """The bound on training and test images by epoch, and its two terms on the test images."""
    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    bound, likelihood, kl = figure.subplots(1, 3)

    def draw(axes, column, colour, label):
        values = [row[column] for row in history]
        axes.plot(epochs, values, color=colour, label=label, marker="." if len(epochs) < 8 else "")

    for axes, term, title in (
        (bound, "elbo", "ELBO"),
        (likelihood, "log_likelihood", "log-likelihood E[log p(x|z)]"),
        (kl, "kl", "KL(q(z|x) || p(z))"),
    ):
        draw(axes, f"train_{term}", PALE, "training images")
        draw(axes, f"test_{term}", INK, "test images")
        axes.set_title(title, size=10)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.2)
        axes.spines[["top", "right"]].set_visible(False)
    bound.set_ylabel("nats per image")
    bound.legend(frameon=False, loc="lower right")
    return figure


def kl_bars(kl: NDArray, active: NDArray) -> Figure:
    """The KL of each latent, largest first; those that are not active are pale.

    Shapes: kl (K,), in nats; active (K,), bool.
    """
    order = np.argsort(kl)[::-1]
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    ranks = np.arange(1, len(kl) + 1)
    axes.bar(ranks, kl[order], color=np.where(active[order], INK, PALE))
    axes.set_title(
        f"{active.sum()} of {len(kl)} latents are active; together {kl.sum():.1f} nats", size=10
    )
    axes.set_xlabel("latent, by its KL")
    axes.set_ylabel("KL, nats per image")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a PNG: the same figure gives the same bytes."""
    with files.replacing(path) as file:
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
