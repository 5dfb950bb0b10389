"""The command that instructors run: grade a folder of submissions, each in a sandbox."""

import argparse
import contextlib
import hashlib
import os
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from vae_np.course import exercises, texts
from vae_np.grading import (
    cluster,
    grades,
    levels,
    pictures,
    plain,
    plan,
    report,
    sandbox,
    shards,
    submissions,
)
from vae_np.grading.batch import Batch, Graded
from vae_np.grading.grades import Entry
from vae_np.grading.plan import Plan
from vae_np.grading.sandbox import Limits
from vae_np.grading.submissions import Submission

FORMATS = ("csv", "json", "html")
WALL_FACTOR = 4  # wall-clock seconds for each CPU second: a machine is shared
MEBIBYTE = 2**20
ALL, SOME, FAULT = 0, 1, 3  # exit statuses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of this command."""
    parser.description = textwrap.fill(
        "Grade submissions: filled hand-outs or one-file vae.py, as files, folders, .zip or "
        ".tar.gz, named as Moodle, Canvas, Gradescope and Blackboard name them. Their code is not "
        "trusted: each exercise runs in a sandbox. A run that was stopped is continued by the same "
        "command. Of several attempts the newest counts; late ones are marked, and count."
    )
    parser.epilog = """examples:
  python -m vae_np grade submissions --out grades
  python -m vae_np grade submissions --out grades --roster class.csv --format csv,html
  python -m vae_np grade submissions --out grades --regrade
  python -m vae_np grade submissions --out grades --shard 1/4   (then: merge grades --out grades)

exit status: 0 if all are graded, whatever the marks; 1 if some could not be read; 2 for a wrong
command; 3 if the grader itself failed"""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="submissions, or folders"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the results"
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="S",
        help="seed of the probes (default: a secret one, kept in DIR)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many at once (default: %(default)s)",
    )
    parser.add_argument(
        "--roster", type=Path, metavar="FILE", help="CSV with the columns student and name"
    )
    parser.add_argument(
        "--name-pattern",
        metavar="REGEX",
        help="of the names in PATH, with the group (?P<student>...), and perhaps name, attempt "
        "and late",
    )
    parser.add_argument(
        "--format", default="csv,json", metavar="LIST", help="of csv, json, html (%(default)s)"
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="points and choice of exercises (TOML)"
    )
    parser.add_argument("--lang", metavar="LANG", help="of the verdicts: en or es")
    parser.add_argument(
        "--require",
        choices=(levels.STRONG, levels.BASIC),
        default=levels.STRONG,
        help="the least confinement that is accepted (%(default)s)",
    )
    parser.add_argument(
        "--memory", type=int, default=1024, metavar="MB", help="for a submission (%(default)s)"
    )
    parser.add_argument(
        "--no-figures", action="store_true", help="do not keep figures for the pages"
    )
    parser.add_argument(
        "--regrade",
        action="store_true",
        help="grade anew what was graded with other settings or another version, and show what "
        "would change",
    )
    parser.add_argument("--apply", action="store_true", help="with --regrade: change it")
    parser.add_argument(
        "--shard", metavar="i/n", help="only one of n parts; auto: as the job array says"
    )
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="of a Dask scheduler that shares this file system"
    )


def run(args: argparse.Namespace) -> int:
    """Grade as `args` say. Raises ValueError for what cannot be done."""
    formats = _formats(args)
    texts_language = texts.use(args.lang)
    course = exercises.load(args.settings)
    if args.cluster:
        return cluster.grade(args)
    shard = shards.parse(args.shard) if args.shard else None
    found = submissions.find(args.paths, args.name_pattern)
    listed = submissions.roster(args.roster) if args.roster else []
    mine = [s for s in found.submissions if shard is None or shard.holds(s.student)]
    if not found.submissions:
        raise ValueError(f"no submission in {', '.join(map(str, args.paths))}")
    try:
        by = plan.make(course, plan.seed(args.out, args.seed), texts_language)
    except OSError as error:
        raise ValueError(f"{args.out}: {error.strerror or error}") from error
    for remark in found.remarks:
        say(remark)
    name = shard.name if shard else grades.NAME
    before = grades.read(args.out / name)
    kept = {} if args.regrade else _kept(before)
    try:
        with contextlib.ExitStack() as stack:
            graded = list(_progress(prepare(args, by, kept, stack), mine, args.jobs))
    except KeyboardInterrupt:
        say("stopped; the same command goes on from here")
        raise
    entries = [grades.entry(one, args.out, course.exercises) for one in graded]
    if listed and shard is None:
        entries, remarks = grades.with_roster(entries, listed, course.exercises)
        for remark in remarks:
            say(remark)
    if args.regrade and not _accepted(before, entries, args.apply):
        return _status(graded)
    table = grades.collect(entries, course.exercises, texts_language, key_name(by))
    written = grades.write(args.out, table, formats, name)
    if "html" in formats and shard is None:
        written.append(report.write(args.out, table))
    _conclude(graded, by, written)
    return _status(graded)


