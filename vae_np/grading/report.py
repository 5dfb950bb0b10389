"""The command that makes the pages: one a student, and one for the class with its plots."""

import argparse
import base64
import hashlib
import importlib.util
import io
import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import image
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vae_np import files
from vae_np.course import exercises, texts
from vae_np.course.report import STATUSES
from vae_np.course.texts import N_, _
from vae_np.grading import grades, pictures, plan
from vae_np.grading.grades import Entry, Grades

TEMPLATES = Path(__file__).with_name("templates")
PAGES, CLASS = "pages", "index.html"
SIDE, COLUMNS = 28, 5
WHOLE_POINTS = 20
COLOURS = {
    "right": "#2a9d8f",
    "wrong": "#e76f51",
    "blank": "#c9ced6",
    "error": "#8d5a97",
    "timeout": "#e9c46a",
    "not_run": "#7a828e",
}
LABELS = {
    "title": N_("Grades"),
    "student": N_("student"),
    "name": N_("name"),
    "points": N_("points"),
    "expected": N_("expected"),
    "found": N_("found"),
    "hint": N_("hint"),
    "where": N_("where"),
    "late": N_("late"),
    "remarks": N_("remarks"),
    "figures": N_("Figures"),
    "untrained": N_(
        "Made by a short run with weights that the check chose: what counts is which images there "
        "are, and in which order."
    ),
    "yours": N_("yours"),
    "reference": N_("the reference's"),
    "mistakes": N_("Mistakes"),
    "students": N_("Students"),
    "distribution": N_("Distribution of points"),
    "by_exercise": N_("Results by exercise"),
    "identical": N_("Handed in the same files"),
    "mean": N_("mean"),
    "median": N_("median"),
    "how": N_("How this was graded"),
    "sandbox": N_("sandbox"),
    "grader": N_("grader's version"),
    "files": N_("hash of the files that ran"),
    "of": N_("of"),
    "no_mistakes": N_("No known mistake was made."),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of this command."""
    parser.description = textwrap.fill(
        "Make pages of grades: pages/ with one for each student, and index.html for the class. "
        "Each is one file that needs no network."
    )
    parser.epilog = "example:\n  python -m vae_np report grades"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("out", type=Path, metavar="DIR", help="the --out of vae_np grade")
    parser.add_argument("--lang", metavar="LANG", help="of the labels (default: of the grades)")


def run(args: argparse.Namespace) -> int:
    """Make the pages. Raises ValueError if there are no grades, or Jinja2 is missing."""
    check()
    table = grades.read(args.out / grades.NAME)
    if table is None:
        raise ValueError(f"{args.out} holds no {grades.NAME}: expected the --out of vae_np grade")
    texts.use(args.lang or table["language"])
    print(write(args.out, table))
    return 0


def check() -> None:
    """Raises ValueError if pages cannot be made here."""
    if importlib.util.find_spec("jinja2") is None:
        raise ValueError('pages need Jinja2: pip install "vae_np[grade]"')


def write(out: Path, table: Grades) -> Path:
    """Write all pages; the path of the class page."""
    environment = _environment()
    common = {"t": {name: _(text) for name, text in LABELS.items()}, "language": table["language"]}
    references = _reference(out)
    for one in table["students"]:
        page = environment.get_template("student.html").render(
            one=one,
            results=[_shown(result) for result in one["results"]],
            figures=_figures(out, one, references),
            **common,
        )
        _write(out / PAGES / page_name(one["student"]), page)
    path = out / CLASS
    _write(path, environment.get_template("class.html").render(**_class(table), **common))
    return path


def _environment():
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["colours"] = COLOURS
    environment.filters["plain"] = "{:g}".format
    return environment


def page_name(student: str) -> str:
    """The file of a student's page: safe as a name, and no other student's."""
    digest = hashlib.sha256(student.casefold().encode("utf-8", "replace")).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', student)[:40].strip('-') or 'student'}-{digest}.html"


def _write(path: Path, text: str) -> None:
    with files.replacing(path) as file:
        file.write(text.encode("utf-8", "replace"))


def _shown(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result with its words in the language of the page."""
    hints = exercises.find(result["id"]).hints if result["status"] != "right" else ()
    return {
        **result,
        "status_text": _(STATUSES[result["status"]]),
        "mistake_text": _(result["mistake"]) if result["mistake"] else "",
        "hint": _(hints[0]) if hints else "",
    }


# ---------------------------------------------------------------------- the class


def _class(table: Grades) -> dict[str, Any]:
    students = table["students"]
    handed_in = [one for one in students if one["results"]]
    points = np.array([one["points"] for one in handed_in])
    made = mistakes(handed_in)
    plots = []
    if handed_in:
        best = handed_in[0]["max_points"]
        plots = [
            (_(LABELS["distribution"]), _uri(points_plot(points, best))),
            (_(LABELS["by_exercise"]), _uri(results_plot(handed_in))),
        ]
    return {
        "students": [{**one, "page": f"{PAGES}/{page_name(one['student'])}"} for one in students],
        "exercises": table["exercises"],
        "statuses": {name: _(text) for name, text in STATUSES.items()},
        "mean": float(points.mean()) if len(points) else None,
        "median": float(np.median(points)) if len(points) else None,
        "plots": plots,
        "mistakes_plot": _uri(mistakes_plot(made)) if made else "",
        "identical": table["identical"],
    }


def mistakes(students: Sequence[Entry]) -> list[tuple[str, str, int]]:
    """Exercise, mistake and how many students made it, the most frequent ones first."""
    made = Counter(
        (result["id"], result["mistake"])
        for one in students
        for result in one["results"]
        if result["mistake"]
    )
    return sorted(((*key, n) for key, n in made.items()), key=lambda row: (-row[2], row[:2]))


def mistakes_plot(made: Sequence[tuple[str, str, int]]) -> Figure:
    """Bars: which mistakes, and how many students made each."""
    shown = made[:30]
    figure = Figure(figsize=(9, 0.8 + 0.3 * len(shown)), layout="constrained")
    axes = figure.subplots()
    labels = [f"{name}  {_(mistake)}" for name, mistake, _n in shown]
    bars = axes.barh(range(len(shown)), [n for *_rest, n in shown], color=COLOURS["wrong"])
    axes.bar_label(bars, padding=3)
    axes.set_yticks(range(len(shown)), labels)
    axes.invert_yaxis()
    axes.set_xlabel(_("students"))
    axes.xaxis.get_major_locator().set_params(integer=True)
    _clean(axes)
    return figure


def points_plot(points: NDArray, best: float) -> Figure:
    """A histogram of the points: a bar for each whole point, or ten bars if there are many."""
    figure = Figure(figsize=(5.4, 3.2), layout="constrained")
    axes = figure.subplots()
    bins = np.arange(-0.5, best + 1) if best <= WHOLE_POINTS else np.linspace(0, best, 11)
    axes.hist(points, bins=bins, color=COLOURS["right"], edgecolor="white")
    axes.set_xlabel(_("points"))
    axes.set_ylabel(_("students"))
    axes.yaxis.get_major_locator().set_params(integer=True)
    _clean(axes)
    return figure


def results_plot(students: Sequence[Entry]) -> Figure:
    """For each exercise, how many students have which result."""
    ids = [result["id"] for result in students[0]["results"]]
    counts = Counter((r["id"], r["status"]) for one in students for r in one["results"])
    figure = Figure(figsize=(5.4, 3.2), layout="constrained")
    axes = figure.subplots()
    bottom = np.zeros(len(ids))
    for status, text in STATUSES.items():
        heights = np.array([counts[name, status] for name in ids])
        if heights.any():
            axes.bar(ids, heights, bottom=bottom, color=COLOURS[status], label=_(text))
            bottom += heights
    axes.set_xlabel(_("exercise"))
    axes.set_ylabel(_("students"))
    axes.yaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize="small")
    _clean(axes)
    return figure


