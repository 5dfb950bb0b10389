"""Task 6: estimators: of log p(x), of the ELBO and of its gradient, and what q(z|x) costs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from tasks import cli, models, training
from vae_np import bounds, evaluate, figures, streams
from vae_np.experiments import (
    estimators,
    figures_latent,
    figures_lines,
    full_gaussian,
    latent_plane,
    linear_gaussian,
    pca,
    posterior,
)
from vae_np.experiments.figures_lines import Line, Panel
from vae_np.vae import Model

FEW = 20  # images for what is slow
MANY = 100  # images for what is quick
DRAWS = {"default": 10_000, "quick": 1_000}  # of the prior and of q(z|x)
KS = (1, 2, 5, 10, 50, 100, 500, 1_000)
LS = (1, 2, 5, 10, 20, 50, 100)
EVIDENCE = {"default": 5_000, "quick": 2_000}  # draws for log p(x)
GRADIENT_DRAWS = {"default": 20_000, "quick": 4_000}
ASCENT = {"default": 500, "quick": 100}  # steps on each image's own q
PLANE_IMAGES = 3
CELLS = 161  # of the grid around a posterior, each way
PLANE_CELLS = {"default": 501, "quick": 251}  # of the grid over the whole plane, each way
WIDTHS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0)  # of q, in the encoder's

STORY = """
Draws of the prior hardly ever explain an image: of thousands, one carries all the weight, and the
estimate of log p(x) stays far too low. Draws of q(z|x), reweighted, come near it. The ELBO's two
estimators agree in their mean; which is less noisy depends on how well q fits, for if q were the
true posterior, the first would not vary at all. A gradient through the draw is far less noisy than
one that only scores it. And whatever q leaves to be desired is a KL: log p(x) = ELBO + KL(q || p).
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Use task 2's and task 4's models if they are there; print the numbers, write the figures."""
    options = cli.parser("task6", __doc__, ["", "--quick", "--dataset mnist"]).parse_args(arguments)
    folder = cli.folder(options, "task6")
    dataset = cli.dataset(options)
    plan, model = models.main(options, dataset)
    plane_plan, plane = models.plane(options, dataset)
    images, plane_images = (training.test_targets(p)[:MANY] for p in (plan, plane_plan))
    size = "quick" if options.preset == "quick" else "default"
    rng = streams.generator(options.seed, "task 6")
    print(STORY)

    draw_evidence(model, images[:FEW], DRAWS[size], rng, folder)
    draw_elbo(model, images, rng, folder)
    draw_gradients(model, images[0], GRADIENT_DRAWS[size], rng, folder)
    draw_k(model, images, EVIDENCE[size], rng, folder)
    print_identity_in_the_linear_model(images, dataset.train_images, rng)
    shown = plane_images[:PLANE_IMAGES]
    evidence = latent_plane.log_evidence(plane, shown, PLANE_CELLS[size])
    kls = [
        latent_plane.kl_of_encoder(plane, image, log_p, CELLS)
        for image, log_p in zip(shown, evidence, strict=True)
    ]
    print_identity_on_digits(plane, shown, evidence, kls, DRAWS[size], rng)
    draw_gap(model, images, ASCENT[size], rng, folder)
    draw_posteriors(plane, shown, evidence, kls, ASCENT[size], rng, folder)
    names = ("evidence", "elbo", "gradients", "k", "gap", "posteriors")
    cli.say_written(folder, [f"Task_6_{name}.png" for name in names])


def noise(model: Model, images: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Standard normal eps, (N, samples, K)."""
    shape = len(images), samples, len(model.decoder[0][0])
    return rng.standard_normal(shape, dtype=images.dtype)


