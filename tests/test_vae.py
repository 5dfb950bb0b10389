import numpy as np
import pytest

from vae_np import bernoulli, gaussian, mlp, ops, vae


@pytest.fixture
def images(rng):
    return (rng.random((4, 6)) < 0.4).astype(float)


def test_encode_splits_the_output_into_mean_and_log_std(small_model, images):
    mean, log_std = vae.encode(small_model, images)
    outputs = mlp.predict(small_model.encoder, images)
    np.testing.assert_array_equal(mean, outputs[:, :2])
    np.testing.assert_array_equal(log_std, outputs[:, 2:])


def test_the_activation_of_the_model_is_used(small_model, images):
    relu = small_model._replace(activation=ops.relu)
    expected = mlp.predict(small_model.decoder, np.ones((1, 2)), ops.relu)
    np.testing.assert_array_equal(vae.decode(relu, np.ones((1, 2))), expected)
    assert not np.allclose(vae.encode(relu, images)[0], vae.encode(small_model, images)[0])


def test_elbo_terms_are_one_value_per_image(small_model, images, rng):
    eps = rng.standard_normal((4, 2))
    log_likelihood, kl = vae.elbo_terms(small_model, images, eps)
    assert log_likelihood.shape == kl.shape == (4,)
    for i in range(4):  # each image by itself gives the same
        alone = vae.elbo_terms(small_model, images[i : i + 1], eps[i : i + 1])
        np.testing.assert_allclose([log_likelihood[i], kl[i]], np.ravel(alone))


def test_elbo_terms_are_those_of_the_draw_that_the_noise_makes(small_model, images, rng):
    eps = rng.standard_normal((4, 2))
    mean, log_std = vae.encode(small_model, images)
    logits = vae.decode(small_model, gaussian.sample(mean, log_std, eps))
    log_likelihood, kl = vae.elbo_terms(small_model, images, eps)
    np.testing.assert_allclose(log_likelihood, bernoulli.log_prob(images, logits))
    np.testing.assert_allclose(kl, gaussian.kl_from_standard(mean, log_std))


def test_the_elbo_is_a_scalar_and_larger_is_better(small_model, images, rng):
    eps = rng.standard_normal((4, 2))
    log_likelihood, kl = vae.elbo_terms(small_model, images, eps)
    bound = vae.elbo(log_likelihood, kl)
    assert np.shape(bound) == ()
    assert bound == pytest.approx(np.mean(log_likelihood) - np.mean(kl))
    assert bound < 0
    assert vae.elbo(log_likelihood + 1, kl) > bound > vae.elbo(log_likelihood, kl + 1)


def test_a_net_that_knows_nothing_starts_at_minus_784_log_2(rng):
    model = vae.Model(
        mlp.init([784, 20, 10], rng, scale=1e-4), mlp.init([5, 20, 784], rng, scale=1e-4)
    )
    images = (rng.random((3, 784)) < 0.13).astype(np.float32)
    bound = vae.elbo(*vae.elbo_terms(model, images, rng.standard_normal((3, 5), dtype=np.float32)))
    assert bound == pytest.approx(-543.427, abs=0.01)
    assert -784 * np.log(2) == pytest.approx(-543.427, abs=0.001)


def test_generated_images_are_probabilities(small_model, rng):
    latents = rng.standard_normal((7, 2))
    images = vae.generate(small_model, latents)
    assert images.shape == (7, 6)
    np.testing.assert_allclose(images, bernoulli.mean(vae.decode(small_model, latents)))


def test_a_reconstruction_decodes_one_draw_of_the_posterior(small_model, images, rng):
    eps = rng.standard_normal((4, 2))
    latents = gaussian.sample(*vae.encode(small_model, images), eps)
    np.testing.assert_allclose(
        vae.reconstruct(small_model, images, eps), vae.generate(small_model, latents)
    )


def test_an_interpolation_runs_from_the_first_posterior_mean_to_the_second(small_model, images):
    path = vae.interpolate(small_model, images[0], images[1], steps=25)
    mean, _ = vae.encode(small_model, images[:2])
    ends = vae.generate(small_model, mean)
    assert path.shape == (25, 6)
    np.testing.assert_allclose(path[[0, -1]], ends)
    middle = vae.generate(small_model, mean.mean(axis=0, keepdims=True))
    np.testing.assert_allclose(path[[12]], middle)
    # equal steps in latent space: every frame decodes the point that it should
    s = np.arange(25)[:, None] / 24
    np.testing.assert_allclose(path, vae.generate(small_model, mean[0] + s * (mean[1] - mean[0])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept_from_end_to_end(dtype, rng):
    model = vae.Model(mlp.init([6, 5, 4], rng, dtype=dtype), mlp.init([2, 5, 6], rng, dtype=dtype))
    images, eps = rng.random((3, 6)).astype(dtype), rng.standard_normal((3, 2)).astype(dtype)
    for array in (*vae.elbo_terms(model, images, eps), vae.reconstruct(model, images, eps)):
        assert array.dtype == dtype
    assert vae.interpolate(model, images[0], images[1]).dtype == dtype
