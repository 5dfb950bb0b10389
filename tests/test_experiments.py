"""What the lecture notes claim, on models trained in seconds on a few built-in digits."""

from itertools import pairwise

import numpy as np
import pytest

from tasks import cli, task4, task5, task7, task8, task9
from tasks import figures as all_tasks
from vae_np import bounds, built_in, data, digits, evaluate, gaussian, train, vae
from vae_np.experiments import (
    autoencoder,
    classifier,
    estimators,
    latent_arithmetic,
    latent_plane,
    measurements,
    posterior,
)

COUNT = 3_000
SETTINGS = train.Settings(hidden=(100,), batch_size=50, epochs=12, warmup_steps=50)


@pytest.fixture(scope="module")
def drawn() -> digits.Digits:
    return digits.draw(COUNT, seed=11)


def trained(drawn, **changes) -> vae.Model:
    settings = SETTINGS._replace(**changes)
    run = train.start(settings, drawn.images, seed=0)
    for _ in range(settings.epochs):
        run, _ = train.epoch(run, settings, drawn.images)
    return train.model(run.optimiser.theta, settings, drawn.images.shape[1])


@pytest.fixture(scope="module")
def plane(drawn) -> vae.Model:
    return trained(drawn, latent_dim=2)


@pytest.fixture(scope="module")
def model(drawn) -> vae.Model:
    return trained(drawn, latent_dim=10)


@pytest.fixture(scope="module")
def binary(drawn) -> np.ndarray:
    return data.binarise(drawn.images[:60], np.random.default_rng(3))


def noise(rng, *shape):
    return rng.standard_normal(shape, dtype=np.float32)


def test_the_posterior_of_the_kl_alone_is_the_prior(drawn):
    mean, log_std = evaluate.posterior(
        trained(drawn, latent_dim=2, objective="KL alone"), data.unit(drawn.images)
    )
    assert gaussian.kl_from_standard(mean, log_std).mean() < 0.01


def test_without_the_kl_sigma_collapses(drawn, plane):
    images = data.unit(drawn.images)
    alone = trained(drawn, latent_dim=2, objective="without KL")
    sigma, of_the_vae = (np.exp(evaluate.posterior(m, images)[1]).mean() for m in (alone, plane))
    assert sigma < 0.1 * of_the_vae


def test_a_plain_autoencoder_reconstructs_better_than_pca_and_than_the_vae(drawn, plane):
    images = data.unit(drawn.images)
    plain = trained(drawn, latent_dim=2, objective="autoencoder")
    errors = [
        autoencoder.squared_error(coder, images).mean()
        for coder in (
            autoencoder.from_vae(plain),
            autoencoder.from_vae(plane),
            autoencoder.from_pca(task4.pca.fit(images, 2)),
        )
    ]
    assert errors[0] < errors[1] < errors[2]


def test_the_corners_of_the_manifold_decode_to_different_digits(drawn, plane):
    judge = classifier.fit(data.unit(drawn.images), drawn.labels)
    tiles = vae.generate(plane, latent_plane.manifold(8).astype(np.float32))
    assert len(set(classifier.predict(judge, tiles[[0, 7, 56, 63]]))) >= 3


def test_draws_of_the_prior_miss_log_p_by_nats(model, binary, rng):
    naive = estimators.prior_log_likelihoods(model, binary, 2_000, rng)
    weights = bounds.log_weights(model, binary, noise(rng, 60, 2_000, 10))
    gap = bounds.importance_weighted(weights) - bounds.importance_weighted(naive)
    assert gap.mean() > 2 + 4 * estimators.standard_error(gap)
    assert np.median(bounds.effective_samples(naive)) < 3
    assert np.median(bounds.effective_samples(weights)) > 10


def test_both_estimators_of_the_elbo_agree_within_their_standard_error(model, binary, rng):
    a, b = estimators.sgvb(model, binary, noise(rng, 60, 500, 10))
    difference = (a - b).ravel()
    assert abs(difference.mean()) < 3 * estimators.standard_error(difference)


