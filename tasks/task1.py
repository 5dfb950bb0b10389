"""Task 1: the pieces of the ELBO on digits, before training, beside independent answers."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import integrate, special, stats

from tasks import cli
from vae_np import bernoulli, data, figures, gaussian, streams, train, vae

SHOWN = 10  # images in the picture
STARTS = {
    "weights near 0, output biases 0": {"init_scale": 1e-2, "output_bias_from_data": False},
    "Glorot's weights, output biases 0": {"init_scale": None, "output_bias_from_data": False},
    "Glorot's, biases from the pixel means": {"init_scale": None, "output_bias_from_data": True},
}


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
    print_starts(settings, dataset, options.seed, targets, eps)
    print_comparison(model, targets, eps)

    rows = {"grey": data.unit(dataset.train_images[:SHOWN]), "binarised": targets[:SHOWN]}
    guesses = attempt(lambda: vae.reconstruct(model, targets[:SHOWN], eps[:SHOWN]))
    if not isinstance(guesses, str):
        rows["untrained"] = guesses
    picture = figures.image_grid(
        np.concatenate(list(rows.values())),
        dataset.image_shape,
        columns=SHOWN,
        row_labels=dict(enumerate(rows)),
    )
    figures.save(picture, folder / "Task_1.png")
    cli.say_written(folder, ["Task_1.png"])


def attempt(compute: Callable[[], np.ndarray]) -> np.ndarray | str:
    """What comes out, or the name of the exercise that is not written yet."""
    try:
        return compute()
    except NotImplementedError as blank:
        return str(blank)


def untrained(settings: train.Settings, dataset: data.Dataset, seed: int) -> vae.Model:
    """The model before its first step, in float64: precision matters more here than speed."""
    theta = train.initial_theta(settings, dataset.train_images, seed)
    return train.model(theta.astype(np.float64), settings, dataset.train_images.shape[1])


def print_pieces(model: vae.Model, targets: np.ndarray, eps: np.ndarray) -> None:
    """What goes into the bound and what comes out of each of its pieces."""
    mean, log_std = vae.encode(model, targets)
    terms = attempt(lambda: vae.elbo_terms(model, targets, eps))
    log_likelihood, kl = (terms, terms) if isinstance(terms, str) else terms
    bound = terms if isinstance(terms, str) else np.asarray(vae.elbo(*terms))
    print("The pieces of the ELBO, for a batch and a net that has learned nothing yet\n")
    print(f"  {'':36}{'shape':12}{'of the first image':>24}")
    for name, array, describe in (
        ("x, binarised", targets, lambda x: f"{x[0].sum():.0f} pixels on"),
        ("mean of q(z|x)", mean, lambda mean: f"|mean| up to {abs(mean[0]).max():.3f}"),
        ("log std of q(z|x)", log_std, lambda s: f"{s[0].min():.3f} to {s[0].max():.3f}"),
        (
            "z = mean + std eps",
            attempt(lambda: gaussian.sample(mean, log_std, eps)),
            lambda z: f"|z| up to {abs(z[0]).max():.3f}",
        ),
        (
            "logits of p(x|z), z from the prior",
            vae.decode(model, eps),
            lambda logits: f"{logits[0].min():.2f} to {logits[0].max():.2f}",
        ),
        ("log p(x|z), z from q(z|x)", log_likelihood, lambda term: f"{term[0]:.2f} nats"),
        ("KL(q(z|x) || p(z))", kl, lambda term: f"{term[0]:.2f} nats"),
        ("ELBO, mean over the batch", bound, lambda bound: f"{bound:.2f} nats"),
    ):
        if isinstance(array, str):
            print(f"  {name:36}{array}")
        else:
            print(f"  {name:36}{array.shape!s:12}{describe(array):>24}")


def print_starts(settings, dataset, seed, targets, eps) -> None:
    """The bound before training, under three initialisations."""
    pixels = targets.shape[1]
    fair_coins = f"-{pixels} log 2, where every pixel is a fair coin"
    print("\nWhat an untrained net must show, in nats\n")
    print(f"  {fair_coins:48}{-pixels * np.log(2):8.1f}")
    for name, changes in STARTS.items():
        changed = settings._replace(**changes)
        terms = attempt(
            lambda changed=changed: vae.elbo_terms(untrained(changed, dataset, seed), targets, eps)
        )
        value = terms if isinstance(terms, str) else f"{vae.elbo(*terms):8.1f}"
        print(f"  {name:48}{value}" + ("   these settings" if changed == settings else ""))
    print(
        "\n  A net that starts at the mean image need not learn first that the border is white.\n"
        "  Glorot's larger weights cost a little at the start, and then learn faster."
    )


def print_comparison(model: vae.Model, targets: np.ndarray, eps: np.ndarray) -> None:
    """The library's formulas beside SciPy's distributions and quadrature, for the first image."""
    mean, log_std = (array[0] for array in vae.encode(model, targets[:1]))
    z, logits = eps[0], vae.decode(model, eps[:1])[0]
    prior, q = stats.norm(0, 1), stats.norm(mean, np.exp(log_std))

    def kl_integrand(t):  # every latent at once, t standard deviations from its mean
        value = mean + t * q.std()
        return q.std() * q.pdf(value) * (q.logpdf(value) - prior.logpdf(value))

    kl, _ = integrate.quad_vec(kl_integrand, -12, 12, epsabs=1e-12)
    rows = (
        (
            "log p(x|z)",
            attempt(lambda: bernoulli.log_prob(targets[0], logits)),
            stats.bernoulli(special.expit(logits)).logpmf(targets[0]).sum(),
            "scipy.stats.bernoulli",
        ),
        ("log q(z|x)", gaussian.log_prob(z, mean, log_std), q.logpdf(z).sum(), "scipy.stats.norm"),
        (
            "KL(q(z|x) || p(z))",
            attempt(lambda: gaussian.kl_from_standard(mean, log_std)),
            kl.sum(),
            "quadrature, latent by latent",
        ),
    )
    print("\nThe same numbers by another route, for the first image and z = eps, in nats\n")
    print(f"  {'':22}{'vae_np':>16}{'other route':>16}{'difference':>12}   by")
    for name, ours, other, route in rows:
        if isinstance(ours, str):
            print(f"  {name:22}{ours:>16}{other:16.9f}{'':12}   {route}")
        else:
            print(f"  {name:22}{ours:16.9f}{other:16.9f}{abs(ours - other):12.0e}   {route}")
    print()


if __name__ == "__main__":
    cli.run(main, "task1")
