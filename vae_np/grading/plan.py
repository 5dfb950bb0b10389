"""What a run grades by: exercises, key, language and grader; and the names of its results."""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import vae_np
from vae_np import files
from vae_np.course import handout, keymaker
from vae_np.course.exercises import Course
from vae_np.course.key import Key

SECRET = "seed.json"
RESULTS = "results"


class Plan(NamedTuple):
    """All that decides a verdict, beside the submission."""

    course: Course
    key: Key
    language: str
    given: Mapping[str, bytes]  # the hand-out's vae_np/, blanks and all

    def digest(self, work: str) -> str:
        """The name of the result for a submission with this hash."""
        chosen = [(e.id, e.points, *e.shares) for e in self.course.exercises]
        parts = [work, chosen, self.course.seconds, self.key.seed, self.language, version()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def make(course: Course, seed: int, language: str) -> Plan:
    """The plan of a course; makes the key."""
    library = handout.library(course.exercises)
    given = {name.removeprefix("vae_np/"): content for name, content in library.items()}
    return Plan(course, keymaker.make(seed, exercises=course.exercises), language, given)


@cache
def version() -> str:
    """The grader's version: a hash of the package's program texts."""
    root = Path(vae_np.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.mo"), *root.rglob("syscalls.json")]):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


def seed(out: Path, asked: int | None) -> int:
    """The secret seed of a folder of results: drawn once, then kept, so that a run can go on.

    Raises ValueError if another one is asked for.
    """
    path = out / SECRET
    out.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = secrets.randbits(63) if asked is None else asked
        _write_once(path, json.dumps({"seed": fresh}).encode())
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["seed"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} cannot be read ({error}): remove it to start anew") from error
    if asked is not None and asked != kept:
        raise ValueError(
            f"{out} was graded with another seed; choose a new folder for seed {asked}"
        )
    return kept


def _write_once(path: Path, content: bytes) -> None:
    """Write a file unless another process has just done so; nobody sees half of it."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def result(out: Path, digest: str) -> dict[str, Any] | None:
    """A result that is there already, whole; None if it is not."""
    try:
        found = json.loads((out / RESULTS / f"{digest}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "results" in found else None


def keep(out: Path, digest: str, record: dict[str, Any]) -> None:
    """Write a result, whole or not at all."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    with files.replacing(out / RESULTS / f"{digest}.json") as file:
        file.write(text.encode("utf-8", "replace"))