def test_the_analytic_kl_is_less_noisy_for_a_narrow_q_but_not_for_one_that_fits(model, binary, rng):
    def variances(widen):
        both = estimators.sgvb(model, binary, noise(rng, 60, 500, 10), widen)
        return [values.var(axis=1).mean() for values in both]

    a, b = variances(0.2)
    assert b < 0.5 * a
    a, b = variances(1.0)
    assert a < b


def test_the_score_functions_gradient_is_at_least_ten_times_as_noisy(model, binary, rng):
    eps = noise(rng, 4_000, 10)
    for image in binary[:3]:
        reparameterised, score, improved = (
            estimators.variance_of_mean(draws, 1)
            for draws in (
                estimators.reparameterised(model, image, eps),
                estimators.score_function(model, image, eps),
                estimators.score_function(model, image, eps, baseline=True),
            )
        )
        assert score > 10 * reparameterised
        assert score > improved > reparameterised


def test_log_p_is_the_elbo_plus_the_kl_to_the_posterior_on_digits(plane, binary, rng):
    images = binary[:2]
    evidence = latent_plane.log_evidence(plane, images, 301)
    weights = bounds.log_weights(plane, images, noise(rng, 2, 5_000, 2))
    for image, log_p, log_weights in zip(images, evidence, weights, strict=True):
        kl = latent_plane.kl_of_encoder(plane, image, log_p, 121)
        elbo, error = log_weights.mean(), estimators.standard_error(log_weights)
        assert elbo + kl == pytest.approx(log_p, abs=4 * error + 0.02)


def test_the_bound_rises_with_k(model, binary, rng):
    weights = bounds.log_weights(model, binary, noise(rng, 60, 256, 10))
    by_k = [
        bounds.importance_weighted(weights.reshape(60, -1, k)).mean(axis=1) for k in (1, 4, 16, 256)
    ]
    for fewer, more in pairwise(by_k):
        rise = more - fewer
        assert rise.mean() > 4 * estimators.standard_error(rise)


def test_a_q_for_every_image_closes_a_gap_and_correlations_close_more(model, binary, rng):
    start = posterior.amortised(model, binary)
    eps = noise(rng, 60, 100, 10)
    before, own, correlated = (
        posterior.elbo(model, binary, q, eps)
        for q in (
            start,
            posterior.climb(model, binary, start, rng, 120, correlated=False),
            posterior.climb(model, binary, start, rng, 120, correlated=True),
        )
    )
    for gain in (own - before, correlated - own):
        assert gain.mean() > 4 * estimators.standard_error(gain)


def test_training_on_the_k_sample_bound_raises_that_bound_most(drawn, binary, rng):
    few = {"latent_dim": 10, "epochs": 4}
    weighted, plain = trained(drawn, objective="iwae", samples=5, **few), trained(drawn, **few)
    eps = noise(rng, 60, 500, 10)
    by_k = {}
    for name, model in (("weighted", weighted), ("plain", plain)):
        weights = bounds.log_weights(model, binary, eps).reshape(60, -1, 5)
        by_k[name] = bounds.importance_weighted(weights).mean() - weights.mean()
    untrained = trained(drawn, objective="iwae", samples=5, latent_dim=10, step_size=1e-9, epochs=1)
    start = bounds.importance_weighted(bounds.log_weights(untrained, binary, eps[:, :5])).mean()
    end = bounds.importance_weighted(bounds.log_weights(weighted, binary, eps[:, :5])).mean()
    assert end > start + 20
    assert by_k["weighted"] > by_k["plain"]  # it leaves its q wider, for the weights to use


