import numpy as np
import pytest
from scipy import stats

from vae_np.experiments import linear_gaussian, pca


@pytest.fixture
def model(rng):
    return linear_gaussian.Model(rng.standard_normal((4, 2)), rng.standard_normal(4), 0.6)


@pytest.fixture
def points(rng):
    return rng.standard_normal((5, 4))


def test_the_evidence_is_scipys_multivariate_normal(model, points):
    covariance = model.weights @ model.weights.T + 0.36 * np.eye(4)
    expected = stats.multivariate_normal(model.mean, covariance).logpdf(points)
    np.testing.assert_allclose(linear_gaussian.log_prob(model, points), expected)


def test_bayes_rule_holds_at_every_latent(model, points, rng):
    mean, covariance = linear_gaussian.posterior(model, points)
    for z in rng.standard_normal((3, 5, 2)):
        log_posterior = [
            stats.multivariate_normal(m, covariance).logpdf(one)
            for m, one in zip(mean, z, strict=True)
        ]
        evidence = linear_gaussian.log_joint(model, points, z) - log_posterior
        np.testing.assert_allclose(evidence, linear_gaussian.log_prob(model, points))


def test_the_evidence_is_the_elbo_plus_the_kl_to_the_posterior(model, points, rng):
    posterior = linear_gaussian.posterior(model, points)
    mean, covariance = rng.standard_normal((5, 2)), np.array([[0.5, 0.2], [0.2, 0.3]])
    log_likelihood, kl = linear_gaussian.elbo_terms(model, points, mean, covariance)
    gap = linear_gaussian.gaussian_kl(mean, covariance, *posterior)
    assert np.all(gap > 0)
    np.testing.assert_allclose(
        log_likelihood - kl + gap, linear_gaussian.log_prob(model, points), rtol=1e-12
    )


def test_the_elbo_is_the_mean_of_its_draws(model, points, rng):
    covariance = np.array([[0.5, 0.2], [0.2, 0.3]])
    q = stats.multivariate_normal([0.1, -0.3], covariance)
    z = q.rvs(40_000, random_state=rng)
    draws = linear_gaussian.log_joint(model, points[:1], z) - q.logpdf(z)
    terms = linear_gaussian.elbo_terms(model, points[:1], np.array([[0.1, -0.3]]), covariance)
    exact = float(terms[0][0] - terms[1][0])
    assert draws.mean() == pytest.approx(exact, abs=4 * draws.std() / 200)


def test_the_model_of_a_pca_has_the_covariance_of_the_images(rng):
    images = rng.standard_normal((4_000, 3)) * [2.0, 0.5, 0.5]
    fitted = linear_gaussian.from_pca(pca.fit(images, 1))
    covariance = fitted.weights @ fitted.weights.T + fitted.std**2 * np.eye(3)
    np.testing.assert_allclose(covariance, np.cov(images, rowvar=False), atol=0.05)
