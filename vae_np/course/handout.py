"""The command that makes the students' folder: the library with blanks, checks, sheet and key."""

import argparse
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from vae_np.course import blanks, exercises, key, keymaker, merge, sheet, texts
from vae_np.course.check import ROOT
from vae_np.course.exercises import Course, Exercise
from vae_np.course.texts import _

LIBRARY = (
    "__init__ __main__ ablations adam bernoulli bounds built_in checkpoint data digits download "
    "evaluate figures files gaussian gaussian_decoder idx mlp mnist objectives ops optimisers "
    "own_images streams symptoms train vae"
)
# What tasks 4 to 9 need; the worksheet's answers stay here
EXPERIMENTS = (
    "__init__ autoencoder classifier estimators figures_latent figures_lines full_gaussian "
    "latent_arithmetic latent_plane linear_gaussian measurements neighbours pca posterior"
)
COURSE = (
    "__init__ blanks check child compare diagnose examine exercises frames key process records "
    "report reset texts"
)
# The checks of the one-file assignment
ONE_FILE = ("script", "script_figures", "laws", "child_script", "child_calls", "child_world")
TASKS = "__init__ cli presets task1 task2 task3 training"
TASKS_OF_EXPERIMENTS = "models task4 task5 task6 task7 task8 task9"
OTHERS = ("vae_np/digit_strokes.txt", "data/README.md", "pyproject.toml", "LICENSE", ".gitignore")
# What other functions would give away of an exercise: their bodies go with its own
WITHHELD = {
    "1.4": (
        "vae_np.gaussian_decoder.elbo_terms",
        "vae_np.bounds.log_weights",
        "vae_np.experiments.estimators.sgvb",
        "vae_np.experiments.estimators.reparameterised",
        "vae_np.experiments.estimators.score_function",
    ),
    "3.1": ("vae_np.ablations.squared_error",),
    "3.3": ("vae_np.experiments.autoencoder.between",),
}
RECORD = "vae_np/course/handout.json"
OLDEST = (1980, 1, 1, 0, 0, 0)  # the date of every file in a zip: equal hand-outs are equal files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of this command."""
    parser.description = (
        "Make the students' folder: the library with the exercises' bodies cut out, the checks "
        "with an answer key of numbers, the tasks, and the assignment sheet. Laid over a "
        "student's folder, it keeps what the student wrote."
    )
    parser.epilog = """examples:
  python -m vae_np handout --out handout --seed 1
  python -m vae_np handout --out handout --seed 1 --exercises 1.1,1.2,1.3 --zip
  python -m vae_np handout --out entrega --seed 1 --lang es --settings course.toml"""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the new folder")
    parser.add_argument(
        "--seed", type=int, required=True, metavar="S", help="of the key's random numbers"
    )
    parser.add_argument(
        "--exercises",
        metavar="LIST",
        help="such as 1.1,1.3 (default: the settings' choice, or all of exercises 1 to 3)",
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="points and choice of exercises (TOML)"
    )
    parser.add_argument("--lang", metavar="LANG", help="of the sheet: en or es")
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="task 3's figures for the sheet (default: made now, by the reference)",
    )
    parser.add_argument("--zip", action="store_true", help="also write DIR.zip")


def run(args: argparse.Namespace) -> int:
    """Make the hand-out as `args` say. Raises ValueError for what cannot be done."""
    texts.use(args.lang)
    names = None
    if args.exercises is not None:
        names = [name.strip() for name in args.exercises.split(",") if name.strip()]
    course = exercises.load(args.settings, names)
    if not (ROOT / "tasks").is_dir():
        raise ValueError(_("a hand-out is made from a checkout, with its folder tasks"))
    try:
        with tempfile.TemporaryDirectory() as scratch:
            make(Path(scratch) / "handout", course, args.seed, args.pictures)
            for note in lay(Path(scratch) / "handout", args.out):
                print(note)
        if args.zip:
            archive = args.out.resolve().with_name(args.out.resolve().name + ".zip")
            pack(args.out, archive)
            print(archive)
    except OSError as error:
        raise ValueError(f"{error.filename or args.out}: {error.strerror or error}") from error
    ids = ", ".join(exercise.id for exercise in course.exercises)
    print(_("{folder}: exercises {ids}").format(folder=args.out, ids=ids))
    return 0


