"""Hostile submissions in the real sandbox: each gets its verdict, and reaches nothing."""

import os
import platform
import socket
import sys
import tempfile
from pathlib import Path
from string import Template

import pytest

import vae_np
from tests.grading import hostile
from tests.grading.conftest import sandboxed
from vae_np.course import exercises, texts
from vae_np.grading import batch, levels, plan, sandbox, submissions

ROOT = Path(vae_np.__file__).resolve().parents[1]
SECRET = "canary-7f3a91"
LIMITS = sandbox.Limits(cpu=1, wall=4.0)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this sandbox")


class Listener:
    """Somebody on 127.0.0.1 who notes whether anything arrives."""

    def __init__(self):
        self.stream = socket.create_server(("127.0.0.1", 0))
        self.port = self.stream.getsockname()[1]
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", self.port))
        for one in (self.stream, self.datagrams):
            one.setblocking(False)

    def heard(self) -> bool:
        for receive in (self.stream.accept, lambda: self.datagrams.recv(10)):
            try:
                receive()
            except BlockingIOError:
                continue
            return True
        return False

    def close(self):
        self.stream.close()
        self.datagrams.close()


def state(folder: Path) -> dict:
    """What can be seen of a folder from outside."""
    entries = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.stat()
        content = path.read_text() if path.is_file() else ""
        entries[path.name] = (status.st_mode, status.st_uid, status.st_mtime_ns, content)
    return entries


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory):
    """All attacks in one batch: their records, and whether the canaries live."""
    texts.use("en")
    folder = tmp_path_factory.mktemp("hostile")
    canary = folder / "canary"
    canary.mkdir()
    (canary / "secret").write_text(SECRET)
    listener = Listener()
    course = exercises.Course(exercises.choose(["1.1", "1.2"]), 1.0)
    by = plan.make(course, seed=5, language="en")
    with sandbox.Sandbox(LIMITS, by.given) as trial:
        if trial.level.name != levels.STRONG:
            pytest.skip(
                f"{len(hostile.ATTACKS)} hostile submissions NOT TRIED: "
                + levels.shortfall(trial.level)
            )
    right = {
        name: (ROOT / "vae_np" / name).read_bytes()
        for name in ("__init__.py", "gaussian.py", "bernoulli.py", "ops.py", "mlp.py", "vae.py")
    }
    named = {}
    for number, attack in enumerate(hostile.ATTACKS):
        code = Template(attack.code).safe_substitute(CANARY=canary, ROOT=ROOT, PORT=listener.port)
        student = folder / "class" / f"{number:03}" / "vae_np"
        student.mkdir(parents=True)
        for name, content in right.items():
            (student / name).write_bytes(content)
        (student / "gaussian.py").write_bytes(
            right["gaussian.py"] + (hostile.PRELUDE + code).encode()
        )
        # Files beside the package, which a careless grader would import
        for name in ("numpy.py", "conftest.py", "sitecustomize.py", "random.py", "json.py"):
            (student.parent / name).write_text(f"open({str(canary / 'imported')!r}, 'w')\n")
        named[f"{number:03}"] = attack
    before, running = state(canary), sandboxed()
    rooms = set(Path(tempfile.gettempdir()).glob("vae_np-*"))
    os.environ["TOKEN"] = SECRET
    found = submissions.find([folder / "class"]).submissions
    with sandbox.Sandbox(LIMITS, by.given) as first:
        run = batch.Batch(by, folder / "out", first, lambda: sandbox.Sandbox(LIMITS, by.given))
        graded = {named[one.submission.student].name: one for one in run.run(found, jobs=2)}
    del os.environ["TOKEN"]
    records = {name: plan.result(folder / "out", one.digest) for name, one in graded.items()}
    yield {
        "graded": graded,
        "records": records,
        "canary": (before, state(canary)),
        "heard": listener.heard(),
        "running": sandboxed() - running,
        "rooms": set(Path(tempfile.gettempdir()).glob("vae_np-*")) - rooms,
        "written": [path.read_bytes() for path in (folder / "out").rglob("*.json")],
    }
    listener.close()


def test_there_are_at_least_fifty_and_their_names_differ():
    names = [attack.name for attack in hostile.ATTACKS]
    assert len(names) == len(set(names)) >= 50


@pytest.mark.parametrize("attack", hostile.ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_gets_exactly_its_verdict(aftermath, attack):
    if attack.machine and attack.machine != platform.machine():
        pytest.skip(f"an attack on {attack.machine}")
    one, record = aftermath["graded"][attack.name], aftermath["records"][attack.name]
    assert (one.problem, one.fault) == ("", "")
    result = record["results"][0]
    said = " ".join(filter(None, (result["mistake"], result["message"], result["found"])))
    assert (result["status"], attack.says in said) == (attack.status, True), said
    assert result["points"] == (1 if attack.status == "right" else 0)


@pytest.mark.parametrize("attack", hostile.ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_costs_the_next_exercise_its_marks(aftermath, attack):
    assert aftermath["records"][attack.name]["results"][1]["status"] == "right"


def test_the_canaries_live(aftermath):
    before, after = aftermath["canary"]
    assert before == after
    assert not aftermath["heard"]


def test_no_secret_leaves_the_grader(aftermath):
    assert not any(SECRET.encode() in content for content in aftermath["written"])


def test_no_control_code_reaches_a_terminal(aftermath):
    assert not any(byte < 32 and byte != 10 for content in aftermath["written"] for byte in content)


def test_nothing_is_left_running_and_nothing_is_left_behind(aftermath):
    assert aftermath["running"] == set()
    assert aftermath["rooms"] == set()


def test_every_result_says_how_well_it_was_confined(aftermath):
    assert {record["sandbox"]["name"] for record in aftermath["records"].values()} == {"strong"}
