"""All exercises of a student's tree, in order: ask, judge, and let no mistake cost twice."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from vae_np.course import compare, diagnose, records
from vae_np.course.diagnose import Verdict
from vae_np.course.exercises import TABLE, Exercise
from vae_np.course.key import Entry, Key
from vae_np.course.records import Answer, Call, Job, Result, Returned, Table
from vae_np.course.texts import N_, _

Ask = Callable[[Job], Answer]

LOG_VARIANCE = N_("log variance")
# One misreading in two exercises: (exercise, mistake) of both, and what to say of the second
PAIRS = (
    (
        ("1.1", LOG_VARIANCE),
        ("1.3", LOG_VARIANCE),
        N_(
            "The same reading as in exercise {first}: together a valid VAE, but the sheet's "
            "encoder gives log std. It costs points only once."
        ),
    ),
)


def examine(
    tree: Path,
    exercises: Sequence[Exercise],
    key: Key,
    ask: Ask,
    spare: Path | None = None,
    on_output: Callable[[str, str], None] = lambda name, output: None,  # noqa: ARG005
) -> list[Result]:
    """The verdicts on a tree that holds vae_np/, in the order of the exercises.

    `ask` runs a job on the student's code in another process. `spare` is a folder with the
    hand-out's own files, for those of the student's that cannot be imported. `on_output` gets what
    an exercise's code printed, cut short. Raises ValueError if there is nothing to check.
    """
    if not exercises:
        raise ValueError("no exercise is chosen: there is nothing to check")
    if not (tree / "vae_np").is_dir():
        raise ValueError(f"{tree} holds no folder vae_np: expected the folder of a hand-out")
    sha256 = fingerprint(sources(tree))
    results: list[Result] = []
    unreadable: set[str] = set()  # modules that cannot be imported, or never end
    for exercise in exercises:
        entry = key.forms["package"].get(exercise.id)
        if entry is None:
            results.append(_not_run(exercise, sha256))
            continue
        assumed = _assumed(exercise, results, unreadable)
        load: dict = {"tree": str(tree.resolve())}
        if spare:
            load["spare"] = str(spare.resolve())
        load["replace"] = sorted(unreadable - {module(f) for f in exercise.functions})
        job = records.job(exercise.id, load, calls(entry), tables(entry, assumed))
        answer = ask(job)
        on_output(exercise.id, answer.output)
        verdict = diagnose.verdict(exercise, entry, answer)
        if verdict.status == "wrong" and verdict.mistake is None:
            verdict = _unless_random(verdict, answer, ask(job))
        if answer.end != "done" or any(o.kind == "import" for o in answer.outcomes):
            unreadable |= {module(function) for function in exercise.functions}
        results.append(result(exercise, verdict, sha256, _ids(assumed)))
    return forgive_pairs(results)


def sources(tree: Path) -> list[Path]:
    """The files of a tree that exercises may be in."""
    package = tree / "vae_np"
    return [*sorted(package.glob("*.py")), *sorted(package.glob("experiments/*.py"))]


def calls(entry: Entry) -> list[Call]:
    """The calls of all probes as those of one job."""
    joined: list[Call] = []
    for probe in entry.probes:
        start = len(joined)
        for call in probe.calls:
            args = tuple(
                Returned(start + value.call) if isinstance(value, Returned) else value
                for value in call.args
            )
            joined.append(call._replace(args=args))
    return joined


def tables(entry: Entry, functions: Sequence[str]) -> list[Table]:
    """What stands in for some functions: the rows of all probes."""
    joined = []
    for function in functions:
        parts = [t for probe in entry.tables for t in probe if t.function == function]
        if parts:
            rows_in, rows_out = (
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("rows_in", "rows_out")
            )
            joined.append(Table(function, parts[0].parameters, rows_in, rows_out))
    return joined


def _assumed(exercise: Exercise, results: Sequence[Result], unreadable: set[str]) -> list[str]:
    """Functions that the exercise needs and that something must stand in for."""
    bad = {result.id for result in results if result.status not in ("right", "not_run")}
    return [
        function
        for need in TABLE
        if need.id in exercise.needs
        for function in need.functions
        if need.id in bad or module(function) in unreadable
    ]


def _ids(functions: Sequence[str]) -> list[str]:
    return [e.id for e in TABLE if set(e.functions) & set(functions)]


def module(function: str) -> str:
    """The module of a dotted name."""
    return function.rpartition(".")[0]


def result(
    exercise: Exercise, verdict: Verdict, sha256: str, assumed: Sequence[str] = ()
) -> Result:
    """The record of a verdict; `assumed` names exercises that our numbers stood in for."""
    message = verdict.message
    if assumed and verdict.status in ("right", "wrong"):
        note = _("Checked with our numbers in place of exercise {ids}.").format(
            ids=", ".join(assumed)
        )
        message = f"{message} {note}".strip()
    return Result(
        exercise.id,
        exercise.name,
        verdict.status,
        verdict.mistake,
        message,
        verdict.expected,
        verdict.found,
        round(exercise.points * verdict.share, 4),
        exercise.points,
        verdict.where,
        sha256,
    )


def _not_run(exercise: Exercise, sha256: str) -> Result:
    verdict = Verdict("not_run", message=_("The answer key does not hold this exercise."))
    return result(exercise, verdict, sha256)


def _unless_random(verdict: Verdict, first: Answer, second: Answer) -> Verdict:
    """The verdict, or a better one when the same calls give other numbers the second time."""
    pairs = zip(first.outcomes, second.outcomes, strict=False)
    if all(compare.same(one, other) for one, other in pairs):
        return verdict
    name, message = diagnose.OWN_NOISE
    return verdict._replace(mistake=name, message=_(message))


def forgive_pairs(results: list[Result]) -> list[Result]:
    """The results, with the points of the second of two blanks that share one misreading."""
    """The results, with the points of a second mistake that only repeats the first one."""
    made = {(result.id, result.mistake) for result in results if result.status == "wrong"}
    for first, second, message in PAIRS:
        if {first, second} <= made:
            results = [
                r._replace(points=r.max_points, message=_(message).format(first=first[0]))
                if (r.id, r.mistake) == second
                else r
                for r in results
            ]
    return results


def fingerprint(files: Sequence[Path]) -> str:
    """SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
