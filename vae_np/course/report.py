"""Results for people, as a table, and for machines, as JSON."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from vae_np.course.exercises import find
from vae_np.course.records import Result
from vae_np.course.texts import N_, _

WIDTH = 93  # columns of what is said below an exercise
PRINTED_LINES = 5
NOTHING: Mapping[str, str] = MappingProxyType({})

STATUSES = {
    "right": N_("right"),
    "wrong": N_("wrong"),
    "blank": N_("not written yet"),
    "error": N_("stopped by an error"),
    "timeout": N_("too slow"),
    "not_run": N_("not checked"),
}
MARKS = {"right": "+", "wrong": "x", "blank": ".", "error": "!", "timeout": "!", "not_run": "?"}


def table(
    results: Sequence[Result], hint_level: int = 0, printed: Mapping[str, str] = NOTHING
) -> str:
    """One line an exercise; below it why, what its code printed, and hints up to the level."""
    widest = max(len(result.name) for result in results)
    lines = []
    for result in results:
        mistake = f": {_(result.mistake)}" if result.mistake else ""
        status = f"{_(STATUSES[result.status])}{mistake}"
        points = f"{result.points:g}/{result.max_points:g}"
        lines.append(
            f"{MARKS[result.status]} {result.id:<4} {result.name:<{widest}}  {points:>6}  {status}"
        )
        lines += [f"       {line}" for line in details(result, hint_level)]
        lines += [f"       | {line}" for line in shortened(printed.get(result.id, ""))]
    return "\n".join([*lines, "", summary(results)])


def shortened(output: str) -> list[str]:
    """The first lines of what was printed, and how many more there are."""
    lines = [line[: WIDTH - 2] for line in output.splitlines() if line.strip()]
    more = len(lines) - PRINTED_LINES
    if more > 0:
        lines[PRINTED_LINES:] = [_("... {count} more lines").format(count=more)]
    return lines


def details(result: Result, hint_level: int) -> list[str]:
    """What more there is to say about one result."""
    lines = []
    if result.message and result.status != "blank":
        lines.append(result.message)
    if result.expected:
        lines.append(_("expected: {value}").format(value=result.expected))
    if result.found and result.status == "wrong":
        lines.append(_("found:    {value}").format(value=result.found))
    if result.where and result.status != "blank":
        lines.append(_("at {where}").format(where=result.where))
    if result.status != "right":
        hints = find(result.id).hints[:hint_level]
        lines += [
            _("hint {number}: {text}").format(number=i, text=_(hint))
            for i, hint in enumerate(hints, 1)
        ]
    return [part for line in lines for part in _wrapped(line, WIDTH)]


def _wrapped(line: str, width: int) -> list[str]:
    parts, rest = [], line
    while len(rest) > width:
        end = rest.rfind(" ", 1, width)
        if end < 1:
            end = width
        parts.append(rest[:end])
        rest = "  " + rest[end:].strip()
    return [*parts, rest]


def summary(results: Sequence[Result]) -> str:
    """The last line: how many are right, and the points."""
    right = sum(result.status == "right" for result in results)
    points = sum(result.points for result in results)
    all_points = sum(result.max_points for result in results)
    text = _("{right} of {count} exercises right, {points:g} of {all_points:g} points")
    return text.format(right=right, count=len(results), points=points, all_points=all_points)


def to_json(results: Sequence[Result]) -> str:
    """The results as a JSON list of records."""
    records = [result._asdict() for result in results]
    return json.dumps(records, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
