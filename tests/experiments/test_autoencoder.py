import numpy as np

from vae_np import vae
from vae_np.experiments import autoencoder


def test_a_vaes_code_is_its_posterior_mean(small_model, rng):
    images = rng.integers(0, 2, (2_300, 6)).astype(float)  # more than are decoded at once
    coder = autoencoder.from_vae(small_model)
    codes = coder.encode(images)
    np.testing.assert_allclose(codes, vae.encode(small_model, images)[0])
    np.testing.assert_allclose(coder.decode(codes), vae.generate(small_model, codes))


def test_between_two_codes_is_the_pages_interpolation(small_model, rng):
    images = rng.integers(0, 2, (2, 6)).astype(float)
    coder = autoencoder.from_vae(small_model)
    ours = autoencoder.between(coder, *coder.encode(images), steps=7)
    np.testing.assert_allclose(ours, vae.interpolate(small_model, *images, steps=7))
