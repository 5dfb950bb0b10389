import copy
import platform
import subprocess
import sys

import autograd.numpy as anp
import numpy as np
import pytest

from vae_np import adam, bernoulli, data, evaluate, gaussian, optimisers, train, vae

SETTINGS = train.Settings(hidden=(8,), latent_dim=2, batch_size=20, epochs=3, warmup_steps=5)


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (90, 12), dtype=np.uint8)


def fingerprint(run: train.Run) -> bytes:
    return b"".join(getattr(run.optimiser, name).tobytes() for name in ("theta", "m", "v"))


def test_a_seed_decides_every_bit(images):
    def two_epochs(seed):
        run = train.start(SETTINGS, images, seed)
        for _ in range(2):
            run, _ = train.epoch(run, SETTINGS, images)
        return fingerprint(run)

    assert two_epochs(4) == two_epochs(4)
    assert two_epochs(4) != two_epochs(5)


def test_logging_and_evaluation_do_not_steer_training(images, rng):
    plain = watched = train.start(SETTINGS, images, seed=0)
    for _ in range(2):
        plain, _ = train.epoch(plain, SETTINGS, images)
        watched, _ = train.epoch(watched, SETTINGS, images, on_step=lambda *_: rng.random())
        model = train.model(watched.optimiser.theta, SETTINGS, 12)
        evaluate.elbo_terms(model, data.binarise(images, rng), rng)
    assert fingerprint(plain) == fingerprint(watched)


def test_an_epoch_leaves_the_run_it_starts_from_alone(images):
    run = train.start(SETTINGS, images, seed=0)
    before = (
        fingerprint(run),
        copy.deepcopy({k: g.bit_generator.state for k, g in run.rngs.items()}),
    )
    train.epoch(run, SETTINGS, images)
    after = fingerprint(run), {k: g.bit_generator.state for k, g in run.rngs.items()}
    assert before == after


def test_the_averages_are_those_of_the_steps(images):
    seen = []
    run = train.start(SETTINGS, images, seed=0)
    run, averages = train.epoch(run, SETTINGS, images, lambda *terms: seen.append(terms))
    assert len(seen) == train.steps_per_epoch(SETTINGS, images) == 4
    np.testing.assert_allclose(averages, np.mean(seen, axis=0))
    assert run.optimiser.t == 4
    assert run.epoch == 1


def test_training_raises_the_bound():
    settings = SETTINGS._replace(epochs=60, step_size=3e-2)
    striped = np.tile(np.repeat([[255], [0]], 6, axis=1).reshape(1, 12), (90, 1)).astype(np.uint8)
    striped[:45] = 255 - striped[:45]
    run, first = train.epoch(train.start(settings, striped, seed=0), settings, striped)
    for _ in range(59):
        run, last = train.epoch(run, settings, striped)
    # Two equally likely images carry log 2 = 0.69 nats, so no bound can pass -0.69.
    assert first.log_likelihood - first.kl < -7
    assert -1.5 < last.log_likelihood - last.kl < -np.log(2)


def test_the_gradient_is_that_of_finite_differences(images, rng):
    theta = train.start(SETTINGS, images, seed=0).optimiser.theta.astype(np.float64)
    targets = data.binarise(images[:20], rng, np.float64)
    eps, direction = rng.standard_normal((20, 2)), rng.standard_normal(theta.size)

    def bound(theta):
        return vae.elbo(*vae.elbo_terms(train.model(theta, SETTINGS, 12), targets, eps))

    h = 1e-6
    slope = (bound(theta + h * direction) - bound(theta - h * direction)) / (2 * h)
    gradient, log_likelihood, kl = train.ascent_direction(theta, SETTINGS, targets, eps)
    assert gradient @ direction == pytest.approx(slope, rel=1e-6)
    assert log_likelihood - kl == pytest.approx(bound(theta))


def test_the_decoder_starts_at_the_mean_image(images):
    run = train.start(SETTINGS._replace(init_scale=1e-6), images, seed=0)
    model = train.model(run.optimiser.theta, SETTINGS, 12)
    means = (images / 255).mean(axis=0)
    np.testing.assert_allclose(vae.generate(model, np.zeros((1, 2))), means[None], atol=0.01)


def test_pixels_that_never_vary_get_a_finite_bias():
    images = np.zeros((50, 3), np.uint8)
    images[:, 1] = 255
    means = train.pixel_means(images)
    np.testing.assert_allclose(means, [0.5 / 51, 50.5 / 51, 0.5 / 51])


def test_the_step_size_rises_then_falls_along_a_cosine():
    settings = train.Settings(step_size=2.0, warmup_steps=10, final_fraction=0.1)
    steps = [train.step_size(settings, step, 1_000) for step in range(1_000)]
    assert steps[0] == pytest.approx(0.2, rel=1e-4)
    assert max(steps) == pytest.approx(2.0, rel=1e-3)
    assert steps[500] == pytest.approx(2.0 * (0.1 + 0.9 * 0.5), rel=1e-6)
    assert steps[-1] == pytest.approx(0.2, rel=1e-3)
    assert np.all(np.diff(steps[10:]) < 0)


def test_a_final_fraction_of_one_keeps_the_step_constant():
    settings = train.Settings(step_size=1e-3, warmup_steps=0, final_fraction=1.0)
    assert {train.step_size(settings, step, 50) for step in range(50)} == {1e-3}


