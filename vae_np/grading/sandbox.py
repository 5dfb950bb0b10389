"""The sandbox as seen from the grader: a launcher whose `ask` runs each job in a confined process.

    grader (key, verdicts) -- job, replies --> zygote (libraries) -- fork --> child (submission)

The grader compares; nothing that it knows is in the other two. The channel is two pipes of raw
frames, made anew for each job.
"""

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from vae_np.course import frames, process
from vae_np.course.records import Answer, Job, Outcome
from vae_np.course.texts import _
from vae_np.grading import levels, room, shelf

INSIDE = Path(__file__).with_name("inside")
COURSE = Path(process.__file__).parent
SHIPPED = ("child*.py", "frames.py")  # what runs in the child, copied for it
START_SECONDS = 60.0
GRACE_SECONDS = 15.0  # for the zygote to do its duty, before it is replaced
MAX_REPLY = 2**27  # bytes, all replies of a job together
LAZY = ("wave", "scipy.optimize")  # modules that a trial imports when it is confined
LAYERS = ("landlock", "seccomp")
ONE_THREAD = {
    f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
}


class Limits(NamedTuple):
    """What one job may use."""

    cpu: int = 5  # seconds
    wall: float = 20.0  # seconds: more than `cpu`, since a machine is shared
    memory: int = 2**30  # bytes, beside the libraries


class FaultError(Exception):
    """The sandbox itself failed, which says nothing about a submission."""


class Sandbox:
    """A context manager: `fill` puts a submission into it, `ask` runs a job on that.

    Raises FaultError if it cannot be set up, or is weaker than what is required.
    """

    def __init__(
        self,
        limits: Limits,
        spare: Mapping[str, bytes] = {},
        layers: tuple[str, ...] = LAYERS,
        require: str = levels.BASIC,
    ):
        self.limits, self.given, self.layers, self.require = limits, spare, layers, require
        self.notes: list[str] = []  # what was odd about the jobs so far
        self.zygote: subprocess.Popen | None = None

    def __enter__(self) -> "Sandbox":
        self.home = room.new(self.given)
        self.spare, self.temporary = self.home / room.SPARE, self.home / room.TEMPORARY
        (self.home / "course").mkdir()
        for file in (file for pattern in SHIPPED for file in COURSE.glob(pattern)):
            shutil.copyfile(file, self.home / "course" / file.name)
        (self.home / "secret").write_text("not for submissions")
        self.targets = shelf.fill(self.home / "shelf")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._stop()
        room.remove(self.home)

    def fill(self, name: str, contents: Mapping[str, bytes]) -> Path:
        """Put a submission's files into a folder of this name, in the place of the last ones."""
        self.notes.clear()
        return room.fill(self.home, name, contents)

    def ask(self, job: Job) -> Answer:
        """What the submission in `box` answers to a job; nothing that it does raises here."""
        (job_out, job_in), (reply_out, reply_in) = os.pipe(), os.pipe()
        request = json.dumps({"wall": self.limits.wall, "cpu": self.limits.cpu}).encode()
        try:
            try:
                socket.send_fds(self.control, [request], [job_out, reply_in])
            except OSError:  # it has ended since the last job, which is nobody's fault
                self._restart()
                socket.send_fds(self.control, [request], [job_out, reply_in])
        finally:
            os.close(job_out)
            os.close(reply_in)
        deadline = time.monotonic() + self.limits.wall + GRACE_SECONDS
        with Channel(job_in, reply_out, self.control, deadline) as channel:
            outcomes, end = _converse(job, channel)
            report = channel.report or self._report(
                "closed" if end == "closed" else "stop", deadline
            )
        if report is None:
            self._restart()
            return Answer(outcomes, "crash", _("it ended the sandbox"))
        if report["end"] == "unconfined":
            raise FaultError(f"a process could not be confined: {report['output']}")
        if report["others"]:
            note = _("{exercise}: left {count} processes running; they were ended")
            self.notes.append(note.format(exercise=job.header["id"], count=report["others"]))
        output = "\n".join(process.plain_text(line) for line in report["output"].splitlines())
        return Answer(outcomes, *(_end(report["end"]) if end == "closed" else end), output)

    def _report(self, word: str, deadline: float) -> dict | None:
        """End the job; the zygote's report on it, None if there is no zygote any more."""
        with contextlib.suppress(OSError):
            self.control.send(word.encode())
            self.control.settimeout(max(0.1, deadline - time.monotonic()))
            message = self.control.recv(2**16)
            return json.loads(message) if message else None
        return None

    def _start(self) -> None:
        self.control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        log = self.home / "log"
        with other, log.open("wb") as errors:
            # -I, -S: no folder of the user's, no site-packages, no file in them that runs code
            self.zygote = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", "-B", str(INSIDE / "zygote.py")),
                    *(str(other.fileno()), json.dumps(self._settings())),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=self._environment(),
                pass_fds=[other.fileno()],
                start_new_session=True,
            )
        self.control.settimeout(START_SECONDS)
        try:
            report = self.control.recv(2**16)
        except TimeoutError:
            report = b""
        if not report:
            lines = log.read_text(errors="replace").splitlines()
            raise FaultError(f"the sandbox does not start: {lines[-1] if lines else 'too slow'}")
        self.level = levels.obtained(json.loads(report))
        if self.require == levels.STRONG and self.level.name != levels.STRONG:
            raise FaultError(levels.shortfall(self.level))

    def _settings(self) -> dict:
        return {
            "layers": self.layers,
            "memory": self.limits.memory,
            "home": str(self.home),
            "path": [str(self.home / "shelf"), *shelf.compiled()],
            "course": str(self.home / "course"),
            "temporary": str(self.temporary),
            "readable": [
                *(str(self.home / name) for name in ("shelf", "course", room.BOX, room.SPARE)),
                *shelf.readable(self.targets),
            ],
            "writable": [str(self.temporary), os.devnull],
            "secret": str(self.home / "secret"),
            "open": [str(self.home / "course" / "child.py")],
            "lazy": LAZY,
            "warm": ["scipy.special", "scipy.stats"],
        }

    def _environment(self) -> dict[str, str]:
        here = str(self.temporary)
        linker = {k: v for k, v in os.environ.items() if k == "LD_LIBRARY_PATH"}
        return {**linker, **ONE_THREAD, "LC_ALL": "C.UTF-8", "HOME": here, "TMPDIR": here} | {
            "CUDA_VISIBLE_DEVICES": "",
            "MPLBACKEND": "agg",
        }

    def _restart(self) -> None:
        self._stop()
        self._start()

    def _stop(self) -> None:
        if self.zygote is None:
            return
        with contextlib.suppress(OSError):
            self.control.send(b"bye")  # at which it ends its children, and itself
        self.control.close()
        try:
            self.zygote.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.zygote.kill()
            self.zygote.wait()
        self.zygote = None


