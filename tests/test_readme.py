"""The README is true: its commands run, its links lead somewhere, its tables are the results."""

import functools
import http.server
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import readme
from vae_np.course import exercises

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FAST = "--epochs 1 --batch-size 20 --dataset faces.npz"  # what a test adds to a training command
SETUP = {"python -m venv .venv", ".venv/bin/python -m pip install -e ."}  # the fixture's own work


def commands() -> list[str]:
    """Every command of the README, without its comment."""
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and line not in SETUP]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the project whose environment is the one that runs the tests."""
    root = tmp_path_factory.mktemp("checkout")
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in tracked:
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    environment = root / ".venv"
    (environment / "bin").mkdir(parents=True)
    python = environment / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    for stamp in ("ready", "ready-to-test", "ready-to-grade"):
        (environment / stamp).touch()
    images = np.random.default_rng(0).integers(0, 256, (200, 8, 8), dtype=np.uint8)
    np.savez_compressed(root / "faces.npz", images=images)
    shutil.copytree(root / "vae_np", root / "submissions" / "ana" / "vae_np")
    return root


def run(checkout: Path, command: str) -> str:
    ours = ("PYTEST", "MAKE", "MFLAGS", "ARGS")  # what belongs to the run of the tests
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    environment["PATH"] = f"{checkout}/.venv/bin:{environment['PATH']}"
    result = subprocess.run(
        shlex.split(command),
        cwd=checkout, env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def quickened(command: str) -> str:
    """The command on little data: what is kept is everything but the waiting."""
    if command == "make test":
        return "make --dry-run test"  # this very test is part of it
    if command == "make task3":
        return "make task3 QUICK=1"
    if command.startswith("make grade "):
        return f'{command} ARGS="--require basic"'  # on every kind of machine
    training = command.startswith("make task3 ARGS=") or " -m tasks." in command
    if not training or "--quick" in command or "--help" in command:
        return command
    command = command.replace("--dataset mnist", "").replace("--dataset faces.npz", "")
    command = re.sub(r"--epochs \d+|--batch-size \d+", "", command)
    return command.removesuffix('"') + f' {FAST}"' if command.endswith('"') else f"{command} {FAST}"


@pytest.mark.parametrize("command", [c for c in commands() if c != "make mnist"])
def test_every_command_of_the_readme_runs(command, checkout):
    run(checkout, quickened(command))


def test_the_figures_come_with_one_command(checkout):
    run(checkout, "make task3 QUICK=1")
    found = {path.name for path in (checkout / "runs" / "task3").rglob("*.png")}
    assert found == {
        "Task_3_1.png", "Task_3_2.png", *(f"Task_3_3_{pair}.png" for pair in range(5))
    }  # fmt: skip


def test_make_help_lists_every_target(checkout):
    listed = set(re.findall(r"^  (\w+) ", run(checkout, "make help"), flags=re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    tasks = re.search(r"^TASKS := (.*)$", makefile, flags=re.MULTILINE)[1]
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE))
    assert listed == set(phony.replace("$(TASKS)", tasks).split())


def test_an_old_python_is_one_clear_line(checkout, tmp_path):
    old = tmp_path / "oldpython"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = subprocess.run(
        ["make", "task3", f"PYTHON={old}", f"VENV={tmp_path}/venv"],
        cwd=checkout, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode != 0
    assert "vae_np needs Python 3.10 or newer" in result.stdout
    assert not (tmp_path / "venv").exists()


def test_the_sample_of_a_check_is_what_a_check_says(checkout):
    student = checkout / "student"
    run(checkout, "python -m vae_np handout --out student --seed 5 --exercises 1.1")
    path = student / "vae_np" / "gaussian.py"
    blank = 'raise NotImplementedError("exercise 1.1: not written yet")'
    assert blank in path.read_text()
    path.write_text(path.read_text().replace(blank, "return mean + np.exp(log_std / 2) * eps"))
    result = subprocess.run(
        [sys.executable, "-m", "vae_np", "check", "--lang", "en"],
        cwd=student, capture_output=True, text=True,
    )  # fmt: skip
    sample = re.search(r"```text\nx 1\.1.*?\n(.*?)```", TEXT, flags=re.DOTALL)[1]
    assert result.returncode == 1
    assert sample in result.stdout


def test_the_table_of_exercises_is_that_of_the_course():
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| ")]
    for exercise in exercises.EXERCISES:
        function = exercise.name.split(", ")[0]
        ids, _, points = next(row for row in rows if f"`{function}`" in row[1])
        assert exercise.id in ids
        assert points.startswith(f"{exercise.points:g}")


def test_links_and_pictures_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_the_tables_are_the_committed_results():
    assert readme.filled(TEXT) == TEXT


def test_the_four_lines_are_those_of_the_page():
    page = (ROOT / "vae_np" / "vae.py").read_text(encoding="utf-8")
    block = re.search(r"```python\ndef elbo_terms.*?\n(.*?)```", TEXT, flags=re.DOTALL)[1]
    assert block in page


def test_make_mnist_fetches_the_files_from_a_mirror(checkout, mnist_dir):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=mnist_dir)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mirror = f"http://127.0.0.1:{server.server_port}/"
        run(checkout, f'make mnist ARGS="--mirror {mirror} --data-dir fetched"')
        server.shutdown()
    run(checkout, "python -m tasks.task1 --quick --dataset mnist --data-dir fetched")
