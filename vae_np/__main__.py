"""The command line: python -m vae_np COMMAND, for students and for instructors."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from vae_np.course import texts

# Name, module with add_arguments and run, help. A hand-out lacks some of the modules.
COMMANDS = (
    ("data", "vae_np.download", "fetch MNIST"),
    ("check", "vae_np.course.check", "check exercises, and name the mistakes"),
    ("reset", "vae_np.course.reset", "bring one blank back"),
    ("handout", "vae_np.course.handout", "make the students' folder"),
    ("grade", "vae_np.grading.grade", "grade a class"),
    ("merge", "vae_np.grading.merge", "put the parts of a class together"),
    ("report", "vae_np.grading.report", "make pages of grades"),
    ("gradescope", "vae_np.grading.gradescope", "make an autograder for Gradescope"),
)


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line with the commands that are installed; `words` are what it is to parse."""
    result = argparse.ArgumentParser(
        prog="python -m vae_np",
        description="Variational autoencoders from scratch: data, exercises and their checks.",
        epilog="help on one command: python -m vae_np COMMAND --help",
    )
    commands = result.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module, text in COMMANDS:
        if _is_here(module):
            command = commands.add_parser(name, help=text)
            command.set_defaults(module=module)
            if name in words[:1]:  # the others need not be imported
                importlib.import_module(module).add_arguments(command)
    return result


def _is_here(module: str) -> bool:
    """Whether this package has such a module: another one that is installed does not count."""
    return Path(__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py").is_file()


def language(words: Sequence[str]) -> str | None:
    """The language asked for, if there is such a one: help comes before options are read."""
    wanted = [b for a, b in zip(words, [*words[1:], ""], strict=True) if a == "--lang"]
    return next((name for name in wanted if name in texts.languages()), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. A wrong command is one line on stderr, and 2."""
    words = sys.argv[1:] if arguments is None else arguments
    texts.use(language(words))
    options = parser(words).parse_args(words)
    try:
        return importlib.import_module(options.module).run(options)
    except ValueError as error:
        print(f"vae_np {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
