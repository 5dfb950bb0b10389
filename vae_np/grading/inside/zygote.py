"""The warm parent: imports the libraries once, then forks a fresh, confined child for every job.

    python -I -S -B zygote.py CONTROL SETTINGS

CONTROL is a socket's number, SETTINGS is JSON (see `sandbox.py`). For each request on the socket,
which carries a pipe to read the job from and one to write the replies to, a child is forked, gives
up its rights, and only then reads the job. Limits are enforced from here, with SIGKILL, and all
that the child has started is ended with it. Nothing of a reference is ever in this process.
"""

import contextlib
import fcntl
import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICK = 0.1  # seconds between looks at what no event tells
KEPT = 2_000  # bytes of output, at the beginning and again at the end
PIECES = 32  # of 64 KiB: more than a pipe holds
END_SECONDS = 10.0  # to end a crowd of processes
ENDING_SECONDS = 0.5  # between a child's last descriptor and its end
# Words from the other side: enough; no more replies; farewell
STOP, CLOSED, BYE = b"stop", b"closed", b"bye"


class HungUpError(Exception):
    """Nobody is left to report to; the argument says whether they took their leave."""


def load(path):
    """A module by its path, which it finds again in sys.modules under its own name."""
    name = f"_inside_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cage, folder, privileges, trial = (
    load(HERE / f"{name}.py") for name in ("cage", "folder", "privileges", "trial")
)


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    privileges.adopt_orphans()
    # From here on modules come from the shelf alone: what is on it can also be read in the cage
    sys.path[:] = settings["path"]
    sys.path_importer_cache.clear()
    child = load(Path(settings["course"]) / "child.py")
    child.warm()
    for name in settings["warm"]:
        with contextlib.suppress(ImportError):  # not everybody has installed it
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # so that a child's own collections do not copy the libraries' pages
    walls, report = build(settings)
    try:
        answer(control, report)
        serve(walls, control, child)
    except HungUpError as word:
        if word.args[0] != BYE:  # it was killed, and cannot do this any more
            folder.empty(Path(settings["home"]))
            os.rmdir(settings["home"])


def serve(walls, control, child):
    """Run jobs as they come in, until the other side hangs up: then HungUpError."""
    while True:
        message, fds, _, _ = socket.recv_fds(control, 2**16, 2)
        if message in (b"", BYE):
            raise HungUpError(message)
        if message not in (STOP, CLOSED):  # a word about a job that had ended by itself
            answer(control, run(walls, json.loads(message), fds, control, child.serve))


def answer(control, report):
    """Send a report, unless nobody is there any more: then the next message says so."""
    with contextlib.suppress(OSError):
        control.send(json.dumps(report).encode())


def build(settings):
    """The cage of as many layers as work here, and what a trial of it has shown.

    Root's children get a user of their own if that user can reach the libraries.
    """
    users = [cage.OTHER_USER, None] if os.getuid() == 0 else [None]
    missing = {}
    for layers in ({"landlock", "seccomp"}, {"landlock"}, {"seccomp"}, set()):
        for user in users:
            walls = cage.Cage(settings, user, layers & set(settings["layers"]))
            found = attempt(walls, settings)
            if found["works"]:
                return walls, {
                    **found,
                    **walls.described(),
                    "missing": {**missing, **walls.missing},
                }
            missing.setdefault("user" if user else "layer", found["why"])
    sys.exit(f"an ordinary program does not work in the sandbox: {found['why']}")


def attempt(walls, settings):
    """What a child that is confined can do and what it cannot."""
    (job_out, job_in), (reply_out, reply_in) = os.pipe(), os.pipe()
    os.close(job_in)
    ended = run(
        walls,
        {"wall": 20.0, "cpu": 20},
        (job_out, reply_in),
        None,
        lambda _reader, writer: writer.write(trial.all_of(settings)),
    )
    with os.fdopen(reply_out, "rb") as replies:
        found = replies.read(2**16)
    if not found:
        return {"works": False, "why": f"{ended['end']}: {ended['output']}", "blocked": {}}
    return json.loads(found)


def run(walls, request, fds, control, serve):
    """One job in a child of its own, to its end or until a limit is reached: how it went."""
    (output, output_in), (armed, armed_in) = os.pipe(), os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        in_child(walls, request, [*fds, armed_in], output_in, parent, serve)
    for fd in (*fds, output_in, armed_in):
        os.close(fd)
    kept = Output(output)
    end = watch(pid, time.monotonic() + request["wall"], kept, control, walls.temporary)
    status, seconds, others = end_all(pid)
    if end == "exit":
        end = describe(status, seconds, request["cpu"])
    kept.read()
    confined = os.read(armed, 1) == b"!"
    os.close(armed)
    os.close(output)
    folder.empty(walls.temporary)
    return {
        "end": end if confined or end == "stopped" else "unconfined",
        "seconds": round(seconds, 3),
        "others": others,
        "output": kept.text(),
    }