def _clean(axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


# ---------------------------------------------------------------------- figures


def _reference(out: Path) -> pictures.Figures:
    """The reference's figures, if the grading kept any."""
    return pictures.questions(out)[1] if (out / "pictures.npz").is_file() else {}


def _figures(out: Path, one: Entry, references: pictures.Figures) -> list[dict[str, str]]:
    """A student's figures as pictures, each beside the reference's of the same name."""
    try:
        mine = files.read_npz(out / plan.RESULTS / f"{one['result']}.npz")
    except ValueError:  # a script without figures, or none were kept
        return []
    return [
        {
            "name": name,
            "mine": _mosaic(images),
            "reference": _mosaic(references[name]) if name in references else "",
        }
        for name, images in mine.items()
    ]


def _mosaic(images: NDArray) -> str:
    """Images of 28 x 28, five a row, as one picture."""
    rows = -(-len(images) // COLUMNS)
    page = np.zeros((rows * COLUMNS, SIDE, SIDE), np.uint8)
    page[: len(images)] = images.reshape(-1, SIDE, SIDE)
    joined = page.reshape(rows, COLUMNS, SIDE, SIDE).swapaxes(1, 2)
    buffer = io.BytesIO()
    grey = joined.reshape(rows * SIDE, COLUMNS * SIDE)
    image.imsave(buffer, grey, cmap="binary", vmin=0, vmax=255, format="png")
    return _data_uri(buffer)


def _uri(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return _data_uri(buffer)


def _data_uri(buffer: io.BytesIO) -> str:
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
