"""Independent Bernoulli pixels, given by their logits."""

from vae_np import ops
from vae_np.ops import Array


def log_prob(targets: Array, logits: Array) -> Array:
    """log p(targets) in nats, summed over independent Bernoulli pixels; one value per image.

    Shapes: targets (B, D), logits (B, D) -> (B,).

        log p = Σ_d targets_d log p_d + (1 - targets_d) log(1 - p_d)
        p_d = 1 / (1 + exp(-logits_d))

    The value and its gradient stay finite for logits of ±1000, where p_d rounds to 0 or 1 and the
    formula as it stands would take log 0 (Kingma & Welling 2014, appendix C.1).
    """
    return ops.inner(targets, logits) - ops.row_sum(ops.softplus(logits))


def mean(logits: Array) -> Array:
    """The pixels' probabilities, 1 / (1 + exp(-logits)), which are also their means; any shape."""
    return ops.sigmoid(logits)