def in_child(walls, request, fds, output, parent, serve):
    """All that happens in a child; never returns."""
    try:
        reader, writer, armed = settle([*fds, *walls.descriptors()], output)[:3]
        os.chdir(walls.temporary)
        walls.enter(parent, request["cpu"], 6)
        os.write(armed, b"!")
        os.close(armed)
        sys.stdout.reconfigure(line_buffering=True)  # it may be ended before it can be flushed
        with os.fdopen(reader, "rb") as jobs, os.fdopen(writer, "wb") as replies:
            serve(jobs, replies)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(0)


def settle(fds, output):
    """An empty input, captured output, and the descriptors in `fds` from 3 on; no others."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in fds]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for number, fd in enumerate(high, 3):
        os.dup2(fd, number)
    os.closerange(3 + len(high), 4096)
    return range(3, 3 + len(high))


def watch(pid, deadline, kept, control, temporary):
    """Wait for the child's end, a limit, or a word from the other side; say which."""
    poll = select.poll()
    poll.register(kept.fd, select.POLLIN)
    if control is not None:
        poll.register(control, select.POLLIN)
    with contextlib.suppress(OSError):  # an old kernel: then a look at every tick has to do
        pidfd = os.pidfd_open(pid)
        poll.register(pidfd, select.POLLIN)
    looked = time.monotonic()
    try:
        while True:
            ready = {fd for fd, _ in poll.poll(1000 * TICK)}
            if kept.fd in ready and not kept.read():
                poll.unregister(kept.fd)
            if control is not None and control.fileno() in ready:
                return stopped(control, pid)
            if exited(pid):
                return "exit"
            if (now := time.monotonic()) > deadline:
                return "wall"
            if now - looked > TICK:
                looked = now
                if folder.too_full(temporary):
                    return "files"
    finally:
        with contextlib.suppress(OSError, UnboundLocalError):
            os.close(pidfd)


def stopped(control, pid):
    """The other side has its answer, or the replies ended: then the child may be just ending."""
    message = control.recv(2**16)
    if message in (b"", BYE):
        end_everybody()
        raise HungUpError(message)
    until = time.monotonic() + (ENDING_SECONDS if message == CLOSED else 0)
    while not exited(pid):
        if time.monotonic() > until:
            return "stopped"
        time.sleep(0.001)
    return "exit"


def exited(pid):
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end_all(pid):
    """End the child and whatever it left behind: its status, CPU seconds, how many others."""
    os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return status, usage.ru_utime + usage.ru_stime, end_everybody()


def end_everybody():
    """End every descendant, orphans included, since they become this process's children."""
    seen = set()
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return len(seen)
        for pid in children():
            seen.add(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    os._exit(1)  # the other side starts a new one


def children():
    """The numbers of this process's children."""
    me = os.getpid()
    with contextlib.suppress(OSError):
        return [int(pid) for pid in Path(f"/proc/self/task/{me}/children").read_text().split()]
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == me:
                found.append(int(path.parent.name))
    return found


def describe(status, seconds, cpu):
    """How a child ended by itself or by a limit that the kernel watches."""
    if not os.WIFSIGNALED(status):
        return f"exit {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    if number in (signal.SIGKILL, signal.SIGXCPU) and seconds > cpu - 0.5:
        return "cpu"
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Output:
    """The beginning and the end of what a child prints; the rest is read and lost."""

    def __init__(self, fd):
        self.fd = fd
        self.head, self.tail, self.lost = b"", b"", 0
        os.set_blocking(fd, False)

    def read(self):
        """Take what is there, or as much as a pipe can hold; False at the end."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(PIECES):
                piece = os.read(self.fd, 2**16)
                if not piece:
                    return False
                self._keep(piece)
        return True

    def _keep(self, piece):
        room = KEPT - len(self.head)
        self.head += piece[:room]
        tail = self.tail + piece[room:]
        self.lost += max(0, len(tail) - KEPT)
        self.tail = tail[-KEPT:]

    def text(self):
        gap = f"\n... {self.lost} bytes ...\n".encode() if self.lost else b""
        return (self.head + gap + self.tail).decode("utf-8", "replace")


if __name__ == "__main__":
    main()
