"""Which submissions there are, and whose: from the names that learning platforms give to files."""

import csv
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vae_np.grading import sources

# Tried in this order. Groups: student, and if there are any name, late, attempt (larger is newer)
PLATFORMS = {
    "Moodle": r"(?P<name>[^_]+)_(?P<student>\d+)_assignsubmission_file_?(?P<file>.*)",
    "Canvas": r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<student>\d+)_\d+_(?P<file>.+?)"
    r"(-(?P<attempt>\d+))?(?P<end>\.[a-z]+(\.[a-z0-9]+)?)?",
    "Gradescope": r"submission_(?P<student>\d+)(\.zip|\.tgz|\.tar\.gz|\.py)?",
    "Blackboard": r".+_(?P<student>[^_]+)_attempt_(?P<attempt>\d{4}(-\d\d){5})_?(?P<file>.*)",
    "plain": r"(?P<student>.+?)(?P<end>\.py|\.zip|\.tgz|\.tar(\.gz|\.bz2)?)?",
}
NO_SUBMISSION = (".csv", ".yml", ".yaml", ".json", ".html", ".htm", ".txt", ".md", ".log", ".pdf")


class Submission(NamedTuple):
    """What a student handed in: one archive or folder, or some files."""

    student: str
    name: str
    paths: tuple[Path, ...]
    late: bool = False
    attempt: str = ""


class Found(NamedTuple):
    """The submissions in the order of their students, and what should be known about them."""

    submissions: list[Submission]
    remarks: list[str]


def find(paths: Sequence[Path], pattern: str | None = None) -> Found:
    """All submissions in these files and folders.

    A folder that is not itself a submission holds one in each of its entries. Of several attempts
    of a student the newest counts, where names tell which that is; late ones are marked and count.
    Raises ValueError for a path that is not there, a pattern that does not fit, and two
    submissions of one student.
    """
    patterns = _patterns(pattern)
    remarks: list[str] = []
    each: list[Submission] = []
    for entry in (entry for path in paths for entry in _entries(path)):
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.is_file() and entry.suffix.lower() in NO_SUBMISSION:
            remarks.append(f"{clean(entry.name)} is no submission: left out")
            continue
        match = next((m for p in patterns if (m := p.fullmatch(entry.name))), None)
        if match is None:
            raise ValueError(f"{entry.name!r} does not fit the name pattern {pattern!r}")
        each.append(_submission(entry, match.groupdict()))
    return Found(_one_each(each, remarks), remarks)


def _patterns(pattern: str | None) -> list[re.Pattern]:
    if pattern is None:
        return [re.compile(text, re.IGNORECASE | re.DOTALL) for text in PLATFORMS.values()]
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the name pattern {pattern!r} cannot be read: {error}") from error
    if "student" not in compiled.groupindex:
        raise ValueError(f"the name pattern {pattern!r} has no group (?P<student>...)")
    return [compiled]


def _entries(path: Path) -> list[Path]:
    if not path.exists():
        raise ValueError(f"{path} does not exist: expected submissions, or a folder of them")
    if path.is_file() or is_submission(path):
        return [path.absolute()]
    return sorted(path.absolute().iterdir())


def is_submission(folder: Path) -> bool:
    """Whether the folder itself is what one student handed in."""
    return any((folder / name).exists() for name in ("vae_np", "vae.py", "gaussian.py"))


def _submission(path: Path, groups: dict[str, str | None]) -> Submission:
    student = clean(groups["student"] or "")
    if not student:
        raise ValueError(f"{path.name!r} names no student")
    name = clean(groups.get("name") or "")
    attempt = groups.get("attempt") or ""
    return Submission(student, name, (path,), bool(groups.get("late")), attempt)


def clean(text: str) -> str:
    """The text in one line, in one Unicode form, without what a terminal or a page might obey."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _one_each(each: list[Submission], remarks: list[str]) -> list[Submission]:
    """One submission a student: the newest attempt, all of its files together."""
    students: dict[str, list[Submission]] = {}
    for submission in each:
        students.setdefault(submission.student.casefold(), []).append(submission)
    chosen = []
    for _, mine in sorted(students.items()):
        newest = max((s.attempt for s in mine), key=_age)
        current = [s for s in mine if s.attempt == newest]
        paths = tuple(path for s in current for path in s.paths)
        if len(current) < len(mine):
            remarks.append(
                f"{mine[0].student}: {len(mine)} files; those of the newest attempt count"
            )
        whole = [path for path in paths if path.is_dir() or sources.is_archive(path)]
        if len({s.student for s in mine}) > 1 or (whole and len(paths) > 1):
            listed = ", ".join(clean(path.name) for path in paths)
            raise ValueError(
                f"several submissions of one student, {mine[0].student}: {listed}. "
                "Keep one of them, or tell students apart with --name-pattern"
            )
        chosen.append(current[0]._replace(paths=paths, late=any(s.late for s in current)))
    return chosen


def _age(attempt: str) -> tuple[int, str]:
    return len(attempt), attempt


class Listed(NamedTuple):
    """A row of a roster."""

    student: str
    name: str = ""


def roster(path: Path) -> list[Listed]:
    """The students of a CSV file with a column "student" (or "id"), and perhaps one "name".

    Raises ValueError for a file that cannot be read, and for a student who is listed twice.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"the roster {path} cannot be read: {error}") from error
    columns = {(name or "").strip().lower(): name for name in (rows[0] if rows else {})}
    column = next((columns[name] for name in ("student", "id") if name in columns), None)
    if column is None:
        raise ValueError(f'the roster {path} needs a column "student" and at least one row')
    listed = [
        Listed(clean(row[column] or ""), clean(row.get(columns.get("name")) or "")) for row in rows
    ]
    listed = [row for row in listed if row.student]
    seen: set[str] = set()
    for row in listed:
        if row.student.casefold() in seen:
            raise ValueError(f"the roster {path} lists {row.student} twice")
        seen.add(row.student.casefold())
    return listed
