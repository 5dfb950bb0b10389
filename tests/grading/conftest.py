"""What the tests of the grader share: a class of students, and a sandbox of this machine."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import vae_np
from vae_np.course import exercises, texts
from vae_np.grading import levels, plan, sandbox

ROOT = Path(vae_np.__file__).resolve().parents[1]
FILES = ("__init__.py", "adam.py", "bernoulli.py", "gaussian.py", "mlp.py", "ops.py", "vae.py")


@pytest.fixture(scope="session", autouse=True)
def _own_temporary_folder() -> Iterator[None]:
    """Rooms in a folder of this process's own: what others leave there, or run, is not ours."""
    folder, before = tempfile.mkdtemp(prefix="vae_np-tests-"), os.environ.get("TMPDIR")
    os.chmod(folder, 0o711)  # the sandbox's other user passes through
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    yield
    tempfile.tempdir = None
    os.environ.pop("TMPDIR")
    if before is not None:
        os.environ["TMPDIR"] = before
    shutil.rmtree(folder)


def sandboxed() -> set[int]:
    """Our sandboxes' processes: children are forks, and have their zygote's command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if b"zygote.py" in line and tempfile.gettempdir().encode() in line:
            found.add(int(path.parent.name))
    return found


@pytest.fixture(autouse=True)
def _english():
    texts.use("en")


@pytest.fixture(scope="session")
def right() -> dict[str, bytes]:
    """The files of a hand-out that are graded, all blanks filled in."""
    return {name: (ROOT / "vae_np" / name).read_bytes() for name in FILES}


@pytest.fixture(scope="session")
def write(right) -> Callable[..., Path]:
    """Write a student's hand-out, with some lines more or others in some files."""

    def write(folder: Path, **changed: str) -> Path:
        (folder / "vae_np").mkdir(parents=True)
        for name, content in right.items():
            (folder / "vae_np" / name).write_bytes(content)
        for stem, lines in changed.items():
            path = folder / "vae_np" / f"{stem}.py"
            path.write_text(path.read_text() + "\n" + lines)
        return folder

    return write


@pytest.fixture(scope="module")
def strong() -> Iterator[sandbox.Sandbox]:
    """A sandbox at the strong level; the tests that need it are skipped, and say so, without."""
    if sys.platform != "linux":
        pytest.skip("only Linux has this sandbox")
    with sandbox.Sandbox(sandbox.Limits(cpu=1, wall=3.0)) as box:
        if box.level.name != levels.STRONG:
            pytest.skip("NOT TRIED: " + levels.shortfall(box.level))
        yield box


@pytest.fixture(scope="session")
def short_plan() -> plan.Plan:
    """A plan of two quick exercises."""
    return plan.make(exercises.Course(exercises.choose(["1.1", "1.3"]), 2.0), 3, "en")
