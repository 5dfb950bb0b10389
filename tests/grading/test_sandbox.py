"""The sandbox as a launcher: limits, leftovers, what is lost and what goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.grading.conftest import ROOT, sandboxed
from vae_np.course import records
from vae_np.course.records import Call
from vae_np.grading import levels, sandbox
from vae_np.grading.sandbox import Limits, Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this sandbox")

ONES = np.ones((1, 2))
FORKS = "import os, sys, time\n"


@pytest.fixture(scope="module")
def basic():
    """A sandbox where Landlock and seccomp are missing, as in some containers."""
    with Sandbox(Limits(cpu=1, wall=3.0), layers=()) as box:
        yield box


def sample(box, right, body):
    """The answer of a submission whose `sample` is this body."""
    code = f"def sample(mean, log_std, eps):\n    {body}\n"
    tree = box.fill("vae_np", {**right, "gaussian.py": (FORKS + code).encode()}).parent
    call = Call("vae_np.gaussian.sample", (ONES, ONES, ONES))
    return box.ask(records.job("1.1", {"tree": str(tree)}, [call], []))


def test_a_value_comes_back(strong, right):
    answer = sample(strong, right, "return 2 * mean + eps")
    assert answer.end == "done"
    np.testing.assert_array_equal(answer.outcomes[0].arrays[0], 3 * ONES)


def test_output_keeps_its_beginning_and_its_end_without_control_codes(strong, right):
    body = "print('first\\x1b[31m'); print('x' * 10**7); print('last'); return mean"
    output = sample(strong, right, body).output
    assert output.startswith("first")
    assert output.endswith("last")
    assert len(output) < 10_000
    assert "\x1b" not in output


def test_a_processor_limit_is_no_matter_of_the_wall_clock(strong, right):
    start = time.monotonic()
    assert sample(strong, right, "time.sleep(1.5); return mean").end == "done"
    assert sample(strong, right, "time.sleep(60)").end == "timeout"
    assert time.monotonic() - start < 9


def test_a_small_answer_needs_little_time(strong, right):
    start = time.monotonic()
    for _ in range(20):
        assert sample(strong, right, "return mean").end == "done"
    assert time.monotonic() - start < 10


def test_memory_of_the_grader_does_not_grow(strong, right):
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(3):
        sample(strong, right, "sys.stdout.write('x' * 10**6); return np.zeros((10**5, 8))")
    before = resident()
    for _ in range(20):
        sample(strong, right, "sys.stdout.write('x' * 10**6); return np.zeros((10**5, 8))")
    assert resident() - before < 30 * 2**20


def test_what_one_job_writes_is_gone_for_the_next(strong, right):
    assert sample(strong, right, "open('x', 'w').write('x'); return mean").end == "done"
    assert list(strong.temporary.iterdir()) == []
    answer = sample(strong, right, "return mean * len(os.listdir('.'))")
    assert not answer.outcomes[0].arrays[0].any()


def test_without_layers_the_level_is_basic_and_says_what_it_gives_up(basic):
    assert basic.level.name == levels.BASIC
    assert {"reading", "network", "processes"} <= set(basic.level.possible)
    assert "--require basic" in levels.shortfall(basic.level)
    assert "use the network" in levels.shortfall(basic.level)


@pytest.mark.parametrize("layer", sandbox.LAYERS)
def test_one_layer_alone_is_not_strong(layer):
    with Sandbox(Limits(), layers=(layer,)) as box:
        assert box.level.name == levels.BASIC


def test_daemons_are_ended_and_noted(basic, right):
    body = (
        "if os.fork() == 0: os.setsid(); os.fork(); time.sleep(60)\n"
        "    time.sleep(0.2); return mean"
    )
    start, before = time.monotonic(), sandboxed()
    answer = sample(basic, right, body)
    assert answer.end == "done"
    assert "left 2 processes running" in basic.notes[-1]
    assert sandboxed() == before
    assert time.monotonic() - start < 3


def test_a_grandchild_that_keeps_the_channel_open_is_no_timeout(basic, right):
    body = "if os.fork() == 0: time.sleep(60)\n    os._exit(3)"
    start, before = time.monotonic(), sandboxed()
    answer = sample(basic, right, body)
    assert (answer.end, answer.detail) == ("crash", "exit 3")
    assert time.monotonic() - start < 3
    assert sandboxed() == before


def test_a_small_fork_bomb_is_ended_whole(basic, right):
    body = "[os.fork() for _ in range(7)]; time.sleep(60)"
    before = sandboxed()
    answer = sample(basic, right, body)
    # With a user of its own, the kernel's limit stops it before the clock does
    assert answer.end == "timeout" or answer.outcomes[0].status == "error"
    assert sandboxed() == before


def test_a_zygote_that_is_gone_is_replaced(strong, right):
    before = strong.zygote.pid
    os.kill(before, signal.SIGKILL)
    strong.zygote.wait(10)
    assert sample(strong, right, "return mean").end == "done"
    assert strong.zygote.pid != before


def test_a_zygote_that_ends_during_a_job_ends_that_job_only(basic, right):
    answer = sample(basic, right, "os.kill(os.getppid(), 9); time.sleep(60)")
    assert answer.end == "crash" or basic.level.user  # another user's process it cannot end
    assert sample(basic, right, "return mean").end == "done"


def test_nothing_survives_a_grader_that_is_killed(tmp_path):
    program = tmp_path / "grader.py"
    program.write_text(
        "from tests.grading import test_sandbox as t\n"
        "from vae_np.grading.sandbox import Limits, Sandbox\n"
        "with Sandbox(Limits(cpu=30, wall=60)) as box:\n"
        "    print(box.home, flush=True)\n"
        "    t.sample(box, {'__init__.py': b''}, 'time.sleep(60)')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    before = sandboxed()
    grader = subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, text=True, env=environment
    )
    with grader:
        home = Path(grader.stdout.readline().strip())
        deadline = time.monotonic() + 20
        while len(sandboxed() - before) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(sandboxed() - before) == 2  # the zygote and its child
        grader.kill()
    while (sandboxed() - before or home.exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sandboxed() - before == set()
    assert not home.exists()


def test_a_sandbox_leaves_no_folder_behind(right):
    with Sandbox(Limits(), spare={"gaussian.py": b""}) as box:
        home = box.home
        sample(box, right, "os.makedirs('a/b'); return mean")
    assert not home.exists()