@pytest.mark.parametrize("name", ["slant", "thickness", "bar"])
def test_an_attribute_vector_moves_its_attribute_monotonically(drawn, model, name):
    images, labels = data.unit(drawn.images), drawn.labels
    if name == "bar":
        has = (labels == 7) & drawn.attributes["has_bar"]
        lacks = (labels == 7) & ~drawn.attributes["has_bar"]
        place = measurements.place(images[has], images[lacks])
        amount = measurements.ink_in
        arguments = (place,)
    else:
        has, lacks = latent_arithmetic.extremes(drawn.attributes[name], labels)
        amount = getattr(measurements, name)
        arguments = ((28, 28),)
    coder = autoencoder.from_vae(model)
    codes = coder.encode(images)
    vector = latent_arithmetic.attribute_vector(codes, has, lacks, labels)
    chosen = codes[np.isin(labels, (1, 4, 7, 9)) if name == "bar" else slice(500)]
    moved = latent_arithmetic.add(chosen, vector, np.linspace(-2, 2, 5, dtype=np.float32))
    means = [amount(coder.decode(moved[:, s]), *arguments).mean() for s in range(5)]
    assert np.all(np.diff(means) > 0)


def test_adam_climbs_faster_than_sgd_and_uncorrected_adam_stumbles(drawn):
    def last(optimiser, step_size):
        settings = SETTINGS._replace(
            epochs=2, warmup_steps=0, final_fraction=1.0, optimiser=optimiser, step_size=step_size
        )
        run, seen = train.start(settings, drawn.images, seed=0), []
        for _ in range(2):
            run, _ = train.epoch(run, settings, drawn.images, lambda *t: seen.append(t[0] - t[1]))
        return np.mean(seen[-30:]), np.mean(seen[:10])

    adam, sgd, uncorrected = last("adam", 3e-3), last("sgd", 3e-3), last("adam uncorrected", 3e-3)
    assert adam[0] > sgd[0] + 5
    assert adam[1] > uncorrected[1] + 5


def test_task8_needs_the_built_in_digits():
    with pytest.raises(ValueError, match="--dataset mnist: slant, thickness and bars are known"):
        task8.main(["--dataset", "mnist"])


def test_the_bound_is_part_of_a_runs_settings_and_of_its_name():
    parser = cli.parser("task2", "", [""])
    plain, weighted = parser.parse_args([]), parser.parse_args(["--objective", "iwae", "--k", "5"])
    assert cli.settings(plain) == train.Settings()
    assert cli.settings(weighted) == train.Settings(objective="iwae", samples=5)
    assert cli.usual_folder(plain, "task2").name == "digits-default-seed0"
    assert cli.usual_folder(weighted, "task2").name == "digits-default-iwae5-seed0"


def test_all_figures_come_from_scratch():
    with pytest.raises(ValueError, match="every task has a folder of its own"):
        all_tasks.main(["--quick", "--out", "here"])


def test_built_in_attributes_belong_to_the_built_in_images(tmp_path):
    images = built_in.load("test", 1_000, tmp_path)
    known = built_in.attributes("test", 1_000, tmp_path)
    slant = measurements.slant(data.unit(images.images), (28, 28))
    assert np.corrcoef(slant, known["slant"])[0, 1] > 0.7


@pytest.mark.parametrize(
    ("task", "figures"),
    [
        (task5, ["manifold", "samples"]),
        (task7, ["variances", "floor"]),
        (task9, [""]),
    ],
)
def test_a_script_takes_images_of_your_own(task, figures, tmp_path, monkeypatch, rng, capsys):
    monkeypatch.chdir(tmp_path)
    images = rng.integers(0, 256, (200, 6, 7), dtype=np.uint8)
    np.savez("faces.npz", images=images)
    task.main(["--dataset", "faces.npz", "--epochs", "1", "--batch-size", "20", "--out", "out"])
    number = task.__name__[-1]
    for figure in figures:
        assert (tmp_path / "out" / f"Task_{number}_{figure}.png".replace("_.", ".")).is_file()
    assert "wrote to out" in capsys.readouterr().out
