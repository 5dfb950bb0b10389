"""The command that students run: check the exercises here, or in a file, and say what is wrong."""

import argparse
import contextlib
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from vae_np.course import examine, exercises, key, process, report, texts
from vae_np.course.exercises import Course
from vae_np.course.key import Key
from vae_np.course.records import Result
from vae_np.course.texts import _

ROOT = Path(__file__).resolve().parents[2]
KEY = Path(__file__).with_name("key")
BLANK = Path(__file__).with_name("blank")
POLL_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of this command."""
    parser.description = _(
        "Check exercises: which are right, and if one is not, which mistake it is."
    )
    parser.epilog = f"""{_("examples:")}
  python -m vae_np check
  python -m vae_np check 1.3 --hint
  python -m vae_np check 1.3 --hint --hint
  python -m vae_np check --watch
  python -m vae_np check path/to/vae.py

{_("exit status: 0 if all that was checked is right, 1 if not, 2 for a wrong command")}"""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "what",
        nargs="*",
        metavar=_("EXERCISE|PATH"),
        help=_(
            "exercises such as 1.3 (default: all), and a folder or a one-file vae.py to check "
            "(default: this folder)"
        ),
    )
    parser.add_argument(
        "--hint",
        action="count",
        default=0,
        help=_("show a hint; repeat it for a plainer one"),
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help=_("check again whenever a file is saved; Ctrl-C stops"),
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help=_("also write the results to FILE, as JSON")
    )
    parser.add_argument(
        "--lang", metavar="LANG", help=_("en or es (default: the language of your system)")
    )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help=_("points and choice of exercises (default: course.toml here, if there is one)"),
    )


def run(args: argparse.Namespace) -> int:
    """Check as `args` say: 0 if all is right, 1 if not. Raises ValueError for a wrong command."""
    texts.use(args.lang)
    names, target = split(args.what)
    course = exercises.load(args.settings or ROOT / exercises.SETTINGS)
    if names:
        points = {exercise.id: exercise for exercise in course.exercises}
        chosen = tuple(points.get(e.id, e) for e in exercises.choose(names))
        course = course._replace(exercises=chosen)
    answers = answer_key()
    if not args.watch:
        return 0 if _check(args, target, course, answers) else 1
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            before = saved(target)
            print("\n" + time.strftime("%H:%M:%S"), flush=True)
            _check(args, target, course, answers)
            print(_("waiting for a file to be saved; Ctrl-C stops"), flush=True)
            while saved(target) == before:
                time.sleep(POLL_SECONDS)
    return 0


def split(what: Sequence[str]) -> tuple[list[str], Path]:
    """The exercises named, and the one path to check. Raises ValueError for anything else."""
    known = {exercise.id for exercise in exercises.TABLE}
    names = [word for word in what if word in known]
    paths = [word for word in what if word not in known]
    if len(paths) > 1:
        raise ValueError(_("more than one path: {paths}").format(paths=", ".join(paths)))
    if not paths:
        return names, ROOT
    path = Path(paths[0])
    if not path.exists():
        message = _("{what!r} is neither an exercise ({known}) nor a file or folder")
        raise ValueError(message.format(what=paths[0], known=", ".join(sorted(known))))
    return names, path


def answer_key() -> Key:
    """The hand-out's key; a full checkout has none and makes it on the spot."""
    if KEY.is_dir() or importlib.util.find_spec("vae_np.course.keymaker") is None:
        return key.load(KEY)
    from vae_np.course import keymaker

    return keymaker.make(seed=0)


def check(
    target: Path, course: Course, answers: Key, printed: dict[str, str] | None = None
) -> list[Result]:
    """The results for a folder or a one-file script; `printed` gets what exercises print."""
    printed = {} if printed is None else printed
    with process.Plain(course.seconds) as other:
        if target.is_file():
            from vae_np.course import script

            chosen = course.exercises
            return script.examine(target, chosen, answers, other.ask, printed.__setitem__)
        spare = BLANK if BLANK.is_dir() else None
        return examine.examine(
            target, course.exercises, answers, other.ask, spare, printed.__setitem__
        )


def _check(args: argparse.Namespace, target: Path, course: Course, answers: Key) -> bool:
    printed: dict[str, str] = {}
    try:
        results = check(target, course, answers, printed)
    except OSError as error:
        raise ValueError(str(error)) from error
    print(report.table(results, args.hint, printed), flush=True)
    if args.hint == 0 and any(result.status != "right" for result in results):
        print(_("For a hint: python -m vae_np check EXERCISE --hint"))
    if args.json:
        try:
            args.json.write_text(report.to_json(results), encoding="utf-8")
        except OSError as error:
            print(f"{args.json}: {error.strerror}", file=sys.stderr)
            return False
    return all(result.status == "right" for result in results)


def saved(target: Path) -> dict[Path, tuple[int, int]]:
    """When each of the student's files was saved, and its size: no watcher service is needed."""
    files = [target] if target.is_file() else examine.sources(target)
    states = {}
    for file in files:
        with contextlib.suppress(OSError):  # an editor may be exchanging it just now
            status = file.stat()
            states[file] = (status.st_mtime_ns, status.st_size)
    return states
