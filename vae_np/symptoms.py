"""What a wrong training run looks like in its numbers, and what that usually means."""

from collections.abc import Mapping, Sequence

COLLAPSED_KL = 0.1  # nats: a posterior this near to the prior carries no information
PATIENCE = 3  # epochs
LEAST_RISE = 1.0  # nats over that many epochs


def find(history: Sequence[Mapping[str, float]]) -> str | None:
    """The most telling symptom after the last epoch in a line, or None when training looks right.

    Each row of the history holds an epoch's train_elbo, train_log_likelihood and train_kl in nats.
    """
    now = history[-1]
    if now["train_kl"] < 0:
        return (
            f"the KL is {now['train_kl']:.2f} nats, and a KL is never negative: "
            "look for a sign or a missing term in kl_from_standard"
        )
    if now["train_log_likelihood"] > 0:
        return (
            f"log p(x|z) is {now['train_log_likelihood']:.2f} nats, and probabilities are at most "
            "1: look for a missing log or a sign in bernoulli.log_prob"
        )
    if now["train_kl"] < COLLAPSED_KL:
        return (
            f"the posterior has collapsed: the KL is {now['train_kl']:.3f} nats, so the latents "
            "say nothing about the image. Usually the likelihood is a mean over pixels instead of "
            "a sum, the noise drowns the mean, or the step size is too large"
        )
    if len(history) > PATIENCE:
        rise = now["train_elbo"] - history[0]["train_elbo"]
        if rise < LEAST_RISE:
            return (
                f"no progress: the ELBO rose by {rise:.2f} nats in {len(history) - 1} epochs. "
                "Usually the step goes downhill, is far too small or too large, or the "
                "parameters returned by the update are not used"
            )
    return None
