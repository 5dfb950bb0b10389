"""The command that brings one blank back, as the hand-out had it."""

import argparse
from pathlib import Path

from vae_np.course import blanks, exercises, texts
from vae_np.course.check import BLANK, ROOT
from vae_np.course.texts import _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options and the help of this command."""
    parser.description = _(
        "Bring the blank of an exercise back. What you wrote is kept beside it, in a file.py.old."
    )
    parser.epilog = _("examples:") + "\n  python -m vae_np reset 1.3"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("exercise", help=_("its number, such as 1.3"))
    parser.add_argument(
        "--lang", metavar="LANG", help=_("en or es (default: the language of your system)")
    )


def run(args: argparse.Namespace) -> int:
    """Reset the exercise. Raises ValueError if there is nothing to reset it from."""
    texts.use(args.lang)
    exercise = exercises.find(args.exercise)
    if not BLANK.is_dir():
        raise ValueError(_("there are no blanks here: reset works in a hand-out's folder"))
    for function in exercise.functions:
        file = reset(ROOT, BLANK, function)
        print(
            _("{function} in {file} is blank again").format(
                function=function.removeprefix("vae_np."), file=file.relative_to(ROOT).as_posix()
            )
        )
    return 0


def reset(root: Path, blank: Path, function: str) -> Path:
    """Put the hand-out's function back into the student's file; the file.

    A file that is missing, or that is no longer Python, comes back whole. The file as it was is
    kept with the suffix .old.
    """
    path, name = exercises.place(function)
    file, original = root / path, blank / Path(path).name
    source = original.read_text(encoding="utf-8")
    text = blanks.text_of(source, name)
    if text is None:
        raise ValueError(f"{function} is not a blank of this hand-out")
    if file.is_file():
        content = file.read_bytes()
        file.with_suffix(".py.old").write_bytes(content)
        try:
            source = blanks.put(content.decode("utf-8"), name, text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            if b"def " + name.encode() in content or not content.strip():
                pass  # no longer Python: the whole file comes back
            else:
                source = _appended(content, text, source)
    file.write_text(source, encoding="utf-8", newline="\n")
    return file


def _appended(content: bytes, text: str, original: str) -> str:
    """The student's file with a deleted function at its end; the original if it is no Python."""
    try:
        source = content.decode("utf-8")
        compile(source, "student", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return original
    return f"{source.rstrip()}\n\n\n{text}"
