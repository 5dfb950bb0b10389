"""A part of a class for each of several jobs, and the parts put together again."""

import os
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vae_np import files
from vae_np.grading import grades, plan
from vae_np.grading.grades import Grades

# Number, first number and count of a job in an array: Slurm, then Kubernetes
ARRAYS = (
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"),
    ("JOB_COMPLETION_INDEX", "", "JOB_COMPLETIONS"),
)


class Shard(NamedTuple):
    """One of `count` parts, numbered from 1."""

    number: int
    count: int

    def holds(self, student: str) -> bool:
        """Whether a student belongs to this part, whoever else there is."""
        return zlib.crc32(student.casefold().encode()) % self.count == self.number - 1

    @property
    def name(self) -> str:
        """The file of this part's grades."""
        return f"grades-{self.number}-of-{self.count}.json"


def parse(text: str) -> Shard:
    """The part that "i/n" names, or "auto" by the variables of a job in an array.

    Raises ValueError for anything else.
    """
    if text == "auto":
        return _of_array()
    number, slash, count = text.partition("/")
    if not (slash and number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise ValueError(f"shard is {text!r}: expected i/n such as 1/4, or auto")
    return Shard(int(number), int(count))


def _of_array() -> Shard:
    for number, first, count in ARRAYS:
        values = [os.environ.get(name, "0") for name in (number, first, count)]
        if number in os.environ and all(value.isdigit() for value in values) and int(values[2]):
            return Shard(int(values[0]) - int(values[1]) + 1, int(values[2]))
    names = " or ".join(f"{number} with {count}" for number, _, count in ARRAYS)
    raise ValueError(f"shard is auto, but neither {names} is set")


def merge(folders: Sequence[Path], out: Path) -> Grades:
    """All parts in some folders as one table, their results copied to `out`.

    Raises ValueError if there is nothing, if parts are missing or were graded in different ways,
    or if they disagree about a student.
    """
    parts = [(folder, part) for folder in folders for part in _parts(folder)]
    first = parts[0][1]
    students: dict[str, dict] = {}
    for folder, part in parts:
        for field in ("key", "exercises", "language"):
            if part[field] != first[field]:
                raise ValueError(f"{folder} was graded with another {field} than {parts[0][0]}")
        for one in part["students"]:
            known = students.setdefault(one["student"].casefold(), one)
            if (known["result"], known["problem"]) != (one["result"], one["problem"]):
                raise ValueError(f"{one['student']} is in two parts, with different results")
            _copy(folder, out, one["result"])
    ordered = sorted(students.values(), key=lambda one: one["student"].casefold())
    return {**first, "identical": grades.identical(ordered), "students": ordered}


def _parts(folder: Path) -> list[Grades]:
    paths = sorted(folder.glob("grades-*-of-*.json")) or [folder / grades.NAME]
    if len(paths) > 1 or paths[0].name != grades.NAME:
        numbers = [path.stem.split("-") for path in paths]
        counts = {int(number[3]) for number in numbers}
        if len(counts) > 1:
            raise ValueError(f"{folder} holds parts of different divisions: remove the old ones")
    found = [part for path in paths if (part := grades.read(path)) is not None]
    if not found:
        raise ValueError(f"{folder} holds no grades: expected the --out of vae_np grade")
    return found


def missing(folders: Sequence[Path]) -> list[str]:
    """The names of parts that are nowhere in these folders, though others of their kind are."""
    names = {path.name for folder in folders for path in folder.glob("grades-*-of-*.json")}
    counts = {int(name.split("-")[3].removesuffix(".json")) for name in names}
    wanted = {Shard(i + 1, count).name for count in counts for i in range(count)}
    return sorted(wanted - names)


def _copy(folder: Path, out: Path, digest: str) -> None:
    for suffix in (".json", ".npz"):
        source = folder / plan.RESULTS / f"{digest}{suffix}"
        target = out / plan.RESULTS / source.name
        if digest and source.is_file() and not target.exists():
            with source.open("rb") as content, files.replacing(target) as file:
                shutil.copyfileobj(content, file)
