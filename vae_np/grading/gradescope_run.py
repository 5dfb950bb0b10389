"""Grades one submission inside Gradescope's container: /autograder/submission to results.json."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from vae_np import files
from vae_np.course import exercises, texts
from vae_np.course.texts import _
from vae_np.grading import batch, forms, gradescope, levels, plan
from vae_np.grading.sandbox import FaultError, Limits, Sandbox

MEMORY = 384 * 2**20  # of the 768 MB of the smallest container
WALL_FACTOR = 8  # half a processor


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade, and write the results in one go, whatever happens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Gradescope's /autograder")
    parser.add_argument("--lang", default="en")
    parser.add_argument("--require", choices=("strong", "basic"), default="basic")
    args = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        content = grade(args, started)
    except (ValueError, FaultError) as error:
        content = gradescope.failure(str(error))
    except Exception as error:  # the file must be there, and say so
        traceback.print_exc()
        message = _("The autograder failed: {error}").format(error=type(error).__name__)
        content = gradescope.failure(message)
    with files.replacing(args.folder / "results" / "results.json") as file:
        file.write(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())
    return 0


def grade(args: argparse.Namespace, started: float) -> dict:
    """The results. Raises ValueError for a submission that cannot be graded."""
    texts.use(args.lang)
    source = args.folder / "source"
    course = exercises.load(source / exercises.SETTINGS)
    by = plan.make(course, plan.seed(source, None), args.lang)
    limits = Limits(round(course.seconds), WALL_FACTOR * course.seconds, MEMORY)
    with Sandbox(limits, by.given, require=args.require) as box:
        work = forms.read([args.folder / "submission"], by.given)
        found, _figures = batch.verdicts(work, by, box, None)
        return gradescope.results(
            [result._asdict() for result in found],
            time.monotonic() - started,
            levels.text(box.level),
            [*work.remarks, *box.notes],
        )


if __name__ == "__main__":
    sys.exit(main())
