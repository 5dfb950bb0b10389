"""What the tasks' command lines share: options, data, folders, and errors without tracebacks."""

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from tasks.presets import PRESETS
from vae_np import data
from vae_np.data import Dataset
from vae_np.train import Settings

RUNS = Path("runs")


def parser(name: str, description: str, examples: Sequence[str]) -> argparse.ArgumentParser:
    """The options that every task has."""
    lines = "\n".join(f"  python -m tasks.{name} {example}".rstrip() for example in examples)
    result = argparse.ArgumentParser(
        prog=f"python -m tasks.{name}",
        description=description,
        epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    preset = result.add_mutually_exclusive_group()
    preset.add_argument(
        "--preset",
        choices=PRESETS,
        default="default",
        help="; ".join(f"{key}: {value.summary}" for key, value in PRESETS.items()),
    )
    for key in ("quick", "classic"):
        preset.add_argument(
            f"--{key}", dest="preset", action="store_const", const=key, help=f"--preset {key}"
        )
    result.add_argument(
        "--dataset",
        default="digits",
        metavar="NAME",
        help="digits (built in), mnist, or FILE.npz with images of your own (default: digits)",
    )
    result.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where data files are looked for and kept"
    )
    result.add_argument("--epochs", type=positive, metavar="N", help="default: the preset's")
    result.add_argument("--batch-size", type=positive, metavar="N", help="default: the preset's")
    result.add_argument(
        "--objective",
        choices=("elbo", "iwae"),
        default="elbo",
        help="the bound to train on; iwae: the importance-weighted one (default: elbo)",
    )
    result.add_argument(
        "--samples",
        "--k",
        type=positive,
        default=1,
        metavar="N",
        help="draws of q(z|x) an image: L of the ELBO, k of iwae (default: 1)",
    )
    result.add_argument(
        "--processes",
        type=positive,
        default=1,
        metavar="N",
        help="processes that share each training step, at best a core each (default: 1)",
    )
    result.add_argument("--seed", type=natural, default=0, metavar="N", help="default: 0")
    result.add_argument("--out", type=Path, metavar="DIR", help="output folder (default: in runs/)")
    result.add_argument(
        "--resume", action="store_true", help="go on with a training run that was stopped"
    )
    return result


def positive(text: str) -> int:
    """An argparse type: a whole number from 1."""
    return _whole(text, least=1)


def natural(text: str) -> int:
    """An argparse type: a whole number from 0."""
    return _whole(text, least=0)


def _whole(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from {least}")
    return value


def settings(options: argparse.Namespace, **of_task: Any) -> Settings:
    """The preset's settings with what the task changes, and then what the command line changes."""
    changes = {"epochs": options.epochs, "batch_size": options.batch_size}
    return (
        PRESETS[options.preset]
        .settings._replace(**of_task)
        ._replace(
            objective=options.objective,
            samples=options.samples,
            processes=options.processes,
            **{name: value for name, value in changes.items() if value is not None},
        )
    )


def dataset(options: argparse.Namespace) -> Dataset:
    """The data set asked for, as much of it as the preset uses."""
    preset = PRESETS[options.preset]
    return data.load(
        options.dataset,
        options.data_dir,
        preset.train_size,
        preset.test_size,
        show_progress=True,
    )


def folder(options: argparse.Namespace, task: str) -> Path:
    """Where a task's output goes: --out, or its usual folder."""
    return options.out or usual_folder(options, task)


def usual_folder(options: argparse.Namespace, task: str) -> Path:
    """A task's folder in runs/, named after what was asked for."""
    changed = [
        f"{name}{value}"
        for name, value in (("epochs", options.epochs), ("batch", options.batch_size))
        if value is not None
    ]
    if (options.objective, options.samples) != ("elbo", 1):
        changed.append(f"{options.objective}{options.samples}")
    if options.processes != 1:
        changed.append(f"processes{options.processes}")
    stem = Path(options.dataset).stem
    return RUNS / task / "-".join([stem, options.preset, *changed, f"seed{options.seed}"])


def say_written(folder: Path, names: Sequence[str]) -> None:
    """Tell where the output is."""
    print(f"wrote to {folder}:", *names, sep="\n  ")


def run(main: Callable[[Sequence[str] | None], None], name: str) -> None:
    """Run a task with one BLAS thread; what a user can get wrong ends in one line, not a traceback.

    One thread makes results repeatable to the bit, and a busy neighbour does not slow it down.
    """
    warnings.showwarning = lambda message, *_, **__: print(f"note: {message}", file=sys.stderr)
    try:
        with threadpool_limits(1):
            main(None)
    except NotImplementedError as blank:
        sys.exit(f"{name}: not written yet: {blank}")
    except (ValueError, OSError, FloatingPointError) as error:
        sys.exit(f"{name}: error: {error}")
    except KeyboardInterrupt as stop:
        sys.exit(f"\n{name}: stopped. {stop}")