def draw_evidence(model: Model, images, samples: int, rng, folder: Path) -> None:
    """log p(x) from the prior and from q(z|x), with ever more draws."""
    naive = estimators.prior_log_likelihoods(model, images, samples, rng)
    weights = np.concatenate(
        [
            bounds.log_weights(model, image[None], noise(model, image[None], samples, rng))
            for image in tqdm(images, desc="importance sampling", leave=False)
        ]
    )
    counts = [10**power for power in range(len(str(samples)))]
    lines = []
    print(f"log p(x), mean of {len(images)} test images, in nats, from {samples:,} draws each")
    for name, log_values in (("draws of the prior", naive), ("draws of q(z|x)", weights)):
        estimates = estimators.running_log_mean(log_values, counts)
        worth = np.median(bounds.effective_samples(log_values))
        lines.append(Line(name, np.array(counts), estimates.mean(axis=0)))
        print(
            f"  {name:20} {estimates[:, -1].mean():9.2f}"
            f" ± {estimators.standard_error(estimates[:, -1]):.2f} (between images);"
            f" worth {worth:.1f} equal draws (median)"
        )
    gaps = estimators.running_log_mean(weights, counts) - estimators.running_log_mean(naive, counts)
    print(
        f"  the same images, the one minus the other: {gaps[:, -1].mean():.2f}"
        f" ± {estimators.standard_error(gaps[:, -1]):.2f} nats"
    )
    title = f"{samples:,} draws of the prior miss log p(x) by {gaps[:, -1].mean():.0f} nats"
    panel = Panel(title, lines, "draws", "estimate of log p(x), nats", ("log", "linear"))
    figures.save(figures_lines.lines([panel]), folder / "Task_6_evidence.png")


def draw_elbo(model: Model, images, rng, folder: Path) -> None:
    """The two estimators of the ELBO: means, and variance against L."""
    draws = 400
    both = estimators.sgvb(model, images, noise(model, images, draws, rng))
    print(f"\nthe ELBO of {len(images)} test images in nats, {draws} draws each")
    lines, variances = [], {}
    for name, values in zip(("A: log p(x, z) - log q", "B: analytic KL"), both, strict=True):
        spread = [np.mean([estimators.variance_of_mean(v[:, None], L) for v in values]) for L in LS]
        variances[name[0]] = spread[0]
        lines.append(Line(name, np.array(LS), np.array(spread)))
        stds = ", ".join(f"L = {L}: {np.sqrt(spread[LS.index(L)]):.2f}" for L in (1, 5, 50))
        print(f"  {name:24} {values.mean():9.3f}; standard deviation of one image's, {stds}")
    difference = (both[0] - both[1]).mean(axis=1)
    print(
        f"  A minus B {difference.mean():.3f} ± {estimators.standard_error(difference):.3f} nats:"
        " the same mean"
    )
    less, more = sorted(variances, key=variances.get)
    times = variances[more] / variances[less]
    title = f"Same mean; variance as 1/L, and {more} has\n{times:.1f} times the variance of {less}"
    against_l = Panel(title, lines, "L, draws averaged", "variance, nats²", ("log", "log"))
    panels = [against_l, width_panel(model, images[:FEW], rng)]
    figures.save(figures_lines.lines(panels), folder / "Task_6_elbo.png")


def width_panel(model: Model, images, rng) -> Panel:
    """The two estimators' variances for posteriors narrower and wider than the encoder's."""
    eps = noise(model, images, 200, rng)
    spreads = np.array(
        [
            [np.mean(np.var(values, axis=1, ddof=1)) for values in both]
            for both in (estimators.sgvb(model, images, eps, width) for width in WIDTHS)
        ]
    )
    print(f"  variance of A and B, {len(images)} images, if q is narrower or wider")
    for width, (a, b) in zip(WIDTHS, spreads, strict=True):
        print(f"    {width:4.1f} times {a:9.2f} {b:9.2f}")
    lines = [Line(name, np.array(WIDTHS), spreads[:, i]) for i, name in enumerate("AB")]
    times = spreads[0, 0] / spreads[0, 1]
    title = f"With σ at {WIDTHS[0]} of the encoder's, A has\n{times:.0f} times the variance of B"
    x, y = "σ of q, in the encoder's", "variance with L = 1, nats²"
    return Panel(title, lines, x, y, ("log", "log"))