def make(folder: Path, course: Course, seed: int, pictures: Path | None = None) -> None:
    """Write a fresh hand-out into a new folder."""
    for name, content in files(course.exercises).items():
        _write(folder / name, content)
    for exercise in course.exercises:
        for function in exercise.functions:
            file = folder / exercises.place(function)[0]
            _write(folder / "vae_np/course/blank" / file.name, file.read_bytes())
    key.save(keymaker.make(seed, course.exercises), folder / "vae_np/course/key")
    sheet.write(folder, course, pictures)
    hashes = {name: _sha256(folder / name) for name in _names(folder)}
    _write(folder / RECORD, (json.dumps(hashes, indent=1) + "\n").encode())


def files(chosen: Sequence[Exercise], root: Path = ROOT) -> dict[str, bytes]:
    """The hand-out's files that come from this checkout, by name, with their blanks cut."""
    names = [f"vae_np/course/{stem}.py" for stem in COURSE.split()]
    names += [n for stem in ONE_FILE if (root / (n := f"vae_np/course/{stem}.py")).is_file()]
    names += [f"tasks/{stem}.py" for stem in TASKS.split()]
    contents = library(chosen, root)
    if {exercise.id for exercise in chosen} & {exercise.id for exercise in exercises.EXPERIMENTS}:
        names += [f"tasks/{stem}.py" for stem in TASKS_OF_EXPERIMENTS.split()]
        contents |= _blanked(_names_of_experiments(), chosen, root)
    names += [path.relative_to(root).as_posix() for path in sorted(texts.FOLDER.rglob("*.mo"))]
    contents |= {name: (root / name).read_bytes() for name in [*names, *OTHERS]}
    contents["Makefile"] = (Path(__file__).parent / "templates/Makefile").read_bytes()
    return contents


def library(chosen: Sequence[Exercise], root: Path = ROOT) -> dict[str, bytes]:
    """The library's files, by name, with their blanks cut.

    The leaves of the experiments are among them if a blank is.
    """
    names = [f"vae_np/{stem}.py" for stem in LIBRARY.split()]
    if any("vae_np.experiments." in function for e in chosen for function in e.functions):
        names += _names_of_experiments()
    return _blanked(names, chosen, root)


def _names_of_experiments() -> list[str]:
    return [f"vae_np/experiments/{stem}.py" for stem in EXPERIMENTS.split()]


def _blanked(names: Sequence[str], chosen: Sequence[Exercise], root: Path) -> dict[str, bytes]:
    contents = {name: (root / name).read_bytes() for name in names}
    for name, bodies in _cuts(chosen).items():
        if name in contents:
            source = contents[name].decode("utf-8")
            cut = blanks.without_orphans(source, blanks.cut(source, bodies))
            contents[name] = blanks.with_numpy(cut).encode()
    return contents


def _cuts(chosen: Sequence[Exercise]) -> dict[str, dict[str, str]]:
    """For each file, the functions to cut, and what their blanks say."""
    cuts: dict[str, dict[str, str]] = {}
    for exercise in chosen:
        texts_of = dict.fromkeys(exercise.functions, exercise.blank)
        withheld = f"left out of the hand-out, because it would show exercise {exercise.id}"
        texts_of |= dict.fromkeys(WITHHELD.get(exercise.id, ()), withheld)
        for function, text in texts_of.items():
            file, name = exercises.place(function)
            cuts.setdefault(file, {})[name] = text
    return cuts


def lay(new: Path, out: Path) -> list[str]:
    """Put a fresh hand-out into a folder; over a student's, keep what the student wrote.

    What there is to say about files that were kept or set aside. Raises ValueError for a folder
    that holds something else.
    """
    record = out / RECORD
    if out.exists() and not out.is_dir():
        raise ValueError(_("{folder} is a file: expected a folder").format(folder=out))
    if out.is_dir() and any(out.iterdir()) and not record.is_file():
        message = _("{folder} is not empty, and no hand-out: choose a new folder")
        raise ValueError(message.format(folder=out))
    before = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    notes = []
    for name in [*_names(new), RECORD]:
        content, target = (new / name).read_bytes(), out / name
        is_edited = (
            target.is_file()
            and name != RECORD
            and _sha256(target) != before.get(name)
            and target.read_bytes() != content
        )
        if is_edited:
            _write(target.with_name(f"{target.name}.old"), target.read_bytes())
            content, note = merge.merged(content, target.read_bytes())
            notes.append(f"{name}: {note}")
        _write(target, content)
    return notes


def pack(folder: Path, archive: Path) -> None:
    """Write the hand-out's own files in a folder as a zip, the same bytes for the same files."""
    record: Mapping[str, str] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted([*record, RECORD]):
            entry = zipfile.ZipInfo(f"{archive.stem}/{name}", OLDEST)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)


def _names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
