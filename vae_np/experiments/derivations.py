"""The derivations behind the VAE, checked: both sides of every step in numbers.

The model is the linear-Gaussian one with one pixel and one latent. There log p(x), the posterior
and the ELBO have exact values (`linear_gaussian`), and one-dimensional integrals can be summed.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy import integrate, stats

from vae_np import gaussian
from vae_np.experiments import linear_gaussian

W, MEAN, STD = 1.5, 0.2, 0.7  # p(x|z) = N(W z + MEAN, STD²)
X = 1.8  # the image, of one pixel
Q_MEAN, Q_STD = 0.4, 0.6  # q(z|x), which is not the posterior
STEP = 1e-5  # of a finite difference


class Identity(NamedTuple):
    """One numbered step of `tasks/derivations.md`: the left side, its relation to the right."""

    number: str
    statement: str
    left: float
    relation: str  # "=" or ">"
    right: float

    def holds(self, tolerance: float = 1e-7) -> bool:
        """Whether the numbers agree, or stand in the stated order."""
        if self.relation == ">":
            return self.left > self.right
        return bool(np.isclose(self.left, self.right, rtol=tolerance, atol=tolerance))


def check_all() -> Iterator[Identity]:
    """Every step, in the worksheet's order."""
    yield from bound()
    yield from closed_form()
    yield from gradients()
    yield from signs_and_roles()


def bound() -> Iterator[Identity]:
    """The evidence lower bound in three ways."""
    q = stats.norm(Q_MEAN, Q_STD)
    marginal = np.log(_integral(lambda z: np.exp(_log_joint(z))))
    ratio = np.log(_expectation(q, lambda z: np.exp(_log_joint(z) - q.logpdf(z))))
    elbo = _expectation(q, lambda z: _log_joint(z) - q.logpdf(z))
    exact = _log_evidence()
    posterior = _posterior()
    gap = _expectation(q, lambda z: q.logpdf(z) - posterior.logpdf(z))
    bayes = _expectation(q, lambda z: _log_joint(z) - posterior.logpdf(z))
    fidelity = _expectation(q, _log_likelihood)
    kl = _expectation(q, lambda z: q.logpdf(z) - stats.norm.logpdf(z))

    yield Identity("1.1", "log p(x) = log ∫ p(x|z) p(z) dz", exact, "=", marginal)
    yield Identity("1.2", "log p(x) = log E_q[p(x, z) / q(z)]", exact, "=", ratio)
    yield Identity("1.3", "log E_q[p(x, z) / q(z)] > E_q[log p(x, z) / q(z)]", ratio, ">", elbo)
    yield Identity("2.1", "KL(q || p(z|x)) = log p(x) - ELBO", gap, "=", exact - elbo)
    yield Identity("2.2", "KL(q || p(z|x)) > 0", gap, ">", 0.0)
    yield Identity("3.1", "log p(x) = E_q[log p(x, z) / p(z|x)]", exact, "=", bayes)
    yield Identity("3.2", "log p(x) = ELBO + KL(q || p(z|x))", exact, "=", elbo + gap)
    yield Identity("3.3", "ELBO = E_q[log p(x|z)] - KL(q || p(z))", elbo, "=", fidelity - kl)


def closed_form() -> Iterator[Identity]:
    """The KL of two Gaussians without an integral."""
    q = stats.norm(Q_MEAN, Q_STD)
    square = _expectation(q, lambda z: z**2)
    cross = -_expectation(q, stats.norm.logpdf)
    entropy = -_expectation(q, q.logpdf)
    kl = gaussian.kl_from_standard(np.array([Q_MEAN]), np.log([Q_STD]))
    half_log = gaussian.LOG_2PI / 2
    yield Identity("4.1", "E_q[z²] = m² + s²", square, "=", Q_MEAN**2 + Q_STD**2)
    yield Identity(
        "4.2", "-E_q[log p(z)] = (log 2π + m² + s²) / 2", cross, "=", half_log + square / 2
    )
    yield Identity(
        "4.3", "-E_q[log q(z)] = (log 2π + 1) / 2 + log s", entropy, "=",
        half_log + 0.5 + np.log(Q_STD),
    )  # fmt: skip
    yield Identity("4.4", "KL = (m² + s² - 1 - 2 log s) / 2", cross - entropy, "=", float(kl))


