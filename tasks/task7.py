"""Task 7: continuous data: Gaussian pixels with one fixed sigma, then with a sigma for each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tasks import cli, models, presets
from tasks.training import Plan
from vae_np import data, evaluate, figures, gaussian, gaussian_decoder, objectives, streams, vae
from vae_np.experiments import figures_latent, figures_lines
from vae_np.vae import Model

SHOWN = 10
CHECKED = 1_000  # test images that are measured
FLOORS = tuple(0.256 / 2**halvings for halvings in range(9))

STORY = """
Grey images are not binarised here: their pixels have densities. With one fixed sigma the
log-likelihood is minus the squared error over 2 sigma^2, plus a constant: the squared error of a
plain autoencoder *is* a Gaussian likelihood, and choosing sigma is choosing its weight against the
KL. A decoder with a second head says how sure it is of each pixel: paper surely white, edges of
strokes unsure. Its bound is higher, and yet its means can be worse: an error costs little where
sigma is large. And a density has no largest value. Where a pixel is always white, the likelihood
grows without end as its sigma shrinks, by log 2 nats for every halving, and no image is better for
it. So sigma is kept above a floor, here the fixed decoder's sigma: under another floor the same
images would have another bound.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Train both decoders on grey images; print the comparisons, write the two figures."""
    options = cli.parser("task7", __doc__, ["", "--quick", "--dataset mnist"]).parse_args(arguments)
    folder = cli.folder(options, "task7")
    dataset = cli.dataset(options)
    settings = cli.settings(options, **presets.GREY[options.preset])
    trained = {}
    for objective in ("fixed Gaussian", "Gaussian"):
        plan = Plan(settings._replace(objective=objective, samples=1), dataset, options.seed)
        place = folder / objective.lower().replace(" ", "-")
        trained[objective] = models.fit(options, plan, place, f"Decoder: {objective}")
    print(STORY)

    images = data.unit(dataset.test_images[:CHECKED])
    rng = streams.generator(options.seed, "task 7")
    print_squared_error(trained["fixed Gaussian"], images)
    print_bounds(trained, images, rng)
    draw_variances(trained["Gaussian"], images, dataset.image_shape, folder)
    draw_floor(images, folder)
    cli.say_written(folder, ["Task_7_variances.png", "Task_7_floor.png"])


def print_squared_error(model: Model, images: np.ndarray) -> None:
    """The Gaussian's log-probability and the same number from the squared error."""
    images = images[:3].astype(np.float64)
    mean, log_std = gaussian_decoder.decode_fixed(model, vae.encode(model, images)[0])
    squared_error = np.sum((images - mean) ** 2, axis=1)
    log_likelihood = gaussian.log_prob(images, mean, log_std)
    from_error = gaussian_decoder.log_prob_from_error(squared_error, images.shape[1])
    print(f"one fixed sigma, {gaussian_decoder.FIXED_STD}: three images, in nats")
    print(f"  {'squared error':>14} {'-error/2σ² - D log(σ√2π)':>26} {'log N(x; f(z), σ² I)':>22}")
    for row in zip(squared_error, from_error, log_likelihood, strict=True):
        print("  {:14.6f} {:26.6f} {:22.6f}".format(*row))


def print_bounds(trained: dict[str, Model], images: np.ndarray, rng: np.random.Generator) -> None:
    """The ELBO of both on test images, and their squared errors."""
    print(f"\n{len(images):,} test images")
    for name, model in trained.items():
        objective = objectives.OBJECTIVES[name].value
        log_density, kl = evaluate.elbo_terms(model, images, rng, objective)
        error = np.sum((images - decoded(name, model, images)[0]) ** 2, axis=1)
        print(
            f"  {name:15} ELBO {np.mean(log_density - kl):8.1f} = {np.mean(log_density):.1f}"
            f" - {np.mean(kl):.1f} nats of density; squared error {np.mean(error):.2f} an image"
        )


def decoded(name: str, model: Model, images: np.ndarray) -> tuple:
    """Mean and log standard deviation of p(x|z) at the posterior mean."""
    decode = gaussian_decoder.decode if name == "Gaussian" else gaussian_decoder.decode_fixed
    return decode(model, evaluate.posterior(model, images)[0])


def draw_variances(model: Model, images, image_shape: tuple[int, int], folder: Path) -> None:
    """What the decoder expects, and where it is unsure."""
    shown = images[:SHOWN]
    mean, log_std = decoded("Gaussian", model, shown)
    std = np.exp(log_std)
    largest, floor = gaussian_decoder.LARGEST_STD, gaussian_decoder.STD_FLOOR
    rows = {
        "grey image": shown,
        "mean": np.clip(mean, 0, 1),
        f"σ, white {floor}\nto black {largest}": np.clip((std - floor) / (largest - floor), 0, 1),
        "size of the error": np.clip(np.abs(shown - mean), 0, 1),
    }
    everything = np.exp(decoded("Gaussian", model, images)[1])
    sure = 100 * np.mean(everything < 1.1 * floor)
    title = f"The decoder is sure of {sure:.0f} % of the pixels: their σ is at its floor, {floor}"
    picture = figures_latent.image_rows(rows, image_shape, title)
    figures.save(picture, folder / "Task_7_variances.png")


def draw_floor(images: np.ndarray, folder: Path) -> None:
    """The best Gaussian without any latent, under ever lower floors of sigma."""
    everywhere, varying = gaussian_decoder.density_by_floor(images, FLOORS)
    constant = int(np.sum(np.ptp(images, axis=0) == 0))
    print("\nmean log density of an image in nats, under the best Gaussian without a latent")
    for floor, density, rest in zip(FLOORS, everywhere, varying, strict=True):
        print(f"  floor {floor:6.3f}: {density:8.1f} nats, of pixels that vary {rest:8.1f}")
    floors = np.array(FLOORS)
    lines = [
        figures_lines.Line("pixels\nthat vary", floors, varying),
        figures_lines.Line("all pixels", floors, everywhere),
    ]
    gain = constant * np.log(2)
    title = f"{constant} constant pixels: half the floor, {gain:.0f} nats more"
    x, y = "floor of σ", "log density of an image, nats"
    panel = figures_lines.Panel(title, lines, x, y, ("reversed log", "linear"))
    figures.save(figures_lines.lines([panel]), folder / "Task_7_floor.png")


if __name__ == "__main__":
    cli.run(main, "task7")
