"""Arrays to figures of numbers: lines named where they end, and bars named where they stand."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vae_np import figures

TITLE = 13
TEXT = 11
COLOURS = (figures.INK, figures.ACCENT, "#5b8e7d", "#d9a441", "#7d6b91")


class Line(NamedTuple):
    """Points (N,), (N,) with a name; a band, if given, from low to high."""

    name: str
    x: NDArray
    y: NDArray
    low: NDArray | None = None
    high: NDArray | None = None
    colour: str | None = None  # else by the line's place in its panel


class Panel(NamedTuple):
    """Lines on one pair of axes."""

    title: str
    lines: Sequence[Line]
    x: str
    y: str
    scales: tuple[str, str] = ("linear", "linear")
    marker: str = "o"
    levels: Mapping[str, float] = {}
    y_range: tuple[float, float] | None = None


def lines(panels: Sequence[Panel], title: str = "") -> Figure:
    """Panels side by side; every line is named at its right end, every level along its dashes."""
    figure = Figure(figsize=(6.4 * len(panels), 4.6), layout="constrained")
    if title:
        figure.suptitle(title, size=TITLE + 1, x=0.01, ha="left")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _panel(axes, panel)
    return figure


def _panel(axes: Axes, panel: Panel) -> None:
    axes.set_xscale(panel.scales[0].removeprefix("reversed "))
    if panel.scales[0].startswith("reversed "):
        axes.xaxis.set_inverted(True)
    axes.set_yscale(panel.scales[1])
    ends = []
    for line, of_place in zip(panel.lines, COLOURS, strict=False):
        colour = line.colour or of_place
        axes.plot(line.x, line.y, color=colour, marker=panel.marker, markersize=5, linewidth=2)
        if line.low is not None:
            axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.18, linewidth=0)
        ends.append((line.x[-1], line.y[-1], line.name, colour))
    for name, level in panel.levels.items():
        axes.axhline(level, color="black", linewidth=1.2, linestyle="--")
        axes.annotate(
            name, (0.02, level), xycoords=("axes fraction", "data"), xytext=(0, 4),
            textcoords="offset points", size=TEXT,
        )  # fmt: skip
    if panel.y_range:
        axes.set_ylim(*panel.y_range)
    _name_ends(axes, ends)
    axes.set_title(panel.title, size=TITLE, loc="left")
    axes.set_xlabel(panel.x, size=TEXT)
    axes.set_ylabel(panel.y, size=TEXT)
    axes.tick_params(labelsize=TEXT - 1)
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)


def _name_ends(axes: Axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Names beside the lines' right ends, moved apart where they would cover one another."""
    axes.figure.draw_without_rendering()
    points_per_pixel = 72 / axes.figure.dpi
    heights = [axes.transData.transform((x, y))[1] * points_per_pixel for x, y, *_ in ends]
    least = -np.inf
    for index in np.argsort(heights):
        x, y, name, colour = ends[index]
        placed = max(heights[index], least)
        least = placed + (TEXT + 3) * (1 + name.count("\n"))
        axes.annotate(
            name, (x, y), xytext=(8, placed - heights[index]), textcoords="offset points",
            color=colour, size=TEXT, va="center", weight="bold", annotation_clip=False,
        )  # fmt: skip


def smooth(values: NDArray, window: int) -> NDArray:
    """Means of every `window` values in a row, to draw a noisy curve: (N,) -> (N - window + 1,)."""
    return np.convolve(values, np.full(window, 1 / window), mode="valid")


class Bars(NamedTuple):
    """Groups of bars, the same names in each: groups[group][name]."""

    title: str
    groups: Mapping[str, Mapping[str, float]]
    y: str
    number: str = "%.1f"  # how a value is written on its bar


def bars(panels: Sequence[Bars], title: str = "") -> Figure:
    """Panels side by side, each value written on its bar."""
    widths = [1.5 + sum(0.75 * len(group) + 0.4 for group in p.groups.values()) for p in panels]
    figure = Figure(figsize=(sum(widths), 4.4), layout="constrained")
    if title:
        figure.suptitle(title, size=TITLE + 1, x=0.01, ha="left")
    all_axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths)[0]
    for axes, panel in zip(all_axes, panels, strict=True):
        _bars(axes, panel)
    return figure


def _bars(axes: Axes, panel: Bars) -> None:
    names = list(next(iter(panel.groups.values())))
    width = 0.8 / len(names)
    for place, name in enumerate(names):
        x = np.arange(len(panel.groups)) - 0.4 + width * (place + 0.5)
        values = [group[name] for group in panel.groups.values()]
        colour = COLOURS[place % len(COLOURS)]
        drawn = axes.bar(x, values, width * 0.92, color=colour, label=name)
        axes.bar_label(drawn, fmt=panel.number, size=TEXT, padding=2)
    axes.set_xticks(np.arange(len(panel.groups)), list(panel.groups), size=TEXT)
    axes.set_title(panel.title, size=TITLE, loc="left")
    axes.set_ylabel(panel.y, size=TEXT)
    axes.tick_params(axis="y", labelsize=TEXT - 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(y=0.12)
    if len(names) > 1:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.09), ncols=len(names), frameon=False,
            fontsize=TEXT, columnspacing=1.2, handlelength=1.2,
        )  # fmt: skip
