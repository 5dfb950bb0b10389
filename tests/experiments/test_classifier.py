import numpy as np
from scipy import stats

from vae_np import digits
from vae_np.experiments import classifier, pca


def test_it_is_the_class_of_largest_gaussian_density(rng):
    labels = np.repeat([3, 8], 400)
    images = rng.standard_normal((800, 5)) * np.where(labels == 3, 0.5, 1.5)[:, None]
    fitted = classifier.fit(images, labels, components=2, ridge=0.01)
    codes = pca.encode(fitted.pca, images)
    densities = [
        stats.multivariate_normal(
            codes[labels == label].mean(axis=0),
            np.cov(codes[labels == label], rowvar=False) + 0.01 * np.eye(2),
        ).logpdf(codes)
        for label in (3, 8)
    ]
    expected = np.where(densities[1] > densities[0], 8, 3)
    np.testing.assert_array_equal(classifier.predict(fitted, images), expected)


def test_it_reads_the_built_in_digits():
    drawn = digits.draw(3_000, seed=5)
    images = (drawn.images / 255).astype(np.float32)
    fitted = classifier.fit(images[:2_000], drawn.labels[:2_000])
    right = classifier.predict(fitted, images[2_000:]) == drawn.labels[2_000:]
    assert right.mean() > 0.9
