"""The command as an instructor uses it: mixed folders, stops, resumption, regrading, tables."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import vae_np
from tests.course import right_scripts
from tests.grading.conftest import ROOT
from vae_np import __main__ as command
from vae_np.grading import grades, levels, plan, sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this sandbox")

KILLS = 10
SCRIPTS = list(right_scripts.RIGHT)[:1] + [
    name for name in right_scripts.RIGHT if name.startswith(("own save", "helper", "tqdm"))
]
HALF = "def sample(mean, log_std, eps):\n    return mean + np.exp(0.5 * log_std) * eps\n"
BLANK = (
    "def sample(mean, log_std, eps):\n"
    "    raise NotImplementedError('exercise 1.1: not written yet')\n"
)
MINUS = "def kl_from_standard(mean, log_std):\n    return -mean[:, 0]\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "course.toml"
    path.write_text('exercises = ["1.1", "1.3"]\nseconds = 2\n[points]\n"1.3" = 2\n')
    return path


@pytest.fixture(scope="module")
def school(tmp_path_factory, write) -> Path:
    """A small class: right, two mistakes, a copy, blanks, a loop, and what cannot be read."""
    folder = tmp_path_factory.mktemp("class")
    write(folder / "ana")
    write(folder / "copy of ana")
    write(folder / "bob", gaussian=HALF)
    write(folder / "eve", gaussian=HALF + MINUS)
    write(folder / "fay", gaussian=BLANK)
    (folder / "gil.zip").write_bytes(b"no zip")
    return folder


@pytest.fixture
def grade(settings, capsys):
    """Run the command; its status, what it wrote, and the grades by student."""

    def run(*words, out, where=settings):
        status = command.main(
            [
                *("grade", "--out", str(out), "--settings", str(where), "--jobs", "2"),
                *("--lang", "en", *map(str, words)),
            ]
        )
        table = grades.read(out / grades.NAME)
        entries = {one["student"]: one for one in table["students"]} if table else {}
        return status, capsys.readouterr(), entries

    return run


@pytest.fixture(scope="module")
def done(school, settings, tmp_path_factory) -> Path:
    """The results of the class, uninterrupted."""
    out = tmp_path_factory.mktemp("done") / "out"
    words = ["--settings", settings, "--seed", 7, "--jobs", 2, "--lang", "en"]
    with sandbox.Sandbox(sandbox.Limits()) as trial:
        if trial.level.name != levels.STRONG:
            pytest.skip("NOT TRIED: " + levels.shortfall(trial.level))
    assert command.main(["grade", *map(str, [school, "--out", out, *words])]) == 1
    return out


def entries(out: Path) -> dict[str, dict]:
    return {one["student"]: one for one in grades.read(out / grades.NAME)["students"]}


def test_every_student_gets_what_is_due(done):
    found = entries(done)
    points = {name: one["points"] for name, one in found.items()}
    assert points == {"ana": 3, "bob": 2, "copy of ana": 3, "eve": 0, "fay": 2, "gil": 0}
    assert found["bob"]["results"][0]["status"] == "wrong"
    assert found["bob"]["results"][0]["mistake"] is not None
    assert found["fay"]["results"][0]["status"] == "blank"
    assert "zip" in found["gil"]["problem"]


def test_the_same_files_are_noticed(done):
    assert grades.read(done / grades.NAME)["identical"] == [["ana", "copy of ana"]]


def test_the_table_has_one_row_a_student_and_one_column_an_exercise(done):
    with (done / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["student"] for row in rows] == ["ana", "bob", "copy of ana", "eve", "fay", "gil"]
    assert (rows[1]["1.1"], rows[1]["1.3"], rows[1]["points"]) == ("0", "2", "2")


def test_each_result_tells_how_it_was_made(done):
    for name, one in entries(done).items():
        if name != "gil":
            assert one["sandbox"]["name"] == levels.STRONG
            assert one["grader"] == plan.version()
            assert len(one["work"]) == 64


def test_the_seed_is_in_no_table_and_for_nobody_else(done):
    assert json.loads((done / plan.SECRET).read_text()) == {"seed": 7}
    assert (done / plan.SECRET).stat().st_mode & 0o077 == 0
    assert '"seed"' not in (done / grades.NAME).read_text()


def test_a_second_run_grades_nothing_again(done, school, grade):
    before = {path: path.stat().st_mtime_ns for path in (done / plan.RESULTS).iterdir()}
    status, said, _ = grade(school, out=done)
    assert status == 1
    assert {path: path.stat().st_mtime_ns for path in (done / plan.RESULTS).iterdir()} == before
    assert said.err.count("graded before") == 5


def test_progress_has_names_and_seconds(done, school, grade):
    lines = grade(school, out=done)[1].err.splitlines()
    assert lines[0].startswith("sandbox: strong")
    progress = [line for line in lines if line.startswith("[")]
    assert len(progress) == 6
    assert all("s left" in line or line.endswith("done") for line in progress)
    assert any("gil: " in line for line in progress)


def test_another_seed_is_refused_in_the_same_folder(done, school, grade):
    status, said, _ = grade(school, "--seed", 8, out=done)
    assert status == 2
    assert "another seed" in said.err


def test_a_fresh_seed_gives_the_same_verdicts(done, school, grade, tmp_path):
    _, _, found = grade(school, out=tmp_path / "out")
    old = entries(done)
    for name, one in found.items():
        pairs = [(r["id"], r["status"], r["mistake"]) for r in one["results"]]
        assert pairs == [(r["id"], r["status"], r["mistake"]) for r in old[name]["results"]]


def test_regrading_shows_what_would_change_before_it_changes_it(school, grade, tmp_path, settings):
    out, other = tmp_path / "out", tmp_path / "course.toml"
    status, _, before = grade(school / "bob", school / "ana", out=out)
    other.write_text(settings.read_text().replace('"1.3" = 2', '"1.3" = 5'))
    status, said, kept = grade(school / "bob", school / "ana", out=out, where=other)
    assert kept == before
    assert "made with other settings or another version of the grader, and kept: 2" in said.err
    status, said, kept = grade(school / "bob", school / "ana", "--regrade", out=out, where=other)
    assert (status, kept) == (0, before)
    assert "bob: 2 -> 5 points" in said.out
    assert "--apply" in said.out
    _, said, after = grade(
        school / "bob", school / "ana", "--regrade", "--apply", out=out, where=other
    )
    assert "bob: 2 -> 5 points" in said.out
    assert after["bob"]["points"] == 5
    assert (
        "nothing changes"
        in grade(school / "bob", school / "ana", "--regrade", out=out, where=other)[1].out
    )


def test_a_submission_that_was_handed_in_anew_is_graded_anew(grade, write, tmp_path):
    write(tmp_path / "class" / "ana", gaussian=HALF)
    _, _, first = grade(tmp_path / "class", out=tmp_path / "out")
    (tmp_path / "class" / "ana" / "vae_np" / "gaussian.py").write_bytes(
        (ROOT / "vae_np" / "gaussian.py").read_bytes()
    )
    _, _, second = grade(tmp_path / "class", out=tmp_path / "out")
    assert (first["ana"]["points"], second["ana"]["points"]) == (2, 3)


def test_a_result_cut_short_is_made_again(grade, write, tmp_path):
    write(tmp_path / "class" / "ana")
    grade(tmp_path / "class", out=tmp_path / "out")
    (result,) = (tmp_path / "out" / plan.RESULTS).glob("*.json")
    result.write_text(result.read_text()[:100])
    _, said, found = grade(tmp_path / "class", out=tmp_path / "out")
    assert found["ana"]["points"] == 3
    assert "graded before" not in said.err


def test_a_roster_names_students_and_those_who_handed_in_nothing(done, school, grade, tmp_path):
    out = shutil.copytree(done, tmp_path / "out")
    path = tmp_path / "class.csv"
    path.write_text("student,name\nANA,Ana Ruiz\nbob,=HYPERLINK()\nzoe,Zoe\n")
    _, said, found = grade(school, "--roster", path, out=out)
    assert found["ANA"]["name"] == "Ana Ruiz"
    assert (found["zoe"]["problem"], found["zoe"]["points"]) == (grades.NO_SUBMISSION, 0)
    assert "eve is not in the roster" in said.err
    assert ",'=HYPERLINK()," in (out / "grades.csv").read_text()


def test_parts_graded_by_different_jobs_are_the_whole(done, school, grade, tmp_path):
    out = tmp_path / "out"
    for shard in ("1/2", "2/2"):
        grade(school, "--seed", 7, "--shard", shard, out=out)
    assert not (out / grades.NAME).exists()
    assert command.main(["merge", str(out), "--out", str(out)]) == 0
    assert grades.read(out / grades.NAME) == grades.read(done / grades.NAME)


def test_scripts_that_were_written_for_another_house_lose_nothing(tmp_path):
    for name in SCRIPTS:
        folder = tmp_path / "class" / name.replace(" ", "-")
        folder.mkdir(parents=True)
        (folder / "vae.py").write_text(right_scripts.RIGHT[name], encoding="utf-8")
    out = tmp_path / "out"
    words = ["--out", str(out), "--lang", "en", "--format", "json"]
    assert command.main(["grade", str(tmp_path / "class"), *words]) == 0
    for one in grades.read(out / grades.NAME)["students"]:
        assert one["form"] == "script"
        assert (one["points"], [r["message"] for r in one["results"] if r["points"] == 0]) == (
            10,
            [],
        )
    assert len(list((out / plan.RESULTS).glob("*.npz"))) == len(SCRIPTS)


def test_one_fault_of_the_grader_is_one_line_and_a_status_of_its_own(
    grade, write, tmp_path, monkeypatch
):
    write(tmp_path / "class" / "ana")
    write(tmp_path / "class" / "bob", gaussian=HALF)
    true = plan.keep

    def keep(out, digest, record):
        if record["results"][0]["status"] == "wrong":
            raise RuntimeError("broken")
        true(out, digest, record)

    monkeypatch.setattr(plan, "keep", keep)
    status, said, found = grade(tmp_path / "class", out=tmp_path / "out")
    assert status == 3
    assert (found["ana"]["points"], found["bob"]["points"]) == (3, 0)
    assert "RuntimeError" in (tmp_path / "out" / "faults.log").read_text()
    assert "Traceback" not in said.err


def test_below_the_required_level_nothing_runs(grade, write, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox.Sandbox.__init__, "__defaults__", ({}, (), levels.BASIC))
    write(tmp_path / "class" / "ana")
    status, said, _ = grade(tmp_path / "class", out=tmp_path / "out")
    assert status == 2
    assert "--require basic" in said.err
    assert not (tmp_path / "out" / plan.RESULTS).exists()
    status, said, found = grade(tmp_path / "class", "--require", "basic", out=tmp_path / "out")
    assert status == 0
    assert found["ana"]["sandbox"]["name"] == levels.BASIC


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--format", "pdf"], "format"),
        (["--jobs", "0"], "jobs"),
        (["--memory", "1"], "memory"),
        (["--shard", "5/4"], "shard"),
        (["--name-pattern", "x"], "no group"),
        (["--lang", "xx"], "language"),
        (["--roster", "none.csv"], "roster"),
    ],
)
def test_a_wrong_command_is_one_line_and_status_2(grade, write, tmp_path, words, says):
    write(tmp_path / "class" / "ana")
    status, said, _ = grade(tmp_path / "class", *words, out=tmp_path / "out")
    assert status == 2
    assert says in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_run_that_is_killed_ten_times_ends_like_one_that_was_not(school, settings, tmp_path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    words = [school, "--settings", settings, "--seed", 7, "--jobs", 1, "--lang", "en", "--out"]
    rng = np.random.default_rng(int.from_bytes(os.urandom(4), "little"))
    forker = subprocess.Popen(
        [sys.executable, "-m", "tests.grading.forker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )

    def run(folder: Path, seconds: float | None = None) -> int:
        """How a grader ends that is killed after some seconds, if it has not ended before."""
        forker.stdin.write(json.dumps(["grade", *map(str, [*words, folder])]) + "\n")
        forker.stdin.flush()
        child = int(forker.stdout.readline())
        if seconds is not None:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(forker.stdout.readline())

    kills = 0
    with forker:
        assert run(whole) == 1  # imports, and what is kept in caches
        shutil.rmtree(whole)
        start = time.monotonic()
        assert run(whole) == 1
        full = time.monotonic() - start
        while kills < KILLS:
            ended = run(out, rng.uniform(0.2, 0.9) * full)
            assert ended in (-signal.SIGKILL, 1)
            kills += ended != 1
            for result in (out / plan.RESULTS).glob("*.json"):
                json.loads(result.read_text())  # whole, or not there
            if ended == 1:  # it was too quick: once more from the start
                shutil.rmtree(out)
        assert run(out) == 1
        forker.stdin.close()
    # The clock is in the results themselves, not in the table
    assert grades.read(out / grades.NAME) == grades.read(whole / grades.NAME)


def test_exercises_on_experiments_are_graded_too(grade, tmp_path):
    chosen = tmp_path / "experiments.toml"
    chosen.write_text('exercises = ["5.1", "6.1"]\n')
    library = Path(vae_np.__file__).parent
    for student in ("ana", "bob", "eve"):
        shutil.copytree(library, tmp_path / "class" / student / "vae_np")
    with (tmp_path / "class" / "bob" / "vae_np" / "bounds.py").open("a") as file:
        file.write("\n\ndef importance_weighted(log_weights):\n    return log_weights[:, 0]\n")
    (tmp_path / "class" / "eve" / "vae_np" / "experiments" / "latent_plane.py").write_text("a b")
    status, _, found = grade(tmp_path / "class", out=tmp_path / "out", where=chosen)
    assert status == 0
    assert {name: one["points"] for name, one in found.items()} == {"ana": 2, "bob": 1, "eve": 1}