def draw_gradients(model: Model, image, draws: int, rng, folder: Path) -> None:
    """The gradient of E_q[log p(x|z)] by three estimators: means agree, variances do not."""
    eps = noise(model, image[None], draws, rng)[0]
    gradients = {
        "score function": estimators.score_function(model, image, eps),
        "score function\nwith a baseline": estimators.score_function(model, image, eps, True),
        "reparameterised": estimators.reparameterised(model, image, eps),
    }
    Ls = np.array((1, 3, 10, 30, 100, 300, 1_000))
    lines, variances = [], {}
    print(f"\nthe gradient of E_q[log p(x|z)] for one image, {draws:,} draws: total variance")
    for name, values in gradients.items():
        spread = np.array([estimators.variance_of_mean(values, L) for L in Ls])
        variances[name] = spread[0]
        lines.append(Line(name, Ls, spread))
        label = name.replace("\n", " ")
        print(f"  {label:32} {spread[0]:12.4g} with L = 1, {spread[-1]:12.4g} with L = {Ls[-1]}")
    times = variances["score function"] / variances["reparameterised"]
    title = f"The score function's variance is {times:,.0f} times as large"
    panel = Panel(title, lines, "L, draws averaged", "variance of the gradient", ("log", "log"))
    figures.save(figures_lines.lines([panel]), folder / "Task_6_gradients.png")


def draw_k(model: Model, images, samples: int, rng, folder: Path) -> None:
    """The importance-weighted bound rises with k."""
    log_weights = bounds.log_weights(model, images, noise(model, images, KS[-1], rng))
    gains = []
    for k in KS:
        groups = log_weights.reshape(len(images), -1, k)
        gains.append(bounds.importance_weighted(groups).mean(axis=1) - log_weights.mean(axis=1))
    gains = np.stack(gains)  # (len(KS), N)
    elbo = log_weights.mean()
    errors = np.array([estimators.standard_error(gain) for gain in gains])
    print(f"\nthe k-sample bound over the ELBO of {elbo:.2f} nats, {len(images)} test images")
    for k, gain, error in zip(KS, gains.mean(axis=1), errors, strict=True):
        print(f"  k = {k:5}   + {gain:6.3f} ± {error:.3f}")
    middle = elbo + gains.mean(axis=1)
    evidence = np.concatenate(
        [
            evaluate.log_prob(model, image[None], samples, rng)
            for image in tqdm(images, desc="log p(x)", leave=False)
        ]
    )
    print(f"  log p(x) + {evidence.mean() - elbo:6.3f}, by {samples:,} draws of q(z|x)")
    line = Line(
        "bound ± its gain's\nstandard error", np.array(KS), middle, middle - errors, middle + errors
    )
    title = f"With {KS[-1]:,} samples the bound is {gains[-1].mean():.1f} nats above the ELBO"
    levels = {f"log p(x), by {samples:,} other draws": evidence.mean()}
    panel = Panel(title, [line], "k", "k-sample bound, nats", ("log", "linear"), levels=levels)
    figures.save(figures_lines.lines([panel]), folder / "Task_6_k.png")


def print_identity_in_the_linear_model(images, train_images, rng) -> None:
    """log p(x) = ELBO + KL(q || p(z|x)), all three exact, for an arbitrary q."""
    fitted = pca.fit(train_images[:2_000].astype(np.float64) / 255, 5)
    model = linear_gaussian.from_pca(fitted)
    points = images[:3].astype(np.float64)
    mean, covariance = linear_gaussian.posterior(model, points)
    q_mean, q_covariance = mean + 0.3 * rng.standard_normal(mean.shape), 1.5 * covariance
    log_likelihood, kl = linear_gaussian.elbo_terms(model, points, q_mean, q_covariance)
    gap = linear_gaussian.gaussian_kl(q_mean, q_covariance, mean, covariance)
    evidence = linear_gaussian.log_prob(model, points)
    print("\nlog p(x) = ELBO + KL(q || p(z|x)) in nats, exact in a linear-Gaussian model")
    print(f"  {'ELBO':>12} {'KL to posterior':>16} {'sum':>12} {'log p(x)':>12} {'difference':>12}")
    for bound, rest, log_p in zip(log_likelihood - kl, gap, evidence, strict=True):
        print(
            f"  {bound:12.6f} {rest:16.6f} {bound + rest:12.6f} {log_p:12.6f}"
            f" {abs(bound + rest - log_p):12.0e}"
        )


