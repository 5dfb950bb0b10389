import numpy as np
import pytest

from vae_np import bounds, objectives, train, vae

SETTINGS = train.Settings(hidden=(7,), latent_dim=2, batch_size=10, epochs=2, warmup_steps=2)


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (40, 6), dtype=np.uint8)


@pytest.fixture
def binary(rng):
    return rng.integers(0, 2, (4, 6)).astype(float)


@pytest.mark.parametrize("name", objectives.OBJECTIVES)
@pytest.mark.parametrize("samples", [1, 3])
def test_every_objective_trains(images, name, samples):
    settings = SETTINGS._replace(objective=name, samples=samples)
    run = train.start(settings, images, seed=0)
    after, averages = train.epoch(run, settings, images)
    assert np.all(np.isfinite(averages))
    assert np.all(np.isfinite(after.optimiser.theta))
    assert not np.array_equal(after.optimiser.theta, run.optimiser.theta)


def test_several_draws_are_averaged(small_model, binary, rng):
    eps = rng.standard_normal((4 * 3, 2))
    value, _ = objectives.OBJECTIVES["elbo"].value(small_model, binary, eps)
    draws = eps.reshape(4, 3, 2)
    singles = [vae.elbo(*vae.elbo_terms(small_model, binary, draws[:, s])) for s in range(3)]
    assert value == pytest.approx(np.mean(singles), abs=1e-12)


def test_one_draw_is_the_page(small_model, binary, rng):
    eps = rng.standard_normal((4, 2))
    value, terms = objectives.OBJECTIVES["elbo"].value(small_model, binary, eps)
    expected = vae.elbo_terms(small_model, binary, eps)
    assert value == vae.elbo(*expected)
    np.testing.assert_array_equal(terms, expected)


def test_iwae_climbs_the_k_sample_bound_and_reports_the_elbo(small_model, binary, rng):
    eps = rng.standard_normal((4, 5, 2))
    value, terms = objectives.iwae(small_model, binary, eps.reshape(20, 2))
    log_weights = bounds.log_weights(small_model, binary, eps)
    assert value == pytest.approx(bounds.importance_weighted(log_weights).mean())
    assert vae.elbo(*terms) == pytest.approx(log_weights.mean())
    assert value > vae.elbo(*terms)


def test_iwae_with_one_draw_is_the_first_estimator_of_the_elbo(small_model, binary, rng):
    value, terms = objectives.iwae(small_model, binary, rng.standard_normal((4, 2)))
    assert value == pytest.approx(vae.elbo(*terms), abs=1e-12)


def test_an_unknown_objective_is_named(images):
    with pytest.raises(ValueError, match="objective is 'elbow': expected one of elbo, iwae"):
        train.check(SETTINGS._replace(objective="elbow"), images)
    with pytest.raises(ValueError, match="samples is 0"):
        train.check(SETTINGS._replace(samples=0), images)
    with pytest.raises(ValueError, match="optimiser is 'adem': expected one of adam, sgd"):
        train.check(SETTINGS._replace(optimiser="adem"), images)
