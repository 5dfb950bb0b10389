"""Diagonal Gaussians, given by their mean and the log of their standard deviation."""

import autograd.numpy as np

from vae_np import ops
from vae_np.ops import Array

LOG_2PI = float(np.log(2 * np.pi))


def sample(mean: Array, log_std: Array, eps: Array) -> Array:
    """One reparameterised draw from N(mean, diag(std²)), std = exp(log_std).

    Shapes: mean (B, K), log_std (B, K), eps (B, K) -> (B, K).

        z = mean + std · eps,    eps ~ N(0, I)

    The noise eps comes from outside, so z is a differentiable function of mean and log_std
    (Kingma & Welling 2014, section 2.4).
    """
    return mean + np.exp(log_std) * eps


def kl_from_standard(mean: Array, log_std: Array) -> Array:
    """KL(N(mean, diag(std²)) || N(0, I)) in nats, std = exp(log_std); one value, >= 0, per row.

    Shapes: mean (B, K), log_std (B, K) -> (B,).

        KL = ½ Σ_k (mean_k² + std_k² - 1 - 2 log std_k)

    (Kingma & Welling 2014, appendix B: minus this KL, in terms of the variance.)
    """
    log_var = 2 * log_std
    # expm1 keeps the digits of var - 1 where var is near 1
    return 0.5 * ops.row_sum(np.square(mean) + np.expm1(log_var) - log_var)


def log_prob(values: Array, mean: Array, log_std: Array) -> Array:
    """log N(values; mean, diag(std²)) in nats, std = exp(log_std), summed over the last axis.

    Shapes: values, mean, log_std (..., K), or shapes that broadcast to it -> (...).

        log N = -½ Σ_k (((value_k - mean_k) / std_k)² + 2 log std_k + log 2π)
    """
    standardised = (values - mean) * np.exp(-log_std)
    return -0.5 * np.sum(standardised**2 + 2 * log_std + LOG_2PI, axis=-1)
