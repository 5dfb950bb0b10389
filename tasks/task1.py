"""Task 1: the pieces of the ELBO on digits, before training, beside independent answers."""

from collections.abc import Sequence

import numpy as np
from scipy import integrate, special, stats

from tasks import cli
from vae_np import bernoulli, data, figures, gaussian, streams, train, vae

SHOWN = 10  # images in the picture


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what each piece returns, what an untrained net must show, and the comparisons."""
    options = cli.parser("task1", __doc__, ["", "--dataset mnist", "--classic"]).parse_args(
        arguments
    )
    folder = cli.folder(options, "task1")
    settings, dataset = cli.settings(options), cli.dataset(options)
    train.check(settings, dataset.train_images)
    rng = streams.generator(options.seed, "task 1")
    targets = data.binarise(dataset.train_images[: settings.batch_size], rng, np.float64)
    eps = rng.standard_normal((len(targets), settings.latent_dim))

    model = untrained(settings, dataset, options.seed)
    print_pieces(model, targets, eps)
    print_start(settings, dataset, options.seed, targets, eps)
    print_comparison(model, targets, eps)

    shown = data.unit(dataset.train_images[:SHOWN])
    guesses = vae.reconstruct(model, targets[:SHOWN], eps[:SHOWN])
    picture = figures.image_grid(
        np.concatenate([shown, targets[:SHOWN], guesses]),
        dataset.image_shape,
        columns=SHOWN,
        row_labels={0: "grey", 1: "binarised", 2: "untrained"},
    )
    figures.save(picture, folder / "Task_1.png")
    cli.say_written(folder, ["Task_1.png"])


def untrained(settings: train.Settings, dataset: data.Dataset, seed: int) -> vae.Model:
    """The model before its first step, in float64: precision matters more here than speed."""
    theta = train.start(settings, dataset.train_images, seed).optimiser.theta
    return train.model(theta.astype(np.float64), settings, dataset.train_images.shape[1])


def print_pieces(model: vae.Model, targets: np.ndarray, eps: np.ndarray) -> None:
    """What goes in and what comes out of every line of elbo_terms."""
    mean, log_std = vae.encode(model, targets)
    latents = gaussian.sample(mean, log_std, eps)
    logits = vae.decode(model, latents)
    log_likelihood, kl = vae.elbo_terms(model, targets, eps)
    print("The pieces of the ELBO, for a batch and a net that has learned nothing yet\n")
    print(f"  {'':34}{'shape':12}{'of the first image':>20}")
    for name, array, value in (
        ("x, binarised", targets, f"{targets[0].sum():.0f} pixels on"),
        ("mean of q(z|x)", mean, f"|mean| up to {abs(mean[0]).max():.3f}"),
        ("log std of q(z|x)", log_std, f"|.| up to {abs(log_std[0]).max():.3f}"),
        ("z = mean + std eps", latents, f"|z| up to {abs(latents[0]).max():.3f}"),
        ("logits of p(x|z)", logits, f"{logits[0].min():.2f} to {logits[0].max():.2f}"),
        ("log p(x|z)", log_likelihood, f"{log_likelihood[0]:.2f} nats"),
        ("KL(q(z|x) || p(z))", kl, f"{kl[0]:.2f} nats"),
    ):
        print(f"  {name:34}{array.shape!s:12}{value:>20}")
    print(f"  {'ELBO, mean over the batch':34}{'()':12}{vae.elbo(log_likelihood, kl):15.2f} nats")


def print_start(settings, dataset, seed, targets, eps) -> None:
    """The bound before training, under three initialisations."""
    pixels = targets.shape[1]
    print("\nWhat an untrained net must show, in nats\n")
    print(
        f"  every logit 0, so every pixel costs log 2: -{pixels} log 2 = {-pixels * np.log(2):.1f}"
    )
    rows = (
        ("weights near 0, output biases 0", {"init_scale": 1e-2, "output_bias_from_data": False}),
        ("Glorot's weights, output biases 0", {"init_scale": None, "output_bias_from_data": False}),
        (
            "Glorot's, biases from the pixel means",
            {"init_scale": None, "output_bias_from_data": True},
        ),
    )
    for name, changes in rows:
        changed = settings._replace(**changes)
        terms = vae.elbo_terms(untrained(changed, dataset, seed), targets, eps)
        print(
            f"  {name:40}{vae.elbo(*terms):8.1f}"
            + (" <- these settings" if changed == settings else "")
        )
    print(
        "\n  A net that starts at the mean image need not learn first that the border is white.\n"
        "  Glorot's larger weights cost a little at the start, and then learn faster."
    )


def print_comparison(model: vae.Model, targets: np.ndarray, eps: np.ndarray) -> None:
    """The library's formulas beside SciPy's distributions and quadrature, for the first image."""
    mean, log_std = (array[0] for array in vae.encode(model, targets[:1]))
    z = gaussian.sample(mean, log_std, eps[0])
    logits = vae.decode(model, z[None])[0]
    prior, q = stats.norm(0, 1), stats.norm(mean, np.exp(log_std))

    def kl_integrand(t):  # every latent at once, t standard deviations from its mean
        value = mean + t * q.std()
        return q.std() * q.pdf(value) * (q.logpdf(value) - prior.logpdf(value))

    kl, _ = integrate.quad_vec(kl_integrand, -12, 12, epsabs=1e-12)
    rows = (
        (
            "log p(x|z)",
            bernoulli.log_prob(targets[0], logits),
            stats.bernoulli(special.expit(logits)).logpmf(targets[0]).sum(),
            "scipy.stats.bernoulli",
        ),
        (
            "log q(z|x)",
            gaussian.log_prob(z, mean, log_std),
            q.logpdf(z).sum(),
            "scipy.stats.norm",
        ),
        (
            "KL(q(z|x) || p(z))",
            gaussian.kl_from_standard(mean, log_std),
            kl.sum(),
            "quadrature, latent by latent",
        ),
    )
    print("\nThe same numbers by another route, for the first image, in nats\n")
    print(f"  {'':22}{'vae_np':>16}{'other route':>16}{'difference':>12}   by")
    for name, ours, other, route in rows:
        print(f"  {name:22}{ours:16.9f}{other:16.9f}{abs(ours - other):12.0e}   {route}")
    print()


if __name__ == "__main__":
    cli.run(main, "task1")
