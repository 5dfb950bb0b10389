"""Where nothing can confine a process: a process of its own for each job, with a time limit.

For systems other than Linux. It keeps submissions apart from the grader and from one another, and
gives no protection against one that means harm.
"""

import platform
from collections.abc import Mapping
from pathlib import Path

from vae_np.course import process
from vae_np.course.records import Answer, Job
from vae_np.grading import levels, room
from vae_np.grading.sandbox import FaultError, Limits


class Plain:
    """The same as `sandbox.Sandbox`, on every system."""

    def __init__(
        self, limits: Limits, spare: Mapping[str, bytes] = {}, require: str = levels.BASIC
    ):
        self.limits, self.given = limits, spare
        self.notes: list[str] = []
        self.level = levels.none_here(platform.system())
        if require == levels.STRONG:
            raise FaultError(levels.shortfall(self.level))

    def __enter__(self) -> "Plain":
        self.home = room.new(self.given)
        self.spare = self.home / room.SPARE
        return self

    def __exit__(self, *_) -> None:
        room.remove(self.home)

    def fill(self, name: str, contents: Mapping[str, bytes]) -> Path:
        """Put a submission's files into a folder of this name, in the place of the last ones."""
        return room.fill(self.home, name, contents)

    def ask(self, job: Job) -> Answer:
        """What the submission answers to a job, asked in a new process."""
        with process.Plain(self.limits.wall) as other:
            return other.ask(job)
