"""Fixtures that the tests share."""

import os
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from vae_np import mlp, vae

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _one_blas_thread():
    """As in the tasks: results repeat to the bit, and a busy neighbour costs nothing."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20130613)


@pytest.fixture
def small_model(rng) -> vae.Model:
    """A VAE in float64 with D = 6 pixels, K = 2 latents and one hidden layer of 5."""
    encoder = mlp.init([6, 5, 4], rng, scale=0.5, dtype=np.float64)
    decoder = mlp.init([2, 5, 6], rng, scale=0.5, dtype=np.float64)
    return vae.Model(encoder, decoder)


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The folder with the real MNIST files, named by VAE_NP_DATA; skips where there is none."""
    folder = os.environ.get("VAE_NP_DATA")
    if not folder or not list(Path(folder).rglob("t10k-images*")):
        pytest.skip("needs the real MNIST: set VAE_NP_DATA to a folder that holds its four files")
    return Path(folder)


@pytest.fixture
def blobs(tmp_path) -> Path:
    """A data set in a file: 300 grey images of 6 x 8 pixels, each a blob somewhere."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:6, :8]
    centres = rng.uniform([1, 1], [5, 7], (300, 2))
    distances = (rows - centres[:, :1, None]) ** 2 + (columns - centres[:, 1:, None]) ** 2
    path = tmp_path / "blobs.npz"
    np.savez(path, images=(255 * np.exp(-distances / 3)).astype(np.uint8))
    return path
