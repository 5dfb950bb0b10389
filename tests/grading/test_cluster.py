"""A real Dask cluster of two workers on this machine, one of which is killed in mid-run."""

import sys
import threading
import time

import pytest

from vae_np import __main__ as command
from vae_np.grading import cluster, grades, plan

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this sandbox")

STUDENTS = 4


def test_no_scheduler_is_one_clear_line(tmp_path, write, capsys, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra [cluster]")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    write(tmp_path / "class" / "ana")
    words = [tmp_path / "class", "--out", tmp_path / "out", "--cluster", "tcp://127.0.0.1:1"]
    assert command.main(["grade", *map(str, words)]) == 2
    assert "no Dask scheduler" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")  # a killed worker makes Dask's own sockets complain
def test_a_worker_that_is_killed_costs_nothing(tmp_path, write, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
    monkeypatch.setattr(cluster, "SHARDS_PER_WORKER", 1)
    half = "def sample(mean, log_std, eps):\n    return mean + np.exp(0.5 * log_std) * eps\n"
    for number in range(STUDENTS):
        write(tmp_path / "class" / f"s{number}", gaussian=half if number % 2 else "")
    settings = tmp_path / "course.toml"
    settings.write_text('exercises = ["1.1"]\n')
    out = tmp_path / "out"
    killed = threading.Event()

    def kill():
        while not list((out / plan.RESULTS).glob("*.json")):
            time.sleep(0.02)
        worker = next(iter(local.workers.values()))
        worker.process.process._process.kill()
        killed.set()

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as local:
        threading.Thread(target=kill, daemon=True).start()
        words = [tmp_path / "class", "--out", out, "--settings", settings, "--lang", "en"]
        words += ["--seed", 4, "--cluster", local.scheduler_address]
        assert command.main(["grade", *map(str, words)]) == 0
    assert killed.is_set()
    found = grades.read(out / grades.NAME)["students"]
    assert [(one["student"], one["points"]) for one in found] == [
        (f"s{number}", 0 if number % 2 else 1) for number in range(STUDENTS)
    ]
    assert {one["sandbox"]["name"] for one in found} == {"strong"}
