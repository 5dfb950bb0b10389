"""The tasks as their users run them: what they write, what they say, and how they survive."""

import csv
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tasks import cli, presets, task1, task2, task3
from vae_np import checkpoint

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ["Task_3_1.png", "Task_3_2.png", *(f"Task_3_3_{pair}.png" for pair in range(5))]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def options(blobs, *more: str) -> list[str]:
    return ["--dataset", str(blobs), "--epochs", "2", "--batch-size", "30", *more]


def theta(path: Path) -> bytes:
    return checkpoint.load(path).run.optimiser.theta.tobytes()


def rows(folder: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(folder, "curves.csv").read_text().splitlines()))


def run_cli(monkeypatch, task, arguments) -> str:
    """Run a task as its script does and give the line that it exits with."""
    monkeypatch.setattr(sys, "argv", ["task", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.run(task.main, "task")
    return str(stop.value.code)


def test_task1_prints_the_numbers_that_a_student_needs(capsys):
    task1.main(["--quick", "--out", "out"])
    printed = capsys.readouterr().out
    assert re.search(r"-784 log 2, .* -543\.4\n", printed)
    assert "scipy.stats.bernoulli" in printed
    assert "quadrature" in printed
    assert Path("out/Task_1.png").stat().st_size > 1_000


def test_task1s_two_routes_agree(capsys):
    task1.main(["--quick"])
    table = capsys.readouterr().out.split("difference   by\n")[1]
    for name in ("log p(x|z)", "log q(z|x)", "KL(q(z|x) || p(z))"):
        row = next(line for line in table.splitlines() if line.strip().startswith(name))
        ours, other, difference, *_ = row.replace(name, "").split()
        assert float(ours) == pytest.approx(float(other), rel=1e-9)
        assert float(difference) < 1e-9


def test_task2_writes_the_checkpoint_the_curves_and_the_pictures(blobs):
    task2.main(options(blobs, "--out", "out"))
    names = {"checkpoint.npz", "curves.csv", "curves.png", "kl_per_latent.png"}
    assert names <= {path.name for path in Path("out").iterdir()}
    assert [int(row["epoch"]) for row in rows("out")] == [1, 2]
    for row in rows("out"):
        for split in ("train", "test"):
            bound = float(row[f"{split}_log_likelihood"]) - float(row[f"{split}_kl"])
            assert float(row[f"{split}_elbo"]) == pytest.approx(bound)
        assert 0 <= int(row["active_units"]) <= 50
        assert float(row["seconds"]) > 0


def test_task3_writes_the_seven_figures_twice_alike(blobs):
    for folder in ("first", "second"):
        task3.main(options(blobs, "--out", folder))
    for name in FIGURES:
        first, second = (Path(folder, name).read_bytes() for folder in ("first", "second"))
        assert first == second, name
        assert first.startswith(b"\x89PNG")


def test_task3_uses_task2s_model_if_and_only_if_it_fits(blobs, capsys):
    task2.main(options(blobs))
    capsys.readouterr()
    task3.main(options(blobs))
    assert "using the trained model" in capsys.readouterr().out
    task3.main(options(blobs, "--seed", "1"))
    printed = capsys.readouterr().out
    assert "using the trained model" not in printed
    assert "training on 270 images" in printed


def test_task3_does_not_use_a_model_of_other_images(blobs, capsys):
    task2.main(options(blobs))
    images = np.load(blobs)["images"]
    images[0, 0, 0] ^= 1
    np.savez(blobs, images=images)
    capsys.readouterr()
    task3.main(options(blobs))
    assert "using the trained model" not in capsys.readouterr().out


def test_without_out_everything_goes_below_runs(blobs):
    task3.main(options(blobs))
    assert [path.name for path in Path().iterdir() if path.name != blobs.name] == ["runs"]
    assert len(list(Path("runs/task3").rglob("Task_3_*.png"))) == 7
    assert len(list(Path("runs/task2").rglob("checkpoint.npz"))) == 1


def test_other_requests_go_to_other_folders():
    parser = cli.parser("task2", "", [])
    requests = [[], ["--quick"], ["--epochs", "3"], ["--seed", "1"], ["--dataset", "mnist"]]
    folders = {cli.folder(parser.parse_args(request), "task2") for request in requests}
    assert len(folders) == len(requests)


def test_a_finished_run_can_be_resumed_and_stays_as_it_is(blobs):
    task2.main(options(blobs, "--out", "out"))
    before = theta(Path("out/checkpoint.npz"))
    task2.main(options(blobs, "--out", "out", "--resume"))
    assert theta(Path("out/checkpoint.npz")) == before


def test_a_damaged_checkpoint_falls_back_to_the_one_before(blobs, capsys):
    task2.main(options(blobs, "--out", "whole"))
    task2.main(options(blobs, "--out", "out"))
    Path("out/checkpoint.npz").write_bytes(b"half a file")
    capsys.readouterr()
    task2.main(options(blobs, "--out", "out", "--resume"))
    assert "resuming after epoch 1 of 2" in capsys.readouterr().out
    assert theta(Path("out/checkpoint.npz")) == theta(Path("whole/checkpoint.npz"))


def start_task2(blobs, *more: str, processes: int = 1) -> subprocess.Popen:
    command = [sys.executable, "-m", "tasks.task2", "--dataset", str(blobs)]
    command += ["--batch-size", str(3 * processes), "--processes", str(processes)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*command, "--epochs", "12", "--out", *more],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_checkpoint(folder: str) -> None:
    deadline = time.monotonic() + 60
    while not Path(folder, "checkpoint.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_killed_at_any_moment_and_resumed_ends_bit_identical(blobs, processes):
    with start_task2(blobs, "straight", processes=processes) as straight:
        started = time.monotonic()
        assert straight.wait() == 0, straight.stderr.read()
        duration = time.monotonic() - started
    with start_task2(blobs, "killed", "--resume", processes=processes) as process:
        wait_for_checkpoint("killed")
        process.send_signal(signal.SIGKILL)
    assert checkpoint.load(Path("killed/checkpoint.npz")).run.epoch < 12
    for _ in range(4):
        with start_task2(blobs, "killed", "--resume", processes=processes) as process:
            try:
                process.wait(timeout=random.uniform(0.3, 0.9) * duration)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
    with start_task2(blobs, "killed", "--resume", processes=processes) as process:
        assert process.wait() == 0, process.stderr.read()
    assert theta(Path("killed/checkpoint.npz")) == theta(Path("straight/checkpoint.npz"))
    for left, right in zip(rows("straight"), rows("killed"), strict=True):
        assert {**left, "seconds": 0} == {**right, "seconds": 0}


@pytest.fixture
def _interruptible():
    """Ctrl-C reaches child processes even where a shell runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_ctrl_c_keeps_the_last_epoch_and_says_how_to_go_on(blobs):
    with start_task2(blobs, "out") as process:
        wait_for_checkpoint("out")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "Traceback" not in errors
    assert "add --resume to go on from there" in errors
    assert 1 <= checkpoint.load(Path("out/checkpoint.npz")).run.epoch < 12


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dataset", "nothing.npz"], "nothing.npz"),
        (["--dataset", "letters"], "letters"),
        (["--dataset", "mnist", "--data-dir", "empty"], "make mnist"),
        (["--quick", "--batch-size", "5000"], "batch_size is 5000: expected at most 4000"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line(arguments, words, monkeypatch):
    message = run_cli(monkeypatch, task2, arguments)
    assert words in message
    assert message.startswith("task: error: ")
    assert "\n" not in message


def test_a_folder_that_takes_no_files_is_found_out_before_training(blobs, monkeypatch, capsys):
    Path("file").write_text("")
    message = run_cli(monkeypatch, task2, options(blobs, "--out", "file/inside"))
    assert "cannot write to file/inside" in message
    assert "choose another folder with --out" in message
    assert "training on" not in capsys.readouterr().out


def test_a_checkpoint_of_other_settings_is_not_resumed(blobs, monkeypatch):
    task2.main(options(blobs, "--out", "out"))
    message = run_cli(monkeypatch, task2, options(blobs, "--out", "out", "--seed", "3", "--resume"))
    assert "seed 0, now 3" in message


@pytest.mark.parametrize("text", ["0", "-3", "x", "1.5"])
def test_numbers_must_be_numbers(text, capsys):
    with pytest.raises(SystemExit) as stop:
        task2.main(["--epochs", text])
    assert stop.value.code == 2
    assert "expected a whole number from 1" in capsys.readouterr().err


def test_a_bound_that_is_not_finite_is_explained(blobs, monkeypatch):
    hot = presets.PRESETS["default"]
    settings = hot.settings._replace(step_size=1e30, warmup_steps=0)
    monkeypatch.setitem(presets.PRESETS, "default", hot._replace(settings=settings))
    message = run_cli(monkeypatch, task2, options(blobs, "--out", "out"))
    assert "the ELBO is" in message
    assert "step size is too large" in message


def test_a_blank_is_named_not_traced(blobs, monkeypatch):
    def blank(*_):
        raise NotImplementedError("exercise 1.3: gaussian.kl_from_standard")

    monkeypatch.setattr("vae_np.gaussian.kl_from_standard", blank)
    message = run_cli(monkeypatch, task2, options(blobs, "--out", "out"))
    assert message == "task: not written yet: exercise 1.3: gaussian.kl_from_standard"


@pytest.mark.parametrize("task", ["task1", "task2", "task3"])
def test_help_has_examples(task, capsys):
    with pytest.raises(SystemExit) as stop:
        {"task1": task1, "task2": task2, "task3": task3}[task].main(["--help"])
    printed = capsys.readouterr().out
    assert stop.value.code == 0
    assert f"python -m tasks.{task}" in printed.split("examples:")[1]
    for option in ("--dataset", "--data-dir", "--epochs", "--batch-size", "--seed", "--out",
                   "--resume", "--quick", "--classic"):  # fmt: skip
        assert option in printed