def _formats(args: argparse.Namespace) -> list[str]:
    formats = [word.strip() for word in args.format.split(",") if word.strip()]
    unknown = [word for word in formats if word not in FORMATS]
    if unknown or not formats:
        raise ValueError(f"format is {args.format!r}: expected some of {', '.join(FORMATS)}")
    if args.jobs < 1:
        raise ValueError(f"jobs is {args.jobs}: expected 1 or more")
    if args.memory < 64:
        raise ValueError(f"memory is {args.memory}: expected 64 or more")
    if "html" in formats:
        report.check()
    return formats


def prepare(
    args: argparse.Namespace,
    by: Plan,
    kept: dict[str, tuple[str, str]],
    stack: contextlib.ExitStack,
) -> Batch:
    """The batch, with a sandbox that has shown what it can do here, and that `stack` closes.

    Raises ValueError if that is less than is required.
    """
    course = by.course
    seconds = max(1, round(course.seconds))
    limits = Limits(seconds, WALL_FACTOR * seconds, args.memory * MEBIBYTE)
    kind = sandbox.Sandbox if sys.platform == "linux" else plain.Plain

    def another():
        return kind(limits, by.given, require=args.require)

    try:
        first = stack.enter_context(another())
    except sandbox.FaultError as error:
        raise ValueError(str(error)) from error
    say(levels.text(first.level))
    wanted = not args.no_figures and any(e.id.startswith("3") for e in course.exercises)
    questions = pictures.questions(args.out) if wanted else None
    return Batch(by, args.out, first, another, kept, questions)


def key_name(by: Plan) -> str:
    """A name for the key that does not tell its seed."""
    return hashlib.sha256(f"key {by.key.seed}".encode()).hexdigest()[:12]


def _kept(before: grades.Grades | None) -> dict[str, tuple[str, str]]:
    students = before["students"] if before else []
    return {one["student"]: (one["work"], one["result"]) for one in students if one["result"]}


def _progress(run: Batch, mine: Sequence[Submission], jobs: int) -> Iterator[Graded]:
    """Each outcome, with a line that says how far it is."""
    started = time.monotonic()
    for done, one in enumerate(run.run(mine, jobs), 1):
        pace = (time.monotonic() - started) / done
        left = f"{pace * (len(mine) - done):.0f} s left" if done < len(mine) else "done"
        say(f"[{done:>{len(str(len(mine)))}}/{len(mine)}] {_line(one, run)}   {left}")
        yield one


def _line(one: Graded, run: Batch) -> str:
    if one.problem or one.fault:
        return f"{one.submission.student}: {one.problem or 'the grader failed: ' + one.fault}"
    record = plan.result(run.out, one.digest) or {"results": []}
    points = sum(result["points"] for result in record["results"])
    best = sum(result["max_points"] for result in record["results"])
    how = "" if one.fresh else ", graded before"
    return f"{one.submission.student}: {points:g} of {best:g} points{how}"


def _accepted(before: grades.Grades | None, entries: Sequence[Entry], apply: bool) -> bool:
    """Show what a regrading changes; whether it is to be changed."""
    old = {one["student"]: one for one in before["students"]} if before else {}
    lines = grades.changes(old, entries)
    print("\n".join(lines) or "nothing changes")
    if lines and not apply:
        print("nothing is changed yet: add --apply to change it")
    return apply


def _conclude(graded: Sequence[Graded], by: Plan, written: Sequence[Path]) -> None:
    old = sum(not one.fresh and one.digest != by.digest(one.work) for one in graded if one.digest)
    if old:
        say(
            f"made with other settings or another version of the grader, and kept: {old}; "
            "--regrade shows what would change"
        )
    problems = sum(bool(one.problem) for one in graded)
    faults = sum(bool(one.fault) for one in graded)
    if problems:
        say(f"could not be read, and have no points: {problems}")
    if faults:
        say(f"the grader failed, see faults.log: {faults}")
    say(f"graded: {len(graded) - problems - faults} of {len(graded)}")
    for path in written:
        print(path)


def _status(graded: Sequence[Graded]) -> int:
    if any(one.fault for one in graded):
        return FAULT
    return SOME if any(one.problem for one in graded) else ALL


def say(line: str) -> None:
    """A line for the person who waits, not for the program that reads the output."""
    print(line, file=sys.stderr, flush=True)
