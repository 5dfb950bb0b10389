"""The other process as a plain subprocess, on every system: started, asked, and stopped from here.

It keeps a mistake from stopping or confusing the checks. It is no protection against a hostile
submission.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from vae_np.course import frames
from vae_np.course.child import END_OF_OUTPUT
from vae_np.course.records import Answer, Job, Outcome

CHILD = Path(__file__).with_name("child.py")
START_SECONDS = 60.0  # to import the libraries on a slow disk
STATUSES = ("value", "blank", "error", "exit", "missing", "stub_miss")
KEPT_OUTPUT = 2_000  # bytes


class Plain:
    """A context manager whose `ask` runs jobs in one process, started again when it has ended."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.process = None

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_) -> None:
        self._stop()

    def ask(self, job: Job) -> Answer:
        """What the student's code answers to a job; nothing that it does raises here."""
        if self.process is None:
            self._start()
        outcomes: list[Outcome] = []
        with contextlib.suppress(OSError):  # a process that is gone is noticed below
            frames.write(self.process.stdin, job.header, job.arrays)
        end, detail = self._collect(outcomes, job)
        if end != "done":
            self._stop()
        return Answer(outcomes, end, detail, self.printed.take(wait=end == "done"))

    def _start(self) -> None:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=os.name == "posix",
        )
        self.printed = Printed(self.process.stderr)
        self.messages = queue.Queue()
        threading.Thread(
            target=_read_all, args=(self.process.stdout, self.messages), daemon=True
        ).start()
        ready = self._next(START_SECONDS)
        if not isinstance(ready, tuple) or ready[0] != {"id": "ready"}:
            output = self.printed.take()
            self._stop()
            raise OSError(f"Python could not be started for the checks: {output or ready}")

    def _collect(self, outcomes: list[Outcome], job: Job) -> tuple[str, str]:
        """Add outcomes until the job ends; how it ended."""
        name = job.header["id"]
        deadline = time.monotonic() + self.seconds
        while True:
            message = self._next(deadline - time.monotonic())
            if message == "timeout":
                return "timeout", ""
            if message == "closed":
                return "crash", self._exit()
            if isinstance(message, str):
                return "garbled", message
            header, arrays = message
            if header == {"id": name, "done": True}:
                if len(outcomes) < len(job.header["calls"]):
                    return "garbled", "the end came before the answers"
                return "done", ""
            try:
                outcomes.append(outcome(header, arrays, name, len(outcomes)))
            except frames.FrameError as error:
                return "garbled", str(error)

    def _next(self, seconds: float):
        try:
            return self.messages.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return "timeout"

    def _exit(self) -> str:
        """How the process ended, in a few words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(1.0)
            if code < 0:
                with contextlib.suppress(ValueError):
                    return signal.Signals(-code).name
            return f"exit {code}"
        return ""

    def _stop(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        self.process = None


def outcome(header: dict, arrays: list[np.ndarray], name: str, number: int) -> Outcome:
    """A reply as an Outcome. Raises FrameError unless it has exactly the form that is asked for."""
    if set(header) != {"id", "call", "status", "kind", "message", "where"}:
        raise frames.FrameError("a reply of an unknown form")
    texts = [header[key] for key in ("status", "message", "where")]
    if (header["id"], header["call"]) != (name, number) or header["status"] not in STATUSES:
        raise frames.FrameError("a reply to another question")
    if not all(isinstance(text, str) and len(text) <= 2_000 for text in texts):
        raise frames.FrameError("a reply whose text is no short text")
    return Outcome(
        header["status"],
        _kind(header["kind"]),
        tuple(arrays),
        plain_text(header["message"]),
        plain_text(header["where"]),
    )


def _kind(kind, depth=0):
    if isinstance(kind, str) and len(kind) <= 60:
        return plain_text(kind)
    if isinstance(kind, list) and 0 < len(kind) < 64 and depth < 4:
        return [_kind(kind[0], 4), *(_kind(item, depth + 1) for item in kind[1:])]
    raise frames.FrameError("a value of an unknown kind")


def plain_text(text: str) -> str:
    """The text without control codes, so that no terminal obeys it; line ends become spaces."""
    return "".join(c if c.isprintable() else " " for c in text)


def _read_all(stream, messages: queue.Queue) -> None:
    """Put every message on the queue; at the end "closed", or what is wrong with the stream."""
    try:
        while (message := frames.read(stream)) is not None:
            messages.put(message)
        messages.put("closed")
    except frames.FrameError as error:
        ended = "ends too early" in str(error)
        messages.put("closed" if ended else f"{error}")
    except (OSError, ValueError):
        messages.put("closed")


class Printed:
    """The beginning of what a process prints; the rest is read, so that it can go on, and lost."""

    def __init__(self, stream):
        self.kept, self.tail = bytearray(), b""
        self.complete = threading.Event()
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream) -> None:
        with stream:
            while piece := stream.read1(2**16):
                self.kept += piece[: max(0, KEPT_OUTPUT - len(self.kept))]
                self.tail = (self.tail + piece)[-len(END_OF_OUTPUT) :]
                if self.tail == END_OF_OUTPUT:
                    self.complete.set()

    def take(self, wait: bool = False) -> str:
        """What was kept since the last time, line by line without control codes.

        With `wait`, the end of the job's output is waited for, but not for long.
        """
        if wait:
            self.complete.wait(0.2)
        self.complete.clear()
        kept, self.kept = bytes(self.kept), bytearray()
        text = kept.removesuffix(END_OF_OUTPUT).decode("utf-8", "replace")
        return "\n".join(plain_text(line).rstrip() for line in text.splitlines())
