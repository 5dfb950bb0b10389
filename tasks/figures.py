"""Every task from scratch: all figures, one after the other, with a line on each."""

import contextlib
import io
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence

from tasks import (
    cli,
    derivations,
    task1,
    task2,
    task3,
    task4,
    task5,
    task6,
    task7,
    task8,
    task9,
)

TASKS = {  # tasks 2 and 4 train the models that 3 and 5 to 8 look at
    "derivations": derivations.main,
    "task1": task1.main,
    "task2": task2.main,
    "task3": task3.main,
    "task4": task4.main,
    "task5": task5.main,
    "task6": task6.main,
    "task7": task7.main,
    "task8": task8.main,
    "task9": task9.main,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the tasks with the options given; what each prints goes to log.txt in its folder."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = cli.parser("figures", __doc__, ["", "--quick", "--dataset mnist"])
    options = parser.parse_args(arguments)
    if options.out or options.resume:
        raise ValueError(
            "--out, --resume: expected neither; every task has a folder of its own in runs/ "
            "and starts from scratch"
        )
    started = _clocks()
    for name, task in TASKS.items():
        if name == "task8" and options.dataset != "digits":
            print(f"{name:12} left out: it needs the attributes of the built-in digits", flush=True)
            continue
        _run(name, task, [] if name == "derivations" else arguments, options)
    wall, cpu = (after - before for after, before in zip(_clocks(), started, strict=True))
    print(f"{'all':12} {wall / 60:6.1f} minutes, {cpu / 60:.1f} of the processor's")


def _run(
    name: str, task: Callable[[Sequence[str]], None], arguments: list[str], options: Namespace
) -> None:
    """One task, its output kept in a file: a line when it starts, its times when it is done."""
    folder = cli.usual_folder(options, name)
    print(f"{name:12} ", end="", flush=True)
    before, output = _clocks(), io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
            task(arguments)
    finally:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log.txt").write_text(output.getvalue(), encoding="utf-8")
    wall, cpu = (after - start for after, start in zip(_clocks(), before, strict=True))
    print(f"{wall:6.1f} seconds, {cpu:6.1f} of the processor's; {folder}", flush=True)


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    cli.run(main, "figures")
