import numpy as np
import pytest
from scipy import integrate, special, stats

from vae_np import evaluate, gaussian, mlp, vae


@pytest.fixture
def line_model(rng) -> vae.Model:
    """A VAE with a single latent, so that log p(x) can be had by quadrature."""
    return vae.Model(
        mlp.init([5, 4, 2], rng, scale=0.7, dtype=np.float64),
        mlp.init([1, 4, 5], rng, scale=1.5, dtype=np.float64),
    )


def log_prob_by_quadrature(model: vae.Model, image: np.ndarray) -> float:
    def joint(z):
        p = special.expit(vae.decode(model, np.array([[z]]))[0])
        return stats.norm.pdf(z) * np.prod(stats.bernoulli(p).pmf(image))

    value, _ = integrate.quad(joint, -12, 12, epsabs=1e-13, epsrel=1e-11, limit=400)
    return np.log(value)


@pytest.fixture
def images(rng):
    return (rng.random((6, 5)) < 0.5).astype(np.uint8)


def test_importance_sampling_agrees_with_quadrature(line_model, images, rng):
    exact = [log_prob_by_quadrature(line_model, image) for image in images]
    # q is wide and close to p(z|x) here: 20,000 samples know log p to about 0.01 nats
    found = evaluate.log_prob(line_model, images, 20_000, rng)
    np.testing.assert_allclose(found, exact, atol=0.05)


def test_elbo_below_k_samples_below_log_p(line_model, images, rng):
    exact = np.mean([log_prob_by_quadrature(line_model, image) for image in images])
    many = np.tile(images, (2_000, 1))
    log_likelihood, kl = evaluate.elbo_terms(line_model, many, rng)
    bounds = [vae.elbo(log_likelihood, kl)]
    bounds += [np.mean(evaluate.log_prob(line_model, many, k, rng)) for k in (1, 5, 25)]
    error = np.std(log_likelihood - kl) / np.sqrt(len(many))
    assert bounds[0] == pytest.approx(bounds[1], abs=6 * np.sqrt(2) * error)  # k = 1 is the ELBO
    assert bounds[1] < bounds[2] < bounds[3] < exact + error


def test_the_result_does_not_depend_on_the_block_size(small_model, rng, monkeypatch):
    images = (rng.random((23, 6)) < 0.5).astype(np.uint8)

    def both():
        seeded = np.random.default_rng(5)
        terms = evaluate.elbo_terms(small_model, images, seeded)
        return *terms, *evaluate.posterior(small_model, images)

    whole = both()
    monkeypatch.setattr(evaluate, "BLOCK", 4)
    for left, right in zip(whole, both(), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12)


@pytest.mark.parametrize("samples", [1, 3, 7, 50])
def test_samples_in_pieces_estimate_the_same(line_model, images, samples, monkeypatch):
    monkeypatch.setattr(evaluate, "BLOCK", 7)  # fewer than some of the sample counts
    found = evaluate.log_prob(line_model, images, samples, np.random.default_rng(0))
    assert found.shape == (6,)
    assert np.all(np.isfinite(found))
    assert np.all(found < 0)


def test_memory_stays_bounded_with_thousands_of_samples(rng):
    import tracemalloc

    model = vae.Model(mlp.init([784, 20, 10], rng), mlp.init([5, 20, 784], rng))
    images = (rng.random((4, 784)) < 0.2).astype(np.uint8)
    tracemalloc.start()
    evaluate.log_prob(model, images, 5_000, rng)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # one block of 1,000 rows is 3.1 MB; all 20,000 rows at once would be 63 MB for each temporary
    assert peak < 25e6


def test_an_active_unit_is_one_whose_mean_moves(rng):
    mean = rng.standard_normal((5_000, 3)) * [1.0, 0.05, 0.2]
    np.testing.assert_array_equal(evaluate.active_units(mean), [True, False, True])


def test_the_kl_of_the_latents_adds_up_to_the_kl(rng):
    mean, log_std = rng.standard_normal((2, 50, 4))
    each = evaluate.kl_per_latent(mean, log_std)
    assert each.shape == (4,)
    assert each.sum() == pytest.approx(np.mean(gaussian.kl_from_standard(mean, log_std)))


def test_bad_requests_are_refused(small_model, rng):
    with pytest.raises(ValueError, match="images is empty"):
        evaluate.elbo_terms(small_model, np.zeros((0, 6)), rng)
    with pytest.raises(ValueError, match="samples is 0: expected one or more"):
        evaluate.log_prob(small_model, np.zeros((1, 6)), 0, rng)
