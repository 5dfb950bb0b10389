"""What the speed benchmark relies on; its numbers are measured, not tested."""

from itertools import pairwise

import numpy as np
import pytest

from tests.benchmarks import contenders, growth, report, speed
from vae_np import train


def test_the_peers_have_the_schedule_of_training():
    settings = train.Settings(batch_size=contenders.BATCH, epochs=contenders.EPOCHS)
    total = contenders.STEPS * contenders.EPOCHS
    for step in (0, 1, 150, 299, 300, 5_000, total - 1):
        expected = train.step_size(settings, step, total)
        assert contenders.step_size(step) == pytest.approx(expected, rel=1e-12)


def test_the_layers_are_those_of_the_default_settings():
    encoder, decoder = train.sizes(train.Settings(), 784)
    found = [*pairwise(encoder), *pairwise(decoder)]
    assert found == contenders.LAYERS


@pytest.mark.parametrize("name", [report.ALONE, report.OURS])
def test_a_contender_in_its_own_process_answers_with_its_times(name, tmp_path, rng):
    np.save(tmp_path / "images.npy", rng.integers(0, 256, (4_000, 784), dtype=np.uint8))
    parameters = [
        array
        for n, m in contenders.LAYERS
        for array in (0.05 * rng.standard_normal((n, m)), np.zeros(m))
    ]
    np.savez(tmp_path / "parameters.npz", *(array.astype(np.float32) for array in parameters))
    with speed.contender(name, tmp_path, peers=None) as steps:
        answer = steps(15)  # CPU time is counted in hundredths of a second
    assert answer["seconds"] > 0
    assert answer["cpu"] > 0
    with np.load(tmp_path / "trained.npz") as arrays:
        shapes = [arrays[name].shape for name in arrays.files]
    assert shapes == [array.shape for array in parameters]


def test_a_peer_that_is_not_installed_is_said_and_not_an_error(tmp_path):
    with speed.contender("JAX, jit", tmp_path, peers=None) as steps:
        assert steps is None
    result = {"quiet": rows(1.0), "busy": rows(2.0)}
    assert "| JAX, jit | not installed |" in report.speed_table(result)
    goals = report.goals_table(result)
    assert "JAX" not in goals
    assert "to the goal" not in goals


def rows(slowness: float) -> dict:
    """What `speed.take_turns` says of contenders of which only JAX is not there."""

    def runner(name):
        seconds = slowness * (20 if name in report.STUDENT else 2 if name == report.ALONE else 1)
        return lambda count: {"seconds": seconds * count / 300, "cpu": count / 300}

    names = contenders.CONTENDERS
    return speed.take_turns({n: None if n == report.JAX else runner(n) for n in names}, 2)


def test_the_report_compares_ours_with_the_others():
    result = {"quiet": rows(1.0), "busy": rows(2.0)}
    result["race"] = {
        report.ALONE: {"cpu": 3.0, "seconds": 3.0, "epochs": 5, "elbo": -99.5},
        report.PYTORCH: {"cpu": 6.0, "seconds": 3.0, "epochs": 5, "elbo": -99.5},
        report.JAX: None,
    }
    assert f"| {report.ALONE} | 2.00 | 2.00 | 1.00 | 2.00 | 4.00 | 2.0 |" in report.speed_table(
        result
    )
    goals = report.goals_table(result)
    assert "| epoch, of PyTorch eager with fused Adam | <= 1.0 | 1.00 |" in goals
    assert "| plain autograd's epoch (the faster of two), of ours | >= 9 | 20.00 |" in goals
    assert "of PyTorch's (the fewer of two) | <= 1.0 | 0.50 |" in goals
    assert f"| {report.JAX} | not installed, or did not arrive |" in report.race_table(result)


def test_the_committed_report_is_that_of_the_committed_results():
    assert (report.RESULTS / "speed.md").read_text(encoding="utf-8") == report.markdown()


def test_the_slope_of_a_power_law_is_its_power():
    assert growth.slope({n: 3 * n**1.5 for n in (1, 10, 100, 1_000)}) == pytest.approx(1.5)
