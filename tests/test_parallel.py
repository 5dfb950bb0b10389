"""Several processes take the steps of one, up to rounding, and end whatever happens."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from vae_np import adam, checkpoint, optimisers, parallel, train

ROOT = Path(__file__).resolve().parent.parent
ALONE = train.Settings(hidden=(8,), latent_dim=2, batch_size=30, epochs=3, warmup_steps=5)
TWO = ALONE._replace(processes=2)


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (90, 12), dtype=np.uint8)


def fingerprint(run: train.Run) -> bytes:
    return b"".join(array.tobytes() for array in run.optimiser[:3])


def epochs(count: int, settings: train.Settings, images, run: train.Run | None = None) -> train.Run:
    run = run or train.start(settings, images, seed=0)
    with parallel.team(settings, images) as stepper:
        for _ in range(count):
            run, _ = train.epoch(run, settings, images, stepper=stepper)
    return run


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "changes",
    [{}, {"objective": "iwae", "samples": 3}, {"samples": 2}]
    + [{"optimiser": name} for name in optimisers.OPTIMISERS if name != "adam"],
    ids=str,
)
def test_the_parts_of_a_step_make_the_whole_step(processes, changes, images, rng):
    settings = ALONE._replace(processes=processes, **changes)
    state = train.start(settings, images, seed=0).optimiser
    targets = (images[:30] > rng.integers(0, 256, (30, 12))).astype(np.float32)
    eps = rng.standard_normal((30 * settings.samples, 2), dtype=np.float32)
    shared = parallel._arrays(parallel._memory(settings, images))
    for array, values in zip(shared, (*state[:3], 0, targets, eps, 0, (0, 1e-2)), strict=True):
        array[...] = values
    for number in range(processes):
        parallel._gradient(number, settings, shared)
    for number in range(processes):
        parallel._update(number, settings, shared)
    before = state.theta.copy()
    expected, *terms = train.step(state, settings, targets, eps, 1e-2)
    np.testing.assert_allclose(shared.terms.mean(axis=0), terms, rtol=1e-5)
    gradient, *_ = train.ascent_direction(before, settings, targets, eps)
    clear = np.abs(gradient) > 1e-4  # Adam's first step divides a gradient by its own size
    assert clear.mean() > 0.9
    for name in ("theta", "m", "v"):
        found, wanted = getattr(shared, name)[clear], getattr(expected, name)[clear]
        np.testing.assert_allclose(found, wanted, rtol=1e-2, atol=1e-6)


def test_an_update_that_returns_new_arrays_is_kept(images, monkeypatch):
    state = train.start(TWO, images, seed=0).optimiser
    shared = parallel._arrays(parallel._memory(TWO, images))
    for array, values in zip(shared, (*state[:3], 1, 0, 0, 0, (6, 0.5)), strict=True):
        array[...] = values
    seen = []

    def plain(state, gradient, step_size, out=None):  # noqa: ARG001 (as a student's may)
        seen.append(state.t)
        return adam.State(state.theta + step_size * gradient, state.m + 2, state.v, state.t + 1)

    monkeypatch.setitem(optimisers.OPTIMISERS, "adam", plain)
    for number in range(2):
        parallel._update(number, TWO, shared)
    np.testing.assert_allclose(shared.theta, state.theta + 0.5, rtol=1e-6)
    np.testing.assert_array_equal(shared.m, 2)
    assert seen == [6, 6]


def test_two_processes_end_where_one_does_up_to_rounding(images):
    alone, two = epochs(3, ALONE, images), epochs(3, TWO, images)
    apart = np.abs(two.optimiser.theta - alone.optimiser.theta)
    assert np.quantile(apart, 0.9) < 1e-5
    assert two.optimiser.t == alone.optimiser.t == 9
    assert two.epoch == 3


def test_two_processes_repeat_to_the_bit_whole_or_resumed(images, tmp_path):
    straight = epochs(3, TWO, images)
    first = epochs(1, TWO, images)
    before = fingerprint(first)
    path = tmp_path / "run.npz"
    checkpoint.save(path, checkpoint.Checkpoint(first, [], {}))
    resumed = epochs(2, TWO, images, checkpoint.load(path).run)
    assert fingerprint(resumed) == fingerprint(straight)
    assert fingerprint(first) == before


def test_one_process_is_training_alone(images):
    with parallel.team(ALONE, images) as stepper:
        assert stepper is train.ALONE


def test_several_processes_do_not_train_unasked(images):
    with pytest.raises(ValueError, match="processes is 2: expected a stepper"):
        train.epoch(train.start(TWO, images, seed=0), TWO, images)


class Stop(Exception):  # noqa: N818 (not an error: a test's way out of an epoch)
    pass


def stop(*_):
    raise Stop


def test_an_epoch_left_between_two_steps_does_not_spoil_the_next(images):
    run = train.start(TWO, images, seed=0)
    with parallel.team(TWO, images) as stepper:
        with contextlib.suppress(Stop):
            train.epoch(run, TWO, images, stop, stepper)
        after, _ = train.epoch(run, TWO, images, stepper=stepper)
    assert fingerprint(after) == fingerprint(epochs(1, TWO, images))


def test_a_bound_that_is_not_finite_stops_all_and_the_team_says_so(images):
    run = train.start(TWO, images, seed=0)
    broken = run._replace(optimiser=adam.init(np.full_like(run.optimiser.theta, np.nan)))
    with parallel.team(TWO, images) as stepper:
        with pytest.raises(FloatingPointError, match="the ELBO is nan at step 1"):
            train.epoch(broken, TWO, images, stepper=stepper)
        with pytest.raises(RuntimeError, match="they need a new team"):
            train.epoch(run, TWO, images, stepper=stepper)


def test_a_team_takes_the_steps_of_its_settings_only(images):
    other = TWO._replace(latent_dim=1)
    with (
        parallel.team(TWO, images) as stepper,
        pytest.raises(ValueError, match="expected the team's"),
    ):
        train.epoch(train.start(TWO, images, seed=0), other, images, stepper=stepper)


def test_what_another_process_raises_is_raised_here(images):
    wrong = TWO._replace(activation="nonsense")
    memory = parallel._memory(wrong, images)
    context = multiprocessing.get_context("spawn")
    run = train.start(TWO, images, seed=0)
    with parallel._other(context, 1, wrong, memory) as other:
        caller = parallel._Caller(TWO, parallel._arrays(memory), [other])
        with pytest.raises(KeyError, match="nonsense"):
            train.epoch(
                run, TWO, images, stepper=train.Stepper(caller.begin, caller.step, caller.end)
            )


def test_a_process_ended_from_outside_is_an_error_and_not_a_hang(images):
    run = train.start(TWO, images, seed=0)
    with parallel.team(TWO, images) as stepper:
        train.epoch(run, TWO, images, stepper=stepper)
        (other,) = multiprocessing.active_children()
        other.kill()
        started = time.monotonic()
        with pytest.raises(ChildProcessError, match="train with fewer processes"):
            train.epoch(run, TWO, images, stepper=stepper)
    assert time.monotonic() - started < 10


@pytest.mark.skipif(os.name == "nt", reason="kills a process with a signal")
def test_the_others_end_with_a_caller_that_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing, time\n"
        "import numpy as np\n"
        "from vae_np import parallel, train\n"
        "if __name__ == '__main__':\n"
        "    settings = train.Settings(hidden=(4,), latent_dim=1, batch_size=2, processes=2)\n"
        "    with parallel.team(settings, np.zeros((2, 3), np.uint8)):\n"
        "        print(multiprocessing.active_children()[0].pid, flush=True)\n"
        "        time.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as caller:
        other = int(caller.stdout.readline())
        time.sleep(2)  # well into its wait
        assert psutil.pid_exists(other)
        caller.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(other) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(other)
