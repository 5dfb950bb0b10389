"""Many submissions, one after the other on each of some sandboxes; each is graded once.

A result is written as soon as it is known. A run that was stopped at any moment is continued by the
same command: what is there is not done again.
"""

import contextlib
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vae_np import files
from vae_np.course import examine, process
from vae_np.course.records import Call, Result
from vae_np.grading import forms, pictures, plan
from vae_np.grading.forms import Work
from vae_np.grading.plan import Plan
from vae_np.grading.sandbox import Sandbox
from vae_np.grading.submissions import Submission

FORMAT = 1


class Graded(NamedTuple):
    """What became of one submission: the name of its result, or why there is none."""

    submission: Submission
    digest: str = ""
    work: str = ""  # the hash of what was graded
    remarks: tuple[str, ...] = ()
    problem: str = ""  # the submission's: it cannot be read
    fault: str = ""  # the grader's
    fresh: bool = False  # graded in this run


class Batch(NamedTuple):
    """A run over submissions."""

    plan: Plan
    out: Path
    first: Sandbox  # ready, for one of the threads
    another: Callable[[], Sandbox]  # for each of the others
    kept: Mapping[str, tuple[str, str]] = {}
    questions: tuple[list[Call], pictures.Figures] | None = None  # from `pictures.questions`

    def run(self, submissions: Sequence[Submission], jobs: int) -> Iterator[Graded]:
        """Each submission's outcome, as soon as it is there; a failure is one of them."""
        waiting: queue.Queue[Submission] = queue.Queue()
        for submission in submissions:
            waiting.put(submission)
        done: queue.Queue[Graded] = queue.Queue()
        stop = threading.Event()
        threads = [
            threading.Thread(
                target=self._work,
                args=(waiting, done, stop, None if i else self.first),
                daemon=True,
            )
            for i in range(max(1, min(jobs, len(submissions))))
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in submissions:
                yield done.get()
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _work(self, waiting, done, stop, ready) -> None:
        with contextlib.ExitStack() as stack, np.errstate(all="ignore"):
            own = Own(stack, self.another, ready)
            while not stop.is_set():
                try:
                    submission = waiting.get_nowait()
                except queue.Empty:
                    return
                done.put(self._one(submission, own))

    def _one(self, submission: Submission, own: "Own") -> Graded:
        try:
            return self._graded(submission, own)
        except ValueError as problem:
            return Graded(submission, problem=process.plain_text(str(problem)))
        except Exception as error:  # one submission must never be the end of all
            self._log(submission)
            return Graded(submission, fault=f"{type(error).__name__}: {error}")

    def _graded(self, submission: Submission, own: "Own") -> Graded:
        work = forms.read(submission.paths, self.plan.given)
        digest, sha256 = self.plan.digest(work.sha256), work.sha256
        remarks = tuple(map(process.plain_text, work.remarks))
        before = self.kept.get(submission.student, ("", ""))
        for known in ([before[1]] if before[0] == sha256 else []) + [digest]:
            if plan.result(self.out, known) is not None:
                return Graded(submission, known, sha256, remarks)
        record, figures = self._verdicts(work, own.sandbox())
        if figures:
            with files.replacing(self.out / plan.RESULTS / f"{digest}.npz") as file:
                np.savez_compressed(file, **figures)
        plan.keep(self.out, digest, record)
        return Graded(submission, digest, sha256, remarks, fresh=True)

    def _verdicts(self, work: Work, box: Sandbox) -> tuple[dict[str, Any], pictures.Figures]:
        started = time.monotonic()
        results, figures = verdicts(work, self.plan, box, self.questions)
        if all(result.status == "not_run" for result in results):
            raise ValueError(results[0].message)
        record = {
            "format": FORMAT,
            "work": work.sha256,
            "form": work.form,
            "grader": plan.version(),
            "language": self.plan.language,
            "sandbox": box.level._asdict(),
            "seconds": round(time.monotonic() - started, 2),
            "notes": list(box.notes),
            "results": [result._asdict() for result in results],
        }
        return record, figures

    def _log(self, submission: Submission) -> None:
        with (self.out / "faults.log").open("a", encoding="utf-8") as file:
            file.write(f"{submission.student}\n{traceback.format_exc()}\n")


class Own:
    """A thread's sandbox, made when it is first needed."""

    def __init__(
        self, stack: contextlib.ExitStack, make: Callable[[], Sandbox], ready: Sandbox | None
    ):
        self.stack, self.make, self.current = stack, make, ready

    def sandbox(self) -> Sandbox:
        """The sandbox, ready for the next submission."""
        if self.current is None:
            self.current = self.stack.enter_context(self.make())
        return self.current


def verdicts(
    work: Work, by: Plan, box: Sandbox, questions: tuple | None
) -> tuple[list[Result], pictures.Figures]:
    """The results of one submission, and its figures."""
    if work.form == forms.SCRIPT:
        from vae_np.course import script

        watch = pictures.Watch(box.ask)
        path = box.fill("script", work.files) / work.main
        return script.examine(path, by.course.exercises, by.key, watch.ask), watch.figures
    tree = box.fill("vae_np", work.files).parent
    results = examine.examine(tree, by.course.exercises, by.key, box.ask, box.spare)
    if questions is None:
        return results, {}
    calls, own = questions
    load = {"tree": str(tree), "spare": str(box.spare)}
    originals = own["3.2"][: pictures.TEST_IMAGES] / 255.0
    return results, pictures.of_package(box.ask, load, calls, originals)
