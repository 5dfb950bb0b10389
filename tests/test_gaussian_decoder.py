import numpy as np
import pytest
from scipy import stats

from vae_np import gaussian, gaussian_decoder, mlp, train, vae


@pytest.fixture
def model(rng):
    encoder = mlp.init([6, 5, 4], rng, scale=0.5, dtype=np.float64)
    decoder = mlp.init([2, 5, 12], rng, scale=5.0, dtype=np.float64)
    return vae.Model(encoder, decoder)


def test_a_fixed_sigma_is_the_squared_error(small_model, rng):
    images, latents = rng.random((4, 6)), rng.standard_normal((4, 2))
    mean, log_std = gaussian_decoder.decode_fixed(small_model, latents)
    error = np.sum((images - mean) ** 2, axis=1)
    expected = stats.norm(mean, gaussian_decoder.FIXED_STD).logpdf(images).sum(axis=1)
    np.testing.assert_allclose(gaussian.log_prob(images, mean, log_std), expected)
    np.testing.assert_allclose(gaussian_decoder.log_prob_from_error(error, 6), expected)


def test_the_gradients_of_both_point_the_same_way(small_model, rng):
    images, latents = rng.random((4, 6)), rng.standard_normal((4, 2))
    W, b = small_model.decoder[0]

    def of(score):
        def objective(flat):
            model = small_model._replace(
                decoder=[(flat.reshape(W.shape), b), *small_model.decoder[1:]]
            )
            mean, log_std = gaussian_decoder.decode_fixed(model, latents)
            return score(mean, log_std), ()

        return train.gradient(objective, W.ravel())[0]

    likelihood = of(lambda mean, log_std: gaussian.log_prob(images, mean, log_std).sum())
    error = of(lambda mean, _: ((images - mean) ** 2).sum())
    np.testing.assert_allclose(likelihood, -error / (2 * gaussian_decoder.FIXED_STD**2))


def test_no_sigma_falls_below_its_floor(model, rng):
    _, log_std = gaussian_decoder.decode(model, 10 * rng.standard_normal((200, 2)))
    assert log_std.min() >= np.log(gaussian_decoder.STD_FLOOR)
    assert log_std.min() == pytest.approx(np.log(gaussian_decoder.STD_FLOOR), abs=1e-3)
    assert log_std.max() > 1


def test_terms_are_log_density_and_kl(model, rng):
    images, eps = rng.random((4, 6)), rng.standard_normal((4, 2))
    ours = gaussian_decoder.elbo_terms(gaussian_decoder.decode, model, images, eps)
    mean, log_std = vae.encode(model, images)
    pixel_mean, pixel_log_std = gaussian_decoder.decode(model, mean + np.exp(log_std) * eps)
    density = stats.norm(pixel_mean, np.exp(pixel_log_std)).logpdf(images).sum(axis=1)
    np.testing.assert_allclose(ours[0], density)
    np.testing.assert_allclose(ours[1], gaussian.kl_from_standard(mean, log_std))


def test_constant_pixels_gain_log_2_for_every_halving_of_the_floor(rng):
    images = rng.random((50, 5))
    images[:, :2] = 0
    everywhere, varying = gaussian_decoder.density_by_floor(images, [1e-2, 5e-3])
    assert everywhere[1] - everywhere[0] == pytest.approx(2 * np.log(2))
    assert varying[1] == varying[0]
    std = images[:, 2:].std(axis=0)
    expected = stats.norm(images[:, 2:].mean(axis=0), std).logpdf(images[:, 2:]).sum(axis=1).mean()
    assert varying[0] == pytest.approx(expected)
