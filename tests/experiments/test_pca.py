import numpy as np
import pytest
from scipy import linalg

from vae_np.experiments import autoencoder, pca


def test_the_reconstruction_is_scipys_truncated_svd(rng):
    images = rng.random((50, 12)) @ rng.random((12, 12))
    centred = images - images.mean(axis=0)
    U, s, Vt = linalg.svd(centred, full_matrices=False)
    truncated = (U[:, :3] * s[:3]) @ Vt[:3] + images.mean(axis=0)
    fitted = pca.fit(images, 3)
    np.testing.assert_allclose(pca.decode(fitted, pca.encode(fitted, images)), truncated, atol=1e-9)
    np.testing.assert_allclose(fitted.variances, s**2 / 50, atol=1e-9)
    left_out = autoencoder.squared_error(autoencoder.from_pca(fitted), images)
    assert left_out.mean() == pytest.approx(fitted.variances[3:].sum())


def test_signs_do_not_depend_on_the_machine(rng):
    fitted = pca.fit(rng.random((30, 5)), 4)
    assert np.all(np.max(fitted.components, axis=1) == np.max(np.abs(fitted.components), axis=1))


def test_float32_images_give_a_float32_code(rng):
    images = rng.random((30, 5), dtype=np.float32)
    assert pca.encode(pca.fit(images, 2), images).dtype == np.float32


@pytest.mark.parametrize("latent_dim", [0, 6])
def test_a_latent_dim_that_does_not_fit_is_named(rng, latent_dim):
    with pytest.raises(ValueError, match=f"latent_dim is {latent_dim}: expected 1 to 5"):
        pca.fit(rng.random((30, 5)), latent_dim)