def _converse(job: Job, channel: "Channel") -> tuple[list[Outcome], str | tuple[str, str]]:
    """Send a job and collect its outcomes; how that ended, "closed" if the zygote knows more."""
    outcomes: list[Outcome] = []
    name = job.header["id"]
    try:
        with contextlib.suppress(BrokenPipeError):  # why it is gone, the zygote will say
            frames.write(channel, job.header, job.arrays)
        channel.sent()
        while (message := frames.read(channel)) is not None:
            header, arrays = message
            if header == {"id": name, "done": True}:
                if len(outcomes) < len(job.header["calls"]):
                    raise frames.FrameError("the end came before the answers")
                return outcomes, ("done", "")
            outcomes.append(process.outcome(header, arrays, name, len(outcomes)))
    except frames.FrameError as error:
        if not channel.ended:
            return outcomes, ("garbled", str(error))
    except TimeoutError:
        return outcomes, ("timeout", "")
    return outcomes, "closed"


def _end(reported: str) -> tuple[str, str]:
    """End and detail of an answer, from the zygote's report."""
    if reported in ("wall", "cpu"):
        return "timeout", ""
    details = {"files": _("it wrote too many files, or too large ones"), "stopped": ""}
    return "crash", details.get(reported, reported)


class Channel:
    """The two pipes of a job, as one stream that waits no longer than until the deadline.

    Reading notices when the zygote reports the job's end; whatever had been sent is still read.
    """

    def __init__(self, job: int, reply: int, control: socket.socket, deadline: float):
        self.job, self.reply, self.control, self.deadline = job, reply, control, deadline
        self.report: dict | None = None
        self.ended = False
        self.size = 0
        os.set_blocking(job, False)

    def __enter__(self) -> "Channel":
        return self

    def __exit__(self, *_) -> None:
        self.sent()
        os.close(self.reply)

    def sent(self) -> None:
        """Nothing more will be written."""
        if self.job >= 0:
            os.close(self.job)
            self.job = -1

    def write(self, content: bytes) -> None:
        """All of it, or BrokenPipeError, or TimeoutError."""
        rest = memoryview(content)
        while rest:
            self._wait(self.job, select.POLLOUT)
            rest = rest[os.write(self.job, rest[: 2**16]) :]

    def flush(self) -> None:
        """Nothing is kept back."""

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer at the end. Raises TimeoutError, and FrameError if it is too much."""
        self.size += size
        if self.size > MAX_REPLY:
            raise frames.FrameError("more was sent than any answer needs")
        content = bytearray()
        while len(content) < size:
            self._wait(self.reply, select.POLLIN)
            piece = os.read(self.reply, min(size - len(content), 2**20))
            if not piece:
                self.ended = True
                break
            content += piece
        return bytes(content)

    def _wait(self, fd: int, event: int) -> None:
        """Until `fd` is ready, while an eye is kept on the zygote."""
        while True:
            poll = select.poll()
            poll.register(fd, event)
            if self.report is None:
                poll.register(self.control, select.POLLIN)
            ready = [number for number, _ in poll.poll(1000 * (self.deadline - time.monotonic()))]
            if not ready:
                raise TimeoutError
            if fd in ready:
                return
            message = self.control.recv(2**16)
            if not message:
                raise TimeoutError
            self.report = json.loads(message)
