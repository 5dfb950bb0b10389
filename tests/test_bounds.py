import numpy as np
import pytest
from scipy import special, stats

from vae_np import bounds, train, vae


@pytest.fixture
def images(rng):
    return rng.integers(0, 2, (4, 6)).astype(float)


def test_a_weight_is_the_joint_density_over_the_posteriors(small_model, images, rng):
    eps = rng.standard_normal((4, 3, 2))
    ours = bounds.log_weights(small_model, images, eps)
    mean, log_std = vae.encode(small_model, images)
    for i, s in np.ndindex(4, 3):
        z = mean[i] + np.exp(log_std[i]) * eps[i, s]
        p = special.expit(vae.decode(small_model, z[None])[0])
        expected = (
            stats.bernoulli(p).logpmf(images[i]).sum()
            + stats.norm.logpdf(z).sum()
            - stats.norm(mean[i], np.exp(log_std[i])).logpdf(z).sum()
        )
        assert ours[i, s] == pytest.approx(expected, abs=1e-10)


def test_the_bound_is_the_log_of_the_mean_weight_and_survives_tiny_weights():
    weights = np.array([[1.0, 3.0], [2.0, 2.0]])
    np.testing.assert_allclose(bounds.importance_weighted(np.log(weights)), np.log([2, 2]))
    tiny = np.log(weights) - 5_000
    np.testing.assert_allclose(bounds.importance_weighted(tiny), np.log([2, 2]) - 5_000)


def test_more_samples_never_lower_the_bound_of_the_same_draws(small_model, images, rng):
    log_weights = bounds.log_weights(small_model, images, rng.standard_normal((4, 64, 2)))
    means = [
        bounds.importance_weighted(log_weights.reshape(4, -1, k)).mean() for k in (1, 2, 4, 16, 64)
    ]
    assert np.all(np.diff(means) > 0)


def test_effective_samples_run_from_one_to_all():
    equal, alone = np.zeros(8), np.array([0.0, *[-np.inf] * 7])
    np.testing.assert_allclose(bounds.effective_samples(np.stack([equal, alone])), [8, 1])


def test_the_bound_has_the_gradient_of_finite_differences(small_model, images, rng):
    eps = rng.standard_normal((4, 5, 2))
    W, b = small_model.encoder[0]
    direction = rng.standard_normal(W.size)

    def bound(flat):
        encoder = [(flat.reshape(W.shape), b), *small_model.encoder[1:]]
        model = small_model._replace(encoder=encoder)
        return bounds.importance_weighted(bounds.log_weights(model, images, eps)).sum(), ()

    gradient, _ = train.gradient(bound, W.ravel())
    step = 1e-5
    ahead, behind = (bound(W.ravel() + sign * step * direction)[0] for sign in (1, -1))
    assert gradient @ direction == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)


def test_float32_stays_float32(small_model, images, rng):
    single = vae.Model(
        *([(W.astype("f4"), b.astype("f4")) for W, b in net] for net in small_model[:2])
    )
    eps = rng.standard_normal((4, 3, 2), dtype=np.float32)
    log_weights = bounds.log_weights(single, images.astype("f4"), eps)
    assert bounds.importance_weighted(log_weights).dtype == np.float32