def test_a_bound_that_is_not_finite_stops_at_its_step(images, monkeypatch):
    calls = []

    def third_is_nan(*arguments):
        calls.append(arguments)
        gradient, log_likelihood, kl = original(*arguments)
        return gradient, (np.nan if len(calls) == 3 else log_likelihood), kl

    original = train.ascent_direction
    monkeypatch.setattr(train, "ascent_direction", third_is_nan)
    with pytest.raises(FloatingPointError, match=r"the ELBO is nan at step 3"):
        train.epoch(train.start(SETTINGS, images, seed=0), SETTINGS, images)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"latent_dim": 0}, "latent_dim is 0: expected a positive number"),
        ({"batch_size": -5}, "batch_size is -5: expected a positive number"),
        ({"batch_size": 91}, "batch_size is 91: expected at most 90"),
        ({"epochs": 0}, "epochs is 0"),
        ({"step_size": float("nan")}, "step_size is nan"),
        ({"processes": 0}, "processes is 0: expected a positive number"),
        ({"processes": 3}, "processes is 3: expected a divisor of batch_size, 20"),
        ({"hidden": ()}, "hidden is"),
        ({"hidden": (3, 0)}, "hidden is"),
        ({"activation": "gelu"}, "activation is 'gelu': expected one of tanh, relu"),
    ],
)
def test_settings_that_cannot_train_are_refused(change, words, images):
    with pytest.raises(ValueError, match=words):
        train.start(SETTINGS._replace(**change), images, seed=0)


def test_float_images_train_like_their_bytes(images):
    run, averages = train.epoch(train.start(SETTINGS, images, 0), SETTINGS, images)
    floats = data.unit(images)
    other, other_averages = train.epoch(train.start(SETTINGS, floats, 0), SETTINGS, floats)
    assert run.optimiser.theta.dtype == other.optimiser.theta.dtype == np.float32
    np.testing.assert_allclose(averages, other_averages, rtol=0.1)  # other draws, the same law


def test_a_gradient_in_parts_is_that_of_the_whole(rng):
    at = rng.standard_normal(6)

    def value(parts):
        first, (second, _) = parts
        return np.sum(first * second) + np.sum(first), (first,)  # first twice, the last never

    found, (first,) = train.gradient(
        value, at, lambda vector: [vector[:2], (vector[2:4], vector[4:])]
    )
    np.testing.assert_allclose(found, [*(at[2:4] + 1), *at[:2], 0, 0])
    assert type(first) is np.ndarray
    whole, _ = train.gradient(lambda vector: (anp.sum(vector**2), ()), at)
    np.testing.assert_allclose(whole, 2 * at)


def test_a_scalar_that_ignores_its_variables_has_gradient_zero():
    found, _ = train.gradient(lambda _: (1.0, ()), np.ones(3))
    np.testing.assert_array_equal(found, [0, 0, 0])


def _float64_log_prob(targets, logits):
    return anp.sum(targets * logits - anp.logaddexp(np.float64(0), logits), axis=1)


def _unstable_log_prob(targets, logits):
    p = 1 / (1 + anp.exp(-logits))
    return anp.sum(targets * anp.log(p) + (1 - targets) * anp.log(1 - p), axis=1)


def _kl(mean, log_std):
    return anp.sum(0.5 * (anp.exp(log_std) ** 2 + mean**2 - 1) - log_std, axis=1)


def _update(state, gradient, step_size=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, out=None):  # noqa: ARG001
    m = beta1 * state.m + (1 - beta1) * gradient
    v = beta2 * state.v + (1 - beta2) * gradient**2
    t = state.t + 1
    step = step_size * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    return adam.State(state.theta + step, m, v, t)


@pytest.mark.parametrize(
    ("module", "name", "body"),
    [
        (bernoulli, "log_prob", _float64_log_prob),
        (bernoulli, "log_prob", _unstable_log_prob),
        (gaussian, "kl_from_standard", _kl),
        (
            gaussian,
            "sample",
            lambda mean, log_std, eps: mean + np.float64(1) * anp.exp(log_std) * eps,
        ),
        (vae, "elbo", lambda log_likelihood, kl: anp.sum(log_likelihood - kl) / len(kl)),
        (adam, "update", _update),
    ],
)
def test_an_exercise_filled_with_plain_code_trains_to_the_same(
    module, name, body, images, monkeypatch
):
    run = train.start(SETTINGS, images, seed=0)
    expected, averages = train.epoch(run, SETTINGS, images)
    monkeypatch.setattr(module, name, body)
    if module is adam:
        monkeypatch.setitem(optimisers.OPTIMISERS, "adam", body)
    found, plain_averages = train.epoch(run, SETTINGS, images)
    assert plain_averages == pytest.approx(averages, rel=1e-4)
    np.testing.assert_allclose(found.optimiser.theta, expected.optimiser.theta, atol=1e-3)
    assert found.optimiser.theta.dtype == np.float32


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="how glibc keeps freed memory")
def test_no_step_takes_its_memory_anew():
    code = (
        "import resource, numpy as np\n"
        "from vae_np import train\n"
        "images = np.zeros((3000, 784), np.uint8)\n"
        "settings = train.Settings(hidden=(4,), latent_dim=1, batch_size=1000)\n"
        "faults = [0]\n"
        "def on_step(*_):\n"
        "    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)\n"
        "train.epoch(train.start(settings, images, seed=0), settings, images, on_step)\n"
        "print(faults[-1] - faults[-2])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert int(result.stdout) < 500, result.stderr  # a batch of logits alone has 766 pages