def gradients() -> Iterator[Identity]:
    """Why a gradient does not pass a sample, and how it passes noise."""
    q, noise = stats.norm(Q_MEAN, Q_STD), stats.norm()

    def fidelity(mean, std):
        return _expectation(stats.norm(mean, std), _log_likelihood)

    def slope(z):
        return W * (X - W * z - MEAN) / STD**2  # of log p(x|z), in z

    rewritten = _expectation(noise, lambda e: _log_likelihood(Q_MEAN + Q_STD * e))
    by_mean = _difference(lambda mean: fidelity(mean, Q_STD), Q_MEAN)
    by_log_std = _difference(lambda log_std: fidelity(Q_MEAN, np.exp(log_std)), np.log(Q_STD))
    score = _expectation(q, lambda z: _log_likelihood(z) * (z - Q_MEAN) / Q_STD**2)
    through_mean = _expectation(noise, lambda e: slope(Q_MEAN + Q_STD * e))
    through_std = _expectation(noise, lambda e: slope(Q_MEAN + Q_STD * e) * Q_STD * e)
    score_mean = _expectation(q, lambda z: (z - Q_MEAN) / Q_STD**2)
    yield Identity(
        "5.1", "E_q[f(z)] = E_eps[f(m + s eps)]", fidelity(Q_MEAN, Q_STD), "=", rewritten
    )
    yield Identity("5.2", "d/dm E_q[f(z)] = E_q[f(z) d/dm log q(z)]", by_mean, "=", score)
    yield Identity("5.3", "E_q[d/dm log q(z)] = 0", score_mean, "=", 0.0)
    yield Identity("5.4", "d/dm E_q[f(z)] = E_eps[f'(m + s eps)]", by_mean, "=", through_mean)
    yield Identity(
        "5.5", "d/dlog s E_q[f(z)] = E_eps[f'(m + s eps) s eps]", by_log_std, "=", through_std
    )
    yield Identity(
        "5.6", "|d/dm E_q[f(z)]| > |E_q[d/dm f(z), z held fixed]| = 0", abs(by_mean), ">", 0.0
    )


def signs_and_roles() -> Iterator[Identity]:
    """Loss and bound; what the encoder and the decoder can each do for it."""
    posterior = _posterior()
    best = _exact_elbo(posterior.mean(), posterior.std())
    ours = _exact_elbo(Q_MEAN, Q_STD)
    uphill = _difference(lambda mean: _exact_elbo(mean, Q_STD), Q_MEAN)
    climbed = _exact_elbo(Q_MEAN + 0.01 * uphill, Q_STD)
    gap = _difference(lambda mean: _gap(mean, Q_STD), Q_MEAN)
    of_bound = _difference(lambda w: _exact_elbo(posterior.mean(), posterior.std(), w), W)
    of_evidence = _difference(_log_evidence, W)
    yield Identity("6.1", "after m <- m + 0.01 d/dm ELBO, the ELBO > before", climbed, ">", ours)
    yield Identity("6.2", "encoder: d/dm ELBO = -d/dm KL(q || p(z|x))", uphill, "=", -gap)
    yield Identity(
        "6.3", "the best q is the posterior: its ELBO = log p(x)", best, "=", _log_evidence()
    )
    yield Identity("6.4", "the posterior's ELBO > the ELBO of any other q", best, ">", ours)
    yield Identity(
        "6.5", "decoder, at that q: d/dw ELBO = d/dw log p(x)", of_bound, "=", of_evidence
    )


def _model(weight: float = W) -> linear_gaussian.Model:
    return linear_gaussian.Model(np.array([[weight]]), np.array([MEAN]), STD)


def _log_evidence(weight: float = W) -> float:
    return float(linear_gaussian.log_prob(_model(weight), np.array([[X]]))[0])


def _posterior():
    mean, covariance = linear_gaussian.posterior(_model(), np.array([[X]]))
    return stats.norm(mean[0, 0], np.sqrt(covariance[0, 0]))


def _exact_elbo(mean: float, std: float, weight: float = W) -> float:
    terms = linear_gaussian.elbo_terms(
        _model(weight), np.array([[X]]), np.array([[mean]]), np.array([[std**2]])
    )
    return float(terms[0][0] - terms[1][0])


def _gap(mean: float, std: float) -> float:
    posterior = linear_gaussian.posterior(_model(), np.array([[X]]))
    gap = linear_gaussian.gaussian_kl(np.array([[mean]]), np.array([[std**2]]), *posterior)
    return float(gap[0])


def _log_likelihood(z: float) -> float:
    return stats.norm.logpdf(X, W * z + MEAN, STD)


def _log_joint(z: float) -> float:
    return _log_likelihood(z) + stats.norm.logpdf(z)


def _expectation(distribution, f: Callable[[float], float]) -> float:
    middle, reach = distribution.mean(), 12 * distribution.std()
    return _integral(lambda z: distribution.pdf(z) * f(z), middle - reach, middle + reach)


def _integral(f: Callable[[float], float], low: float = -12, high: float = 12) -> float:
    return integrate.quad(f, low, high, epsabs=1e-12, epsrel=1e-12, limit=200)[0]


def _difference(f: Callable[[float], float], at: float) -> float:
    return (f(at + STEP) - f(at - STEP)) / (2 * STEP)