def print_identity_on_digits(model, images, evidence, kls, samples: int, rng) -> None:
    """The same on digits: the ELBO by draws, the KL and log p(x) on grids, and by importance."""
    log_weights = bounds.log_weights(model, images, noise(model, images, samples, rng))
    sampled = bounds.importance_weighted(log_weights)
    print("\nthe same on digits: ELBO by draws, KL on a grid, log p(x) on a grid and by draws of q")
    print(f"  {'ELBO':>10} {'±':>6} {'KL':>7} {'sum':>10} {'on grid':>10} {'by draws':>10}")
    for weights, kl, exact, log_p in zip(log_weights, kls, evidence, sampled, strict=True):
        print(
            f"  {weights.mean():10.3f} {estimators.standard_error(weights):6.3f} {kl:7.3f}"
            f" {weights.mean() + kl:10.3f} {exact:10.3f} {log_p:10.3f}"
        )
    print(
        "  where q leaves out a mode of the posterior, its draws do too: their log p(x) is too low"
    )


def draw_gap(model: Model, images, steps: int, rng, folder: Path) -> None:
    """The encoder's q against one fitted to each image, diagonal and correlated."""
    start = posterior.amortised(model, images)
    with tqdm(total=2 * steps, desc="a q for every image", leave=False) as bar:
        own, correlated = (
            posterior.climb(model, images, start, rng, steps, full, on_step=bar.update)
            for full in (False, True)
        )
    eps = noise(model, images, 200, rng)
    elbos = {
        name: posterior.elbo(model, images, q, eps)
        for name, q in (
            ("encoder's", start),
            ("own, diagonal", own),
            ("own, correlated", correlated),
        )
    }
    print(f"\nELBO in nats of {len(images)} test images, after {steps} steps on each one's own q")
    gains = {name: values - elbos["encoder's"] for name, values in elbos.items()}
    for name, values in elbos.items():
        print(
            f"  {name:16} {values.mean():9.3f}; over the encoder's {gains[name].mean():7.3f}"
            f" ± {estimators.standard_error(gains[name]):.3f}"
        )
    shown = {
        f"{name}\n± {estimators.standard_error(gain):.2f}": {"gain": float(gain.mean())}
        for name, gain in gains.items()
        if name != "encoder's"
    }
    title = f"The amortisation gap is {gains['own, diagonal'].mean():.2f} nats"
    panel = figures_lines.Bars(title, shown, "nats above the encoder's ELBO", "%.2f")
    figures.save(figures_lines.bars([panel]), folder / "Task_6_gap.png")


def draw_posteriors(model, images, evidence, kls, steps: int, rng, folder: Path) -> None:
    """The true posterior on the plane, and three Gaussians for it."""
    start = posterior.amortised(model, images)
    with tqdm(total=2 * steps, desc="on the plane", leave=False) as bar:
        own, correlated = (
            posterior.climb(model, images, start, rng, steps, full, on_step=bar.update)
            for full in (False, True)
        )
    named = {"encoder's q": start, "own, diagonal": own, "own, correlated": correlated}
    panels = []
    for index, (image, log_p, kl) in enumerate(zip(images, evidence, kls, strict=True)):
        gaussians = {
            name: (q.mean[index], full_gaussian.covariance(q.log_std, q.below)[index])
            for name, q in named.items()
        }
        low, high = full_gaussian.box(gaussians.values(), reach=5)
        grid = latent_plane.posterior(model, image, log_p, low, high, CELLS)
        density = np.exp(grid.log_density).reshape(CELLS, CELLS)
        title = f"encoder's KL: {kl:.2f} nats"
        panels.append(figures_latent.Density(title, grid.across, grid.down, density, gaussians))
    title = "True posteriors of three digits (grey) and Gaussians for them, at two σ"
    figures.save(figures_latent.densities(panels, title), folder / "Task_6_posteriors.png")


if __name__ == "__main__":
    cli.run(main, "task6")
