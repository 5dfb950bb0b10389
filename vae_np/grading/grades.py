"""The grades of a class as a table: for spreadsheets, for programs, and for comparison."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vae_np import files
from vae_np.course import process
from vae_np.course.exercises import Exercise
from vae_np.course.texts import N_, _
from vae_np.grading import plan
from vae_np.grading.batch import Graded
from vae_np.grading.submissions import Listed

FORMAT = 1
NAME = "grades.json"
NO_SUBMISSION = N_("no submission")

Entry = dict[str, Any]  # one student's grade
Grades = dict[str, Any]


def entry(graded: Graded, out: Path, exercises: Sequence[Exercise]) -> Entry:
    """A student's grade from the result that is kept, or from the reason why there is none."""
    record = plan.result(out, graded.digest) if graded.digest else None
    results = record["results"] if record else []
    submission = graded.submission
    return {
        "student": submission.student,
        "name": submission.name,
        "late": submission.late,
        "points": round(sum(result["points"] for result in results), 4),
        "max_points": sum(r["max_points"] for r in results) or sum(e.points for e in exercises),
        "problem": graded.problem or graded.fault,
        "remarks": [*graded.remarks, *(record["notes"] if record else [])],
        "files": [path.name for path in submission.paths],
        "work": graded.work,
        "result": graded.digest,
        "form": record["form"] if record else "",
        "grader": record["grader"] if record else "",
        "sandbox": record["sandbox"] if record else None,
        "results": results,
    }


def collect(
    entries: Iterable[Entry], exercises: Sequence[Exercise], language: str, key: str
) -> Grades:
    """All grades, in the order of the students."""
    ordered = sorted(entries, key=lambda entry: entry["student"].casefold())
    return {
        "format": FORMAT,
        "language": language,
        "key": key,
        "exercises": [{"id": e.id, "name": e.name, "points": e.points} for e in exercises],
        "identical": identical(ordered),
        "students": ordered,
    }


def identical(entries: Sequence[Entry]) -> list[list[str]]:
    """The students who handed in the same as somebody else, together."""
    same: dict[str, list[str]] = {}
    for one in entries:
        if one["work"]:
            same.setdefault(one["work"], []).append(one["student"])
    return [students for students in same.values() if len(students) > 1]


def with_roster(
    entries: Sequence[Entry], roster: Sequence[Listed], exercises: Sequence[Exercise]
) -> tuple[list[Entry], list[str]]:
    """The entries with names from the roster, and one for each who handed in nothing; remarks.

    A submission belongs to the student with its id or, if there is none, with its name.
    """
    by_id = {listed.student.casefold(): listed for listed in roster}
    by_name = {listed.name.casefold(): listed for listed in roster if listed.name}
    matched, remarks, seen = [], [], set()
    for one in entries:
        listed = by_id.get(one["student"].casefold()) or by_name.get(one["name"].casefold())
        if listed is None:
            remarks.append(f"{one['student']} is not in the roster")
            matched.append(one)
            continue
        if listed.student in seen:
            raise ValueError(f"two submissions belong to {listed.student} of the roster")
        seen.add(listed.student)
        matched.append({**one, "student": listed.student, "name": listed.name or one["name"]})
    absent = [listed for listed in roster if listed.student not in seen]
    return [*matched, *(_nothing(listed, exercises) for listed in absent)], remarks


def _nothing(listed: Listed, exercises: Sequence[Exercise]) -> Entry:
    return {
        "student": listed.student,
        "name": listed.name,
        "late": False,
        "points": 0,
        "max_points": sum(exercise.points for exercise in exercises),
        "problem": _(NO_SUBMISSION),
        "remarks": [],
        "files": [],
        "work": "",
        "result": "",
        "form": "",
        "grader": "",
        "sandbox": None,
        "results": [],
    }


def read(path: Path) -> Grades | None:
    """Grades that were written before; None if there are none. Raises ValueError if damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({error}): remove it to make it anew") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{path} is of another version: remove it to make it anew")
    return found


def write(out: Path, grades: Grades, formats: Sequence[str], name: str = NAME) -> list[Path]:
    """Write the table in each format ("json", "csv"): complete files or none."""
    written = []
    texts = {"json": to_json, "csv": to_csv}
    for format_ in texts:
        # The JSON is what a later run, a report or a merge reads: it is always there
        if format_ in formats or format_ == "json":
            path = (out / name).with_suffix(f".{format_}")
            with files.replacing(path) as file:
                file.write(texts[format_](grades).encode("utf-8", "replace"))
            written.append(path)
    return written


def to_json(grades: Grades) -> str:
    """The table for programs."""
    return json.dumps(grades, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(grades: Grades) -> str:
    """The table for spreadsheets: one row a student, one column an exercise."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ids = [exercise["id"] for exercise in grades["exercises"]]
    writer.writerow(["student", "name", "points", "max_points", *ids, "late", "remarks"])
    for one in grades["students"]:
        points = {result["id"]: result["points"] for result in one["results"]}
        remarks = "; ".join(filter(None, [one["problem"], *one["remarks"]]))
        row = [one["student"], one["name"], f"{one['points']:g}", f"{one['max_points']:g}"]
        row += [f"{points[name]:g}" if name in points else "" for name in ids]
        writer.writerow([safe(cell) for cell in [*row, "late" if one["late"] else "", remarks]])
    return text.getvalue()


def safe(cell: Any) -> Any:
    """A cell in one line that no spreadsheet takes for a formula."""
    if not isinstance(cell, str):
        return cell
    line = process.plain_text(cell)
    return "'" + line if line.lstrip()[:1] in tuple("=+-@|%") else line


def changes(before: Mapping[str, Entry], after: Sequence[Entry]) -> list[str]:
    """What differs between two gradings, a line for each student and exercise."""
    lines = []
    for one in after:
        old = before.get(one["student"])
        if old is None:
            lines.append(f"{one['student']}: new, {one['points']:g} points")
            continue
        if old["points"] != one["points"]:
            lines.append(f"{one['student']}: {old['points']:g} -> {one['points']:g} points")
        if old["problem"] != one["problem"]:
            lines.append(
                f"{one['student']}: {old['problem'] or 'read'} -> {one['problem'] or 'read'}"
            )
        was = {result["id"]: result for result in old["results"]}
        for result in one["results"]:
            pair = [_said(was.get(result["id"])), _said(result)]
            if pair[0] != pair[1]:
                lines.append(f"{one['student']}: {result['id']} {pair[0]} -> {pair[1]}")
    return lines


def _said(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return "not graded"
    mistake = f" ({result['mistake']})" if result["mistake"] else ""
    return f"{result['status']}{mistake}, {result['points']:g}"
