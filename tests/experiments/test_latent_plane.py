import numpy as np
import pytest
from scipy import stats

from vae_np.experiments import latent_plane


def test_the_manifold_cuts_the_prior_into_equal_shares():
    points = latent_plane.manifold(5).reshape(5, 5, 2)
    np.testing.assert_allclose(stats.norm.cdf(points[0, :, 0]), [0.1, 0.3, 0.5, 0.7, 0.9])
    np.testing.assert_allclose(stats.norm.cdf(points[:, 0, 1]), [0.9, 0.7, 0.5, 0.3, 0.1])
    assert np.ptp(points[2, :, 1]) == 0


def test_the_posterior_on_a_grid_sums_to_one(small_model, rng):
    image = rng.integers(0, 2, 6).astype(float)
    evidence = latent_plane.log_evidence(small_model, image[None], 301)[0]
    corner = np.array([5.0, 5.0])
    grid = latent_plane.posterior(small_model, image, evidence, -corner, corner, 201)
    area = (grid.across[1] - grid.across[0]) * (grid.down[0] - grid.down[1])
    assert np.sum(np.exp(grid.log_density)) * area == pytest.approx(1, abs=1e-3)
    assert latent_plane.kl_of_encoder(small_model, image, evidence, 201) > 0


def test_the_kl_on_a_grid_is_the_closed_form():
    ticks = np.linspace(-9, 9, 401)
    points = latent_plane.cells(ticks, ticks)
    log_q = stats.multivariate_normal([0.5, 0], np.diag([0.25, 1])).logpdf(points)
    log_p = stats.multivariate_normal([0, 0]).logpdf(points)
    expected = 0.5 * (0.25 + 0.25 - 1 - np.log(0.25))
    area = (ticks[1] - ticks[0]) ** 2
    assert latent_plane.kl(log_q, log_p, area) == pytest.approx(expected, abs=1e-6)
